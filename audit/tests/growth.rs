//! A log over time, through the real binary: checks that go on, a monitor that follows, and evidence against a log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;

use common::log::TestLog;
use common::{Ran, audit, server};
use serde_json::Value;

/// One more than a block, so that there is something to go on from.
const BLOCK: usize = 65_536;

fn entry(text: &str, index: usize) -> Vec<u8> {
    format!("{text} {index}").into_bytes()
}

fn grown(size: usize) -> TestLog {
    TestLog::of((0..size).map(|index| entry("entry", index)).collect())
}

fn log(log: &TestLog, more: &[&str]) -> Ran {
    let (ledger, vkey) = (log.path("ledger"), log.path("both.vkey"));
    audit(&[&["log", &ledger, "--vkey", &vkey, "--json"], more].concat())
}

#[test]
fn a_check_goes_on_from_its_state_and_reads_what_is_new() {
    let mut it = grown(BLOCK + 300);
    let state = it.path("audit.state");
    let first: Value = log(&it, &["--state", &state, "--threads", "2"]).must_exit(0).json();
    assert_eq!((first["proven_before"].as_u64(), first["entries"].as_u64()), (Some(0), Some(BLOCK as u64 + 300)));
    it.go_on(BLOCK + 300, (0..200).map(|index| entry("more", index)));
    let second: Value = log(&it, &["--state", &state]).must_exit(0).json();
    assert_eq!((second["proven_before"].as_u64(), second["entries"].as_u64()), (Some(BLOCK as u64 + 256), Some(244)));
    // Another history behind what was proven is found, whoever signed it.
    it.go_on(0, (0..BLOCK + 400).map(|index| entry("other", index)));
    let other: Value = log(&it, &["--state", &state]).must_exit(1).json();
    assert_eq!(other["findings"][0]["code"], "ledger.tile_differs");
    assert!(other["findings"].as_array().unwrap().iter().any(|it| it["code"] == "ledger.root_differs"));
}

#[test]
fn a_state_of_a_longer_log_is_a_finding_and_one_of_another_is_refused() {
    let mut it = grown(BLOCK);
    let state = it.path("audit.state");
    log(&it, &["--state", &state]).must_exit(0);
    it.go_on(100, []);
    let behind: Value = log(&it, &["--state", &state]).must_exit(1).json();
    assert_eq!(behind["findings"][0]["code"], "ledger.rolled_back");
    for text in ["", "no state\n", "tongbiao-audit log 1\nanother.example/log\n0\n"] {
        fs::write(it.file("audit.state"), text).unwrap();
        assert!(log(&it, &["--state", &state]).must_exit(66).stderr.contains("audit.state"), "{text:?}");
    }
}

#[test]
fn a_check_from_an_earlier_checkpoint_binds_the_log_to_it() {
    let mut it = grown(700);
    fs::copy(it.file("ledger/checkpoint"), it.file("earlier")).unwrap();
    let earlier = it.path("earlier");
    it.go_on(700, (0..300).map(|index| entry("more", index)));
    log(&it, &["--from", &earlier]).must_exit(0);
    // One entry of the past is another one.
    it.go_on(699, (0..400).map(|index| entry("changed", index)));
    let changed: Value = log(&it, &["--from", &earlier]).must_exit(1).json();
    assert_eq!(changed["findings"][0]["code"], "ledger.inconsistent");
    it.go_on(650, []);
    let behind: Value = log(&it, &["--from", &earlier]).must_exit(1).json();
    assert_eq!(behind["findings"][0]["code"], "ledger.rolled_back");
    let other = grown(3);
    fs::copy(other.file("ledger/checkpoint"), it.file("earlier")).unwrap();
    assert!(log(&it, &["--from", &earlier]).must_exit(66).stderr.contains("audit.beginning"), "signed by another key");
}

fn monitor(it: &TestLog, place: &str) -> Ran {
    audit(&["monitor", place, "--vkey", &it.path("both.vkey"), "--state", &it.path("last"), "--once"])
}

