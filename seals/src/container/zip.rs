//! Strict reading of the archive around an OFD package: what two unpackers could see differently is refused.
mod fault;
mod outside;

use std::{borrow::Cow, collections::HashSet};

use crate::limits::Limits;
use miniz_oxide::inflate::{
    TINFLStatus,
    core::{DecompressorOxide, decompress, inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF},
};
use rawzip::{
    CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive, ZipSliceEntry, extra_fields::ExtraFieldId,
};

pub use fault::{NameFault, ZipFault};
pub use outside::{OutsideBytes, OutsidePlace};

/// The entries of an archive.
#[derive(Debug)]
pub(crate) struct Archive<'a> {
    /// Files only, in the order of the directory; stored ones are borrowed.
    pub(crate) files: Vec<(String, Cow<'a, [u8]>)>,
    /// Bytes that belong to no entry.
    pub(crate) outside: Vec<OutsideBytes>,
}

impl<'a> Archive<'a> {
    /// Reads every entry, each limit being checked before the work that it bounds.
    pub(crate) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, ZipFault> {
        let archive = ZipArchive::from_slice(bytes).map_err(|error| match error.kind() {
            rawzip::ErrorKind::MissingEndOfCentralDirectory => ZipFault::Unrecognised,
            _ => ZipFault::Unreadable,
        })?;
        check_end_record(bytes, &archive)?;
        if archive.entries_hint() > limits.entries_max as u64 {
            return Err(ZipFault::TooManyEntries { entries: archive.entries_hint(), entries_max: limits.entries_max });
        }
        let mut seen = HashSet::new();
        let mut spans = Vec::new();
        let mut files = Vec::new();
        let mut total = 0_usize;
        for (index, record) in archive.entries().enumerate() {
            let record = record.map_err(|_| ZipFault::Unreadable)?;
            if index >= limits.entries_max {
                return Err(ZipFault::DirectoryInconsistent);
            }
            let name = name(record.file_path().as_bytes(), limits)
                .map_err(|fault| ZipFault::HostileName { entry: index + 1, fault })?;
            // A directory `a/` and a file `a` are one name too.
            if !seen.insert(folded(name.trim_end_matches('/'))) {
                return Err(ZipFault::DuplicateName { name });
            }
            let size = check_sizes(&record, &name, limits)?;
            total += size;
            if total > limits.package_bytes_max {
                return Err(ZipFault::PackageTooLarge { bytes_max: limits.package_bytes_max });
            }
            check_type(bytes, &record, &name)?;
            let entry = located(bytes, &archive, &record, &name)?;
            spans.push((entry.span, name.clone()));
            if !name.ends_with('/') {
                files.push((name.clone(), inflate(entry.data, &record, name, size)?));
            }
        }
        if seen.len() as u64 != archive.entries_hint() {
            return Err(ZipFault::DirectoryInconsistent);
        }
        let directory = archive.directory_offset();
        check_overlaps(&mut spans, directory)?;
        let spans = spans.iter().map(|(span, _)| *span);
        let end = archive.eocd_offset() + END_RECORD_BYTES as u64;
        let outside = outside::of(bytes, spans.chain([(directory, end)]))?;
        Ok(Archive { files, outside })
    }
}

const END_RECORD_BYTES: usize = 22;
const ZIP64_LOCATOR: &[u8] = b"PK\x06\x07";
const FLAG_LEVEL: u16 = 0b110;
const FLAG_UTF8: u16 = 1 << 11;
const DATA_DESCRIPTOR: &[u8] = b"PK\x07\x08";

/// A name as readers compare it that take no regard to case: upper case first, for ß, ſ and the final sigma.
pub(super) fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

/// The end record must say of the directory what is so: readers differ in which of the two they follow. There is one disk, the first.
fn check_end_record(bytes: &[u8], archive: &ZipSliceArchive<&[u8]>) -> Result<(), ZipFault> {
    let end = usize::try_from(archive.eocd_offset()).map_err(|_| ZipFault::Unreadable)?;
    if end.checked_sub(20).and_then(|at| bytes.get(at..)).is_some_and(|tail| tail.starts_with(ZIP64_LOCATOR)) {
        return Err(ZipFault::Zip64);
    }
    let [disk, directory_disk, entries_here, entries] = [4, 6, 8, 10].map(|at| number(bytes, end + at));
    if disk != Some(0) || directory_disk != Some(0) || entries_here != entries {
        return Err(ZipFault::MultiDisk);
    }
    let long = |at: usize| Some(u64::from(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)));
    let (size, offset) = (long(end + 12), long(end + 16));
    let so = archive.eocd_offset().checked_sub(archive.directory_offset());
    // With bytes before the archive the directory lies behind where it says, but never ahead.
    let holds = so.is_some() && size == so && offset.is_some_and(|offset| offset <= archive.directory_offset());
    if holds { Ok(()) } else { Err(ZipFault::DirectoryInconsistent) }
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn name(bytes: &[u8], limits: &Limits) -> Result<String, NameFault> {
    if bytes.len() > limits.name_bytes_max {
        return Err(NameFault::TooLong);
    }
    let name = std::str::from_utf8(bytes).map_err(|_| NameFault::NotUtf8)?;
    let drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let file = name.strip_suffix('/').unwrap_or(name);
    if name.contains(char::is_control) {
        Err(NameFault::Control)
    } else if name.contains('\\') {
        Err(NameFault::Backslash)
    } else if drive || name.starts_with('/') {
        Err(NameFault::Absolute)
    } else if file.split('/').any(|part| part == "." || part == "..") {
        Err(NameFault::Dots)
    } else if file.split('/').any(str::is_empty) {
        Err(NameFault::Empty)
    } else {
        Ok(name.to_owned())
    }
}

