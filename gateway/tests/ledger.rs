//! `tongbiao ledger` through the real binary, on the private folder of a stopped gateway.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod workplace;

use std::fs;
use std::path::{Path, PathBuf};

use certs::signing::{Ed25519Signer, Sm2Signer};
use jiff::Timestamp;
use ledger::{CheckpointSigner, Config, Draft, Log};
use tempfile::TempDir;
use workplace::tongbiao;

/// A ledger with some entries, and the file of its keys.
struct Place {
    folder: TempDir,
    keys: (Vec<u8>, Vec<u8>),
}

impl Place {
    fn new() -> Self {
        let keys = (Ed25519Signer::generate_pem().unwrap(), Sm2Signer::generate().unwrap().to_pem().unwrap());
        let place = Self { folder: tempfile::tempdir().unwrap(), keys };
        let lines: Vec<String> =
            place.signer().verifier_keys().iter().map(ledger::note::VerifierKey::to_line).collect();
        fs::write(place.path("ledger.vkey"), lines.join("\n") + "\n").unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn signer(&self) -> CheckpointSigner {
        let ed25519 = Ed25519Signer::from_pem(&self.keys.0).unwrap();
        CheckpointSigner::new("ledger.example/test", ed25519, Sm2Signer::from_pem(&self.keys.1).unwrap()).unwrap()
    }

    fn open(&self) -> Log {
        let config = Config::new(self.path("public"), self.path("state"));
        Log::open(&config, self.signer(), Timestamp::now).unwrap()
    }

    fn fill(&self, entries: u64) {
        let log = self.open();
        for number in 0..entries {
            let entry = Box::new(move |_| format!("{{\"type\":\"test\",\"number\":{number}}}").into_bytes());
            log.append(Draft { entry, key: None, content: [0; 32], tags: vec![], evidence: None }).unwrap();
        }
    }

    fn run(&self, command: &str, more: &[&Path]) -> workplace::Ran {
        let state = self.path("state");
        let words: Vec<&Path> =
            [Path::new("ledger"), Path::new(command), &state].into_iter().chain(more.iter().copied()).collect();
        tongbiao(&words)
    }
}

#[test]
fn a_stopped_ledger_is_verified_with_its_public_files_and_signatures() {
    let place = Place::new();
    place.fill(300);
    let (public, vkey) = (place.path("public"), place.path("ledger.vkey"));
    let more = [Path::new("--public"), &public, Path::new("--vkey"), &vkey];
    let report = place.run("verify", &more).must_exit(0).stdout;
    assert!(
        report.contains("300 条") && report.contains("signature holds") && report.contains("files agree"),
        "{report}"
    );
    // A public file that a hand changed, and a checkpoint that is none of the ledger's.
    let bundle = public.join("tile/entries/000");
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[20] ^= 1;
    fs::write(&bundle, bytes).unwrap();
    place.run("verify", &more).must_refuse(1, "ledger.entry_differs");
    let other = Place::new();
    other.fill(2);
    fs::copy(other.path("public/checkpoint"), public.join("checkpoint")).unwrap();
    place.run("verify", &more).must_refuse(1, "ledger.head_differs");
}

#[test]
fn a_running_gateway_s_ledger_is_left_alone() {
    let place = Place::new();
    let _log = place.open();
    for command in ["verify", "stats", "repair-tail"] {
        place.run(command, &[]).must_refuse(1, "ledger.locked");
    }
}

#[test]
fn statistics_name_kinds_times_and_space() {
    let place = Place::new();
    place.fill(5);
    let json: serde_json::Value =
        serde_json::from_str(&place.run("stats", &[Path::new("--json")]).must_exit(0).stdout).unwrap();
    assert_eq!((json["entries"].as_u64(), json["kinds"]["other"].as_u64()), (Some(5), Some(5)));
    assert!(json["bytes"]["frames"].as_u64() > Some(0) && json["first"].as_str() <= json["last"].as_str());
    assert!(place.run("stats", &[]).must_exit(0).stdout.contains("条目 entries       5"));
}

#[test]
fn exported_files_hold_and_are_never_mixed_with_others() {
    let place = Place::new();
    place.fill(300);
    let copy = place.path("copy");
    assert!(place.run("export", &[&copy]).must_exit(0).stdout.contains("300 条"));
    assert_eq!(fs::read(copy.join("checkpoint")).unwrap(), fs::read(place.path("public/checkpoint")).unwrap());
    place.run("export", &[&copy]).must_exit(73);
    let part = place.path("part");
    place.run("export", &[&part, Path::new("--size"), Path::new("100")]).must_exit(0);
    assert!(part.join("tile/0/000.p/100").exists() && !part.join("tile/0/000").exists());
}

#[test]
fn a_torn_tail_is_cut_only_when_that_is_said() {
    let place = Place::new();
    place.fill(3);
    assert!(place.run("repair-tail", &[]).must_exit(0).stdout.contains("nothing to cut"));
    let segment = place.path("state/frames/0000000000.segment");
    let mut torn = fs::read(&segment).unwrap();
    let end = torn.iter().rposition(|byte| *byte != 0).unwrap().next_multiple_of(8);
    torn[end + 8..end + 16].fill(7);
    fs::write(&segment, &torn).unwrap();
    assert!(place.run("repair-tail", &[]).must_exit(0).stdout.contains("--yes"));
    assert_eq!(fs::read(&segment).unwrap(), torn, "nothing is cut unasked");
    assert!(place.run("repair-tail", &[Path::new("--yes")]).must_exit(0).stdout.contains("cut"));
    assert!(place.run("repair-tail", &[]).must_exit(0).stdout.contains("nothing to cut"));
    // What was acknowledged is not cut by anybody.
    let mut damaged = fs::read(&segment).unwrap();
    damaged[end - 100] ^= 1;
    fs::write(&segment, damaged).unwrap();
    let refused = place.run("repair-tail", &[Path::new("--yes")]).must_exit(1);
    assert!(refused.stderr.contains("[ledger."), "{}", refused.stderr);
}
