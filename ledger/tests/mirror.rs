//! A mirror: what it copies and proves, what it refuses, and that nothing makes it go back.
#![cfg(feature = "witness")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use certs::signing::Ed25519Signer;
use jiff::Timestamp;
use ledger::LedgerError;
use ledger::audit::{Directory, audit_directory};
use ledger::checkpoint::Checkpoint;
use ledger::merkle::leaf_hash;
use ledger::mirror::{Mirror, Mirrored};
use ledger::note::{SignedNote, VerifierKey};
use ledger::policy::Policy;
use ledger::tile::{PublicFile, PublicFiles, TILE_WIDTH};
use ledger::witness::Cosigner;
use support::{Files, entry, naive_root};

const ORIGIN: &str = "log.example/one";

/// A log's key, and the folder of its copy.
struct World {
    signer: Ed25519Signer,
    folder: tempfile::TempDir,
}

fn signer() -> Ed25519Signer {
    Ed25519Signer::from_pem(&Ed25519Signer::generate_pem().unwrap()).unwrap()
}

fn other_from(fork: u64) -> impl Fn(u64) -> Vec<u8> {
    move |index| if index < fork { entry(index) } else { format!("other {index}").into_bytes() }
}

impl World {
    fn new() -> Self {
        Self { signer: signer(), folder: tempfile::tempdir().unwrap() }
    }

    fn key(&self) -> VerifierKey {
        VerifierKey::ed25519(ORIGIN, self.signer.public_key()).unwrap()
    }

    fn copy(&self) -> PathBuf {
        self.folder.path().join("copy")
    }

    fn open(&self) -> Mirror {
        Mirror::open(&self.copy(), Policy::of_log(vec![self.key()])).unwrap()
    }

    /// The public files of the log at a size, with its signed checkpoint.
    fn log(&self, size: u64) -> Files {
        self.log_of(size, entry)
    }

    fn log_of(&self, size: u64, entry: impl Fn(u64) -> Vec<u8>) -> Files {
        let leaves: Vec<_> = (0..size).map(|index| leaf_hash(&entry(index))).collect();
        let text = Checkpoint { origin: ORIGIN.to_owned(), size, root: naive_root(&leaves) }.to_text();
        let mut files = Files::of(size, entry);
        let line = self.key().signature_line(&self.signer.sign(text.as_bytes()));
        files.0.insert("checkpoint".to_owned(), format!("{text}\n{line}").into_bytes());
        files
    }

    fn update(&self, source: &(impl PublicFiles + Sync)) -> Result<Mirrored, Vec<LedgerError>> {
        self.open().update(source, None, NonZeroUsize::new(2).unwrap(), &|_| ())
    }

    /// The copy as any auditor finds it.
    #[track_caller]
    fn must_hold(&self, size: u64) {
        let directory = Directory::new(self.copy());
        let note = directory.read("checkpoint", 1 << 16).unwrap().unwrap();
        let checkpoint = Checkpoint::from_note(&note, &[self.key()]).unwrap();
        let report = audit_directory(&directory, &checkpoint, |_, _| ()).unwrap();
        assert_eq!((report.findings, report.entries, report.files_ahead), (vec![], size, 0));
    }

    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        files_below(&self.copy())
    }
}

