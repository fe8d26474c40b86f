//! Segments: prezeroed files of frames, each frame its length, a sequence number, the payload and a CRC-32C.
//!
//! Prezeroing is what makes a batch cheap: a sync of bytes that the file already had writes no metadata.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::LedgerError;
use crate::log::disk::{Disk, DiskFile};
use crate::log::frame::Place;

/// Length and sequence number in front of a payload.
pub(crate) const HEADER_BYTES: usize = 12;
/// The CRC behind it.
const TRAILER_BYTES: usize = 4;
/// Frames begin at multiples of this, so that a search for one needs to look there only.
const ALIGNMENT: usize = 8;
/// Open files that a reader keeps.
const OPEN_FILES_MAX: usize = 64;
/// Zeroes written at once.
const ZEROES_BYTES: usize = 1 << 18;
/// Zeroes synced at once: a whole segment of them would hold up the batches that are synced meanwhile.
const ZEROES_SYNCED: usize = 1 << 20;

/// Bytes that a frame takes in its segment.
pub(crate) fn frame_bytes(payload: usize) -> usize {
    (HEADER_BYTES + payload + TRAILER_BYTES).next_multiple_of(ALIGNMENT)
}

/// The frame that begins at `at`, with its payload and the place behind it; `None` where there is no whole one.
pub(crate) fn frame_at(segment: &[u8], at: usize) -> Option<(u64, &[u8], usize)> {
    let (header, rest) = segment.get(at..)?.split_first_chunk::<HEADER_BYTES>()?;
    let [a, b, c, d, sequence @ ..] = *header;
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    if length == 0 {
        return None;
    }
    let (payload, rest) = rest.split_at_checked(length)?;
    let (crc, rest) = rest.split_first_chunk::<TRAILER_BYTES>()?;
    let padding = rest.get(..frame_bytes(length) - HEADER_BYTES - length - TRAILER_BYTES)?;
    let good = u32::from_le_bytes(*crc) == crc32c::crc32c_append(crc32c::crc32c(header), payload)
        && padding.iter().all(|byte| *byte == 0);
    good.then(|| (u64::from_le_bytes(sequence), payload, at + frame_bytes(length)))
}

/// Appends a frame whose payload `write` appends; `None`, with the buffer as it was, where that makes none.
fn push_frame(buffer: &mut Vec<u8>, sequence: u64, write: impl FnOnce(&mut Vec<u8>) -> Option<()>) -> Option<()> {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; 4]);
    buffer.extend_from_slice(&sequence.to_le_bytes());
    let written = write(buffer).and_then(|()| {
        let bytes = buffer.len() - start - HEADER_BYTES;
        let length = u32::try_from(bytes).ok().filter(|length| *length > 0)?;
        buffer.get_mut(start..start + 4)?.copy_from_slice(&length.to_le_bytes());
        let crc = crc32c::crc32c(buffer.get(start..)?);
        buffer.extend_from_slice(&crc.to_le_bytes());
        buffer.resize(start + frame_bytes(bytes), 0);
        Some(())
    });
    if written.is_none() {
        buffer.truncate(start);
    }
    written
}

/// The file of a segment.
pub(crate) fn segment_path(folder: &Path, segment: u32) -> PathBuf {
    folder.join(format!("{segment:010}.segment"))
}

/// Numbers of the segments in a folder, which must follow each other from 0.
///
/// # Errors
/// [`LedgerError::SegmentDamaged`] when one is missing, [`LedgerError::Io`]
pub(crate) fn segment_numbers(disk: &dyn Disk, folder: &Path) -> Result<Vec<u32>, LedgerError> {
    let names = disk.list(folder).map_err(LedgerError::io("list", folder))?;
    let number = |name: &String| name.strip_suffix(".segment").and_then(|number| number.parse().ok());
    let mut numbers: Vec<u32> = names.iter().filter_map(number).collect();
    numbers.sort_unstable();
    match (0..).zip(&numbers).find(|(expected, number)| expected != *number) {
        Some((missing, _)) => Err(LedgerError::SegmentDamaged { path: segment_path(folder, missing), offset: 0 }),
        None => Ok(numbers),
    }
}

