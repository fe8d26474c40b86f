//! Segments: prezeroed files of frames, each frame its length, a sequence number, the payload and a CRC-32C.
//!
//! Prezeroing is what makes a batch cheap: a sync of bytes that the file already had writes no metadata.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::LedgerError;
use crate::log::frame::Place;

/// Length and sequence number in front of a payload.
const HEADER_BYTES: usize = 12;
/// The CRC behind it.
const TRAILER_BYTES: usize = 4;
/// Frames begin at multiples of this, so that a search for one needs to look there only.
const ALIGNMENT: usize = 8;
/// Open files that a reader keeps.
const OPEN_FILES_MAX: usize = 64;
/// Bytes read at once past the page cache, and their alignment.
const BLOCK_BYTES: usize = 1 << 14;

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

fn push_frame(buffer: &mut Vec<u8>, sequence: u64, payload: &[u8]) -> Option<()> {
    let start = buffer.len();
    buffer.extend_from_slice(&u32::try_from(payload.len()).ok()?.to_le_bytes());
    buffer.extend_from_slice(&sequence.to_le_bytes());
    buffer.extend_from_slice(payload);
    let crc = crc32c::crc32c(buffer.get(start..)?);
    buffer.extend_from_slice(&crc.to_le_bytes());
    buffer.resize(start + frame_bytes(payload.len()), 0);
    Some(())
}

/// The file of a segment.
pub(crate) fn segment_path(folder: &Path, segment: u32) -> PathBuf {
    folder.join(format!("{segment:010}.segment"))
}

/// Numbers of the segments in a folder, which must follow each other from 0.
///
/// # Errors
/// [`LedgerError::SegmentDamaged`] when one is missing, [`LedgerError::Io`]
pub(crate) fn segment_numbers(folder: &Path) -> Result<Vec<u32>, LedgerError> {
    let mut numbers: Vec<u32> = Vec::new();
    for item in fs::read_dir(folder).map_err(LedgerError::io("list", folder))? {
        let name = item.map_err(LedgerError::io("list", folder))?.file_name();
        let number: Option<u32> =
            name.to_str().and_then(|name| name.strip_suffix(".segment")).and_then(|number| number.parse().ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    match (0..).zip(&numbers).find(|(expected, number)| expected != *number) {
        Some((missing, _)) => Err(LedgerError::SegmentDamaged { path: segment_path(folder, missing), offset: 0 }),
        None => Ok(numbers),
    }
}

/// Bytes of a segment as the disk holds them: past the page cache, which may hold what a failed sync lost.
pub(crate) fn read_segment(folder: &Path, segment: u32) -> Result<Vec<u8>, LedgerError> {
    let path = segment_path(folder, segment);
    read_direct(&path).or_else(|_| fs::read(&path)).map_err(LedgerError::io("read", path))
}

#[repr(align(4096))]
struct Block([u8; BLOCK_BYTES]);

/// Fails on file systems without `O_DIRECT`.
fn read_direct(path: &Path) -> io::Result<Vec<u8>> {
    let direct = i32::try_from(rustix::fs::OFlags::DIRECT.bits()).map_err(io::Error::other)?;
    let mut file = OpenOptions::new().read(true).custom_flags(direct).open(path)?;
    let mut block = Box::new(Block([0; BLOCK_BYTES]));
    let mut bytes = Vec::new();
    loop {
        let read = file.read(&mut block.0)?;
        bytes.extend_from_slice(block.0.get(..read).unwrap_or_default());
        if read < BLOCK_BYTES {
            return Ok(bytes);
        }
    }
}

/// The one writer of a folder of segments.
pub(crate) struct SegmentWriter {
    folder: PathBuf,
    segment_bytes: usize,
    segment: u32,
    file: File,
    /// Bytes that the current segment has in all.
    capacity: usize,
    /// Where the next frame begins.
    offset: usize,
    sequence: u64,
    /// Frames pushed and not written yet, as they will lie at `offset`.
    batch: Vec<u8>,
}

impl SegmentWriter {
    /// Opens the segment that holds `end`, makes sure that only zeroes lie behind `end`, and drops later segments.
    ///
    /// # Errors
    /// [`LedgerError::StorageFull`], [`LedgerError::Io`]
    pub(crate) fn open(folder: &Path, segment_bytes: usize, end: Place, sequence: u64) -> Result<Self, LedgerError> {
        let path = segment_path(folder, end.segment);
        if !path.exists() {
            prezero(folder, end.segment, segment_bytes)?;
        }
        for later in segment_numbers(folder)?.into_iter().filter(|number| *number > end.segment) {
            let path = segment_path(folder, later);
            fs::remove_file(&path).map_err(LedgerError::io("remove", path))?;
        }
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(LedgerError::io("open", &path))?;
        let bytes = read_segment(folder, end.segment)?;
        let offset = end.offset as usize;
        let tail = bytes.get(offset..).unwrap_or_default();
        if tail.iter().any(|byte| *byte != 0) {
            let cut = file.write_all_at(&vec![0; tail.len()], offset as u64).and_then(|()| file.sync_data());
            cut.map_err(LedgerError::io("cut the tail of", &path))?;
        }
        let folder = folder.to_owned();
        let (segment, capacity) = (end.segment, bytes.len());
        Ok(Self { folder, segment_bytes, segment, file, capacity, offset, sequence, batch: Vec::new() })
    }

    /// Makes room for a batch of so many bytes, in a new segment where the current one is too small for all of it: a
    /// batch never lies in two files, so that one sync is enough.
    ///
    /// # Errors
    /// [`LedgerError::StorageFull`] when there is no room for another segment; nothing has changed then.
    pub(crate) fn reserve(&mut self, batch_bytes: usize) -> Result<(), LedgerError> {
        if self.offset + batch_bytes <= self.capacity {
            return Ok(());
        }
        let capacity = self.segment_bytes.max(batch_bytes);
        let segment = self.segment + 1;
        self.file = prezero(&self.folder, segment, capacity)?;
        (self.segment, self.capacity, self.offset) = (segment, capacity, 0);
        Ok(())
    }

    /// Where the next pushed frame will begin.
    pub(crate) fn place(&self) -> Result<Place, LedgerError> {
        let offset = u32::try_from(self.offset + self.batch.len()).map_err(|_| LedgerError::StorageFull)?;
        Ok(Place { segment: self.segment, offset })
    }

    /// The sequence number of the next frame.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Adds a frame to the batch; room must have been reserved.
    ///
    /// # Errors
    /// [`LedgerError::StorageFull`] when it was not.
    pub(crate) fn push(&mut self, payload: &[u8]) -> Result<Place, LedgerError> {
        let place = self.place()?;
        if self.offset + self.batch.len() + frame_bytes(payload.len()) > self.capacity {
            return Err(LedgerError::StorageFull);
        }
        push_frame(&mut self.batch, self.sequence, payload).ok_or(LedgerError::StorageFull)?;
        self.sequence += 1;
        Ok(place)
    }

    /// Writes the batch and waits until the disk holds it.
    ///
    /// # Errors
    /// [`LedgerError::Io`]: what the disk holds is unknown then, and the writer must not be used again.
    pub(crate) fn commit(&mut self) -> Result<(), LedgerError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let written = self.file.write_all_at(&self.batch, self.offset as u64).and_then(|()| self.file.sync_data());
        written.map_err(LedgerError::io("write", segment_path(&self.folder, self.segment)))?;
        self.offset += self.batch.len();
        self.batch.clear();
        Ok(())
    }
}

/// Makes a segment of zeroes that is durable under its name, or leaves nothing.
fn prezero(folder: &Path, segment: u32, bytes: usize) -> Result<File, LedgerError> {
    let (path, preparing) = (segment_path(folder, segment), folder.join("preparing"));
    let made = write_zeroes(&preparing, bytes).and_then(|file| {
        fs::rename(&preparing, &path)?;
        File::open(folder)?.sync_all()?;
        Ok(file)
    });
    made.map_err(|error| {
        let _ = fs::remove_file(&preparing);
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => LedgerError::StorageFull,
            kind => LedgerError::Io { action: "prepare", path, kind },
        }
    })
}

