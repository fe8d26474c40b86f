//! Whole logs through the real binary: what is right is VALID, and every byte that is not is found and named.
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
use common::log::{ORIGIN, TestLog, name};
use common::{Ran, audit, server};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    verdict: String,
    log: String,
    origin: Option<String>,
    size: Option<u64>,
    root: Option<String>,
    derived_root: Option<String>,
    proven_before: u64,
    entries: u64,
    tiles: u64,
    files_ahead: u64,
    next: Option<String>,
    steps: Vec<StepReport>,
    findings: Vec<Finding>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepReport {
    step: String,
    outcome: String,
    code: Option<String>,
    detail: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    code: String,
    entry: Option<u64>,
    detail: String,
}

impl Report {
    fn outcome(&self, step: &str) -> &str {
        &self.steps.iter().find(|it| it.step == step).unwrap_or_else(|| panic!("no step {step}: {self:?}")).outcome
    }

    fn code(&self, step: &str) -> Option<&str> {
        self.steps.iter().find(|it| it.step == step).and_then(|it| it.code.as_deref())
    }
}

fn run(log: &TestLog, vkey: &str) -> Ran {
    audit(&["log", &log.path("ledger"), "--vkey", &log.path(vkey), "--json"])
}

#[test]
fn an_untouched_log_of_any_size_is_valid_and_its_root_is_derived_again() {
    for size in [0, 1, 2, 3, 7, 255, 256, 257, 511, 512, 700] {
        let log = TestLog::of_size(size);
        let report: Report = run(&log, "both.vkey").must_exit(0).json();
        assert_eq!(report.verdict, "VALID", "{report:?}");
        assert_eq!((report.size, report.entries), (Some(size as u64), size as u64));
        assert_eq!(report.origin.as_deref(), Some(ORIGIN));
        assert_eq!(report.root, Some(BASE64.encode(log.root)));
        assert_eq!(report.derived_root, report.root);
        assert_eq!((report.findings.len(), report.files_ahead, report.proven_before, report.next), (0, 0, 0, None));
        let steps: Vec<_> = report.steps.iter().map(|step| step.step.as_str()).collect();
        assert_eq!(steps, ["checkpoint", "signature", "entries", "tiles", "files", "root"]);
        assert_eq!(report.tiles > 0, size > 0);
        assert!(report.log.ends_with("ledger"));
    }
}

#[test]
fn a_log_of_three_tile_levels_is_valid() {
    let log = TestLog::of((0..65_537_u32).map(|index| index.to_be_bytes().to_vec()).collect());
    let report: Report = run(&log, "ed25519.vkey").must_exit(0).json();
    assert_eq!(report.entries, 65_537);
    assert_eq!(report.tiles, 257 + 1 + 1);
}

#[test]
fn either_key_alone_is_enough_and_another_logs_key_is_not() {
    let (log, other) = (TestLog::of_size(3), TestLog::of_size(3));
    for key in ["ed25519.vkey", "sm2.vkey"] {
        run(&log, key).must_exit(0);
        let ran = audit(&["log", &log.path("ledger"), "--vkey", &other.path(key), "--json"]).must_exit(1);
        assert_eq!(ran.json::<Report>().code("signature"), Some("note.no_known_key"));
    }
}

#[test]
fn the_report_says_which_of_the_keys_signed_and_which_did_not() {
    let log = TestLog::of_size(3);
    let detail = || {
        let report: Report = run(&log, "both.vkey").must_exit(0).json();
        report.steps[1].detail.clone().unwrap()
    };
    assert_eq!(detail(), format!("signed by {ORIGIN} (Ed25519), {ORIGIN} (SM2 with SM3)"));
    fs::write(log.file("ledger/checkpoint"), log.note(&log.body(), false)).unwrap();
    assert_eq!(detail(), format!("signed by {ORIGIN} (Ed25519); not by {ORIGIN} (SM2 with SM3)"));
}

#[test]
fn without_a_key_the_arithmetic_is_checked_and_the_verdict_is_open() {
    let log = TestLog::of_size(5);
    let report: Report = audit(&["log", &log.path("ledger"), "--json"]).must_exit(2).json();
    assert_eq!(report.verdict, "INDETERMINATE");
    assert_eq!((report.outcome("signature"), report.code("signature")), ("indeterminate", Some("audit.no_vkey")));
    assert_eq!(report.outcome("root"), "pass");
    let text = audit(&["log", &log.path("ledger")]).must_exit(2).stdout;
    assert!(text.contains("不能断定 INDETERMINATE") && text.contains("--vkey"), "{text}");

    fs::write(log.file("ledger/tile/entries/000.p/5"), b"").unwrap();
    audit(&["log", &log.path("ledger")]).must_exit(1);
}

