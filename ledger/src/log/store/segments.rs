//! A store of segments: one file a section, prezeroed, so that a commit is one write and one sync.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::places::{FrameReader, Positions};
use super::scan::Content;
use super::signed_head::{self, SignedHead};
use super::{Bundle, Head, Refused, Section, Store, Tenure};
use crate::LedgerError;
use crate::log::disk::Disk;
use crate::log::frame::{CommitFrame, EntryFrame, Place};
use crate::log::segment::{SegmentWriter, frame_bytes, is_spare, read_segment, segment_numbers, segment_path};
use crate::merkle::empty_root;

/// Segments in one folder, beside them the epoch and the head that was signed last.
pub(crate) struct Segments {
    disk: Arc<dyn Disk>,
    state: PathBuf,
    segment_bytes: usize,
    frames: FrameReader,
    appender: Mutex<Appender>,
}

/// What lies behind the last commit: of a batch that was never acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The segment with the last commit.
    pub path: PathBuf,
    /// Where the commit ends.
    pub offset: u64,
    /// Bytes behind it, up to the last one that is not zero; none in a log that was closed.
    pub bytes: u64,
}

#[derive(Default)]
struct Appender {
    epoch: u64,
    newest: Option<CommitFrame>,
    /// Behind the last commit; everything there is cut before anything is written.
    end: Option<Place>,
    sequence: u64,
    signed_head: Option<SignedHead>,
    /// Open from the first commit of the tenure on.
    writer: Option<SegmentWriter>,
    /// A write failed: only reading the disk again tells what it holds.
    is_unknown: bool,
}

