//! The one thread that writes: it drains the queue, records the batch, publishes it, and answers.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use jiff::Timestamp;

use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::log::evidence::EvidenceWriter;
use crate::log::frame::{CommitFrame, ENTRY_PAYLOAD_BYTES_MAX, EntryFrame, TAGS_MAX};
use crate::log::publisher::Publisher;
use crate::log::reader::{Reader, receipt};
use crate::log::recovery::KnownKeys;
use crate::log::segment::{SegmentWriter, frame_bytes};
use crate::log::signer::CheckpointSigner;
use crate::log::state::SignedHead;
use crate::log::{Appended, Draft, Tag};
use crate::note::NOTE_BYTES_MAX;
use crate::tile::{ENTRY_BYTES_MAX, Tile, TileId, TileReader};

/// What a caller hands in, and how it is answered.
pub(crate) struct Request {
    pub(crate) draft: Draft,
    pub(crate) answer: Answer,
}

/// Called once, on the sequencer's thread.
pub(crate) type Answer = Box<dyn FnOnce(Result<Appended, LedgerError>) + Send>;

/// How much goes into one batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchLimits {
    pub(crate) entries: usize,
    /// A batch takes no further request once its evidence has so many bytes.
    pub(crate) evidence_bytes: usize,
    /// The most that one record may have.
    pub(crate) record_bytes: usize,
}

pub(crate) struct Sequencer {
    pub(crate) reader: Arc<Reader>,
    pub(crate) signer: CheckpointSigner,
    pub(crate) clock: Box<dyn Fn() -> Timestamp + Send>,
    pub(crate) frames: SegmentWriter,
    pub(crate) evidence: EvidenceWriter,
    pub(crate) publisher: Publisher,
    pub(crate) signed_head: SignedHead,
    pub(crate) known_keys: KnownKeys,
    pub(crate) last_time: Timestamp,
    pub(crate) limits: BatchLimits,
}

/// What becomes of a request.
enum Outcome {
    /// Recorded at this index once the batch is.
    Record(u64),
    /// Recorded at this index before, or earlier in this batch.
    Repeat(u64),
    /// The idempotency key was used for something else there.
    Conflict(u64),
    Refuse(LedgerError),
}

/// New entries of a batch, with their evidence.
#[derive(Default)]
struct Staged {
    frames: Vec<EntryFrame>,
    evidence: Vec<Option<Vec<u8>>>,
    /// Keys in flight, by their place in `frames`.
    keys: HashMap<Tag, usize>,
}

/// A batch that is durable and public.
struct Recorded {
    frames: Vec<EntryFrame>,
    commit: CommitFrame,
    tiles: Vec<(TileId, Tile)>,
}

impl Sequencer {
    /// Serves requests until all senders are gone.
    pub(crate) fn run(mut self, requests: &Receiver<Request>) {
        while let Ok(first) = requests.recv() {
            let mut batch = vec![first];
            let evidence_bytes = |request: &Request| request.draft.evidence.as_ref().map_or(0, Vec::len);
            let mut bytes: usize = batch.iter().map(evidence_bytes).sum();
            while batch.len() < self.limits.entries && bytes < self.limits.evidence_bytes {
                let Ok(next) = requests.try_recv() else { break };
                bytes += evidence_bytes(&next);
                batch.push(next);
            }
            self.serve(batch);
        }
        // What fails here costs the next start a rebuild, no more.
        let _ = self.signed_head.sync();
        let _ = self.reader.index.flush();
    }

    /// Writes the first commit of a log without entries, so that there is a checkpoint from the beginning.
    ///
    /// # Errors
    /// Those of recording.
    pub(crate) fn found(&mut self) -> Result<(), LedgerError> {
        self.frames.reserve(frame_bytes(NOTE_BYTES_MAX))?;
        self.record(Staged::default()).map(|_| ())
    }

    fn serve(&mut self, batch: Vec<Request>) {
        let size = self.reader.frames.size();
        let mut staged = Staged::default();
        let outcomes: Vec<_> =
            batch.into_iter().map(|Request { draft, answer }| (self.stage(draft, size, &mut staged), answer)).collect();
        let recorded = self.record_unless_full(staged);
        let mut tiles = TileReader::new(&self.reader.public, self.reader.frames.size());
        if let Ok(Some(recorded)) = &recorded {
            for (id, tile) in &recorded.tiles {
                tiles.insert(*id, tile.clone());
            }
        }
        for (outcome, answer) in outcomes {
            let mut receipt_of = |index: u64| match &recorded {
                _ if index < size => self.reader.receipt(index),
                Ok(Some(recorded)) => {
                    let frame = usize::try_from(index - size).ok().and_then(|at| recorded.frames.get(at));
                    let frame = frame.ok_or(LedgerError::IndexBeyondSize { index, size })?;
                    receipt(index, frame.entry.clone(), &recorded.commit, &mut tiles)
                }
                Ok(None) => Err(LedgerError::IndexBeyondSize { index, size }),
                Err(error) => Err(error.clone()),
            };
            answer(match outcome {
                Outcome::Record(index) => receipt_of(index).map(Appended::Recorded),
                Outcome::Repeat(index) => receipt_of(index).map(Appended::Repeated),
                Outcome::Conflict(index) => receipt_of(index).map(|first| Appended::Conflict { first }),
                Outcome::Refuse(error) => Err(error),
            });
        }
    }

    /// Judges one draft and stages it if it is new.
    fn stage(&mut self, draft: Draft, size: u64, staged: &mut Staged) -> Outcome {
        self.try_stage(draft, size, staged).unwrap_or_else(Outcome::Refuse)
    }

