//! Reading files and folders, never more of them than a limit.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::AuditError;

/// Upper bound of a key file, a verifier key list or a certificate, in bytes.
pub(crate) const KEY_SIZE_BYTES_MAX: u64 = 64 * 1024;

/// Reads a file of at most `limit_bytes`.
///
/// # Errors
/// [`AuditError::Unreadable`] when it cannot be opened or read, [`AuditError::TooLarge`] when it is longer.
pub(crate) fn file(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, AuditError> {
    let bytes = beginning(path, limit_bytes.saturating_add(1))?;
    if self::bytes(bytes.len()) > limit_bytes {
        return Err(AuditError::TooLarge { name: path.display().to_string(), limit_bytes });
    }
    Ok(bytes)
}

/// Reads at most `limit_bytes` from the beginning of a file.
///
/// # Errors
/// [`AuditError::Unreadable`] when it cannot be opened or read.
pub(crate) fn beginning(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, AuditError> {
    let unreadable = |source| AuditError::Unreadable { name: path.display().to_string(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(limit_bytes).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// A size in memory as a size on disk.
pub(crate) fn bytes(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

/// Refuses a path that is no readable folder.
///
/// # Errors
/// [`AuditError::Unreadable`].
pub(crate) fn must_be_folder(path: &Path) -> Result<(), AuditError> {
    match std::fs::read_dir(path) {
        Ok(_) => Ok(()),
        Err(source) => Err(AuditError::Unreadable { name: path.display().to_string(), source }),
    }
}
