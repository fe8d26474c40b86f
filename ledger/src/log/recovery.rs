//! Recovery at start: the last segments are read again and the tree derived from them, before anything may be signed.
//!
//! Each segment begins with the state that the ones before it led to, and the commits behind it prove that state. So a
//! start reads what the newest segments hold, whatever the length of the log; what lies further back is checked when it
//! is read.

use std::collections::VecDeque;
use std::path::Path;

use jiff::Timestamp;

use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::log::evidence::EvidenceEnd;
use crate::log::frame::Place;
use crate::log::frames::Positions;
use crate::log::index::{Row, rows_of};
use crate::log::scan::{BatchContent, Content};
use crate::log::segment::{is_spare, segment_numbers, segment_path};
use crate::log::state::SignedHead;
use crate::log::tree::Tree;
use crate::merkle::{Hash, leaf_hash};
use crate::note::VerifierKey;

/// Segments that a start reads more than it must, where the public files are behind.
const SEGMENTS_BACK_MAX: u32 = 3;

/// The log as its newest frames tell it, up to the last commit.
pub(crate) struct Recovered {
    pub(crate) positions: Positions,
    /// The tree, with the full tiles of the segments that were read.
    pub(crate) tree: Tree,
    /// The first segment that was read.
    pub(crate) from: u32,
    /// The entries of the segments that were read.
    pub(crate) entries: Vec<Vec<u8>>,
    /// The rows of each segment that was read, and the size and root behind it.
    pub(crate) segments: Vec<SegmentRows>,
    /// Behind the last commit frame; everything there is cut.
    pub(crate) end: Place,
    pub(crate) sequence: u64,
    pub(crate) evidence_end: EvidenceEnd,
    pub(crate) last_time: Timestamp,
    /// The signed note of the last commit; `None` for a log that never committed.
    pub(crate) note: Option<String>,
}

/// What the index needs of a segment.
pub(crate) struct SegmentRows {
    pub(crate) segment: u32,
    pub(crate) rows: Vec<Row>,
    pub(crate) first: u64,
    pub(crate) end: u64,
    pub(crate) root: Hash,
}

/// Reads the newest segments of a folder, back to `published` where that is near: up to there the public files are whole.
///
/// # Errors
/// [`LedgerError::SegmentDamaged`] when a frame before the last commit is damaged or missing: what was acknowledged may
/// be lost, and the log must not be signed on. [`LedgerError::RolledBack`] and [`LedgerError::HeadDiffers`] when the
/// segments are behind the signed head or tell another story. Those of the note when the last commit is not signed by
/// the keys at hand. [`LedgerError::Io`]
pub(crate) fn recover(
    folder: &Path,
    published: u32,
    signed_head: &SignedHead,
    origin: &str,
    keys: &[VerifierKey],
) -> Result<Recovered, LedgerError> {
    let mut segments = segment_numbers(folder)?;
    if let [.., _, last] = segments[..]
        && is_spare(folder, last)?
    {
        segments.pop();
    }
    let Some(last) = segments.last().copied() else {
        let recovered = Recovered::begin(folder, 0, &Content::default())?;
        return recovered.judged(folder, signed_head, keys, false);
    };
    let mut from = last;
    let mut contents = VecDeque::from([Content::read(folder, last, true)?]);
    let is_enough = |contents: &VecDeque<Content>, from: u32| {
        let has_state = contents.front().is_some_and(|content| content.state.is_some());
        let is_behind = published < from && last - from < SEGMENTS_BACK_MAX;
        has_state && contents.iter().any(|content| !content.batches.is_empty()) && !is_behind
    };
    while from > 0 && !is_enough(&contents, from) {
        from -= 1;
        contents.push_front(Content::read(folder, from, false)?);
    }
    let mut recovered = Recovered::begin(folder, from, contents.front().unwrap_or(&Content::default()))?;
    let mut is_head_seen = signed_head.latest() == Some(recovered.head());
    for (segment, content) in (from..).zip(contents) {
        let damaged = || LedgerError::SegmentDamaged { path: segment_path(folder, segment), offset: 0 };
        match content.first_sequence {
            Some(sequence) if sequence == recovered.sequence || segment == from && from > 0 => {}
            // Left by a crash before its first commit; the numbers were used again since.
            Some(_) if segment == last && content.batches.is_empty() => continue,
            Some(_) => return Err(damaged()),
            None => continue,
        }
        recovered.take_segment(folder, segment, content, origin, |head| {
            is_head_seen |= signed_head.latest() == Some(head);
        })?;
    }
    recovered.judged(folder, signed_head, keys, is_head_seen)
}

