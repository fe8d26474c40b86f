//! What a frame says, as bytes: an entry with its private part, or the commit of a batch.

use jiff::Timestamp;

use crate::log::Tag;
use crate::log::evidence::EvidenceEnd;
use crate::merkle::{Hash, TreeHash};
use crate::tile::Edge;

/// Tags that an entry may carry.
pub(crate) const TAGS_MAX: usize = u8::MAX as usize;
const ENTRY_KIND: u8 = 1;
const COMMIT_KIND: u8 = 2;
const STATE_KIND: u8 = 3;
/// Where the bytes of the entry begin in its payload.
pub(crate) const ENTRY_AT: usize = 1 + 8 + 8 + 2;

/// One frame of the log.
#[derive(Debug, Clone)]
pub(crate) enum Frame {
    Entry(EntryFrame),
    Commit(CommitFrame),
    State(StateFrame),
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

/// What a segment begins with: all that a start needs to go on from there without reading the segments before it.
///
/// It is believed once the commits behind it lead from its edge to the roots that were signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateFrame {
    pub(crate) edge: Edge,
    pub(crate) last_time: Timestamp,
    pub(crate) evidence_end: EvidenceEnd,
}

impl Frame {
    pub(crate) fn from_payload(payload: &[u8]) -> Option<Self> {
        let mut reader = Reader(payload);
        let frame = match reader.u8()? {
            ENTRY_KIND => Self::Entry(EntryFrame::read(&mut reader)?),
            COMMIT_KIND => Self::Commit(CommitFrame::read(&mut reader)?),
            STATE_KIND => Self::State(StateFrame::read(&mut reader)?),
            _ => return None,
        };
        reader.0.is_empty().then_some(frame)
    }
}

impl EntryFrame {
    /// Appends the payload; `None` where the entry or the tags are more than a frame can hold.
    pub(crate) fn write_payload(&self, payload: &mut Vec<u8>) -> Option<()> {
        let entry_bytes = u16::try_from(self.entry.len()).ok()?;
        let tags = u8::try_from(self.tags.len()).ok()?;
        payload.push(ENTRY_KIND);
        payload.extend_from_slice(&self.index.to_le_bytes());
        payload.extend_from_slice(&self.time.as_microsecond().to_le_bytes());
        payload.extend_from_slice(&entry_bytes.to_le_bytes());
        payload.extend_from_slice(&self.entry);
        payload.extend_from_slice(&self.content);
        payload.push(u8::from(self.key.is_some()));
        payload.extend_from_slice(self.key.as_ref().map_or(&[], Tag::as_slice));
        payload.push(tags);
        self.tags.iter().for_each(|tag| payload.extend_from_slice(tag));
        payload.push(u8::from(self.evidence.is_some()));
        if let Some(evidence) = self.evidence {
            evidence.write(payload);
        }
        Some(())
    }

