//! How far the check of a log is, in a file: an interrupted check goes on, and the next one reads what is new.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ledger::LedgerError;
use ledger::audit::Proven;
use ledger::checkpoint::Checkpoint;
use ledger::merkle::TreeHash;

use crate::error::AuditError;
use crate::read;

/// The first line of the file.
const HEADING: &str = "tongbiao-audit log 1";
/// Upper bound of the file: eight levels of 255 hashes at most.
const STATE_BYTES_MAX: u64 = 128 * 1024;

/// The file, if there is to be one.
pub(super) struct State {
    path: Option<PathBuf>,
    origin: String,
    proven: Proven,
    /// Why the file could not be written.
    failure: Mutex<Option<io::Error>>,
}

impl State {
    /// Reads the file, which may not be there yet.
    ///
    /// # Errors
    /// [`AuditError::Unreadable`], [`AuditError::TooLarge`]; [`AuditError::State`] when it is of another log, or not what this
    /// program wrote.
    pub(super) fn open(path: Option<&Path>, hash: TreeHash, origin: &str) -> Result<Self, AuditError> {
        let proven = match path {
            Some(path) if path.exists() => {
                let wrong = || AuditError::State { name: path.display().to_string() };
                let text = String::from_utf8(read::file(path, STATE_BYTES_MAX)?).map_err(|_| wrong())?;
                let beginning = format!("{HEADING}\n{origin}\n");
                text.strip_prefix(&beginning).and_then(|text| Proven::from_text(hash, text)).ok_or_else(wrong)?
            }
            _ => Proven::new(hash),
        };
        let (path, origin) = (path.map(Path::to_owned), origin.to_owned());
        Ok(Self { path, origin, proven, failure: Mutex::default() })
    }

    /// What was proven before of the log of a checkpoint.
    ///
    /// # Errors
    /// [`LedgerError::RolledBack`] when that was more than the checkpoint has.
    pub(super) fn proven_in(&self, checkpoint: &Checkpoint) -> Result<Proven, LedgerError> {
        let (signed, found) = (self.proven.size(), checkpoint.size);
        if signed <= found { Ok(self.proven.clone()) } else { Err(LedgerError::RolledBack { signed, found }) }
    }

    /// Keeps what is proven now, whole or not at all.
    pub(super) fn keep(&self, proven: &Proven) {
        let Some(path) = &self.path else { return };
        let mut writing = path.clone().into_os_string();
        writing.push(".writing");
        let text = format!("{HEADING}\n{}\n{}", self.origin, proven.to_text());
        let written = fs::write(&writing, text).and_then(|()| fs::rename(&writing, path));
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = written.err();
    }

    /// Tells whether what is proven could be kept.
    ///
    /// # Errors
    /// [`AuditError::Unreadable`]
    pub(super) fn close(self) -> Result<(), AuditError> {
        let name = self.path.map(|path| path.display().to_string()).unwrap_or_default();
        match self.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(source) => Err(AuditError::Unreadable { name, source }),
            None => Ok(()),
        }
    }
}
