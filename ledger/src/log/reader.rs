//! Reading a log while it grows: entries, receipts, lookups.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use crate::LedgerError;
use crate::audit::Directory;
use crate::log::Tag;
use crate::log::backlog::Backlog;
use crate::log::evidence::EvidenceReader;
use crate::log::frame::EntryFrame;
use crate::log::index::Index;
use crate::log::recorded::Recorded;
use crate::log::tree::SharedTree;
use crate::merkle::{Hash, HashReader, Node, TreeHash, inclusion_proof, leaf_hash};
use crate::proof::{InclusionProof, Receipt};
use crate::tile::{NodePlace, PublicFiles as _, TILE_BYTES_MAX, TILE_WIDTH, Tile, TileId};

/// Full tiles above the leaves' that are kept once read.
const TILES_KEPT_MAX: usize = 256;

/// What the sequencer, the publisher, the index's keeper and all readers share.
pub(crate) struct Reader {
    pub(crate) recorded: Recorded,
    pub(crate) evidence: EvidenceReader,
    pub(crate) index: Index,
    pub(crate) public: Directory,
    pub(crate) tree: SharedTree,
    pub(crate) tiles: Mutex<BTreeMap<(u32, u64), Arc<Tile>>>,
    /// The signed note of the newest checkpoint that is published.
    pub(crate) head: Arc<RwLock<String>>,
    /// The signed note of the newest checkpoint that is recorded.
    pub(crate) newest: RwLock<String>,
    pub(crate) backlog: Backlog,
    /// Why nothing more is recorded, once that is so.
    pub(crate) end: OnceLock<LedgerError>,
}

impl Reader {
    pub(crate) fn is_dead(&self) -> bool {
        self.end.get().is_some()
    }

    /// The receipt to the checkpoint that recorded the entry: the same bytes whenever it is asked for.
    ///
    /// # Errors
    /// Those of [`Recorded::entry`]; [`LedgerError::NotIncluded`] where a public tile is damaged.
    pub(crate) fn receipt(&self, index: u64) -> Result<Receipt, LedgerError> {
        let (frame, commit) = self.recorded.with_commit(index)?;
        let hashes = inclusion_proof(index, commit.size, &mut self.hashes())?;
        let proof = InclusionProof { index, hashes, checkpoint: commit.note };
        // Tiles are derived and may be damaged: nothing leaves that does not hold.
        proof.verify_arithmetic(&frame.entry)?;
        Ok(Receipt { entry: frame.entry, proof })
    }

    /// The hashes of the tree: from memory, else from the public files, else from the frames.
    pub(crate) fn hashes(&self) -> Hashes<'_> {
        Hashes { reader: self, leaves: None }
    }

    /// Entries that carry a tag, the oldest first. Each hit of the index is looked up in its frame.
    ///
    /// # Errors
    /// Those of the index, and of [`Recorded::entry`].
    pub(crate) fn find(&self, tag: &Tag) -> Result<Vec<u64>, LedgerError> {
        let (size, mut found) = (self.recorded.size(), Vec::new());
        for index in self.index.with_tag(tag)?.into_iter().filter(|index| *index < size) {
            if self.recorded.entry(index)?.tags.contains(tag) {
                found.push(index);
            }
        }
        Ok(found)
    }

    /// A recorded entry among those that the index names for a key.
    ///
    /// # Errors
    /// Those of [`Recorded::entry`].
    pub(crate) fn with_key(&self, key: &Tag, candidates: &[u64]) -> Result<Option<EntryFrame>, LedgerError> {
        for index in candidates {
            let frame = self.recorded.entry(*index)?;
            if frame.key.as_ref() == Some(key) {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    /// A full tile, from the public files or made from what is below it.
    fn full_tile(&self, level: u32, index: u64) -> Result<Arc<Tile>, LedgerError> {
        let tiles = || self.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tile) = tiles().get(&(level, index)) {
            return Ok(Arc::clone(tile));
        }
        let id = TileId { level, index, width: TILE_WIDTH };
        let tile = match self.public.read(&id.path(), TILE_BYTES_MAX)? {
            Some(bytes) => Tile::from_bytes(TreeHash::Sha256, id, &bytes)?,
            None => Tile::from_bytes(TreeHash::Sha256, id, &self.hashes_below(id)?.concat())?,
        };
        let tile = Arc::new(tile);
        if level > 0 {
            let mut tiles = tiles();
            if tiles.len() >= TILES_KEPT_MAX {
                tiles.clear();
            }
            tiles.insert((level, index), Arc::clone(&tile));
        }
        Ok(tile)
    }

    fn hashes_below(&self, id: TileId) -> Result<Vec<Hash>, LedgerError> {
        let first = id.index * u64::from(TILE_WIDTH);
        let below = first..first + u64::from(TILE_WIDTH);
        match id.level.checked_sub(1) {
            None => below.map(|index| Ok(leaf_hash(&self.recorded.entry(index)?.entry))).collect(),
            Some(level) => {
                let root = |index| self.full_tile(level, index)?.root().ok_or(LedgerError::NoSuchTile { level, index });
                below.map(root).collect()
            }
        }
    }
}

/// Reads hashes for one proof.
pub(crate) struct Hashes<'log> {
    reader: &'log Reader,
    /// The tile of leaves that was read last, by its index.
    leaves: Option<(u64, Arc<Tile>)>,
}

impl HashReader for Hashes<'_> {
    fn hash(&mut self, node: Node) -> Result<Hash, LedgerError> {
        if let Some(hash) = self.reader.tree.read().node(node) {
            return Ok(hash);
        }
        let place = NodePlace::from(node);
        let tile = match &self.leaves {
            Some((index, tile)) if place.level == 0 && *index == place.index => Arc::clone(tile),
            _ => self.reader.full_tile(place.level, place.index)?,
        };
        if place.level == 0 {
            self.leaves = Some((place.index, Arc::clone(&tile)));
        }
        tile.node(place).ok_or(LedgerError::NoSuchTile { level: place.level, index: place.index })
    }
}
