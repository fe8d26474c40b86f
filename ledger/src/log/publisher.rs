//! The public files of a log, written whole: tiles and bundles as the tree grows, the checkpoint last.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::LedgerError;
use crate::audit::Directory;
use crate::merkle::{Hash, leaf_hash};
use crate::tile::{
    BUNDLE_BYTES_MAX, Edge, PublicFiles as _, TILE_WIDTH, Tile, TileId, entries_of_bundle, push_to_bundle,
};

/// A file under this name is being written; it takes its own name when it is whole.
const PUBLISHING: &str = ".publishing";

/// The right edge of the tree with the bundle under it, and the directory where they are published.
pub(crate) struct Publisher {
    root: PathBuf,
    edge: Edge,
    /// Entries of the partial bundle.
    bundle: Vec<u8>,
    /// Files that the entries since the last checkpoint completed.
    full: Vec<Full>,
    /// Partial tiles that the last call published: those of higher levels seldom change.
    published: BTreeSet<TileId>,
}

enum Full {
    Tile(TileId, Tile),
    Bundle(TileId, Vec<u8>),
}

impl Publisher {
    /// A publisher of the empty tree.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn new(root: &Path) -> Result<Self, LedgerError> {
        fs::create_dir_all(root).map_err(LedgerError::io("make", root))?;
        // Left by a crash in the middle of a write.
        match fs::remove_file(root.join(PUBLISHING)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(LedgerError::io("clear", root)(error)),
            _ => Ok(Self {
                root: root.to_owned(),
                edge: Edge::default(),
                bundle: Vec::new(),
                full: Vec::new(),
                published: BTreeSet::new(),
            }),
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.edge.size()
    }

    pub(crate) fn tree_root(&self) -> Hash {
        self.edge.root()
    }

    /// Appends an entry to the tree; nothing is written yet.
    ///
    /// # Errors
    /// [`LedgerError::EntryTooLong`]
    pub(crate) fn push(&mut self, entry: &[u8]) -> Result<(), LedgerError> {
        push_to_bundle(&mut self.bundle, entry)?;
        let full = &mut self.full;
        self.edge.push(leaf_hash(entry), |id, tile| {
            full.push(Full::Tile(id, tile));
            Ok(())
        })?;
        if self.edge.size().is_multiple_of(u64::from(TILE_WIDTH)) {
            let id = TileId { level: 0, index: self.edge.size() / u64::from(TILE_WIDTH) - 1, width: TILE_WIDTH };
            self.full.push(Full::Bundle(id, std::mem::take(&mut self.bundle)));
        }
        Ok(())
    }

    /// Publishes everything up to the present size, then the checkpoint. Answers the tiles that may serve proofs of the
    /// new entries: those just completed, and the edge.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn publish(&mut self, checkpoint: &str) -> Result<Vec<(TileId, Tile)>, LedgerError> {
        let full = std::mem::take(&mut self.full);
        for file in &full {
            match file {
                Full::Tile(id, tile) => self.write(&id.path(), &tile.to_bytes())?,
                Full::Bundle(id, bundle) => self.write(&id.bundle_path(), bundle)?,
            }
        }
        for (id, tile) in self.edge.partial_tiles().filter(|(id, _)| !self.published.contains(id)) {
            self.write(&id.path(), &tile.to_bytes())?;
        }
        if let Some((id, _)) = self.edge.tile(0) {
            self.write(&id.bundle_path(), &self.bundle)?;
        }
        self.write("checkpoint", checkpoint.as_bytes())?;
        self.published = self.edge.partial_tiles().map(|(id, _)| id).collect();
        let mut tiles: Vec<_> = self.edge.partial_tiles().map(|(id, tile)| (id, tile.clone())).collect();
        for file in full {
            // The full file serves whoever still asks for the partial one (tlog-tiles, Partial Tiles).
            match file {
                Full::Tile(id, tile) => {
                    self.remove_folder(&id.partial_folder())?;
                    tiles.push((id, tile));
                }
                Full::Bundle(id, _) => self.remove_folder(&id.partial_bundle_folder())?,
            }
        }
        Ok(tiles)
    }

    /// Puts right what a crash or a hand left behind: compares each file that the tree completed since the last call,
    /// and writes those that are missing or differ.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn restore_full(&mut self) -> Result<(), LedgerError> {
        for file in std::mem::take(&mut self.full) {
            match file {
                Full::Tile(id, tile) => {
                    self.restore(&id.path(), &tile.to_bytes())?;
                    self.remove_folder(&id.partial_folder())?;
                }
                Full::Bundle(id, bundle) => {
                    self.restore(&id.bundle_path(), &bundle)?;
                    self.remove_folder(&id.partial_bundle_folder())?;
                }
            }
        }
        Ok(())
    }

    /// As [`Self::restore_full`], for the partial files of every size that a checkpoint was signed for and whose tiles
    /// are still growing; then the checkpoint.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn restore_partial(&self, sizes: &[u64], checkpoint: &str) -> Result<(), LedgerError> {
        for (now, tile) in self.edge.partial_tiles() {
            let bytes = tile.to_bytes();
            let mut last = None;
            for size in sizes.iter().rev() {
                let id = TileId::at_size(now.level, now.index, *size);
                let Some(id) = id.filter(|id| id.width < TILE_WIDTH) else { break };
                if last == Some(id) {
                    continue;
                }
                last = Some(id);
                self.restore(&id.path(), bytes.get(..id.width as usize * 32).unwrap_or_default())?;
                if id.level == 0 {
                    let entries = entries_of_bundle(&self.bundle).map_while(Result::ok).take(id.width as usize);
                    let length = entries.map(|entry| entry.len() + 2).sum();
                    self.restore(&id.bundle_path(), self.bundle.get(..length).unwrap_or_default())?;
                }
            }
        }
        self.restore("checkpoint", checkpoint.as_bytes())
    }

    fn restore(&self, path: &str, bytes: &[u8]) -> Result<(), LedgerError> {
        let present = Directory::new(&self.root).read(path, BUNDLE_BYTES_MAX).ok().flatten();
        if present.as_deref() == Some(bytes) { Ok(()) } else { self.write(path, bytes) }
    }

    /// Writes a file under another name and renames it, so that nobody ever reads half of it.
    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), LedgerError> {
        let (whole, publishing) = (self.root.join(path), self.root.join(PUBLISHING));
        let write = || {
            fs::write(&publishing, bytes)?;
            let renamed = fs::rename(&publishing, &whole);
            if renamed.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
                fs::create_dir_all(whole.parent().unwrap_or(&self.root))?;
                return fs::rename(&publishing, &whole);
            }
            renamed
        };
        write().map_err(LedgerError::io("publish", &whole))
    }

    fn remove_folder(&self, path: &str) -> Result<(), LedgerError> {
        match fs::remove_dir_all(self.root.join(path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(LedgerError::io("remove", self.root.join(path))(error))
            }
            _ => Ok(()),
        }
    }
}
