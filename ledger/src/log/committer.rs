//! The threads that wait so that the sequencer need not: one commits batch after batch, the other checks the signatures
//! meanwhile.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};

use crate::LedgerError;
use crate::log::disk::DiskFile;
use crate::log::segment::Chunk;
use crate::log::store::{Bundle, Head, Refused, Store};

enum Job {
    /// Evidence and its keys, before the entries that commit to them.
    Evidence(Option<Chunk>, Option<Arc<dyn DiskFile>>),
    /// A bundle behind a head, and what must hold of it before anyone is answered.
    Commit(Option<Head>, Arc<Bundle>, Check),
}

/// Work of the processor that is done while the disk is busy.
pub(crate) type Check = Box<dyn FnOnce() -> Result<(), LedgerError> + Send>;

/// What became of a bundle.
pub(crate) type Committed = Result<(), Refused>;

/// The sequencer's end of the threads.
pub(crate) struct Committer {
    /// Gone once the thread is to end.
    jobs: Option<Sender<Job>>,
    committed: Receiver<Committed>,
    threads: Vec<JoinHandle<()>>,
}

impl Committer {
    /// Starts the threads of a tenure; `wake` is called behind each answer that can be had from [`Self::try_committed`].
    ///
    /// # Errors
    /// [`LedgerError::Io`] when there is no thread to be had.
    pub(crate) fn start(
        store: Arc<dyn Store>,
        epoch: u64,
        wake: impl Fn() + Send + 'static,
    ) -> Result<Self, LedgerError> {
        let (jobs, receiver) = channel();
        let (sender, committed) = channel();
        let (checks, to_check) = channel::<Check>();
        let (checked, has_checked) = channel();
        let check_thread = spawn("ledger checker", move || {
            for check in to_check {
                if checked.send(check()).is_err() {
                    return;
                }
            }
        })?;
        let commit_thread = spawn("ledger committer", move || {
            let mut evidence = Ok(());
            for job in receiver {
                match job {
                    Job::Evidence(chunk, keys) => evidence = commit_evidence(chunk.as_ref(), keys.as_deref()),
                    Job::Commit(expected, bundle, check) => {
                        let is_asked = checks.send(check).is_ok();
                        // Entries whose evidence may be lost are not written.
                        let written = std::mem::replace(&mut evidence, Ok(())).map_err(Refused::Unknown);
                        let written = written.and_then(|()| match store.commit(epoch, expected, &bundle) {
                            Err(Refused::Duplicate) => Ok(()),
                            committed => committed,
                        });
                        let answer = if is_asked { has_checked.recv() } else { Ok(Err(LedgerError::LogDead)) };
                        let checked = answer.unwrap_or(Err(LedgerError::LogDead)).map_err(Refused::Unknown);
                        if sender.send(written.and(checked)).is_err() {
                            return;
                        }
                        wake();
                    }
                }
            }
        })?;
        Ok(Self { jobs: Some(jobs), committed, threads: vec![commit_thread, check_thread] })
    }

    /// Hands evidence over; its failure shows in the answer about the bundle that follows.
    pub(crate) fn write_evidence(&self, chunk: Option<Chunk>, keys: Option<Arc<dyn DiskFile>>) {
        self.send(Job::Evidence(chunk, keys));
    }

    /// Hands a bundle over; one answer follows.
    pub(crate) fn commit(&self, expected: Option<Head>, bundle: Arc<Bundle>, check: Check) {
        self.send(Job::Commit(expected, bundle, check));
    }

    fn send(&self, job: Job) {
        // A thread that is gone shows when its answer is asked for.
        let _ = self.jobs.as_ref().map(|jobs| jobs.send(job));
    }

    /// The answer about the bundle, if it is there.
    pub(crate) fn try_committed(&self) -> Option<Committed> {
        match self.committed.try_recv() {
            Ok(committed) => Some(committed),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(Refused::Unknown(LedgerError::LogDead))),
        }
    }

    /// Waits for the answer about the bundle.
    pub(crate) fn committed(&self) -> Committed {
        self.committed.recv().unwrap_or(Err(Refused::Unknown(LedgerError::LogDead)))
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Starts a thread of the log.
///
/// # Errors
/// [`LedgerError::Io`] when there is none to be had.
pub(crate) fn spawn(name: &'static str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, LedgerError> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(LedgerError::io("start", name))
}

fn commit_evidence(chunk: Option<&Chunk>, keys: Option<&dyn DiskFile>) -> Result<(), LedgerError> {
    chunk.map_or(Ok(()), Chunk::commit)?;
    keys.map_or(Ok(()), |keys| keys.sync().map_err(LedgerError::io("sync", "evidence/keys")))
}
