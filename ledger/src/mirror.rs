//! 镜像 A copy of another's log that proves itself: every hash is derived again, what does not fit is refused, and it never goes back.
//!
//! New files wait beside the copy until the whole tree up to the new checkpoint is derived from them; an interrupted run finds
//! them there. The copy itself is at any time the log of its own checkpoint, in the layout of tlog-tiles.

mod staging;

use std::fs::{self, File, TryLockError};
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::LedgerError;
use crate::audit::{Directory, Progress, Proven, audit_from};
use crate::checkpoint::Checkpoint;
use crate::durable::write_durably;
use crate::merkle::{consistency_proof, root, verify_consistency};
use crate::note::{NOTE_BYTES_MAX, SignedNote, VerifierKey};
use crate::policy::Policy;
use crate::tile::{PublicFiles, TileReader};
use crate::witness::Cosigner;
use staging::Staging;

const CHECKPOINT: &str = "checkpoint";

/// 镜像 The copy in a folder, held by this process alone.
pub struct Mirror {
    folder: PathBuf,
    policy: Policy,
    _lock: File,
}

/// What became of a copy. The note is the checkpoint that it has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// Entries before.
    pub before: u64,
    /// Entries now.
    pub size: u64,
    /// Files that were copied now; those of an interrupted run are counted there.
    pub files: u64,
}

