//! What is recorded: the store, read by those who do not append, and how far it is.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::LedgerError;
use crate::log::frame::{CommitFrame, EntryFrame};
use crate::log::store::{Head, Section, Store};

/// How far the log is: entries, and the first of each section.
#[derive(Debug, Clone, Default)]
struct Extent {
    size: u64,
    sections: Vec<u64>,
}

/// A store as its readers see it.
pub(crate) struct Recorded {
    store: Arc<dyn Store>,
    extent: RwLock<Extent>,
}

impl Recorded {
    pub(crate) fn new(store: Arc<dyn Store>, size: u64, sections: Vec<u64>) -> Self {
        Self { store, extent: RwLock::new(Extent { size, sections }) }
    }

    fn extent(&self) -> RwLockReadGuard<'_, Extent> {
        self.extent.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Entries that are recorded.
    pub(crate) fn size(&self) -> u64 {
        self.extent().size
    }

    /// The first entry of a section, and the one behind its last.
    pub(crate) fn bounds(&self, section: u32) -> Option<(u64, u64)> {
        let extent = self.extent();
        let first = *extent.sections.get(section as usize)?;
        Some((first, extent.sections.get(section as usize + 1).copied().unwrap_or(extent.size)))
    }

    /// Notes a commit, which began a section with the entry `begins`.
    pub(crate) fn extend(&self, size: u64, begins: Option<u64>) {
        let mut extent = self.extent.write().unwrap_or_else(PoisonError::into_inner);
        extent.size = size;
        extent.sections.extend(begins);
    }

    /// Size and root behind a section; `None` where there is no such section, or it still grows.
    pub(crate) fn boundary(&self, section: u32) -> Option<Head> {
        self.bounds(section.checked_add(1)?)?;
        let (_, end) = self.bounds(section)?;
        // The last entry of a section was recorded by its last commit.
        self.store.entry(end.checked_sub(1)?).ok().map(|(_, commit)| commit.head())
    }

    /// An entry.
    ///
    /// # Errors
    /// [`LedgerError::IndexBeyondSize`], [`LedgerError::SegmentDamaged`], [`LedgerError::Io`]
    pub(crate) fn entry(&self, index: u64) -> Result<EntryFrame, LedgerError> {
        self.with_commit(index).map(|(entry, _)| entry)
    }

    /// An entry, and the commit that recorded it.
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub(crate) fn with_commit(&self, index: u64) -> Result<(EntryFrame, CommitFrame), LedgerError> {
        self.store.entry(index)
    }

    /// A whole section.
    ///
    /// # Errors
    /// [`LedgerError::SegmentDamaged`], [`LedgerError::Io`]
    pub(crate) fn section(&self, section: u32) -> Result<Section, LedgerError> {
        self.store.replay(section)
    }
}
