//! A log that our own ledger wrote, through the real binary: running or closed, with the receipts of its entries.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;
use std::path::Path;
use std::sync::mpsc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use certs::digest::sha256;
use certs::signing::{Ed25519Signer, Sm2Signer};
use common::audit;

use ledger::log::{Appended, CheckpointSigner, Config, Draft, Log};
use ledger::proof::Receipt;
use standards::receipt::ReceiptFile;

const ENTRIES: usize = 600;

/// A log with 600 entries in its folder `ledger/`, its keys in `log.vkey`, and the receipt of each entry.
fn begin(folder: &Path) -> (Log, Vec<Receipt>) {
    let ed25519 = Ed25519Signer::from_pem(&Ed25519Signer::generate_pem().unwrap()).unwrap();
    let signer = CheckpointSigner::new("tongbiao.example/ledger", ed25519, Sm2Signer::generate().unwrap()).unwrap();
    let keys: Vec<String> = signer.verifier_keys().iter().map(|key| key.to_line() + "\n").collect();
    fs::write(folder.join("log.vkey"), keys.concat()).unwrap();
    let config = Config {
        segment_bytes: 1 << 20,
        evidence_segment_bytes: 1 << 20,
        ..Config::new(folder.join("ledger"), folder.join("state"))
    };
    let log = Log::open(&config, signer, || "2026-11-22T12:00:00Z".parse().unwrap()).unwrap();
    let (sender, answers) = mpsc::channel();
    for index in 0..ENTRIES {
        let entry = format!("{{\"n\":{index}}}").into_bytes();
        let content = sha256(&[&entry]);
        let draft = Draft { entry: Box::new(move |_| entry), key: None, content, tags: Vec::new(), evidence: None };
        let sender = sender.clone();
        log.submit(draft, move |answer| sender.send(answer).unwrap()).unwrap();
    }
    let receipts = answers.iter().take(ENTRIES).map(|answer| match answer.unwrap() {
        Appended::Recorded(receipt) => receipt,
        Appended::Repeated(_) | Appended::Conflict { .. } => panic!("each entry is new"),
    });
    (log, receipts.collect())
}

#[test]
fn a_log_of_our_own_is_valid_while_it_runs_and_after_and_so_is_every_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (log, receipts) = begin(folder.path());
    let vkey = path("log.vkey");
    let judge = || {
        let text = audit(&["log", &path("ledger"), "--vkey", &vkey]).must_exit(0).stdout;
        assert!(text.contains(&format!("条目 entries  {ENTRIES}")), "{text}");
    };
    // Public files follow the answers.
    log.settle().unwrap();
    judge();
    drop(log);
    judge();

    assert_eq!(receipts.len(), ENTRIES);
    for receipt in receipts.iter().step_by(97) {
        let file = ReceiptFile {
            entry: String::from_utf8(receipt.entry.clone()).unwrap(),
            index: receipt.proof.index,
            proof: receipt.proof.hashes.iter().map(|hash| BASE64.encode(hash)).collect(),
            checkpoint: receipt.proof.checkpoint.clone(),
        };
        fs::write(path("receipt.json"), file.to_json()).unwrap();
        fs::write(path("receipt.tlog-proof"), receipt.proof.to_text()).unwrap();
        fs::write(path("entry"), &receipt.entry).unwrap();
        audit(&["receipt", &path("receipt.json"), "--vkey", &vkey]).must_exit(0);
        audit(&["receipt", &path("receipt.tlog-proof"), "--entry", &path("entry"), "--vkey", &vkey]).must_exit(0);
    }
}
