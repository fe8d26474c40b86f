//! One block of a log: the entries under one tile of level 1, with their bundles and tiles.

use super::LogReport;
use crate::LedgerError;
use crate::merkle::{Hash, TreeHash};
use crate::tile::{BUNDLE_BYTES_MAX, PublicFiles, TILE_BYTES_MAX, TILE_WIDTH, TileId, entries_of_bundle};

/// Entries of a block.
pub(super) const BLOCK: usize = TILE_WIDTH as usize * TILE_WIDTH as usize;

/// Where the block ends in which an entry lies.
pub(super) fn end_of(index: u64) -> u64 {
    (index / BLOCK as u64 + 1) * BLOCK as u64
}

/// What the entries of a block lead to.
pub(super) struct Block {
    /// `None` where neither a bundle nor its tile could be read.
    pub(super) tiles: Option<BlockTiles>,
    pub(super) report: LogReport,
}

/// The hashes that are not under a full tile of level 1.
pub(super) enum BlockTiles {
    /// The root over a full block.
    Full(Hash),
    /// The leaves under no full tile of level 0, and the roots of the full ones.
    Partial { leaves: Vec<Hash>, roots: Vec<Hash> },
}

impl Block {
    /// Checks the block in which `first` lies from there on, in the tree of `size` entries; `roots` are those of its full tiles
    /// before that.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(super) fn audit(
        files: &impl PublicFiles,
        size: u64,
        first: u64,
        mut roots: Vec<Hash>,
        visit: &mut impl FnMut(u64, &[u8]),
    ) -> Result<Self, LedgerError> {
        let (mut report, mut partial) = (LogReport::default(), Vec::new());
        let tiles = first / u64::from(TILE_WIDTH)..end_of(first) / u64::from(TILE_WIDTH);
        for id in tiles.map_while(|index| TileId::at_size(0, index, size)) {
            let tile = read_tile(files, id, &mut report)?;
            let Some(leaves) = leaves_of_bundle(files, id, tile.as_deref(), &mut report, visit)? else {
                return Ok(Self { tiles: None, report });
            };
            if id.width == TILE_WIDTH { roots.push(root_of_full(files.tree_hash(), &leaves)) } else { partial = leaves }
        }
        // An empty tile has no file.
        if let Some(id) = TileId::at_size(1, first / BLOCK as u64, size) {
            compare_tile(files, id, &roots, &mut report)?;
        }
        let tiles = if roots.len() == TILE_WIDTH as usize {
            BlockTiles::Full(root_of_full(files.tree_hash(), &roots))
        } else {
            BlockTiles::Partial { leaves: partial, roots }
        };
        Ok(Self { tiles: Some(tiles), report })
    }
}

/// The root over the hashes of a full tile.
pub(super) fn root_of_full(hash: TreeHash, hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = hash.row_above(&row);
    }
    row.first().copied().unwrap_or_default()
}

/// Compares a tile above the leaves with what its children lead to.
///
/// # Errors
/// [`LedgerError::Io`]
pub(super) fn compare_tile(
    files: &impl PublicFiles,
    id: TileId,
    derived: &[Hash],
    report: &mut LogReport,
) -> Result<(), LedgerError> {
    let Some(tile) = read_tile(files, id, report)? else { return Ok(()) };
    for (position, (stored, expected)) in tile.iter().zip(derived).enumerate() {
        if stored != expected {
            report.find(LedgerError::TileDiffers { path: id.path(), position });
        }
    }
    Ok(())
}

/// The hashes of a tile, cut to its width where only the full one is there; `None` with a finding where there is none.
fn read_tile(files: &impl PublicFiles, id: TileId, report: &mut LogReport) -> Result<Option<Vec<Hash>>, LedgerError> {
    match hashes_of_tile(files, id, id) {
        Ok(hashes) => {
            report.tiles += 1;
            Ok(Some(hashes))
        }
        Err(failure @ LedgerError::Io { .. }) => Err(failure),
        Err(finding) => {
            report.find(finding);
            Ok(None)
        }
    }
}

/// The hashes of a tile, cut to its width where only the full one is there, or the one that is there `now`.
///
/// # Errors
/// [`LedgerError::FileMissing`], [`LedgerError::TileSize`], [`LedgerError::FileTooLong`], [`LedgerError::Io`]
pub(super) fn hashes_of_tile(files: &impl PublicFiles, id: TileId, now: TileId) -> Result<Vec<Hash>, LedgerError> {
    let mut bytes = files.read(&id.path(), TILE_BYTES_MAX)?;
    for wider in [id.full(), now] {
        if bytes.is_none() && id.width < wider.width {
            bytes = files.read(&wider.path(), TILE_BYTES_MAX)?;
            if let Some(bytes) = &mut bytes {
                bytes.truncate(id.width as usize * 32);
            }
        }
    }
    let bytes = bytes.ok_or_else(|| LedgerError::FileMissing { path: id.path() })?;
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() != id.width as usize {
        return Err(LedgerError::TileSize { path: id.path(), width: id.width, bytes: bytes.len() });
    }
    Ok(hashes.to_vec())
}

/// The leaf hashes of a bundle: the entries' own, but the tile's where they differ, so that one bad entry is one finding
/// and not a wrong root besides. `None` where neither bundle nor tile can be read.
fn leaves_of_bundle(
    files: &impl PublicFiles,
    id: TileId,
    tile: Option<&[Hash]>,
    report: &mut LogReport,
    visit: &mut impl FnMut(u64, &[u8]),
) -> Result<Option<Vec<Hash>>, LedgerError> {
    let path = id.bundle_path();
    let mut bytes = files.read(&path, BUNDLE_BYTES_MAX)?;
    let mut cut = false;
    if bytes.is_none() && id.width < TILE_WIDTH {
        bytes = files.read(&id.full().bundle_path(), BUNDLE_BYTES_MAX)?;
        cut = true;
    }
    let Some(bytes) = bytes else {
        report.find(LedgerError::FileMissing { path });
        return Ok(tile.map(<[Hash]>::to_vec));
    };
    let first = id.index * u64::from(TILE_WIDTH);
    let mut rest = entries_of_bundle(&bytes);
    let entries: Vec<&[u8]> = rest.by_ref().take(id.width as usize).map_while(Result::ok).collect();
    let mut leaves = files.tree_hash().leaves(&entries);
    for ((index, entry), (position, leaf)) in (first..).zip(&entries).zip(leaves.iter_mut().enumerate()) {
        match tile.and_then(|tile| tile.get(position)) {
            Some(expected) if expected != leaf => {
                report.find(LedgerError::EntryDiffers { index, path: path.clone() });
                *leaf = *expected;
            }
            _ => {
                report.entries += 1;
                visit(index, entry);
            }
        }
    }
    if leaves.len() < id.width as usize {
        report.find(LedgerError::BundleCutShort { path, index: first + leaves.len() as u64 });
        return Ok(tile.map(<[Hash]>::to_vec));
    }
    if !cut && rest.next().is_some() {
        report.find(LedgerError::BundleSurplus { path });
    }
    Ok(Some(leaves))
}
