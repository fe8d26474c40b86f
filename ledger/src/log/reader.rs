//! Reading a log while it grows: entries, receipts, lookups.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::LedgerError;
use crate::audit::Directory;
use crate::log::Tag;
use crate::log::evidence::EvidenceReader;
use crate::log::frame::{CommitFrame, EntryFrame, Frame, Place};
use crate::log::index::Index;
use crate::log::recovery::Positions;
use crate::log::segment::{SegmentReader, segment_path};
use crate::merkle::inclusion_proof;
use crate::proof::{InclusionProof, Receipt};
use crate::tile::{PublicFiles, TileReader};

/// What the sequencer and all readers share.
pub(crate) struct Reader {
    pub(crate) frames: FrameReader,
    pub(crate) evidence: EvidenceReader,
    pub(crate) index: Index,
    pub(crate) public: Directory,
    /// The signed note of the newest checkpoint that is published.
    pub(crate) head: RwLock<String>,
    /// Set when a write failed: nothing more is recorded.
    pub(crate) dead: AtomicBool,
}

/// The frames, by index and size.
pub(crate) struct FrameReader {
    segments: SegmentReader,
    positions: RwLock<Positions>,
}

impl FrameReader {
    pub(crate) fn new(folder: &Path, positions: Positions) -> Self {
        Self { segments: SegmentReader::new(folder), positions: RwLock::new(positions) }
    }

    /// Entries that are recorded.
    pub(crate) fn size(&self) -> u64 {
        self.positions.read().unwrap_or_else(PoisonError::into_inner).entries.len() as u64
    }

    /// Adds a batch that is committed.
    pub(crate) fn extend(&self, entries: &[Place], commit: Place) {
        let mut positions = self.positions.write().unwrap_or_else(PoisonError::into_inner);
        positions.entries.extend_from_slice(entries);
        let size = positions.entries.len() as u64;
        positions.commits.push((size, commit));
    }

    /// The frame of an entry.
    ///
    /// # Errors
    /// [`LedgerError::IndexBeyondSize`], [`LedgerError::SegmentDamaged`], [`LedgerError::Io`]
    pub(crate) fn entry(&self, index: u64) -> Result<EntryFrame, LedgerError> {
        let place = {
            let positions = self.positions.read().unwrap_or_else(PoisonError::into_inner);
            let place = usize::try_from(index).ok().and_then(|at| positions.entries.get(at)).copied();
            place.ok_or(LedgerError::IndexBeyondSize { index, size: positions.entries.len() as u64 })?
        };
        match self.frame(place)? {
            Frame::Entry(entry) if entry.index == index => Ok(entry),
            Frame::Entry(_) | Frame::Commit(_) => Err(self.damaged(place)),
        }
    }

    /// The commit that recorded an entry.
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub(crate) fn commit_of(&self, index: u64) -> Result<CommitFrame, LedgerError> {
        let place = {
            let positions = self.positions.read().unwrap_or_else(PoisonError::into_inner);
            let after = positions.commits.partition_point(|(size, _)| *size <= index);
            let commit = positions.commits.get(after).copied();
            commit.ok_or(LedgerError::IndexBeyondSize { index, size: positions.entries.len() as u64 })?.1
        };
        match self.frame(place)? {
            Frame::Commit(commit) => Ok(commit),
            Frame::Entry(_) => Err(self.damaged(place)),
        }
    }

    fn frame(&self, place: Place) -> Result<Frame, LedgerError> {
        Frame::from_payload(&self.segments.payload(place)?).ok_or_else(|| self.damaged(place))
    }

    fn damaged(&self, place: Place) -> LedgerError {
        let path = segment_path(self.segments.folder(), place.segment);
        LedgerError::SegmentDamaged { path, offset: u64::from(place.offset) }
    }
}

impl Reader {
    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Acquire)
    }

    pub(crate) fn head_note(&self) -> String {
        self.head.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The receipt to the checkpoint that recorded the entry: the same bytes whenever it is asked for.
    ///
    /// # Errors
    /// Those of [`FrameReader::entry`]; those of the tiles where they are missing or damaged.
    pub(crate) fn receipt(&self, index: u64) -> Result<Receipt, LedgerError> {
        let entry = self.frames.entry(index)?.entry;
        let commit = self.frames.commit_of(index)?;
        let mut tiles = TileReader::new(&self.public, self.frames.size());
        receipt(index, entry, &commit, &mut tiles)
    }

    /// Entries that carry a tag, the oldest first. Each hit of the index is looked up in its frame.
    ///
    /// # Errors
    /// [`LedgerError::IndexFailed`], and those of [`FrameReader::entry`].
    pub(crate) fn find(&self, tag: &Tag) -> Result<Vec<u64>, LedgerError> {
        let mut found = Vec::new();
        for index in self.index.with_tag(tag)? {
            if self.frames.entry(index)?.tags.contains(tag) {
                found.push(index);
            }
        }
        Ok(found)
    }

    /// The entry recorded under an idempotency key that is known to be in use: the index first, then every frame, since
    /// a miss of the index alone proves nothing.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub(crate) fn with_key(&self, key: &Tag) -> Result<Option<EntryFrame>, LedgerError> {
        for index in self.index.with_key(key)?.into_iter().chain(0..self.frames.size()) {
            let frame = self.frames.entry(index)?;
            if frame.key.as_ref() == Some(key) {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }
}

/// A receipt from an entry, its commit and the tiles, checked before it leaves: tiles are derived and may be damaged.
///
/// # Errors
/// [`LedgerError::NotIncluded`] when the tiles are not those of the entries, and those of the tiles.
pub(crate) fn receipt(
    index: u64,
    entry: Vec<u8>,
    commit: &CommitFrame,
    tiles: &mut TileReader<'_, impl PublicFiles>,
) -> Result<Receipt, LedgerError> {
    let hashes = inclusion_proof(index, commit.size, tiles)?;
    let proof = InclusionProof { index, hashes, checkpoint: commit.note.clone() };
    proof.verify_arithmetic(&entry)?;
    Ok(Receipt { entry, proof })
}
