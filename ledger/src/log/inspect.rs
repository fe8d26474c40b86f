//! 停机检查 A log that no process has open: looked at, checked, and written out anew. The store is changed by nothing here
//! but [`Inspection::cut_torn_tail`].

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::log::disk::RealDisk;
use crate::log::frame::{CommitFrame, EntryFrame};
use crate::log::state::lock;
use crate::log::store::{Section, Segments, Store as _, Tenure, TornTail};
use crate::merkle::{Hash, leaf_hash};
use crate::note::VerifierKey;
use crate::tile::{Edge, TILE_WIDTH, Tile, TileId, push_to_bundle};

/// What a log holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Entries, and their bytes without what is kept beside them.
    pub entries: u64,
    /// Bytes of the entries.
    pub entry_bytes: u64,
    /// Batches, each with a signed checkpoint.
    pub batches: u64,
    /// Sections, each a segment.
    pub sections: u32,
    /// Entries with evidence.
    pub with_evidence: u64,
    /// Times of the first entry and the last.
    pub times: Option<(Timestamp, Timestamp)>,
    /// The signed note of the last commit.
    pub newest: Option<String>,
}

/// A log that no process has open.
pub struct Inspection {
    store: Segments,
    tenure: Tenure,
    torn: TornTail,
    /// Held until the inspection is over.
    _lock: File,
}

impl Inspection {
    /// Looks at the log of a state folder. Nothing is written there, but a lock file where none was.
    ///
    /// # Errors
    /// [`LedgerError::Io`] when there is no such folder; [`LedgerError::Locked`] while a process has it open; those of
    /// [`Log::open`](crate::Log::open) when what was acknowledged is not all there.
    pub fn open(state_dir: &Path) -> Result<Self, LedgerError> {
        let frames = state_dir.join("frames");
        fs::metadata(&frames).map_err(LedgerError::io("open", &frames))?;
        let lock = lock(state_dir)?;
        // The size matters to those who write.
        let store = Segments::open(Arc::new(RealDisk), state_dir, &frames, &state_dir.join("index"), 0);
        let (tenure, torn) = store.look()?;
        Ok(Self { store, tenure, torn, _lock: lock })
    }

    /// What a torn batch left behind the last commit; the next start cuts it.
    pub fn torn_tail(&self) -> &TornTail {
        &self.torn
    }

    /// Entries that are recorded.
    pub fn size(&self) -> u64 {
        self.tenure.newest.as_ref().map_or(0, |commit| commit.size)
    }

    /// Cuts what a torn batch left, as the next start would.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub fn cut_torn_tail(self) -> Result<TornTail, LedgerError> {
        self.store.cut_torn_tail()?;
        Ok(self.torn)
    }

    /// Reads everything and derives the tree again: each state, each root, each signed checkpoint must be as recorded.
    /// `visit` is handed each entry, its index and its time, in order. Without keys signatures are not checked.
    ///
    /// # Errors
    /// The first thing that is wrong: [`LedgerError::SegmentDamaged`], [`LedgerError::HeadDiffers`], those of notes;
    /// [`LedgerError::Io`]
    pub fn verify(
        &self,
        keys: &[VerifierKey],
        mut visit: impl FnMut(u64, Timestamp, &[u8]),
    ) -> Result<Statistics, LedgerError> {
        let mut walk = Walk::default();
        for number in 0..u32::try_from(self.tenure.sections.len()).unwrap_or(u32::MAX) {
            let section = self.store.replay(number)?;
            walk.begin(&section)?;
            for (entries, commit) in section.batches {
                for entry in entries {
                    walk.take(&entry, |_, _| Ok(()))?;
                    visit(entry.index, entry.time, &entry.entry);
                }
                walk.commit(&commit, keys)?;
            }
        }
        match &self.tenure.newest {
            Some(newest) if walk.statistics.newest.as_ref() != Some(&newest.note) => Err(walk.differs()),
            _ => Ok(walk.statistics),
        }
    }

    /// Whether a note is the signed checkpoint of one of the commits.
    ///
    /// # Errors
    /// [`LedgerError::SegmentDamaged`], [`LedgerError::Io`], those of the checkpoint.
    pub fn has_checkpoint(&self, note: &[u8]) -> Result<bool, LedgerError> {
        let size = Checkpoint::from_unverified_note(note)?.size;
        let is_there = size <= self.size();
        Ok(is_there && self.last_commit(size).is_ok_and(|commit| commit.note.as_bytes() == note))
    }

    /// Writes the public files of the log anew, up to the last commit of at most `size` entries, into an empty folder.
    /// `progress` is told how many entries are written. Answers the checkpoint's note.
    ///
    /// # Errors
    /// As [`Self::verify`] without keys; [`LedgerError::IndexBeyondSize`] where no commit is that small.
    pub fn export(&self, folder: &Path, size: u64, mut progress: impl FnMut(u64)) -> Result<String, LedgerError> {
        let mut export = Export::new(folder, self.last_commit(size)?);
        let mut walk = Walk::default();
        for number in 0..u32::try_from(self.tenure.sections.len()).unwrap_or(u32::MAX) {
            let section = self.store.replay(number)?;
            walk.begin(&section)?;
            for (entries, commit) in section.batches {
                for entry in entries {
                    walk.take(&entry, |id, tile| export.tile(id, &tile.to_bytes()))?;
                    export.entry(&entry)?;
                    progress(entry.index + 1);
                }
                walk.commit(&commit, &[])?;
                if commit.size == export.until.size {
                    return export.end(&walk.edge);
                }
            }
        }
        Err(walk.differs())
    }

    /// The last commit of at most so many entries.
    fn last_commit(&self, size: u64) -> Result<CommitFrame, LedgerError> {
        let newest = self.tenure.newest.clone();
        let beyond = LedgerError::IndexBeyondSize { index: size, size: self.size() };
        if let Some(newest) = newest.filter(|newest| newest.size <= size) {
            return Ok(newest);
        }
        // The commit that recorded the first entry beyond the size, and so the one before it, lie in this section.
        let section = self.tenure.sections.partition_point(|first| *first <= size).checked_sub(1);
        let section = section.and_then(|section| u32::try_from(section).ok()).ok_or(beyond.clone())?;
        let before = (section > 0).then(|| self.store.replay(section - 1)).transpose()?;
        let sections = before.into_iter().chain([self.store.replay(section)?]);
        let mut commits = sections.flat_map(|section| section.batches).map(|(_, commit)| commit).rev();
        commits.find(|commit| commit.size <= size).ok_or(beyond)
    }
}

