//! Tiles and entry bundles of C2SP tlog-tiles: paths, contents, and the growing right edge of a tree.

use std::collections::BTreeMap;

use crate::LedgerError;
use crate::merkle::{Hash, HashReader, Node, TreeHash};

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u32 = 256;
/// Bytes that an entry may have: its length in a bundle is a u16.
pub const ENTRY_BYTES_MAX: usize = u16::MAX as usize;
/// Bytes that a bundle may have.
pub const BUNDLE_BYTES_MAX: usize = TILE_WIDTH as usize * (2 + ENTRY_BYTES_MAX);
/// Bytes that a tile may have.
pub const TILE_BYTES_MAX: usize = TILE_WIDTH as usize * 32;
/// Tree levels between a tile's hashes and those of the tile above it.
const TILE_HEIGHT: u32 = 8;

/// The public files of a log, by their path under its prefix: a directory, a server, or memory.
pub trait PublicFiles {
    /// The whole file, or `None` where there is none.
    ///
    /// # Errors
    /// [`LedgerError::FileTooLong`] above `bytes_max`; [`LedgerError::Io`] when it cannot be read.
    fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, LedgerError>;

    /// What the tree is made with.
    fn tree_hash(&self) -> TreeHash {
        TreeHash::Sha256
    }
}

/// Which tile: its level, its number within the level, and how many hashes wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// Tile level; level 0 holds the hashes of the leaves.
    pub level: u32,
    /// Number within the level, from the left.
    pub index: u64,
    /// 1 to 256; below 256 the tile is partial.
    pub width: u32,
}

impl TileId {
    /// The tile `index` of a level as it is in the tree of `size` leaves; `None` where it has no hash yet.
    pub fn at_size(level: u32, index: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(TILE_HEIGHT * level).unwrap_or(0);
        let before = index.checked_mul(u64::from(TILE_WIDTH))?;
        let width = hashes.checked_sub(before)?.min(u64::from(TILE_WIDTH));
        let width = u32::try_from(width).ok().filter(|&width| width > 0)?;
        Some(Self { level, index, width })
    }

    /// The same tile, full.
    #[must_use]
    pub fn full(self) -> Self {
        Self { width: TILE_WIDTH, ..self }
    }

    /// The path of the tile of hashes, such as `tile/1/x001/234.p/17`.
    pub fn path(self) -> String {
        format!("tile/{}/{}", self.level, number_path(self.index, self.width))
    }

    /// The path of the bundle of entries under a tile of level 0, such as `tile/entries/x001/234.p/17`.
    pub fn bundle_path(self) -> String {
        format!("tile/entries/{}", number_path(self.index, self.width))
    }

    /// The folder that holds the partial tiles of this place; it goes when the tile is full.
    pub fn partial_folder(self) -> String {
        format!("tile/{}/{}.p", self.level, number_path(self.index, TILE_WIDTH))
    }

    /// The folder that holds the partial bundles of this place.
    pub fn partial_bundle_folder(self) -> String {
        format!("tile/entries/{}.p", number_path(self.index, TILE_WIDTH))
    }
}

/// Groups of three digits, all but the last with an x; a partial width behind.
fn number_path(index: u64, width: u32) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    if width < TILE_WIDTH { format!("{path}.p/{width}") } else { path }
}

/// What a path under a log's prefix names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicFile {
    /// `checkpoint`
    Checkpoint,
    /// A tile of hashes.
    Tile(TileId),
    /// A bundle of entries; its level is 0.
    Bundle(TileId),
}

impl PublicFile {
    /// Reads a path; `None` for anything that tlog-tiles does not name exactly so (`tile/0/000`, never `tile/00/0`).
    pub fn from_path(path: &str) -> Option<Self> {
        if path == "checkpoint" {
            return Some(Self::Checkpoint);
        }
        let (level, number) = path.strip_prefix("tile/")?.split_once('/')?;
        let (number, width) = match number.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok().filter(|&w| w > 0 && w < TILE_WIDTH)?),
            None => (number, TILE_WIDTH),
        };
        let mut index = 0_u64;
        for group in number.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        }
        let level_number = if level == "entries" { 0 } else { level.parse().ok().filter(|&l| l < 64)? };
        let id = TileId { level: level_number, index, width };
        let file = if level == "entries" { Self::Bundle(id) } else { Self::Tile(id) };
        // Rendering again is the check of leading zeroes, signs and groups.
        (file.path() == path).then_some(file)
    }

    /// The path under the log's prefix.
    pub fn path(self) -> String {
        match self {
            Self::Checkpoint => "checkpoint".to_owned(),
            Self::Tile(id) => id.path(),
            Self::Bundle(id) => id.bundle_path(),
        }
    }
}