fn write_zeroes(path: &Path, bytes: usize) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let mut file = options.read(true).write(true).create(true).truncate(true).mode(0o600).open(path)?;
    let zeroes = vec![0; BLOCK_BYTES];
    let mut left = bytes;
    while left > 0 {
        let block = zeroes.get(..left.min(BLOCK_BYTES)).unwrap_or_default();
        file.write_all(block)?;
        left -= block.len();
    }
    file.sync_all()?;
    Ok(file)
}

/// Reads single frames while the writer goes on.
pub(crate) struct SegmentReader {
    folder: PathBuf,
    files: Mutex<BTreeMap<u32, Arc<File>>>,
}

impl SegmentReader {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), files: Mutex::default() }
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
            if u64::from(place.offset) + bytes as u64 > file.metadata()?.len() {
                return Ok(None);
            }
            let mut frame = vec![0; bytes];
            file.read_exact_at(&mut frame, u64::from(place.offset))?;
            Ok(frame_at(&frame, 0).map(|(_, payload, _)| payload.to_vec()))
        };
        read().map_err(failed)?.ok_or_else(damaged)
    }

    fn file(&self, segment: u32, path: &Path) -> Result<Arc<File>, LedgerError> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(&segment) {
            return Ok(Arc::clone(file));
        }
        if files.len() >= OPEN_FILES_MAX {
            files.clear();
        }
        let file = Arc::new(File::open(path).map_err(LedgerError::io("open", path))?);
        files.insert(segment, Arc::clone(&file));
        Ok(file)
    }
}

/// How the frames of a segment end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Only zeroes follow.
    Clean,
    /// Something else follows, from this byte on.
    Broken { at: usize },
}

/// What lies behind the last whole frame, at `at`.
pub(crate) fn end_at(segment: &[u8], at: usize) -> End {
    let zeroes = segment.get(at..).unwrap_or_default().iter().all(|byte| *byte == 0);
    if zeroes { End::Clean } else { End::Broken { at } }
}

/// The payloads of whole frames anywhere behind a break, with a sequence number that a later frame would have.
pub(crate) fn frames_behind(segment: &[u8], at: usize, sequence: u64) -> impl Iterator<Item = &[u8]> {
    (at.next_multiple_of(ALIGNMENT)..segment.len()).step_by(ALIGNMENT).filter_map(move |at| {
        // Looking at the number first spares the CRC of a chance length.
        let number = u64::from_le_bytes(*segment.get(at + 4..)?.first_chunk()?);
        let later = sequence..sequence.saturating_add(segment.len() as u64);
        let (_, payload, _) = later.contains(&number).then(|| frame_at(segment, at)).flatten()?;
        Some(payload)
    })
}
