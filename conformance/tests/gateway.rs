//! The demo and the suites against a gateway as a process of its own. Needs the programs of the other members beside it:
//! `cargo test --workspace` builds them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use conformance::launch::copy_all;

const DEMO: &str = env!("CARGO_BIN_EXE_tongbiao-demo");

/// Whether the other programs are built; says so when they are not.
fn programs_are_built() -> bool {
    let missing: Vec<PathBuf> = ["tongbiao", "tongbiao-audit"]
        .iter()
        .map(|name| Path::new(DEMO).with_file_name(name))
        .filter(|file| !file.exists())
        .collect();
    for program in &missing {
        eprintln!("skipped: {} is not built", program.display());
    }
    missing.is_empty()
}

fn demo(arguments: &[&str], folder: &Path) -> (Output, String) {
    let output = Command::new(DEMO).args(arguments).arg(folder).output().unwrap();
    let said = [output.stdout.clone(), output.stderr.clone()].concat();
    let said = String::from_utf8(said).unwrap();
    (output, said)
}

/// The adapters' folder with one text of one file replaced.
fn adapters_with(folder: &Path, file: &str, from: &str, to: &str) -> String {
    let copy = folder.join("regions");
    copy_all(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../adapters/regions")), &copy).unwrap();
    let broken = copy.join(file);
    let text = fs::read_to_string(&broken).unwrap();
    assert!(text.contains(from), "{file} no longer holds {from}");
    fs::write(&broken, text.replacen(from, to, 1)).unwrap();
    copy.to_str().unwrap().to_owned()
}

#[test]
fn the_demo_ends_well_and_can_be_shown_again() {
    if !programs_are_built() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo-data");
    for _ in 0..2 {
        let (output, said) = demo(&[], &data);
        assert!(output.status.success() && said.ends_with("\ndemo ok\n"), "{said}");
    }
    for file in [
        "ledger/checkpoint",
        "ledger.vkey",
        "ledger.sm2.vkey",
        "receipts/tianjin-good.json",
        "receipts/tianjin-good.tlog-proof",
    ] {
        assert!(data.join(file).exists(), "{file}");
    }
}

#[test]
fn the_suites_of_all_regions_pass() {
    if !programs_are_built() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (output, said) = demo(&["--conformance"], &folder.path().join("data"));
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("符合 / conforms").count(), 3, "{said}");
}

#[test]
fn a_gateway_with_a_broken_code_table_fails_the_regions_suite_which_says_where() {
    if !programs_are_built() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = ("code = \"11\", meaning", "code = \"16\", meaning");
    let table = adapters_with(folder.path(), "110000-beijing/codes.toml", from, to);
    let (output, said) = demo(&["--conformance", "--adapters", &table], &folder.path().join("data"));
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in ["110000-beijing：不符合", "/status message.unknown_code"] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
}

#[test]
fn a_gateway_with_a_mapping_that_does_not_load_says_where() {
    if !programs_are_built() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mapping = adapters_with(folder.path(), "120000-tianjin/mapping.toml", "\"division_6\"", "\"division_7\"");
    let (output, said) = demo(&["--conformance", "--adapters", &mapping], &folder.path().join("data"));
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("120000-tianjin/mapping.toml:") && said.contains("division_7"), "{said}");
}
