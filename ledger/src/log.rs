//! 账本 The log that writes: one sequencer thread, segments of frames, evidence, public files.

mod backlog;
mod batch;
mod committer;
mod disk;
mod evidence;
mod frame;
mod index;
mod inspect;
mod publisher;
mod reader;
mod recorded;
mod recovery;
mod segment;
mod sequencer;
mod signer;
mod start;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod tree;

use std::fs::File;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

use certs::digest::hmac_sha256;
use jiff::Timestamp;

use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::companion::{CompanionFiles, FOLDER};
use crate::merkle::{Hash, TreeHash, consistency_proof, inclusion_proof};
use crate::note::{NOTE_BYTES_MAX, VerifierKey};
use crate::proof::{InclusionProof, Receipt};
use crate::tile::{PublicFiles as _, TileReader};
pub use evidence::Erasure;
pub use inspect::{Inspection, Statistics};
use reader::Reader;
use sequencer::{Answer, Event, Request};
pub use signer::CheckpointSigner;
use signer::Pen;
pub use store::TornTail;

/// A keyed digest by which entries are found again; made with [`Log::tag`], so that the state directory alone tells
/// nobody which cases it holds.
pub type Tag = [u8; 32];

/// Where a log lives, and its sizes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What everyone may read: `checkpoint` and `tile/…`, nothing else.
    pub public_dir: PathBuf,
    /// Segments, evidence, index, keys, lock: mode 0700, never served.
    pub state_dir: PathBuf,
    /// Bytes of a segment of frames; a batch larger than that gets a segment of its own.
    pub segment_bytes: usize,
    /// Bytes of a segment of evidence.
    pub evidence_segment_bytes: usize,
    /// Entries that one batch may have, and so one signature covers.
    pub batch_entries_max: usize,
    /// Bytes that the evidence of one entry may have.
    pub evidence_bytes_max: usize,
    /// Where the index lies; another place than before makes it anew from the frames.
    pub index: IndexEngine,
}

/// Where the pages of the index lie. They are derived, and prove themselves whenever they are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IndexEngine {
    /// In sled, guarded.
    #[default]
    Sled,
    /// In plain files.
    Files,
}

impl Config {
    /// The sizes for production.
    pub fn new(public_dir: impl Into<PathBuf>, state_dir: impl Into<PathBuf>) -> Self {
        Self {
            public_dir: public_dir.into(),
            state_dir: state_dir.into(),
            segment_bytes: 32 << 20,
            evidence_segment_bytes: 64 << 20,
            batch_entries_max: 512,
            evidence_bytes_max: 64 << 20,
            index: IndexEngine::default(),
        }
    }
}

/// What is to be recorded.
pub struct Draft {
    /// Makes the bytes of the entry, given its time. Called on the sequencer's thread, once, and only when the entry is
    /// new; it must be quick.
    pub entry: Box<dyn FnOnce(Timestamp) -> Vec<u8> + Send>,
    /// The idempotency key, if the operation has one: under one key there is one entry.
    pub key: Option<Tag>,
    /// What the key stands for: with the same key, another content is a conflict.
    pub content: Tag,
    /// By what else the entry is found.
    pub tags: Vec<Tag>,
    /// What is kept encrypted beside the entry.
    pub evidence: Option<Vec<u8>>,
}

/// How an append ended. In each case the disk holds what the receipt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// The entry is recorded now.
    Recorded(Receipt),
    /// The same was recorded before under this key; the receipt has the same bytes as then.
    Repeated(Receipt),
    /// Something else was recorded before under this key; nothing is recorded now.
    Conflict {
        /// The receipt of what was recorded.
        first: Receipt,
    },
}

/// 账本 An append-only log of bytes, open for appending in this process alone.
///
/// An append returns when its entry is on the disk and provable; the public files follow at once, at most 16 MiB of frames
/// behind, and all of them before the log is closed. Entry times never decrease. Reading goes on beside appending from any
/// thread. Dropping the log records what is queued, publishes it, and closes the log.
pub struct Log {
    reader: Arc<Reader>,
    events: SyncSender<Event>,
    /// Sequencer, publisher, keeper of the index.
    threads: [Option<JoinHandle<()>>; 3],
    index_key: [u8; 32],
    pen: Pen,
    config: Config,
    /// Held until the sequencer is gone.
    _lock: File,
}