#[test]
fn any_flipped_byte_of_a_bundle_is_found_and_its_entry_named() {
    let log = TestLog::of_size(5);
    let bundle = log.file("ledger/tile/entries/000.p/5");
    let good = fs::read(&bundle).unwrap();
    let lengths: Vec<usize> = log.entries.iter().map(Vec::len).collect();
    let (mut entry, mut start) = (0, 0);
    for position in 0..good.len() {
        if position == start + 2 + lengths[entry] {
            start = position;
            entry += 1;
        }
        let mut bad = good.clone();
        bad[position] ^= 0x01;
        fs::write(&bundle, &bad).unwrap();
        let report: Report = run(&log, "ed25519.vkey").must_exit(1).json();
        assert_eq!(report.outcome("entries"), "fail", "byte {position}: {report:?}");
        assert_eq!(report.findings[0].entry, Some(entry as u64), "byte {position}: {report:?}");
        let in_length = position < start + 2;
        assert!(in_length || report.findings.len() == 1, "one bad entry is one finding: {report:?}");
        assert!(report.findings[0].detail.contains(&format!("entry {entry}")), "{report:?}");
    }
    fs::write(&bundle, good).unwrap();
    run(&log, "ed25519.vkey").must_exit(0);
}

#[test]
fn a_flipped_byte_deep_inside_a_long_log_names_its_entry_in_words_too() {
    let log = TestLog::of_size(700);
    let bundle = log.file("ledger/tile/entries/001");
    let mut bytes = fs::read(&bundle).unwrap();
    let before: usize = log.entries[256..300].iter().map(|entry| entry.len() + 2).sum();
    bytes[before + 2] ^= 0x80;
    fs::write(&bundle, bytes).unwrap();
    let text = audit(&["log", &log.path("ledger"), "--vkey", &log.path("ed25519.vkey")]).must_exit(1).stdout;
    assert!(text.contains("无效 INVALID") && text.contains("第 300 号条目 entry 300"), "{text}");
    assert!(text.contains("ledger.entry_differs"), "{text}");
}

#[test]
fn any_flipped_byte_of_a_tile_is_found() {
    let log = TestLog::of_size(300);
    for (tile, step) in [("tile/0/000", 97), ("tile/0/001.p/44", 31), ("tile/1/000.p/1", 1)] {
        let path = log.file("ledger").join(tile);
        let good = fs::read(&path).unwrap();
        for position in (0..good.len()).step_by(step) {
            let mut bad = good.clone();
            bad[position] ^= 0x10;
            fs::write(&path, &bad).unwrap();
            let report: Report = run(&log, "ed25519.vkey").must_exit(1).json();
            assert!(!report.findings.is_empty(), "{tile} byte {position}");
        }
        fs::write(&path, good).unwrap();
    }
    run(&log, "ed25519.vkey").must_exit(0);
}

#[test]
fn any_flipped_byte_of_a_checkpoint_is_found() {
    let log = TestLog::of_size(3);
    let path = log.file("ledger/checkpoint");
    let good = log.note(&log.body(), false).into_bytes();
    for position in 0..good.len() {
        let mut bad = good.clone();
        bad[position] ^= 0x01;
        fs::write(&path, &bad).unwrap();
        let report: Report = run(&log, "both.vkey").must_exit(1).json();
        assert_eq!(report.verdict, "INVALID", "byte {position}");
    }
    fs::write(&path, good).unwrap();
    run(&log, "both.vkey").must_exit(0);
}

#[test]
fn a_checkpoint_that_is_none_is_invalid_and_nothing_else_is_judged() {
    let log = TestLog::of_size(3);
    let oversized = vec![b'a'; 70_000];
    let cases: [&[u8]; 5] =
        [b"", b"hello\n", b"\xff\xfe", &oversized, b"origin\n-1\nAAAA\n\n\xe2\x80\x94 a AAAAAAAA\n"];
    for bytes in cases {
        fs::write(log.file("ledger/checkpoint"), bytes).unwrap();
        let report: Report = run(&log, "ed25519.vkey").must_exit(1).json();
        assert_eq!(report.outcome("checkpoint"), "fail");
        assert_eq!((report.outcome("root"), report.code("root")), ("indeterminate", Some("audit.not_judged")));
    }
    fs::remove_file(log.file("ledger/checkpoint")).unwrap();
    let ran = run(&log, "ed25519.vkey").must_exit(66);
    assert!(ran.stderr.contains("audit.no_checkpoint"), "{}", ran.stderr);
}

#[test]
fn a_signed_checkpoint_of_another_tree_or_another_log_is_invalid() {
    let log = TestLog::of_size(3);
    let root = BASE64.encode([7; 32]);
    let right = BASE64.encode(log.root);
    let cases = [
        (format!("{ORIGIN}\n3\n{root}\n"), "root", "ledger.root_differs"),
        (format!("{ORIGIN}\n4\n{right}\n"), "entries", "ledger.file_missing"),
        (format!("{ORIGIN}\n18446744073709551615\n{right}\n"), "entries", "ledger.file_missing"),
        (format!("other.example/log\n3\n{right}\n"), "signature", "note.origin_differs"),
    ];
    for (text, step, code) in cases {
        fs::write(log.file("ledger/checkpoint"), log.note(&text, true)).unwrap();
        let report: Report = run(&log, "both.vkey").must_exit(1).json();
        assert_eq!((report.outcome(step), report.code(step)), ("fail", Some(code)), "{text}{report:?}");
    }
}

