//! The seam under the index: where the pages of its runs lie. They are derived, and every reader checks what it reads.

use std::fs;
use std::path::{Path, PathBuf};

use super::pages_in_files::PagesInFiles;
use super::pages_in_sled::PagesInSled;
use crate::LedgerError;
use crate::log::IndexEngine;

/// Bytes of a page.
pub(crate) const PAGE_BYTES: usize = 4096;

/// One page.
pub(crate) type Page = [u8; PAGE_BYTES];

/// The runs whose pages lie somewhere, each under a name of its own.
///
/// One thread writes and removes; any thread reads meanwhile. Nothing here is the authority: pages may be lost, even
/// silently, and a run may be there in part. A page that was written is never answered for another one; beyond that the
/// pages themselves tell whether they are right.
pub(crate) trait Pages: Send + Sync {
    /// The names of the runs, and how many pages each has.
    ///
    /// # Errors
    /// [`LedgerError::Io`], [`LedgerError::IndexFailed`]
    fn runs(&self) -> Result<Vec<(String, u32)>, LedgerError>;

    /// Writes a run, in place of one that has its name.
    ///
    /// # Errors
    /// [`LedgerError::Io`], [`LedgerError::IndexFailed`]
    fn write(&self, name: &str, pages: &mut dyn Iterator<Item = Page>) -> Result<(), LedgerError>;

    /// A page of a run; `None` where there is none.
    fn read(&self, name: &str, page: u32) -> Option<Page>;

    /// Removes a run.
    ///
    /// # Errors
    /// [`LedgerError::Io`], [`LedgerError::IndexFailed`]
    fn remove(&self, name: &str) -> Result<(), LedgerError>;

    /// Writes what is in memory, so that the next start need not make it again.
    ///
    /// # Errors
    /// [`LedgerError::Io`], [`LedgerError::IndexFailed`]
    fn flush(&self) -> Result<(), LedgerError>;
}

/// The pages in a folder of the index.
///
/// # Errors
/// [`LedgerError::Io`], [`LedgerError::IndexFailed`]
pub(crate) fn open(engine: IndexEngine, folder: &Path) -> Result<Box<dyn Pages>, LedgerError> {
    let folder = folder_of(engine, folder);
    Ok(match engine {
        IndexEngine::Sled => Box::new(PagesInSled::open(&folder)?),
        IndexEngine::Files => Box::new(PagesInFiles::open(&folder)?),
    })
}

/// Removes all pages; they are not open.
///
/// # Errors
/// [`LedgerError::Io`]
pub(crate) fn clear(engine: IndexEngine, folder: &Path) -> Result<(), LedgerError> {
    let folder = folder_of(engine, folder);
    fs::remove_dir_all(&folder).map_err(LedgerError::io("remove", folder))
}

fn folder_of(engine: IndexEngine, folder: &Path) -> PathBuf {
    folder.join(match engine {
        IndexEngine::Sled => "sled",
        IndexEngine::Files => "runs",
    })
}
