//! A witness: what it signs, what it refuses and how, what it remembers, and what it keeps as proof.
#![cfg(feature = "witness")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;

use certs::signing::Ed25519Signer;
use jiff::Timestamp;
use ledger::LedgerError;
use ledger::checkpoint::Checkpoint;
use ledger::merkle::{Hash, HashReader, Node, consistency_proof, leaf_hash, node_hash, root};
use ledger::note::{SignedNote, VerifierKey};
use ledger::witness::{AddCheckpoint, Cosigner, REQUEST_BYTES_MAX, Refused, Witness, line_of_answer};
use proptest::prelude::*;

const ORIGIN: &str = "log.example/test";

fn signer() -> Ed25519Signer {
    Ed25519Signer::from_pem(&Ed25519Signer::generate_pem().unwrap()).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A log whose entries are numbers; from `fork` on they are others.
struct TestLog {
    origin: &'static str,
    signer: Ed25519Signer,
    fork: u64,
}

struct Leaves(u64);

impl HashReader for Leaves {
    fn hash(&mut self, node: Node) -> Result<Hash, LedgerError> {
        let Some(below) = node.level.checked_sub(1) else {
            let other = if node.index >= self.0 { 1_000_000 } else { 0 };
            return Ok(leaf_hash(&(node.index + other).to_be_bytes()));
        };
        let left = self.hash(Node { level: below, index: node.index * 2 })?;
        let right = self.hash(Node { level: below, index: node.index * 2 + 1 })?;
        Ok(node_hash(&left, &right))
    }
}

impl TestLog {
    fn new(origin: &'static str) -> Self {
        Self { origin, signer: signer(), fork: u64::MAX }
    }

    fn forked(self, fork: u64) -> Self {
        Self { fork, ..self }
    }

    fn key(&self) -> VerifierKey {
        VerifierKey::ed25519(self.origin, self.signer.public_key()).unwrap()
    }

    fn note(&self, size: u64) -> String {
        let root = root(size, &mut Leaves(self.fork)).unwrap();
        let text = Checkpoint { origin: self.origin.to_owned(), size, root }.to_text();
        format!("{text}\n{}", self.key().signature_line(&self.signer.sign(text.as_bytes())))
    }

    fn request(&self, old_size: u64, size: u64) -> AddCheckpoint {
        let proof = consistency_proof(old_size, size, &mut Leaves(self.fork)).unwrap();
        AddCheckpoint { old_size, proof, note: self.note(size) }
    }
}

/// A witness that always comes back with the same key.
struct Place {
    folder: tempfile::TempDir,
    pem: Vec<u8>,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), pem: Ed25519Signer::generate_pem().unwrap() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn open(&self, logs: &[&TestLog]) -> Result<Witness, LedgerError> {
        let cosigner = Cosigner::new("witness.example", Ed25519Signer::from_pem(&self.pem).unwrap())?;
        Witness::open(cosigner, logs.iter().map(|log| log.key()), self.path())
    }

    fn file(&self, ending: &str) -> std::path::PathBuf {
        let mut files = fs::read_dir(self.path()).unwrap().map(|item| item.unwrap().path());
        files.find(|path| path.to_string_lossy().ends_with(ending)).unwrap()
    }
}

#[test]
fn what_continues_the_remembered_tree_is_signed_with_the_time() {
    let (place, log) = (Place::new(), TestLog::new(ORIGIN));
    let witness = place.open(&[&log]).unwrap();
    assert_eq!(witness.latest(ORIGIN), None);
    let keys = [log.key(), witness.key().clone()];
    for (old, size, time) in [(0, 0, 10), (0, 5, 20), (5, 5, 21), (5, 8, 30), (8, 300, 40)] {
        let line = witness.add(&log.request(old, size), at(time)).unwrap();
        let note = SignedNote::parse((log.note(size) + &line).as_bytes()).unwrap();
        let verified = note.verify(&keys).unwrap();
        assert_eq!(verified.signers(), [&keys[0]]);
        assert_eq!(verified.cosigners(), [(&keys[1], at(time))], "{old} to {size}");
        assert_eq!(witness.latest(ORIGIN).unwrap(), log.note(size) + &line);
        assert_eq!(witness.logs().collect::<Vec<_>>(), [(ORIGIN, size)]);
    }
}

