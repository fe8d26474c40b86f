//! Sorted runs, one a section and merged eight by eight, so that a lookup asks few and memory stays flat.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::{Arc, PoisonError, RwLock};

use super::pages::Pages;
use super::run::{self, Run, Span};
use super::{Row, is_key};
use crate::LedgerError;
use crate::merkle::Hash;

/// Runs that are merged into one.
const MERGE: u32 = 8;

/// Rows were damaged or lost: those of some sections must be applied again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damaged;

/// The boundary behind a section: size and root of the tree there; `None` where the log has no such section, or it still
/// grows.
pub(crate) type Boundary<'log> = &'log dyn Fn(u32) -> Option<(u64, Hash)>;

/// The rows of whole sections.
///
/// One thread applies, in the order of the sections; any thread finds meanwhile. What [`Self::covered`] names is believed:
/// there a hash without rows was never recorded. Damage is noticed and answered with [`Damaged`], never with fewer rows;
/// the sections are no longer covered then, and the caller applies them again.
pub(crate) struct Runs {
    pages: Box<dyn Pages>,
    /// Those that are believed, in the order of their sections.
    runs: RwLock<Arc<Vec<Arc<Run>>>>,
}

impl Runs {
    /// Takes over the runs that are this log's; the others go.
    ///
    /// # Errors
    /// [`LedgerError::Io`], [`LedgerError::IndexFailed`]
    pub(crate) fn open(pages: Box<dyn Pages>, boundary: Boundary<'_>) -> Result<Self, LedgerError> {
        let listed = pages.runs()?;
        let mut open: Vec<Run> = Vec::new();
        for (name, count) in &listed {
            let run = Run::open(pages.as_ref(), name, *count);
            let is_ours = |run: &Run| boundary(*run.span.sections.end()) == Some((run.span.end, run.span.root));
            match run.filter(is_ours) {
                Some(run) => open.push(run),
                None => pages.remove(name)?,
            }
        }
        let engine = Self { pages, runs: RwLock::default() };
        // Of two that overlap the longer one is the merged one.
        open.sort_by_key(|run| run.span.sections.start().abs_diff(*run.span.sections.end()));
        for run in open.into_iter().rev() {
            let covered = engine.covered();
            if run.span.sections.clone().any(|section| covered.contains(&section)) {
                engine.pages.remove(&run.name)?;
            } else {
                engine.put(run);
            }
        }
        Ok(engine)
    }

    fn read(&self) -> Arc<Vec<Arc<Run>>> {
        Arc::clone(&self.runs.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The runs that lie within some sections, and the others.
    fn split(&self, sections: &RangeInclusive<u32>) -> (Vec<Arc<Run>>, Vec<Arc<Run>>) {
        self.read().iter().cloned().partition(|run| sections.contains(run.span.sections.start()))
    }

    fn set(&self, mut runs: Vec<Arc<Run>>) {
        runs.sort_by_key(|run| *run.span.sections.start());
        *self.runs.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(runs);
    }

    /// Puts a run in the place of all that it covers.
    fn put(&self, run: Run) {
        let sections = run.span.sections.clone();
        let (old, mut runs) = self.split(&sections);
        runs.push(Arc::new(run));
        self.set(runs);
        for run in old.iter().filter(|run| run.span.sections != sections) {
            // One that stays is found to be covered at the next start.
            let _ = self.pages.remove(&run.name);
        }
    }

    /// Merges the runs up to a section where a group of them ends; damaged ones are no longer believed.
    fn merge_at(&self, section: u32) -> Result<(), LedgerError> {
        let mut group = MERGE;
        while (section + 1).is_multiple_of(group) {
            let sections = section + 1 - group..=section;
            let (runs, others) = self.split(&sections);
            let covered: u32 =
                runs.iter().map(|run| run.span.sections.clone().count()).sum::<usize>().try_into().unwrap_or(0);
            if covered != group {
                return Ok(());
            }
            if runs.len() > 1 {
                let merged = run::merge(self.pages.as_ref(), &runs.iter().map(Arc::as_ref).collect::<Vec<_>>());
                let Some(run) = merged? else {
                    self.set(others);
                    return Ok(());
                };
                self.put(run);
            }
            let Some(next) = group.checked_mul(MERGE) else { return Ok(()) };
            group = next;
        }
        Ok(())
    }

    /// The sections whose rows are all there.
    pub(crate) fn covered(&self) -> BTreeSet<u32> {
        self.read().iter().flat_map(|run| run.span.sections.clone()).collect()
    }

    /// Adds the rows of one section, sorted; the section before it is covered.
    ///
    /// # Errors
    /// [`LedgerError::Io`], [`LedgerError::IndexFailed`]; the section is not covered then.
    pub(crate) fn apply(&self, span: &Span, rows: &[Row]) -> Result<(), LedgerError> {
        let keys = rows.iter().filter(|row| is_key(row.0)).count() as u64;
        self.put(run::write(self.pages.as_ref(), span, keys, rows.iter().copied())?);
        self.merge_at(*span.sections.end())
    }

    /// The entries of all rows with a hash.
    ///
    /// # Errors
    /// [`Damaged`]
    pub(crate) fn find(&self, hash: u64) -> Result<Vec<u64>, Damaged> {
        'again: loop {
            let mut found = Vec::new();
            for run in self.read().iter() {
                let Some(rows) = run.find(self.pages.as_ref(), hash) else {
                    if self.give_up(run) {
                        return Err(Damaged);
                    }
                    continue 'again;
                };
                found.extend(rows);
            }
            return Ok(found);
        }
    }

    /// Believes a damaged run no longer; false where it was merged into another meanwhile, which has its rows.
    fn give_up(&self, damaged: &Arc<Run>) -> bool {
        let mut runs = self.runs.write().unwrap_or_else(PoisonError::into_inner);
        let (given_up, others): (Vec<_>, Vec<_>) = runs.iter().cloned().partition(|run| Arc::ptr_eq(run, damaged));
        *runs = Arc::new(others);
        !given_up.is_empty()
    }

    /// Writes what is in memory, so that the next start need not apply it again.
    ///
    /// # Errors
    /// [`LedgerError::Io`], [`LedgerError::IndexFailed`]
    pub(crate) fn flush(&self) -> Result<(), LedgerError> {
        self.pages.flush()
    }
}
