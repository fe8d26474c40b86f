//! The head that was signed last, in a file of its own: it tells when an older copy of the segments comes back.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Head;
use crate::LedgerError;
use crate::log::disk::{Disk, DiskFile};

/// Bytes of a slot of the head file: size, root, CRC-32C.
const SLOT_BYTES: usize = 44;
/// Slots lie in blocks of their own, so that a torn write spoils one.
const SLOTS: [usize; 2] = [0, 4096];

/// The name of the file in the state folder.
pub(crate) const NAME: &str = "signed-head";

/// The file. It is written with every batch, and synced with the first and when the log closes; after a power cut it may
/// be some batches behind, never ahead, which is all that a lower bound needs.
pub(crate) struct SignedHead {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    latest: Option<Head>,
    /// Where the next head goes: never over the latest one. Nowhere yet while a slot is spoilt.
    next_slot: Option<usize>,
}

impl SignedHead {
    /// Opens the file, or makes an empty one.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn open(disk: &dyn Disk, folder: &Path) -> Result<Self, LedgerError> {
        let path = folder.join(NAME);
        let file = match disk.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                disk.create(&path).and_then(|file| disk.sync_folder(folder).map(|()| file))
            }
            file => file,
        };
        let file = file.map_err(LedgerError::io("open", &path))?;
        let slots = read_slots(disk, &path)?;
        let (latest, is_whole) = (newest(slots), slots.iter().all(Option::is_some));
        let next_slot = latest.filter(|_| is_whole).map(|(slot, _)| 1 - slot);
        Ok(Self { path, file, latest: latest.map(|(_, head)| head), next_slot })
    }

    /// Reads the head without making the file, or making anything good.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn look(disk: &dyn Disk, folder: &Path) -> Result<Option<Head>, LedgerError> {
        Ok(newest(read_slots(disk, &folder.join(NAME))?).map(|(_, head)| head))
    }

    /// Size and root; `None` where the file is new, or both slots are spoilt.
    pub(crate) fn latest(&self) -> Option<Head> {
        self.latest
    }

    /// Makes good what is spoilt or missing; a new log begins with the head `first`.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn repair(&mut self, first: Head) -> Result<(), LedgerError> {
        if self.next_slot.is_some() { Ok(()) } else { self.advance(self.latest.unwrap_or(first)) }
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
        let write = |at: &usize| self.file.write_all_at(&slot, *at as u64);
        let written = match self.next_slot.and_then(|slot| SLOTS.get(slot)) {
            Some(at) => write(at),
            // It goes everywhere and is synced: from then on there is a head to show, whatever is torn.
            None => SLOTS.iter().try_for_each(write).and_then(|()| self.file.sync()),
        };
        written.map_err(LedgerError::io("write", &self.path))?;
        self.next_slot = Some(self.next_slot.map_or(0, |slot| 1 - slot));
        self.latest = Some((size, root));
        Ok(())
    }
}

impl Drop for SignedHead {
    fn drop(&mut self) {
        // Without it the next start has an older lower bound, no more.
        let _ = self.file.sync();
    }
}

/// What both slots hold.
fn read_slots(disk: &dyn Disk, path: &Path) -> Result<[Option<Head>; 2], LedgerError> {
    // Asked of the disk itself: after a failed sync the page cache shows a head that was never written.
    let bytes = match disk.read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        bytes => bytes.map_err(LedgerError::io("read", path))?,
    };
    Ok(SLOTS.map(|at| slot_at(&bytes, at)))
}

/// The newest head, and its slot.
fn newest(slots: [Option<Head>; 2]) -> Option<(usize, Head)> {
    (0..).zip(slots).filter_map(|(slot, head)| Some((slot, head?))).max_by_key(|(_, (size, _))| *size)
}

fn slot_at(bytes: &[u8], at: usize) -> Option<Head> {
    let bytes = bytes.get(at..at + SLOT_BYTES)?;
    let (head, crc) = bytes.split_last_chunk::<4>()?;
    let (size, root) = head.split_first_chunk::<8>()?;
    let good = u32::from_le_bytes(*crc) == crc32c::crc32c(head);
    good.then_some(())?;
    Some((u64::from_le_bytes(*size), root.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::disk::RealDisk;

    #[test]
    fn the_signed_head_never_goes_back_and_survives_one_torn_slot() {
        let folder = tempfile::tempdir().unwrap();
        let latest = || SignedHead::open(&RealDisk, folder.path()).unwrap().latest();
        assert_eq!(latest(), None);
        let mut head = SignedHead::open(&RealDisk, folder.path()).unwrap();
        for size in [0_u8, 1, 2, 1] {
            head.advance((u64::from(size), [size; 32])).unwrap();
        }
        assert_eq!(latest(), Some((2, [2; 32])));
        // 0 went to both slots, 1 to the first, 2 to the second; the other 1 changed nothing.
        head.file.write_all_at(&[9; 5], SLOTS[1] as u64).unwrap();
        assert_eq!(latest(), Some((1, [1; 32])));
        head.file.write_all_at(&[9; 5], SLOTS[0] as u64).unwrap();
        assert_eq!(latest(), None);
    }
}
