//! 证据 Evidence: records encrypted with a key of their own each; the keys lie wrapped in one small file.
//!
//! Who holds the records alone reads nothing, and a record whose wrapped key is destroyed is gone, whatever copies of it
//! a disk or a backup keeps.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use certs::{aead, random};

use crate::LedgerError;
use crate::log::disk::RealDisk;
use crate::log::frame::{EvidencePlace, Place};
use crate::log::segment::{Chunk, SegmentReader, SegmentWriter, frame_bytes};
use crate::log::state::{private_folder, secret};

/// Nonce, wrapped key with its tag, CRC-32C.
const ROW_BYTES: usize = 12 + 48 + 4;
/// Rows that the key file grows by.
const ROWS_AHEAD: u64 = 4096;
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
    keys: Arc<File>,
    keys_path: PathBuf,
    wrapping_key: [u8; 32],
    /// Rows that the key file has room for.
    rows: u64,
    unsynced_keys: bool,
}

/// Opens records; many threads may.
pub(crate) struct EvidenceReader {
    records: SegmentReader,
    keys: File,
    wrapping_key: [u8; 32],
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
    let wrapping_key = secret(folder.join("wrapping.key"), log_is_new)?;
    let keys_path = folder.join("keys");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(log_is_new).truncate(false).mode(0o600);
    let open = || options.open(&keys_path).map_err(LedgerError::io("open", &keys_path));
    let (keys, keys_to_read) = (open()?, open()?);
    let rows = keys.metadata().map_err(LedgerError::io("read", &keys_path))?.len() / ROW_BYTES as u64;
    let records = SegmentWriter::open(Arc::new(RealDisk), folder, segment_bytes, end.place, end.record)?;
    let reader =
        EvidenceReader { records: SegmentReader::new(Arc::new(RealDisk), folder), keys: keys_to_read, wrapping_key };
    Ok((EvidenceWriter { records, keys: Arc::new(keys), keys_path, wrapping_key, rows, unsynced_keys: false }, reader))
}

impl EvidenceWriter {
    /// Whether the segment at hand has room for a record of so many bytes; if not, it goes into a later batch.
    pub(crate) fn has_room(&self, plain_bytes: usize) -> bool {
        self.records.sequence() < self.rows && self.records.has_room(frame_bytes(plain_bytes + aead::OVERHEAD_BYTES))
    }

    /// Begins another segment where that is needed; nothing may be pushed that was not taken.
    ///
    /// # Errors
    /// [`LedgerError::StorageFull`]; nothing has changed then.
    pub(crate) fn reserve(&mut self, plain_bytes: usize) -> Result<(), LedgerError> {
        if self.records.sequence() >= self.rows {
            let zeroes = vec![0; usize::try_from(ROWS_AHEAD).unwrap_or(0) * ROW_BYTES];
            let grown =
                self.keys.write_all_at(&zeroes, self.rows * ROW_BYTES as u64).and_then(|()| self.keys.sync_all());
            grown.map_err(|_| LedgerError::StorageFull)?;
            self.rows += ROWS_AHEAD;
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
        let crypto = |error: certs::Error| LedgerError::Crypto { code: error.code() };
        let record = self.records.sequence();
        let key: [u8; 32] = random::array().map_err(crypto)?;
        let nonce: [u8; 12] = random::array().map_err(crypto)?;
        let wrapped = aead::seal(&self.wrapping_key, &nonce, &context(b"key", record), &key).map_err(crypto)?;
        let row = [nonce.as_slice(), &wrapped].concat();
        let row = [row.as_slice(), &crc32c::crc32c(&row).to_le_bytes()].concat();
        let written = self.keys.write_all_at(&row, record * ROW_BYTES as u64);
        written.map_err(LedgerError::io("write", &self.keys_path))?;
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
    pub(crate) fn take(&mut self) -> (Option<Chunk>, Option<Arc<File>>) {
        let keys = self.unsynced_keys.then(|| Arc::clone(&self.keys));
        self.unsynced_keys = false;
        (self.records.take(), keys)
    }
}

impl EvidenceReader {
    /// The record as it was given; `None` where it is damaged or its key is gone.
    pub(crate) fn read(&self, evidence: EvidencePlace) -> Option<Vec<u8>> {
        let mut row = [0; ROW_BYTES];
        self.keys.read_exact_at(&mut row, evidence.record.checked_mul(ROW_BYTES as u64)?).ok()?;
        let (row, crc) = row.split_last_chunk::<4>()?;
        if u32::from_le_bytes(*crc) != crc32c::crc32c(row) {
            return None;
        }
        let (nonce, wrapped) = row.split_first_chunk::<12>()?;
        let key = aead::open(&self.wrapping_key, nonce, &context(b"key", evidence.record), wrapped).ok()?;
        let sealed = self.records.payload(evidence.place).ok()?;
        let key = key.as_slice().try_into().ok()?;
        aead::open(key, &RECORD_NONCE, &context(b"record", evidence.record), &sealed).ok()
    }
}

/// Binds a ciphertext to its use and its record, so that none can stand in for another.
fn context(kind: &[u8], record: u64) -> Vec<u8> {
    [kind, record.to_le_bytes().as_slice()].concat()
}
