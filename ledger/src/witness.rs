//! 见证方 A witness (C2SP tlog-witness): remembers the newest checkpoint of each of its logs, and signs those that continue it.
//!
//! What it signed is on the disk before its signature leaves: after a crash nobody can talk it into another history.

mod judge;
mod memory;
mod request;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use certs::signing::Ed25519Signer;
use jiff::Timestamp;

use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::merkle::Hash;
use crate::note::{SignedNote, VerifierKey, cosigned_message};
use memory::Memory;
pub use request::{ANSWER_BYTES_MAX, AddCheckpoint, REQUEST_BYTES_MAX, Refused, line_of_answer};

/// What a witness remembers of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    size: u64,
    root: Hash,
    /// The checkpoint with the lines of its log and of the witness, no others.
    note: String,
}

/// One of the logs that a witness looks at.
struct Watched {
    keys: Vec<VerifierKey>,
    /// Held from the comparison until the disk has what was compared: two requests at one time cannot undo each other.
    seen: Mutex<Option<Seen>>,
}

/// 见证方 Signs the checkpoints of some logs, each log apart from the others.
pub struct Witness {
    cosigner: Cosigner,
    memory: Memory,
    logs: BTreeMap<String, Watched>,
}

impl Witness {
    /// A witness that looks at the logs of these keys, and remembers in a folder of its own what it signed.
    ///
    /// # Errors
    /// [`LedgerError::Locked`] when another process has the folder; [`LedgerError::StateFile`] when what it signed cannot be read
    /// any more, for it must not begin anew then; [`LedgerError::Io`]
    pub fn open(
        cosigner: Cosigner,
        keys: impl IntoIterator<Item = VerifierKey>,
        folder: &Path,
    ) -> Result<Self, LedgerError> {
        let memory = Memory::open(folder)?;
        let mut by_origin: BTreeMap<String, Vec<VerifierKey>> = BTreeMap::new();
        for key in keys.into_iter().filter(|key| !key.is_cosignature()) {
            by_origin.entry(key.name().to_owned()).or_default().push(key);
        }
        let mut logs = BTreeMap::new();
        for (origin, keys) in by_origin {
            let seen = Mutex::new(memory.recall(&origin, &keys)?);
            logs.insert(origin, Watched { keys, seen });
        }
        Ok(Self { cosigner, memory, logs })
    }

    /// What others check its signatures with.
    pub fn key(&self) -> &VerifierKey {
        self.cosigner.key()
    }

    /// The origins of its logs, each with the size that it signed last, 0 for none.
    pub fn logs(&self) -> impl Iterator<Item = (&str, u64)> {
        self.logs.iter().map(|(origin, log)| (origin.as_str(), log.seen().as_ref().map_or(0, |seen| seen.size)))
    }

    /// The newest checkpoint of a log that it signed, with its signature.
    pub fn latest(&self, origin: &str) -> Option<String> {
        self.logs.get(origin)?.seen().as_ref().map(|seen| seen.note.clone())
    }

    /// Signs a checkpoint that continues the remembered one: the signature line, which is the body of the answer.
    ///
    /// # Errors
    /// [`Refused`]. Nothing new is remembered then; of [`Refused::OtherTree`] both notes are kept under `equivocation/`.
    pub fn add(&self, request: &AddCheckpoint, now: Timestamp) -> Result<String, Refused> {
        let note = SignedNote::parse(request.note.as_bytes()).map_err(|_| Refused::Malformed)?;
        let stated = Checkpoint::from_text(note.unverified_text()).map_err(|_| Refused::Malformed)?;
        let log = self.logs.get(&stated.origin).ok_or(Refused::UnknownLog)?;
        let checkpoint = Checkpoint::from_note(request.note.as_bytes(), &log.keys).map_err(|_| Refused::NotSigned)?;
        let lines: String = note.lines_of(&log.keys).collect();
        let signed = format!("{}\n{lines}", note.unverified_text());
        let mut seen = log.seen();
        if let Err(refused) = judge::continues(seen.as_ref(), request, &checkpoint) {
            if let (Refused::OtherTree { .. }, Some(before)) = (&refused, seen.as_ref()) {
                self.memory.keep_equivocation(&checkpoint, &before.note, &signed).map_err(Refused::Storage)?;
            }
            return Err(refused);
        }
        let line = self.cosigner.line(note.unverified_text(), now);
        let Checkpoint { origin, size, root } = checkpoint;
        let next = Seen { size, root, note: format!("{signed}{line}") };
        // The disk has this tree already when it is signed again: a replay costs no sync.
        if seen.as_ref().is_none_or(|before| before.size < next.size) {
            self.memory.keep(&origin, &next.note).map_err(Refused::Storage)?;
        }
        *seen = Some(next);
        Ok(line)
    }
}

impl Watched {
    fn seen(&self) -> std::sync::MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 见证密钥 A key under a name that says of checkpoints when it saw them (C2SP tlog-cosignature).
pub struct Cosigner {
    signer: Ed25519Signer,
    key: VerifierKey,
}

impl Cosigner {
    /// The cosigner of this name.
    ///
    /// # Errors
    /// [`LedgerError::KeyName`]
    pub fn new(name: &str, signer: Ed25519Signer) -> Result<Self, LedgerError> {
        let key = VerifierKey::cosignature(name, signer.public_key())?;
        Ok(Self { signer, key })
    }

    /// What others check its signatures with.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The signature line for the text of a checkpoint, as seen at that second. Whether it should be signed is the caller's matter.
    pub(crate) fn line(&self, text: &str, now: Timestamp) -> String {
        let seconds = now.as_second().max(0);
        let signature = self.signer.sign(cosigned_message(text, seconds).as_bytes());
        self.key.signature_line(&[seconds.to_be_bytes().as_slice(), &signature].concat())
    }
}
