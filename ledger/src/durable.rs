//! Writes a small file so that a power cut leaves the old one or the new one.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use crate::LedgerError;

/// Writes beside the place, syncs, renames, and syncs the folder.
///
/// # Errors
/// [`LedgerError::Io`]
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
    let writing = path.with_extension("writing");
    let write = || {
        let mut file = File::create(&writing)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&writing, path)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(LedgerError::io("write", path))
}
