//! Logs of one ledger, one behind the other, through the real binary: where they meet, and every way in which they may not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;

use certs::signing::{Ed25519Signer, Sm2Signer};
use common::{Ran, audit};
use ledger::checkpoint::Checkpoint;
use ledger::companion::Companion;
use ledger::log::{CheckpointSigner, Config, Draft, Log};
use ledger::note::{SignedNote, VerifierKey};
use standards::entry::{Closing, CompanionCheckpoint, Digest, Entry, Predecessor, VerifiedCheckpoint};

const FIRST: &str = "tongbiao.example/2026";
const NEXT: &str = "tongbiao.example/2027";
const TIME: &str = "2026-12-31T16:00:00Z";

/// A folder of logs that are signed with the same keys; `2026` has 300 entries and a companion, and is closed.
struct Place {
    folder: tempfile::TempDir,
    pems: [Vec<u8>; 2],
}

impl Place {
    fn new() -> Self {
        let pems = [Ed25519Signer::generate_pem().unwrap(), Sm2Signer::generate().unwrap().to_pem().unwrap()];
        let place = Self { folder: tempfile::tempdir().unwrap(), pems };
        let keys = |origin| -> String {
            place.signer(origin).verifier_keys().iter().map(VerifierKey::to_line).map(|line| line + "\n").collect()
        };
        fs::write(place.path("first.vkey"), keys(FIRST)).unwrap();
        fs::write(place.path("next.vkey"), keys(NEXT)).unwrap();
        fs::write(place.path("both.vkey"), keys(FIRST) + &keys(NEXT)).unwrap();
        let log = place.open(FIRST, "2026");
        (0..300).for_each(|number| append(&log, format!("{{\"n\":{number}}}").into_bytes()));
        append(&log, closing(NEXT));
        let mut companion = place.companion(&log, FIRST, "2026");
        log.settle().unwrap();
        companion.follow(&log, |_| false).unwrap().unwrap();
        place
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn signer(&self, origin: &str) -> CheckpointSigner {
        let [ed25519, sm2] = &self.pems;
        let ed25519 = Ed25519Signer::from_pem(ed25519).unwrap();
        CheckpointSigner::new(origin, ed25519, Sm2Signer::from_pem(sm2).unwrap()).unwrap()
    }

    fn open(&self, origin: &str, name: &str) -> Log {
        let config = Config::new(self.path(name), self.path(&format!("{name}.state")));
        Log::open(&config, self.signer(origin), || TIME.parse().unwrap()).unwrap()
    }

    fn companion(&self, log: &Log, origin: &str, name: &str) -> Companion {
        let sm2 = Sm2Signer::from_pem(&self.pems[1]).unwrap();
        Companion::open(log, origin, self.path(name).as_ref(), sm2).unwrap()
    }

    /// What the next log says of the closed one, changed.
    fn predecessor(&self, change: impl FnOnce(&mut Predecessor)) -> Vec<u8> {
        let read = |name: &str| fs::read(self.path(name)).unwrap();
        let note = read("2026/checkpoint");
        let Checkpoint { origin, size, root } = Checkpoint::from_unverified_note(&note).unwrap();
        let sm3 = read("2026/sm3/checkpoint");
        let signed = |note: &[u8], name: &str| SignedNote::parse(note).unwrap().signatures_of(name);
        let companion = CompanionCheckpoint {
            root: Digest(Checkpoint::from_unverified_note(&sm3).unwrap().root),
            signature: signed(&sm3, &format!("{FIRST}/sm3"))[0].parse().unwrap(),
        };
        let mut predecessor = Predecessor {
            time: TIME.parse().unwrap(),
            origin: origin.parse().unwrap(),
            checkpoint: VerifiedCheckpoint { size, root: Digest(root) },
            signatures: signed(&note, FIRST).iter().map(|signature| signature.parse().unwrap()).collect(),
            companion: Some(companion),
            entries: size,
        };
        change(&mut predecessor);
        Entry::Predecessor(predecessor).to_canonical()
    }

    /// The log `2027`, made anew of these entries.
    fn next(&self, entries: &[Vec<u8>]) {
        let _ = fs::remove_dir_all(self.path("2027"));
        let _ = fs::remove_dir_all(self.path("2027.state"));
        let log = self.open(NEXT, "2027");
        for entry in entries {
            append(&log, entry.clone());
        }
        log.settle().unwrap();
    }

    /// Exit status, outcome and code of the step `shard`, and its detail.
    fn judge(&self, log: &str, vkey: &str, more: &[&str]) -> (i32, Option<(String, String, String)>) {
        let (log, vkey) = (self.path(log), self.path(vkey));
        let ran = audit(&[&["log", &log, "--vkey", &vkey, "--json"], more].concat());
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
        let step = report["steps"].as_array().unwrap().iter().find(|step| step["step"] == "shard").cloned();
        let text = |step: &serde_json::Value, name: &str| step[name].as_str().unwrap_or_default().to_owned();
        (ran.status, step.map(|step| (text(&step, "outcome"), text(&step, "code"), text(&step, "detail"))))
    }

    /// Looks once; what was verified last is in `last`.
    fn monitor(&self, log: &str, previous: Option<&str>) -> Ran {
        let [log, vkey, last] = [log, "both.vkey", "last"].map(|name| self.path(name));
        let previous = previous.map(|previous| self.path(previous));
        let more = previous.iter().flat_map(|previous| ["--previous", previous]);
        audit(
            &["monitor", &log, "--vkey", &vkey, "--state", &last, "--once"].into_iter().chain(more).collect::<Vec<_>>(),
        )
    }

    /// The step on `2027` behind `2026`.
    #[track_caller]
    fn must_find(&self, entries: &[Vec<u8>], status: i32, outcome: &str, code: &str) {
        self.next(entries);
        let (got, step) = self.judge("2027", "both.vkey", &["--previous", &self.path("2026")]);
        let step = step.expect("a step");
        assert_eq!((got, step.0.as_str(), step.1.as_str()), (status, outcome, code), "{}", step.2);
    }
}

fn append(log: &Log, entry: Vec<u8>) {
    let entry = Box::new(move |_| entry);
    log.append(Draft { entry, key: None, content: [0; 32], tags: Vec::new(), evidence: None }).unwrap();
}

fn closing(next: &str) -> Vec<u8> {
    Entry::Closing(Closing { time: TIME.parse().unwrap(), next: next.parse().unwrap() }).to_canonical()
}

fn other() -> Vec<u8> {
    b"{\"n\":1}".to_vec()
}

#[test]
fn a_log_tells_where_it_comes_from_and_where_it_goes() {
    let place = Place::new();
    let (status, step) = place.judge("2026", "first.vkey", &[]);
    let detail = format!("closed; the ledger goes on in {NEXT}");
    assert_eq!((status, step), (0, Some(("pass".to_owned(), String::new(), detail))));
    place.next(&[place.predecessor(|_| ()), other()]);
    let (status, step) = place.judge("2027", "both.vkey", &[]);
    let detail =
        format!("goes on from {FIRST} of 301 entries (not compared: name it with --previous); numbers begin at 301");
    assert_eq!((status, step), (0, Some(("pass".to_owned(), String::new(), detail))));
    // Its own key vouches for what it says; the signatures beside it need the other's.
    let (status, step) = place.judge("2027", "next.vkey", &["--previous", &place.path("2026")]);
    let (outcome, code, _) = step.unwrap();
    assert_eq!((status, outcome.as_str(), code.as_str()), (0, "hint", "audit.no_vkey"));
    place.must_find(&[place.predecessor(|_| ()), other()], 0, "pass", "");
    let [log, vkey, previous] = ["2027", "both.vkey", "2026"].map(|name| place.path(name));
    let text = audit(&["log", &log, "--vkey", &vkey, "--previous", &previous]).must_exit(0).stdout;
    let report: serde_json::Value = audit(&["log", &previous, "--vkey", &vkey, "--json"]).must_exit(0).json();
    assert_eq!(report["next"], NEXT);
    assert!(text.contains("分册") && text.contains("(compared)"), "{text}");
    assert!(text.contains("signed by tongbiao.example/2027 (Ed25519), tongbiao.example/2027 (SM2"), "{text}");
    assert!(!text.contains("not by"), "keys of another log are not missed: {text}");
    // A ledger of one log has no such step.
    place.next(&[other()]);
    assert_eq!(place.judge("2027", "both.vkey", &[]), (0, None));
    place.next(&[]);
    assert_eq!(place.judge("2027", "both.vkey", &[]), (0, None));
}

type Change = fn(&mut Predecessor);

#[test]
fn a_log_that_goes_on_from_something_else_is_found() {
    let place = Place::new();
    let changes: [(Change, &str); 8] = [
        (|it| it.origin = "tongbiao.example/2025".parse().unwrap(), "shard.predecessor_differs"),
        (|it| it.checkpoint.size = 300, "shard.predecessor_differs"),
        (|it| it.checkpoint.root = Digest([1; 32]), "shard.predecessor_differs"),
        (|it| it.entries = 300, "shard.predecessor_differs"),
        (|it| it.signatures.truncate(0), "note.without_signatures"),
        (|it| it.signatures.swap(0, 1), ""),
        (|it| it.signatures = vec!["AAAAAAA=".parse().unwrap()], "note.no_known_key"),
        (|it| it.companion.as_mut().unwrap().root = Digest([1; 32]), "note.signature_wrong"),
    ];
    for (change, code) in changes {
        let (status, outcome) = if code.is_empty() { (0, "pass") } else { (1, "fail") };
        place.must_find(&[place.predecessor(change), other()], status, outcome, code);
    }
    place.must_find(&[other(), other()], 1, "fail", "shard.no_predecessor");
    // Another checkpoint under the right signature shows without the log before it too.
    place.next(&[place.predecessor(|it| it.checkpoint.root = Digest([1; 32]))]);
    assert_eq!(place.judge("2027", "both.vkey", &[]).1.unwrap().1, "note.signature_wrong");
}

#[test]
fn a_log_before_it_that_does_not_lead_there_is_found() {
    let place = Place::new();
    place.next(&[place.predecessor(|_| ())]);
    let judge = |previous: &str| {
        let (status, step) = place.judge("2027", "both.vkey", &["--previous", &place.path(previous)]);
        (status, step.unwrap().1)
    };
    assert_eq!(judge("2026"), (0, String::new()));
    assert_eq!(judge("2027"), (1, "shard.not_closed".to_owned()));
    let elsewhere = place.open("tongbiao.example/x", "x");
    append(&elsewhere, closing("tongbiao.example/y"));
    elsewhere.settle().unwrap();
    assert_eq!(judge("x"), (1, "shard.next_differs".to_owned()));
    let empty = place.open("tongbiao.example/z", "z");
    assert_eq!((empty.size(), judge("z")), (0, (1, "shard.not_closed".to_owned())));
    // Its checkpoint signed by somebody else, its last bundle changed, or gone.
    let checkpoint = fs::read_to_string(place.path("2026/checkpoint")).unwrap();
    let forged = checkpoint.replace("301\n", "300\n");
    fs::write(place.path("2026/checkpoint"), forged).unwrap();
    assert_eq!(judge("2026"), (1, "note.signature_wrong".to_owned()));
    fs::write(place.path("2026/checkpoint"), checkpoint).unwrap();
    let bundle = place.path("2026/tile/entries/001.p/45");
    let mut bytes = fs::read(&bundle).unwrap();
    let place_of_year = bytes.len() - 40;
    bytes[place_of_year] ^= 1;
    fs::write(&bundle, bytes).unwrap();
    assert_eq!(judge("2026"), (1, "receipt.not_included".to_owned()));
    fs::remove_file(&bundle).unwrap();
    assert_eq!(judge("2026"), (1, "ledger.file_missing".to_owned()));
    let nowhere = place.path("nowhere");
    audit(&["log", &place.path("2027"), "--previous", &nowhere]).must_exit(66);
}

#[test]
fn entries_of_shards_at_a_wrong_place_are_found() {
    let place = Place::new();
    let first = place.predecessor(|_| ());
    place.must_find(&[first.clone(), closing("a"), other()], 1, "fail", "shard.misplaced");
    place.must_find(&[first.clone(), first.clone()], 1, "fail", "shard.misplaced");
    place.must_find(&[first.clone(), other(), closing("a")], 0, "pass", "");
    place.next(&[other(), closing("a"), other()]);
    let (status, step) = place.judge("2027", "next.vkey", &[]);
    assert_eq!((status, step.unwrap().1.as_str()), (1, "shard.misplaced"));
}

#[test]
fn a_monitor_follows_the_ledger_into_the_next_log() {
    let place = Place::new();
    let told = place.monitor("2026", None).must_exit(2).stdout;
    assert!(told.contains("audit.log_closed") && told.contains(NEXT), "{told}");
    let seen = fs::read(place.path("last")).unwrap();
    place.next(&[place.predecessor(|_| ()), other()]);
    // Another log is not taken for the one that was followed, unless it is known where that one ended.
    assert!(place.monitor("2027", None).must_exit(1).stdout.contains("note.origin_differs"));
    assert_eq!(fs::read(place.path("last")).unwrap(), seen);
    assert!(place.monitor("2027", Some("2026")).must_exit(0).stdout.contains("2 条 entries (+2)"));
    let log = place.open(NEXT, "2027");
    append(&log, other());
    log.settle().unwrap();
    for more in [1, 0] {
        assert!(place.monitor("2027", Some("2026")).must_exit(0).stdout.contains(&format!("3 条 entries (+{more})")));
    }
    assert!(place.monitor("2027", None).must_exit(0).stdout.contains("3 条 entries (+0)"));
}

#[test]
fn a_monitor_finds_that_the_next_log_goes_on_from_something_else() {
    let place = Place::new();
    place.monitor("2026", None).must_exit(2);
    let seen = fs::read(place.path("last")).unwrap();
    place.next(&[place.predecessor(|it| it.entries = 300), other()]);
    for _ in 0..2 {
        assert!(place.monitor("2027", Some("2026")).must_exit(1).stdout.contains("shard.predecessor_differs"));
        assert_eq!(fs::read(place.path("last")).unwrap(), seen);
    }
    // The closed log is another one than that which was followed.
    let fork = place.open(FIRST, "fork");
    (0..100).for_each(|_| append(&fork, other()));
    fork.settle().unwrap();
    fs::remove_file(place.path("last")).unwrap();
    place.monitor("fork", None).must_exit(0);
    place.next(&[place.predecessor(|_| ()), other()]);
    assert!(place.monitor("2027", Some("2026")).must_exit(1).stdout.contains("ledger.inconsistent"));
    // A log that is not closed leads nowhere yet: it is followed.
    assert!(place.monitor("2027", Some("fork")).must_exit(0).stdout.contains("100 条 entries (+0)"));
}

#[test]
fn a_log_that_is_damaged_or_known_already_says_nothing_wrong_of_its_shards() {
    let place = Place::new();
    place.next(&[place.predecessor(|_| ()), other()]);
    let state = place.path("audit.state");
    for _ in 0..2 {
        assert_eq!(place.judge("2027", "both.vkey", &["--state", &state]).1.unwrap().0, "pass");
    }
    fs::remove_file(place.path("2027/tile/entries/000.p/2")).unwrap();
    assert_eq!(place.judge("2027", "both.vkey", &[]), (1, None));
    let (status, step) = place.judge("2027", "both.vkey", &["--previous", &place.path("2026")]);
    assert_eq!((status, step.unwrap().1.as_str()), (1, "audit.not_judged"));
}
