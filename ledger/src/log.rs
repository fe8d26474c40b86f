//! 账本 The log that writes: one sequencer thread, segments of frames, evidence, public files.

mod evidence;
mod frame;
mod index;
mod publisher;
mod reader;
mod recovery;
mod segment;
mod sequencer;
mod signer;
mod state;

use std::fs::File;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, RwLock};
use std::thread::{self, JoinHandle};

use certs::digest::hmac_sha256;
use jiff::Timestamp;

use crate::LedgerError;
use crate::audit::Directory;
use crate::merkle::{Hash, consistency_proof};
use crate::proof::Receipt;
use crate::tile::TileReader;
use frame::EntryFrame;
use index::{Expected, Index};
use publisher::Publisher;
use reader::{FrameReader, Reader};
use recovery::{Recovered, recover};
use segment::SegmentWriter;
use sequencer::{Answer, BatchLimits, Request, Sequencer};
pub use signer::CheckpointSigner;
use state::{SignedHead, lock, private_folder, secret};

/// A keyed digest by which entries are found again; made with [`Log::tag`], so that the state directory alone tells
/// nobody which cases it holds.
pub type Tag = [u8; 32];

/// Requests that may wait for the sequencer.
const QUEUE_LENGTH: usize = 1024;
/// Entries that a rebuilt index takes at a time.
const REBUILD_STEP: u64 = 1024;
/// Entries that the index is asked for before it is believed: so many over all ages, and so many of the newest.
const SAMPLE: u64 = 64;

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
/// An append returns when its entry is on the disk, published and provable. Entry times never decrease. Reading goes on
/// beside appending from any thread. Dropping the log records what is queued and closes it.
pub struct Log {
    reader: Arc<Reader>,
    requests: Option<SyncSender<Request>>,
    sequencer: Option<JoinHandle<()>>,
    index_key: [u8; 32],
    /// Held until the sequencer is gone.
    _lock: File,
}

