//! An engine on sled, guarded: its flush is no sync, and after damage it may panic or miss rows (never answer a wrong one).
//!
//! So it is believed only once it proved itself: the size and root that it stands for, stored in the same batch as the last
//! rows, are this log's, and a walk over every page finds as many rows as were applied.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use super::Row;
use super::engine::{Boundary, Damaged, Engine, Span};
use crate::LedgerError;
use crate::merkle::Hash;

/// Holds what the rows stand for; it sorts before every row, being shorter.
const APPLIED: &[u8] = b"\0applied";
/// Bytes that sled may cache; its default grew to a gigabyte.
const CACHE_BYTES: u64 = 32 << 20;
/// How often sled writes what it has, in the background.
const FLUSH_EVERY_MS: u64 = 1000;
/// Rows of one batch; the last one of a segment says that the segment is there.
const BATCH_ROWS: usize = 4096;

/// How often, and how long, a lock is waited for that another log of this process still holds.
const LOCK_TRIES: u32 = 200;
const LOCK_WAIT: Duration = Duration::from_millis(5);

pub(crate) struct SledRows {
    folder: PathBuf,
    /// Gone after damage, until a first segment is applied again.
    open: RwLock<Option<Open>>,
}

#[derive(Clone)]
struct Open {
    rows: sled::Db,
    applied: Applied,
}

/// What the rows stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Applied {
    /// Segments whose rows are there.
    segments: u32,
    size: u64,
    root: Hash,
    count: u64,
}

impl Applied {
    const NOTHING: Self = Self { segments: 0, size: 0, root: [0; 32], count: 0 };

    fn to_value(&self) -> Vec<u8> {
        [&self.segments.to_be_bytes(), self.size.to_be_bytes().as_slice(), &self.root, &self.count.to_be_bytes()]
            .concat()
    }

    fn from_value(value: &[u8]) -> Option<Self> {
        let (segments, rest) = value.split_first_chunk()?;
        let (size, rest) = rest.split_first_chunk()?;
        let (root, rest) = rest.split_first_chunk::<32>()?;
        let (segments, size) = (u32::from_be_bytes(*segments), u64::from_be_bytes(*size));
        Some(Self { segments, size, root: *root, count: u64::from_be_bytes(rest.try_into().ok()?) })
    }
}

fn key_of((hash, index): Row) -> [u8; 16] {
    let mut key = [0; 16];
    let bytes = hash.to_be_bytes().into_iter().chain(index.to_be_bytes());
    key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    key
}

fn index_of(key: &[u8]) -> Option<u64> {
    (key.len() == 16).then(|| key.last_chunk().map(|index| u64::from_be_bytes(*index))).flatten()
}

/// sled's errors and panics alike are a failed index.
fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, LedgerError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) | Err(_) => Err(LedgerError::IndexFailed),
    }
}

impl SledRows {
    /// Opens the rows if they prove themselves; otherwise there are none.
    ///
    /// # Errors
    /// [`LedgerError::Io`], [`LedgerError::IndexFailed`]
    pub(crate) fn open(folder: &Path, boundary: Boundary<'_>) -> Result<Self, LedgerError> {
        let proven = if folder.exists() { proven(folder, boundary) } else { None };
        let open = proven.map_or_else(|| create(folder), Ok)?;
        Ok(Self { folder: folder.to_owned(), open: RwLock::new(Some(open)) })
    }

    fn at_hand(&self) -> Option<Open> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, open: Option<Open>) {
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = open;
    }
}

fn open_unchecked(folder: &Path) -> Result<sled::Db, LedgerError> {
    let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(Some(FLUSH_EVERY_MS));
    let mut tries = LOCK_TRIES;
    loop {
        let opened = guarded(|| match config.open() {
            // sled's own threads may hold its lock for a moment after it was dropped.
            Err(sled::Error::Io(error)) if tries > 0 && error.to_string().contains("lock") => Ok(None),
            opened => opened.map(Some),
        })?;
        if let Some(rows) = opened {
            return Ok(rows);
        }
        tries -= 1;
        thread::sleep(LOCK_WAIT);
    }
}

fn create(folder: &Path) -> Result<Open, LedgerError> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(LedgerError::io("remove", folder))?;
    }
    Ok(Open { rows: open_unchecked(folder)?, applied: Applied::NOTHING })
}

fn proven(folder: &Path, boundary: Boundary<'_>) -> Option<Open> {
    let rows = open_unchecked(folder).ok()?;
    let applied = Applied::from_value(&guarded(|| rows.get(APPLIED)).ok()??)?;
    let behind = boundary(applied.segments.checked_sub(1)?);
    (behind == Some((applied.size, applied.root))).then_some(())?;
    // Rows of a segment that a crash cut off come again with it.
    let counted = guarded(|| {
        rows.iter().keys().try_fold(0_u64, |count, key| {
            Ok(count + u64::from(index_of(&key?).is_some_and(|index| index < applied.size)))
        })
    });
    (counted.ok()? == applied.count).then_some(Open { rows, applied })
}

impl Engine for SledRows {
    fn covered(&self) -> BTreeSet<u32> {
        (0..self.at_hand().map_or(0, |open| open.applied.segments)).collect()
    }

    fn apply(&self, span: &Span, rows: &[Row]) -> Result<(), LedgerError> {
        let open = match self.at_hand() {
            Some(open) if *span.segments.start() > 0 => open,
            // The first segment begins anew.
            open => {
                drop(open);
                self.set(None);
                create(&self.folder)?
            }
        };
        if open.applied.segments != *span.segments.start() || open.applied.size != span.first {
            return Err(LedgerError::IndexFailed);
        }
        let count = open.applied.count + rows.len() as u64;
        let applied = Applied { segments: *span.segments.end() + 1, size: span.end, root: span.root, count };
        let mut chunks = rows.chunks(BATCH_ROWS).peekable();
        loop {
            let mut batch = sled::Batch::default();
            for row in chunks.next().unwrap_or_default() {
                batch.insert(&key_of(*row), &[]);
            }
            let is_last = chunks.peek().is_none();
            if is_last {
                batch.insert(APPLIED, applied.to_value());
            }
            guarded(|| open.rows.apply_batch(batch)).inspect_err(|_| self.set(None))?;
            if is_last {
                self.set(Some(Open { applied, ..open }));
                return Ok(());
            }
        }
    }

    fn find(&self, hash: u64) -> Result<Vec<u64>, Damaged> {
        let Some(Open { rows, applied }) = self.at_hand() else { return Ok(Vec::new()) };
        let found = guarded(|| {
            rows.scan_prefix(hash.to_be_bytes()).keys().map(|key| Ok(index_of(&key?))).collect::<sled::Result<Vec<_>>>()
        });
        let Ok(found) = found else {
            self.set(None);
            return Err(Damaged(0..=applied.segments.saturating_sub(1)));
        };
        Ok(found.into_iter().flatten().filter(|index| *index < applied.size).collect())
    }

    fn flush(&self) -> Result<(), LedgerError> {
        self.at_hand().map_or(Ok(()), |open| guarded(|| open.rows.flush()).map(|_| ()))
    }
}
