//! The public files of a log, brought up to date behind the answers by a thread of their own: tiles and bundles first, the
//! checkpoint last, each written whole.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crate::LedgerError;
use crate::audit::Directory;
use crate::log::backlog::{Backlog, Batch};
use crate::log::recorded::Recorded;
use crate::log::tree::{SharedTree, Tree};
use crate::merkle::leaf_hash;
use crate::tile::{BUNDLE_BYTES_MAX, PublicFiles as _, TILE_WIDTH, TileId, push_to_bundle};

/// A file under this name is being written; it takes its own name when it is whole.
const PUBLISHING: &str = ".publishing";
/// Holds the number of the section before which everything public is known to be on the disk.
const MARK: &str = "published";

/// Whether a file is simply written, or only where the one that is there differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Write,
    Compare,
}

/// Writes the public files; there is one.
pub(crate) struct Publisher {
    root: PathBuf,
    /// Where the mark lies.
    state: PathBuf,
    tree: SharedTree,
    /// Entries that are in bundles, full or partial.
    bundled: u64,
    /// Entries of the partial bundle.
    bundle: Vec<u8>,
    /// Full bundles that are not written yet.
    full: Vec<(TileId, Vec<u8>)>,
    /// Partial tiles that the last call published: those of higher levels seldom change.
    partial: BTreeSet<TileId>,
    /// The published checkpoint.
    head: Arc<RwLock<String>>,
}

/// The section before which all public files are whole; 0 where that is not known.
pub(crate) fn read_mark(state: &Path, root: &Path) -> u32 {
    let mark = fs::read_to_string(state.join(MARK)).ok().and_then(|text| text.parse().ok());
    mark.filter(|_| root.join("checkpoint").exists()).unwrap_or(0)
}

/// Public files that are to be compared before anything is published.
pub(crate) struct Doubted {
    /// The sections whose files may be missing or damaged.
    pub(crate) sections: Range<u32>,
    /// The newest checkpoint.
    pub(crate) note: String,
}

/// Publishes what comes, until no more does.
pub(crate) fn publish(mut publisher: Publisher, recorded: &Recorded, backlog: &Backlog, doubted: Option<Doubted>) {
    if let Some(Doubted { sections, note }) = doubted {
        let total = u64::from(sections.end);
        let progress = |section: u32| backlog.rebuilding(u64::from(section), total);
        while let Err(failure) = publisher.compare(sections.clone(), recorded, progress) {
            if !backlog.failed(failure) {
                return backlog.over();
            }
        }
        while let Err(failure) = publisher.restore(&note) {
            if !backlog.failed(failure) {
                return backlog.over();
            }
        }
        let _ = publisher.mark(sections.end);
    }
    if publisher.has_checkpoint() {
        backlog.published(publisher.bundled);
    }
    while let Some(batches) = backlog.take() {
        let Some(last) = batches.last() else { continue };
        let (size, note) = (last.bundle.commit.size, last.bundle.commit.note.clone());
        let begins = batches.iter().filter_map(|batch| batch.begins).next_back();
        for batch in batches {
            publisher.take(&batch);
        }
        while let Err(failure) = publisher.publish(size, &note, How::Write) {
            // Everything is written again: what was written before is as it should be, or is replaced.
            publisher.partial.clear();
            if !backlog.failed(failure) {
                return backlog.over();
            }
        }
        backlog.published(size);
        if let Some(section) = begins {
            // Without the mark the next start compares more files, no more.
            let _ = publisher.mark(section);
        }
    }
    backlog.over();
}

