//! The frames by index: which segment, which byte, kept in memory for the newest segments alone.
//!
//! The places of older ones lie in a small file a segment, which is derived: a frame says its own index, so a wrong place
//! is seen, and the file is made again from the segment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::scan::Content;
use crate::LedgerError;
use crate::log::disk::Disk;
use crate::log::frame::{CommitFrame, EntryFrame, Frame, Place};
use crate::log::segment::{SegmentReader, first_number, segment_path};

/// Offsets of an entry's frame, and of the commit that recorded it.
pub(crate) type Places = [u32; 2];

/// Where the frames are.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    /// The first entry of each segment.
    firsts: Vec<u64>,
    size: u64,
    /// The places of segments that have no file for them yet; the last one is still growing.
    held: BTreeMap<u32, Vec<Places>>,
}

impl Positions {
    /// The positions of segments that were read up to now; those before them are looked up in the folder.
    ///
    /// # Errors
    /// [`LedgerError::SegmentDamaged`] when a segment does not begin with a frame; [`LedgerError::Io`]
    pub(crate) fn open(disk: &dyn Disk, folder: &Path, before: u32) -> Result<Self, LedgerError> {
        let firsts: Result<Vec<u64>, _> = (0..before).map(|segment| first_number(disk, folder, segment)).collect();
        let firsts = firsts?;
        match firsts.iter().zip(firsts.iter().skip(1)).position(|(first, next)| first > next) {
            Some(at) => {
                let path = segment_path(folder, u32::try_from(at).unwrap_or(u32::MAX));
                Err(LedgerError::SegmentDamaged { path, offset: 0 })
            }
            None => Ok(Self { firsts, size: 0, held: BTreeMap::new() }),
        }
    }

    /// Adds a batch: the offsets of its entries and of its commit.
    pub(crate) fn extend(&mut self, segment: u32, first: u64, entries: impl Iterator<Item = u32>, commit: u32) {
        if self.firsts.len() <= segment as usize {
            self.firsts.push(first);
        }
        let held = self.held.entry(segment).or_default();
        let before = held.len();
        held.extend(entries.map(|offset| [offset, commit]));
        self.size = first + (held.len() - before) as u64;
    }

    /// The older segment in which a commit reached this size, if any did.
    pub(crate) fn segment_of_commit(&self, size: u64) -> Option<u32> {
        let segment = self.firsts.partition_point(|first| *first < size).saturating_sub(1);
        u32::try_from(segment).ok()
    }

    /// The segment of an entry, and the place within it.
    fn locate(&self, index: u64) -> Option<(u32, usize)> {
        (index < self.size).then_some(())?;
        let segment = self.firsts.partition_point(|first| *first <= index).checked_sub(1)?;
        let at = usize::try_from(index - self.firsts.get(segment)?).ok()?;
        Some((u32::try_from(segment).ok()?, at))
    }
}

/// Reads frames while more are written.
pub(crate) struct FrameReader {
    segments: SegmentReader,
    /// Where the files of places lie.
    folder: PathBuf,
    positions: RwLock<Positions>,
}

impl FrameReader {
    pub(crate) fn new(disk: Arc<dyn Disk>, frames: &Path, index: &Path, positions: Positions) -> Self {
        let segments = SegmentReader::new(disk, frames);
        Self { segments, folder: index.to_owned(), positions: RwLock::new(positions) }
    }

