//! A log over stores that are no files, and that refuse in every way that a store may.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use certs::signing::{Ed25519Signer, Sm2Signer};
use jiff::Timestamp;

use super::frame::{CommitFrame, EntryFrame};
use super::signer::Pen;
use super::start::open_on;
use super::store::{Bundle, Head, Memory, Refused, Section, Store, Tenure};
use super::{Appended, CheckpointSigner, Config, Draft, Log};
use crate::LedgerError;
use crate::audit::{Directory, audit_directory};
use crate::checkpoint::Checkpoint;

/// Where the derived parts of a log lie, and the keys that sign it.
struct Place {
    folder: tempfile::TempDir,
    ed25519: Vec<u8>,
    sm2: Vec<u8>,
    machines: AtomicUsize,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            ed25519: Ed25519Signer::generate_pem().unwrap(),
            sm2: Sm2Signer::generate().unwrap().to_pem().unwrap(),
            machines: AtomicUsize::new(0),
        }
    }

    /// Opens a log over a store on another machine, which has the keys of the first one and nothing else.
    fn open(&self, store: &Arc<impl Store + 'static>) -> Log {
        let number = self.machines.fetch_add(1, Ordering::Relaxed);
        let (first, machine) = (self.folder.path().join("0/state"), self.folder.path().join(number.to_string()));
        if number > 0 {
            let evidence = machine.join("state/evidence");
            std::fs::create_dir_all(&evidence).unwrap();
            std::fs::copy(first.join("index.key"), machine.join("state/index.key")).unwrap();
            for file in std::fs::read_dir(first.join("evidence")).unwrap() {
                let file = file.unwrap();
                std::fs::copy(file.path(), evidence.join(file.file_name())).unwrap();
            }
        }
        self.open_at(store, &machine)
    }

    fn open_at(&self, store: &Arc<impl Store + 'static>, machine: &Path) -> Log {
        let mut config = Config::new(machine.join("public"), machine.join("state"));
        config.segment_bytes = 8192;
        std::fs::create_dir_all(&config.state_dir).unwrap();
        let lock = std::fs::File::create(config.state_dir.join("lock")).unwrap();
        let ed25519 = Ed25519Signer::from_pem(&self.ed25519).unwrap();
        let signer =
            CheckpointSigner::new("log.example/test", ed25519, Sm2Signer::from_pem(&self.sm2).unwrap()).unwrap();
        open_on(Arc::clone(store) as Arc<dyn Store>, &config, Pen::of(signer), Box::new(|| Timestamp::UNIX_EPOCH), lock)
            .unwrap()
    }
}

fn draft(log: &Log, text: &str) -> Draft {
    let entry = text.as_bytes().to_vec();
    Draft {
        entry: Box::new(move |_| entry),
        key: Some(log.tag(&[text.as_bytes()])),
        content: [7; 32],
        tags: vec![[9; 32]],
        evidence: None,
    }
}

fn append(log: &Log, text: &str) -> Result<Appended, LedgerError> {
    log.append(draft(log, text))
}

/// A store that answers the next commits as it is told.
struct Moody {
    store: Memory,
    moods: Mutex<Vec<Mood>>,
}

#[derive(Debug, Clone, Copy)]
enum Mood {
    /// Commits.
    Good,
    /// Has no room.
    Full,
    /// Commits, and says that it does not know.
    Lost,
    /// Commits nothing, and says that it does not know.
    Dropped,
}

impl Moody {
    fn new() -> Arc<Self> {
        Arc::new(Self { store: Memory::default(), moods: Mutex::default() })
    }

    /// The moods of the next commits.
    fn next(&self, moods: &[Mood]) {
        *self.moods.lock().unwrap() = moods.iter().rev().copied().collect();
    }
}

impl Store for Moody {
    fn acquire(&self) -> Result<Tenure, LedgerError> {
        self.store.acquire()
    }