    /// Bytes of the payload.
    pub(crate) fn payload_bytes(&self) -> usize {
        let evidence = if self.evidence.is_some() { EvidencePlace::BYTES } else { 0 };
        ENTRY_AT + self.entry.len() + 32 * (1 + usize::from(self.key.is_some()) + self.tags.len()) + 3 + evidence
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
    /// Bytes within a payload.
    pub(crate) const BYTES: usize = 8 + Place::BYTES + 4;

    fn write(self, payload: &mut Vec<u8>) {
        payload.extend_from_slice(&self.record.to_le_bytes());
        self.place.write(payload);
        payload.extend_from_slice(&self.bytes.to_le_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let record = u64::from_le_bytes(reader.array()?);
        let place = Place::read(reader)?;
        Some(Self { record, place, bytes: u32::from_le_bytes(reader.array()?) })
    }
}

impl Place {
    const BYTES: usize = 4 + 4;

    fn write(self, payload: &mut Vec<u8>) {
        payload.extend_from_slice(&self.segment.to_le_bytes());
        payload.extend_from_slice(&self.offset.to_le_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (segment, offset) = (u32::from_le_bytes(reader.array()?), u32::from_le_bytes(reader.array()?));
        Some(Self { segment, offset })
    }
}

impl CommitFrame {
    /// How far the log is with this commit.
    pub(crate) fn head(&self) -> (u64, Hash) {
        (self.size, self.root)
    }

    /// Bytes of the payload.
    pub(crate) fn payload_bytes(&self) -> usize {
        1 + 8 + 32 + self.note.len()
    }

    pub(crate) fn write_payload(&self, payload: &mut Vec<u8>) {
        payload.push(COMMIT_KIND);
        payload.extend_from_slice(&self.size.to_le_bytes());
        payload.extend_from_slice(&self.root);
        payload.extend_from_slice(self.note.as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (size, root) = (u64::from_le_bytes(reader.array()?), reader.array()?);
        let note = String::from_utf8(reader.slice(reader.0.len())?.to_vec()).ok()?;
        Some(Self { size, root, note })
    }
}

impl StateFrame {
    /// Bytes of the payload.
    pub(crate) fn payload_bytes(&self) -> usize {
        let levels = self.edge.levels().iter().map(|tile| 1 + tile.hashes().len() * 32);
        1 + 8 + 8 + 8 + Place::BYTES + levels.sum::<usize>()
    }

    pub(crate) fn write_payload(&self, payload: &mut Vec<u8>) {
        payload.push(STATE_KIND);
        payload.extend_from_slice(&self.edge.size().to_le_bytes());
        payload.extend_from_slice(&self.last_time.as_microsecond().to_le_bytes());
        payload.extend_from_slice(&self.evidence_end.record.to_le_bytes());
        self.evidence_end.place.write(payload);
        for tile in self.edge.levels() {
            payload.push(u8::try_from(tile.width()).unwrap_or(0));
            tile.hashes().iter().for_each(|hash| payload.extend_from_slice(hash));
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let size = u64::from_le_bytes(reader.array()?);
        let last_time = Timestamp::from_microsecond(i64::from_le_bytes(reader.array()?)).ok()?;
        let record = u64::from_le_bytes(reader.array()?);
        let evidence_end = EvidenceEnd { record, place: Place::read(reader)? };
        let mut tiles: Vec<Vec<Hash>> = Vec::new();
        while !reader.0.is_empty() {
            let width = reader.u8()?;
            tiles.push((0..width).map(|_| reader.array()).collect::<Option<_>>()?);
        }
        Some(Self { edge: Edge::from_tiles(TreeHash::Sha256, size, &tiles)?, last_time, evidence_end })
    }
}

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

    fn payload(entry: &EntryFrame) -> Option<Vec<u8>> {
        let mut payload = Vec::new();
        entry.write_payload(&mut payload)?;
        Some(payload)
    }

    #[test]
    fn frames_survive_their_bytes() {
        let bare = EntryFrame { key: None, tags: vec![], evidence: None, entry: vec![], ..sample() };
        for entry in [sample(), bare] {
            let payload = payload(&entry).unwrap();
            assert_eq!(payload.len(), entry.payload_bytes());
            assert_eq!(payload.get(ENTRY_AT..ENTRY_AT + entry.entry.len()).unwrap(), entry.entry);
            let Some(Frame::Entry(read)) = Frame::from_payload(&payload) else { panic!("no entry") };
            assert_eq!(read, entry);
        }
        let commit = CommitFrame { size: 9, root: [9; 32], note: "note\n".to_owned() };
        let mut payload = Vec::new();
        commit.write_payload(&mut payload);
        assert_eq!(payload.len(), commit.payload_bytes());
        let Some(Frame::Commit(read)) = Frame::from_payload(&payload) else { panic!("no commit") };
        assert_eq!(read, commit);
    }

    #[test]
    fn a_state_of_any_size_survives_its_bytes_and_none_that_is_cut_is_read() {
        let mut edge = Edge::default();
        for size in 0..=65_537_u32 {
            if [0, 1, 255, 256, 257, 511, 65_535, 65_536, 65_537].contains(&size) {
                let evidence_end = EvidenceEnd { record: 3, place: Place { segment: 4, offset: 5 } };
                let state = StateFrame { edge: edge.clone(), last_time: sample().time, evidence_end };
                let mut payload = Vec::new();
                state.write_payload(&mut payload);
                assert_eq!(payload.len(), state.payload_bytes());
                let Some(Frame::State(read)) = Frame::from_payload(&payload) else { panic!("no state") };
                assert_eq!((read.edge.size(), read.edge.root()), (u64::from(size), edge.root()));
                assert_eq!((read.last_time, read.evidence_end), (state.last_time, evidence_end));
                payload.pop();
                assert!(size == 0 || Frame::from_payload(&payload).is_none(), "{size}");
            }
            edge.push([u8::try_from(size % 251).unwrap(); 32], |_, _| Ok(())).unwrap();
        }
    }

    #[test]
    fn a_payload_cut_or_lengthened_is_no_frame() {
        let payload = payload(&sample()).unwrap();
        for bytes in 0..payload.len() {
            assert!(Frame::from_payload(&payload[..bytes]).is_none(), "{bytes} bytes");
        }
        assert!(Frame::from_payload(&[payload, vec![0]].concat()).is_none());
        assert!(Frame::from_payload(&[9; 50]).is_none());
    }

    #[test]
    fn what_a_frame_cannot_hold_is_refused() {
        assert_eq!(payload(&EntryFrame { entry: vec![0; 65_536], ..sample() }), None);
        assert_eq!(payload(&EntryFrame { tags: vec![[0; 32]; 256], ..sample() }), None);
        let largest = EntryFrame { entry: vec![0; 65_535], tags: vec![[0; 32]; 255], ..sample() };
        assert_eq!(payload(&largest).unwrap().len(), largest.payload_bytes());
    }
}
