//! Recovery at start: every frame is read again and the tree derived from them, before anything may be signed.

use std::collections::HashSet;
use std::path::Path;

use jiff::Timestamp;

use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::log::Tag;
use crate::log::evidence::EvidenceEnd;
use crate::log::frame::{CommitFrame, EntryFrame, Frame, Place};
use crate::log::index::count_rows;
use crate::log::publisher::Publisher;
use crate::log::segment::{End, end_at, frame_at, frames_behind, read_segment, segment_numbers, segment_path};
use crate::log::state::SignedHead;
use crate::note::VerifierKey;

/// Where the frames are, by what they say.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    /// The frame of each entry.
    pub(crate) entries: Vec<Place>,
    /// The size that each commit reached, and its frame.
    pub(crate) commits: Vec<(u64, Place)>,
}

/// The idempotency keys in use, by their first eight bytes: what is not here was never recorded, whatever the index says.
#[derive(Debug, Default)]
pub(crate) struct KnownKeys(HashSet<u64>);

impl KnownKeys {
    pub(crate) fn insert(&mut self, key: &Tag) {
        self.0.insert(short(key));
    }

    pub(crate) fn may_contain(&self, key: &Tag) -> bool {
        self.0.contains(&short(key))
    }
}

fn short(tag: &Tag) -> u64 {
    tag.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The log as its frames tell it, up to the last commit.
pub(crate) struct Recovered {
    pub(crate) positions: Positions,
    pub(crate) publisher: Publisher,
    /// Behind the last commit frame; everything there is cut.
    pub(crate) end: Place,
    pub(crate) sequence: u64,
    pub(crate) evidence_end: EvidenceEnd,
    pub(crate) last_time: Timestamp,
    pub(crate) known_keys: KnownKeys,
    /// Rows that the index must have.
    pub(crate) rows: u64,
    /// The signed note of the last commit; `None` for a log that never committed.
    pub(crate) note: Option<String>,
    /// Whether a commit has the size and root of the signed head.
    root_at_signed_head: bool,
}

/// Reads all segments of a folder.
///
/// # Errors
/// [`LedgerError::SegmentDamaged`] when a frame before the last commit is damaged or missing: what was acknowledged may
/// be lost, and the log must not be signed on. [`LedgerError::RolledBack`] and [`LedgerError::HeadDiffers`] when the
/// segments are behind the signed head or tell another story. Those of the note when the last commit is not signed by
/// the keys at hand. [`LedgerError::Io`]
pub(crate) fn recover(
    folder: &Path,
    publisher: Publisher,
    signed_head: &SignedHead,
    origin: &str,
    keys: &[VerifierKey],
) -> Result<Recovered, LedgerError> {
    let mut scan =
        Scan { folder, origin, signed_head, pending: Vec::new(), sequence: 0, log: Recovered::new(publisher) };
    let segments = segment_numbers(folder)?;
    for segment in &segments {
        scan.segment(*segment, Some(segment) == segments.last())?;
    }
    let recovered = scan.log;
    let found = recovered.publisher.size();
    match (signed_head.latest(), &recovered.note) {
        (None, Some(_)) => return Err(signed_head.damaged()),
        (Some((signed, _)), _) if signed > found => return Err(LedgerError::RolledBack { signed, found }),
        (Some((0, _)) | None, None) => {}
        (Some((size, _)), _) if !recovered.root_at_signed_head => return Err(LedgerError::HeadDiffers { size }),
        (Some(_), _) => {}
    }
    if let Some(note) = &recovered.note {
        Checkpoint::from_note(note.as_bytes(), keys)?;
    }
    Ok(recovered)
}

impl Recovered {
    fn new(publisher: Publisher) -> Self {
        Self {
            positions: Positions::default(),
            publisher,
            end: Place { segment: 0, offset: 0 },
            sequence: 0,
            evidence_end: EvidenceEnd::START,
            last_time: Timestamp::MIN,
            known_keys: KnownKeys::default(),
            rows: 0,
            note: None,
            root_at_signed_head: false,
        }
    }
}

struct Scan<'log> {
    folder: &'log Path,
    origin: &'log str,
    signed_head: &'log SignedHead,
    /// Entries since the last commit: recorded if a commit follows, as if never written otherwise.
    pending: Vec<(Place, EntryFrame)>,
    /// Number that the next frame must have.
    sequence: u64,
    log: Recovered,
}

impl Scan<'_> {
    fn segment(&mut self, segment: u32, is_last: bool) -> Result<(), LedgerError> {
        let bytes = read_segment(self.folder, segment)?;
        let damaged =
            |at: usize| LedgerError::SegmentDamaged { path: segment_path(self.folder, segment), offset: at as u64 };
        let mut at = 0;
        while let Some((sequence, payload, next)) = frame_at(&bytes, at) {
            if sequence != self.sequence {
                break;
            }
            let offset = u32::try_from(at).map_err(|_| damaged(at))?;
            let place = Place { segment, offset };
            match Frame::from_payload(payload) {
                Some(Frame::Entry(entry)) => self.pending.push((place, entry)),
                Some(Frame::Commit(commit)) => {
                    let end = u32::try_from(next).map_err(|_| damaged(at))?;
                    self.commit(place, end, commit)?.ok_or_else(|| damaged(at))?;
                }
                None => return Err(damaged(at)),
            }
            self.sequence += 1;
            at = next;
        }
        match end_at(&bytes, at) {
            // A batch never lies in two segments: what follows a segment begins after a commit.
            End::Clean if is_last || self.pending.is_empty() => Ok(()),
            End::Broken { at } if is_last && !commits_behind(&bytes, at, self.sequence) => Ok(()),
            End::Clean => Err(damaged(at)),
            End::Broken { at } => Err(damaged(at)),
        }
    }

    /// Takes the pending entries over; `None` where they do not lead to what the commit says.
    fn commit(&mut self, place: Place, end: u32, commit: CommitFrame) -> Result<Option<()>, LedgerError> {
        let log = &mut self.log;
        for (place, entry) in self.pending.drain(..) {
            if entry.index != log.publisher.size() {
                return Ok(None);
            }
            log.publisher.push(&entry.entry)?;
            log.positions.entries.push(place);
            log.last_time = log.last_time.max(entry.time);
            log.rows += count_rows(&entry);
            if let Some(key) = &entry.key {
                log.known_keys.insert(key);
            }
            if let Some(end) = entry.evidence.and_then(EvidenceEnd::after) {
                log.evidence_end = end;
            }
        }
        let checkpoint = Checkpoint { origin: self.origin.to_owned(), size: commit.size, root: commit.root };
        let derived = (log.publisher.size(), log.publisher.tree_root());
        if derived != (commit.size, commit.root) || !commit.note.starts_with(&checkpoint.to_text()) {
            return Ok(None);
        }
        if self.signed_head.latest() == Some(derived) {
            log.root_at_signed_head = true;
        }
        log.publisher.restore_full()?;
        log.positions.commits.push((commit.size, place));
        log.note = Some(commit.note);
        log.end = Place { segment: place.segment, offset: end };
        log.sequence = self.sequence + 1;
        Ok(Some(()))
    }
}

/// Whether a commit lies behind a break: then the break is damage to what was recorded, not the end of a torn write.
fn commits_behind(segment: &[u8], at: usize, sequence: u64) -> bool {
    frames_behind(segment, at, sequence).any(|payload| matches!(Frame::from_payload(payload), Some(Frame::Commit(_))))
}
