//! How far the tree of a log is proven: the hashes at its right edge, from which a check goes on.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::block::{BLOCK, BlockTiles, end_of, hashes_of_tile, root_of_full};
use crate::LedgerError;
use crate::checkpoint::{Checkpoint, parse_size};
use crate::merkle::{Hash, TreeHash};
use crate::tile::{Edge, PublicFiles, TILE_WIDTH, TileId};

/// The beginning of a log that was checked: its size, and the hashes that the rest of the tree builds on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proven {
    hash: TreeHash,
    size: u64,
    /// Hashes under no full tile, a list a level, the lowest first.
    levels: Vec<Vec<Hash>>,
}

impl Proven {
    /// Nothing yet.
    pub fn new(hash: TreeHash) -> Self {
        Self { hash, ..Self::default() }
    }

    /// What a trusted checkpoint proves in a log of `size_now` entries: its tiles at the right edge are read, and must lead
    /// to its root. The check goes on with the bundle in which the checkpoint ends.
    ///
    /// # Errors
    /// [`LedgerError::RootDiffers`] when the tiles are of another tree; [`LedgerError::FileMissing`],
    /// [`LedgerError::TileSize`], [`LedgerError::Io`]
    pub fn from_checkpoint(files: &impl PublicFiles, trusted: &Checkpoint, size_now: u64) -> Result<Self, LedgerError> {
        let levels = levels_of(files, trusted, size_now)?;
        Ok(Self { hash: files.tree_hash(), size: trusted.size, levels }.resumable())
    }

    /// Entries that are proven.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// As far as a check can go on from here: up to the last full bundle.
    pub(super) fn resumable(&self) -> Self {
        let mut proven = Self { size: self.size - self.size % u64::from(TILE_WIDTH), ..self.clone() };
        proven.levels.first_mut().into_iter().for_each(Vec::clear);
        let used = proven.levels.iter().rposition(|hashes| !hashes.is_empty()).map_or(0, |last| last + 1);
        proven.levels.truncate(used);
        proven
    }

    /// The roots of the full tiles in the block that is checked next.
    pub(super) fn roots(&self) -> Vec<Hash> {
        self.levels.get(1).cloned().unwrap_or_default()
    }

    /// As lines of text: the size, then the hashes of each level.
    pub fn to_text(&self) -> String {
        let levels = self.levels.iter().map(|hashes| BASE64.encode(hashes.concat()));
        levels.fold(format!("{}\n", self.size), |text, line| text + &line + "\n")
    }

    /// Reads what [`Self::to_text`] wrote; `None` for anything else. It is believed: keep it where nobody else writes.
    pub fn from_text(hash: TreeHash, text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let size = parse_size(lines.next()?)?;
        let hashes = |line: &str| {
            let bytes = BASE64.decode(line).ok()?;
            let (hashes, rest) = bytes.as_chunks::<32>();
            rest.is_empty().then(|| hashes.to_vec())
        };
        let levels: Vec<Vec<Hash>> = lines.take(8).map(hashes).collect::<Option<_>>()?;
        Edge::from_tiles(hash, size, &levels)?;
        levels.last().is_none_or(|hashes| !hashes.is_empty()).then_some(())?;
        let proven = Self { hash, size, levels };
        (proven.resumable() == proven && proven.to_text() == text).then_some(proven)
    }

    /// Appends a block, in the tree of `checked` entries; `compare` is handed each tile that is complete there above the
    /// block's own, full or at the edge.
    pub(super) fn take(
        &mut self,
        block: BlockTiles,
        checked: u64,
        mut compare: impl FnMut(TileId, &[Hash]) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        match block {
            BlockTiles::Full(root) => {
                self.size = end_of(self.size);
                self.levels.iter_mut().take(2).for_each(Vec::clear);
                self.push(2, root, &mut compare)?;
            }
            BlockTiles::Partial { leaves, roots } => {
                let start = self.size - self.size % BLOCK as u64;
                self.size = start + (roots.len() * TILE_WIDTH as usize + leaves.len()) as u64;
                self.make_room(1);
                self.levels.iter_mut().zip([leaves, roots]).for_each(|(level, hashes)| *level = hashes);
            }
        }
        if self.size == checked {
            for (level, hashes) in (0..).zip(&self.levels).skip(2).filter(|(_, hashes)| !hashes.is_empty()) {
                if let Some(id) = TileId::at_size(level, checked.checked_shr(8 * (level + 1)).unwrap_or(0), checked) {
                    compare(id, hashes)?;
                }
            }
        }
        Ok(())
    }

    fn make_room(&mut self, level: usize) {
        let levels = self.levels.len().max(level + 1);
        self.levels.resize_with(levels, Vec::new);
    }

    fn push(
        &mut self,
        level: u32,
        hash: Hash,
        compare: &mut impl FnMut(TileId, &[Hash]) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        self.make_room(level as usize);
        let Some(hashes) = self.levels.get_mut(level as usize) else { return Ok(()) };
        hashes.push(hash);
        if hashes.len() < TILE_WIDTH as usize {
            return Ok(());
        }
        let full = std::mem::take(hashes);
        let index = self.size.checked_shr(8 * (level + 1)).unwrap_or(0).saturating_sub(1);
        compare(TileId { level, index, width: TILE_WIDTH }, &full)?;
        self.push(level + 1, root_of_full(self.hash, &full), compare)
    }

    /// The root of the tree so far; of no use where the levels are not those of the size.
    pub(super) fn root(&self) -> Hash {
        Edge::from_tiles(self.hash, self.size, &self.levels).map_or([0; 32], |edge| edge.root())
    }
}

/// The right edge of the tree of a checkpoint, in a log of `size_now` entries.
///
/// # Errors
/// As [`Proven::from_checkpoint`].
#[cfg(feature = "log")]
pub(crate) fn edge_of(files: &impl PublicFiles, trusted: &Checkpoint, size_now: u64) -> Result<Edge, LedgerError> {
    let levels = levels_of(files, trusted, size_now)?;
    Edge::from_tiles(files.tree_hash(), trusted.size, &levels).ok_or(LedgerError::RootDiffers { size: trusted.size })
}

/// The hashes of the partial tiles at the right edge of a checkpoint's tree, which lead to its root.
fn levels_of(files: &impl PublicFiles, trusted: &Checkpoint, size_now: u64) -> Result<Vec<Vec<Hash>>, LedgerError> {
    let size = trusted.size;
    let mut levels = Vec::new();
    for level in (0..8).take_while(|level| size.checked_shr(8 * level).unwrap_or(0) > 0) {
        let id = TileId::at_size(level, size.checked_shr(8 * (level + 1)).unwrap_or(0), size);
        let now = |id: TileId| TileId::at_size(level, id.index, size_now).unwrap_or(id);
        levels.push(id.map_or(Ok(Vec::new()), |id| hashes_of_tile(files, id, now(id)))?);
    }
    let edge = Edge::from_tiles(files.tree_hash(), size, &levels).filter(|edge| edge.root() == trusted.root);
    edge.map(|_| levels).ok_or(LedgerError::RootDiffers { size })
}
