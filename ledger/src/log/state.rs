//! The state directory: its lock and its secrets.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use certs::signing::write_secret_file;

use crate::LedgerError;

/// Makes a folder that only its owner may enter, or makes an existing one so; its name is on the disk then.
pub(crate) fn private_folder(path: &Path) -> Result<(), LedgerError> {
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(path);
    let made = made.and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o700)));
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    made.and_then(|()| File::open(parent)?.sync_all()).map_err(LedgerError::io("make", path))
}

/// Keeps a second process out of the directory for as long as it lives.
pub(crate) fn lock(folder: &Path) -> Result<File, LedgerError> {
    let path = folder.join("lock");
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = file.map_err(LedgerError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(LedgerError::Locked { path }),
        Err(fs::TryLockError::Error(error)) => Err(LedgerError::io("lock", path)(error)),
    }
}

/// The 32 secret bytes of a file; a new log draws them, an old one cannot do without.
pub(crate) fn secret(path: PathBuf, log_is_new: bool) -> Result<[u8; 32], LedgerError> {
    if log_is_new && !path.exists() {
        // Under another name first: a crash must not leave a secret cut short.
        let drawing = path.with_extension("drawing");
        let _ = fs::remove_file(&drawing);
        let secret = certs::random::array().map_err(|error| LedgerError::Crypto { code: error.code() })?;
        write_secret_file(&drawing, &secret).map_err(|error| LedgerError::Crypto { code: error.code() })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let named = fs::rename(&drawing, &path).and_then(|()| File::open(folder)?.sync_all());
        named.map_err(LedgerError::io("make", &path))?;
        return Ok(secret);
    }
    let bytes = fs::read(&path).map_err(LedgerError::io("read", &path))?;
    bytes.try_into().map_err(|_| LedgerError::StateFile { path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_is_refused_while_the_first_lives() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        assert_eq!(lock(folder.path()).unwrap_err().code(), "ledger.locked");
        drop(first);
        lock(folder.path()).unwrap();
    }

    #[test]
    fn a_missing_secret_of_an_old_log_is_no_reason_to_draw_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.key");
        assert!(secret(path.clone(), false).is_err());
        let drawn = secret(path.clone(), true).unwrap();
        assert_eq!(secret(path.clone(), true).unwrap(), drawn);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, b"short").unwrap();
        assert_eq!(secret(path, false).unwrap_err().code(), "ledger.state_file");
    }
}
