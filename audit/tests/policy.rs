//! Policies through the real binary: a checkpoint must have been seen by enough witnesses, and a receipt keeps what they signed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use certs::digest::sha256;
use certs::signing::Ed25519Signer;
use common::audit;
use common::log::TestLog;
use serde_json::Value;

/// A witness made from C2SP's tlog-cosignature alone.
struct Witness {
    name: &'static str,
    signer: Ed25519Signer,
}

impl Witness {
    fn new(name: &'static str) -> Self {
        Self { name, signer: Ed25519Signer::from_pem(&Ed25519Signer::generate_pem().unwrap()).unwrap() }
    }

    fn key(&self) -> Vec<u8> {
        [&[4_u8][..], self.signer.public_key().as_bytes()].concat()
    }

    fn id(&self) -> [u8; 4] {
        sha256(&[self.name.as_bytes(), b"\n", &self.key()])[..4].try_into().unwrap()
    }

    fn vkey(&self) -> String {
        format!("{}+{}+{}", self.name, hex::encode(self.id()), BASE64.encode(self.key()))
    }

    fn line(&self, body: &str, time: u64) -> String {
        let signature = self.signer.sign(format!("cosignature/v1\ntime {time}\n{body}").as_bytes());
        format!("— {} {}\n", self.name, BASE64.encode([&self.id()[..], &time.to_be_bytes(), &signature].concat()))
    }
}

/// The outcome and the code of the step `witnesses`.
fn witnesses(report: &Value) -> (&str, Option<&str>) {
    let step = report["steps"].as_array().unwrap().iter().find(|step| step["step"] == "witnesses").unwrap();
    (step["outcome"].as_str().unwrap(), step["code"].as_str())
}

#[test]
fn a_log_and_a_receipt_are_valid_once_enough_witnesses_saw_the_checkpoint() {
    let log = TestLog::of_size(5);
    let (tianjin, hebei) = (Witness::new("witness.tj.example"), Witness::new("witness.he.example"));
    let key = fs::read_to_string(log.file("ed25519.vkey")).unwrap();
    let policy = format!(
        "log {key}\nwitness tianjin {}\nwitness hebei {}\ngroup both all tianjin hebei\nquorum both\n",
        tianjin.vkey(),
        hebei.vkey()
    );
    fs::write(log.file("policy"), policy).unwrap();
    let note = log.note(&log.body(), true);
    let one = tianjin.line(&log.body(), 1_790_000_000);
    let both = one.clone() + &hebei.line(&log.body(), 1_790_000_001);
    let wrong = one.clone() + &hebei.line("another text\n", 1_790_000_001);
    for (lines, status, step) in [
        (String::new(), 2, ("indeterminate", Some("note.no_quorum"))),
        (one, 2, ("indeterminate", Some("note.no_quorum"))),
        (both, 0, ("pass", None)),
        (wrong, 1, ("fail", Some("note.signature_wrong"))),
        ("— nobody AAAAAAA=\n".to_owned(), 2, ("indeterminate", Some("note.no_quorum"))),
    ] {
        fs::write(log.file("ledger/checkpoint"), note.clone() + &lines).unwrap();
        let report: Value =
            audit(&["log", &log.path("ledger"), "--policy", &log.path("policy"), "--json"]).must_exit(status).json();
        assert_eq!(witnesses(&report), step, "{lines}");

        let mut receipt = log.receipt(3);
        receipt["checkpoint"] = (note.clone() + &lines).into();
        fs::write(log.file("receipt"), receipt.to_string()).unwrap();
        let arguments = ["receipt", &log.path("receipt"), "--policy", &log.path("policy"), "--json"];
        let report: Value = audit(&arguments).must_exit(status).json();
        assert_eq!(witnesses(&report), step, "{lines}");
    }
    // What another log signed is not asked about any further.
    let other = TestLog::of_size(5);
    fs::write(log.file("ledger/checkpoint"), other.note(&log.body(), true) + &tianjin.line(&log.body(), 1)).unwrap();
    let report: Value =
        audit(&["log", &log.path("ledger"), "--policy", &log.path("policy"), "--json"]).must_exit(1).json();
    assert_eq!(witnesses(&report), ("indeterminate", Some("audit.not_judged")));
}

#[test]
fn a_policy_that_cannot_be_followed_is_told_with_its_line() {
    let log = TestLog::of_size(1);
    for (text, place) in
        [("log nonsense\n", "line 1"), ("", "a log line and a quorum line"), ("\u{7f}\u{7f}", "line 1")]
    {
        fs::write(log.file("policy"), text).unwrap();
        let ran = audit(&["log", &log.path("ledger"), "--policy", &log.path("policy")]);
        let told = ran.must_exit(66).stderr;
        assert!(told.contains("audit.policy") && told.contains(place), "{told}");
    }
    let both = audit(&["log", &log.path("ledger"), "--policy", "a", "--vkey", "b"]);
    both.must_exit(64);
}