impl Recovered {
    /// What the state at the beginning of a segment says.
    fn begin(folder: &Path, from: u32, content: &Content) -> Result<Self, LedgerError> {
        let state = content.state.as_ref();
        let tree = state.map_or_else(Tree::default, |state| Tree::new(state.edge.clone()));
        Ok(Self {
            positions: Positions::open(folder, from)?,
            from,
            tree,
            entries: Vec::new(),
            segments: Vec::new(),
            end: Place { segment: from, offset: 0 },
            sequence: 0,
            evidence_end: state.map_or(EvidenceEnd::START, |state| state.evidence_end),
            last_time: state.map_or(Timestamp::MIN, |state| state.last_time),
            note: None,
        })
    }

    fn head(&self) -> (u64, Hash) {
        (self.tree.edge().size(), self.tree.edge().root())
    }

    fn take_segment(
        &mut self,
        folder: &Path,
        segment: u32,
        content: Content,
        origin: &str,
        mut head: impl FnMut((u64, Hash)),
    ) -> Result<(), LedgerError> {
        let damaged = |offset: u32| LedgerError::SegmentDamaged {
            path: segment_path(folder, segment),
            offset: u64::from(offset),
        };
        // A state that differs from where the segment before led to is another log's.
        if content.state.as_ref().is_some_and(|state| (state.edge.size(), state.edge.root()) != self.head()) {
            return Err(damaged(0));
        }
        let (first, mut rows) = (self.head().0, Vec::new());
        if !content.batches.is_empty() {
            self.sequence = content.next_sequence;
        }
        for batch in content.batches {
            let offset = batch.offset;
            self.take_batch(segment, batch, origin, &mut rows)?.ok_or_else(|| damaged(offset))?;
            head(self.head());
        }
        let (end, root) = self.head();
        self.segments.push(SegmentRows { segment, rows, first, end, root });
        Ok(())
    }

    /// Takes the entries of a batch over; `None` where they do not lead to what the commit says.
    fn take_batch(
        &mut self,
        segment: u32,
        batch: BatchContent,
        origin: &str,
        rows: &mut Vec<Row>,
    ) -> Result<Option<()>, LedgerError> {
        let first = self.head().0;
        self.positions.extend(segment, first, batch.entries.iter().map(|(offset, _)| *offset), batch.offset);
        for (_, entry) in batch.entries {
            if entry.index != self.head().0 {
                return Ok(None);
            }
            self.tree.push(leaf_hash(&entry.entry))?;
            self.last_time = self.last_time.max(entry.time);
            rows.extend(rows_of(&entry));
            if let Some(end) = entry.evidence.and_then(EvidenceEnd::after) {
                self.evidence_end = end;
            }
            self.entries.push(entry.entry);
        }
        let (size, root) = (batch.commit.size, batch.commit.root);
        let checkpoint = Checkpoint { origin: origin.to_owned(), size, root };
        if self.head() != (size, root) || !batch.commit.note.starts_with(&checkpoint.to_text()) {
            return Ok(None);
        }
        self.note = Some(batch.commit.note);
        self.end = Place { segment, offset: batch.end };
        Ok(Some(()))
    }

    /// The log, if it holds what was signed before, by these keys.
    fn judged(
        self,
        folder: &Path,
        signed_head: &SignedHead,
        keys: &[VerifierKey],
        is_head_seen: bool,
    ) -> Result<Self, LedgerError> {
        let found = self.head().0;
        match (signed_head.latest(), &self.note) {
            // Of a log without entries nothing was acknowledged: it may have died before it noted its first head.
            (None, Some(_)) if found > 0 => return Err(signed_head.damaged()),
            (Some((signed, _)), _) if signed > found => return Err(LedgerError::RolledBack { signed, found }),
            (None, _) | (Some((0, _)), None) => {}
            // After a power cut the head may be older than the segments that were read.
            (Some(head), _) if !is_head_seen && !self.is_committed(folder, head)? => {
                return Err(LedgerError::HeadDiffers { size: head.0 });
            }
            (Some(_), _) => {}
        }
        if let Some(note) = &self.note {
            Checkpoint::from_note(note.as_bytes(), keys)?;
        }
        Ok(self)
    }

    /// Whether a commit in one of the segments before those that were read has this size and root.
    fn is_committed(&self, folder: &Path, (size, root): (u64, Hash)) -> Result<bool, LedgerError> {
        let segment = self.positions.segment_of_commit(size);
        let Some(segment) = segment.filter(|segment| *segment < self.from) else { return Ok(false) };
        let content = Content::read(folder, segment, false)?;
        Ok(content.batches.iter().any(|batch| (batch.commit.size, batch.commit.root) == (size, root)))
    }
}
