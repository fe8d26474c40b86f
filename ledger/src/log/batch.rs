//! A batch on its way: entries that are gathered, and then written under one commit.

use std::ops::Range;

use crate::LedgerError;
use crate::log::Tag;
use crate::log::frame::{CommitFrame, ENTRY_AT, EntryFrame, EvidencePlace, Place};
use crate::log::segment::HEADER_BYTES;
use crate::log::sequencer::Answer;
use crate::log::tree::{InMemory, Tree};
use crate::merkle::{Hash, inclusion_proof, leaf_hash};
use crate::proof::{InclusionProof, Receipt};

/// How much goes into one batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchLimits {
    pub(crate) entries: usize,
    /// A batch takes no further request once its evidence has so many bytes.
    pub(crate) evidence_bytes: usize,
    /// The most that one record may have.
    pub(crate) record_bytes: usize,
}

/// What becomes of a request that waits for a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    /// The next entry of the batch.
    Record,
    /// Recorded at this index before.
    Repeat(u64),
    /// The idempotency key was used for something else there.
    Conflict(u64),
}

/// An entry that is new; its frame lacks the index, and the place of the evidence.
pub(crate) struct Made {
    pub(crate) frame: EntryFrame,
    pub(crate) evidence: Option<Vec<u8>>,
}

impl Made {
    /// Bytes of the frame's payload once it is complete.
    pub(crate) fn payload_bytes(&self) -> usize {
        self.frame.payload_bytes() + if self.evidence.is_some() { EvidencePlace::BYTES } else { 0 }
    }
}

/// A key on its way, and what it stands for.
pub(crate) struct Key {
    pub(crate) tag: Tag,
    pub(crate) content: Tag,
    pub(crate) index: u64,
}

/// The batch that gathers. Its frames are in the segment's writer already.
#[derive(Default)]
pub(crate) struct OpenBatch {
    /// Entries of the log before this batch.
    pub(crate) first: u64,
    entries: Vec<Vec<u8>>,
    pub(crate) leaves: Vec<Hash>,
    offsets: Vec<u32>,
    pub(crate) keys: Vec<Key>,
    evidence_bytes: usize,
    /// Everyone who is answered once the batch is recorded, in order.
    pub(crate) waiting: Vec<(Outcome, Answer)>,
    /// The segment that begins with this batch.
    pub(crate) begins: Option<u32>,
}

impl OpenBatch {
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn is_without_entries(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn is_full(&self, limits: BatchLimits) -> bool {
        self.waiting.len() >= limits.entries || self.evidence_bytes >= limits.evidence_bytes
    }

    /// The index of the next entry.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// The proofs of all entries to the tree of `size` leaves.
    ///
    /// # Errors
    /// None in truth: the tree in memory has every hash that these proofs need.
    pub(crate) fn proofs(&self, size: u64, tree: &Tree) -> Result<Vec<Vec<Hash>>, LedgerError> {
        (self.first..self.end()).map(|index| inclusion_proof(index, size, &mut InMemory(tree))).collect()
    }

    /// An empty batch behind so many entries.
    pub(crate) fn behind(size: u64) -> Self {
        Self { first: size, ..Self::default() }
    }

    /// Adds an entry whose frame was pushed at a place.
    pub(crate) fn push(&mut self, frame: EntryFrame, place: Place, answer: Answer) {
        self.leaves.push(leaf_hash(&frame.entry));
        self.offsets.push(place.offset);
        if let Some(key) = frame.key {
            self.keys.push(Key { tag: key, content: frame.content, index: frame.index });
        }
        self.evidence_bytes += frame.evidence.map_or(0, |evidence| evidence.bytes as usize);
        self.entries.push(frame.entry);
        self.waiting.push((Outcome::Record, answer));
    }
}

/// A batch that the disk has and did not confirm yet.
pub(crate) struct Flying {
    pub(crate) first: u64,
    pub(crate) commit: CommitFrame,
    /// Of the commit.
    pub(crate) place: Place,
    /// Of the entries' frames.
    pub(crate) offsets: Vec<u32>,
    /// Where the first frame of the batch lies.
    start: u64,
    pub(crate) keys: Vec<Key>,
    /// Of the new entries, in order.
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) waiting: Vec<(Outcome, Answer)>,
    pub(crate) begins: Option<u32>,
}

impl Flying {
    /// A batch under its commit, with its receipts.
    pub(crate) fn new(open: OpenBatch, proofs: Vec<Vec<Hash>>, commit: CommitFrame, place: Place, start: u64) -> Self {
        let OpenBatch { first, entries, offsets, keys, waiting, begins, .. } = open;
        let receipts = (first..).zip(entries).zip(proofs).map(|((index, entry), hashes)| {
            let proof = InclusionProof { index, hashes, checkpoint: commit.note.clone() };
            Receipt { entry, proof }
        });
        let receipts = receipts.collect();
        Self { first, commit, place, offsets, start, keys, receipts, waiting, begins }
    }

    /// Where the entries lie among the bytes that were written.
    pub(crate) fn ranges(&self) -> Vec<Range<usize>> {
        let entries = self.receipts.iter().map(|receipt| receipt.entry.len());
        let starts = self.offsets.iter().map(|offset| u64::from(*offset) - self.start);
        let starts = starts.map(|start| usize::try_from(start).unwrap_or(usize::MAX) + HEADER_BYTES + ENTRY_AT);
        starts.zip(entries).map(|(start, bytes)| start..start + bytes).collect()
    }
}
