//! Bytes of a document that belong to no entry of its archive, and what must not be among them.
use std::fmt;

use memchr::memmem;
use serde::Serialize;

use super::ZipFault;

/// 包外字节: bytes of a document that belong to no entry of its archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OutsideBytes {
    /// Where they lie among the entries.
    pub place: OutsidePlace,
    /// The first of them, counted from the start of the document.
    pub at: usize,
    /// How many.
    pub bytes: usize,
}

/// Where bytes lie that belong to no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutsidePlace {
    /// Before the first entry.
    Before,
    /// Between two entries, or between the last one and the directory.
    Between,
    /// After the end record: a comment, or what nothing names.
    After,
}

impl fmt::Display for OutsideBytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            OutsidePlace::Before => "before the entries",
            OutsidePlace::Between => "between entries",
            OutsidePlace::After => "after the archive",
        };
        write!(formatter, "{} {place} from byte {}", self.bytes, self.at)
    }
}

/// How a local header, a record of a directory and an end record begin.
const HEADERS: [&[u8]; 3] = [b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"];

/// What lies outside `parts`: the entries, sorted and without overlaps, and at last the directory with its end record.
pub(super) fn of(bytes: &[u8], parts: impl Iterator<Item = (u64, u64)>) -> Result<Vec<OutsideBytes>, ZipFault> {
    let mut found = Vec::new();
    let mut at = 0;
    for (start, end) in parts {
        let place = if at == 0 { OutsidePlace::Before } else { OutsidePlace::Between };
        let start = usize::try_from(start).map_err(|_| ZipFault::Unreadable)?;
        found.push(OutsideBytes { place, at, bytes: start.saturating_sub(at) });
        at = usize::try_from(end).map_err(|_| ZipFault::Unreadable)?;
    }
    found.push(OutsideBytes { place: OutsidePlace::After, at, bytes: bytes.len().saturating_sub(at) });
    found.retain(|outside| outside.bytes > 0);
    for outside in &found {
        let within = bytes.get(outside.at..outside.at + outside.bytes).unwrap_or_default();
        if let Some(place) = HEADERS.iter().filter_map(|header| memmem::find(within, header)).min() {
            return Err(ZipFault::HiddenArchive { at: outside.at + place });
        }
    }
    Ok(found)
}
