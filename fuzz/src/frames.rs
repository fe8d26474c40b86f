//! What a ledger finds on its own disk: a segment of frames.

use std::fs;

use ::ledger::Inspection;
use tempfile::TempDir;

/// Length and number in front of a payload, the CRC behind it, and what frames are aligned to.
const HEADER_BYTES: usize = 12;
const TRAILER_BYTES: usize = 4;
const ALIGNMENT: usize = 8;

thread_local! {
    static FOLDER: TempDir = tempfile::tempdir().expect("a folder for the state");
}

/// Any bytes as the segment of a ledger, as they are and with every number and CRC put right: what is counted was all
/// derived again, and reading changes nothing.
pub fn frames(bytes: &[u8]) {
    FOLDER.with(|folder| {
        look(folder, bytes);
        look(folder, &mended(bytes));
    });
}

fn look(folder: &TempDir, segment: &[u8]) {
    let frames = folder.path().join("frames");
    let path = frames.join("0000000000.segment");
    fs::create_dir_all(&frames).and_then(|()| fs::write(&path, segment)).expect("a segment");
    let Ok(inspection) = Inspection::open(folder.path()) else { return };
    let (size, mut visited) = (inspection.size(), 0);
    let verified = inspection.verify(&[], |index, _, _| {
        assert_eq!(index, visited, "entries out of their order");
        visited += 1;
    });
    if let Ok(statistics) = verified {
        assert_eq!((statistics.entries, visited), (size, size), "entries that nobody committed");
    }
    assert!(fs::read(path).expect("the segment") == segment, "looking changed it");
}

/// The bytes with each frame's number one above the last one's and its CRC right, as far as lengths lead.
fn mended(bytes: &[u8]) -> Vec<u8> {
    let (mut bytes, mut at) = (bytes.to_vec(), 0);
    for sequence in 0_u64.. {
        let Some(length) = bytes.get(at..at + 4).and_then(|length| length.try_into().ok()).map(u32::from_le_bytes)
        else {
            break;
        };
        let (payload, end) = (at + HEADER_BYTES, (at + HEADER_BYTES).saturating_add(length as usize));
        if length == 0 || end.saturating_add(TRAILER_BYTES) > bytes.len() {
            break;
        }
        bytes[at + 4..payload].copy_from_slice(&sequence.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[at..end]);
        bytes[end..end + TRAILER_BYTES].copy_from_slice(&crc.to_le_bytes());
        at = (end + TRAILER_BYTES).next_multiple_of(ALIGNMENT);
        bytes.resize(bytes.len().max(at), 0);
        bytes[end + TRAILER_BYTES..at].fill(0);
    }
    bytes
}