    fn commit(&self, epoch: u64, expected: Option<Head>, bundle: &Bundle) -> Result<(), Refused> {
        let mood = self.moods.lock().unwrap().pop().unwrap_or(Mood::Good);
        match mood {
            Mood::Good => self.store.commit(epoch, expected, bundle),
            Mood::Full => Err(Refused::Unavailable(LedgerError::StorageFull)),
            Mood::Lost => {
                self.store.commit(epoch, expected, bundle)?;
                Err(Refused::Unknown(LedgerError::LogDead))
            }
            Mood::Dropped => Err(Refused::Unknown(LedgerError::LogDead)),
        }
    }

    fn entry(&self, index: u64) -> Result<(EntryFrame, CommitFrame), LedgerError> {
        self.store.entry(index)
    }

    fn replay(&self, section: u32) -> Result<Section, LedgerError> {
        self.store.replay(section)
    }
}

#[test]
fn a_log_needs_nothing_of_its_store_but_the_seam() {
    let (place, store) = (Place::new(), Arc::new(Memory::default()));
    let log = place.open(&store);
    let receipts: Vec<Appended> = (0..300).map(|number| append(&log, &format!("entry {number}")).unwrap()).collect();
    drop(log);
    let log = place.open(&store);
    log.settle().unwrap();
    assert_eq!((log.size(), log.find(&[9; 32]).unwrap().len()), (300, 300));
    for (index, appended) in (0_u64..).zip(&receipts) {
        let Appended::Recorded(receipt) = appended else { panic!("{index} is not new") };
        assert_eq!(log.receipt(index).unwrap(), *receipt);
    }
    let public = Directory::new(place.folder.path().join("1/public"));
    let head = Checkpoint::from_unverified_note(log.head().as_bytes()).unwrap();
    let report = audit_directory(&public, &head, |_, _| {}).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[test]
fn a_log_that_was_taken_over_records_nothing_more_and_says_so() {
    let (place, store) = (Place::new(), Arc::new(Memory::default()));
    let old = place.open(&store);
    append(&old, "first").unwrap();
    let new = place.open(&store);
    assert_eq!(append(&old, "second"), Err(LedgerError::Fenced));
    assert!(old.is_dead());
    assert_eq!(append(&old, "third"), Err(LedgerError::Fenced));
    assert_eq!(old.entry(0).unwrap(), b"first", "reading goes on");
    assert!(matches!(append(&new, "second").unwrap(), Appended::Recorded(receipt) if receipt.proof.index == 1));
}

#[test]
fn what_found_no_room_is_taken_back_and_can_be_asked_again() {
    let (place, store) = (Place::new(), Moody::new());
    let log = place.open(&store);
    append(&log, "first").unwrap();
    for round in 0..400 {
        store.next(&[Mood::Full]);
        let text = format!("entry {round}");
        assert_eq!(append(&log, &text), Err(LedgerError::StorageFull));
        assert_eq!((log.size(), log.find(&[9; 32]).unwrap().len() as u64), (round + 1, round + 1));
        let Appended::Recorded(receipt) = append(&log, &text).unwrap() else { panic!("{round} was not taken back") };
        receipt.proof.verify_arithmetic(&receipt.entry).unwrap();
    }
    drop(log);
    assert_eq!(place.open(&store).size(), 401);
}

#[test]
fn an_outcome_that_nobody_knows_is_found_out_by_the_next_start() {
    for (mood, recorded) in [(Mood::Lost, true), (Mood::Dropped, false)] {
        let (place, store) = (Place::new(), Moody::new());
        let machine = place.folder.path().join("machine");
        let log = place.open_at(&store, &machine);
        append(&log, "first").unwrap();
        store.next(&[mood]);
        assert_eq!(append(&log, "second"), Err(LedgerError::LogDead), "{mood:?}");
        assert_eq!(append(&log, "third"), Err(LedgerError::LogDead), "{mood:?}");
        drop(log);
        let log = place.open_at(&store, &machine);
        assert_eq!(log.size(), if recorded { 2 } else { 1 });
        let again = append(&log, "second").unwrap();
        assert_eq!(matches!(again, Appended::Repeated(_)), recorded, "{mood:?}: {again:?}");
        assert_eq!(log.size(), 2);
    }
}
