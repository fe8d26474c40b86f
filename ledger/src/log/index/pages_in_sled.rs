//! Pages in sled, guarded: its flush is no sync, and after damage it may panic or miss keys (never answer a wrong value).
//!
//! Whole pages, because a row of its own took three kilobytes of memory: with pages ten million entries take 70 MB.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use super::pages::{Page, Pages};
use crate::LedgerError;

/// Bytes that sled may cache.
const CACHE_BYTES: u64 = 8 << 20;
/// How often sled writes what it has, in the background.
const FLUSH_EVERY_MS: u64 = 1000;
/// Pages that are removed at once.
const BATCH_PAGES: usize = 1024;

/// How often, and how long, a lock is waited for that another log of this process still holds.
const LOCK_TRIES: u32 = 200;
const LOCK_WAIT: Duration = Duration::from_millis(5);

pub(crate) struct PagesInSled {
    folder: PathBuf,
    /// Gone once sled failed; the next write begins anew.
    pages: RwLock<Option<sled::Db>>,
}

/// sled's errors and panics alike are a failed index.
fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, LedgerError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) | Err(_) => Err(LedgerError::IndexFailed),
    }
}

/// The name of the run, then the page; pages of a run lie side by side.
fn key_of(name: &str, page: u32) -> Vec<u8> {
    [prefix_of(name).as_slice(), &page.to_be_bytes()].concat()
}

fn prefix_of(name: &str) -> Vec<u8> {
    [name.as_bytes(), b"\0"].concat()
}

impl PagesInSled {
    /// Opens what is there, or begins anew where that cannot be opened.
    ///
    /// # Errors
    /// [`LedgerError::Io`], [`LedgerError::IndexFailed`]
    pub(crate) fn open(folder: &Path) -> Result<Self, LedgerError> {
        let pages = open(folder).or_else(|_| begin(folder))?;
        Ok(Self { folder: folder.to_owned(), pages: RwLock::new(Some(pages)) })
    }

    fn set(&self, pages: Option<sled::Db>) {
        *self.pages.write().unwrap_or_else(PoisonError::into_inner) = pages;
    }

    /// Works on what is open; a failure closes it.
    fn with<T>(&self, work: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, LedgerError> {
        let pages = self.pages.read().unwrap_or_else(PoisonError::into_inner).clone();
        let done = pages.ok_or(LedgerError::IndexFailed).and_then(|pages| guarded(|| work(&pages)));
        done.inspect_err(|_| self.set(None))
    }
}

fn open(folder: &Path) -> Result<sled::Db, LedgerError> {
    let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(Some(FLUSH_EVERY_MS));
    let mut tries = LOCK_TRIES;
    loop {
        let opened = guarded(|| match config.open() {
            // sled's own threads may hold its lock for a moment after it was dropped.
            Err(sled::Error::Io(error)) if tries > 0 && error.to_string().contains("lock") => Ok(None),
            opened => opened.map(Some),
        })?;
        if let Some(pages) = opened {
            return Ok(pages);
        }
        tries -= 1;
        thread::sleep(LOCK_WAIT);
    }
}

fn begin(folder: &Path) -> Result<sled::Db, LedgerError> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(LedgerError::io("remove", folder))?;
    }
    open(folder)
}

impl Pages for PagesInSled {
    fn runs(&self) -> Result<Vec<(String, u32)>, LedgerError> {
        self.with(|pages| {
            let (mut runs, mut next) = (Vec::new(), pages.first()?);
            while let Some((key, _)) = next {
                let Some((name, _)) = key.split_last_chunk::<5>() else {
                    // None of ours; it is passed over like the key of a run that is not whole.
                    next = pages.get_gt(&key)?;
                    continue;
                };
                let behind = [name, b"\x01"].concat();
                let last =
                    pages.get_lt(&behind)?.and_then(|(key, _)| key.last_chunk().map(|page| u32::from_be_bytes(*page)));
                runs.push((String::from_utf8_lossy(name).into_owned(), last.map_or(0, |last| last.saturating_add(1))));
                next = pages.get_gt(behind)?;
            }
            Ok(runs)
        })
    }

    fn write(&self, name: &str, pages: &mut dyn Iterator<Item = Page>) -> Result<(), LedgerError> {
        if self.pages.read().unwrap_or_else(PoisonError::into_inner).is_none() {
            self.set(Some(begin(&self.folder)?));
        }
        self.with(|sled| {
            for (page, bytes) in (0..).zip(pages) {
                sled.insert(key_of(name, page), bytes.as_slice())?;
            }
            // What is not flushed stays in memory.
            sled.flush().map(|_| ())
        })
    }

    fn read(&self, name: &str, page: u32) -> Option<Page> {
        let bytes = self.with(|pages| pages.get(key_of(name, page))).ok()??;
        Page::try_from(bytes.as_ref()).ok()
    }

    fn remove(&self, name: &str) -> Result<(), LedgerError> {
        self.with(|pages| {
            loop {
                let keys: Vec<_> =
                    pages.scan_prefix(prefix_of(name)).keys().take(BATCH_PAGES).collect::<Result<_, _>>()?;
                if keys.is_empty() {
                    return Ok(());
                }
                let mut batch = sled::Batch::default();
                for key in keys {
                    batch.remove(key);
                }
                pages.apply_batch(batch)?;
            }
        })
    }

    fn flush(&self) -> Result<(), LedgerError> {
        self.with(|pages| pages.flush()).map(|_| ())
    }
}
