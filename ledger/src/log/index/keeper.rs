//! The thread that keeps the index: it writes runs, merges them, and makes those again that are damaged.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::run::{self, Run, Span};
use super::{Index, Work, is_key, rows_of};
use crate::LedgerError;
use crate::log::frames::FrameReader;
use crate::log::scan::Content;

/// Runs that are merged into one, so that a lookup asks few.
const MERGE: u32 = 8;

/// Keeps the index until it is closed.
pub(crate) fn keep(index: &Index, frames: &FrameReader, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        while let Some(work) = index.next_work() {
            if let Err(failure) = index.work(&work, frames) {
                // Tried again when somebody asks: a full disk, or damaged frames.
                index.lock().failure = Some(failure);
                index.changed.notify_all();
                break;
            }
        }
        if index.lock().is_closed {
            return;
        }
    }
}

impl Index {
    fn next_work(&self) -> Option<Work> {
        let state = self.lock();
        let save = state.unsaved.values().next().map(|unsaved| Work::Save(Arc::clone(unsaved)));
        save.or_else(|| state.missing.first().filter(|_| !state.is_closed).map(|segment| Work::Rebuild(*segment)))
    }

    fn work(&self, work: &Work, frames: &FrameReader) -> Result<(), LedgerError> {
        let segment = match work {
            Work::Save(unsaved) => {
                let segment = *unsaved.span.segments.start();
                let keys = unsaved.rows.iter().filter(|row| is_key(row.0)).count() as u64;
                let run = run::write(&self.folder, &unsaved.span, keys, unsaved.rows.iter().copied());
                self.put(run.map_err(LedgerError::io("write", &self.folder))?);
                frames.let_go(segment)?;
                segment
            }
            Work::Rebuild(segment) => {
                self.put(self.run_of(*segment, frames)?);
                *segment
            }
        };
        if self.lock().is_closed { Ok(()) } else { self.merge_at(segment) }
    }

    fn put(&self, run: Run) {
        let mut state = self.lock();
        let old = state.put(run);
        state.failure = None;
        if state.missing.is_empty() {
            state.missing_before = 0;
        }
        drop(state);
        self.changed.notify_all();
        for run in old {
            // A file that stays is found to be covered at the next start.
            let _ = run.remove();
        }
    }

    /// Makes the run of a segment from its frames.
    fn run_of(&self, segment: u32, frames: &FrameReader) -> Result<Run, LedgerError> {
        let content = Content::read(frames.folder(), segment, false)?;
        let (first, _) = frames.bounds(segment).unwrap_or_default();
        let last = content.batches.last().map(|batch| (batch.commit.size, batch.commit.root));
        let (end, root) = last.unwrap_or_default();
        let entries = content.batches.iter().flat_map(|batch| &batch.entries);
        let mut rows: Vec<_> = entries.flat_map(|(_, entry)| rows_of(entry)).collect();
        rows.sort_unstable();
        rows.dedup();
        let keys = rows.iter().filter(|row| is_key(row.0)).count() as u64;
        let span = Span { segments: segment..=segment, first, end, root };
        run::write(&self.folder, &span, keys, rows.into_iter()).map_err(LedgerError::io("write", &self.folder))
    }

    /// Merges the runs up to a segment where a group of them ends.
    fn merge_at(&self, segment: u32) -> Result<(), LedgerError> {
        let mut group = MERGE;
        while (segment + 1).is_multiple_of(group) {
            let segments = segment + 1 - group..=segment;
            let runs: Vec<_> = {
                let state = self.lock();
                if !segments.clone().all(|segment| state.covers(segment)) {
                    return Ok(());
                }
                state.runs.iter().filter(|run| segments.contains(run.span.segments.start())).cloned().collect()
            };
            if runs.len() > 1 {
                let merged = run::merge(&self.folder, &runs.iter().map(Arc::as_ref).collect::<Vec<_>>());
                let Some(run) = merged.map_err(LedgerError::io("write", &self.folder))? else {
                    self.lock().drop_runs(&segments);
                    return Ok(());
                };
                self.put(run);
            }
            let Some(next) = group.checked_mul(MERGE) else { return Ok(()) };
            group = next;
        }
        Ok(())
    }
}
