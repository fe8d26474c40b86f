//! How the tool answers a wrong command line or a file that cannot be read: never with a verdict.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::audit;

#[test]
fn wrong_usage_ends_with_64_and_says_how_it_is_used() {
    let cases: &[&[&str]] = &[
        &[],
        &["verify"],
        &["seal"],
        &["seal", "a.ofd", "--jobs", "0"],
        &["seal", "a.ofd", "--unknown"],
        &["seal", "a.ofd", "--at", "yesterday"],
        &["seal", "a.ofd", "--at", "2025-06-31"],
        &["seal", "a.ofd", "--policy", "lenient"],
        &["seal", "a.ofd", "--trust-key", "key.pem"],
        &["seal", "a.ofd", "--json=yes"],
        &["log"],
        &["log", "folder", "--vkey"],
        &["receipt"],
        &["receipt", "a.json", "--at", "2025-06-30T00:00:00Z"],
        &["--verbose"],
    ];
    for arguments in cases {
        let ran = audit(arguments).must_exit(64);
        assert!(ran.stdout.is_empty(), "{arguments:?} wrote to standard output: {}", ran.stdout);
        assert!(ran.stderr.contains("--help"), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn help_and_version_were_asked_for_and_end_with_0() {
    let cases: &[&[&str]] = &[
        &["--help"],
        &["-h"],
        &["help", "log"],
        &["seal", "--help"],
        &["log", "--help"],
        &["receipt", "--help"],
        &["--version"],
        &["seal", "--version"],
    ];
    for arguments in cases {
        let ran = audit(arguments).must_exit(0);
        assert!(ran.stdout.contains("tongbiao-audit"), "{arguments:?}: {}", ran.stdout);
    }
}

#[test]
fn every_help_names_the_exit_status_or_gives_examples_in_both_languages() {
    assert!(audit(&["--help"]).stdout.contains("退出状态 / Exit status"));
    for command in ["seal", "log", "receipt"] {
        let help = audit(&[command, "--help"]).stdout;
        assert!(help.contains("例 / Examples"), "{help}");
        assert!(help.contains(&format!("tongbiao-audit {command} ")), "{help}");
    }
}

#[test]
fn what_cannot_be_read_ends_with_66_names_itself_and_is_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let here = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(here("empty.vkey"), "\n\n").unwrap();
    std::fs::write(here("broken.vkey"), "not a key\n").unwrap();
    std::fs::write(here("broken.pem"), "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").unwrap();
    std::fs::write(here("large.vkey"), vec![b'\n'; 65 * 1024]).unwrap();
    std::fs::write(here("some.ofd"), "PK").unwrap();
    std::fs::create_dir(here("list")).unwrap();
    std::fs::write(here("list/trust-list.json"), "{}").unwrap();
    let (absent, seal, list) = (here("absent"), here("some.ofd"), here("list"));
    let folder_path = folder.path().display().to_string();
    let cases: &[(&[&str], &str)] = &[
        (&["seal", &absent], &absent),
        (&["seal", &list], &list),
        (&["seal", &seal, "--trust", &absent], &absent),
        (&["seal", &seal, "--trust", &seal], &seal),
        (&["seal", &seal, "--trust", &list, "--trust-key", &absent], &absent),
        (&["seal", &seal, "--trust", &list, "--trust-key", &here("broken.pem")], &here("broken.pem")),
        (&["log", &absent], &absent),
        (&["log", &seal], &seal),
        (&["log", &folder_path, "--vkey", &absent], &absent),
        (&["log", &folder_path, "--vkey", &here("empty.vkey")], "empty.vkey"),
        (&["log", &folder_path, "--vkey", &here("broken.vkey")], "line 1"),
        (&["log", &folder_path, "--vkey", &here("large.vkey")], "large.vkey"),
        (&["log", "https://127.0.0.1:9", "--ca", &absent], &absent),
        (&["log", "https://127.0.0.1:9", "--ca", &seal], &seal),
        (&["log", "http://127.0.0.1:9"], "http://127.0.0.1:9"),
        (&["receipt", &absent], &absent),
        (&["receipt", &seal, "--vkey", &absent], &absent),
        (&["receipt", &seal, "--entry", &absent], &absent),
    ];
    for (arguments, named) in cases {
        for json in [false, true] {
            let mut arguments = arguments.to_vec();
            arguments.extend(json.then_some("--json"));
            let ran = audit(&arguments).must_exit(66);
            assert!(ran.stdout.is_empty(), "{arguments:?} wrote to standard output: {}", ran.stdout);
            assert!(ran.stderr.contains(named), "{arguments:?} does not name {named}: {}", ran.stderr);
            assert!(ran.stderr.contains("[audit."), "{arguments:?} gives no code: {}", ran.stderr);
        }
    }
}

#[test]
fn colours_are_for_terminals_only() {
    let ran = audit(&["seal", "absent"]);
    assert!(!ran.stderr.contains('\u{1b}'), "{:?}", ran.stderr);
}

#[test]
fn what_goes_to_the_terminal_from_a_name_cannot_steer_it() {
    let ran = audit(&["seal", "absent\u{1b}[2J.ofd"]).must_exit(66);
    assert!(!ran.stderr.contains('\u{1b}'), "{:?}", ran.stderr);
}
