//! A whole gateway whose SM2 signatures OpenSSL verifies answers as one with our own arithmetic does.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::witness::hierarchy_at;
use common::{Answer, Signed, Site, facts, log_keys, message, token};
use jiff::Timestamp;
use ledger::proof::InclusionProof;
use standards::receipt::ReceiptFile;

/// `tongbiao serve`, killed when it is not needed any more: the engine belongs to a whole process.
struct Serving {
    process: Child,
    site: Site,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn config(folder: &Path, engine: &str) -> PathBuf {
    let text = include_str!("../config/sample.toml")
        .replace("127.0.0.1:8443", "127.0.0.1:0")
        .replace("format = \"text\"", "format = \"json\"")
        .replace("engine = \"tables\"", &format!("engine = \"{engine}\""));
    let path = folder.join(format!("{engine}.toml"));
    std::fs::write(&path, text).unwrap();
    path
}

fn serve(folder: &Path, engine: &str) -> Serving {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongbiao"));
    let command = command.arg("serve").arg("--config").arg(config(folder, engine));
    let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.contains("listening")).unwrap();
    // Nobody reads the rest; a full pipe would stop the process.
    std::thread::spawn(move || lines.for_each(drop));
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = line["fields"]["address"].as_str().unwrap().parse().unwrap();
    Serving { process, site: Site::elsewhere(folder.to_owned(), address) }
}

/// What an answer says, without what differs from one entry of a ledger to the next.
fn said(answer: &Answer) -> (u16, Vec<String>) {
    if answer.status == 201 {
        let (decision, reasons) = answer.decision();
        (201, [vec![decision], reasons].concat())
    } else {
        let (status, code) = answer.problem();
        (status, vec![code])
    }
}

/// The receipt of a decision holds under the keys of the log.
fn hold_receipt(folder: &Path, answer: &Answer) {
    let receipt = ReceiptFile::from_json(answer.json()["receipt"].to_string().as_bytes()).unwrap();
    let hashes = receipt.proof.iter().map(|hash| STANDARD.decode(hash).unwrap().try_into().unwrap()).collect();
    let proof = InclusionProof { index: receipt.index, hashes, checkpoint: receipt.checkpoint };
    proof.verify(receipt.entry.as_bytes(), &log_keys(folder)).unwrap();
}

/// Good and wrong signatures of requests, seals and documents; what is said of each.
fn ask(serving: &Serving, numbers: std::ops::Range<u32>) -> Vec<(u16, Vec<String>)> {
    let site = &serving.site;
    let made_at = Timestamp::now() - jiff::SignedDuration::from_hours(1);
    let seal = site.seal("120000", "signer", made_at);
    // A bare seal ends in the number s of its maker's signature.
    let mut wrong_seal = seal.clone();
    *wrong_seal.last_mut().unwrap() ^= 1;
    let mut said_of = Vec::new();
    for number in numbers {
        let message = message(&format!("津劳派{number}"));
        let sealed = |signer| site.sealed(&facts(&message), "120000", signer);
        let documents =
            [sealed("signer"), sealed("signer-other"), sealed("signer-revoked"), seal.clone(), wrong_seal.clone()];
        for document in &documents {
            let answer = site.submit(&message, document, &token());
            hold_receipt(&site.folder, &answer);
            said_of.push(said(&answer));
        }
        let mut wrong = Signed::submission(site, &message, &documents[0], &token());
        wrong.signature_bit = 1;
        said_of.push(said(&site.send(&wrong)));
    }
    said_of
}

/// How many verifications went this way.
fn verifications(serving: &Serving, way: &str) -> u64 {
    let metrics = serving.site.get(None, "/metrics").text();
    let line = format!("tongbiao_sm2_verifications_total{{way=\"{way}\"}} ");
    metrics.lines().find_map(|it| it.strip_prefix(&line)).unwrap().parse().unwrap()
}

#[test]
fn a_gateway_with_openssl_says_what_one_with_tables_says_and_goes_on_in_its_ledger() {
    let folder = hierarchy_at("engine");
    let first = message("津劳派300000");
    let (key, said_by_tables, body, document) = {
        let serving = serve(&folder, "tables");
        let document = serving.site.sealed(&facts(&first), "120000", "signer");
        let key = token();
        let answer = serving.site.submit(&first, &document, &key);
        let said = ask(&serving, 300_001..300_004);
        assert_eq!(verifications(&serving, "openssl"), 0);
        assert!(verifications(&serving, "cold") > 0 && verifications(&serving, "table") > 0, "new keys, then tables");
        (key, said, answer.body, document)
    };

    let serving = serve(&folder, "openssl");
    assert_eq!(serving.site.submit(&first, &document, &key).body, body, "the first answer stands, byte for byte");
    assert_eq!(ask(&serving, 300_011..300_014), said_by_tables);
    assert!(verifications(&serving, "openssl") > 0);
    for way in ["cold", "table", "side_by_side"] {
        assert_eq!(verifications(&serving, way), 0, "{way}");
    }

    let codes: Vec<&str> = said_by_tables.iter().take(6).flat_map(|(_, said)| said).map(String::as_str).collect();
    assert_eq!(said_by_tables[0], (201, vec!["recognition".to_owned()]));
    assert_ne!(said_by_tables[3], said_by_tables[4], "a seal with a wrong signature: {codes:?}");
    assert_eq!(said_by_tables[5], (401, vec!["exchange.signature_wrong".to_owned()]));
}