/// The tree as it grows, compared with what was recorded.
#[derive(Default)]
struct Walk {
    edge: Edge,
    statistics: Statistics,
}

impl Walk {
    fn differs(&self) -> LedgerError {
        LedgerError::HeadDiffers { size: self.edge.size() }
    }

    fn begin(&mut self, section: &Section) -> Result<(), LedgerError> {
        self.statistics.sections += 1;
        let is_next = section.state.as_ref().map_or(self.edge.size() == 0, |state| state.edge == self.edge);
        if is_next { Ok(()) } else { Err(self.differs()) }
    }

    fn take(
        &mut self,
        entry: &EntryFrame,
        full: impl FnMut(TileId, Tile) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let statistics = &mut self.statistics;
        let (first, last) = statistics.times.unwrap_or((entry.time, entry.time));
        if entry.index != self.edge.size() || entry.time < last {
            return Err(self.differs());
        }
        statistics.times = Some((first, entry.time));
        statistics.entries += 1;
        statistics.entry_bytes += entry.entry.len() as u64;
        statistics.with_evidence += u64::from(entry.evidence.is_some());
        self.edge.push(leaf_hash(&entry.entry), full)
    }

    fn commit(&mut self, commit: &CommitFrame, keys: &[VerifierKey]) -> Result<(), LedgerError> {
        let head: (u64, Hash) = (self.edge.size(), self.edge.root());
        let noted = if keys.is_empty() {
            Checkpoint::from_unverified_note(commit.note.as_bytes())?
        } else {
            Checkpoint::from_note(commit.note.as_bytes(), keys)?
        };
        if commit.head() != head || (noted.size, noted.root) != head {
            return Err(self.differs());
        }
        self.statistics.batches += 1;
        self.statistics.newest = Some(commit.note.clone());
        Ok(())
    }
}

/// Public files on their way into a folder.
struct Export {
    folder: PathBuf,
    until: CommitFrame,
    bundle: Vec<u8>,
}

impl Export {
    fn new(folder: &Path, until: CommitFrame) -> Self {
        Self { folder: folder.to_owned(), until, bundle: Vec::new() }
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), LedgerError> {
        let path = self.folder.join(path);
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).and_then(|()| fs::write(&path, bytes)).map_err(LedgerError::io("write", &path))
    }

    fn tile(&self, id: TileId, bytes: &[u8]) -> Result<(), LedgerError> {
        self.write(&id.path(), bytes)
    }

    fn entry(&mut self, entry: &EntryFrame) -> Result<(), LedgerError> {
        push_to_bundle(&mut self.bundle, &entry.entry)?;
        let size = entry.index + 1;
        if size.is_multiple_of(u64::from(TILE_WIDTH)) {
            let id = TileId { level: 0, index: entry.index / u64::from(TILE_WIDTH), width: TILE_WIDTH };
            let bundle = std::mem::take(&mut self.bundle);
            self.write(&id.bundle_path(), &bundle)?;
        }
        Ok(())
    }

    fn end(self, edge: &Edge) -> Result<String, LedgerError> {
        for (id, tile) in edge.partial_tiles() {
            self.write(&id.path(), &tile.to_bytes())?;
            if id.level == 0 {
                self.write(&id.bundle_path(), &self.bundle)?;
            }
        }
        self.write("checkpoint", self.until.note.as_bytes())?;
        Ok(self.until.note)
    }
}