/// A tile with the tree inside it: row 0 is what the file holds, each row above has half as many hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tile {
    hash: TreeHash,
    rows: [Vec<Hash>; TILE_HEIGHT as usize + 1],
}

impl Tile {
    /// A tile without hashes.
    fn new(hash: TreeHash) -> Self {
        Self { hash, ..Self::default() }
    }

    /// Reads the file of a tile.
    ///
    /// # Errors
    /// [`LedgerError::TileSize`] when it has another number of bytes than its width asks for.
    pub fn from_bytes(hash: TreeHash, id: TileId, bytes: &[u8]) -> Result<Self, LedgerError> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || hashes.len() != id.width as usize {
            return Err(LedgerError::TileSize { path: id.path(), width: id.width, bytes: bytes.len() });
        }
        let mut tile = Self::new(hash);
        for hash in hashes {
            tile.push(*hash);
        }
        Ok(tile)
    }

    /// The bytes of the tile's file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes().concat()
    }

    /// The hashes of the tile's file.
    pub fn hashes(&self) -> &[Hash] {
        self.rows.first().map_or(&[], Vec::as_slice)
    }

    /// Number of hashes in the tile's file.
    pub fn width(&self) -> usize {
        self.hashes().len()
    }

    /// Appends a hash, and the nodes that it completes.
    fn push(&mut self, hash: Hash) {
        let mut complete = hash;
        for row in &mut self.rows {
            row.push(complete);
            match row.as_slice() {
                [.., left, right] if row.len() % 2 == 0 => complete = self.hash.node(left, right),
                _ => return,
            }
        }
    }

    /// The root over all 256 hashes, once they are there.
    pub(crate) fn root(&self) -> Option<Hash> {
        self.rows.last().and_then(|row| row.first()).copied()
    }

    /// The hash of a node whose subtree lies inside this tile.
    pub(crate) fn node(&self, place: NodePlace) -> Option<Hash> {
        let row = self.rows.get(place.height as usize)?;
        row.get(usize::try_from(place.position).ok()?).copied()
    }
}

/// Where the tiles hold a node: the tile's level and index, the height above its hashes, the place in that row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodePlace {
    pub(crate) level: u32,
    pub(crate) index: u64,
    height: u32,
    position: u64,
}

impl From<Node> for NodePlace {
    fn from(node: Node) -> Self {
        let (level, height) = (node.level / TILE_HEIGHT, node.level % TILE_HEIGHT);
        let row_bits = TILE_HEIGHT - height;
        Self { level, height, index: node.index >> row_bits, position: node.index & ((1 << row_bits) - 1) }
    }
}

/// The right edge of a growing tree: the tile at the end of each level, all partial.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    hash: TreeHash,
    size: u64,
    tiles: Vec<Tile>,
}

impl Edge {
    /// The edge of the tree without leaves.
    pub fn new(hash: TreeHash) -> Self {
        Self { hash, ..Self::default() }
    }

