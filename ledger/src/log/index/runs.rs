//! An engine of sorted runs: one file a segment, merged eight by eight, so that a lookup asks few and memory stays flat.

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::engine::{Boundary, Damaged, Engine, Span};
use super::run::{self, Run};
use super::{Row, is_key};
use crate::LedgerError;

/// Runs that are merged into one.
const MERGE: u32 = 8;

pub(crate) struct Runs {
    folder: PathBuf,
    /// Those that are believed, in the order of their segments.
    runs: RwLock<Arc<Vec<Arc<Run>>>>,
}

impl Runs {
    /// Takes over the runs of a folder that are this log's.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn open(folder: &Path, boundary: Boundary<'_>) -> Result<Self, LedgerError> {
        fs::create_dir_all(folder).map_err(LedgerError::io("make", folder))?;
        let mut paths = Vec::new();
        for item in fs::read_dir(folder).map_err(LedgerError::io("list", folder))? {
            let path = item.map_err(LedgerError::io("list", folder))?.path();
            paths.extend(run::segments_of(&path).map(|segments| (segments, path)));
        }
        // Of two that overlap the longer one is the merged one.
        paths.sort_by_key(|(segments, _)| segments.start().abs_diff(*segments.end()));
        let engine = Self { folder: folder.to_owned(), runs: RwLock::default() };
        for (segments, path) in paths.into_iter().rev() {
            let is_ours = |run: &Run| boundary(*segments.end()) == Some((run.span.end, run.span.root));
            let covered = engine.covered();
            let is_new = !segments.clone().any(|segment| covered.contains(&segment));
            match Run::open(&path).filter(|run| is_new && is_ours(run)) {
                Some(run) => engine.put(run),
                None => fs::remove_file(&path).map_err(LedgerError::io("remove", &path))?,
            }
        }
        Ok(engine)
    }

    fn read(&self) -> Arc<Vec<Arc<Run>>> {
        Arc::clone(&self.runs.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The runs that lie within some segments, and the others.
    fn split(&self, segments: &RangeInclusive<u32>) -> (Vec<Arc<Run>>, Vec<Arc<Run>>) {
        self.read().iter().cloned().partition(|run| segments.contains(run.span.segments.start()))
    }

    fn set(&self, mut runs: Vec<Arc<Run>>) {
        runs.sort_by_key(|run| *run.span.segments.start());
        *self.runs.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(runs);
    }

    /// Puts a run in the place of all that it covers.
    fn put(&self, run: Run) {
        let segments = run.span.segments.clone();
        let (old, mut runs) = self.split(&segments);
        runs.push(Arc::new(run));
        self.set(runs);
        for run in old.iter().filter(|run| run.span.segments != segments) {
            // A file that stays is found to be covered at the next start.
            let _ = run.remove();
        }
    }

    /// Merges the runs up to a segment where a group of them ends; damaged ones are no longer believed.
    fn merge_at(&self, segment: u32) -> Result<(), LedgerError> {
        let mut group = MERGE;
        while (segment + 1).is_multiple_of(group) {
            let segments = segment + 1 - group..=segment;
            let (runs, others) = self.split(&segments);
            let covered: u32 =
                runs.iter().map(|run| run.span.segments.clone().count()).sum::<usize>().try_into().unwrap_or(0);
            if covered != group {
                return Ok(());
            }
            if runs.len() > 1 {
                let merged = run::merge(&self.folder, &runs.iter().map(Arc::as_ref).collect::<Vec<_>>());
                let Some(run) = merged.map_err(LedgerError::io("write", &self.folder))? else {
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
}

impl Engine for Runs {
    fn covered(&self) -> BTreeSet<u32> {
        self.read().iter().flat_map(|run| run.span.segments.clone()).collect()
    }

    fn apply(&self, span: &Span, rows: &[Row]) -> Result<(), LedgerError> {
        let keys = rows.iter().filter(|row| is_key(row.0)).count() as u64;
        let run = run::write(&self.folder, span, keys, rows.iter().copied());
        self.put(run.map_err(LedgerError::io("write", &self.folder))?);
        self.merge_at(*span.segments.end())
    }

    fn find(&self, hash: u64) -> Result<Vec<u64>, Damaged> {
        let mut found = Vec::new();
        for run in self.read().iter() {
            let Some(rows) = run.find(hash) else {
                let (_, others) = self.split(&run.span.segments);
                self.set(others);
                return Err(Damaged(run.span.segments.clone()));
            };
            found.extend(rows);
        }
        Ok(found)
    }

    fn flush(&self) -> Result<(), LedgerError> {
        Ok(())
    }
}
