//! Many documents in one run: order, lines, totals, exit status.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::audit;
use common::sealed::{NOW, Sealed};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Report { file: String, verdict: String },
    Unreadable { file: String, error: String },
    Totals { totals: Totals },
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Totals {
    documents: usize,
    valid: usize,
    invalid: usize,
    indeterminate: usize,
    unreadable: usize,
    passed_over: usize,
    codes: BTreeMap<String, usize>,
}

/// A folder of `good` genuine licences and some others, under the anchors that judge them.
struct Archive {
    sealed: Sealed,
}

impl Archive {
    fn of(good: usize) -> Self {
        let archive = Archive { sealed: Sealed::new() };
        let licence = fs::read(archive.sealed.licence("signer")).unwrap();
        fs::create_dir_all(archive.path("archive/2026")).unwrap();
        for number in 0..good {
            archive.put(&format!("2026/{number:03}.ofd"), &licence);
        }
        archive
    }

    fn path(&self, name: &str) -> String {
        self.sealed.path(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(Path::new(&self.path("archive")).join(name), bytes).unwrap();
    }

    /// The lines but the last, their sum, and the JSON as it stands.
    fn run(&self, status: i32, more: &[&str]) -> (Vec<Line>, Totals, String) {
        let (folder, anchors) = (self.path("archive"), self.path("anchors"));
        let arguments = ["seal", &folder, "--json", "--at", NOW, "--trust", &anchors];
        let run = audit(&[&arguments, more].concat()).must_exit(status);
        let mut lines: Vec<Line> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let Some(Line::Totals { totals }) = lines.pop() else { panic!("the last line has no totals: {}", run.stdout) };
        assert_eq!(totals.documents, lines.len());
        (lines, totals, run.stdout)
    }
}

fn of(codes: &[(&str, usize)]) -> BTreeMap<String, usize> {
    codes.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect()
}

#[test]
fn a_folder_of_good_documents_is_valid_whatever_the_number_of_threads() {
    let archive = Archive::of(150);
    archive.put("readme.txt", b"not a document");
    let (lines, totals, one) = archive.run(0, &["--jobs", "1"]);
    let wanted = Totals { documents: 150, valid: 150, passed_over: 1, ..Totals::default() };
    assert_eq!(totals, wanted);
    for (number, line) in lines.iter().enumerate() {
        let Line::Report { file, verdict } = line else { panic!("{line:?}") };
        assert!(file.ends_with(&format!("2026/{number:03}.ofd")) && verdict == "VALID", "{line:?}");
    }
    let (_, _, seven) = archive.run(0, &["--jobs", "7"]);
    assert_eq!(one, seven, "the order and every byte are the same");
}

#[test]
fn the_worst_document_decides_the_exit_status_and_every_reason_is_counted() {
    let archive = Archive::of(2);
    let revoked = fs::read(archive.sealed.licence("signer-revoked")).unwrap();
    archive.put("revoked.ofd", &revoked);
    archive.put("revoked-again.OFD", &revoked);
    archive.put("cut.ofd", &revoked[..revoked.len() / 2]);
    let (lines, totals, _) = archive.run(1, &[]);
    assert_eq!((totals.valid, totals.invalid, totals.indeterminate, totals.unreadable), (2, 3, 0, 0));
    assert_eq!(totals.codes.get("seal.signer_revoked"), Some(&2));
    assert!(totals.codes.keys().any(|code| code.starts_with("container.")), "{totals:?}");
    assert_eq!(lines.len(), 5);
}

#[test]
fn what_cannot_be_read_has_its_line_and_does_not_stop_the_rest() {
    let archive = Archive::of(1);
    // A named pipe would block, a missing file has no bytes: both stand for a disk that fails.
    let missing = archive.path("missing.ofd");
    let (_, totals, out) = archive.run(66, &[&missing]);
    assert_eq!((totals.documents, totals.valid, totals.unreadable), (2, 1, 1));
    assert_eq!(totals.codes, of(&[("audit.unreadable", 1)]));
    let Line::Unreadable { file, error } = serde_json::from_str(out.lines().nth(1).unwrap()).unwrap() else {
        panic!("{out}")
    };
    assert_eq!((file, error.as_str()), (missing, "audit.unreadable"));
}

#[test]
fn an_undecided_document_is_not_hidden_by_good_ones() {
    let archive = Archive::of(3);
    let folder = archive.path("archive");
    let run = audit(&["seal", &folder, "--at", NOW]).must_exit(2);
    assert!(run.stdout.contains("共 3 份 / 3 documents"), "{}", run.stdout);
    assert!(run.stdout.contains("seal.signer_unknown_issuer"), "{}", run.stdout);
    assert!(run.stderr.contains("audit.no_trust"));
}

#[test]
fn a_folder_without_documents_is_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("readme.txt"), b"").unwrap();
    let run = audit(&["seal", folder.path().to_str().unwrap()]).must_exit(66);
    assert!(run.stderr.contains("audit.no_document") && run.stdout.is_empty(), "{}", run.stderr);
}

#[test]
fn the_text_gives_each_document_a_line_and_ends_with_totals() {
    let archive = Archive::of(2);
    archive.put("bad.ofd", b"PK\x03\x04");
    let (folder, anchors) = (archive.path("archive"), archive.path("anchors"));
    let run = audit(&["seal", &folder, "--at", NOW, "--trust", &anchors]).must_exit(1);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("✓ 有效 VALID") && lines[2].starts_with("✗ 无效 INVALID"), "{}", run.stdout);
    assert!(lines.iter().any(|line| line.trim() == "1  ✗ 无效 INVALID"), "{}", run.stdout);
}

#[test]
fn a_full_disk_under_the_report_is_an_error_and_a_reader_that_went_away_is_none() {
    let archive = Archive::of(2);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_tongbiao-audit"))
        .args(["seal", &archive.path("archive"), "--at", NOW, "--trust", &archive.path("anchors")])
        .stdout(full)
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(66));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_tongbiao-audit"))
        .args(["seal", &archive.path("archive"), "--at", NOW, "--trust", &archive.path("anchors")])
        .stdout(writer)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0));
}
