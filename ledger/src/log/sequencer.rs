//! The one thread that orders: it judges requests, gathers a batch while the last one syncs, signs it, and answers.

use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, PoisonError};
use std::thread;

use jiff::Timestamp;

use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::log::backlog::Batch;
use crate::log::batch::{BatchLimits, Flying, Made, OpenBatch, Outcome};
use crate::log::disk::{Disk, Synced};
use crate::log::evidence::EvidenceWriter;
use crate::log::frame::{CommitFrame, EntryFrame, StateFrame, TAGS_MAX};
use crate::log::index::rows_of;
use crate::log::reader::Reader;
use crate::log::segment::{SegmentWriter, frame_bytes};
use crate::log::signer::CheckpointSigner;
use crate::log::state::SignedHead;
use crate::log::{Appended, Draft};
use crate::note::NOTE_BYTES_MAX;
use crate::tile::ENTRY_BYTES_MAX;

/// What a caller hands in, and how it is answered.
pub(crate) struct Request {
    pub(crate) draft: Draft,
    pub(crate) answer: Answer,
}

/// Called once, on the sequencer's thread.
pub(crate) type Answer = Box<dyn FnOnce(Result<Appended, LedgerError>) + Send>;

/// What the sequencer waits for.
pub(crate) enum Event {
    Request(Request),
    /// The disk has an answer.
    Synced,
    /// No request follows.
    Close,
}

/// Turns of the processor that others get while a batch waits for the last of those who were answered.
const TURNS: u32 = 40;
/// Bytes that a commit takes at most.
const COMMIT_BYTES_MAX: usize = 64 + NOTE_BYTES_MAX;

pub(crate) struct Sequencer {
    pub(crate) reader: Arc<Reader>,
    pub(crate) signer: Arc<CheckpointSigner>,
    pub(crate) clock: Box<dyn Fn() -> Timestamp + Send>,
    pub(crate) frames: SegmentWriter,
    pub(crate) evidence: EvidenceWriter,
    pub(crate) disk: Disk,
    pub(crate) signed_head: SignedHead,
    pub(crate) last_time: Timestamp,
    pub(crate) limits: BatchLimits,
    /// The first entry of the segment that grows.
    pub(crate) segment_first: u64,
    /// Gathers.
    pub(crate) open: OpenBatch,
    /// Is being written.
    pub(crate) flying: Option<Flying>,
    /// How many the last batch answered.
    pub(crate) answered: usize,
    /// Found no room in the open batch; it begins the next one.
    pub(crate) next: Option<(Made, Answer)>,
}

impl Sequencer {
    /// Serves requests until the log is closed and all are answered.
    pub(crate) fn run(mut self, events: &Receiver<Event>) {
        let mut is_closing = false;
        while !is_closing || self.flying.is_some() || !self.open.is_empty() || self.next.is_some() {
            self.finish_if_synced();
            let is_idle = self.flying.is_none() && self.open.is_empty() && self.next.is_none();
            if self.flying.is_some() && (is_closing || self.is_full()) {
                let synced = self.disk.synced();
                self.finish(synced);
            } else if self.flying.is_some() || is_idle {
                let Ok(event) = events.recv() else { return };
                is_closing |= self.take(event);
                self.finish_if_synced();
            }
            is_closing |= self.gather(events);
            if self.flying.is_none() {
                self.close();
            }
            self.reader.backlog.rest(self.flying.is_none());
        }
        // Without it the next start has an older lower bound, no more.
        let _ = self.signed_head.sync();
    }

    /// Writes the first commit of a log without entries, so that there is a checkpoint from the beginning.
    ///
    /// # Errors
    /// Those of signing and writing.
    pub(crate) fn found(&mut self) -> Result<(), LedgerError> {
        self.flying = Some(self.seal()?);
        let synced = self.disk.synced();
        self.finish(synced);
        if self.reader.is_dead() { Err(LedgerError::LogDead) } else { Ok(()) }
    }

    /// Takes what is there; true once the last event is among it.
    ///
    /// Whoever was just answered is about to ask again: one batch for all of them needs one sync, so the others get a
    /// few turns of the processor before the batch is closed without them.
    fn gather(&mut self, events: &Receiver<Event>) -> bool {
        let mut turns = 0;
        while !self.is_full() && turns < TURNS {
            if let Ok(event) = events.try_recv() {
                turns = 0;
                if self.take(event) {
                    return true;
                }
            } else if self.flying.is_some() || self.open.is_empty() || self.open.waiting.len() >= self.answered {
                return false;
            } else {
                turns += 1;
                thread::yield_now();
            }
        }
        false
    }

    /// Whether the open batch takes no further request.
    fn is_full(&self) -> bool {
        self.next.is_some() || self.open.is_full(self.limits)
    }

