//! The index: which entries carry a key or a tag. Derived from the frames, and made again wherever it is damaged.
//!
//! A row is the beginning of a key or tag and the index of an entry; what it finds is looked up in the frame. The newest
//! rows are in memory, those of complete sections in runs on the disk that prove themselves. So a miss is a miss, and where
//! rows are missing the answer is a refusal until they are back.

#[cfg(test)]
mod contract;
mod filter;
mod keeper;
mod pages;
mod pages_in_files;
mod pages_in_sled;
mod run;
mod runs;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::LedgerError;
use crate::log::Tag;
use crate::log::frame::EntryFrame;
use crate::log::recovery::SectionRows;
use crate::merkle::Hash;
pub(crate) use keeper::keep;
use run::Span;
use runs::Runs;

/// The beginning of a key or tag, and an entry's index.
pub(crate) type Row = (u64, u64);

/// Complete sections whose rows may be in memory.
const UNSAVED_MAX: usize = 4;

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

/// The rows of a section that no longer grows, until the runs have them; and some of entries behind it.
struct Unsaved {
    rows: BTreeSet<Row>,
    span: Span,
}

#[derive(Default)]
struct State {
    /// Rows of the section that grows, and its number.
    tail: BTreeSet<Row>,
    tail_section: u32,
    unsaved: BTreeMap<u32, Arc<Unsaved>>,
    /// Open once its keeper has proved it.
    runs: Option<Arc<Runs>>,
    /// Sections whose rows are nowhere yet: not proved, or to be read from their frames again.
    missing: BTreeSet<u32>,
    /// How many were missing when the first was.
    missing_before: usize,
    /// Why the last work failed; it is tried again.
    failure: Option<LedgerError>,
    is_closed: bool,
}

impl State {
    /// Compares what should be there with what is.
    fn look(&mut self) {
        let covered = self.runs.as_ref().map(|runs| runs.covered()).unwrap_or_default();
        self.unsaved.retain(|section, _| !covered.contains(section));
        let is_missing = |section: &u32| !covered.contains(section) && !self.unsaved.contains_key(section);
        self.missing = (0..self.tail_section).filter(is_missing).collect();
        self.missing_before = if self.missing.is_empty() { 0 } else { self.missing_before.max(self.missing.len()) };
    }

    fn rebuilding(&self) -> Option<LedgerError> {
        (!self.missing.is_empty()).then(|| {
            let (left, total) = (self.missing.len() as u64, self.missing_before as u64);
            let rebuilding = LedgerError::Rebuilding { done: total - left.min(total), total };
            self.failure.clone().unwrap_or(rebuilding)
        })
    }
}

/// The index; its keeper writes and repairs it on a thread of its own.
pub(crate) struct Index {
    state: Mutex<State>,
    changed: Condvar,
    wake: Sender<()>,
}

impl Index {
    /// An index with the rows of the sections that were read at start; those before them are missing until the keeper has
    /// opened the runs. What comes back beside the index is for the keeper.
    pub(crate) fn new(read: Vec<SectionRows>) -> (Self, Receiver<()>) {
        let mut state = State { tail_section: read.last().map_or(0, |rows| rows.section), ..State::default() };
        for SectionRows { section, rows, first, end, root } in read {
            let rows = rows.into_iter().collect();
            if section == state.tail_section {
                state.tail = rows;
            } else {
                let span = Span { sections: section..=section, first, end, root };
                state.unsaved.insert(section, Arc::new(Unsaved { rows, span }));
            }
        }
        state.look();
        let (wake, woken) = channel();
        let index = Self { state: Mutex::new(state), changed: Condvar::new(), wake };
        index.wake();
        (index, woken)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        let _ = self.wake.send(());
    }

    /// Adds rows of the section that grows.
    pub(crate) fn insert(&self, rows: impl Iterator<Item = Row>) {
        self.lock().tail.extend(rows);
    }

    /// Takes rows of entries from this one on out again: they were not recorded.
    pub(crate) fn forget(&self, from: u64) {
        self.lock().tail.retain(|row| row.1 < from);
    }

    /// The section that grew is complete, and the next one grows. Waits while too many rows are in memory, as long as
    /// the keeper gets on.
    pub(crate) fn seal(&self, section: u32, first: u64, end: u64, root: Hash) {
        let mut state = self.lock();
        let span = Span { sections: section..=section, first, end, root };
        let rows = std::mem::take(&mut state.tail);
        state.tail = rows.iter().filter(|row| row.1 >= end).copied().collect();
        state.unsaved.insert(section, Arc::new(Unsaved { rows, span }));
        state.tail_section = section + 1;
        drop(state);
        self.wake();
        let waiting = |state: &mut State| {
            state.unsaved.len() > UNSAVED_MAX && state.missing.is_empty() && state.failure.is_none() && !state.is_closed
        };
        drop(self.changed.wait_while(self.lock(), waiting).unwrap_or_else(PoisonError::into_inner));
    }

    /// Why nothing may be added: too many rows are in memory, and the keeper does not get on.
    pub(crate) fn refusal(&self) -> Option<LedgerError> {
        let state = self.lock();
        let is_full = state.unsaved.len() > UNSAVED_MAX;
        let refusal = is_full.then(|| state.rebuilding().or_else(|| state.failure.clone())).flatten();
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
            drop(state);
            self.wake();
            return Err(rebuilding);
        }
        let mut found: Vec<u64> = state.tail.range(all.clone()).map(|row| row.1).collect();
        found.extend(state.unsaved.values().flat_map(|unsaved| unsaved.rows.range(all.clone())).map(|row| row.1));
        let runs = state.runs.clone();
        drop(state);
        let Ok(rows) = runs.map_or(Ok(Vec::new()), |runs| runs.find(hash)) else {
            let mut state = self.lock();
            state.look();
            let rebuilding = state.rebuilding();
            drop(state);
            self.wake();
            return Err(rebuilding.unwrap_or(LedgerError::Rebuilding { done: 0, total: 1 }));
        };
        found.extend(rows);
        // A section may be in the runs and still in memory.
        found.sort_unstable();
        found.dedup();
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

    /// Ends the keeper once all rows that can be are in the runs.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
        self.wake();
    }
}