#[test]
fn everything_else_is_refused_with_its_status_and_changes_nothing() {
    let (place, log, stranger) = (Place::new(), TestLog::new(ORIGIN), TestLog::new("other.example"));
    let witness = place.open(&[&log]).unwrap();
    witness.add(&log.request(0, 5), at(1)).unwrap();
    let before = witness.latest(ORIGIN);
    let good = log.request(5, 8);
    let with = |change: fn(&mut AddCheckpoint)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    let impostor = TestLog::new(ORIGIN);
    let fork = TestLog { origin: ORIGIN, signer: signer(), fork: 2 };
    let rows = [
        (with(|it| it.old_size = 9), 400, "witness.malformed"),
        (with(|it| it.note = it.note.replace('\n', "\r\n")), 400, "witness.malformed"),
        (with(|it| it.note = "no checkpoint\n\n— a AAAAAAAA\n".to_owned()), 400, "witness.malformed"),
        (with(|it| it.note.clear()), 400, "witness.malformed"),
        (impostor.request(5, 8), 403, "witness.not_signed"),
        (with(|it| it.note = it.note.replacen("\n8\n", "\n9\n", 1)), 403, "witness.not_signed"),
        (fork.request(5, 8), 403, "witness.not_signed"),
        (stranger.request(0, 8), 404, "witness.unknown_log"),
        (log.request(0, 8), 409, "witness.other_size"),
        (log.request(4, 8), 409, "witness.other_size"),
        (log.request(6, 8), 409, "witness.other_size"),
        // A log that went back, and says so or not.
        (log.request(4, 4), 409, "witness.other_size"),
        (log.request(0, 4), 409, "witness.other_size"),
        (with(|it| it.proof.clear()), 422, "witness.inconsistent"),
        (with(|it| it.proof[0][0] ^= 1), 422, "witness.inconsistent"),
        (with(|it| it.proof.push([0; 32])), 422, "witness.inconsistent"),
        (with(|it| it.proof.swap(0, 1)), 422, "witness.inconsistent"),
        (AddCheckpoint { proof: vec![[0; 32]], ..log.request(5, 5) }, 422, "witness.inconsistent"),
    ];
    for (request, status, code) in rows {
        let refused = witness.add(&request, at(2)).unwrap_err();
        assert_eq!((refused.status(), refused.code()), (status, code), "{request:?}");
        let text = standards_text();
        assert!(text.contains(&format!("[\"{code}\"]")), "{code} has no text");
        assert_eq!(witness.latest(ORIGIN), before);
    }
    assert_eq!(witness.add(&log.request(4, 8), at(2)), Err(Refused::OtherSize { size: 5 }));
    witness.add(&good, at(3)).unwrap();
}

fn standards_text() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../standards/problems/witness.toml")).unwrap()
}

#[test]
fn every_refusal_has_a_text() {
    let refusals = [
        Refused::Malformed,
        Refused::NotSigned,
        Refused::UnknownLog,
        Refused::OtherSize { size: 1 },
        Refused::OtherTree { size: 1 },
        Refused::Inconsistent,
        Refused::Storage(LedgerError::StorageFull),
    ];
    let texts: toml::Table = standards_text().parse().unwrap();
    for refused in refusals {
        assert!(texts.contains_key(refused.code()), "{refused}");
    }
}

