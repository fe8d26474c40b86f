//! 证据 Evidence: records encrypted with a key of their own each; the keys lie wrapped in one small file.
//!
//! Who holds the records alone reads nothing, and a record whose wrapped key is destroyed is gone, whatever copies of it
//! a disk or a backup keeps.

mod erasure;
mod keys;

use std::path::Path;
use std::sync::Arc;

use certs::{aead, random};

use crate::LedgerError;
use crate::log::disk::{DiskFile, RealDisk};
use crate::log::frame::{EvidencePlace, Place};
use crate::log::segment::{Chunk, SegmentReader, SegmentWriter, frame_bytes};
use crate::log::state::{private_folder, secret};
pub use erasure::Erasure;
use erasure::Notes;
use keys::{Keys, Row, crypto};

/// The key of a record is used once, so its nonce may be constant.
const RECORD_NONCE: [u8; 12] = [0; 12];

/// Where the next record goes: number, and the place behind the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EvidenceEnd {
    pub(crate) record: u64,
    pub(crate) place: Place,
}

impl EvidenceEnd {
    pub(crate) const START: Self = Self { record: 0, place: Place { segment: 0, offset: 0 } };

    /// The end once a record is recorded.
    pub(crate) fn after(evidence: EvidencePlace) -> Option<Self> {
        let bytes = u32::try_from(frame_bytes(evidence.bytes as usize)).ok()?;
        let offset = evidence.place.offset.checked_add(bytes)?;
        Some(Self { record: evidence.record + 1, place: Place { segment: evidence.place.segment, offset } })
    }
}

/// Writes records; there is one.
pub(crate) struct EvidenceWriter {
    records: SegmentWriter,
    keys: Arc<Keys>,
    unsynced_keys: bool,
}

/// Opens records; many threads may.
pub(crate) struct EvidenceReader {
    records: SegmentReader,
    keys: Arc<Keys>,
    notes: Notes,
}

/// Opens the store in a folder of its own. Records behind `end` belong to no entry: a crash came before their commit.
///
/// # Errors
/// [`LedgerError::StateFile`] when the wrapping key of an old log is missing or damaged; [`LedgerError::StorageFull`],
/// [`LedgerError::Io`], [`LedgerError::Crypto`]
pub(crate) fn open(
    folder: &Path,
    segment_bytes: usize,
    end: EvidenceEnd,
    log_is_new: bool,
) -> Result<(EvidenceWriter, EvidenceReader), LedgerError> {
    private_folder(folder)?;
    secret(folder.join("wrapping.key"), log_is_new)?;
    let disk = Arc::new(RealDisk);
    let keys = Arc::new(Keys::open(disk.clone(), folder, end.record, log_is_new)?);
    let records = SegmentWriter::open(disk.clone(), folder, segment_bytes, end.place, end.record)?;
    let reader = EvidenceReader {
        records: SegmentReader::new(disk.clone(), folder),
        keys: Arc::clone(&keys),
        notes: Notes::new(disk, folder),
    };
    Ok((EvidenceWriter { records, keys, unsynced_keys: false }, reader))
}

impl EvidenceWriter {
    /// Whether the segment at hand has room for a record of so many bytes; if not, it goes into a later batch.
    pub(crate) fn has_room(&self, plain_bytes: usize) -> bool {
        self.keys.has_room(self.records.sequence())
            && self.records.has_room(frame_bytes(plain_bytes + aead::OVERHEAD_BYTES))
    }

    /// Begins another segment where that is needed; nothing may be pushed that was not taken.
    ///
    /// # Errors
    /// [`LedgerError::StorageFull`]; nothing has changed then.
    pub(crate) fn reserve(&mut self, plain_bytes: usize) -> Result<(), LedgerError> {
        if !self.keys.has_room(self.records.sequence()) {
            self.keys.grow()?;
        }
        if self.has_room(plain_bytes) {
            return Ok(());
        }
        self.records.next_segment(frame_bytes(plain_bytes + aead::OVERHEAD_BYTES))
    }

    /// Encrypts a record under a fresh key; it is durable once what [`Self::take`] answers is.
    ///
    /// # Errors
    /// [`LedgerError::Crypto`], [`LedgerError::Io`]
    pub(crate) fn push(&mut self, plain: &[u8]) -> Result<EvidencePlace, LedgerError> {
        let record = self.records.sequence();
        let key: [u8; 32] = random::array().map_err(crypto)?;
        self.keys.push(record, &key)?;
        self.unsynced_keys = true;
        let sealed = aead::seal(&key, &RECORD_NONCE, &context(b"record", record), plain).map_err(crypto)?;
        let bytes = u32::try_from(sealed.len()).map_err(|_| LedgerError::StorageFull)?;
        let place = self.records.push(|payload| {
            payload.extend_from_slice(&sealed);
            Some(())
        })?;
        Ok(EvidencePlace { record, place, bytes })
    }

    /// Where the next record goes.
    pub(crate) fn end(&self) -> Result<EvidenceEnd, LedgerError> {
        Ok(EvidenceEnd { record: self.records.sequence(), place: self.records.place()? })
    }

    /// What was pushed since the last call, and the file of keys to be synced with it.
    pub(crate) fn take(&mut self) -> (Option<Chunk>, Option<Arc<dyn DiskFile>>) {
        let keys = self.unsynced_keys.then(|| self.keys.file());
        self.unsynced_keys = false;
        (self.records.take(), keys)
    }
}

impl EvidenceReader {
    /// The record of an entry as it was given.
    ///
    /// # Errors
    /// [`LedgerError::EvidenceErased`], [`LedgerError::EvidenceDamaged`]
    pub(crate) fn read(&self, index: u64, evidence: EvidencePlace) -> Result<Vec<u8>, LedgerError> {
        let key = match self.keys.row(evidence.record) {
            Row::Key(key) => key,
            Row::Erased => return Err(LedgerError::EvidenceErased { index }),
            Row::Damaged => return Err(LedgerError::EvidenceDamaged { index }),
        };
        let sealed = self.records.payload(evidence.place).map_err(|_| LedgerError::EvidenceDamaged { index })?;
        let opened = aead::open(&key, &RECORD_NONCE, &context(b"record", evidence.record), &sealed);
        opened.map_err(|_| LedgerError::EvidenceDamaged { index })
    }
}

/// Binds a ciphertext to its use and its record, so that none can stand in for another.
fn context(kind: &[u8], record: u64) -> Vec<u8> {
    [kind, record.to_le_bytes().as_slice()].concat()
}
