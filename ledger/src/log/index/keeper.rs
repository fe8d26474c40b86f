//! The thread that keeps the index: it opens and proves the runs, hands them the rows of complete sections, and makes
//! those again that were lost.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::run::Span;
use super::runs::Runs;
use super::{Index, Row, Unsaved, pages, rows_of};
use crate::LedgerError;
use crate::log::IndexEngine;
use crate::log::recorded::Recorded;

/// Entries that the runs are asked for before they are believed: so many over all ages, and so many of the newest.
const SAMPLE: u64 = 64;

/// What there is to do next.
enum Work {
    Open,
    Rebuild(u32),
    Save(Arc<Unsaved>),
}

/// Keeps the index until it is closed.
pub(crate) fn keep(index: &Index, recorded: &Recorded, kind: IndexEngine, folder: &Path, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        while let Some(work) = index.next_work() {
            let done = index.work(&work, recorded, kind, folder);
            let mut state = index.lock();
            state.look();
            // What failed is tried again when somebody asks: a full disk, or damaged frames.
            state.failure = done.err();
            let is_failed = state.failure.is_some();
            drop(state);
            index.changed.notify_all();
            if is_failed {
                break;
            }
        }
        let state = index.lock();
        if state.is_closed {
            let runs = state.runs.clone();
            drop(state);
            // What is not written is applied again at the next start.
            let _ = runs.map(|runs| runs.flush());
            return;
        }
    }
}

impl Index {
    fn next_work(&self) -> Option<Work> {
        let state = self.lock();
        if state.runs.is_none() {
            return (!state.is_closed).then_some(Work::Open);
        }
        // The runs take the sections in their order.
        match (state.missing.first(), state.unsaved.values().next()) {
            (Some(missing), unsaved) if unsaved.is_none_or(|it| missing < it.span.sections.start()) => {
                (!state.is_closed).then_some(Work::Rebuild(*missing))
            }
            (_, unsaved) => unsaved.map(|unsaved| Work::Save(Arc::clone(unsaved))),
        }
    }

    fn work(&self, work: &Work, recorded: &Recorded, kind: IndexEngine, folder: &Path) -> Result<(), LedgerError> {
        let runs = self.lock().runs.clone();
        match (work, runs) {
            (Work::Open, _) | (_, None) => {
                let boundary = |section: u32| recorded.boundary(section);
                let mut runs = Runs::open(pages::open(kind, folder)?, &boundary)?;
                if !holds_sample(&runs, recorded)? {
                    drop(runs);
                    pages::clear(kind, folder)?;
                    runs = Runs::open(pages::open(kind, folder)?, &boundary)?;
                }
                self.lock().runs = Some(Arc::new(runs));
                Ok(())
            }
            (Work::Rebuild(section), Some(runs)) => {
                let (span, rows) = rows_of_section(*section, recorded)?;
                runs.apply(&span, &rows)
            }
            (Work::Save(unsaved), Some(runs)) => {
                let rows: Vec<Row> = unsaved.rows.iter().filter(|row| row.1 < unsaved.span.end).copied().collect();
                runs.apply(&unsaved.span, &rows)
            }
        }
    }
}

/// Whether some entries of all ages, and the newest, are found where the runs say that they have their rows.
fn holds_sample(runs: &Runs, recorded: &Recorded) -> Result<bool, LedgerError> {
    let Some(last) = runs.covered().last().copied() else { return Ok(true) };
    let end = recorded.bounds(last).map_or(0, |(_, end)| end);
    let over_all = (0..SAMPLE).map(|step| end / SAMPLE * step);
    for index in over_all.chain(end.saturating_sub(SAMPLE)..end).filter(|index| *index < end) {
        let frame = recorded.entry(index)?;
        // Damage that is noticed is made good; a miss would not be. The key's row comes first, and few share it.
        let is_found = |row: Row| runs.find(row.0).map_or(true, |found| found.contains(&index));
        if !rows_of(&frame).take(1).all(is_found) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The rows of a section, read again.
fn rows_of_section(section: u32, recorded: &Recorded) -> Result<(Span, Vec<Row>), LedgerError> {
    let (first, _) = recorded.bounds(section).unwrap_or_default();
    let batches = recorded.section(section)?.batches;
    let (end, root) = batches.last().map(|(_, commit)| commit.head()).unwrap_or_default();
    let mut rows: Vec<Row> = batches.iter().flat_map(|(entries, _)| entries).flat_map(rows_of).collect();
    rows.sort_unstable();
    rows.dedup();
    Ok((Span { sections: section..=section, first, end, root }, rows))
}
