//! How a log starts: what the disk holds is recovered, its parts are put together, and its threads begin.

use std::fs::File;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::thread::JoinHandle;

use jiff::Timestamp;

use crate::LedgerError;
use crate::audit::Directory;
use crate::checkpoint::Checkpoint;
use crate::log::backlog::Backlog;
use crate::log::batch::{BatchLimits, OpenBatch};
use crate::log::committer::{Committer, spawn};
use crate::log::disk::RealDisk;
use crate::log::index::{Index, keep};
use crate::log::publisher::{Doubted, Publisher, publish, read_mark};
use crate::log::reader::Reader;
use crate::log::recorded::Recorded;
use crate::log::recovery::recover;
use crate::log::sequencer::{Event, Sequencer};
use crate::log::signer::Pen;
use crate::log::state::{lock, private_folder, secret};
use crate::log::store::{Segments, Store};
use crate::log::tree::SharedTree;
use crate::log::{Config, Log, evidence};
use crate::note::{NOTE_BYTES_MAX, VerifierKey};
use crate::tile::PublicFiles as _;

/// Events that may wait for the sequencer.
const QUEUE_LENGTH: usize = 1024;

/// A log of at most so many sections is opened with its index ready; a longer one is read while that is proved.
const SECTIONS_AT_ONCE: u32 = 5;

/// See [`Log::open`].
///
/// # Errors
/// Those of [`Log::open`].
pub(crate) fn open(config: &Config, pen: Pen, clock: Box<dyn Fn() -> Timestamp + Send>) -> Result<Log, LedgerError> {
    if pen.signer.is_none() && !config.state_dir.join("frames").is_dir() {
        return Err(LedgerError::FileMissing { path: config.state_dir.join("frames").display().to_string() });
    }
    private_folder(&config.state_dir)?;
    let lock = lock(&config.state_dir)?;
    let (frames, places) = (config.state_dir.join("frames"), config.state_dir.join("index"));
    private_folder(&frames)?;
    private_folder(&places)?;
    let store = Arc::new(Segments::open(Arc::new(RealDisk), &config.state_dir, &frames, &places, config.segment_bytes));
    open_on(store, config, pen, clock, lock)
}

/// Opens the log that a store holds.
pub(crate) fn open_on(
    store: Arc<dyn Store>,
    config: &Config,
    pen: Pen,
    clock: Box<dyn Fn() -> Timestamp + Send>,
    lock: File,
) -> Result<Log, LedgerError> {
    let index_folder = config.state_dir.join("index");
    private_folder(&index_folder)?;
    let tenure = store.acquire()?;
    let mark = read_mark(&index_folder, &config.public_dir);
    let mut recovered = recover(store.as_ref(), &tenure, mark, &pen)?;
    let is_new = recovered.note.is_none();
    if is_new && pen.signer.is_none() {
        return Err(LedgerError::LogClosed);
    }
    let index_key = secret(config.state_dir.join("index.key"), is_new)?;

    let size = recovered.tree.edge().size();
    let sections = u32::try_from(tenure.sections.len()).unwrap_or(u32::MAX);
    let recorded = Recorded::new(Arc::clone(&store), size, tenure.sections);
    let (index, woken) = Index::new(std::mem::take(&mut recovered.sections));
    let tree = SharedTree::new(std::mem::take(&mut recovered.tree));
    let head = Arc::new(RwLock::new(recovered.note.clone().unwrap_or_default()));
    let entries = std::mem::take(&mut recovered.entries);
    let public = &config.public_dir;
    let mut publisher = Publisher::open(public, &index_folder, tree.clone(), Arc::clone(&head), &recorded, entries)?;
    let doubted = match recovered.note.clone() {
        Some(note) if mark < recovered.from => {
            publisher.show(&older_head(public, &recorded, &pen.keys)?);
            Some(Doubted { sections: mark..recovered.from, note })
        }
        Some(note) => publisher.restore(&note).map(|()| None)?,
        None => None,
    };

    let (folder, segment_bytes) = (config.state_dir.join("evidence"), config.evidence_segment_bytes);
    let (evidence_writer, evidence) = evidence::open(&folder, segment_bytes, recovered.evidence_end, is_new)?;
    let reader = Arc::new(Reader {
        recorded,
        evidence,
        index,
        public: Directory::new(&config.public_dir),
        tree,
        tiles: Mutex::default(),
        head,
        newest: RwLock::new(recovered.note.clone().unwrap_or_default()),
        backlog: Backlog::default(),
        end: OnceLock::new(),
    });
    let (events, receiver) = sync_channel(QUEUE_LENGTH);
    let mut sequencer = Sequencer {
        reader: Arc::clone(&reader),
        signer: pen.signer.clone(),
        clock,
        evidence: evidence_writer,
        committer: committer(store, tenure.epoch, events.clone())?,
        last_time: recovered.last_time,
        limits: limits(config),
        section: sections.checked_sub(1),
        section_bytes: recovered.section_bytes,
        open: OpenBatch::behind(size),
        flying: None,
        answered: 0,
        next: None,
    };

    let (keeping, kind) = (Arc::clone(&reader), config.index);
    let keep = move || keep(&keeping.index, &keeping.recorded, kind, &index_folder, &woken);
    let keeper = spawn("ledger keeper", keep)?;
    let publisher = publishing(publisher, Arc::clone(&reader), doubted)?;
    let founded = if is_new { sequencer.found() } else { Ok(()) };
    let sequencer = spawn("ledger sequencer", move || sequencer.run(&receiver))?;
    let threads = [sequencer, publisher, keeper].map(Some);
    let log = Log { reader, events, threads, index_key, pen, config: config.clone(), _lock: lock };
    founded.and_then(|()| if is_new { log.settle() } else { Ok(()) })?;
    if sections <= SECTIONS_AT_ONCE {
        // What cannot be rebuilt is refused when it is asked for.
        let _ = log.reader.index.wait();
    }
    Ok(log)
}

/// The thread that publishes.
fn publishing(
    publisher: Publisher,
    reader: Arc<Reader>,
    doubted: Option<Doubted>,
) -> Result<JoinHandle<()>, LedgerError> {
    spawn("ledger publisher", move || publish(publisher, &reader.recorded, &reader.backlog, doubted))
}

fn limits(config: &Config) -> BatchLimits {
    BatchLimits {
        entries: config.batch_entries_max.max(1),
        section_bytes: config.segment_bytes,
        evidence_bytes: config.evidence_segment_bytes,
        record_bytes: config.evidence_bytes_max,
    }
}

/// The threads that commit; they wake the sequencer.
fn committer(store: Arc<dyn Store>, epoch: u64, events: SyncSender<Event>) -> Result<Committer, LedgerError> {
    Committer::start(store, epoch, move || {
        // A full queue wakes the sequencer as well.
        let _ = events.try_send(Event::Committed);
    })
}

/// A checkpoint that may be shown while public files are doubted: the one that is published, or that of no entries.
fn older_head(public: &Path, recorded: &Recorded, keys: &[VerifierKey]) -> Result<String, LedgerError> {
    let published = Directory::new(public).read("checkpoint", NOTE_BYTES_MAX).ok().flatten();
    let size = recorded.size();
    let published = published.filter(|note| Checkpoint::from_note(note, keys).is_ok_and(|it| it.size <= size));
    if let Some(note) = published.and_then(|note| String::from_utf8(note).ok()) {
        return Ok(note);
    }
    let first = recorded.section(0)?.batches.into_iter().next();
    Ok(first.map(|(_, commit)| commit.note).unwrap_or_default())
}