impl Publisher {
    /// A publisher that goes on behind the newest `entries`, whose bundles are put right first.
    ///
    /// # Errors
    /// [`LedgerError::Io`], and those of the frames.
    pub(crate) fn open(
        root: &Path,
        state: &Path,
        tree: SharedTree,
        head: Arc<RwLock<String>>,
        recorded: &Recorded,
        entries: Vec<Vec<u8>>,
    ) -> Result<Self, LedgerError> {
        fs::create_dir_all(root).map_err(LedgerError::io("make", root))?;
        // Left by a crash in the middle of a write.
        match fs::remove_file(root.join(PUBLISHING)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(LedgerError::io("clear", root)(error)),
            _ => {}
        }
        let from = recorded.size() - entries.len() as u64;
        let bundled = from - from % u64::from(TILE_WIDTH);
        let mut publisher = Self {
            root: root.to_owned(),
            state: state.to_owned(),
            tree,
            bundled,
            bundle: Vec::new(),
            full: Vec::new(),
            partial: BTreeSet::new(),
            head,
        };
        for index in bundled..from {
            publisher.push(&recorded.entry(index)?.entry);
        }
        for entry in entries {
            publisher.push(&entry);
            for (id, bundle) in std::mem::take(&mut publisher.full) {
                publisher.put(&id.bundle_path(), &bundle, How::Compare)?;
                publisher.remove_folder(&id.partial_bundle_folder())?;
            }
        }
        Ok(publisher)
    }