#[test]
fn a_second_tree_of_one_size_is_kept_as_proof_whatever_the_request_says_of_the_old_size() {
    for old_size in [5, 0, 3] {
        let (place, log) = (Place::new(), TestLog::new(ORIGIN));
        let witness = place.open(&[&log]).unwrap();
        witness.add(&log.request(0, 5), at(1)).unwrap();
        let forked = TestLog { origin: ORIGIN, signer: log.signer, fork: 2 };
        let request = AddCheckpoint { old_size, ..forked.request(5, 5) };
        assert_eq!(witness.add(&request, at(2)), Err(Refused::OtherTree { size: 5 }), "old {old_size}");
        // Again, and the first proof stays.
        assert_eq!(witness.add(&request, at(3)), Err(Refused::OtherTree { size: 5 }));
        let folders: Vec<_> = fs::read_dir(place.path().join("equivocation")).unwrap().collect();
        let [Ok(folder)] = folders.as_slice() else { panic!("{folders:?}") };
        // With the log's key alone.
        let [first, second] = ["first.note", "second.note"].map(|name| {
            let note = fs::read(folder.path().join(name)).unwrap();
            Checkpoint::from_note(&note, &[forked.key()]).unwrap()
        });
        assert_eq!((first.size, second.size), (5, 5));
        assert_ne!(first.root, second.root);
    }
}

#[test]
fn a_larger_tree_of_another_history_is_refused_and_the_true_one_goes_on() {
    let (place, log) = (Place::new(), TestLog::new(ORIGIN));
    let witness = place.open(&[&log]).unwrap();
    witness.add(&log.request(0, 5), at(1)).unwrap();
    let forked = TestLog { origin: ORIGIN, signer: log.signer, fork: 2 };
    assert_eq!(witness.add(&forked.request(5, 8), at(2)), Err(Refused::Inconsistent));
    let log = forked.forked(u64::MAX);
    witness.add(&log.request(5, 8), at(2)).unwrap();
}

#[test]
fn logs_are_apart_and_a_key_of_one_signs_nothing_of_another() {
    let (place, one, other) = (Place::new(), TestLog::new(ORIGIN), TestLog::new("other.example"));
    let witness = place.open(&[&one, &other]).unwrap();
    witness.add(&one.request(0, 5), at(1)).unwrap();
    assert_eq!(witness.add(&other.request(5, 8), at(1)), Err(Refused::OtherSize { size: 0 }));
    witness.add(&other.request(0, 8), at(1)).unwrap();
    let borrowed = TestLog { origin: ORIGIN, signer: other.signer, fork: u64::MAX };
    assert_eq!(witness.add(&borrowed.request(5, 8), at(2)), Err(Refused::NotSigned));
    assert_eq!(witness.logs().collect::<Vec<_>>(), [(ORIGIN, 5), ("other.example", 8)]);
}

#[test]
fn lines_of_strangers_count_for_nothing_and_are_not_remembered() {
    let (place, log, stranger) = (Place::new(), TestLog::new(ORIGIN), signer());
    let witness = place.open(&[&log]).unwrap();
    let key = VerifierKey::ed25519("stranger.example", stranger.public_key()).unwrap();
    let mut request = log.request(0, 5);
    request.note += &key.signature_line(&[7; 64]);
    let line = witness.add(&request, at(1)).unwrap();
    assert_eq!(witness.latest(ORIGIN).unwrap(), log.note(5) + &line);
}

#[test]
fn a_restart_remembers_and_an_answer_that_was_lost_is_found_by_the_size() {
    let (place, log) = (Place::new(), TestLog::new(ORIGIN));
    let witness = place.open(&[&log]).unwrap();
    witness.add(&log.request(0, 5), at(1)).unwrap();
    // The process dies behind the sync and before the answer: the log knows of 0 still.
    let lost = witness.add(&log.request(5, 8), at(2)).unwrap();
    drop(witness);
    let witness = place.open(&[&log]).unwrap();
    assert_eq!(witness.latest(ORIGIN).unwrap(), log.note(8) + &lost);
    assert_eq!(witness.add(&log.request(5, 8), at(3)), Err(Refused::OtherSize { size: 8 }));
    witness.add(&log.request(8, 8), at(4)).unwrap();
    let forked = TestLog { origin: ORIGIN, signer: log.signer, fork: 2 };
    assert_eq!(witness.add(&forked.request(8, 8), at(5)), Err(Refused::OtherTree { size: 8 }));
}

