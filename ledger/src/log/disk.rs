//! The thread that waits for the disk, so that the sequencer need not: it writes and syncs one batch after the other.

use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use crate::LedgerError;
use crate::log::segment::Chunk;

enum Job {
    /// Evidence and its keys, before the frames that commit to them.
    Evidence(Option<Chunk>, Option<Arc<File>>),
    /// The frames of a batch with their commit.
    Frames(Chunk),
}

/// What became of a batch: the bytes that the disk holds now.
pub(crate) type Synced = Result<Vec<u8>, LedgerError>;

/// The sequencer's end of the thread.
pub(crate) struct Disk {
    /// Gone once the thread is to end.
    jobs: Option<Sender<Job>>,
    synced: Receiver<Synced>,
    thread: Option<JoinHandle<()>>,
}

impl Disk {
    /// Starts the thread; `wake` is called behind each answer that can be had from [`Self::try_synced`].
    ///
    /// # Errors
    /// [`LedgerError::Io`] when there is no thread to be had.
    pub(crate) fn start(wake: impl Fn() + Send + 'static) -> Result<Self, LedgerError> {
        let (jobs, receiver) = channel();
        let (sender, synced) = channel();
        let thread = thread::Builder::new().name("ledger disk".to_owned());
        let thread = thread.spawn(move || {
            let mut evidence = Ok(());
            for job in receiver {
                match job {
                    Job::Evidence(chunk, keys) => evidence = commit_evidence(chunk.as_ref(), keys.as_deref()),
                    Job::Frames(chunk) => {
                        // Frames whose evidence may be lost are not written.
                        let written = std::mem::replace(&mut evidence, Ok(())).and_then(|()| chunk.commit());
                        if sender.send(written.map(|()| chunk.bytes)).is_err() {
                            return;
                        }
                        wake();
                    }
                }
            }
        });
        let thread = thread.map_err(LedgerError::io("start", "ledger disk"))?;
        Ok(Self { jobs: Some(jobs), synced, thread: Some(thread) })
    }

    /// Hands evidence over; its failure shows in the answer about the frames that follow.
    pub(crate) fn write_evidence(&self, chunk: Option<Chunk>, keys: Option<Arc<File>>) {
        self.send(Job::Evidence(chunk, keys));
    }

    /// Hands frames over; one answer follows.
    pub(crate) fn write_frames(&self, chunk: Chunk) {
        self.send(Job::Frames(chunk));
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
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn commit_evidence(chunk: Option<&Chunk>, keys: Option<&File>) -> Result<(), LedgerError> {
    chunk.map_or(Ok(()), Chunk::commit)?;
    keys.map_or(Ok(()), |keys| keys.sync_data().map_err(LedgerError::io("sync", "evidence/keys")))
}
