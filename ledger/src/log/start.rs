//! How a log starts: what the disk holds is recovered, its parts are put together, and its threads begin.

use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, RwLock};

use jiff::Timestamp;

use crate::LedgerError;
use crate::audit::Directory;
use crate::checkpoint::Checkpoint;
use crate::log::backlog::Backlog;
use crate::log::batch::{BatchLimits, OpenBatch};
use crate::log::disk::{Disk, spawn};
use crate::log::evidence::EvidenceWriter;
use crate::log::frames::FrameReader;
use crate::log::index::{Index, keep};
use crate::log::publisher::{Doubted, Publisher, publish, read_mark};
use crate::log::reader::Reader;
use crate::log::recovery::recover;
use crate::log::scan::Content;
use crate::log::segment::SegmentWriter;
use crate::log::sequencer::{Event, Sequencer};
use crate::log::state::{SignedHead, lock, private_folder, secret};
use crate::log::tree::SharedTree;
use crate::log::{CheckpointSigner, Config, Log, evidence};
use crate::note::{NOTE_BYTES_MAX, VerifierKey};
use crate::tile::PublicFiles as _;

/// Events that may wait for the sequencer.
const QUEUE_LENGTH: usize = 1024;

/// A log of at most so many complete segments is opened with its index ready; a longer one is read while that is proved.
const SEGMENTS_AT_ONCE: u32 = 4;

/// See [`Log::open`].
///
/// # Errors
/// Those of [`Log::open`].
pub(crate) fn open(
    config: &Config,
    signer: CheckpointSigner,
    clock: Box<dyn Fn() -> Timestamp + Send>,
) -> Result<Log, LedgerError> {
    private_folder(&config.state_dir)?;
    let lock = lock(&config.state_dir)?;
    let (folder, index_folder) = (config.state_dir.join("frames"), config.state_dir.join("index"));
    private_folder(&folder)?;
    private_folder(&index_folder)?;
    let signed_head = SignedHead::open(&config.state_dir)?;
    let mark = read_mark(&index_folder, &config.public_dir);
    let mut recovered = recover(&folder, mark, &signed_head, signer.origin(), signer.verifier_keys())?;
    let index_key = secret(config.state_dir.join("index.key"), recovered.note.is_none())?;

    let segments = std::mem::take(&mut recovered.segments);
    let last_segment = segments.last().map_or(0, |segment| segment.segment);
    let segment_first = segments.last().map_or(0, |segment| segment.first);
    let frames = FrameReader::new(&folder, &index_folder, std::mem::take(&mut recovered.positions));
    let (index, woken) = Index::new(segments);
    let tree = SharedTree::new(std::mem::take(&mut recovered.tree));
    let head = Arc::new(RwLock::new(recovered.note.clone().unwrap_or_default()));
    let head_of = Arc::clone(&head);
    let entries = std::mem::take(&mut recovered.entries);
    let mut publisher = Publisher::open(&config.public_dir, &index_folder, tree.clone(), head_of, &frames, entries)?;
    let doubted = match recovered.note.clone() {
        Some(note) if mark < recovered.from => {
            publisher.show(&older_head(&config.public_dir, &folder, signer.verifier_keys(), frames.size())?);
            Some(Doubted { segments: mark..recovered.from, note })
        }
        Some(note) => publisher.restore(&note).map(|()| None)?,
        None => None,
    };

    let is_new = recovered.note.is_none();
    let evidence_folder = config.state_dir.join("evidence");
    let (evidence_writer, evidence) =
        evidence::open(&evidence_folder, config.evidence_segment_bytes, recovered.evidence_end, is_new)?;
    let reader = Arc::new(Reader {
        frames,
        evidence,
        index,
        public: Directory::new(&config.public_dir),
        tree,
        tiles: Mutex::default(),
        head,
        newest: RwLock::new(recovered.note.clone().unwrap_or_default()),
        backlog: Backlog::default(),
        dead: false.into(),
    });
    let (events, receiver) = sync_channel(QUEUE_LENGTH);
    let writers = Writers {
        frames: SegmentWriter::open(&folder, config.segment_bytes, recovered.end, recovered.sequence)?,
        evidence: evidence_writer,
        signed_head,
    };
    let mut sequencer = sequencer(config, &reader, writers, (signer, clock), &events)?;
    (sequencer.last_time, sequencer.segment_first) = (recovered.last_time, segment_first);

    let (keeping, kind) = (Arc::clone(&reader), config.index);
    let keeper = spawn("ledger keeper", move || {
        keep(&keeping.index, &keeping.frames, kind, &index_folder, &woken);
    })?;
    let publishing = Arc::clone(&reader);
    let publishing = move || publish(publisher, &publishing.frames, &publishing.backlog, doubted);
    let publisher = spawn("ledger publisher", publishing)?;
    let founded = if is_new { sequencer.found() } else { Ok(()) };
    let sequencer = spawn("ledger sequencer", move || sequencer.run(&receiver))?;
    let (sequencer, publisher, keeper) = (Some(sequencer), Some(publisher), Some(keeper));
    let log = Log { reader, events, sequencer, publisher, keeper, index_key, _lock: lock };
    founded.and_then(|()| if is_new { log.settle() } else { Ok(()) })?;
    if last_segment <= SEGMENTS_AT_ONCE {
        // What cannot be rebuilt is refused when it is asked for.
        let _ = log.reader.index.wait();
    }
    Ok(log)
}

/// What the sequencer alone may write.
struct Writers {
    frames: SegmentWriter,
    evidence: EvidenceWriter,
    signed_head: SignedHead,
}

fn sequencer(
    config: &Config,
    reader: &Arc<Reader>,
    writers: Writers,
    (signer, clock): (CheckpointSigner, Box<dyn Fn() -> Timestamp + Send>),
    events: &SyncSender<Event>,
) -> Result<Sequencer, LedgerError> {
    let wake = events.clone();
    let disk = Disk::start(move || {
        // A full queue wakes the sequencer as well.
        let _ = wake.try_send(Event::Synced);
    })?;
    let limits = BatchLimits {
        entries: config.batch_entries_max.max(1),
        evidence_bytes: config.evidence_segment_bytes,
        record_bytes: config.evidence_bytes_max,
    };
    Ok(Sequencer {
        reader: Arc::clone(reader),
        signer: Arc::new(signer),
        clock,
        frames: writers.frames,
        evidence: writers.evidence,
        disk,
        signed_head: writers.signed_head,
        last_time: Timestamp::MIN,
        limits,
        segment_first: 0,
        open: OpenBatch::behind(reader.frames.size()),
        flying: None,
        answered: 0,
        next: None,
    })
}

/// A checkpoint that may be shown while public files are doubted: the one that is published, or that of no entries.
fn older_head(public: &Path, folder: &Path, keys: &[VerifierKey], size: u64) -> Result<String, LedgerError> {
    let published = Directory::new(public).read("checkpoint", NOTE_BYTES_MAX).ok().flatten();
    let published = published.filter(|note| Checkpoint::from_note(note, keys).is_ok_and(|it| it.size <= size));
    if let Some(note) = published.and_then(|note| String::from_utf8(note).ok()) {
        return Ok(note);
    }
    let first = Content::read(folder, 0, false)?.batches.into_iter().next();
    Ok(first.map(|batch| batch.commit.note).unwrap_or_default())
}
