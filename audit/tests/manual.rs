//! `docs/auditors.md` does what it says: its Go program judges a log and receipts as the tool does.
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
use std::process::Command;

use common::audit;
use common::log::TestLog;

const MANUAL: &str = include_str!("../../docs/auditors.md");
/// Where Debian's `golang-golang-x-mod-dev` keeps its sources.
const GO_SOURCES: &str = "/usr/share/gocode";

#[test]
fn the_go_program_of_the_manual_accepts_a_good_log_and_refuses_every_kind_of_tampering() {
    let log = TestLog::of_size(600);
    let Some(program) = build(log.folder.path()) else { return };
    let run = || {
        let arguments = [log.path("ed25519.vkey"), log.path("ledger"), log.path("receipt.json")];
        let output = Command::new(&program).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    fs::write(log.file("receipt.json"), log.receipt(300).to_string()).unwrap();
    assert_eq!(run(), (Some(0), String::new()));
    audit(&["log", &log.path("ledger"), "--vkey", &log.path("ed25519.vkey")]).must_exit(0);

    for name in ["ledger/checkpoint", "ledger/tile/entries/001", "receipt.json"] {
        let good = fs::read(log.file(name)).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        fs::write(log.file(name), bad).unwrap();
        let (status, said) = run();
        assert_eq!(status, Some(1), "{name}: {said}");
        assert!(said.starts_with("INVALID: "), "{name}: {said}");
        fs::write(log.file(name), good).unwrap();
    }
    assert_eq!(run().0, Some(0));
}

#[test]
fn every_command_line_of_the_manual_is_one_that_the_tool_understands() {
    let lines: Vec<&str> = MANUAL.lines().filter(|line| line.starts_with("tongbiao-audit ")).collect();
    assert!(lines.len() >= 7, "{lines:?}");
    for line in lines {
        let arguments: Vec<&str> = line.split(' ').skip(1).filter(|word| !word.starts_with("http")).collect();
        // The files do not exist, so the command is understood when it ends with 66; the address was left out, which is wrong usage.
        let expected = if line.contains(" https://") { 64 } else { 66 };
        audit(&arguments).must_exit(expected);
    }
}

/// Compiles the program, where this machine has what it needs.
fn build(folder: &Path) -> Option<std::path::PathBuf> {
    let source = MANUAL.split("```go\n").nth(1).unwrap().split("```").next().unwrap();
    let file = folder.join("verify.go");
    fs::write(&file, source).unwrap();
    let binary = folder.join("verify");
    if !Path::new(GO_SOURCES).join("src/golang.org/x/mod").is_dir() {
        println!("skipped: golang-golang-x-mod-dev is absent");
        return None;
    }
    let go = Command::new("go")
        .args(["build", "-o"])
        .args([&binary, &file])
        .current_dir(folder)
        .env("GO111MODULE", "off")
        .env("GOPATH", format!("{}:{GO_SOURCES}", folder.display()))
        .env("GOCACHE", folder.join("cache"))
        .output();
    match go {
        Err(_) => {
            println!("skipped: go is absent");
            None
        }
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(binary)
        }
    }
}
