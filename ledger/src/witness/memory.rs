//! The folder in which a witness remembers: one checkpoint a log, written whole, and the proofs of logs that show two faces.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use certs::digest::sha256;

use super::Seen;
use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::durable::write_durably;
use crate::note::VerifierKey;

/// The folder, held by this process alone for as long as it lives.
pub(super) struct Memory {
    folder: PathBuf,
    _lock: File,
}

impl Memory {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// [`LedgerError::Locked`], [`LedgerError::Io`]
    pub(super) fn open(folder: &Path) -> Result<Self, LedgerError> {
        make_folder(folder)?;
        let path = folder.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let lock = file.map_err(LedgerError::io("open", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(LedgerError::Locked { path }),
            Err(TryLockError::Error(error)) => Err(LedgerError::io("lock", path)(error)),
        }
    }

    /// What was signed last of a log; `None` where nothing was.
    ///
    /// # Errors
    /// [`LedgerError::StateFile`] when a file is there and is no checkpoint of the log; [`LedgerError::Io`]
    pub(super) fn recall(&self, origin: &str, keys: &[VerifierKey]) -> Result<Option<Seen>, LedgerError> {
        let path = self.path(origin);
        let note = match fs::read(&path) {
            Ok(note) => note,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LedgerError::io("read", &path)(error)),
        };
        let Ok(Checkpoint { size, root, .. }) = Checkpoint::from_note(&note, keys) else {
            return Err(LedgerError::StateFile { path });
        };
        let note = String::from_utf8(note).map_err(|_| LedgerError::StateFile { path })?;
        Ok(Some(Seen { size, root, note }))
    }

    /// Remembers a checkpoint in place of the last one.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(super) fn keep(&self, origin: &str, note: &str) -> Result<(), LedgerError> {
        write_durably(&self.path(origin), note.as_bytes())
    }

    /// Keeps two notes of one size that a log signed: they prove by themselves, to whoever has its key, that it shows two faces.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(super) fn keep_equivocation(
        &self,
        checkpoint: &Checkpoint,
        first: &str,
        second: &str,
    ) -> Result<(), LedgerError> {
        let folder = self.folder.join("equivocation").join(format!("{}-{}", name(&checkpoint.origin), checkpoint.size));
        let [first_path, second_path] = ["first.note", "second.note"].map(|name| folder.join(name));
        // One proof is enough: nobody fills the disk with more of them.
        if second_path.exists() {
            return Ok(());
        }
        make_folder(&folder)?;
        write_durably(&first_path, first.as_bytes())?;
        write_durably(&second_path, second.as_bytes())
    }

    fn path(&self, origin: &str) -> PathBuf {
        self.folder.join(name(origin) + ".checkpoint")
    }
}

/// A digest: an origin may hold what the name of a file may not.
fn name(origin: &str) -> String {
    hex::encode(sha256(&[origin.as_bytes()]))
}

fn make_folder(folder: &Path) -> Result<(), LedgerError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(LedgerError::io("make", folder))
}
