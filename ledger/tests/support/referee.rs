//! A log for programs that nobody of us wrote: its public files, its keys, and receipts as JSON and as tlog-proof.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::sync::mpsc::channel;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ledger::Draft;

use super::support::{Place, digest};

/// Answers that are waited for before more drafts are handed in.
const IN_FLIGHT: u64 = 500;

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
    fs::create_dir(place.folder.join("receipts")).unwrap();
    for index in receipts {
        let receipt = log.receipt(index).unwrap();
        let proof: Vec<String> =
            receipt.proof.hashes.iter().map(|hash| format!("\"{}\"", BASE64.encode(hash))).collect();
        let text = |bytes: &str| bytes.replace('"', "\\\"").replace('\n', "\\n");
        let json = format!(
            r#"{{"entry":"{}","index":{index},"proof":[{}],"checkpoint":"{}"}}"#,
            text(&String::from_utf8_lossy(&receipt.entry)),
            proof.join(","),
            text(&receipt.proof.checkpoint)
        );
        write(&format!("receipts/{index}.json"), json);
        write(&format!("receipts/{index}.tlog-proof"), receipt.proof.to_text());
    }
}