    /// Shows a checkpoint to whoever asks for the published one.
    pub(crate) fn show(&self, note: &str) {
        note.clone_into(&mut self.head.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn has_checkpoint(&self) -> bool {
        !self.head.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Puts right what a crash or a hand left behind of the tiles in memory and the partial files; then the checkpoint.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn restore(&mut self, note: &str) -> Result<(), LedgerError> {
        let edge: Vec<TileId> = self.tree.read().edge().partial_tiles().map(|(id, _)| id).collect();
        for id in edge {
            self.restore_older(id, &id.partial_folder(), &self.tile(id)?, |tile, width| tile.get(..width * 32))?;
            if id.level == 0 {
                self.restore_older(id, &id.partial_bundle_folder(), &self.bundle, |bundle, width| {
                    let entries = crate::tile::entries_of_bundle(bundle).map_while(Result::ok).take(width);
                    bundle.get(..entries.map(|entry| entry.len() + 2).sum())
                })?;
            }
        }
        self.publish(self.bundled, note, How::Compare)
    }

    /// Compares the full tiles and bundles that the entries of some sections completed, and writes those that are missing
    /// or differ.
    ///
    /// # Errors
    /// [`LedgerError::SegmentDamaged`], [`LedgerError::Io`]; [`LedgerError::Rebuilding`] when the log is closed meanwhile.
    fn compare(
        &self,
        sections: Range<u32>,
        recorded: &Recorded,
        progress: impl Fn(u32) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let mut tree = Tree::default();
        let mut bundle = Vec::new();
        for number in sections.clone() {
            progress(number)?;
            let section = recorded.section(number)?;
            if let Some(state) = section.state {
                tree = Tree::new(state.edge);
            }
            if number == sections.start {
                let first = tree.edge().size();
                for index in first - first % u64::from(TILE_WIDTH)..first {
                    push_to_bundle(&mut bundle, &recorded.entry(index)?.entry)?;
                }
            }
            for frame in section.batches.iter().flat_map(|(entries, _)| entries) {
                push_to_bundle(&mut bundle, &frame.entry)?;
                tree.push(leaf_hash(&frame.entry))?;
                if tree.edge().size().is_multiple_of(u64::from(TILE_WIDTH)) {
                    let id = TileId { level: 0, index: frame.index / u64::from(TILE_WIDTH), width: TILE_WIDTH };
                    self.put(&id.bundle_path(), &std::mem::take(&mut bundle), How::Compare)?;
                    self.remove_folder(&id.partial_bundle_folder())?;
                }
            }
            for (id, tile) in tree.full_tiles(tree.edge().size()) {
                self.put(&id.path(), &tile, How::Compare)?;
                self.remove_folder(&id.partial_folder())?;
                tree.forget(id);
            }
        }
        Ok(())
    }

    /// Older partial files are the beginning of the newest one; one that is not is written again.
    fn restore_older(
        &self,
        now: TileId,
        folder: &str,
        whole: &[u8],
        beginning: impl Fn(&[u8], usize) -> Option<&[u8]>,
    ) -> Result<(), LedgerError> {
        let Ok(items) = fs::read_dir(self.root.join(folder)) else { return Ok(()) };
        for item in items {
            let name = item.map_err(LedgerError::io("list", self.root.join(folder)))?.file_name();
            let width = name.to_str().and_then(|name| name.parse::<u32>().ok()).filter(|width| *width < now.width);
            if let Some(bytes) = width.and_then(|width| beginning(whole, width as usize)) {
                self.put(&format!("{folder}/{}", name.to_string_lossy()), bytes, How::Compare)?;
            }
        }
        Ok(())
    }

    /// Takes the entries of a batch into bundles; nothing is written yet.
    fn take(&mut self, batch: &Batch) {
        for frame in &batch.bundle.entries {
            self.push(&frame.entry);
        }
    }

    fn push(&mut self, entry: &[u8]) {
        // The sequencer took no entry that is too long.
        let _ = push_to_bundle(&mut self.bundle, entry);
        self.bundled += 1;
        if self.bundled.is_multiple_of(u64::from(TILE_WIDTH)) {
            let id = TileId { level: 0, index: self.bundled / u64::from(TILE_WIDTH) - 1, width: TILE_WIDTH };
            self.full.push((id, std::mem::take(&mut self.bundle)));
        }
    }

    /// The bytes of a tile that memory has.
    fn tile(&self, id: TileId) -> Result<Vec<u8>, LedgerError> {
        let tree = self.tree.read();
        let hashes = tree.hashes(id).ok_or(LedgerError::NoSuchTile { level: id.level, index: id.index })?;
        Ok(hashes.concat())
    }

    /// Publishes everything up to a size, the checkpoint last.
    fn publish(&mut self, size: u64, note: &str, how: How) -> Result<(), LedgerError> {
        let tiles = self.tree.read().full_tiles(size);
        for (id, bundle) in &self.full {
            self.put(&id.bundle_path(), bundle, how)?;
        }
        for (id, tile) in &tiles {
            self.put(&id.path(), tile, how)?;
        }
        let partial: BTreeSet<TileId> = partial_tiles(size).collect();
        for id in partial.difference(&self.partial) {
            self.put(&id.path(), &self.tile(*id)?, how)?;
            if id.level == 0 {
                self.put(&id.bundle_path(), &self.bundle, how)?;
            }
        }
        self.put("checkpoint", note.as_bytes(), how)?;
        self.show(note);
        self.partial = partial;
        for (id, _) in self.full.drain(..).collect::<Vec<_>>() {
            self.remove_folder(&id.partial_bundle_folder())?;
        }
        for (id, _) in tiles {
            // The full file serves whoever still asks for the partial one (tlog-tiles, Partial Tiles).
            self.remove_folder(&id.partial_folder())?;
            self.tree.write().forget(id);
        }
        Ok(())
    }

    fn put(&self, path: &str, bytes: &[u8], how: How) -> Result<(), LedgerError> {
        if how == How::Compare {
            let present = Directory::new(&self.root).read(path, BUNDLE_BYTES_MAX).ok().flatten();
            if present.as_deref() == Some(bytes) {
                return Ok(());
            }
        }
        self.write(path, bytes)
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

    /// Notes that all public files of the sections before this one are on the disk, once they are.
    fn mark(&self, section: u32) -> io::Result<()> {
        rustix::fs::syncfs(File::open(&self.root)?)?;
        let marking = self.state.join("marking");
        fs::write(&marking, section.to_string())?;
        fs::rename(marking, self.state.join(MARK))
    }
}

/// The partial tiles of a tree of `size` leaves, one a level at most.
fn partial_tiles(size: u64) -> impl Iterator<Item = TileId> {
    let last = move |level: u32| TileId::at_size(level, size.checked_shr(8 * (level + 1)).unwrap_or(0), size);
    (0..8).filter_map(last)
}