#[test]
fn a_crash_while_writing_leaves_the_old_memory_or_the_new() {
    let (place, log) = (Place::new(), TestLog::new(ORIGIN));
    let witness = place.open(&[&log]).unwrap();
    witness.add(&log.request(0, 5), at(1)).unwrap();
    drop(witness);
    // Cut short beside its place, as a crash before the rename leaves it.
    let remembered = place.file(".checkpoint");
    fs::write(remembered.with_extension("writing"), &log.note(8)[..20]).unwrap();
    let witness = place.open(&[&log]).unwrap();
    assert_eq!(witness.logs().collect::<Vec<_>>(), [(ORIGIN, 5)]);
    witness.add(&log.request(5, 8), at(2)).unwrap();
}

#[test]
fn a_memory_that_cannot_be_read_is_no_reason_to_begin_anew() {
    let (place, log) = (Place::new(), TestLog::new(ORIGIN));
    let witness = place.open(&[&log]).unwrap();
    witness.add(&log.request(0, 5), at(1)).unwrap();
    assert_eq!(place.open(&[&log]).err().unwrap().code(), "ledger.locked");
    drop(witness);
    let path = place.file(".checkpoint");
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&path, &damaged).unwrap();
        // A flipped bit in the name of a line's key makes it a stranger's line; the witness's own line it need not believe.
        let opened = place.open(&[&log]);
        let own_line = whole.windows(19).position(|bytes| bytes == "— witness.example".as_bytes());
        if own_line.is_none_or(|line| at + 1 < line) {
            assert_eq!(opened.err().unwrap().code(), "ledger.state_file", "byte {at}");
        }
        if at > 0 {
            fs::write(&path, &whole[..at]).unwrap();
            if let Ok(witness) = place.open(&[&log]) {
                assert_eq!(witness.logs().collect::<Vec<_>>(), [(ORIGIN, 5)], "cut at {at}");
            }
        }
    }
    fs::write(&path, b"").unwrap();
    assert_eq!(place.open(&[&log]).err().unwrap().code(), "ledger.state_file");
}

#[test]
fn what_cannot_be_kept_is_not_signed() {
    let (place, log) = (Place::new(), TestLog::new(ORIGIN));
    let witness = place.open(&[&log]).unwrap();
    witness.add(&log.request(0, 5), at(1)).unwrap();
    // A folder where the new file would be written: no user can write there, whatever the permissions.
    let writing = place.file(".checkpoint").with_extension("writing");
    fs::create_dir(&writing).unwrap();
    let refused = witness.add(&log.request(5, 8), at(2)).unwrap_err();
    assert_eq!((refused.status(), refused.code()), (500, "witness.storage"));
    assert_eq!(witness.logs().collect::<Vec<_>>(), [(ORIGIN, 5)]);
    fs::remove_dir(&writing).unwrap();
    witness.add(&log.request(5, 8), at(3)).unwrap();
}

#[test]
fn of_two_requests_at_one_time_each_continues_what_was_signed_before() {
    let (place, log) = (Place::new(), TestLog::new(ORIGIN));
    let witness = place.open(&[&log]).unwrap();
    let signed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let (witness, log, signed) = (&witness, &log, &signed);
            scope.spawn(move || {
                let mut old = 0;
                for step in 1..40_u64 {
                    let size = old + 1 + (thread + step) % 3;
                    match witness.add(&log.request(old, size), at(1)) {
                        Ok(_) => {
                            signed.lock().unwrap().push((old, size));
                            old = size;
                        }
                        Err(Refused::OtherSize { size }) => old = size,
                        Err(other) => panic!("{other}"),
                    }
                }
            });
        }
    });
    let mut signed = signed.into_inner().unwrap();
    signed.sort_unstable();
    let chained = signed.windows(2).all(|pair| pair[0].1 == pair[1].0);
    assert!(signed.len() > 10 && chained, "{signed:?}");
    assert_eq!(witness.logs().next(), Some((ORIGIN, signed.last().unwrap().1)));
}