impl Log {
    /// Opens the log of the signer's origin, or begins it, and starts its threads.
    ///
    /// The newest segments are read again and the tree derived from them, whatever the length of the log; the rest is
    /// checked when it is read. Where the index or older public files are damaged they are made again while reading goes
    /// on; until then changes are refused with [`LedgerError::Rebuilding`].
    ///
    /// # Errors
    /// [`LedgerError::Locked`]; [`LedgerError::SegmentDamaged`], [`LedgerError::RolledBack`] and
    /// [`LedgerError::HeadDiffers`] when what was acknowledged is not all there; [`LedgerError::StateFile`] when a key is
    /// missing; those of [`Checkpoint::from_note`](crate::checkpoint::Checkpoint::from_note) when the log was signed by other keys; [`LedgerError::StorageFull`];
    /// [`LedgerError::Io`]
    pub fn open(
        config: &Config,
        signer: CheckpointSigner,
        clock: impl Fn() -> Timestamp + Send + 'static,
    ) -> Result<Self, LedgerError> {
        start::open(config, Pen::of(signer), Box::new(clock))
    }

    /// Opens a log to which nothing is appended any more, with the keys that verify it: nobody needs those that signed it.
    /// Everything is read, recovered and erased as before; a draft is answered with [`LedgerError::LogClosed`], unless its key was
    /// used already.
    ///
    /// # Errors
    /// [`LedgerError::FileMissing`] where there is no log, [`LedgerError::OriginDiffers`] when the keys are not of one log; those of
    /// [`Self::open`].
    pub fn open_closed(config: &Config, keys: &[VerifierKey]) -> Result<Self, LedgerError> {
        start::open(config, Pen::laid_down(keys)?, Box::new(|| Timestamp::MIN))
    }

    /// Records a draft and waits until it is durable and provable.
    ///
    /// # Errors
    /// [`LedgerError::EntryTooLong`], [`LedgerError::EvidenceTooLong`], [`LedgerError::TooManyTags`];
    /// [`LedgerError::StorageFull`], [`LedgerError::PublishFailed`] and [`LedgerError::Rebuilding`], which pass; [`LedgerError::LogDead`]: whether the entry is recorded is unknown until the log is
    /// opened again, and the same key then tells; [`LedgerError::LogClosed`]
    pub fn append(&self, draft: Draft) -> Result<Appended, LedgerError> {
        let (sender, receiver) = sync_channel(1);
        let answer: Answer = Box::new(move |answer| {
            let _ = sender.send(answer);
        });
        self.events.send(Event::Request(Request { draft, answer })).map_err(|_| LedgerError::LogClosed)?;
        receiver.recv().map_err(|_| LedgerError::LogClosed)?
    }

    /// Hands a draft over without waiting; `answer` is called on the sequencer's thread and must be quick, such as the
    /// sending half of a one-shot channel.
    ///
    /// # Errors
    /// [`LedgerError::Busy`] when too many wait already, [`LedgerError::LogClosed`]; `answer` is not called then.
    pub fn submit(
        &self,
        draft: Draft,
        answer: impl FnOnce(Result<Appended, LedgerError>) + Send + 'static,
    ) -> Result<(), LedgerError> {
        let request = Event::Request(Request { draft, answer: Box::new(answer) });
        self.events.try_send(request).map_err(|error| match error {
            TrySendError::Full(_) => LedgerError::Busy,
            TrySendError::Disconnected(_) => LedgerError::LogClosed,
        })
    }

    /// The tag of some values under the log's own index key; values are told apart by their lengths.
    pub fn tag(&self, values: &[&[u8]]) -> Tag {
        let lengths: Vec<[u8; 8]> = values.iter().map(|value| (value.len() as u64).to_le_bytes()).collect();
        let parts = lengths.iter().zip(values).flat_map(|(length, value)| [length.as_slice(), value]);
        hmac_sha256(&self.index_key, &parts.collect::<Vec<_>>())
    }

