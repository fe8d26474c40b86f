//! One segment read as a whole: its state, its batches, and how it ends.

use std::path::Path;

use crate::LedgerError;
use crate::log::frame::{CommitFrame, EntryFrame, Frame, StateFrame};
use crate::log::segment::{frame_at, frames_behind, read_segment, segment_path};

/// What the frames of a segment say.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// The state that the segment begins with; the very first segment has none.
    pub(crate) state: Option<StateFrame>,
    pub(crate) batches: Vec<BatchContent>,
    /// The number of the first frame.
    pub(crate) first_sequence: Option<u64>,
    /// The number that follows the last commit's.
    pub(crate) next_sequence: u64,
}

/// Entries, each with its offset, and the commit that recorded them.
#[derive(Debug)]
pub(crate) struct BatchContent {
    pub(crate) entries: Vec<(u32, EntryFrame)>,
    pub(crate) commit: CommitFrame,
    /// Where the commit begins.
    pub(crate) offset: u32,
    /// Behind the commit.
    pub(crate) end: u32,
}

impl Content {
    /// Reads a segment past the page cache. What follows the last commit of the last segment is of a batch that was
    /// never acknowledged, and is passed over.
    ///
    /// # Errors
    /// [`LedgerError::SegmentDamaged`] when anything before a commit is damaged, or anything at all in a segment that is
    /// not the last one; [`LedgerError::Io`]
    pub(crate) fn read(folder: &Path, segment: u32, is_last: bool) -> Result<Self, LedgerError> {
        let bytes = read_segment(folder, segment)?;
        let damaged =
            |at: usize| LedgerError::SegmentDamaged { path: segment_path(folder, segment), offset: at as u64 };
        let (mut content, mut pending, mut at, mut expected) = (Self::default(), Vec::new(), 0, None);
        while let Some((sequence, payload, next)) = frame_at(&bytes, at) {
            if expected.is_some_and(|expected| expected != sequence) {
                break;
            }
            let offset = u32::try_from(at).map_err(|_| damaged(at))?;
            match Frame::from_payload(payload).ok_or_else(|| damaged(at))? {
                Frame::Entry(entry) => pending.push((offset, entry)),
                Frame::Commit(commit) => {
                    let (entries, end) = (std::mem::take(&mut pending), u32::try_from(next).map_err(|_| damaged(at))?);
                    content.batches.push(BatchContent { entries, commit, offset, end });
                    content.next_sequence = sequence + 1;
                }
                Frame::State(state) if at == 0 => content.state = Some(state),
                Frame::State(_) => return Err(damaged(at)),
            }
            content.first_sequence = content.first_sequence.or(Some(sequence));
            (expected, at) = (Some(sequence + 1), next);
        }
        let is_clean = bytes.get(at..).unwrap_or_default().iter().all(|byte| *byte == 0);
        // A batch never lies in two segments: what follows a segment begins after a commit.
        let ends_well =
            if is_last { is_clean || !commits_behind(&bytes, at, expected) } else { is_clean && pending.is_empty() };
        if ends_well { Ok(content) } else { Err(damaged(at)) }
    }
}

/// Whether a commit lies behind a break: then the break is damage to what was recorded, not the end of a torn write.
fn commits_behind(segment: &[u8], at: usize, sequence: Option<u64>) -> bool {
    frames_behind(segment, at, sequence).any(|payload| matches!(Frame::from_payload(payload), Some(Frame::Commit(_))))
}
