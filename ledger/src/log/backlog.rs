//! What is recorded and not public yet: the queue between the sequencer and the publisher, bounded in bytes.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::LedgerError;
use crate::log::store::Bundle;

/// Bytes of batches that may be recorded and not public; the sequencer waits beyond that.
const BACKLOG_BYTES_MAX: usize = 16 << 20;

/// Batches and bytes that are worth a publication while the disk is busy; while it rests any batch is.
const WORTHWHILE: (usize, usize) = (32, 1 << 20);

/// A batch that is recorded.
pub(crate) struct Batch {
    pub(crate) bundle: Arc<Bundle>,
    /// The section that begins with this batch.
    pub(crate) begins: Option<u32>,
}

#[derive(Default)]
struct State {
    batches: Vec<Batch>,
    bytes: usize,
    /// Entries that are public; `None` before the first checkpoint.
    published: Option<u64>,
    /// Why the last publication failed, until one succeeds.
    failure: Option<LedgerError>,
    /// Whether somebody asked to try again after a failure.
    is_retry: bool,
    /// Whether no batch is on its way to the disk.
    is_resting: bool,
    /// Whether somebody waits for files to be public.
    is_wanted: bool,
    phase: Phase,
}

/// How long the queue is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// No batch follows.
    Closed,
    /// The publisher ended.
    Over,
}

impl State {
    fn is_worthwhile(&self) -> bool {
        let (batches, bytes) = WORTHWHILE;
        let many = self.batches.len() >= batches || self.bytes >= bytes;
        !self.batches.is_empty() && (many || self.is_resting || self.is_wanted)
    }
}

/// The queue; shared by the sequencer, the publisher and whoever waits for files to be public.
#[derive(Default)]
pub(crate) struct Backlog {
    state: Mutex<State>,
    changed: Condvar,
}

impl Backlog {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, condition: impl FnMut(&mut State) -> bool) -> MutexGuard<'_, State> {
        self.changed.wait_while(self.lock(), condition).unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a batch; waits while too much is there, unless publishing fails: then nobody knows how long.
    pub(crate) fn push(&self, batch: Batch) {
        let mut state = self.wait_while(|state| {
            state.bytes > BACKLOG_BYTES_MAX && state.failure.is_none() && state.phase != Phase::Over
        });
        state.bytes += batch.bundle.bytes();
        state.batches.push(batch);
        let is_worthwhile = state.is_worthwhile();
        drop(state);
        if is_worthwhile {
            self.changed.notify_all();
        }
    }

    /// Tells whether the disk rests: then there is time to publish.
    pub(crate) fn rest(&self, is_resting: bool) {
        let mut state = self.lock();
        let is_news = is_resting && !state.is_resting && !state.batches.is_empty();
        state.is_resting = is_resting;
        drop(state);
        if is_news {
            self.changed.notify_all();
        }
    }

    /// Takes all batches, waiting until publishing them is worthwhile; `None` once the queue is closed and empty.
    pub(crate) fn take(&self) -> Option<Vec<Batch>> {
        let mut state = self.wait_while(|state| !state.is_worthwhile() && state.phase == Phase::Open);
        (state.bytes, state.is_wanted) = (0, false);
        let batches = std::mem::take(&mut state.batches);
        drop(state);
        self.changed.notify_all();
        (!batches.is_empty()).then_some(batches)
    }

    /// Tells that so many entries are public.
    pub(crate) fn published(&self, size: u64) {
        let mut state = self.lock();
        (state.published, state.failure) = (Some(size), None);
        drop(state);
        self.changed.notify_all();
    }

    /// Tells how far the comparison of doubted files is; new entries are kept out for as long.
    ///
    /// # Errors
    /// [`LedgerError::LogClosed`] when nobody waits for the end any more.
    pub(crate) fn rebuilding(&self, done: u64, total: u64) -> Result<(), LedgerError> {
        let mut state = self.lock();
        (state.failure, state.is_retry) = (Some(LedgerError::Rebuilding { done, total }), true);
        if state.phase == Phase::Closed { Err(LedgerError::LogClosed) } else { Ok(()) }
    }

    /// Tells that publishing failed, and waits until somebody wants it tried again; false where nobody ever will.
    pub(crate) fn failed(&self, failure: LedgerError) -> bool {
        let mut state = self.lock();
        let failure = LedgerError::PublishFailed { reason: Box::new(failure) };
        (state.failure, state.is_retry) = (Some(failure), false);
        drop(state);
        self.changed.notify_all();
        self.wait_while(|state| !state.is_retry && state.phase == Phase::Open).phase == Phase::Open
    }

    /// The failure that keeps new entries out, which is tried again meanwhile.
    pub(crate) fn failure(&self) -> Option<LedgerError> {
        let mut state = self.lock();
        state.failure.as_ref()?;
        state.is_retry = true;
        let failure = state.failure.clone();
        drop(state);
        self.changed.notify_all();
        failure
    }

    /// Waits until so many entries are public.
    ///
    /// # Errors
    /// Why they cannot be; [`LedgerError::LogClosed`] when the publisher ended before.
    pub(crate) fn wait(&self, size: u64) -> Result<(), LedgerError> {
        let mut state = self.lock();
        // A waiter is reason enough to try again.
        state.is_retry |= state.failure.is_some();
        state.is_wanted |= state.published < Some(size);
        drop(state);
        self.changed.notify_all();
        let ended = |state: &mut State| state.published >= Some(size) || state.phase == Phase::Over;
        let state = self.wait_while(|state| !ended(state) && (state.failure.is_none() || state.is_retry));
        match &state.failure {
            _ if state.published >= Some(size) => Ok(()),
            Some(failure) => Err(failure.clone()),
            None => Err(LedgerError::LogClosed),
        }
    }

    /// No batch follows.
    pub(crate) fn close(&self) {
        self.lock().phase = Phase::Closed;
        self.changed.notify_all();
    }

    /// The publisher ended.
    pub(crate) fn over(&self) {
        self.lock().phase = Phase::Over;
        self.changed.notify_all();
    }
}
