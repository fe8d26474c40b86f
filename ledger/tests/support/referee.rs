//! A log for programs that nobody of us wrote: its public files, its keys, and receipts as JSON and as tlog-proof.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::sync::mpsc::channel;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use certs::signing::Sm2Signer;
use ledger::Draft;
use ledger::companion::Companion;
use ledger::proof::Receipt;

use super::support::{Place, digest};

/// Answers that are waited for before more drafts are handed in.
const IN_FLIGHT: u64 = 500;
/// Entries of a log that gets a companion.
const COMPANION_SIZE_MAX: u64 = 1000;

/// Makes a log of so many entries in batches of changing sizes, with the receipts of these indexes.
pub(crate) fn make_log(place: &Place, size: u64, receipts: impl IntoIterator<Item = u64>) {
    let log = place.open().unwrap();
    let (sender, receiver) = channel();
    let mut waiting = 0;
    for number in 0..size {
        let entry = format!("条目 \"{number}\"\n").into_bytes();
        let draft = Draft {
            entry: Box::new(move |_| entry),
            key: None,
            content: digest("none"),
            tags: Vec::new(),
            evidence: None,
        };
        let sender = sender.clone();
        log.submit(draft, move |answer| sender.send(answer.map(drop)).unwrap()).unwrap();
        waiting += 1;
        while waiting >= IN_FLIGHT || (waiting > 0 && number % 90 == 0) {
            receiver.recv().unwrap().unwrap();
            waiting -= 1;
        }
    }
    for _ in 0..waiting {
        receiver.recv().unwrap().unwrap();
    }
    let signer = place.signer();
    let [ed25519, sm2] = signer.verifier_keys();
    let write = |path: &str, text: String| {
        fs::write(place.folder.join(path), text).unwrap();
    };
    write("ledger.vkey", ed25519.to_line() + "\n");
    write("ledger.sm2.vkey", sm2.to_line() + "\n");
    // The referees of SM3 are slow.
    let has_companion = size <= COMPANION_SIZE_MAX;
    if has_companion {
        log.settle().unwrap();
        let sm2 = Sm2Signer::from_pem(&fs::read(place.folder.join("sm2.pem")).unwrap()).unwrap();
        let mut companion = Companion::open(&log, signer.origin(), &place.public(""), sm2).unwrap();
        companion.follow(&log, |_| false).unwrap().unwrap();
        fs::create_dir_all(place.folder.join("receipts/sm3")).unwrap();
    }
    fs::create_dir_all(place.folder.join("receipts")).unwrap();
    for index in receipts {
        let receipt = log.receipt(index).unwrap();
        write(&format!("receipts/{index}.json"), to_json(&receipt));
        write(&format!("receipts/{index}.tlog-proof"), receipt.proof.to_text());
        if has_companion {
            write(&format!("receipts/sm3/{index}.json"), to_json(&log.receipt_to_companion(index).unwrap()));
        }
    }
}

/// As standards has it, which the ledger does not know.
fn to_json(Receipt { entry, proof }: &Receipt) -> String {
    let hashes: Vec<String> = proof.hashes.iter().map(|hash| format!("\"{}\"", BASE64.encode(hash))).collect();
    let text = |bytes: &str| bytes.replace('"', "\\\"").replace('\n', "\\n");
    let (entry, checkpoint) = (text(&String::from_utf8_lossy(entry)), text(&proof.checkpoint));
    let (index, hashes) = (proof.index, hashes.join(","));
    format!(r#"{{"entry":"{entry}","index":{index},"proof":[{hashes}],"checkpoint":"{checkpoint}"}}"#)
}
