//! The state directory: its lock, its secrets, and the head that was signed last.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use certs::signing::write_secret_file;

use crate::LedgerError;
use crate::merkle::Hash;

/// Makes a folder that only its owner may enter, or makes an existing one so.
pub(crate) fn private_folder(path: &Path) -> Result<(), LedgerError> {
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(path);
    made.and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o700))).map_err(LedgerError::io("make", path))
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

/// Bytes of a slot of the head file: size, root, CRC-32C.
const SLOT_BYTES: usize = 44;
/// Slots lie in blocks of their own, so that a torn write spoils one.
const SLOT_DISTANCE: u64 = 4096;

/// The head that was signed last, in a file of its own: it tells when an older copy of the segments comes back.
///
/// It is written with every batch and synced when the log closes; after a power cut it may be some batches behind,
/// never ahead, which is all that a lower bound needs.
pub(crate) struct SignedHead {
    path: PathBuf,
    file: File,
    latest: Option<(u64, Hash)>,
}

impl SignedHead {
    /// Opens the file, or makes an empty one.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn open(folder: &Path) -> Result<Self, LedgerError> {
        let path = folder.join("signed-head");
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(LedgerError::io("open", &path))?;
        let slots = [0, 1].map(|slot| read_slot(&file, slot));
        let latest = slots.into_iter().flatten().max_by_key(|(size, _)| *size);
        Ok(Self { path, file, latest })
    }

    /// Size and root; `None` where the file is new, or both slots are spoilt.
    pub(crate) fn latest(&self) -> Option<(u64, Hash)> {
        self.latest
    }

    /// The finding of a log that signed before and has no head to show.
    pub(crate) fn damaged(&self) -> LedgerError {
        LedgerError::StateFile { path: self.path.clone() }
    }

    /// Notes a newer head; an older one changes nothing.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn advance(&mut self, size: u64, root: Hash) -> Result<(), LedgerError> {
        if self.latest.is_some_and(|(latest, _)| size < latest) {
            return Ok(());
        }
        let head = [size.to_le_bytes().as_slice(), &root].concat();
        let slot = [head.as_slice(), &crc32c::crc32c(&head).to_le_bytes()].concat();
        let at = (size % 2) * SLOT_DISTANCE;
        self.file.write_all_at(&slot, at).map_err(LedgerError::io("write", &self.path))?;
        self.latest = Some((size, root));
        Ok(())
    }

    /// Waits until the disk holds it.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn sync(&self) -> Result<(), LedgerError> {
        self.file.sync_data().map_err(LedgerError::io("sync", &self.path))
    }
}

fn read_slot(file: &File, slot: u64) -> Option<(u64, Hash)> {
    let mut bytes = [0; SLOT_BYTES];
    file.read_exact_at(&mut bytes, slot * SLOT_DISTANCE).ok()?;
    let (head, crc) = bytes.split_last_chunk::<4>()?;
    let (size, root) = head.split_first_chunk::<8>()?;
    let good = u32::from_le_bytes(*crc) == crc32c::crc32c(head);
    good.then_some(())?;
    Some((u64::from_le_bytes(*size), root.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_head_never_goes_back_and_survives_one_torn_slot() {
        let folder = tempfile::tempdir().unwrap();
        let latest = || SignedHead::open(folder.path()).unwrap().latest();
        assert_eq!(latest(), None);
        let mut head = SignedHead::open(folder.path()).unwrap();
        for size in [0_u8, 1, 2, 1] {
            head.advance(u64::from(size), [size; 32]).unwrap();
        }
        assert_eq!(latest(), Some((2, [2; 32])));
        head.file.write_all_at(&[9; 5], 0).unwrap();
        assert_eq!(latest(), Some((1, [1; 32])));
        head.file.write_all_at(&[9; 5], SLOT_DISTANCE).unwrap();
        assert_eq!(latest(), None);
    }

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