    fn read(&self) -> RwLockReadGuard<'_, Positions> {
        self.positions.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Positions> {
        self.positions.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn disk(&self) -> &dyn Disk {
        self.segments.disk()
    }

    /// The folder of the segments.
    pub(crate) fn folder(&self) -> &Path {
        self.segments.folder()
    }

    /// The first entry of each segment.
    pub(crate) fn firsts(&self) -> Vec<u64> {
        self.read().firsts.clone()
    }

    /// The frame of an entry, and the commit that recorded it.
    ///
    /// # Errors
    /// [`LedgerError::IndexBeyondSize`], [`LedgerError::SegmentDamaged`], [`LedgerError::Io`]
    pub(crate) fn recorded(&self, index: u64) -> Result<(EntryFrame, CommitFrame), LedgerError> {
        let (entry, place) = self.entry_and_commit_place(index)?;
        match self.frame(place)? {
            Frame::Commit(commit) if commit.size > index => Ok((entry, commit)),
            Frame::Commit(_) | Frame::Entry(_) | Frame::State(_) => Err(self.damaged(place)),
        }
    }

    fn entry_and_commit_place(&self, index: u64) -> Result<(EntryFrame, Place), LedgerError> {
        let (segment, at, held) = {
            let positions = self.read();
            let beyond = LedgerError::IndexBeyondSize { index, size: positions.size };
            let (segment, at) = positions.locate(index).ok_or(beyond)?;
            (segment, at, positions.held.get(&segment).map(|places| places.get(at).copied()))
        };
        let place = |offset| Place { segment, offset };
        let found = match held {
            Some(places) => places,
            None => self.saved_places(segment, at),
        };
        if let Some([entry, commit]) = found
            && let Some(frame) = self.entry_at(place(entry), index)
        {
            return Ok((frame, place(commit)));
        }
        // A damaged file of places is made again; a damaged frame stays one.
        let places = places_of(&Content::read(self.disk(), self.folder(), segment, held.is_some())?);
        if held.is_none() {
            self.save(segment, &places)?;
        }
        let [entry, commit] = places.get(at).copied().ok_or_else(|| self.damaged(place(0)))?;
        let frame = self.entry_at(place(entry), index).ok_or_else(|| self.damaged(place(entry)))?;
        Ok((frame, place(commit)))
    }

    fn entry_at(&self, place: Place, index: u64) -> Option<EntryFrame> {
        match self.frame(place) {
            Ok(Frame::Entry(entry)) if entry.index == index => Some(entry),
            _ => None,
        }
    }

    fn frame(&self, place: Place) -> Result<Frame, LedgerError> {
        Frame::from_payload(&self.segments.payload(place)?).ok_or_else(|| self.damaged(place))
    }

    fn damaged(&self, place: Place) -> LedgerError {
        LedgerError::SegmentDamaged {
            path: segment_path(self.folder(), place.segment),
            offset: u64::from(place.offset),
        }
    }

    /// The places of an entry in the file of its segment, right or wrong.
    fn saved_places(&self, segment: u32, at: usize) -> Option<Places> {
        let mut bytes = [0; 8];
        let file = self.disk().open(&self.places_path(segment)).ok()?;
        file.read_exact_at(&mut bytes, at as u64 * 8).ok()?;
        let [entry, commit] = bytes.as_chunks::<4>().0 else { return None };
        Some([u32::from_le_bytes(*entry), u32::from_le_bytes(*commit)])
    }

    fn places_path(&self, segment: u32) -> PathBuf {
        self.folder.join(format!("{segment:010}.places"))
    }

    fn save(&self, segment: u32, places: &[Places]) -> Result<(), LedgerError> {
        let (path, writing) = (self.places_path(segment), self.folder.join(format!("{segment:010}.placing")));
        let bytes: Vec<u8> = places.iter().flatten().flat_map(|offset| offset.to_le_bytes()).collect();
        let written = self.disk().create(&writing).and_then(|file| file.write_all_at(&bytes, 0));
        let written = written.and_then(|()| self.disk().rename(&writing, &path));
        written.map_err(LedgerError::io("write", path))
    }

    /// Writes the places of a segment that no longer grows, and forgets them.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn let_go(&self, segment: u32) -> Result<(), LedgerError> {
        let Some(places) = self.read().held.get(&segment).cloned() else { return Ok(()) };
        self.save(segment, &places)?;
        self.write().held.remove(&segment);
        Ok(())
    }
}

fn places_of(content: &Content) -> Vec<Places> {
    let batches = content.batches.iter();
    batches.flat_map(|batch| batch.entries.iter().map(|(offset, _)| [*offset, batch.offset])).collect()
}