    /// Takes an event; true for the last one.
    fn take(&mut self, event: Event) -> bool {
        match event {
            Event::Request(request) => self.stage(request),
            Event::Synced => {}
            Event::Close => return true,
        }
        false
    }

    fn stage(&mut self, Request { draft, answer }: Request) {
        match self.earlier(&draft) {
            Ok(Some(outcome)) => self.repeat(outcome, answer),
            Ok(None) => match self.make(draft) {
                Ok(made) if self.has_room(&made) => self.record(made, answer),
                Ok(made) if self.open.is_without_entries() => self.begin_segments(made, answer),
                Ok(made) => self.next = Some((made, answer)),
                Err(error) => answer(Err(error)),
            },
            Err(error) => answer(Err(error)),
        }
    }

    /// What was recorded, or is about to be, under the draft's key.
    fn earlier(&self, draft: &Draft) -> Result<Option<Outcome>, LedgerError> {
        let Some(key) = &draft.key else { return Ok(None) };
        let candidates = self.reader.index.with_key(key)?;
        let size = self.reader.frames.size();
        let (recorded, coming) = candidates.split_at(candidates.partition_point(|index| *index < size));
        let flying = self.flying.iter().flat_map(|flying| &flying.keys);
        let mut keys = flying.chain(&self.open.keys).filter(|_| !coming.is_empty());
        let earlier = match keys.find(|it| it.tag == *key) {
            Some(it) => Some((it.index, it.content)),
            None => self.reader.with_key(key, recorded)?.map(|frame| (frame.index, frame.content)),
        };
        Ok(earlier.map(
            |(index, content)| {
                if content == draft.content { Outcome::Repeat(index) } else { Outcome::Conflict(index) }
            },
        ))
    }

    /// Answers at once what is recorded; what is not waits for its batch, or that of the open one.
    fn repeat(&mut self, outcome: Outcome, answer: Answer) {
        let (Outcome::Repeat(index) | Outcome::Conflict(index)) = outcome else { return };
        if index < self.reader.frames.size() {
            answer(self.outcome(outcome));
        } else {
            self.open.waiting.push((outcome, answer));
        }
    }