    /// Index and content of the entry that was recorded under an idempotency key.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn recorded_under(&self, key: &Tag) -> Result<Option<(u64, Tag)>, LedgerError> {
        let size = self.size();
        let candidates: Vec<u64> = self.reader.index.with_key(key)?.into_iter().filter(|it| *it < size).collect();
        Ok(self.reader.with_key(key, &candidates)?.map(|frame| (frame.index, frame.content)))
    }

    /// Indexes of the entries that carry a tag, the oldest first.
    ///
    /// # Errors
    /// [`LedgerError::Rebuilding`], [`LedgerError::SegmentDamaged`], [`LedgerError::Io`]
    pub fn find(&self, tag: &Tag) -> Result<Vec<u64>, LedgerError> {
        self.reader.find(tag)
    }

    /// The bytes of an entry.
    ///
    /// # Errors
    /// [`LedgerError::IndexBeyondSize`], [`LedgerError::SegmentDamaged`], [`LedgerError::Io`]
    pub fn entry(&self, index: u64) -> Result<Vec<u8>, LedgerError> {
        self.reader.recorded.entry(index).map(|frame| frame.entry)
    }

    /// The receipt of an entry, to the checkpoint of its own batch: the same bytes for ever.
    ///
    /// # Errors
    /// As [`Self::entry`]; [`LedgerError::NotIncluded`] when a public tile is damaged.
    pub fn receipt(&self, index: u64) -> Result<Receipt, LedgerError> {
        self.reader.receipt(index)
    }

    /// The receipt of an entry to a later checkpoint of this log, such as one that witnesses signed. Whether the checkpoint is
    /// the log's is not judged, only that it leads to the entry.
    ///
    /// # Errors
    /// As [`Self::receipt`]; [`LedgerError::IndexBeyondSize`] when the entry is not among those of the checkpoint.
    pub fn receipt_to(&self, index: u64, checkpoint: &str) -> Result<Receipt, LedgerError> {
        let entry = self.entry(index)?;
        let size = Checkpoint::from_unverified_note(checkpoint.as_bytes())?.size;
        let hashes = inclusion_proof(index, size, &mut self.reader.hashes())?;
        let proof = InclusionProof { index, hashes, checkpoint: checkpoint.to_owned() };
        proof.verify_arithmetic(&entry)?;
        Ok(Receipt { entry, proof })
    }

    /// The receipt of an entry to the newest checkpoint of the log's companion: a tree over SM3, signed with SM2.
    ///
    /// # Errors
    /// As [`Self::receipt_to`], where the companion does not cover the entry yet too; [`LedgerError::FileMissing`] where there is no
    /// companion.
    pub fn receipt_to_companion(&self, index: u64) -> Result<Receipt, LedgerError> {
        let entry = self.entry(index)?;
        let files = CompanionFiles::new(&self.reader.public, self.size());
        let note = files.read("checkpoint", NOTE_BYTES_MAX)?;
        let note = note.ok_or_else(|| LedgerError::FileMissing { path: format!("{FOLDER}/checkpoint") })?;
        let size = Checkpoint::from_unverified_note(&note)?.size;
        let hashes = inclusion_proof(index, size, &mut TileReader::new(&files, size))?;
        let checkpoint = String::from_utf8(note).map_err(|_| LedgerError::NoteNotText)?;
        let proof = InclusionProof { index, hashes, checkpoint };
        proof.verify_arithmetic_of(TreeHash::Sm3, &entry)?;
        Ok(Receipt { entry, proof })
    }

    /// The evidence that was kept beside an entry.
    ///
    /// # Errors
    /// As [`Self::entry`]; [`LedgerError::EvidenceMissing`], [`LedgerError::EvidenceErased`], [`LedgerError::EvidenceDamaged`]
    pub fn evidence(&self, index: u64) -> Result<Vec<u8>, LedgerError> {
        let place = self.reader.recorded.entry(index)?.evidence.ok_or(LedgerError::EvidenceMissing { index })?;
        self.reader.evidence.read(index, place)
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        &self.pen.origin
    }

    /// What its checkpoints are verified with.
    pub fn verifier_keys(&self) -> &[VerifierKey] {
        &self.pen.keys
    }

    /// Where it lives, and its sizes.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Number of entries recorded.
    pub fn size(&self) -> u64 {
        self.reader.recorded.size()
    }

    /// The signed note of the newest checkpoint that is published: all its tiles and bundles can be read.
    pub fn head(&self) -> String {
        self.reader.head.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The signed note of the newest checkpoint that is recorded: of the newest receipts, and at most a moment ahead of
    /// [`Self::head`].
    pub fn newest(&self) -> String {
        self.reader.newest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until everything that was recorded before the call is public, and until nothing is rebuilt.
    ///
    /// # Errors
    /// Why that cannot be: [`LedgerError::PublishFailed`], [`LedgerError::SegmentDamaged`], [`LedgerError::Io`]
    pub fn settle(&self) -> Result<(), LedgerError> {
        self.reader.backlog.wait(self.size())?;
        self.reader.index.wait()
    }

    /// The proof that the tree of `old` entries is the beginning of the tree of `new`.
    ///
    /// # Errors
    /// [`LedgerError::SizesReversed`], [`LedgerError::IndexBeyondSize`] when `new` is above the size, those of tiles.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, LedgerError> {
        let size = self.size();
        if new > size {
            return Err(LedgerError::IndexBeyondSize { index: new, size });
        }
        consistency_proof(old, new, &mut self.reader.hashes())
    }

    /// Whether a failed write ended all recording; reading goes on.
    pub fn is_dead(&self) -> bool {
        self.reader.is_dead()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let join = |thread: &mut Option<JoinHandle<()>>| thread.take().map(JoinHandle::join);
        let [sequencer, publisher, keeper] = &mut self.threads;
        let _ = self.events.send(Event::Close);
        join(sequencer);
        self.reader.backlog.close();
        self.reader.index.close();
        join(publisher);
        join(keeper);
    }
}