/// Bytes of a segment as the disk holds them.
pub(crate) fn read_segment(disk: &dyn Disk, folder: &Path, segment: u32) -> Result<Vec<u8>, LedgerError> {
    let path = segment_path(folder, segment);
    disk.read(&path).map_err(LedgerError::io("read", path))
}

/// The number that the first frame of a segment says behind its kind: the index of its entry, or the size of its state
/// or commit. Not checked: whoever reads the frames sees whether it is right.
///
/// # Errors
/// [`LedgerError::Io`]
pub(crate) fn first_number(disk: &dyn Disk, folder: &Path, segment: u32) -> Result<u64, LedgerError> {
    let path = segment_path(folder, segment);
    let mut number = [0; 8];
    let file = disk.open(&path).map_err(LedgerError::io("open", &path))?;
    file.read_exact_at(&mut number, HEADER_BYTES as u64 + 1).map_err(LedgerError::io("read", path))?;
    Ok(u64::from_le_bytes(number))
}

/// The one writer of a folder of segments: it gives frames their places, and hands out what is to be written.
///
/// Another segment is made ready by a thread of its own once the current one is half full, so that no batch waits for it.
pub(crate) struct SegmentWriter {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    segment_bytes: usize,
    segment: u32,
    file: Arc<dyn DiskFile>,
    capacity: usize,
    /// Behind the last frame that was pushed.
    offset: usize,
    sequence: u64,
    /// Frames that were pushed and not taken.
    batch: Vec<u8>,
    spare: Option<JoinHandle<Result<Arc<dyn DiskFile>, LedgerError>>>,
}

/// Frames that lie side by side in one segment, to be written and synced at once.
pub(crate) struct Chunk {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    offset: u64,
    bytes: Vec<u8>,
}

impl Chunk {
    /// Writes the frames and waits until the disk holds them.
    ///
    /// # Errors
    /// [`LedgerError::Io`]: what the disk holds is unknown then, and nothing more may be written.
    pub(crate) fn commit(&self) -> Result<(), LedgerError> {
        let written = self.file.write_all_at(&self.bytes, self.offset).and_then(|()| self.file.sync());
        written.map_err(LedgerError::io("write", &self.path))
    }
}

