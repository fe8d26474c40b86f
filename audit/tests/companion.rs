//! The companion under SM3, through the real binary: derived again, compared with what the log recorded of it, and every damage found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use certs::signing::{Ed25519Signer, Sm2Signer};
use common::{Ran, audit};
use ledger::checkpoint::Checkpoint;
use ledger::companion::{Companion, SignedCheckpoint};
use ledger::log::{CheckpointSigner, Config, Draft, Log};
use ledger::note::VerifierKey;
use ledger::proof::Receipt;
use standards::entry::{self, Digest, Entry, VerifiedCheckpoint};
use standards::receipt::ReceiptFile;

const ORIGIN: &str = "tongbiao.example/ledger";

struct Place {
    folder: tempfile::TempDir,
    log: Log,
    companion: Companion,
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn append(&self, entry: Vec<u8>) {
        let entry = Box::new(move |_| entry);
        self.log.append(Draft { entry, key: None, content: [0; 32], tags: Vec::new(), evidence: None }).unwrap();
    }

    fn fill(&self, count: u64) {
        (0..count).for_each(|index| self.append(format!("{{\"n\":{index}}}").into_bytes()));
    }

    /// Follows and answers what was signed.
    fn follow(&mut self) -> SignedCheckpoint {
        self.log.settle().unwrap();
        self.companion.follow(&self.log, |_| false).unwrap().unwrap()
    }

    fn record(&self, Checkpoint { origin, size, root }: &Checkpoint, signature: &str) {
        let companion = entry::Companion {
            time: "2026-11-22T12:00:00Z".parse().unwrap(),
            origin: origin.parse().unwrap(),
            checkpoint: VerifiedCheckpoint { size: *size, root: Digest(*root) },
            signature: signature.parse().unwrap(),
        };
        self.append(Entry::Companion(companion).to_canonical());
    }

    fn follow_and_record(&mut self) -> SignedCheckpoint {
        let signed = self.follow();
        self.record(&signed.checkpoint, &signed.signature);
        signed
    }

    /// Outcome and code of the step `companion`, and the exit status.
    fn judge(&self, vkey: &str) -> (i32, Option<(String, String)>) {
        self.log.settle().unwrap();
        let [log, vkey] = ["ledger", vkey].map(|name| self.path(name).display().to_string());
        let ran = audit(&["log", &log, "--vkey", &vkey, "--json"]);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
        let steps = report["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["step"] == "companion");
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        (ran.status, step.map(|step| (text(&step["outcome"]), text(&step["code"]))))
    }

    fn must_find(&self, status: i32, outcome: &str, code: &str) {
        assert_eq!(self.judge("log.vkey"), (status, Some((outcome.to_owned(), code.to_owned()))));
    }
}

/// A log of 300 entries and its companion's first checkpoint, recorded.
fn place() -> Place {
    place_of(&Sm2Signer::generate().unwrap().to_pem().unwrap())
}

fn place_of(pem: &[u8]) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let ed25519 = Ed25519Signer::from_pem(&Ed25519Signer::generate_pem().unwrap()).unwrap();
    let signer = CheckpointSigner::new(ORIGIN, ed25519, Sm2Signer::from_pem(pem).unwrap()).unwrap();
    let keys: Vec<String> = signer.verifier_keys().iter().map(|key| key.to_line() + "\n").collect();
    fs::write(folder.path().join("log.vkey"), keys.concat()).unwrap();
    fs::write(folder.path().join("ed25519.vkey"), &keys[0]).unwrap();
    let public = folder.path().join("ledger");
    let config = Config { segment_bytes: 1 << 20, ..Config::new(&public, folder.path().join("state")) };
    let log = Log::open(&config, signer, || "2026-11-22T12:00:00Z".parse().unwrap()).unwrap();
    let companion = Companion::open(&log, ORIGIN, &public, Sm2Signer::from_pem(pem).unwrap()).unwrap();
    let mut place = Place { folder, log, companion };
    place.fill(300);
    place.follow_and_record();
    place
}

#[test]
fn a_companion_is_derived_again_with_each_checkpoint_that_was_recorded() {
    let mut place = place();
    place.must_find(0, "pass", "");
    for _ in 0..5 {
        place.fill(90);
        place.follow_and_record();
        place.must_find(0, "pass", "");
    }
    let [log, vkey, state] = ["ledger", "log.vkey", "audit.state"].map(|name| place.path(name).display().to_string());
    let text = audit(&["log", &log, "--vkey", &vkey, "--state", &state]).must_exit(0).stdout;
    assert!(text.contains("国密副账"), "{text}");
    assert!(text.contains("755 entries under SM3, 6 recorded checkpoints"), "{text}");
    audit(&["log", &log, "--vkey", &vkey, "--state", &state]).must_exit(0);
    // The tree can be judged without the SM2 key; the signature cannot.
    assert_eq!(place.judge("ed25519.vkey"), (0, Some(("hint".to_owned(), "audit.no_vkey".to_owned()))));
}

