//! Archives written byte by byte: what each header claims can differ from the other, and from what is so.
use super::deflate::deflate;
use super::package::Files;

/// What a header says of its entry.
#[derive(Clone)]
pub(super) struct Header {
    pub(super) name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) checksum: u32,
    pub(super) packed: u32,
    pub(super) size: u32,
    /// The extra field.
    pub(super) extra: Vec<u8>,
}

/// One entry: both of its headers, and its data.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) local: Header,
    pub(super) central: Header,
    pub(super) data: Vec<u8>,
}

/// An archive before it is written.
pub(super) struct Archive {
    pub(super) entries: Vec<Entry>,
    /// Bytes before the first entry.
    pub(super) before: Vec<u8>,
    /// Bytes behind the end record.
    pub(super) after: Vec<u8>,
    /// Bytes between directory and end record.
    pub(super) before_end: Vec<u8>,
    /// How many entries the end record claims beyond those that are there.
    pub(super) entries_more: u16,
    /// Names another entry's data: the directory's entry of the second index points where the first one lies.
    pub(super) overlap: Option<(usize, usize)>,
}

impl Entry {
    /// An honest entry, packed.
    pub(super) fn packed(name: &str, data: &[u8]) -> Self {
        let mut entry = Self::stored(name, data);
        entry.data = deflate(data);
        let packed = number(entry.data.len());
        entry.both(|header| (header.method, header.packed) = (8, packed));
        entry
    }

    /// An honest entry, stored.
    pub(super) fn stored(name: &str, data: &[u8]) -> Self {
        let size = number(data.len());
        let name = name.as_bytes().to_vec();
        let header =
            Header { name, flags: 0x800, method: 0, checksum: crc32(data), packed: size, size, extra: Vec::new() };
        Entry { local: header.clone(), central: header, data: data.to_vec() }
    }

    /// Changes what both headers say.
    pub(super) fn both(&mut self, change: impl Fn(&mut Header)) {
        change(&mut self.local);
        change(&mut self.central);
    }
}

impl Archive {
    /// An honest archive of these files.
    pub(super) fn of(files: &Files) -> Self {
        let entries = files.iter().map(|(name, bytes)| Entry::packed(name, bytes)).collect();
        let nothing = Vec::new;
        Archive { entries, before: nothing(), after: nothing(), before_end: nothing(), entries_more: 0, overlap: None }
    }

    /// Changes the entry whose name ends so.
    pub(super) fn edit(&mut self, ending: &str, change: impl Fn(&mut Entry)) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.central.name.ends_with(ending.as_bytes())) {
            change(entry);
        }
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = self.before.clone();
        let mut starts = Vec::new();
        for entry in &self.entries {
            starts.push(number(bytes.len()));
            bytes.extend(b"PK\x03\x04\x14\0");
            bytes.extend(entry.local.fields());
            bytes.extend(&entry.local.name);
            bytes.extend(&entry.local.extra);
            bytes.extend(&entry.data);
        }
        if let Some((first, second)) = self.overlap {
            let start = starts.get(first).copied();
            starts.iter_mut().skip(second).take(1).zip(start).for_each(|(to, from)| *to = from);
        }
        let directory = bytes.len();
        for (entry, start) in self.entries.iter().zip(starts) {
            bytes.extend(b"PK\x01\x02\x14\0\x14\0");
            bytes.extend(entry.central.fields());
            bytes.extend([0; 10]);
            bytes.extend(start.to_le_bytes());
            bytes.extend(&entry.central.name);
            bytes.extend(&entry.central.extra);
        }
        let size = number(bytes.len() - directory);
        bytes.extend(&self.before_end);
        let count = u16::try_from(self.entries.len()).unwrap_or(u16::MAX).wrapping_add(self.entries_more).to_le_bytes();
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend([count, count].concat());
        bytes.extend([size.to_le_bytes(), number(directory).to_le_bytes()].concat());
        bytes.extend([0, 0]);
        bytes.extend(&self.after);
        bytes
    }
}

impl Header {
    /// Flags to the length of the extra field: what both headers lay out alike.
    fn fields(&self) -> Vec<u8> {
        let mut bytes = [self.flags.to_le_bytes(), self.method.to_le_bytes(), [0; 2], [0x21, 0]].concat();
        for number in [self.checksum, self.packed, self.size] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(u16::try_from(self.name.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend(u16::try_from(self.extra.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// CRC-32 of ISO 3309, bit by bit.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}