#[test]
fn every_missing_shortened_or_overlong_file_is_found() {
    let log = TestLog::of_size(300);
    let files = ["tile/entries/000", "tile/entries/001.p/44", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"];
    for file in files {
        let path = log.file("ledger").join(file);
        let good = fs::read(&path).unwrap();
        let huge = vec![0; 17 << 20];
        let surplus = [good.as_slice(), b"\0\0"].concat();
        for bad in [None, Some(&good[..good.len() - 1]), Some(&[][..]), Some(&surplus), Some(&huge)] {
            match bad {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            let report: Report = run(&log, "ed25519.vkey").must_exit(1).json();
            assert!(!report.findings.is_empty(), "{file}");
            assert!(report.findings.iter().all(|finding| finding.code.starts_with("ledger.")), "{report:?}");
        }
        fs::write(&path, good).unwrap();
    }
    run(&log, "ed25519.vkey").must_exit(0);
}

#[test]
fn older_partial_files_may_stay_but_must_be_the_beginning_of_what_came_after() {
    let log = TestLog::of_size(300);
    for (level, whole) in [("0", "tile/0/000"), ("entries", "tile/entries/000")] {
        let good = fs::read(log.file("ledger").join(whole)).unwrap();
        let length = if level == "0" { 7 * 32 } else { log.entries[..7].iter().map(|entry| entry.len() + 2).sum() };
        let path = log.file("ledger").join(name(level, 0, 7));
        // A file system cannot hold both `000` and `000.p/7` under one name, but side by side it can.
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &good[..length]).unwrap();
        run(&log, "ed25519.vkey").must_exit(0);
        let mut bad = good[..length].to_vec();
        bad[length - 1] ^= 1;
        fs::write(&path, bad).unwrap();
        let report: Report = run(&log, "ed25519.vkey").must_exit(1).json();
        assert_eq!(report.findings[0].code, "ledger.partial_differs");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_file_that_is_no_part_of_a_log_is_only_mentioned() {
    let log = TestLog::of_size(3);
    fs::write(log.file("ledger/README\u{1b}[2J"), "hello").unwrap();
    let report: Report = run(&log, "ed25519.vkey").must_exit(0).json();
    assert_eq!((report.outcome("files"), report.code("files")), ("hint", Some("ledger.file_unexpected")));
    let text = audit(&["log", &log.path("ledger")]).must_exit(2).stdout;
    assert!(text.contains("README") && !text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn a_log_on_a_server_is_judged_as_the_same_log_in_a_folder() {
    let log = TestLog::of_size(300);
    let address = server::serve(&log.file("ledger"));
    let vkey = log.path("both.vkey");
    let run = |address: &str| audit(&["log", address, "--vkey", &vkey, "--json"]);
    let report: Report = run(&address).must_exit(0).json();
    assert_eq!(report.entries, 300);
    run(&format!("{address}/")).must_exit(0);

    let bundle = log.file("ledger/tile/entries/000");
    let good = fs::read(&bundle).unwrap();
    let mut bad = good.clone();
    bad[10] ^= 1;
    fs::write(&bundle, bad).unwrap();
    let report: Report = run(&address).must_exit(1).json();
    assert_eq!(report.findings[0].entry, Some(0));

    fs::write(&bundle, vec![0; 17 << 20]).unwrap();
    let report: Report = run(&address).must_exit(1).json();
    assert_eq!(report.findings[0].code, "ledger.file_too_long");

    fs::write(&bundle, "status-500").unwrap();
    let ran = run(&address).must_exit(66);
    assert!(ran.stderr.contains("500") && ran.stderr.contains("tile/entries/000"), "{}", ran.stderr);

    fs::remove_file(&bundle).unwrap();
    let report: Report = run(&address).must_exit(1).json();
    assert_eq!(report.findings[0].code, "ledger.file_missing");

    let ran = run(&format!("{address}/elsewhere")).must_exit(66);
    assert!(ran.stderr.contains("audit.no_checkpoint"), "{}", ran.stderr);
}

#[test]
fn memory_stays_flat_however_long_the_log_is() {
    let log = TestLog::of((0..1536_u32).map(|index| index.to_be_bytes().repeat(16_000)).collect());
    let limited = format!(
        "ulimit -v 80000; exec {} log {} --vkey {}",
        env!("CARGO_BIN_EXE_tongbiao-audit"),
        log.path("ledger"),
        log.path("ed25519.vkey")
    );
    let output = std::process::Command::new("sh").args(["-c", &limited]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
