//! A store in memory: as durable as its process. It shows what the seam asks for and no more.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Bundle, Head, Refused, Section, Store, Tenure};
use crate::LedgerError;
use crate::log::frame::{CommitFrame, EntryFrame};

/// See the module.
#[derive(Default)]
pub(crate) struct Memory(Mutex<State>);

#[derive(Default)]
struct State {
    epoch: u64,
    sections: Vec<Section>,
}

impl State {
    fn newest(&self) -> Option<&CommitFrame> {
        self.sections.iter().rev().find_map(|section| section.batches.last()).map(|(_, commit)| commit)
    }

    fn head(&self) -> Option<Head> {
        self.newest().map(CommitFrame::head)
    }
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn acquire(&self) -> Result<Tenure, LedgerError> {
        let mut state = self.lock();
        state.epoch += 1;
        let sections = state.sections.iter().map(first).collect();
        Ok(Tenure { epoch: state.epoch, newest: state.newest().cloned(), sections })
    }

    fn commit(&self, epoch: u64, expected: Option<Head>, bundle: &Bundle) -> Result<(), Refused> {
        let mut state = self.lock();
        super::admit(epoch, state.epoch, expected, state.newest(), bundle)?;
        if bundle.begins.is_some() || state.sections.is_empty() {
            state.sections.push(Section { state: bundle.begins.clone(), batches: Vec::new() });
        }
        if let Some(section) = state.sections.last_mut() {
            section.batches.push((bundle.entries.clone(), bundle.commit.clone()));
        }
        Ok(())
    }

    fn entry(&self, index: u64) -> Result<(EntryFrame, CommitFrame), LedgerError> {
        let state = self.lock();
        let mut batches = state.sections.iter().flat_map(|section| &section.batches);
        let found = batches.find(|(_, commit)| index < commit.size).and_then(|(entries, commit)| {
            let entry = entries.iter().find(|entry| entry.index == index)?;
            Some((entry.clone(), commit.clone()))
        });
        found.ok_or_else(|| LedgerError::IndexBeyondSize { index, size: state.head().unwrap_or_default().0 })
    }

    fn replay(&self, section: u32) -> Result<Section, LedgerError> {
        Ok(self.lock().sections.get(section as usize).cloned().unwrap_or_default())
    }
}

/// The first entry of a section.
fn first(section: &Section) -> u64 {
    section.state.as_ref().map_or(0, |state| state.edge.size())
}
