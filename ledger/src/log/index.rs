//! The index: which entries carry a tag. Derived from the frames, doubted, and rebuilt whenever it does not prove itself.
//!
//! sled stays behind this file: its flush is no sync, and after damage it may panic or miss keys (never answer a wrong
//! value), so it is believed only after the check in [`Index::open`].

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::LedgerError;
use crate::log::Tag;
use crate::log::frame::EntryFrame;
use crate::merkle::Hash;

/// Holds the size and root up to which the index is applied; it sorts before every other key.
const APPLIED: &[u8] = b"\x00applied";
const KEY: u8 = b'k';
const TAG: u8 = b't';
/// Bytes that sled may cache; its default grew to a gigabyte.
const CACHE_BYTES: u64 = 32 << 20;
/// How often sled writes what it has, in the background.
const FLUSH_EVERY_MS: u64 = 1000;

pub(crate) struct Index {
    rows: sled::Db,
}

/// What an index must show to be believed.
pub(crate) struct Expected<'frames> {
    pub(crate) size: u64,
    pub(crate) root: Hash,
    /// Rows of all entries.
    pub(crate) rows: u64,
    /// Entries whose rows are looked up.
    pub(crate) sample: &'frames [EntryFrame],
}

/// The rows of an entry: one for its idempotency key, one for each tag.
fn rows_of(frame: &EntryFrame) -> impl Iterator<Item = Vec<u8>> {
    let key = frame.key.iter().map(|key| (KEY, key));
    key.chain(frame.tags.iter().map(|tag| (TAG, tag))).map(|(kind, tag)| row(kind, tag, frame.index))
}

fn row(kind: u8, tag: &Tag, index: u64) -> Vec<u8> {
    [&[kind], tag.as_slice(), &index.to_be_bytes()].concat()
}

/// How many rows an entry has; a tag given twice is one.
pub(crate) fn count_rows(frame: &EntryFrame) -> u64 {
    let mut tags: Vec<&Tag> = frame.tags.iter().collect();
    tags.sort_unstable();
    tags.dedup();
    tags.len() as u64 + u64::from(frame.key.is_some())
}

impl Index {
    /// Opens the index if it is the one of this very log; anything else is no index.
    pub(crate) fn open(folder: &Path, expected: &Expected<'_>) -> Option<Self> {
        if !folder.exists() {
            return None;
        }
        // Damage makes sled panic: in `open`, or later in a lookup.
        catch_unwind(AssertUnwindSafe(|| {
            let index = Self::open_unchecked(folder).ok()?;
            index.is(expected).then_some(index)
        }))
        .ok()
        .flatten()
    }

    /// Makes an empty index; whatever lay there goes.
    ///
    /// # Errors
    /// [`LedgerError::Io`], [`LedgerError::IndexFailed`]
    pub(crate) fn create(folder: &Path) -> Result<Self, LedgerError> {
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(LedgerError::io("remove", folder))?;
        }
        Self::open_unchecked(folder).map_err(|_| LedgerError::IndexFailed)
    }

    fn open_unchecked(folder: &Path) -> sled::Result<Self> {
        let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(Some(FLUSH_EVERY_MS));
        Ok(Self { rows: config.open()? })
    }

    fn is(&self, expected: &Expected<'_>) -> bool {
        let applied = self.rows.get(APPLIED).ok().flatten();
        let complete = applied.is_some_and(|value| *value == *applied_value(expected.size, expected.root));
        // Counting walks every page, so a damaged one shows here.
        let mut rows = 0_u64;
        for row in self.rows.iter() {
            if row.is_err() {
                return false;
            }
            rows += 1;
        }
        let found = |row: Vec<u8>| self.rows.contains_key(row).unwrap_or(false);
        complete && rows == expected.rows + 1 && expected.sample.iter().flat_map(rows_of).all(found)
    }

    /// Adds entries, and up to where the index is applied, in one step.
    ///
    /// # Errors
    /// [`LedgerError::IndexFailed`]
    pub(crate) fn apply<'frames>(
        &self,
        frames: impl IntoIterator<Item = &'frames EntryFrame>,
        size: u64,
        root: Hash,
    ) -> Result<(), LedgerError> {
        let mut batch = sled::Batch::default();
        for row in frames.into_iter().flat_map(rows_of) {
            batch.insert(row, &[]);
        }
        batch.insert(APPLIED, applied_value(size, root));
        guarded(|| self.rows.apply_batch(batch))
    }

    /// The entries recorded under an idempotency key; more than one never is, but the caller looks at each frame.
    ///
    /// # Errors
    /// [`LedgerError::IndexFailed`]
    pub(crate) fn with_key(&self, key: &Tag) -> Result<Vec<u64>, LedgerError> {
        self.scan(KEY, key)
    }

    /// The entries that carry a tag, the oldest first.
    ///
    /// # Errors
    /// [`LedgerError::IndexFailed`]
    pub(crate) fn with_tag(&self, tag: &Tag) -> Result<Vec<u64>, LedgerError> {
        self.scan(TAG, tag)
    }

    fn scan(&self, kind: u8, tag: &Tag) -> Result<Vec<u64>, LedgerError> {
        let prefix = [&[kind], tag.as_slice()].concat();
        guarded(|| {
            let rows = self.rows.scan_prefix(&prefix).keys();
            let indexes = rows.map(|row| Ok(row?.last_chunk::<8>().map(|index| u64::from_be_bytes(*index))));
            indexes.filter_map(Result::transpose).collect()
        })
    }

    /// Writes what is cached; without it the next start rebuilds, nothing else.
    ///
    /// # Errors
    /// [`LedgerError::IndexFailed`]
    pub(crate) fn flush(&self) -> Result<(), LedgerError> {
        guarded(|| self.rows.flush()).map(|_| ())
    }
}

/// sled's errors and panics alike are a failed index.
fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, LedgerError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) | Err(_) => Err(LedgerError::IndexFailed),
    }
}

fn applied_value(size: u64, root: Hash) -> Vec<u8> {
    [size.to_be_bytes().as_slice(), &root].concat()
}
