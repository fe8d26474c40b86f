//! A batch on its way: entries that are gathered, and then committed as one bundle.

use std::sync::Arc;

use crate::LedgerError;
use crate::log::Tag;
use crate::log::frame::{EntryFrame, EvidencePlace};
use crate::log::segment::frame_bytes;
use crate::log::sequencer::Answer;
use crate::log::store::{Bundle, Head};
use crate::log::tree::{InMemory, Tree};
use crate::merkle::{Hash, inclusion_proof, leaf_hash};
use crate::proof::{InclusionProof, Receipt};
use crate::tile::Edge;

/// How much goes into one batch, and into one section.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchLimits {
    pub(crate) entries: usize,
    /// Bytes of a section; a batch takes no further request once it has so many.
    pub(crate) section_bytes: usize,
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

/// A key on its way, and what it stands for.
pub(crate) struct Key {
    pub(crate) tag: Tag,
    pub(crate) content: Tag,
    pub(crate) index: u64,
}

/// The batch that gathers.
#[derive(Default)]
pub(crate) struct OpenBatch {
    /// Entries of the log before this batch.
    pub(crate) first: u64,
    pub(crate) entries: Vec<EntryFrame>,
    pub(crate) leaves: Vec<Hash>,
    pub(crate) keys: Vec<Key>,
    bytes: usize,
    evidence_bytes: usize,
    /// Everyone who is answered once the batch is recorded, in order.
    pub(crate) waiting: Vec<(Outcome, Answer)>,
}

impl OpenBatch {
    /// An empty batch behind so many entries.
    pub(crate) fn behind(size: u64) -> Self {
        Self { first: size, ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn is_without_entries(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn is_full(&self, limits: BatchLimits) -> bool {
        self.waiting.len() >= limits.entries
            || self.bytes >= limits.section_bytes
            || self.evidence_bytes >= limits.evidence_bytes
    }

    /// The index of the next entry.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Adds an entry.
    pub(crate) fn push(&mut self, frame: EntryFrame, answer: Answer) {
        self.leaves.push(leaf_hash(&frame.entry));
        if let Some(key) = frame.key {
            self.keys.push(Key { tag: key, content: frame.content, index: frame.index });
        }
        self.bytes += frame_bytes(frame.payload_bytes());
        self.evidence_bytes += frame.evidence.map_or(0, |evidence: EvidencePlace| evidence.bytes as usize);
        self.entries.push(frame);
        self.waiting.push((Outcome::Record, answer));
    }
}

/// A batch that is being committed.
pub(crate) struct Flying {
    pub(crate) bundle: Arc<Bundle>,
    /// The right edge of the tree before the batch.
    pub(crate) before: Edge,
    pub(crate) keys: Vec<Key>,
    /// Of the new entries, in order.
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) waiting: Vec<(Outcome, Answer)>,
}

impl Flying {
    /// How far the log was before the batch.
    pub(crate) fn head_before(&self) -> Head {
        (self.before.size(), self.before.root())
    }
}

/// The receipts of a bundle's entries, to its own commit.
///
/// # Errors
/// None in truth: the tree in memory has every hash that these proofs need.
pub(crate) fn receipts(bundle: &Bundle, tree: &Tree) -> Result<Vec<Receipt>, LedgerError> {
    let receipt = |frame: &EntryFrame| {
        let hashes = inclusion_proof(frame.index, bundle.commit.size, &mut InMemory(tree))?;
        let proof = InclusionProof { index: frame.index, hashes, checkpoint: bundle.commit.note.clone() };
        Ok(Receipt { entry: frame.entry.clone(), proof })
    };
    bundle.entries.iter().map(receipt).collect()
}