    /// Makes the entry of a draft that is new.
    fn make(&mut self, draft: Draft) -> Result<Made, LedgerError> {
        if self.reader.is_dead() {
            return Err(LedgerError::LogDead);
        }
        if let Some(failure) = self.reader.backlog.failure() {
            return Err(failure);
        }
        if let Some(refusal) = self.reader.index.refusal() {
            return Err(refusal);
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
        let (key, content, tags) = (draft.key, draft.content, draft.tags);
        let frame = EntryFrame { index: self.open.end(), time, entry, key, content, tags, evidence: None };
        Ok(Made { frame, evidence: draft.evidence })
    }

    /// Whole microseconds, never before the time of an earlier entry.
    fn next_time(&mut self) -> Timestamp {
        let now = (self.clock)();
        let now = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        self.last_time = self.last_time.max(now);
        self.last_time
    }

    fn has_room(&self, made: &Made) -> bool {
        self.frames.has_room(frame_bytes(made.payload_bytes()) + frame_bytes(COMMIT_BYTES_MAX))
            && made.evidence.as_ref().is_none_or(|evidence| self.evidence.has_room(evidence.len()))
    }

    /// Begins the segments that the first entry of a batch needs; where there is no room for them nothing has changed.
    fn begin_segments(&mut self, made: Made, answer: Answer) {
        let begun = made.evidence.as_ref().map_or(Ok(()), |evidence| self.evidence.reserve(evidence.len()));
        let bytes = frame_bytes(made.payload_bytes()) + frame_bytes(COMMIT_BYTES_MAX);
        let begun = begun.and_then(|()| if self.frames.has_room(bytes) { Ok(()) } else { self.begin_segment(bytes) });
        match begun {
            Ok(()) => self.record(made, answer),
            Err(error) => answer(Err(error)),
        }
    }

    /// Begins a segment of frames with the state that all before it led to.
    fn begin_segment(&mut self, bytes: usize) -> Result<(), LedgerError> {
        let segment = self.frames.place()?.segment;
        let evidence_end = self.evidence.end()?;
        self.frames.next_segment(frame_bytes(StateFrame::PAYLOAD_BYTES_MAX) + bytes)?;
        let edge = self.reader.tree.read().edge().clone();
        let (first, end, root) = (self.segment_first, edge.size(), edge.root());
        let state = StateFrame { edge, last_time: self.last_time, evidence_end };
        self.frames.push(|payload| {
            state.write_payload(payload);
            Some(())
        })?;
        self.reader.index.seal(segment, first, end, root);
        self.segment_first = end;
        self.open.begins = Some(segment + 1);
        Ok(())
    }

    /// Puts an entry into the open batch; there is room.
    fn record(&mut self, made: Made, answer: Answer) {
        let Made { mut frame, evidence } = made;
        let recorded = evidence.map(|plain| self.evidence.push(&plain)).transpose().and_then(|evidence| {
            (frame.index, frame.evidence) = (self.open.end(), evidence);
            self.frames.push(|payload| frame.write_payload(payload))
        });
        match recorded {
            Ok(place) => {
                self.reader.index.insert(rows_of(&frame));
                self.open.push(frame, place, answer);
            }
            Err(error) => answer(Err(error)),
        }
    }

    /// Ends the open batch and hands it to the disk; what needs no disk is answered.
    fn close(&mut self) {
        if self.open.is_without_entries() {
            for (outcome, answer) in std::mem::take(&mut self.open.waiting) {
                answer(self.outcome(outcome));
            }
        } else {
            match self.seal() {
                Ok(flying) => self.flying = Some(flying),
                Err(_) => self.die(),
            }
        }
        if let Some((made, answer)) = self.next.take() {
            if self.reader.is_dead() {
                answer(Err(LedgerError::LogDead));
            } else if self.has_room(&made) {
                self.record(made, answer);
            } else {
                self.begin_segments(made, answer);
            }
        }
    }

    /// Takes the entries into the tree, signs its head, and hands everything to the disk; the signatures are checked and the
    /// proofs are made while it is busy.
    fn seal(&mut self) -> Result<Flying, LedgerError> {
        let (chunk, keys) = self.evidence.take();
        if chunk.is_some() || keys.is_some() {
            self.disk.write_evidence(chunk, keys);
        }
        let (size, root) = {
            let mut tree = self.reader.tree.write();
            self.open.leaves.iter().try_for_each(|leaf| tree.push(*leaf))?;
            (tree.edge().size(), tree.edge().root())
        };
        let note = self.signer.sign(&Checkpoint { origin: self.signer.origin().to_owned(), size, root })?;
        let commit = CommitFrame { size, root, note };
        let place = self.frames.push(|payload| {
            commit.write_payload(payload);
            Some(())
        })?;
        let chunk = self.frames.take().ok_or(LedgerError::LogDead)?;
        let start = chunk.offset;
        let (signer, note) = (Arc::clone(&self.signer), commit.note.clone());
        self.disk.write_frames(chunk, Box::new(move || signer.check(&note)));
        let proofs = self.open.proofs(size, &self.reader.tree.read())?;
        let open = std::mem::replace(&mut self.open, OpenBatch::behind(size));
        Ok(Flying::new(open, proofs, commit, place, start))
    }

    fn finish_if_synced(&mut self) {
        if let Some(synced) = self.flying.as_ref().and_then(|_| self.disk.try_synced()) {
            self.finish(synced);
        }
    }

    /// What the disk said about the batch that was written: everyone is answered.
    fn finish(&mut self, synced: Synced) {
        let Some(flying) = self.flying.take() else { return };
        let noted = synced.and_then(|bytes| {
            self.signed_head.advance(flying.commit.size, flying.commit.root)?;
            Ok(bytes)
        });
        let Ok(bytes) = noted else {
            self.flying = Some(flying);
            return self.die();
        };
        let offsets = flying.offsets.iter().copied();
        self.reader.frames.write().extend(flying.place.segment, flying.first, offsets, flying.place.offset);
        flying.commit.note.clone_into(&mut self.reader.newest.write().unwrap_or_else(PoisonError::into_inner));
        let batch = Batch {
            entries: flying.ranges(),
            bytes,
            size: flying.commit.size,
            note: flying.commit.note,
            begins: flying.begins,
        };
        self.answered = flying.waiting.len();
        let mut receipts = flying.receipts.into_iter();
        for (outcome, answer) in flying.waiting {
            let appended = match outcome {
                Outcome::Record => receipts.next().map(Appended::Recorded).ok_or(LedgerError::LogDead),
                Outcome::Repeat(_) | Outcome::Conflict(_) => self.outcome(outcome),
            };
            answer(appended);
        }
        self.reader.backlog.push(batch);
    }

    /// The answer from the frames.
    fn outcome(&self, outcome: Outcome) -> Result<Appended, LedgerError> {
        match outcome {
            Outcome::Record => Err(LedgerError::LogDead),
            Outcome::Repeat(index) => self.reader.receipt(index).map(Appended::Repeated),
            Outcome::Conflict(index) => self.reader.receipt(index).map(|first| Appended::Conflict { first }),
        }
    }

    /// What the disk holds is unknown now: only reading it again can tell.
    fn die(&mut self) {
        self.reader.dead.store(true, Ordering::Release);
        let flying = self.flying.take().map(|flying| flying.waiting).unwrap_or_default();
        let open = std::mem::take(&mut self.open).waiting;
        let next = self.next.take().map(|(_, answer)| answer);
        let answers = flying.into_iter().chain(open).map(|(_, answer)| answer);
        answers.chain(next).for_each(|answer| answer(Err(LedgerError::LogDead)));
    }
}
