//! One segment read as a whole: its state, its batches, and how it ends.

use std::path::Path;

use super::Head;
use crate::LedgerError;
use crate::log::disk::Disk;
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
    /// A commit that lies behind a break and is the last thing there: of a batch that was torn, unless somebody knows it
    /// to be recorded. The place of the break is beside it.
    pub(crate) torn: Option<(Head, usize)>,
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
    pub(crate) fn read(disk: &dyn Disk, folder: &Path, segment: u32, is_last: bool) -> Result<Self, LedgerError> {
        let bytes = read_segment(disk, folder, segment)?;
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
        if is_clean && (is_last || pending.is_empty()) {
            return Ok(content);
        }
        // A batch never lies in two segments, so only the last one may end in a torn one.
        if !is_last {
            return Err(damaged(at));
        }
        content.torn = torn(&bytes, at, expected).map_err(|()| damaged(at))?;
        Ok(content)
    }
}

/// The commit of a torn batch, if it lies behind the break, and the break; an error where more than that lies there, for
/// then it is damage to what was recorded. The disk writes the parts of a batch in any order, and nothing of the next one before it has them all.
fn torn(segment: &[u8], at: usize, sequence: Option<u64>) -> Result<Option<(Head, usize)>, ()> {
    let mut torn = None;
    for payload in frames_behind(segment, at, sequence) {
        // Frames come in order: one behind a commit is of a later batch.
        if torn.is_some() {
            return Err(());
        }
        if let Some(Frame::Commit(commit)) = Frame::from_payload(payload) {
            torn = Some((commit.head(), at));
        }
    }
    Ok(torn)
}
