//! Receipts through the real binary, in both of their forms.
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
use common::audit;
use common::log::{ORIGIN, TestLog, leaf};
use serde::Deserialize;
use serde_json::{Value, json};
use standards::entry::{Commitment, Editions, Entry, Judgement, Label};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    verdict: String,
    file: String,
    origin: Option<String>,
    size: Option<u64>,
    root: Option<String>,
    index: Option<u64>,
    leaf: Option<String>,
    entry: Option<String>,
    steps: Vec<StepReport>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepReport {
    step: String,
    outcome: String,
    code: Option<String>,
    #[serde(rename = "detail")]
    _detail: Option<String>,
}

impl Report {
    /// The first step that does not pass, with its outcome and code.
    fn first_not_passed(&self) -> (&str, &str, &str) {
        let step =
            self.steps.iter().find(|step| step.outcome != "pass").unwrap_or_else(|| panic!("all pass: {self:?}"));
        (&step.step, &step.outcome, step.code.as_deref().unwrap_or(""))
    }
}

/// Runs the tool on a receipt with these bytes, with the key of the log and more arguments.
fn run(log: &TestLog, receipt: impl AsRef<[u8]>, status: i32, more: &[&str]) -> Report {
    fs::write(log.file("receipt"), receipt).unwrap();
    let (receipt, vkey) = (log.path("receipt"), log.path("both.vkey"));
    let arguments = [&["receipt", &receipt, "--vkey", &vkey, "--json"], more].concat();
    audit(&arguments).must_exit(status).json()
}

#[test]
fn the_receipt_of_every_entry_is_valid_in_both_forms() {
    for size in [1, 2, 5, 8] {
        let log = TestLog::of_size(size);
        for index in 0..size {
            let report = run(&log, log.receipt(index).to_string(), 0, &[]);
            assert_eq!(report.verdict, "VALID");
            assert_eq!((report.index, report.size), (Some(index as u64), Some(size as u64)));
            assert_eq!(report.origin.as_deref(), Some(ORIGIN));
            assert_eq!(report.root, Some(BASE64.encode(log.root)));
            assert_eq!(report.leaf, Some(BASE64.encode(leaf(&log.entries[index]))));
            assert_eq!(report.entry.map(String::into_bytes).as_ref(), Some(&log.entries[index]));
            assert!(report.file.ends_with("receipt"));

            fs::write(log.file("entry"), &log.entries[index]).unwrap();
            run(&log, log.tlog_proof(index), 0, &["--entry", &log.path("entry")]);
        }
    }
}

#[test]
fn a_proof_without_its_entry_or_without_a_key_leaves_the_verdict_open() {
    let log = TestLog::of_size(5);
    let report = run(&log, log.tlog_proof(3), 2, &[]);
    assert_eq!(report.first_not_passed(), ("inclusion", "indeterminate", "audit.no_entry"));

    fs::write(log.file("receipt"), log.receipt(3).to_string()).unwrap();
    let report: Report = audit(&["receipt", &log.path("receipt"), "--json"]).must_exit(2).json();
    assert_eq!(report.first_not_passed(), ("signature", "indeterminate", "audit.no_vkey"));
    assert_eq!(report.verdict, "INDETERMINATE");

    let mut wrong = log.receipt(3);
    wrong["entry"] = json!("{}");
    fs::write(log.file("receipt"), wrong.to_string()).unwrap();
    audit(&["receipt", &log.path("receipt")]).must_exit(1);
}

#[test]
fn an_entry_named_on_the_command_line_is_the_one_that_is_judged() {
    let log = TestLog::of_size(5);
    fs::write(log.file("entry"), &log.entries[2]).unwrap();
    let report = run(&log, log.receipt(3).to_string(), 1, &["--entry", &log.path("entry")]);
    assert_eq!(report.first_not_passed(), ("inclusion", "fail", "receipt.not_included"));
    fs::write(log.file("entry"), [&log.entries[3][..], b"\n"].concat()).unwrap();
    run(&log, log.tlog_proof(3), 1, &["--entry", &log.path("entry")]);
}