/// The claimed size, when every claim of the directory about this entry is one that we accept.
fn check_sizes(record: &ZipFileHeaderRecord<'_>, name: &str, limits: &Limits) -> Result<usize, ZipFault> {
    let name = || name.to_owned();
    if record.flags().is_encrypted() || record.flags().bits() & (1 << 6 | 1 << 13) != 0 {
        return Err(ZipFault::Encrypted { name: name() });
    }
    let method = record.compression_method();
    if method != CompressionMethod::STORE && method != CompressionMethod::DEFLATE {
        return Err(ZipFault::CompressionMethod { name: name(), method: method.as_u16() });
    }
    let (size, compressed) = (record.uncompressed_size_hint(), record.compressed_size_hint());
    if size > limits.entry_bytes_max as u64 {
        return Err(ZipFault::EntryTooLarge { name: name(), bytes: size, bytes_max: limits.entry_bytes_max });
    }
    if size >= limits.ratio_applies_from as u64 && size / compressed.max(1) > limits.ratio_max as u64 {
        return Err(ZipFault::Ratio { name: name(), ratio_max: limits.ratio_max });
    }
    usize::try_from(size).map_err(|_| ZipFault::Unreadable)
}

/// A file, or a directory without content, on the only disk. The type of Unix stands in the upper half of the attributes; some unpackers
/// follow it whatever system the entry says that it was made on.
fn check_type(bytes: &[u8], record: &ZipFileHeaderRecord<'_>, name: &str) -> Result<(), ZipFault> {
    const TYPE: u32 = 0o170_000;
    const DIRECTORY: u32 = 0o040_000;
    const FILE: u32 = 0o100_000;
    /// Where a directory record has its disk.
    const DISK_AT: usize = 34;
    let at = usize::try_from(record.central_directory_offset()).map_err(|_| ZipFault::Unreadable)?;
    if number(bytes, at + DISK_AT) != Some(0) {
        return Err(ZipFault::MultiDisk);
    }
    let stated = record.external_attributes() >> 16 & TYPE;
    let is_one = [0, FILE, DIRECTORY].contains(&stated) && (stated != DIRECTORY || record.is_dir());
    let has_content = record.uncompressed_size_hint() > 0;
    if is_one && !(record.is_dir() && has_content) {
        Ok(())
    } else {
        Err(ZipFault::EntryType { name: name.to_owned() })
    }
}

/// Where an entry lies, its descriptor included, and its compressed data.
struct Located<'a> {
    span: (u64, u64),
    data: &'a [u8],
}

/// Finds the entry and compares the header beside its data with the directory.
fn located<'a>(
    bytes: &'a [u8],
    archive: &ZipSliceArchive<&[u8]>,
    record: &ZipFileHeaderRecord<'_>,
    name: &str,
) -> Result<Located<'a>, ZipFault> {
    let entry = archive.get_entry(record.wayfinder()).map_err(|_| ZipFault::Unreadable)?;
    let (start, end) = entry.compressed_data_range();
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let data = range.and_then(|(start, end)| bytes.get(start..end)).ok_or(ZipFault::Unreadable)?;
    let local = entry.local_header();
    for (field, _) in local.extra_fields().chain(record.extra_fields()) {
        match field {
            ExtraFieldId::ZIP64 => return Err(ZipFault::Zip64),
            ExtraFieldId::INFO_ZIP_UNICODE_PATH => return Err(ZipFault::SecondName { name: name.to_owned() }),
            _ => {}
        }
    }
    let later = record.flags().has_data_descriptor();
    let equal_or_later = |local: u64, central: u64| local == central || (later && local == 0);
    // Whoever reads from the front cannot know where such an entry ends.
    let endless = later && record.compression_method() == CompressionMethod::STORE && local.compressed_size_hint() == 0;
    if endless && !data.is_empty() {
        return Err(ZipFault::LocalMismatch { name: name.to_owned() });
    }
    // The character set says nothing about an ASCII name, the level nothing to a reader: real archives differ in both.
    let meaningful = if name.is_ascii() { !(FLAG_LEVEL | FLAG_UTF8) } else { !FLAG_LEVEL };
    let agrees = local.file_path().as_bytes() == record.file_path().as_bytes()
        && (local.flags().bits() ^ record.flags().bits()) & meaningful == 0
        && local.compression_method() == record.compression_method()
        && equal_or_later(u64::from(local.crc32()), u64::from(record.crc32()))
        && equal_or_later(local.compressed_size_hint(), record.compressed_size_hint())
        && equal_or_later(local.uncompressed_size_hint(), record.uncompressed_size_hint());
    if !agrees {
        return Err(ZipFault::LocalMismatch { name: name.to_owned() });
    }
    let tail = usize::try_from(end).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    let descriptor =
        descriptor_bytes(&entry, record, tail).map_err(|()| ZipFault::LocalMismatch { name: name.to_owned() })?;
    Ok(Located { span: (record.local_header_offset(), end + descriptor), data })
}

