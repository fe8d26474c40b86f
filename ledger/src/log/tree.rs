//! The tree in memory: its right edge, and the full tiles that are not published yet.
//!
//! Tiles only ever grow, so a tree that is ahead of a checkpoint still has every hash of the checkpoint's tree.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::LedgerError;
use crate::merkle::{Hash, HashReader, Node};
use crate::tile::{Edge, NodePlace, TILE_WIDTH, Tile, TileId};

/// What the sequencer lets grow, and everyone else reads.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    edge: Edge,
    /// Full tiles, until they are published.
    full: BTreeMap<(u32, u64), Tile>,
}

impl Tree {
    /// A tree that goes on from an edge.
    pub(crate) fn new(edge: Edge) -> Self {
        Self { edge, full: BTreeMap::new() }
    }

    /// Appends a leaf.
    ///
    /// # Errors
    /// None in truth: memory takes every tile.
    pub(crate) fn push(&mut self, leaf: Hash) -> Result<(), LedgerError> {
        let full = &mut self.full;
        self.edge.push(leaf, |id, tile| {
            full.insert((id.level, id.index), tile);
            Ok(())
        })
    }

    /// Takes back every leaf behind an edge that this tree had before.
    pub(crate) fn rewind(&mut self, edge: Edge) {
        let size = edge.size();
        self.full
            .retain(|(level, index), _| TileId::at_size(*level, *index, size).is_some_and(|id| id.width == TILE_WIDTH));
        self.edge = edge;
    }

    pub(crate) fn edge(&self) -> &Edge {
        &self.edge
    }

    /// The hashes of a tile as it was when it was so wide; `None` where the tile is published, or not that wide.
    pub(crate) fn hashes(&self, id: TileId) -> Option<&[Hash]> {
        self.tile(id.level, id.index)?.hashes().get(..id.width as usize)
    }

    fn tile(&self, level: u32, index: u64) -> Option<&Tile> {
        match self.edge.tile(level) {
            Some((id, tile)) if id.index == index => Some(tile),
            _ => self.full.get(&(level, index)),
        }
    }

    /// The hash of a complete subtree; `None` where only published tiles have it.
    pub(crate) fn node(&self, node: Node) -> Option<Hash> {
        let place = NodePlace::from(node);
        self.tile(place.level, place.index)?.node(place)
    }

    /// The full tiles of the tree of `size` leaves that are not published.
    pub(crate) fn full_tiles(&self, size: u64) -> Vec<(TileId, Vec<u8>)> {
        let ids = self.full.iter().map(|((level, index), tile)| {
            let id = TileId { level: *level, index: *index, width: TILE_WIDTH };
            (id, tile)
        });
        ids.filter(|(id, _)| TileId::at_size(id.level, id.index, size) == Some(*id))
            .map(|(id, tile)| (id, tile.to_bytes()))
            .collect()
    }

    /// Forgets a tile that is published.
    pub(crate) fn forget(&mut self, id: TileId) {
        self.full.remove(&(id.level, id.index));
    }
}

/// A tree that several threads hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedTree(Arc<RwLock<Tree>>);

impl SharedTree {
    pub(crate) fn new(tree: Tree) -> Self {
        Self(Arc::new(RwLock::new(tree)))
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Tree> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Tree> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads hashes from memory alone: enough for whoever was just appended.
pub(crate) struct InMemory<'tree>(pub(crate) &'tree Tree);

impl HashReader for InMemory<'_> {
    fn hash(&mut self, node: Node) -> Result<Hash, LedgerError> {
        let NodePlace { level, index, .. } = NodePlace::from(node);
        self.0.node(node).ok_or(LedgerError::NoSuchTile { level, index })
    }
}
