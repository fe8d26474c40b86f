//! The one thread that orders: it judges requests, gathers a batch while the last one syncs, signs it, and answers.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, PoisonError};
use std::thread;

use jiff::Timestamp;

use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::log::backlog::Batch;
use crate::log::batch::{BatchLimits, Flying, Made, OpenBatch, Outcome, receipts};
use crate::log::committer::{Committed, Committer};
use crate::log::evidence::EvidenceWriter;
use crate::log::frame::{CommitFrame, EntryFrame, StateFrame, TAGS_MAX};
use crate::log::index::rows_of;
use crate::log::reader::Reader;
use crate::log::signer::CheckpointSigner;
use crate::log::store::{Bundle, Refused};
use crate::log::{Appended, Draft};
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
    /// The store has an answer.
    Committed,
    /// No request follows.
    Close,
}

/// Turns of the processor that others get while a batch waits for the last of those who were answered.
const TURNS: u32 = 40;

pub(crate) struct Sequencer {
    pub(crate) reader: Arc<Reader>,
    /// Nobody, where the log is closed.
    pub(crate) signer: Option<Arc<CheckpointSigner>>,
    pub(crate) clock: Box<dyn Fn() -> Timestamp + Send>,
    pub(crate) evidence: EvidenceWriter,
    pub(crate) committer: Committer,
    pub(crate) last_time: Timestamp,
    pub(crate) limits: BatchLimits,
    /// The section that grows; `None` before the first.
    pub(crate) section: Option<u32>,
    /// Bytes of its bundles.
    pub(crate) section_bytes: usize,
    /// Gathers.
    pub(crate) open: OpenBatch,
    /// Is being committed.
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
            self.finish_if_committed();
            let is_idle = self.flying.is_none() && self.open.is_empty() && self.next.is_none();
            if self.flying.is_some() && (is_closing || self.is_full()) {
                let committed = self.committer.committed();
                self.finish(committed);
            } else if self.flying.is_some() || is_idle {
                let Ok(event) = events.recv() else { return };
                is_closing |= self.take(event);
                self.finish_if_committed();
            }
            is_closing |= self.gather(events);
            if self.flying.is_none() {
                self.close();
            }
            self.reader.backlog.rest(self.flying.is_none());
        }
    }

    /// Writes the first commit of a log without entries, so that there is a checkpoint from the beginning.
    ///
    /// # Errors
    /// Those of signing and writing.
    pub(crate) fn found(&mut self) -> Result<(), LedgerError> {
        self.flying = Some(self.seal()?);
        let committed = self.committer.committed();
        self.finish(committed.clone());
        match committed {
            Ok(()) => Ok(()),
            Err(Refused::Unavailable(error)) => Err(error),
            Err(_) => Err(self.reader.end.get().cloned().unwrap_or(LedgerError::LogDead)),
        }
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
            Event::Committed => {}
            Event::Close => return true,
        }
        false
    }

    fn stage(&mut self, Request { draft, answer }: Request) {
        match self.earlier(&draft) {
            Ok(Some(outcome)) => self.repeat(outcome, answer),
            Ok(None) => match self.make(draft) {
                Ok(made) if self.has_room(&made) => self.record(made, answer),
                Ok(made) if self.open.is_without_entries() => self.begin(made, answer),
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
        let size = self.reader.recorded.size();
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
        if index < self.reader.recorded.size() {
            answer(self.outcome(outcome));
        } else {
            self.open.waiting.push((outcome, answer));
        }
    }

    /// Makes the entry of a draft that is new.
    fn make(&mut self, draft: Draft) -> Result<Made, LedgerError> {
        if let Some(end) = self.reader.end.get() {
            return Err(end.clone());
        }
        if self.signer.is_none() {
            return Err(LedgerError::LogClosed);
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

    /// Whether the evidence goes into the segment that the batch's other evidence is in.
    fn has_room(&self, made: &Made) -> bool {
        made.evidence.as_ref().is_none_or(|evidence| self.evidence.has_room(evidence.len()))
    }

    /// Begins another segment of evidence with the first entry of a batch; where there is no room for it nothing has
    /// changed.
    fn begin(&mut self, made: Made, answer: Answer) {
        match made.evidence.as_ref().map_or(Ok(()), |evidence| self.evidence.reserve(evidence.len())) {
            Ok(()) => self.record(made, answer),
            Err(error) => answer(Err(error)),
        }
    }

    /// Puts an entry into the open batch; there is room.
    fn record(&mut self, made: Made, answer: Answer) {
        let Made { mut frame, evidence } = made;
        match evidence.map(|plain| self.evidence.push(&plain)).transpose() {
            Ok(evidence) => {
                (frame.index, frame.evidence) = (self.open.end(), evidence);
                self.reader.index.insert(rows_of(&frame));
                self.open.push(frame, answer);
            }
            Err(error) => answer(Err(error)),
        }
    }

    /// Ends the open batch and hands it to the store; what needs no commit is answered.
    fn close(&mut self) {
        if self.open.is_without_entries() {
            for (outcome, answer) in std::mem::take(&mut self.open.waiting) {
                answer(self.outcome(outcome));
            }
        } else {
            match self.seal() {
                Ok(flying) => self.flying = Some(flying),
                Err(_) => self.die(&LedgerError::LogDead),
            }
        }
        if let Some((made, answer)) = self.next.take() {
            match self.reader.end.get() {
                Some(end) => answer(Err(end.clone())),
                None if self.has_room(&made) => self.record(made, answer),
                None => self.begin(made, answer),
            }
        }
    }

    /// Takes the entries into the tree, signs its head, and hands everything to the store; the signatures are checked and
    /// the receipts are made while it is busy.
    fn seal(&mut self) -> Result<Flying, LedgerError> {
        let signer = self.signer.clone().ok_or(LedgerError::LogClosed)?;
        let (chunk, keys) = self.evidence.take();
        if chunk.is_some() || keys.is_some() {
            self.committer.write_evidence(chunk, keys);
        }
        let (before, (size, root)) = {
            let mut tree = self.reader.tree.write();
            let before = tree.edge().clone();
            self.open.leaves.iter().try_for_each(|leaf| tree.push(*leaf))?;
            (before, (tree.edge().size(), tree.edge().root()))
        };
        let note = signer.sign(&Checkpoint { origin: signer.origin().to_owned(), size, root })?;
        let OpenBatch { entries, keys, waiting, .. } = std::mem::replace(&mut self.open, OpenBatch::behind(size));
        let mut bundle = Bundle { begins: None, entries, commit: CommitFrame { size, root, note } };
        if self.section.is_some() && self.section_bytes + bundle.bytes() > self.limits.section_bytes {
            let (edge, last_time, evidence_end) = (before.clone(), self.last_time, self.evidence.end()?);
            bundle.begins = Some(StateFrame { edge, last_time, evidence_end });
        }
        let bundle = Arc::new(bundle);
        let note = bundle.commit.note.clone();
        let expected = self.section.map(|_| (before.size(), before.root()));
        self.committer.commit(expected, Arc::clone(&bundle), Box::new(move || signer.check(&note)));
        let receipts = receipts(&bundle, &self.reader.tree.read())?;
        Ok(Flying { bundle, before, keys, receipts, waiting })
    }

    fn finish_if_committed(&mut self) {
        if let Some(committed) = self.flying.as_ref().and_then(|_| self.committer.try_committed()) {
            self.finish(committed);
        }
    }

    /// What the store said about the batch: everyone is answered.
    fn finish(&mut self, committed: Committed) {
        let Some(flying) = self.flying.take() else { return };
        match committed {
            Ok(()) | Err(Refused::Duplicate) => self.answer(flying),
            Err(Refused::Unavailable(error)) => self.take_back(flying, &error),
            Err(Refused::Fenced | Refused::Conflict(_)) => {
                self.flying = Some(flying);
                self.die(&LedgerError::Fenced);
            }
            Err(Refused::Unknown(_)) => {
                self.flying = Some(flying);
                self.die(&LedgerError::LogDead);
            }
        }
    }

    /// The batch is recorded.
    fn answer(&mut self, flying: Flying) {
        let begins = self.extend(&flying);
        let note = &flying.bundle.commit.note;
        note.clone_into(&mut self.reader.newest.write().unwrap_or_else(PoisonError::into_inner));
        self.answered = flying.waiting.len();
        let mut receipts = flying.receipts.into_iter();
        for (outcome, answer) in flying.waiting {
            let appended = match outcome {
                Outcome::Record => receipts.next().map(Appended::Recorded).ok_or(LedgerError::LogDead),
                Outcome::Repeat(_) | Outcome::Conflict(_) => self.outcome(outcome),
            };
            answer(appended);
        }
        self.reader.backlog.push(Batch { bundle: flying.bundle, begins });
    }

    /// Notes how far the log is with a batch; answers the section that begins with it.
    fn extend(&mut self, flying: &Flying) -> Option<u32> {
        let ((first, root), bundle) = (flying.head_before(), &flying.bundle);
        let ended = self.section.filter(|_| bundle.begins.is_some());
        let begins = if self.section.is_none() { Some(0) } else { ended.map(|section| section + 1) };
        self.section = begins.or(self.section);
        self.section_bytes = if begins.is_some() { 0 } else { self.section_bytes } + bundle.bytes();
        self.reader.recorded.extend(bundle.commit.size, begins.map(|_| first));
        if let Some(ended) = ended {
            let (began, _) = self.reader.recorded.bounds(ended).unwrap_or_default();
            self.reader.index.seal(ended, began, first, root);
        }
        begins
    }

    /// Nothing of the batch was recorded, nor of what gathered behind it: all is as it was before, and everyone is told why.
    fn take_back(&mut self, flying: Flying, error: &LedgerError) {
        let first = flying.before.size();
        self.reader.index.forget(first);
        self.reader.tree.write().rewind(flying.before);
        let open = std::mem::replace(&mut self.open, OpenBatch::behind(first)).waiting;
        let next = self.next.take().map(|(_, answer)| answer);
        let answers = flying.waiting.into_iter().chain(open).map(|(_, answer)| answer).chain(next);
        answers.for_each(|answer| answer(Err(error.clone())));
    }

    /// The answer from the frames.
    fn outcome(&self, outcome: Outcome) -> Result<Appended, LedgerError> {
        match outcome {
            Outcome::Record => Err(LedgerError::LogDead),
            Outcome::Repeat(index) => self.reader.receipt(index).map(Appended::Repeated),
            Outcome::Conflict(index) => self.reader.receipt(index).map(|first| Appended::Conflict { first }),
        }
    }

    /// Nothing more is recorded; what became of the batch on its way can be told by the next start alone.
    fn die(&mut self, end: &LedgerError) {
        let _ = self.reader.end.set(end.clone());
        let flying = self.flying.take().map(|flying| flying.waiting).unwrap_or_default();
        let open = std::mem::take(&mut self.open).waiting;
        let next = self.next.take().map(|(_, answer)| answer);
        let answers = flying.into_iter().chain(open).map(|(_, answer)| answer).chain(next);
        answers.for_each(|answer| answer(Err(end.clone())));
    }
}