/// How long the data descriptor behind the data is, which must repeat the directory.
fn descriptor_bytes(entry: &ZipSliceEntry<'_>, record: &ZipFileHeaderRecord<'_>, tail: &[u8]) -> Result<u64, ()> {
    // Some products set the flag on directories and write none.
    if !record.flags().has_data_descriptor() || (record.is_dir() && !tail.starts_with(DATA_DESCRIPTOR)) {
        return Ok(0);
    }
    let descriptor = entry.data_descriptor().ok().flatten().ok_or(())?;
    let agrees = descriptor.crc32() == record.crc32()
        && descriptor.compressed_size() == record.compressed_size_hint()
        && descriptor.uncompressed_size() == record.uncompressed_size_hint();
    if !agrees {
        return Err(());
    }
    Ok(if tail.starts_with(DATA_DESCRIPTOR) { 16 } else { 12 })
}

fn inflate<'a>(
    data: &'a [u8],
    record: &ZipFileHeaderRecord<'_>,
    name: String,
    size: usize,
) -> Result<Cow<'a, [u8]>, ZipFault> {
    let bytes = if record.compression_method() == CompressionMethod::STORE {
        Cow::Borrowed(data)
    } else {
        let mut bytes = vec![0; size];
        let whole = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, read, written) = decompress(&mut DecompressorOxide::new(), data, &mut bytes, 0, whole);
        // Bytes after the end of the stream would be in no file, and in no count of what lies outside.
        if status != TINFLStatus::Done || read != data.len() || written != size {
            return Err(ZipFault::EntryCorrupt { name });
        }
        Cow::Owned(bytes)
    };
    if bytes.len() == size && rawzip::crc32(&bytes) == record.crc32() {
        Ok(bytes)
    } else {
        Err(ZipFault::EntryCorrupt { name })
    }
}

/// No two entries share any byte, and none reaches into the directory. Sorts them.
fn check_overlaps(spans: &mut [((u64, u64), String)], directory: u64) -> Result<(), ZipFault> {
    spans.sort_unstable();
    let mut free_from = 0;
    for ((start, end), name) in spans {
        if *start < free_from || *end > directory {
            return Err(ZipFault::Overlap { name: name.clone() });
        }
        free_from = *end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused_and_never_repaired() {
        let long = "a".repeat(261);
        let cases: [(&[u8], NameFault); 13] = [
            (b"", NameFault::Empty),
            (b"a//b", NameFault::Empty),
            (b"a//", NameFault::Empty),
            (b"/OFD.xml", NameFault::Absolute),
            (b"C:/OFD.xml", NameFault::Absolute),
            (b"c:OFD.xml", NameFault::Absolute),
            (b"../OFD.xml", NameFault::Dots),
            (b"Doc_0/../../OFD.xml", NameFault::Dots),
            (b"./OFD.xml", NameFault::Dots),
            (b"Doc_0\\OFD.xml", NameFault::Backslash),
            (b"OFD.xml\0.png", NameFault::Control),
            (b"\xD6\xD0\xB9\xFA.xml", NameFault::NotUtf8),
            (long.as_bytes(), NameFault::TooLong),
        ];
        for (bytes, fault) in cases {
            assert_eq!(name(bytes, &Limits::DEFAULT), Err(fault), "{:?}", String::from_utf8_lossy(bytes));
        }
        for good in ["OFD.xml", "Doc_0/", "Doc_0/Res/中文.png", "a..b/.c"] {
            assert_eq!(name(good.as_bytes(), &Limits::DEFAULT).as_deref(), Ok(good));
        }
    }
}
