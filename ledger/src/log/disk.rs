//! The threads that wait so that the sequencer need not: one writes and syncs batch after batch, the other checks the
//! signatures meanwhile.

use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use crate::LedgerError;
use crate::log::segment::Chunk;

enum Job {
    /// Evidence and its keys, before the frames that commit to them.
    Evidence(Option<Chunk>, Option<Arc<File>>),
    /// The frames of a batch with their commit, and what must hold of them before anyone is answered.
    Frames(Chunk, Check),
}

/// Work of the processor that is done while the disk is busy.
pub(crate) type Check = Box<dyn FnOnce() -> Result<(), LedgerError> + Send>;

/// What became of a batch: the bytes that the disk holds now.
pub(crate) type Synced = Result<Vec<u8>, LedgerError>;

/// The sequencer's end of the thread.
pub(crate) struct Disk {
    /// Gone once the thread is to end.
    jobs: Option<Sender<Job>>,
    synced: Receiver<Synced>,
    threads: Vec<JoinHandle<()>>,
}

impl Disk {
    /// Starts the threads; `wake` is called behind each answer that can be had from [`Self::try_synced`].
    ///
    /// # Errors
    /// [`LedgerError::Io`] when there is no thread to be had.
    pub(crate) fn start(wake: impl Fn() + Send + 'static) -> Result<Self, LedgerError> {
        let (jobs, receiver) = channel();
        let (sender, synced) = channel();
        let (checks, to_check) = channel::<Check>();
        let (checked, has_checked) = channel();
        let check_thread = spawn("ledger checker", move || {
            for check in to_check {
                if checked.send(check()).is_err() {
                    return;
                }
            }
        })?;
        let disk_thread = spawn("ledger disk", move || {
            let mut evidence = Ok(());
            for job in receiver {
                match job {
                    Job::Evidence(chunk, keys) => evidence = commit_evidence(chunk.as_ref(), keys.as_deref()),
                    Job::Frames(chunk, check) => {
                        let is_asked = checks.send(check).is_ok();
                        // Frames whose evidence may be lost are not written.
                        let written = std::mem::replace(&mut evidence, Ok(())).and_then(|()| chunk.commit());
                        let answer = if is_asked { has_checked.recv() } else { Ok(Err(LedgerError::LogDead)) };
                        let written = written.and_then(|()| answer.unwrap_or(Err(LedgerError::LogDead)));
                        if sender.send(written.map(|()| chunk.bytes)).is_err() {
                            return;
                        }
                        wake();
                    }
                }
            }
        })?;
        Ok(Self { jobs: Some(jobs), synced, threads: vec![disk_thread, check_thread] })
    }

    /// Hands evidence over; its failure shows in the answer about the frames that follow.
    pub(crate) fn write_evidence(&self, chunk: Option<Chunk>, keys: Option<Arc<File>>) {
        self.send(Job::Evidence(chunk, keys));
    }

    /// Hands frames over; one answer follows.
    pub(crate) fn write_frames(&self, chunk: Chunk, check: Check) {
        self.send(Job::Frames(chunk, check));
    }

    fn send(&self, job: Job) {
        // A thread that is gone shows when its answer is asked for.
        let _ = self.jobs.as_ref().map(|jobs| jobs.send(job));
    }

    /// The answer about the frames, if it is there.
    pub(crate) fn try_synced(&self) -> Option<Synced> {
        match self.synced.try_recv() {
            Ok(synced) => Some(synced),
            Err(std::sync::mpsc::TryRecvError::Empty) => None,
            Err(std::sync::mpsc::TryRecvError::Disconnected) => Some(Err(LedgerError::LogDead)),
        }
    }

    /// Waits for the answer about the frames.
    pub(crate) fn synced(&self) -> Synced {
        self.synced.recv().unwrap_or(Err(LedgerError::LogDead))
    }
}

impl Drop for Disk {
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

fn commit_evidence(chunk: Option<&Chunk>, keys: Option<&File>) -> Result<(), LedgerError> {
    chunk.map_or(Ok(()), Chunk::commit)?;
    keys.map_or(Ok(()), |keys| keys.sync_data().map_err(LedgerError::io("sync", "evidence/keys")))
}