fn files_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.append(&mut files_below(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

fn codes(findings: &[LedgerError]) -> Vec<&'static str> {
    findings.iter().map(LedgerError::code).collect()
}

/// Counts what is asked for, and fails when its time has come.
struct Flaky {
    files: Files,
    reads_left: AtomicI64,
    reads: AtomicU64,
}

impl PublicFiles for Flaky {
    fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, LedgerError> {
        if self.reads_left.fetch_sub(1, Ordering::Relaxed) <= 0 {
            return Err(LedgerError::Io { action: "fetch", path: path.into(), kind: std::io::ErrorKind::TimedOut });
        }
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.files.read(path, bytes_max)
    }
}

#[test]
fn a_copy_grows_with_its_log_and_is_a_log_itself() {
    let world = World::new();
    let mut before = 0;
    for size in [0, 1, 2, 255, 256, 257, 1000, 65_535, 65_536, 65_537, 66_000] {
        let source = world.log(size);
        let mirrored = world.update(&source).unwrap();
        assert_eq!((mirrored.before, mirrored.size), (before, size));
        world.must_hold(size);
        // Whatever the log has, the copy has byte for byte; and no partial file of a place that is full.
        for (path, bytes) in &source.0 {
            assert_eq!(&fs::read(world.copy().join(path)).unwrap(), bytes, "{path}");
        }
        for path in world.files().keys() {
            let name = path.strip_prefix(world.copy()).unwrap().to_str().unwrap();
            if let PublicFile::Tile(id) | PublicFile::Bundle(id) = PublicFile::from_path(name).expect(name) {
                let is_full = id.width == TILE_WIDTH;
                assert!(is_full || !source.0.contains_key(&PublicFile::Tile(id.full()).path()), "{name} is left over");
            }
        }
        assert_eq!(world.update(&source).unwrap(), Mirrored { before: size, size, files: 0 }, "nothing new");
        before = size;
    }
}

#[test]
fn an_interrupted_run_leaves_the_copy_as_it_was_and_the_next_goes_on_from_there() {
    let (world, size) = (World::new(), 3000);
    world.update(&world.log(300)).unwrap();
    let (before, source) = (world.files(), world.log(size));
    let mut flaky = Flaky { files: source, reads_left: 0.into(), reads: 0.into() };
    let mut runs = 0;
    loop {
        flaky.reads_left = 7.into();
        runs += 1;
        match world.update(&flaky) {
            Ok(_) => break,
            Err(findings) => assert_eq!(codes(&findings), ["ledger.io"]),
        }
        let kept: BTreeMap<_, _> =
            world.files().into_iter().filter(|(path, _)| !path.starts_with(world.copy().join(".staging"))).collect();
        assert_eq!(kept, before, "after run {runs}");
        assert!(runs < 50, "it makes no progress");
    }
    world.must_hold(size);
    // 11 full places and a partial one, tile and bundle each, and a tile above; a run asks for the checkpoint and some tiles anew.
    let reads = flaky.reads.load(Ordering::Relaxed);
    assert!(runs > 3 && reads < 30 + 6 * runs, "{reads} reads in {runs} runs");
}

#[test]
fn whatever_does_not_fit_is_refused_and_nothing_of_it_stays() {
    let (world, size) = (World::new(), 700);
    world.update(&world.log(300)).unwrap();
    let before = world.files();
    let good = world.log(size);
    let fetched: Vec<String> = good.0.keys().filter(|path| *path != "checkpoint").cloned().collect();
    let mut refused = 0;
    for path in &fetched {
        for damage in 0..4 {
            let mut source = good.clone();
            let bytes = source.0.get_mut(path).unwrap();
            let middle = bytes.len() / 2;
            match damage {
                0 => bytes[middle] ^= 1,
                1 => bytes.truncate(middle),
                2 => bytes.extend([0; 32]),
                _ => drop(source.0.remove(path)),
            }
            // What the copy has already is not asked for: damage there harms nobody.
            if let Err(findings) = world.update(&source) {
                assert!(!findings.is_empty());
                assert_eq!(world.files(), before, "{path}, damage {damage}");
                refused += 1;
            } else {
                let name = if path.contains("entries") { "tile/entries/000" } else { "tile/0/000" };
                assert_eq!(path, name, "damage {damage} was not seen");
                world.must_hold(size);
                fs::remove_dir_all(world.copy()).unwrap();
                world.update(&world.log(300)).unwrap();
                assert_eq!(world.files(), before);
            }
        }
    }
    assert!(refused > 15, "{refused}");
    world.update(&good).unwrap();
    world.must_hold(size);
}

#[test]
fn an_entry_and_its_tile_that_agree_with_each_other_do_not_make_a_log() {
    let world = World::new();
    let mut source = world.log_of(700, other_from(400));
    let checkpoint = world.log(700).0.remove("checkpoint").unwrap();
    source.0.insert("checkpoint".to_owned(), checkpoint);
    assert_eq!(codes(&world.update(&source).unwrap_err()), ["ledger.root_differs"]);
    assert_eq!(world.files().len(), 0);
}

#[test]
fn it_never_goes_back_and_keeps_the_proof_of_a_fork() {
    let world = World::new();
    world.update(&world.log(700)).unwrap();
    let before = world.files();
    let stranger = World::new();
    let rows = [
        (world.log(500), "ledger.rolled_back"),
        (world.log(0), "ledger.rolled_back"),
        (world.log_of(700, other_from(699)), "ledger.head_differs"),
        (world.log_of(500, other_from(0)), "ledger.head_differs"),
        (world.log_of(900, other_from(699)), "ledger.inconsistent"),
        (stranger.log(900), "note.no_known_key"),
        (Files::default(), "ledger.file_missing"),
    ];
    for (source, code) in rows {
        assert_eq!(codes(&world.update(&source).unwrap_err()), [code]);
        assert_eq!(world.files(), before, "{code}");
    }
    // With the log's key alone: two trees of one size.
    let kept = world.folder.path().join("copy.equivocation/700");
    let [first, second] = ["first.note", "second.note"]
        .map(|name| Checkpoint::from_note(&fs::read(kept.join(name)).unwrap(), &[world.key()]).unwrap());
    assert_eq!((first.size, second.size), (700, 700));
    assert_ne!(first.root, second.root);
    // And of a smaller size: the copy itself shows which root it had then.
    let smaller = fs::read(world.folder.path().join("copy.equivocation/500/second.note")).unwrap();
    assert_eq!(Checkpoint::from_note(&smaller, &[world.key()]).unwrap().size, 500);
    world.update(&world.log(900)).unwrap();
    world.must_hold(900);
}

#[test]
fn what_a_crash_moved_already_is_proven_again_and_kept() {
    let world = World::new();
    world.update(&world.log(300)).unwrap();
    // All files of the next size are in place, the checkpoint is not yet.
    for (path, bytes) in world.log(700).0.into_iter().filter(|(path, _)| path != "checkpoint") {
        let path = world.copy().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let source = Flaky { files: world.log(700), reads_left: 100.into(), reads: 0.into() };
    assert_eq!(world.update(&source).unwrap().files, 0);
    world.must_hold(700);
}

#[test]
fn its_own_signature_stands_behind_the_logs_once_the_entries_are_there() {
    let world = World::new();
    let cosigner = Cosigner::new("mirror.example", signer()).unwrap();
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    let update = |source: &Files| world.open().update(source, Some((&cosigner, now)), NonZeroUsize::MIN, &|_| ());
    update(&world.log(300)).unwrap();
    world.must_hold(300);
    let note = fs::read(world.copy().join("checkpoint")).unwrap();
    let keys = [world.key(), cosigner.key().clone()];
    let verified = SignedNote::parse(&note).unwrap();
    let verified = verified.verify(&keys).unwrap();
    assert_eq!((verified.signers().len(), verified.cosigners()), (1, [(&keys[1], now)].as_slice()));
    // What does not hold is not signed.
    let before = world.files();
    update(&world.log_of(400, other_from(100))).unwrap_err();
    assert_eq!(world.files(), before);
}

#[test]
fn under_a_policy_it_takes_what_enough_witnesses_saw() {
    let world = World::new();
    let signer = signer();
    let witness = VerifierKey::cosignature("witness.example", signer.public_key()).unwrap();
    let policy = format!("log {}\nwitness w {}\nquorum w\n", world.key().to_line(), witness.to_line());
    let policy = Policy::from_text(&policy).unwrap();
    let update = |source: &Files| {
        let mirror = Mirror::open(&world.copy(), policy.clone()).unwrap();
        mirror.update(source, None, NonZeroUsize::MIN, &|_| ())
    };
    let witnessed = |mut log: Files| {
        let note = log.0.get_mut("checkpoint").unwrap();
        let message = format!("cosignature/v1\ntime 7\n{}", SignedNote::parse(note).unwrap().unverified_text());
        let signature = signer.sign(message.as_bytes());
        note.extend(witness.signature_line(&[7_u64.to_be_bytes().as_slice(), &signature].concat()).into_bytes());
        log
    };
    assert_eq!(codes(&update(&world.log(300)).unwrap_err()), ["note.no_quorum"]);
    assert!(world.files().is_empty());
    update(&witnessed(world.log(300))).unwrap();
    world.must_hold(300);
    assert_eq!(codes(&update(&world.log(400)).unwrap_err()), ["note.no_quorum"]);
    // Nobody need have seen a fork for it to be one.
    assert_eq!(codes(&update(&world.log_of(300, other_from(100))).unwrap_err()), ["ledger.head_differs"]);
    world.must_hold(300);
    // A copy that was made without asking for them gets their signatures.
    world.update(&world.log(400)).unwrap();
    assert!(policy.judge(&fs::read(world.copy().join("checkpoint")).unwrap()).is_err());
    update(&witnessed(world.log(400))).unwrap();
    assert_eq!(policy.judge(&fs::read(world.copy().join("checkpoint")).unwrap()).unwrap().checkpoint.size, 400);
    world.must_hold(400);
}

#[test]
fn one_process_has_a_copy_at_a_time() {
    let world = World::new();
    let first = world.open();
    assert_eq!(Mirror::open(&world.copy(), Policy::of_log(vec![world.key()])).err().unwrap().code(), "ledger.locked");
    drop(first);
    world.open();
}
