//! A zip package taken apart and put together again by hand: an honest writer would refuse what a hostile sender sends.

/// The signature of a local file header, of a central directory entry and of the end of the directory (APPNOTE 4.3).
const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;

/// The length of the fixed part of each.
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;

/// Entries are stored as they are, not deflated.
const STORED: u16 = 0;

/// One entry: its name and its bytes, still packed as they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The name as stored.
    pub(crate) name: Vec<u8>,
    /// How it is packed: 0 stored, 8 deflated.
    method: u16,
    crc: u32,
    /// What the directory claims it unpacks to.
    pub(crate) unpacked_bytes: u32,
    packed: Vec<u8>,
}

impl Entry {
    /// An entry that is stored as it is.
    pub(crate) fn stored(name: &[u8], bytes: &[u8]) -> Self {
        let unpacked_bytes = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Self { name: name.to_vec(), method: STORED, crc: crc32(bytes), unpacked_bytes, packed: bytes.to_vec() }
    }
}

/// The entries of a package in the order of its directory; none when it is no plain zip.
pub(crate) fn take_apart(package: &[u8]) -> Option<Vec<Entry>> {
    let end = (0..=package.len().checked_sub(END_BYTES)?).rev().find(|at| read_u32(package, *at) == Some(END))?;
    let count = read_u16(package, end + 10)?;
    let mut at = usize::try_from(read_u32(package, end + 16)?).ok()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        if read_u32(package, at)? != CENTRAL {
            return None;
        }
        let name_bytes = usize::from(read_u16(package, at + 28)?);
        let rest_bytes = usize::from(read_u16(package, at + 30)?) + usize::from(read_u16(package, at + 32)?);
        let packed_bytes = usize::try_from(read_u32(package, at + 20)?).ok()?;
        let local = usize::try_from(read_u32(package, at + 42)?).ok()?;
        let data = local
            + LOCAL_BYTES
            + usize::from(read_u16(package, local + 26)?)
            + usize::from(read_u16(package, local + 28)?);
        let name_at = at + CENTRAL_BYTES;
        entries.push(Entry {
            name: package.get(name_at..name_at + name_bytes)?.to_vec(),
            method: read_u16(package, at + 10)?,
            crc: read_u32(package, at + 16)?,
            unpacked_bytes: read_u32(package, at + 24)?,
            packed: package.get(data..data + packed_bytes)?.to_vec(),
        });
        at = name_at + name_bytes + rest_bytes;
    }
    Some(entries)
}

/// The package of these entries, as they are.
pub(crate) fn put_together(entries: &[Entry]) -> Vec<u8> {
    let (mut package, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = small(package.len());
        package.extend(LOCAL.to_le_bytes());
        package.extend(common(entry));
        package.extend(&entry.name);
        package.extend(&entry.packed);
        directory.extend(CENTRAL.to_le_bytes());
        directory.extend(20_u16.to_le_bytes());
        directory.extend(common(entry));
        // No comment, disk 0, no attributes.
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(&entry.name);
    }
    let count = u16::try_from(entries.len()).unwrap_or(u16::MAX).to_le_bytes();
    let (size, offset) = (small(directory.len()), small(package.len()));
    package.extend(directory);
    package.extend(END.to_le_bytes());
    package.extend([0; 4]);
    package.extend(count);
    package.extend(count);
    package.extend(size.to_le_bytes());
    package.extend(offset.to_le_bytes());
    package.extend([0; 2]);
    package
}

/// What a local header and a directory entry have in common: version 2.0 to the length of the extra field.
fn common(entry: &Entry) -> Vec<u8> {
    const UTF8_NAMES: u16 = 0x0800;
    // 1980-01-01, the first day that zip knows.
    const DATE: u16 = 0x0021;
    let mut bytes = Vec::new();
    for number in [20, UTF8_NAMES, entry.method, 0, DATE] {
        bytes.extend(number.to_le_bytes());
    }
    for number in [entry.crc, small(entry.packed.len()), entry.unpacked_bytes] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(u16::try_from(entry.name.len()).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

fn small(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

/// CRC-32 as zip has it (ISO-HDLC), bit by bit: documents of suites are small.
fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_survives_being_taken_apart_and_put_together() {
        let entries = vec![Entry::stored(b"OFD.xml", b"<OFD/>"), Entry::stored("文件".as_bytes(), b"")];
        let package = put_together(&entries);
        assert_eq!(take_apart(&package), Some(entries));
        assert_eq!(take_apart(&package[..package.len() - 1]), None);
        assert_eq!(take_apart(b"no zip"), None);
    }

    #[test]
    fn the_checksum_is_that_of_the_catalogue() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