impl SegmentWriter {
    /// Goes on writing at a place: the end of what is recorded. Bytes behind it are set to zero and synced first; they
    /// are of a batch that was never committed.
    ///
    /// # Errors
    /// [`LedgerError::StorageFull`], [`LedgerError::Io`]
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        folder: &Path,
        segment_bytes: usize,
        end: Place,
        sequence: u64,
    ) -> Result<Self, LedgerError> {
        let path = segment_path(folder, end.segment);
        let file = match disk.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                prezero(disk.as_ref(), folder, end.segment, segment_bytes)?
            }
            file => file.map_err(LedgerError::io("open", &path))?,
        };
        // Whoever made the file may have died before its name was for good.
        disk.sync_folder(folder).map_err(LedgerError::io("sync", folder))?;
        let offset = end.offset as usize;
        let capacity =
            cut_tail(disk.as_ref(), &path, file.as_ref(), offset).map_err(LedgerError::io("cut the tail of", &path))?;
        let (folder, segment, batch, spare) = (folder.to_owned(), end.segment, Vec::new(), None);
        Ok(Self { disk, folder, segment_bytes, segment, file, capacity, offset, sequence, batch, spare })
    }

    /// Whether the segment has room for so many bytes more.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.offset + bytes <= self.capacity
    }

    /// Lets the segment grow beyond what was prezeroed, where so many bytes would not fit: slower, and never needed by
    /// batches of the usual size.
    pub(crate) fn make_room(&mut self, bytes: usize) {
        self.capacity = self.capacity.max(self.offset + bytes);
    }

    /// Begins the next segment, with room for at least so many bytes. A batch never lies in two segments, so that one
    /// sync is enough: what was pushed must have been taken.
    ///
    /// # Errors
    /// [`LedgerError::StorageFull`] when there is no room for another segment; nothing has changed then.
    pub(crate) fn next_segment(&mut self, bytes: usize) -> Result<(), LedgerError> {
        let spare = self.spare.take().and_then(|thread| thread.join().ok()).and_then(Result::ok);
        let file = match spare {
            Some(file) if bytes <= self.segment_bytes => file,
            // No spare, or one too small for this batch, or it failed for want of room that is there now.
            _ => prezero(self.disk.as_ref(), &self.folder, self.segment + 1, self.segment_bytes.max(bytes))?,
        };
        self.file = file;
        self.segment += 1;
        (self.capacity, self.offset) = (self.segment_bytes.max(bytes), 0);
        Ok(())
    }

    /// Where the next pushed frame will begin.
    pub(crate) fn place(&self) -> Result<Place, LedgerError> {
        let offset = u32::try_from(self.offset).map_err(|_| LedgerError::StorageFull)?;
        Ok(Place { segment: self.segment, offset })
    }

    /// The sequence number of the next frame.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Adds a frame whose payload `write` appends; there must be room.
    ///
    /// # Errors
    /// [`LedgerError::StorageFull`] when there is none, or the payload is none; nothing has changed then.
    pub(crate) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Option<()>) -> Result<Place, LedgerError> {
        let (place, start) = (self.place()?, self.batch.len());
        push_frame(&mut self.batch, self.sequence, write).ok_or(LedgerError::StorageFull)?;
        let bytes = self.batch.len() - start;
        if !self.has_room(bytes) {
            self.batch.truncate(start);
            return Err(LedgerError::StorageFull);
        }
        self.sequence += 1;
        self.offset += bytes;
        if self.spare.is_none() && self.offset > self.capacity / 2 && self.disk.has_background() {
            self.prepare_spare();
        }
        Ok(place)
    }

    /// What was pushed since the last call.
    pub(crate) fn take(&mut self) -> Option<Chunk> {
        if self.batch.is_empty() {
            return None;
        }
        let room = Vec::with_capacity(self.batch.len());
        let bytes = std::mem::replace(&mut self.batch, room);
        let path = segment_path(&self.folder, self.segment);
        Some(Chunk { path, file: Arc::clone(&self.file), offset: (self.offset - bytes.len()) as u64, bytes })
    }

    fn prepare_spare(&mut self) {
        let (disk, folder) = (Arc::clone(&self.disk), self.folder.clone());
        let (segment, bytes) = (self.segment + 1, self.segment_bytes);
        let thread = thread::Builder::new().name("ledger spare".to_owned());
        // Without the thread the next segment is prepared when it is needed.
        self.spare = thread.spawn(move || prezero(disk.as_ref(), &folder, segment, bytes)).ok();
    }
}

/// Sets everything behind a place to zero that is not, and syncs it; answers the length of the file.
///
/// What is there the disk is asked itself: after a failed sync the page cache shows zeroes that were never written.
fn cut_tail(disk: &dyn Disk, path: &Path, file: &dyn DiskFile, from: usize) -> io::Result<usize> {
    let bytes = disk.read(path)?;
    let zeroes = vec![0; ZEROES_BYTES];
    let mut is_cut = false;
    for at in (from..bytes.len()).step_by(ZEROES_BYTES) {
        let block = bytes.get(at..bytes.len().min(at + ZEROES_BYTES)).unwrap_or_default();
        let zero = zeroes.get(..block.len()).unwrap_or_default();
        if block != zero {
            file.write_all_at(zero, at as u64)?;
            is_cut = true;
        }
    }
    if is_cut {
        file.sync()?;
    }
    Ok(bytes.len())
}

impl Drop for SegmentWriter {
    fn drop(&mut self) {
        if let Some(spare) = self.spare.take() {
            let _ = spare.join();
        }
    }
}

/// Makes a segment of zeroes that is durable under its name, or leaves nothing.
fn prezero(disk: &dyn Disk, folder: &Path, segment: u32, bytes: usize) -> Result<Arc<dyn DiskFile>, LedgerError> {
    let (path, preparing) = (segment_path(folder, segment), folder.join(format!("{segment:010}.preparing")));
    let made = write_zeroes(disk, &preparing, bytes).and_then(|file| {
        disk.rename(&preparing, &path)?;
        disk.sync_folder(folder)?;
        Ok(file)
    });
    made.map_err(|error| {
        let _ = disk.remove(&preparing);
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => LedgerError::StorageFull,
            kind => LedgerError::Io { action: "prepare", path, kind },
        }
    })
}

