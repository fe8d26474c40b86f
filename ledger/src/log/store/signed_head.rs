//! The head that was signed last, in a file of its own: it tells when an older copy of the segments comes back.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::Head;
use crate::LedgerError;

/// Bytes of a slot of the head file: size, root, CRC-32C.
const SLOT_BYTES: usize = 44;
/// Slots lie in blocks of their own, so that a torn write spoils one.
const SLOT_DISTANCE: u64 = 4096;

/// The file. It is written with every batch and synced when the log closes; after a power cut it may be some batches behind,
/// never ahead, which is all that a lower bound needs.
pub(crate) struct SignedHead {
    path: PathBuf,
    file: File,
    latest: Option<Head>,
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
    pub(crate) fn latest(&self) -> Option<Head> {
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
    pub(crate) fn advance(&mut self, (size, root): Head) -> Result<(), LedgerError> {
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
}

impl Drop for SignedHead {
    fn drop(&mut self) {
        // Without it the next start has an older lower bound, no more.
        let _ = self.file.sync_data();
    }
}

fn read_slot(file: &File, slot: u64) -> Option<Head> {
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
            head.advance((u64::from(size), [size; 32])).unwrap();
        }
        assert_eq!(latest(), Some((2, [2; 32])));
        head.file.write_all_at(&[9; 5], 0).unwrap();
        assert_eq!(latest(), Some((1, [1; 32])));
        head.file.write_all_at(&[9; 5], SLOT_DISTANCE).unwrap();
        assert_eq!(latest(), None);
    }
}