impl Segments {
    /// The segments in `frames` of a state folder, of so many bytes each; places that are looked up go into `places`.
    pub(crate) fn open(disk: Arc<dyn Disk>, state: &Path, frames: &Path, places: &Path, segment_bytes: usize) -> Self {
        let frames = FrameReader::new(Arc::clone(&disk), frames, places, Positions::default());
        Self { disk, state: state.to_owned(), segment_bytes, frames, appender: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Appender> {
        self.appender.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses segments that lack what was signed.
    fn judge(&self, signed_head: Option<Head>, tail: &Tail) -> Result<(), LedgerError> {
        let found = tail.newest.as_ref().map(|commit| commit.size);
        if let Some((segment, (size, _), offset)) = tail.torn
            && signed_head.is_some_and(|(signed, _)| signed >= size)
        {
            // It was acknowledged, so it was not torn.
            let path = segment_path(self.frames.folder(), segment);
            return Err(LedgerError::SegmentDamaged { path, offset: offset as u64 });
        }
        match (signed_head, found) {
            // Of a log without entries nothing was acknowledged: it may have died before it noted its first head.
            (None, Some(found)) if found > 0 => {
                Err(LedgerError::StateFile { path: self.state.join(signed_head::NAME) })
            }
            (Some((signed, _)), _) if signed > found.unwrap_or(0) => {
                Err(LedgerError::RolledBack { signed, found: found.unwrap_or(0) })
            }
            (None | Some((0, _)), _) => Ok(()),
            // After a power cut the head may be older than the segments that were read.
            (Some(head), _) if !tail.heads.contains(&head) && !self.is_committed(tail, head)? => {
                Err(LedgerError::HeadDiffers { size: head.0 })
            }
            (Some(_), _) => Ok(()),
        }
    }

    /// Whether a commit in one of the segments before those that were read has this size and root.
    fn is_committed(&self, tail: &Tail, head: Head) -> Result<bool, LedgerError> {
        let segment = tail.positions.segment_of_commit(head.0);
        let Some(segment) = segment.filter(|segment| *segment < tail.from) else { return Ok(false) };
        let content = Content::read(self.disk.as_ref(), self.frames.folder(), segment, false)?;
        Ok(content.batches.iter().any(|batch| batch.commit.head() == head))
    }

    /// Makes the next epoch durable, and answers it.
    fn next_epoch(&self) -> Result<u64, LedgerError> {
        let (path, writing) = (self.state.join("epoch"), self.state.join("epoch.next"));
        let damaged = || LedgerError::StateFile { path: path.clone() };
        let last = match self.disk.read(&path) {
            Ok(bytes) => {
                String::from_utf8(bytes).ok().and_then(|text| text.trim_end().parse().ok()).ok_or_else(damaged)?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0_u64,
            Err(error) => return Err(LedgerError::io("read", path)(error)),
        };
        let epoch = last.checked_add(1).ok_or_else(damaged)?;
        let write = || {
            let file = self.disk.create(&writing)?;
            file.write_all_at(format!("{epoch}\n").as_bytes(), 0)?;
            file.sync()?;
            self.disk.rename(&writing, &path)?;
            self.disk.sync_folder(&self.state)
        };
        write().map_err(LedgerError::io("write", &path))?;
        Ok(epoch)
    }

    /// Removes segments behind the last commit's: they hold what was never committed, and would be taken for damage once
    /// the log went on before them.
    fn remove_behind(&self, segment: u32) -> Result<(), LedgerError> {
        let folder = self.frames.folder();
        let numbers = segment_numbers(self.disk.as_ref(), folder)?;
        // The last one first, and each for good: there is never a gap.
        for number in numbers.into_iter().rev().take_while(|number| *number > segment) {
            let path = segment_path(folder, number);
            let removed = self.disk.remove(&path).and_then(|()| self.disk.sync_folder(folder));
            removed.map_err(LedgerError::io("remove", path))?;
        }
        Ok(())
    }

    /// Makes ready to write behind the last commit: what is there of a torn batch is cut.
    fn open_writer(&self, appender: &mut Appender) -> Result<(), LedgerError> {
        if appender.writer.is_some() {
            return Ok(());
        }
        let end = appender.end.unwrap_or(Place { segment: 0, offset: 0 });
        self.remove_behind(end.segment)?;
        let (disk, folder) = (Arc::clone(&self.disk), self.frames.folder());
        appender.writer = Some(SegmentWriter::open(disk, folder, self.segment_bytes, end, appender.sequence)?);
        Ok(())
    }

    /// What the store holds, and what a torn batch left behind it. Nothing is written, and nothing can be.
    ///
    /// # Errors
    /// As [`Store::acquire`].
    pub(crate) fn look(&self) -> Result<(Tenure, TornTail), LedgerError> {
        let disk = self.disk.as_ref();
        let tail = Tail::read(disk, self.frames.folder())?;
        self.judge(SignedHead::look(disk, &self.state)?, &tail)?;
        let torn = self.torn_tail(tail.end)?;
        *self.frames.write() = tail.positions;
        self.lock().newest.clone_from(&tail.newest);
        Ok((Tenure { epoch: 0, newest: tail.newest, sections: self.frames.firsts() }, torn))
    }

    fn torn_tail(&self, end: Option<Place>) -> Result<TornTail, LedgerError> {
        let (disk, folder) = (self.disk.as_ref(), self.frames.folder());
        let end = end.unwrap_or(Place { segment: 0, offset: 0 });
        let mut torn = TornTail { path: segment_path(folder, end.segment), offset: end.offset.into(), bytes: 0 };
        for segment in segment_numbers(disk, folder)?.into_iter().filter(|segment| *segment >= end.segment) {
            let from = if segment == end.segment { end.offset as usize } else { 0 };
            let bytes = read_segment(disk, folder, segment)?;
            let behind = bytes.get(from..).unwrap_or_default();
            torn.bytes += behind.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1);
        }
        Ok(torn)
    }

    /// Cuts what a torn batch left, as the next commit would.
    ///
    /// # Errors
    /// As [`Store::acquire`]; [`LedgerError::Io`]
    pub(crate) fn cut_torn_tail(&self) -> Result<(), LedgerError> {
        self.acquire()?;
        let mut appender = self.lock();
        self.open_writer(&mut appender)
    }

    /// Writes an admitted bundle.
    fn write(&self, appender: &mut Appender, bundle: &Bundle) -> Result<(), Refused> {
        self.open_writer(appender).map_err(Refused::Unavailable)?;
        let Some(writer) = &mut appender.writer else { return Err(Refused::Unknown(LedgerError::LogDead)) };
        let before = writer.place().map_err(Refused::Unavailable)?.segment;
        if bundle.begins.is_some() {
            writer.next_segment(bundle.bytes()).map_err(Refused::Unavailable)?;
        }
        let written = push(writer, bundle).and_then(|places| {
            writer.take().map_or(Err(LedgerError::LogDead), |chunk| chunk.commit())?;
            Ok(places)
        });
        let noted = written.and_then(|places| {
            let head = appender.signed_head.as_mut().map(|file| file.advance(bundle.commit.head()));
            head.unwrap_or(Err(LedgerError::LogDead)).map(|()| places)
        });
        let (entries, commit) = noted.map_err(|error| {
            appender.is_unknown = true;
            Refused::Unknown(error)
        })?;
        let first = bundle.commit.size - bundle.entries.len() as u64;
        self.frames.write().extend(commit.segment, first, entries.iter().map(|place| place.offset), commit.offset);
        if before != commit.segment {
            // What is not written stays in memory.
            let _ = self.frames.let_go(before);
        }
        appender.newest = Some(bundle.commit.clone());
        Ok(())
    }
}

/// Pushes the frames of a bundle; answers the places of the entries, and of the commit.
fn push(writer: &mut SegmentWriter, bundle: &Bundle) -> Result<(Vec<Place>, Place), LedgerError> {
    writer.make_room(bundle.bytes());
    if let Some(state) = &bundle.begins {
        writer.push(|payload| {
            state.write_payload(payload);
            Some(())
        })?;
    }
    let entries: Result<Vec<Place>, _> =
        bundle.entries.iter().map(|entry| writer.push(|payload| entry.write_payload(payload))).collect();
    let commit = writer.push(|payload| {
        bundle.commit.write_payload(payload);
        Some(())
    })?;
    Ok((entries?, commit))
}

impl Bundle {
    /// Bytes that the bundle takes in a segment, at most.
    pub(crate) fn bytes(&self) -> usize {
        let state = self.begins.as_ref().map_or(0, |state| frame_bytes(state.payload_bytes()));
        let entries: usize = self.entries.iter().map(|entry| frame_bytes(entry.payload_bytes())).sum();
        state + entries + frame_bytes(self.commit.payload_bytes())
    }
}

impl Store for Segments {
    fn acquire(&self) -> Result<Tenure, LedgerError> {
        let mut appender = self.lock();
        // Whatever follows, the tenures before this one are over.
        *appender = Appender { epoch: self.next_epoch()?, is_unknown: true, ..Appender::default() };
        let mut signed_head = SignedHead::open(self.disk.as_ref(), &self.state)?;
        let tail = Tail::read(self.disk.as_ref(), self.frames.folder())?;
        self.judge(signed_head.latest(), &tail)?;
        signed_head.repair((0, empty_root()))?;
        *self.frames.write() = tail.positions;
        appender.newest.clone_from(&tail.newest);
        (appender.end, appender.sequence) = (tail.end, tail.sequence);
        appender.signed_head = Some(signed_head);
        appender.is_unknown = false;
        Ok(Tenure { epoch: appender.epoch, newest: tail.newest, sections: self.frames.firsts() })
    }

    fn commit(&self, epoch: u64, expected: Option<Head>, bundle: &Bundle) -> Result<(), Refused> {
        let mut appender = self.lock();
        if epoch == appender.epoch && appender.is_unknown {
            return Err(Refused::Unknown(LedgerError::LogDead));
        }
        super::admit(epoch, appender.epoch, expected, appender.newest.as_ref(), bundle)?;
        self.write(&mut appender, bundle)
    }

    fn entry(&self, index: u64) -> Result<(EntryFrame, CommitFrame), LedgerError> {
        self.frames.recorded(index)
    }

    fn replay(&self, section: u32) -> Result<Section, LedgerError> {
        let sections = self.frames.firsts().len();
        if section as usize >= sections {
            return Ok(Section::default());
        }
        let is_last = section as usize + 1 == sections;
        // The last segment is read while nobody writes to it.
        let appender = is_last.then(|| self.lock());
        let content = Content::read(self.disk.as_ref(), self.frames.folder(), section, is_last)?;
        let newest = appender.as_ref().map(|appender| appender.newest.as_ref().map_or(0, |commit| commit.size));
        let batches = content.batches.into_iter().filter(|batch| newest.is_none_or(|size| batch.commit.size <= size));
        let batches = batches.map(|batch| {
            let entries = batch.entries.into_iter().map(|(_, entry)| entry).collect();
            (entries, batch.commit)
        });
        Ok(Section { state: content.state, batches: batches.collect() })
    }
}

/// The newest segments, back to the one with the last commit.
#[derive(Default)]
struct Tail {
    /// The first segment that was read.
    from: u32,
    positions: Positions,
    newest: Option<CommitFrame>,
    /// All heads that were read.
    heads: Vec<Head>,
    /// Behind the last commit.
    end: Option<Place>,
    sequence: u64,
    /// The head of a batch that seems torn, its segment, and where.
    torn: Option<(u32, Head, usize)>,
}

impl Tail {
    fn read(disk: &dyn Disk, folder: &Path) -> Result<Self, LedgerError> {
        let mut segments = segment_numbers(disk, folder)?;
        if let [.., _, last] = segments[..]
            && is_spare(disk, folder, last)?
        {
            segments.pop();
        }
        let mut tail = Self::default();
        let Some(last) = segments.last().copied() else { return Ok(tail) };
        let mut contents = VecDeque::from([Content::read(disk, folder, last, true)?]);
        let mut from = last;
        while from > 0 && contents.iter().all(|content| content.batches.is_empty()) {
            from -= 1;
            contents.push_front(Content::read(disk, folder, from, false)?);
        }
        tail.from = from;
        tail.positions = Positions::open(disk, folder, from)?;
        for (segment, content) in (from..).zip(contents) {
            tail.torn = content.torn.map(|(head, at)| (segment, head, at));
            // Frames without a commit were left by a crash; their numbers are used again.
            if !content.batches.is_empty() {
                tail.take(segment, content);
            }
        }
        Ok(tail)
    }

    fn take(&mut self, segment: u32, content: Content) {
        let mut first = content.state.as_ref().map_or(0, |state| state.edge.size());
        self.sequence = content.next_sequence;
        for batch in content.batches {
            let offsets = batch.entries.iter().map(|(offset, _)| *offset);
            self.positions.extend(segment, first, offsets, batch.offset);
            first = batch.commit.size;
            self.heads.push(batch.commit.head());
            self.end = Some(Place { segment, offset: batch.end });
            self.newest = Some(batch.commit);
        }
    }
}