    /// The edge of a tree of `size` leaves from the hashes of its partial tiles, the lowest level first; `None` where
    /// they are not those that such a tree has. Nothing else is checked: compare the root.
    pub fn from_tiles(hash: TreeHash, size: u64, tiles: &[Vec<Hash>]) -> Option<Self> {
        let mut edge = Self { hash, size, tiles: Vec::with_capacity(tiles.len()) };
        for (level, hashes) in (0..).zip(tiles) {
            let width = size.checked_shr(TILE_HEIGHT * level).unwrap_or(0) % u64::from(TILE_WIDTH);
            if hashes.len() as u64 != width {
                return None;
            }
            let mut tile = Tile::new(hash);
            for hash in hashes {
                tile.push(*hash);
            }
            edge.tiles.push(tile);
        }
        let above = u32::try_from(tiles.len()).ok()?.checked_mul(TILE_HEIGHT)?;
        (size.checked_shr(above).unwrap_or(0) == 0).then_some(edge)
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The tiles of all levels, the lowest first; those that just became full are empty.
    #[cfg(feature = "log")]
    pub(crate) fn levels(&self) -> &[Tile] {
        &self.tiles
    }

    /// The partial tile at the right end of a level, if it has a hash.
    pub fn tile(&self, level: u32) -> Option<(TileId, &Tile)> {
        let tile = self.tiles.get(level as usize)?;
        let id = TileId::at_size(level, self.size.checked_shr(TILE_HEIGHT * (level + 1)).unwrap_or(0), self.size)?;
        Some((id, tile))
    }

    /// All partial tiles, the lowest level first.
    pub fn partial_tiles(&self) -> impl Iterator<Item = (TileId, &Tile)> {
        (0..).take(self.tiles.len()).filter_map(|level| self.tile(level))
    }

    /// Appends a leaf; `full` is handed each tile that the leaf completes, the lowest level first.
    ///
    /// # Errors
    /// Those of `full`; the edge is of no use after one.
    pub fn push(
        &mut self,
        leaf: Hash,
        mut full: impl FnMut(TileId, Tile) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let mut hash = leaf;
        let mut level = 0;
        self.size += 1;
        loop {
            if self.tiles.len() <= level as usize {
                self.tiles.push(Tile::new(self.hash));
            }
            let Some(tile) = self.tiles.get_mut(level as usize) else { return Ok(()) };
            tile.push(hash);
            let Some(root) = tile.root() else { return Ok(()) };
            let index = (self.size >> (TILE_HEIGHT * (level + 1))) - 1;
            full(TileId { level, index, width: TILE_WIDTH }, std::mem::replace(tile, Tile::new(self.hash)))?;
            hash = root;
            level += 1;
        }
    }

    /// The root of the tree so far.
    pub fn root(&self) -> Hash {
        let peaks = self.tiles.iter().flat_map(|tile| {
            tile.rows.iter().take(TILE_HEIGHT as usize).filter(|row| row.len() % 2 == 1).filter_map(|row| row.last())
        });
        peaks
            .fold(None, |right, peak| Some(right.map_or(*peak, |right| self.hash.node(peak, &right))))
            .unwrap_or_else(|| self.hash.empty_root())
    }
}

/// Reads the hashes of a tree of `size` leaves from its tiles, each tile once.
pub struct TileReader<'files, F> {
    files: &'files F,
    size: u64,
    tiles: BTreeMap<(u32, u64), Tile>,
}

impl<'files, F: PublicFiles> TileReader<'files, F> {
    /// A reader of the tree of `size` leaves.
    pub fn new(files: &'files F, size: u64) -> Self {
        Self { files, size, tiles: BTreeMap::new() }
    }

    /// Hands over a tile that is at hand, so that it is not read.
    pub fn insert(&mut self, id: TileId, tile: Tile) {
        self.tiles.insert((id.level, id.index), tile);
    }

    fn load(&self, level: u32, index: u64) -> Result<Tile, LedgerError> {
        let id = TileId::at_size(level, index, self.size).ok_or(LedgerError::NoSuchTile { level, index })?;
        if let Some(bytes) = self.files.read(&id.path(), TILE_BYTES_MAX)? {
            return Tile::from_bytes(self.files.tree_hash(), id, &bytes);
        }
        // A log may drop partial tiles once the full one is there.
        match self.files.read(&id.full().path(), TILE_BYTES_MAX)? {
            Some(bytes) => Tile::from_bytes(self.files.tree_hash(), id.full(), &bytes),
            None => Err(LedgerError::FileMissing { path: id.path() }),
        }
    }
}

impl<F: PublicFiles> HashReader for TileReader<'_, F> {
    fn hash(&mut self, node: Node) -> Result<Hash, LedgerError> {
        let place = NodePlace::from(node);
        let (level, index) = (place.level, place.index);
        if !self.tiles.contains_key(&(level, index)) {
            let tile = self.load(level, index)?;
            self.tiles.insert((level, index), tile);
        }
        let tile = self.tiles.get(&(level, index));
        tile.and_then(|tile| tile.node(place)).ok_or(LedgerError::NoSuchTile { level, index })
    }

    fn tree_hash(&self) -> TreeHash {
        self.files.tree_hash()
    }
}

/// Appends an entry to the bytes of a bundle: u16 big-endian length, then the entry.
///
/// # Errors
/// [`LedgerError::EntryTooLong`]
pub fn push_to_bundle(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), LedgerError> {
    let length = u16::try_from(entry.len()).map_err(|_| LedgerError::EntryTooLong { bytes: entry.len() })?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// The entries of a bundle in order; ends with an `Err` of the byte where the rest is no entry.
pub fn entries_of_bundle(bundle: &[u8]) -> impl Iterator<Item = Result<&[u8], usize>> {
    let mut rest = bundle;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let next = rest
            .split_first_chunk::<2>()
            .and_then(|(length, body)| body.split_at_checked(usize::from(u16::from_be_bytes(*length))));
        if let Some((entry, after)) = next {
            rest = after;
            return Some(Ok(entry));
        }
        let at = bundle.len() - rest.len();
        rest = &[];
        Some(Err(at))
    })
}