#[test]
fn of_an_answer_one_line_of_the_witness_counts_and_it_must_hold() {
    let (place, log, other) = (Place::new(), TestLog::new(ORIGIN), Place::new());
    let witness = place.open(&[&log]).unwrap();
    let (note, key) = (log.note(5), witness.key());
    let line = witness.add(&log.request(0, 5), at(1)).unwrap();
    let later = witness.add(&log.request(5, 5), at(2)).unwrap();
    let stranger = other.open(&[&log]).unwrap().add(&log.request(0, 5), at(1)).unwrap();
    assert_eq!(line_of_answer(&note, &line, key).unwrap(), line);
    assert_eq!(line_of_answer(&note, &format!("{stranger}{later}{line}"), key).unwrap(), later);
    let smuggled = format!("\n{line}");
    let wrong = [
        (String::new(), "note.no_known_key"),
        (stranger.clone(), "note.no_known_key"),
        (witness.add(&log.request(5, 8), at(3)).unwrap(), "note.signature_wrong"),
        (format!("{line}no line\n"), "note.signature_line"),
        (line.trim_end().to_owned(), "note.not_text"),
        (smuggled, "note.without_signatures"),
        ("x".repeat(1 << 17), "note.too_long"),
    ];
    for (answer, code) in wrong {
        assert_eq!(line_of_answer(&note, &answer, key).unwrap_err().code(), code, "{answer:.60}");
    }
}

#[test]
fn bodies_are_read_strictly() {
    let log = TestLog::new(ORIGIN);
    let request = log.request(5, 8);
    let body = request.to_body();
    assert_eq!(AddCheckpoint::from_body(body.as_bytes()).unwrap(), request);
    let none = log.request(0, 8);
    assert_eq!(AddCheckpoint::from_body(none.to_body().as_bytes()).unwrap(), none);
    let hash = body.lines().nth(1).unwrap();
    let hashes = |count: usize| body.replacen(&format!("{hash}\n"), &format!("{hash}\n").repeat(count), 1);
    let proof = request.proof.len();
    assert!(AddCheckpoint::from_body(hashes(64 - proof).as_bytes()).is_ok(), "63 hashes");
    let wrong = [
        String::new(),
        "old 5".to_owned(),
        body.replacen("old 5", "old 05", 1),
        body.replacen("old 5", "old -5", 1),
        body.replacen("old 5", "old  5", 1),
        body.replacen("old 5", "new 5", 1),
        body.replacen("old 5", "old 18446744073709551616", 1),
        body.replacen("old 5\n", "", 1),
        body.replacen('=', "", 1),
        body.replacen(hash, &hash[4..], 1),
        body.replacen('\n', "\r\n", 1),
        hashes(65 - proof),
        format!("{body}{}", "x".repeat(REQUEST_BYTES_MAX)),
    ];
    for body in wrong {
        assert_eq!(AddCheckpoint::from_body(body.as_bytes()), Err(Refused::Malformed), "{body:.60}");
    }
    assert_eq!(AddCheckpoint::from_body(b"old 0\n\n\xff"), Err(Refused::Malformed));
}

proptest! {
    #[test]
    fn no_body_panics_and_what_is_read_is_written_again(body in "(old [0-9]{1,3}\n)?([A-Za-z0-9+/=]{44}\n){0,3}\n?.{0,40}") {
        if let Ok(request) = AddCheckpoint::from_body(body.as_bytes()) {
            prop_assert_eq!(request.to_body(), body);
        }
    }

    #[test]
    fn sizes_only_grow_and_every_signed_tree_begins_with_the_last(steps in prop::collection::vec((0_u64..40, 0_u64..40), 1..12)) {
        let (place, log) = (Place::new(), TestLog::new(ORIGIN));
        let witness = place.open(&[&log]).unwrap();
        let mut size = 0;
        for (old, new) in steps {
            let (old, new) = (old.min(new), old.max(new));
            let signed = witness.add(&log.request(old, new), at(1)).is_ok();
            prop_assert_eq!(signed, old == size);
            if signed { size = new }
        }
    }
}
