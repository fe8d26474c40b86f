//! What a frame says, as bytes: an entry with its private part, or the commit of a batch.

use jiff::Timestamp;

use crate::log::Tag;
use crate::merkle::Hash;
use crate::tile::ENTRY_BYTES_MAX;

/// Tags that an entry may carry.
pub(crate) const TAGS_MAX: usize = u8::MAX as usize;
const ENTRY_KIND: u8 = 1;
const COMMIT_KIND: u8 = 2;

/// One frame of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    Entry(EntryFrame),
    Commit(CommitFrame),
}

/// An entry, and beside it what is never published: by what it is found again, and where its evidence lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntryFrame {
    pub(crate) index: u64,
    /// Whole microseconds.
    pub(crate) time: Timestamp,
    pub(crate) entry: Vec<u8>,
    pub(crate) key: Option<Tag>,
    pub(crate) content: Tag,
    pub(crate) tags: Vec<Tag>,
    pub(crate) evidence: Option<EvidencePlace>,
}

/// Where the evidence of an entry lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EvidencePlace {
    /// Number of the record, which is the row of its key.
    pub(crate) record: u64,
    pub(crate) place: Place,
    /// Bytes of the encrypted record.
    pub(crate) bytes: u32,
}

/// Where a frame begins: a segment, and the byte within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) segment: u32,
    pub(crate) offset: u32,
}

/// Everything before it is recorded: the head, and the note that was signed over it, once and for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommitFrame {
    pub(crate) size: u64,
    pub(crate) root: Hash,
    pub(crate) note: String,
}

impl Frame {
    pub(crate) fn from_payload(payload: &[u8]) -> Option<Self> {
        let mut reader = Reader(payload);
        let frame = match reader.u8()? {
            ENTRY_KIND => Self::Entry(EntryFrame::read(&mut reader)?),
            COMMIT_KIND => Self::Commit(CommitFrame::read(&mut reader)?),
            _ => return None,
        };
        reader.0.is_empty().then_some(frame)
    }
}

impl EntryFrame {
    /// The payload; `None` where the entry or the tags are more than a frame can hold.
    pub(crate) fn to_payload(&self) -> Option<Vec<u8>> {
        let entry_bytes = u16::try_from(self.entry.len()).ok()?;
        let tags = u8::try_from(self.tags.len()).ok()?;
        let mut payload = vec![ENTRY_KIND];
        payload.extend_from_slice(&self.index.to_le_bytes());
        payload.extend_from_slice(&self.time.as_microsecond().to_le_bytes());
        payload.extend_from_slice(&entry_bytes.to_le_bytes());
        payload.extend_from_slice(&self.entry);
        payload.extend_from_slice(&self.content);
        payload.push(u8::from(self.key.is_some()));
        payload.extend_from_slice(self.key.as_ref().map_or(&[], Tag::as_slice));
        payload.push(tags);
        payload.extend_from_slice(&self.tags.concat());
        payload.push(u8::from(self.evidence.is_some()));
        if let Some(evidence) = self.evidence {
            payload.extend_from_slice(&evidence.record.to_le_bytes());
            payload.extend_from_slice(&evidence.place.segment.to_le_bytes());
            payload.extend_from_slice(&evidence.place.offset.to_le_bytes());
            payload.extend_from_slice(&evidence.bytes.to_le_bytes());
        }
        Some(payload)
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let index = u64::from_le_bytes(reader.array()?);
        let time = Timestamp::from_microsecond(i64::from_le_bytes(reader.array()?)).ok()?;
        let entry_bytes = u16::from_le_bytes(reader.array()?);
        let entry = reader.slice(usize::from(entry_bytes))?.to_vec();
        let content = reader.array()?;
        let key = if reader.flag()? { Some(reader.array()?) } else { None };
        let count = reader.u8()?;
        let tags = (0..count).map(|_| reader.array()).collect::<Option<_>>()?;
        let evidence = if reader.flag()? { Some(EvidencePlace::read(reader)?) } else { None };
        Some(Self { index, time, entry, key, content, tags, evidence })
    }
}

impl EvidencePlace {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let record = u64::from_le_bytes(reader.array()?);
        let (segment, offset) = (u32::from_le_bytes(reader.array()?), u32::from_le_bytes(reader.array()?));
        let bytes = u32::from_le_bytes(reader.array()?);
        Some(Self { record, place: Place { segment, offset }, bytes })
    }
}

impl CommitFrame {
    pub(crate) fn to_payload(&self) -> Vec<u8> {
        [&[COMMIT_KIND], self.size.to_le_bytes().as_slice(), &self.root, self.note.as_bytes()].concat()
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (size, root) = (u64::from_le_bytes(reader.array()?), reader.array()?);
        let note = String::from_utf8(reader.slice(reader.0.len())?.to_vec()).ok()?;
        Some(Self { size, root, note })
    }
}

/// Bytes that no entry's payload exceeds.
pub(crate) const ENTRY_PAYLOAD_BYTES_MAX: usize = ENTRY_BYTES_MAX + 32 * (TAGS_MAX + 2) + 64;

struct Reader<'payload>(&'payload [u8]);

impl<'payload> Reader<'payload> {
    fn slice(&mut self, bytes: usize) -> Option<&'payload [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.slice(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> EntryFrame {
        EntryFrame {
            index: 7,
            time: Timestamp::from_microsecond(1_700_000_000_000_001).unwrap(),
            entry: b"{}".to_vec(),
            key: Some([1; 32]),
            content: [2; 32],
            tags: vec![[3; 32], [4; 32]],
            evidence: Some(EvidencePlace { record: 5, place: Place { segment: 6, offset: 7 }, bytes: 8 }),
        }
    }

    #[test]
    fn frames_survive_their_bytes() {
        let bare = EntryFrame { key: None, tags: vec![], evidence: None, entry: vec![], ..sample() };
        for entry in [sample(), bare] {
            let payload = entry.to_payload().unwrap();
            assert!(payload.len() <= ENTRY_PAYLOAD_BYTES_MAX);
            assert_eq!(Frame::from_payload(&payload), Some(Frame::Entry(entry)));
        }
        let commit = CommitFrame { size: 9, root: [9; 32], note: "note\n".to_owned() };
        assert_eq!(Frame::from_payload(&commit.to_payload()), Some(Frame::Commit(commit)));
    }

    #[test]
    fn a_payload_cut_or_lengthened_is_no_frame() {
        let payload = sample().to_payload().unwrap();
        for bytes in 0..payload.len() {
            assert_eq!(Frame::from_payload(&payload[..bytes]), None, "{bytes} bytes");
        }
        assert_eq!(Frame::from_payload(&[payload, vec![0]].concat()), None);
        assert_eq!(Frame::from_payload(&[3; 50]), None);
    }

    #[test]
    fn what_a_frame_cannot_hold_is_refused() {
        assert_eq!(EntryFrame { entry: vec![0; 65_536], ..sample() }.to_payload(), None);
        assert_eq!(EntryFrame { tags: vec![[0; 32]; 256], ..sample() }.to_payload(), None);
        let largest = EntryFrame { entry: vec![0; 65_535], tags: vec![[0; 32]; 255], ..sample() };
        assert!(largest.to_payload().unwrap().len() <= ENTRY_PAYLOAD_BYTES_MAX);
    }
}
