//! The index: which entries carry a key or a tag. Derived from the frames, and made again wherever it is damaged.
//!
//! A row is the beginning of a key or tag and the index of an entry; what it finds is looked up in the frame. The newest
//! rows are in memory, the others in runs of one or more segments, which prove themselves. So a miss is a miss, and where
//! rows are missing the answer is a refusal until they are back.

mod keeper;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::LedgerError;
use crate::log::Tag;
use crate::log::frame::EntryFrame;
use crate::log::recovery::SegmentRows;
use crate::merkle::Hash;
pub(crate) use keeper::keep;
use run::{Run, Span};

/// The beginning of a key or tag, and an entry's index.
pub(crate) type Row = (u64, u64);

/// Segments whose rows may be in memory; beyond that nothing new is taken until they are written.
const UNSAVED_MAX: usize = 8;

/// Keys are odd and tags even, so that the filters need to know keys alone.
fn hash_of_key(key: &Tag) -> u64 {
    beginning(key) | 1
}

fn hash_of_tag(tag: &Tag) -> u64 {
    beginning(tag) & !1
}

fn beginning(tag: &Tag) -> u64 {
    tag.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn is_key(hash: u64) -> bool {
    hash & 1 == 1
}

/// The rows of an entry: one for its idempotency key, one for each tag.
pub(crate) fn rows_of(frame: &EntryFrame) -> impl Iterator<Item = Row> {
    let key = frame.key.iter().map(hash_of_key);
    key.chain(frame.tags.iter().map(hash_of_tag)).map(|hash| (hash, frame.index))
}

/// The rows of a segment that no longer grows, until a run holds them.
struct Unsaved {
    rows: BTreeSet<Row>,
    span: Span,
}

#[derive(Default)]
struct State {
    /// Rows of the segment that grows.
    tail: BTreeSet<Row>,
    unsaved: BTreeMap<u32, Arc<Unsaved>>,
    /// Runs that are believed, in the order of their segments.
    runs: Arc<Vec<Arc<Run>>>,
    /// Segments whose rows must be read from their frames again.
    missing: BTreeSet<u32>,
    /// How many were missing when the first was.
    missing_before: usize,
    /// Why the last work failed; it is tried again.
    failure: Option<LedgerError>,
    is_closed: bool,
}

impl State {
    fn covers(&self, segment: u32) -> bool {
        self.runs.iter().any(|run| run.span.segments.contains(&segment))
    }

    /// Puts a run in the place of all that it covers, which is handed back.
    fn put(&mut self, run: Run) -> Vec<Arc<Run>> {
        let covered = run.span.segments.clone();
        let is_covered = |run: &Arc<Run>| covered.contains(run.span.segments.start());
        let (old, mut runs): (Vec<_>, Vec<_>) = self.runs.iter().cloned().partition(is_covered);
        for segment in covered.clone() {
            self.unsaved.remove(&segment);
            self.missing.remove(&segment);
        }
        runs.push(Arc::new(run));
        runs.sort_by_key(|run| *run.span.segments.start());
        self.runs = Arc::new(runs);
        old
    }

    /// No longer believes runs: their rows must come from the frames.
    fn drop_runs(&mut self, segments: &RangeInclusive<u32>) {
        let runs = self.runs.iter().filter(|run| !segments.contains(run.span.segments.start())).cloned();
        self.runs = Arc::new(runs.collect());
        self.missing.extend(segments.clone());
        self.missing_before = self.missing.len().max(self.missing_before);
    }

    fn rebuilding(&self) -> Option<LedgerError> {
        (!self.missing.is_empty()).then(|| {
            let (left, total) = (self.missing.len() as u64, self.missing_before as u64);
            let rebuilding = LedgerError::Rebuilding { done: total - left.min(total), total };
            self.failure.clone().unwrap_or(rebuilding)
        })
    }
}

/// What the keeper has to do next.
enum Work {
    Save(Arc<Unsaved>),
    Rebuild(u32),
}

/// The index; its keeper writes and repairs it on a thread of its own.
pub(crate) struct Index {
    folder: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
    wake: Sender<()>,
}

impl Index {
    /// Takes over the runs of a folder that are this log's, of segments before the `last`, and the rows of segments that
    /// were read at start. `boundary` knows the size and the root behind an older segment. What comes back beside the
    /// index is for its keeper.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn open(
        folder: &Path,
        read: Vec<SegmentRows>,
        boundary: impl Fn(u32) -> Option<(u64, Hash)>,
    ) -> Result<(Self, Receiver<()>), LedgerError> {
        let (last, first_read) = (read.last().map_or(0, |it| it.segment), read.first().map_or(0, |it| it.segment));
        let boundary = |segment: u32| {
            let known = read.iter().find(|rows| rows.segment == segment).map(|rows| (rows.end, rows.root));
            known.or_else(|| boundary(segment))
        };
        let mut paths = Vec::new();
        for item in fs::read_dir(folder).map_err(LedgerError::io("list", folder))? {
            let path = item.map_err(LedgerError::io("list", folder))?.path();
            paths.extend(run::segments_of(&path).map(|segments| (segments, path)));
        }
        // Of two that overlap the longer one is the merged one.
        paths.sort_by_key(|(segments, _)| segments.start().abs_diff(*segments.end()));
        let mut state = State::default();
        for (segments, path) in paths.into_iter().rev() {
            let is_ours = |run: &Run| boundary(*segments.end()) == Some((run.span.end, run.span.root));
            let is_new = *segments.end() < last && !segments.clone().any(|segment| state.covers(segment));
            match Run::open(&path).filter(|run| is_new && is_ours(run)) {
                Some(run) => drop(state.put(run)),
                None => fs::remove_file(&path).map_err(LedgerError::io("remove", &path))?,
            }
        }
        state.missing = (0..first_read).filter(|segment| !state.covers(*segment)).collect();
        state.missing_before = state.missing.len();
        for SegmentRows { segment, rows, first, end, root } in read {
            if segment == last {
                state.tail = rows.into_iter().collect();
            } else if !state.covers(segment) {
                let span = Span { segments: segment..=segment, first, end, root };
                state.unsaved.insert(segment, Arc::new(Unsaved { rows: rows.into_iter().collect(), span }));
            }
        }
        let (wake, woken) = channel();
        let index = Self { folder: folder.to_owned(), state: Mutex::new(state), changed: Condvar::new(), wake };
        index.wake();
        Ok((index, woken))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        let _ = self.wake.send(());
    }

    /// Adds rows of the segment that grows.
    pub(crate) fn insert(&self, rows: impl Iterator<Item = Row>) {
        self.lock().tail.extend(rows);
    }

    /// The segment that grew is complete, and another one grows.
    pub(crate) fn seal(&self, segment: u32, first: u64, end: u64, root: Hash) {
        let mut state = self.lock();
        let span = Span { segments: segment..=segment, first, end, root };
        let rows = std::mem::take(&mut state.tail);
        state.unsaved.insert(segment, Arc::new(Unsaved { rows, span }));
        drop(state);
        self.wake();
    }

    /// Why a key cannot be looked up, or no more may be added.
    pub(crate) fn refusal(&self) -> Option<LedgerError> {
        let state = self.lock();
        let is_full = state.unsaved.len() > UNSAVED_MAX;
        let refusal =
            state.rebuilding().or_else(|| is_full.then(|| state.failure.clone().unwrap_or(LedgerError::Busy)));
        drop(state);
        if refusal.is_some() {
            self.wake();
        }
        refusal
    }

    /// The entries that may be recorded under an idempotency key.
    ///
    /// # Errors
    /// [`LedgerError::Rebuilding`] while rows are missing, or why they cannot come back.
    pub(crate) fn with_key(&self, key: &Tag) -> Result<Vec<u64>, LedgerError> {
        self.find(hash_of_key(key))
    }

    /// The entries that may carry a tag, the oldest first.
    ///
    /// # Errors
    /// As [`Self::with_key`].
    pub(crate) fn with_tag(&self, tag: &Tag) -> Result<Vec<u64>, LedgerError> {
        self.find(hash_of_tag(tag))
    }

    fn find(&self, hash: u64) -> Result<Vec<u64>, LedgerError> {
        let all = (hash, 0)..=(hash, u64::MAX);
        let state = self.lock();
        if let Some(rebuilding) = state.rebuilding() {
            return Err(rebuilding);
        }
        let mut found: Vec<u64> = state.tail.range(all.clone()).map(|row| row.1).collect();
        found.extend(state.unsaved.values().flat_map(|unsaved| unsaved.rows.range(all.clone())).map(|row| row.1));
        let runs = Arc::clone(&state.runs);
        drop(state);
        for run in runs.iter() {
            let Some(rows) = run.find(hash) else {
                let mut state = self.lock();
                state.drop_runs(&run.span.segments);
                let rebuilding = state.rebuilding();
                drop(state);
                self.wake();
                return Err(rebuilding.unwrap_or(LedgerError::Rebuilding { done: 0, total: 1 }));
            };
            found.extend(rows);
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Waits until no row is missing.
    ///
    /// # Errors
    /// Why rows cannot come back.
    pub(crate) fn wait(&self) -> Result<(), LedgerError> {
        self.lock().failure = None;
        self.wake();
        let waiting = |state: &mut State| !state.missing.is_empty() && state.failure.is_none() && !state.is_closed;
        let state = self.changed.wait_while(self.lock(), waiting).unwrap_or_else(PoisonError::into_inner);
        state.rebuilding().map_or(Ok(()), Err)
    }

    /// Ends the keeper once all rows in memory are written.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
        self.wake();
    }
}