impl Log {
    /// Opens the log of the signer's origin, or begins it, and starts its sequencer.
    ///
    /// Every frame is read again and the tree derived from them; public files and index are put right where they are not
    /// as they should be.
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
        private_folder(&config.state_dir)?;
        let lock = lock(&config.state_dir)?;
        let folder = config.state_dir.join("frames");
        private_folder(&folder)?;
        let signed_head = SignedHead::open(&config.state_dir)?;
        let publisher = Publisher::new(&config.public_dir)?;
        let recovered = recover(&folder, publisher, &signed_head, signer.origin(), signer.verifier_keys())?;
        let is_new = recovered.note.is_none();
        let index_key = secret(config.state_dir.join("index.key"), is_new)?;
        let (sequencer, reader) = assemble(config, signer, Box::new(clock), signed_head, recovered)?;
        let (requests, receiver) = sync_channel(QUEUE_LENGTH);
        let thread = start(sequencer, receiver)?;
        Ok(Self { reader, requests: Some(requests), sequencer: Some(thread), index_key, _lock: lock })
    }

    /// Records a draft and waits until it is durable, published and provable.
    ///
    /// # Errors
    /// [`LedgerError::EntryTooLong`], [`LedgerError::EvidenceTooLong`], [`LedgerError::TooManyTags`];
    /// [`LedgerError::StorageFull`]; [`LedgerError::LogDead`]: whether the entry is recorded is unknown until the log is
    /// opened again, and the same key then tells; [`LedgerError::LogClosed`]
    pub fn append(&self, draft: Draft) -> Result<Appended, LedgerError> {
        let (sender, receiver) = sync_channel(1);
        let answer: Answer = Box::new(move |answer| {
            let _ = sender.send(answer);
        });
        let requests = self.requests.as_ref().ok_or(LedgerError::LogClosed)?;
        requests.send(Request { draft, answer }).map_err(|_| LedgerError::LogClosed)?;
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
        let requests = self.requests.as_ref().ok_or(LedgerError::LogClosed)?;
        requests.try_send(Request { draft, answer: Box::new(answer) }).map_err(|error| match error {
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

    /// Indexes of the entries that carry a tag, the oldest first.
    ///
    /// # Errors
    /// [`LedgerError::IndexFailed`], [`LedgerError::SegmentDamaged`], [`LedgerError::Io`]
    pub fn find(&self, tag: &Tag) -> Result<Vec<u64>, LedgerError> {
        self.reader.find(tag)
    }

    /// The bytes of an entry.
    ///
    /// # Errors
    /// [`LedgerError::IndexBeyondSize`], [`LedgerError::SegmentDamaged`], [`LedgerError::Io`]
    pub fn entry(&self, index: u64) -> Result<Vec<u8>, LedgerError> {
        self.reader.frames.entry(index).map(|frame| frame.entry)
    }

    /// The receipt of an entry, to the checkpoint of its own batch: the same bytes for ever.
    ///
    /// # Errors
    /// As [`Self::entry`]; [`LedgerError::NotIncluded`] and those of tiles when the public files are damaged.
    pub fn receipt(&self, index: u64) -> Result<Receipt, LedgerError> {
        self.reader.receipt(index)
    }

    /// The evidence that was kept beside an entry.
    ///
    /// # Errors
    /// As [`Self::entry`]; [`LedgerError::EvidenceMissing`], [`LedgerError::EvidenceDamaged`]
    pub fn evidence(&self, index: u64) -> Result<Vec<u8>, LedgerError> {
        let place = self.reader.frames.entry(index)?.evidence.ok_or(LedgerError::EvidenceMissing { index })?;
        self.reader.evidence.read(place).ok_or(LedgerError::EvidenceDamaged { index })
    }

    /// Number of entries recorded.
    pub fn size(&self) -> u64 {
        self.reader.frames.size()
    }

    /// The signed note of the newest checkpoint, as it is published.
    pub fn head(&self) -> String {
        self.reader.head_note()
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
        consistency_proof(old, new, &mut TileReader::new(&self.reader.public, size))
    }

    /// Whether a failed write ended all recording; reading goes on.
    pub fn is_dead(&self) -> bool {
        self.reader.is_dead()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.sequencer.take() {
            let _ = thread.join();
        }
    }
}

/// Puts the parts of a recovered log together; a new one gets its first checkpoint.
fn assemble(
    config: &Config,
    signer: CheckpointSigner,
    clock: Box<dyn Fn() -> Timestamp + Send>,
    signed_head: SignedHead,
    recovered: Recovered,
) -> Result<(Sequencer, Arc<Reader>), LedgerError> {
    let Recovered { positions, publisher, end, sequence, evidence_end, last_time, known_keys, rows, note, .. } =
        recovered;
    let folder = config.state_dir.join("frames");
    let segment_bytes = config.segment_bytes;
    let writer = SegmentWriter::open(&folder, segment_bytes, end, sequence)?;
    let evidence_folder = config.state_dir.join("evidence");
    let (evidence_writer, evidence) =
        evidence::open(&evidence_folder, config.evidence_segment_bytes, evidence_end, note.is_none())?;
    if let Some(note) = &note {
        let sizes: Vec<u64> = positions.commits.iter().map(|(size, _)| *size).collect();
        publisher.restore_partial(&sizes, note)?;
    }
    let frames = FrameReader::new(&folder, positions);
    let index = open_index(config, &frames, publisher.tree_root(), rows)?;
    let public = Directory::new(&config.public_dir);
    let head = RwLock::new(note.clone().unwrap_or_default());
    let reader = Arc::new(Reader { frames, evidence, index, public, head, dead: false.into() });
    let limits = BatchLimits {
        entries: config.batch_entries_max.max(1),
        evidence_bytes: config.evidence_segment_bytes,
        record_bytes: config.evidence_bytes_max,
    };
    let mut sequencer = Sequencer {
        reader: Arc::clone(&reader),
        signer,
        clock,
        frames: writer,
        evidence: evidence_writer,
        publisher,
        signed_head,
        known_keys,
        last_time,
        limits,
    };
    if note.is_none() {
        sequencer.found()?;
    }
    Ok((sequencer, reader))
}

/// The index, if it proves to be this log's; otherwise a new one from the frames.
fn open_index(config: &Config, frames: &FrameReader, root: Hash, rows: u64) -> Result<Index, LedgerError> {
    let (folder, size) = (config.state_dir.join("index"), frames.size());
    let over_all = (0..SAMPLE).map(|step| size.saturating_sub(1) / SAMPLE * step);
    let newest = size.saturating_sub(SAMPLE)..size;
    let sample = over_all.chain(newest).filter(|index| *index < size).map(|index| frames.entry(index));
    let sample = sample.collect::<Result<Vec<EntryFrame>, _>>()?;
    if let Some(index) = Index::open(&folder, &Expected { size, root, rows, sample: &sample }) {
        return Ok(index);
    }
    let index = Index::create(&folder)?;
    for first in (0..size).step_by(usize::try_from(REBUILD_STEP).unwrap_or(1)) {
        let step = (first..size.min(first + REBUILD_STEP)).map(|index| frames.entry(index));
        // No root has only zeroes: an index that stops halfway is not believed.
        index.apply(&step.collect::<Result<Vec<_>, _>>()?, first, [0; 32])?;
    }
    index.apply([], size, root)?;
    Ok(index)
}

fn start(sequencer: Sequencer, requests: Receiver<Request>) -> Result<JoinHandle<()>, LedgerError> {
    let thread = thread::Builder::new().name("ledger sequencer".to_owned());
    thread.spawn(move || sequencer.run(&requests)).map_err(LedgerError::io("start", "ledger sequencer"))
}