/// Whether nothing was ever written to a segment: it was made ready and not needed yet.
///
/// # Errors
/// [`LedgerError::Io`]
pub(crate) fn is_spare(disk: &dyn Disk, folder: &Path, segment: u32) -> Result<bool, LedgerError> {
    // The first bytes spare reading the rest of most.
    Ok(first_number(disk, folder, segment)? == 0 && read_segment(disk, folder, segment)?.iter().all(|byte| *byte == 0))
}

fn write_zeroes(disk: &dyn Disk, path: &Path, bytes: usize) -> io::Result<Arc<dyn DiskFile>> {
    let file = disk.create(path)?;
    let zeroes = vec![0; ZEROES_BYTES];
    let mut written = 0;
    while written < bytes {
        let block = zeroes.get(..(bytes - written).min(ZEROES_BYTES)).unwrap_or_default();
        file.write_all_at(block, written as u64)?;
        written += block.len();
        if written.is_multiple_of(ZEROES_SYNCED) || written == bytes {
            file.sync()?;
        }
    }
    Ok(file)
}

/// Reads single frames while the writer goes on.
pub(crate) struct SegmentReader {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    files: Mutex<BTreeMap<u32, Arc<dyn DiskFile>>>,
}

impl SegmentReader {
    pub(crate) fn new(disk: Arc<dyn Disk>, folder: &Path) -> Self {
        Self { disk, folder: folder.to_owned(), files: Mutex::default() }
    }

    pub(crate) fn disk(&self) -> &dyn Disk {
        self.disk.as_ref()
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The payload of a frame.
    ///
    /// # Errors
    /// [`LedgerError::SegmentDamaged`] when its CRC does not hold, [`LedgerError::Io`]
    pub(crate) fn payload(&self, place: Place) -> Result<Vec<u8>, LedgerError> {
        let path = segment_path(&self.folder, place.segment);
        let damaged = || LedgerError::SegmentDamaged { path: path.clone(), offset: u64::from(place.offset) };
        let failed = LedgerError::io("read", &path);
        let file = self.file(place.segment, &path)?;
        let read = || -> io::Result<Option<Vec<u8>>> {
            let mut length = [0; 4];
            file.read_exact_at(&mut length, u64::from(place.offset))?;
            let bytes = frame_bytes(u32::from_le_bytes(length) as usize);
            if u64::from(place.offset) + bytes as u64 > file.bytes()? {
                return Ok(None);
            }
            let mut frame = vec![0; bytes];
            file.read_exact_at(&mut frame, u64::from(place.offset))?;
            Ok(frame_at(&frame, 0).map(|(_, payload, _)| payload.to_vec()))
        };
        read().map_err(failed)?.ok_or_else(damaged)
    }

    fn file(&self, segment: u32, path: &Path) -> Result<Arc<dyn DiskFile>, LedgerError> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(&segment) {
            return Ok(Arc::clone(file));
        }
        if files.len() >= OPEN_FILES_MAX {
            files.clear();
        }
        let file = self.disk.open(path).map_err(LedgerError::io("open", path))?;
        files.insert(segment, Arc::clone(&file));
        Ok(file)
    }
}

/// The payloads of whole frames anywhere behind a break, with a number that a later frame would have, or any where no
/// frame was before.
pub(crate) fn frames_behind(segment: &[u8], at: usize, sequence: Option<u64>) -> impl Iterator<Item = &[u8]> {
    (at.next_multiple_of(ALIGNMENT)..segment.len()).step_by(ALIGNMENT).filter_map(move |at| {
        // Looking at the number first spares the CRC of a chance length.
        let number = u64::from_le_bytes(*segment.get(at + 4..)?.first_chunk()?);
        let later = sequence.is_none_or(|from| (from..from.saturating_add(segment.len() as u64)).contains(&number));
        let (_, payload, _) = later.then(|| frame_at(segment, at)).flatten()?;
        Some(payload)
    })
}