#[test]
fn a_monitor_follows_a_log_and_says_how_it_broke_its_word() {
    let mut it = grown(300);
    let address = server::serve(&it.file("ledger"));
    assert!(monitor(&it, &address).must_exit(0).stdout.contains("300 条 entries (+300)"));
    it.go_on(300, (0..50).map(|index| entry("more", index)));
    assert!(monitor(&it, &address).must_exit(0).stdout.contains("350 条 entries (+50)"));
    let seen = fs::read(it.file("last")).unwrap();
    let told = |it: &TestLog, code: &str| {
        let ran = monitor(it, &address).must_exit(1);
        assert!(ran.stdout.contains(code), "{}", ran.stdout);
        assert_eq!(fs::read(it.file("last")).unwrap(), seen, "what was verified last stays");
        assert_eq!(fs::read(it.file("last.evidence/last.note")).unwrap(), seen);
        assert_eq!(
            fs::read(it.file("last.evidence/now.note")).unwrap(),
            fs::read(it.file("ledger/checkpoint")).unwrap()
        );
    };
    it.go_on(340, []);
    told(&it, "ledger.rolled_back");
    it.go_on(340, (0..10).map(|index| entry("other", index)));
    told(&it, "ledger.head_differs");
    let (last, now) = (it.path("last.evidence/last.note"), it.path("last.evidence/now.note"));
    let proof = audit(&["equivocation", &last, &now, "--vkey", &it.path("ed25519.vkey")]).must_exit(0);
    assert!(proof.stdout.contains("VALID") && proof.stdout.contains("证据成立"), "{}", proof.stdout);
    it.go_on(340, (0..100).map(|index| entry("other", index)));
    told(&it, "ledger.inconsistent");
    let unproven = audit(&["equivocation", &last, &now, "--vkey", &it.path("ed25519.vkey"), "--json"]).must_exit(2);
    assert_eq!(unproven.json::<Value>()["steps"][2]["code"], "audit.sizes_differ");
}

#[test]
fn a_monitor_reads_the_new_entries_and_not_the_checkpoint_alone() {
    let mut it = grown(300);
    let ledger = it.path("ledger");
    monitor(&it, &ledger).must_exit(0);
    it.go_on(300, (0..50).map(|index| entry("more", index)));
    let bundle = it.file("ledger/tile/entries/001.p/94");
    let mut bytes = fs::read(&bundle).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(bundle, bytes).unwrap();
    assert!(monitor(&it, &ledger).must_exit(1).stdout.contains("ledger.entry_differs"));
}

#[test]
fn what_a_monitor_verified_it_does_not_read_again() {
    let mut it = grown(700);
    let address = server::serve(&it.file("ledger"));
    monitor(&it, &address).must_exit(0);
    it.go_on(700, (0..50).map(|index| entry("more", index)));
    for bundle in ["000", "001"] {
        fs::remove_file(it.file(&format!("ledger/tile/entries/{bundle}"))).unwrap();
    }
    assert!(monitor(&it, &address).must_exit(0).stdout.contains("750 条 entries (+50)"));
}

#[test]
fn a_server_that_does_not_answer_proves_nothing_against_the_log() {
    let it = grown(3);
    fs::write(it.file("ledger/checkpoint"), "status-500").unwrap();
    let address = server::serve(&it.file("ledger"));
    assert!(monitor(&it, &address).must_exit(66).stderr.contains("audit.unexpected_status"));
}

#[test]
fn no_contradiction_is_made_of_one_note_or_of_a_stranger_s() {
    let it = grown(3);
    let (note, vkey) = (it.path("ledger/checkpoint"), it.path("both.vkey"));
    let same: Value = audit(&["equivocation", &note, &note, "--vkey", &vkey, "--json"]).must_exit(1).json();
    assert_eq!(same["steps"][2]["code"], "audit.no_contradiction");
    let mut stranger = grown(2);
    stranger.go_on(0, (0..3).map(|index| entry("other", index)));
    let other = stranger.path("ledger/checkpoint");
    let forged: Value = audit(&["equivocation", &note, &other, "--vkey", &vkey, "--json"]).must_exit(1).json();
    assert_eq!(forged["steps"][1]["outcome"], "fail");
    let unknown: Value = audit(&["equivocation", &note, &other, "--json"]).must_exit(2).json();
    assert_eq!(unknown["steps"][0]["code"], "audit.no_vkey");
}
