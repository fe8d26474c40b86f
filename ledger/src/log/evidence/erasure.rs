//! 销毁 Erasure: which records' keys are being destroyed and why, noted durably before it is done, so that a crash leaves
//! nothing erased that is not recorded.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::LedgerError;
use crate::log::Log;
use crate::log::disk::Disk;
use crate::log::evidence::keys::{Keys, Row};

/// Erasures that one note may hold.
const ERASURES_MAX: usize = 1 << 20;
/// Bytes that a statement may have.
const STATEMENT_BYTES_MAX: usize = 1024;

/// 销毁: evidence that is destroyed, and what the ledger's owner will state about it in an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The entry whose evidence it is.
    pub index: u64,
    /// Opaque to the log; kept until [`Log::erasures_stated`].
    pub statement: Vec<u8>,
}

impl Log {
    /// Destroys the evidence of some entries: nobody opens it again, whatever copies of the disk there are. Everything else
    /// stands: entries, proofs, receipts, what repeats are answered.
    ///
    /// Afterwards the owner appends an entry for each erasure and then calls [`Self::erasures_stated`]; after a crash in
    /// between, [`Self::unstated_erasures`] tells which are missing.
    ///
    /// # Errors
    /// [`LedgerError::IndexBeyondSize`], [`LedgerError::EvidenceMissing`], [`LedgerError::EvidenceErased`] for one of them,
    /// [`LedgerError::ErasureUnfinished`] when earlier ones are not stated; [`LedgerError::EvidenceKeyDamaged`];
    /// [`LedgerError::StorageFull`], [`LedgerError::Io`], [`LedgerError::Crypto`]: nothing is erased then. [`LedgerError::LogDead`]: the
    /// next start tells.
    pub fn erase(&self, erasures: &[Erasure]) -> Result<(), LedgerError> {
        if self.is_dead() {
            return Err(LedgerError::LogDead);
        }
        let (notebook, keys) = (&self.reader.evidence.notes, &self.reader.evidence.keys);
        // Nobody else erases meanwhile.
        let _one_at_a_time = notebook.busy.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !notebook.unstated(keys)?.is_empty() {
            return Err(LedgerError::ErasureUnfinished);
        }
        let mut noted = Vec::new();
        for erasure in erasures {
            let index = erasure.index;
            let evidence = self.reader.recorded.entry(index)?.evidence.ok_or(LedgerError::EvidenceMissing { index })?;
            if keys.row(evidence.record) == Row::Erased {
                return Err(LedgerError::EvidenceErased { index });
            }
            noted.push(Noted { record: evidence.record, erasure: erasure.clone() });
        }
        if noted.is_empty() {
            return Ok(());
        }
        notebook.write(&noted)?;
        let records: BTreeSet<u64> = noted.iter().map(|noted| noted.record).collect();
        keys.destroy(&records).inspect_err(|error| {
            if *error == LedgerError::LogDead {
                let _ = self.reader.end.set(LedgerError::LogDead);
            }
        })
    }

    /// Erasures that were done and may not have an entry yet.
    ///
    /// # Errors
    /// [`LedgerError::StateFile`] when the note about them is damaged, [`LedgerError::Io`]
    pub fn unstated_erasures(&self) -> Result<Vec<Erasure>, LedgerError> {
        self.reader.evidence.notes.unstated(&self.reader.evidence.keys)
    }

    /// Tells that every erasure has its entry.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub fn erasures_stated(&self) -> Result<(), LedgerError> {
        self.reader.evidence.notes.remove()
    }
}

/// An erasure, and the record that it destroys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Noted {
    pub(super) record: u64,
    pub(super) erasure: Erasure,
}

/// The file that says what is being erased.
pub(crate) struct Notes {
    disk: std::sync::Arc<dyn Disk>,
    folder: PathBuf,
    busy: std::sync::Mutex<()>,
}

impl Notes {
    pub(super) fn new(disk: std::sync::Arc<dyn Disk>, folder: &Path) -> Self {
        Self { disk, folder: folder.to_owned(), busy: std::sync::Mutex::default() }
    }

    fn path(&self) -> PathBuf {
        self.folder.join("erasing")
    }

    /// What was noted and is done. What was noted and is not done never will be: a crash came first.
    pub(super) fn unstated(&self, keys: &Keys) -> Result<Vec<Erasure>, LedgerError> {
        let path = self.path();
        let bytes = match self.disk.read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            bytes => bytes.map_err(LedgerError::io("read", &path))?,
        };
        let noted = from_bytes(&bytes).ok_or(LedgerError::StateFile { path })?;
        let done = noted.into_iter().filter(|noted| keys.row(noted.record) == Row::Erased);
        Ok(done.map(|noted| noted.erasure).collect())
    }

    pub(super) fn write(&self, noted: &[Noted]) -> Result<(), LedgerError> {
        let (path, next) = (self.path(), self.folder.join("erasing.next"));
        let bytes = to_bytes(noted).ok_or(LedgerError::ErasureTooLong)?;
        let written = self.disk.create(&next).and_then(|file| {
            file.write_all_at(&bytes, 0)?;
            file.sync()?;
            self.disk.rename(&next, &path)?;
            self.disk.sync_folder(&self.folder)
        });
        written.map_err(|error| match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => LedgerError::StorageFull,
            _ => LedgerError::io("write", path)(error),
        })
    }

    pub(super) fn remove(&self) -> Result<(), LedgerError> {
        let path = self.path();
        match self.disk.remove(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            removed => {
                removed.and_then(|()| self.disk.sync_folder(&self.folder)).map_err(LedgerError::io("remove", path))
            }
        }
    }
}

/// Record, index, length, statement for each, and a CRC-32C behind all.
fn to_bytes(noted: &[Noted]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for Noted { record, erasure } in noted {
        let length = u16::try_from(erasure.statement.len()).ok()?;
        bytes.extend_from_slice(&record.to_le_bytes());
        bytes.extend_from_slice(&erasure.index.to_le_bytes());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&erasure.statement);
    }
    let is_short = |noted: &Noted| noted.erasure.statement.len() <= STATEMENT_BYTES_MAX;
    let crc = crc32c::crc32c(&bytes).to_le_bytes();
    bytes.extend_from_slice(&crc);
    (noted.len() <= ERASURES_MAX && noted.iter().all(is_short)).then_some(bytes)
}

fn from_bytes(bytes: &[u8]) -> Option<Vec<Noted>> {
    let (mut rest, crc) = bytes.split_last_chunk::<4>()?;
    if u32::from_le_bytes(*crc) != crc32c::crc32c(rest) {
        return None;
    }
    let mut noted = Vec::new();
    while !rest.is_empty() {
        let (record, behind) = rest.split_first_chunk()?;
        let (index, behind) = behind.split_first_chunk()?;
        let (length, behind) = behind.split_first_chunk()?;
        let (statement, behind) = behind.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        let erasure = Erasure { index: u64::from_le_bytes(*index), statement: statement.to_vec() };
        noted.push(Noted { record: u64::from_le_bytes(*record), erasure });
        rest = behind;
    }
    Some(noted)
}