    fn try_stage(&mut self, draft: Draft, size: u64, staged: &mut Staged) -> Result<Outcome, LedgerError> {
        if let Some(key) = &draft.key {
            let in_flight = staged.keys.get(key).and_then(|at| staged.frames.get(*at));
            let earlier = match in_flight {
                Some(frame) => Some((frame.index, frame.content)),
                None if self.known_keys.may_contain(key) => {
                    self.reader.with_key(key)?.map(|frame| (frame.index, frame.content))
                }
                None => None,
            };
            if let Some((index, content)) = earlier {
                let same = content == draft.content;
                return Ok(if same { Outcome::Repeat(index) } else { Outcome::Conflict(index) });
            }
        }
        if self.reader.is_dead() {
            return Err(LedgerError::LogDead);
        }
        let evidence_bytes = draft.evidence.as_ref().map_or(0, Vec::len);
        if evidence_bytes > self.limits.record_bytes {
            return Err(LedgerError::EvidenceTooLong { bytes: evidence_bytes, limit: self.limits.record_bytes });
        }
        if draft.tags.len() > TAGS_MAX {
            return Err(LedgerError::TooManyTags { count: draft.tags.len() });
        }
        let time = self.next_time();
        let entry = (draft.entry)(time);
        if entry.len() > ENTRY_BYTES_MAX {
            return Err(LedgerError::EntryTooLong { bytes: entry.len() });
        }
        let index = size + staged.frames.len() as u64;
        if let Some(key) = draft.key {
            staged.keys.insert(key, staged.frames.len());
        }
        let (key, content, tags) = (draft.key, draft.content, draft.tags);
        staged.frames.push(EntryFrame { index, time, entry, key, content, tags, evidence: None });
        staged.evidence.push(draft.evidence);
        Ok(Outcome::Record(index))
    }

    /// Whole microseconds, never before the time of an earlier entry.
    fn next_time(&mut self) -> Timestamp {
        let now = (self.clock)();
        let now = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        self.last_time = self.last_time.max(now);
        self.last_time
    }

    /// Records what is staged, unless there is no room: then nothing has changed and the log lives on.
    fn record_unless_full(&mut self, staged: Staged) -> Result<Option<Recorded>, LedgerError> {
        if staged.frames.is_empty() {
            return Ok(None);
        }
        let bytes = staged.frames.iter().map(|frame| {
            let bound =
                frame.entry.len() + frame.tags.len() * 32 + (ENTRY_PAYLOAD_BYTES_MAX - ENTRY_BYTES_MAX - TAGS_MAX * 32);
            frame_bytes(bound)
        });
        self.evidence.reserve(staged.evidence.iter().flatten().map(Vec::len))?;
        self.frames.reserve(bytes.sum::<usize>() + frame_bytes(NOTE_BYTES_MAX))?;
        let recorded = self.record(staged);
        recorded.map(Some).map_err(|_| {
            // What the disk holds is unknown now: only reading it again can tell.
            self.reader.dead.store(true, Ordering::Release);
            LedgerError::LogDead
        })
    }

    /// Evidence, then frames with their commit, each written and synced once; then everything derived.
    fn record(&mut self, staged: Staged) -> Result<Recorded, LedgerError> {
        let Staged { mut frames, evidence, .. } = staged;
        for (frame, evidence) in frames.iter_mut().zip(evidence) {
            frame.evidence = evidence.map(|plain| self.evidence.push(&plain)).transpose()?;
        }
        let (evidence, publisher, signer) = (&mut self.evidence, &mut self.publisher, &self.signer);
        // The disk takes the evidence while the tree grows and its head is signed.
        let (commit, evidence_synced) = thread::scope(|scope| {
            let syncing = (!evidence.is_clean()).then(|| scope.spawn(|| evidence.commit()));
            (sign_head(&frames, publisher, signer), syncing.map_or(Ok(Ok(())), ScopedJoinHandle::join))
        });
        evidence_synced.map_err(|_| LedgerError::LogDead)??;
        let commit = commit?;

        let mut places = Vec::with_capacity(frames.len());
        for frame in &frames {
            let payload = frame.to_payload().ok_or(LedgerError::EntryTooLong { bytes: frame.entry.len() })?;
            places.push(self.frames.push(&payload)?);
        }
        let commit_place = self.frames.push(&commit.to_payload())?;
        self.frames.commit()?;

        self.signed_head.advance(commit.size, commit.root)?;
        let (index, publisher) = (&self.reader.index, &mut self.publisher);
        let (tiles, indexed) = thread::scope(|scope| {
            let indexing = scope.spawn(|| index.apply(&frames, commit.size, commit.root));
            (publisher.publish(&commit.note), indexing.join())
        });
        indexed.map_err(|_| LedgerError::IndexFailed)??;
        let tiles = tiles?;
        for key in frames.iter().filter_map(|frame| frame.key.as_ref()) {
            self.known_keys.insert(key);
        }
        self.reader.frames.extend(&places, commit_place);
        self.reader.head.write().unwrap_or_else(PoisonError::into_inner).clone_from(&commit.note);
        Ok(Recorded { frames, commit, tiles })
    }
}

/// Takes the entries into the tree and signs its head.
fn sign_head(
    frames: &[EntryFrame],
    publisher: &mut Publisher,
    signer: &CheckpointSigner,
) -> Result<CommitFrame, LedgerError> {
    for frame in frames {
        publisher.push(&frame.entry)?;
    }
    let (size, root) = (publisher.size(), publisher.tree_root());
    let note = signer.sign(&Checkpoint { origin: signer.origin().to_owned(), size, root })?;
    Ok(CommitFrame { size, root, note })
}