#[test]
fn whatever_is_changed_in_a_receipt_is_found() {
    let log = TestLog::of_size(6);
    let other = TestLog::of_size(6);
    let changes: [(&str, Value, (&str, &str)); 12] = [
        ("entry", json!("another"), ("inclusion", "receipt.not_included")),
        ("entry", json!(""), ("inclusion", "receipt.not_included")),
        ("index", json!(3), ("inclusion", "receipt.not_included")),
        ("index", json!(5), ("inclusion", "receipt.proof_length")),
        ("index", json!(6), ("inclusion", "receipt.index_beyond_size")),
        ("index", json!((1_u64 << 53) - 1), ("inclusion", "receipt.index_beyond_size")),
        ("proof", json!([]), ("inclusion", "receipt.proof_length")),
        ("proof", json!(vec![BASE64.encode([0; 32]); 3]), ("inclusion", "receipt.not_included")),
        ("proof", json!(vec![BASE64.encode([0; 32]); 70]), ("inclusion", "receipt.proof_length")),
        ("proof", json!(["AAAA"]), ("format", "audit.receipt_proof_hash")),
        ("checkpoint", json!("nothing"), ("checkpoint", "note.not_text")),
        ("checkpoint", other.receipt(2)["checkpoint"].clone(), ("signature", "note.no_known_key")),
    ];
    for (member, value, (step, code)) in changes {
        let mut receipt = log.receipt(2);
        receipt[member] = value;
        let report = run(&log, receipt.to_string(), 1, &[]);
        assert_eq!(report.first_not_passed(), (step, "fail", code), "{member}: {receipt}");
        assert_eq!(report.verdict, "INVALID");
    }
}

#[test]
fn a_checkpoint_with_any_flipped_character_is_found() {
    let log = TestLog::of_size(3);
    let checkpoint = log.note(&log.body(), false);
    for (position, character) in checkpoint.char_indices().filter(|(_, character)| character.is_ascii()) {
        let mut bad = checkpoint.clone().into_bytes();
        bad[position] = character as u8 ^ 1;
        let mut receipt = log.receipt(1);
        receipt["checkpoint"] = json!(String::from_utf8(bad).unwrap());
        assert_eq!(run(&log, receipt.to_string(), 1, &[]).verdict, "INVALID", "position {position}");
    }
}

#[test]
fn what_is_no_receipt_at_all_is_invalid_by_its_format() {
    let log = TestLog::of_size(3);
    let oversized = vec![b' '; 2 << 20];
    let proof = log.tlog_proof(1);
    let cases: [&[u8]; 10] = [
        b"",
        b"{}",
        b"[1,2,3]",
        b"\xff\xff",
        &oversized,
        br#"{"entry":"a","index":-1,"proof":[],"checkpoint":""}"#,
        br#"{"entry":"a","index":0,"proof":[],"checkpoint":"","more":1}"#,
        b"c2sp.org/tlog-proof@v2\nindex 0\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 01\n\nx\n",
        &[proof.as_bytes(), b"\xff"].concat(),
    ];
    for bytes in cases {
        let report = run(&log, bytes, 1, &[]);
        let (step, outcome, code) = report.first_not_passed();
        assert_eq!((step, outcome), ("format", "fail"));
        assert!(!code.is_empty());
        assert_eq!(report.steps.len(), 4);
    }
}

#[test]
fn the_text_tells_what_the_entry_says_and_cannot_be_steered_by_it() {
    let (label, commitment) = (|| "1".parse::<Label>().unwrap(), Commitment([7; 32]));
    let refusal = Entry::Refusal(Judgement {
        time: "2026-11-22T08:00:00Z".parse().unwrap(),
        from: "120000".parse().unwrap(),
        to: "110000".parse().unwrap(),
        item: "JJJ-033".parse().unwrap(),
        case: commitment,
        license: commitment,
        message: commitment,
        document: commitment,
        seals: Vec::new(),
        reasons: vec!["seal.signer_revoked".parse().unwrap()],
        editions: Editions { catalogue: label(), codes: label(), mapping: label(), trust: label(), policy: label() },
    });
    let refusal = refusal.to_canonical();
    let log = TestLog::of(vec![refusal, "\u{1b}[2J\u{202e}".into()]);
    let text = |index: usize| {
        fs::write(log.file("receipt"), log.receipt(index).to_string()).unwrap();
        audit(&["receipt", &log.path("receipt"), "--vkey", &log.path("ed25519.vkey")]).must_exit(0).stdout
    };
    let said = text(0);
    assert!(said.contains("有效 VALID") && said.contains("这个条目确在账本里"), "{said}");
    assert!(said.contains("不予互认 refusal: 天津 → 北京  JJJ-033  "), "{said}");
    assert!(said.contains("[seal.signer_revoked]"), "{said}");
    assert!(!text(1).contains(['\u{1b}', '\u{202e}']));
}