#[test]
fn a_log_that_was_copied_without_its_companion_is_as_good_as_before() {
    let place = place();
    fs::remove_dir_all(place.path("ledger/sm3")).unwrap();
    place.must_find(0, "hint", "ledger.file_missing");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let items = fs::read_dir(folder).unwrap().map(|item| item.unwrap().path());
    items.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_damage_of_its_files_is_found() {
    let mut place = place();
    place.fill(100);
    place.follow_and_record();
    for path in files(&place.path("ledger/sm3")) {
        let bytes = fs::read(&path).unwrap();
        for at in (0..bytes.len()).step_by(bytes.len().div_ceil(7)) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(&path, changed).unwrap();
            let (status, step) = place.judge("log.vkey");
            assert_eq!((status, step.unwrap().0.as_str()), (1, "fail"), "byte {at} of {}", path.display());
        }
        fs::write(&path, &bytes).unwrap();
    }
    place.must_find(0, "pass", "");
}

/// Judges a receipt that leads to the companion: exit status, and outcome and code of the first step that does not pass.
fn judge_receipt(place: &Place, receipt: &Receipt, vkey: &str) -> (i32, String, String) {
    let Receipt { entry, proof } = receipt;
    let receipt = ReceiptFile {
        entry: String::from_utf8(entry.clone()).unwrap(),
        index: proof.index,
        proof: proof.hashes.iter().map(|hash| BASE64.encode(hash)).collect(),
        checkpoint: proof.checkpoint.clone(),
    };
    fs::write(place.path("receipt.json"), receipt.to_json()).unwrap();
    let [receipt, vkey] = ["receipt.json", vkey].map(|name| place.path(name).display().to_string());
    let ran = audit(&["receipt", &receipt, "--vkey", &vkey, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
    let step = report["steps"].as_array().unwrap().iter().find(|step| step["outcome"] != "pass").cloned();
    let text = |name: &str| step.as_ref().and_then(|step| step[name].as_str()).unwrap_or_default().to_owned();
    (ran.status, text("step"), text("code"))
}

#[test]
fn a_receipt_to_the_companion_is_judged_by_the_key_of_its_log() {
    let place = place();
    let receipt = place.log.receipt_to_companion(77).unwrap();
    let none = String::new;
    assert_eq!(judge_receipt(&place, &receipt, "log.vkey"), (0, none(), none()));
    let text = audit(&["receipt", &place.path("receipt.json").display().to_string()]).must_exit(2).stdout;
    assert!(text.contains(&format!("{ORIGIN}/sm3")), "{text}");
    let undecided = (2, "signature".to_owned(), "audit.no_vkey".to_owned());
    assert_eq!(judge_receipt(&place, &receipt, "ed25519.vkey"), undecided);
    let other = Sm2Signer::generate().unwrap();
    let key = VerifierKey::sm2(ORIGIN, other.public_key().clone()).unwrap();
    fs::write(place.path("other.vkey"), key.to_line()).unwrap();
    assert_eq!(judge_receipt(&place, &receipt, "other.vkey").2, "note.no_known_key");
    let mut changed = receipt.clone();
    changed.proof.hashes[3][0] ^= 1;
    assert_eq!(
        judge_receipt(&place, &changed, "log.vkey"),
        (1, "inclusion".to_owned(), "receipt.not_included".to_owned())
    );
    let mut changed = receipt.clone();
    changed.entry = b"{}".to_vec();
    assert_eq!(judge_receipt(&place, &changed, "log.vkey").2, "receipt.not_included");
    let mut changed = receipt;
    changed.proof.checkpoint = changed.proof.checkpoint.replace("300\n", "299\n");
    assert_eq!(judge_receipt(&place, &changed, "log.vkey").2, "note.signature_wrong");
}

#[test]
fn a_log_whose_name_ends_as_a_companion_s_is_a_log_where_a_key_says_so() {
    let place = place();
    let receipt = place.log.receipt(77).unwrap();
    assert_eq!(judge_receipt(&place, &receipt, "log.vkey").0, 0);
    let [ed25519, sm2] = [Ed25519Signer::generate_pem().unwrap(), Sm2Signer::generate().unwrap().to_pem().unwrap()];
    let signer = || {
        let (ed25519, sm2) = (Ed25519Signer::from_pem(&ed25519).unwrap(), Sm2Signer::from_pem(&sm2).unwrap());
        CheckpointSigner::new("odd.example/sm3", ed25519, sm2).unwrap()
    };
    let config = Config::new(place.path("odd"), place.path("odd.state"));
    let log = Log::open(&config, signer(), || "2026-11-22T12:00:00Z".parse().unwrap()).unwrap();
    let entry = Box::new(|_| b"{}".to_vec());
    log.append(Draft { entry, key: None, content: [0; 32], tags: Vec::new(), evidence: None }).unwrap();
    fs::write(place.path("odd.vkey"), signer().verifier_keys()[0].to_line()).unwrap();
    assert_eq!(judge_receipt(&place, &log.receipt(0).unwrap(), "odd.vkey").0, 0);
}

/// Looks once; what was verified last is in `last`.
fn monitor(place: &Place) -> Ran {
    place.log.settle().unwrap();
    let [log, vkey, last] = ["ledger", "log.vkey", "last"].map(|name| place.path(name).display().to_string());
    audit(&["monitor", &log, "--vkey", &vkey, "--state", &last, "--once"])
}

#[test]
fn a_monitor_follows_the_companion_with_its_log() {
    let mut place = place();
    monitor(&place).must_exit(0);
    let early = files(&place.path("ledger/sm3"));
    let early: Vec<(PathBuf, Vec<u8>)> =
        early.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    place.fill(300);
    place.follow_and_record();
    place.fill(300);
    assert!(monitor(&place).must_exit(0).stdout.contains("902 条 entries (+601)"));
    // The companion goes back to what it was; the log does not.
    let newest = fs::read(place.path("ledger/sm3/checkpoint")).unwrap();
    for (path, bytes) in &early {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    assert!(monitor(&place).must_exit(1).stdout.contains("ledger.rolled_back"));
    fs::write(place.path("ledger/sm3/checkpoint"), newest).unwrap();
    monitor(&place).must_exit(0);
    // The log goes on, and its companion's new tile says something else.
    place.fill(10);
    place.follow_and_record();
    let tile = place.path("ledger/sm3/tile/0/003.p/144");
    let mut bytes = fs::read(&tile).unwrap();
    bytes[143 * 32] ^= 1;
    fs::write(&tile, bytes).unwrap();
    assert!(monitor(&place).must_exit(1).stdout.contains("ledger.entry_differs"));
}

#[test]
fn an_entry_that_says_something_else_of_the_companion_is_found() {
    // A root that the tree never had: signed, it is a contradiction; unsigned, anyone's word.
    let mut place = place();
    let signed = place.follow();
    let wrong = Checkpoint { root: [7; 32], ..signed.checkpoint.clone() };
    place.record(&wrong, &signed.signature);
    place.must_find(1, "fail", "note.signature_wrong");

    let mut place = self::place();
    let early = place.follow();
    // Recorded as if it were of another log.
    let other = Checkpoint { origin: "another.example/ledger/sm3".to_owned(), ..early.checkpoint.clone() };
    place.record(&other, &early.signature);
    place.must_find(1, "fail", "note.origin_differs");

    // Taking the companion away hides nothing of that.
    fs::remove_dir_all(place.path("ledger/sm3")).unwrap();
    place.must_find(1, "fail", "note.origin_differs");

    let place = self::place();
    let note = fs::read(place.path("ledger/checkpoint")).unwrap();
    let ahead = Checkpoint { size: 1 << 20, ..Checkpoint::from_unverified_note(&note).unwrap() };
    place.record(&Checkpoint { origin: format!("{ORIGIN}/sm3"), ..ahead }, "AAAAAAA=");
    assert_eq!(place.judge("log.vkey").0, 1);
}

#[test]
fn a_root_that_the_key_signed_and_the_tree_never_had_is_found() {
    let forged = tempfile::tempdir().unwrap();
    // The holder of the key signs the companion of another log under the same name.
    let pem = Sm2Signer::generate().unwrap().to_pem().unwrap();
    let ed25519 = Ed25519Signer::from_pem(&Ed25519Signer::generate_pem().unwrap()).unwrap();
    let signer = CheckpointSigner::new(ORIGIN, ed25519, Sm2Signer::from_pem(&pem).unwrap()).unwrap();
    let config = Config::new(forged.path().join("ledger"), forged.path().join("state"));
    let log = Log::open(&config, signer, || "2026-11-22T12:00:00Z".parse().unwrap()).unwrap();
    let companion = Companion::open(&log, ORIGIN, &config.public_dir, Sm2Signer::from_pem(&pem).unwrap()).unwrap();
    let mut other = Place { folder: forged, log, companion };
    for (size, code) in [(200, "ledger.root_differs"), (305, "ledger.file_missing")] {
        (other.log.size()..size).for_each(|index| other.append(format!("{{\"m\":{index}}}").into_bytes()));
        let untrue = other.follow();
        let mut place = self::place_of(&pem);
        // One that is newer than the companion's file is compared as well.
        place.fill(10);
        place.record(&untrue.checkpoint, &untrue.signature);
        place.must_find(1, "fail", code);
        if size < 300 {
            continue;
        }
        // With its tiles there, it is derived.
        place.fill(10);
        place.follow_and_record();
        place.must_find(1, "fail", "ledger.root_differs");
    }
}