impl Mirror {
    /// The copy of a log in a folder, which is made where it is not there; it takes checkpoints that meet the policy.
    ///
    /// # Errors
    /// [`LedgerError::Locked`] when another process has the folder; [`LedgerError::Io`]
    pub fn open(folder: &Path, policy: Policy) -> Result<Self, LedgerError> {
        fs::create_dir_all(folder).map_err(LedgerError::io("make", folder))?;
        // The folder itself is locked: a file for it would be no file of a log.
        let lock = File::open(folder).map_err(LedgerError::io("open", folder))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), policy, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(LedgerError::Locked { path: folder.to_owned() }),
            Err(TryLockError::Error(error)) => Err(LedgerError::io("lock", folder)(error)),
        }
    }

    /// Brings the copy to the newest checkpoint of the source, signed by the cosigner as well where there is one: the statement
    /// that the entries are here, on the disk.
    ///
    /// # Errors
    /// Everything that was found, never nothing; the copy is as it was then. [`LedgerError::NoQuorum`] when too few witnesses saw
    /// the checkpoint yet, [`LedgerError::RolledBack`] when the source is behind
    /// the copy, [`LedgerError::HeadDiffers`] when it shows another tree where the copy has one, of which both notes are kept beside
    /// the copy, [`LedgerError::Inconsistent`] when its tree does not begin with that of the copy. After
    /// [`LedgerError::Io`] what was copied waits for the next run; after any other finding it is thrown away.
    pub fn update(
        &self,
        source: &(impl PublicFiles + Sync),
        cosigner: Option<(&Cosigner, Timestamp)>,
        threads: NonZeroUsize,
        progress: &(impl Fn(u64) + Sync),
    ) -> Result<Mirrored, Vec<LedgerError>> {
        let one = |error| vec![error];
        let note = read_note(source).map_err(one)?;
        let new = Checkpoint::from_note(&note, self.policy.log_keys()).map_err(one)?;
        let before = self.present().map_err(one)?;
        // A fork is found whether or not a witness saw it.
        let unchanged = self.compare(before.as_ref(), &new, &note, source).map_err(one)?;
        self.policy.judge(&note).map_err(one)?;
        // What was copied when no witness was asked for is signed by them now.
        let is_seen = before.as_ref().is_some_and(|(_, note)| self.policy.judge(note).is_ok());
        if unchanged && is_seen {
            return Ok(Mirrored { before: new.size, size: new.size, files: 0 });
        }
        let staging = Staging::open(&self.folder, source).map_err(one)?;
        let copied = self.copy(&staging, before.as_ref(), &new, threads, progress);
        if let Err(findings) = &copied
            && !findings.iter().any(|finding| matches!(finding, LedgerError::Io { .. }))
        {
            staging.discard().map_err(one)?;
        }
        copied?;
        let note = cosigned(&note, cosigner, self.policy.log_keys()).map_err(one)?;
        staging.settle(new.size).map_err(one)?;
        write_durably(&self.folder.join(CHECKPOINT), note.as_bytes()).map_err(one)?;
        staging.tidy(new.size).map_err(one)?;
        let before = before.map_or(0, |(checkpoint, _)| checkpoint.size);
        Ok(Mirrored { before, size: new.size, files: staging.fetched() })
    }

    /// The checkpoint of the copy with its note; `None` for a copy that has none yet.
    fn present(&self) -> Result<Option<(Checkpoint, Vec<u8>)>, LedgerError> {
        let Some(note) = Directory::new(&self.folder).read(CHECKPOINT, NOTE_BYTES_MAX)? else { return Ok(None) };
        Ok(Some((Checkpoint::from_note(&note, self.policy.log_keys())?, note)))
    }

    /// Whether the copy has this very checkpoint already; that it continues the copy is proven here, with the source's tiles.
    fn compare(
        &self,
        before: Option<&(Checkpoint, Vec<u8>)>,
        new: &Checkpoint,
        note: &[u8],
        source: &impl PublicFiles,
    ) -> Result<bool, LedgerError> {
        let Some((old, old_note)) = before else { return Ok(false) };
        if new.size > old.size {
            let proof = consistency_proof(old.size, new.size, &mut TileReader::new(source, new.size))?;
            verify_consistency(old.size, &old.root, new.size, &new.root, &proof)?;
            return Ok(false);
        }
        let copy = Directory::new(&self.folder);
        if root(new.size, &mut TileReader::new(&copy, old.size))? != new.root {
            self.keep_evidence(new.size, old_note, note)?;
            return Err(LedgerError::HeadDiffers { size: new.size });
        }
        if new.size < old.size {
            return Err(LedgerError::RolledBack { signed: old.size, found: new.size });
        }
        Ok(true)
    }

    /// Derives the tree of the new checkpoint from what is proven on, copying what is read.
    fn copy(
        &self,
        staging: &Staging<'_, impl PublicFiles + Sync>,
        before: Option<&(Checkpoint, Vec<u8>)>,
        new: &Checkpoint,
        threads: NonZeroUsize,
        progress: &(impl Fn(u64) + Sync),
    ) -> Result<(), Vec<LedgerError>> {
        let one = |error| vec![error];
        let proven = match before {
            Some((old, _)) => Proven::from_checkpoint(&Directory::new(&self.folder), old, old.size).map_err(one)?,
            None => Proven::default(),
        };
        let told = |made: Progress<'_>| {
            if let Progress::Entries(entries) = made {
                progress(entries);
            }
        };
        progress(proven.size());
        let report = audit_from(staging, new, proven, threads, &told).map_err(one)?;
        match (report.findings.is_empty(), report.root) {
            (true, Some(root)) if root == new.root => Ok(()),
            (true, _) => Err(vec![LedgerError::RootDiffers { size: new.size }]),
            (false, _) => Err(report.findings),
        }
    }

    /// Two signed notes of one log that cannot both be true, in a folder beside the copy.
    fn keep_evidence(&self, size: u64, first: &[u8], second: &[u8]) -> Result<(), LedgerError> {
        let mut name = self.folder.file_name().unwrap_or_default().to_owned();
        name.push(".equivocation");
        let folder = self.folder.with_file_name(name).join(size.to_string());
        // One proof is enough: nobody fills the disk with more of them.
        if folder.join("second.note").exists() {
            return Ok(());
        }
        fs::create_dir_all(&folder).map_err(LedgerError::io("make", &folder))?;
        write_durably(&folder.join("first.note"), first)?;
        write_durably(&folder.join("second.note"), second)
    }
}

fn read_note(source: &impl PublicFiles) -> Result<Vec<u8>, LedgerError> {
    let missing = || LedgerError::FileMissing { path: CHECKPOINT.to_owned() };
    source.read(CHECKPOINT, NOTE_BYTES_MAX)?.ok_or_else(missing)
}

/// The note with the line of the mirror behind its others; a note that has no room for it is refused.
fn cosigned(
    note: &[u8],
    cosigner: Option<(&Cosigner, Timestamp)>,
    keys: &[VerifierKey],
) -> Result<String, LedgerError> {
    let text = std::str::from_utf8(note).map_err(|_| LedgerError::NoteNotText)?;
    let Some((cosigner, now)) = cosigner else { return Ok(text.to_owned()) };
    let line = cosigner.line(SignedNote::parse(note)?.unverified_text(), now);
    let whole = format!("{text}{line}");
    Checkpoint::from_note(whole.as_bytes(), keys)?;
    Ok(whole)
}

/// Whether an error says that there is nothing under that name.
fn is_absent(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}
