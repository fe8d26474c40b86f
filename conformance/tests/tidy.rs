//! The rules of the house, held by a test: layers, one home for each engine, short files, openers, no secrets, no unfinished marks.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 500;
const ARCHITECTURE_LINES_MAX: usize = 200;

/// Members, bottom first, and what each may depend on.
const LAYERS: [(&str, &[&str]); 8] = [
    ("standards", &[]),
    ("certs", &["standards"]),
    ("seals", &["certs", "standards"]),
    ("ledger", &["certs"]),
    ("adapters", &["standards"]),
    ("gateway", &["adapters", "certs", "ledger", "seals", "standards"]),
    ("audit", &["certs", "ledger", "seals", "standards"]),
    ("conformance", &["adapters", "certs", "ledger", "seals", "standards"]),
];

/// Third-party engines, and the only members that may name them as a dependency.
const HOMES: [(&str, &[&str]); 15] = [
    ("ring", &["certs"]),
    ("sm2", &["certs"]),
    ("sm3", &["certs"]),
    ("openssl", &["certs"]),
    ("webpki", &["certs"]),
    ("x509-parser", &["certs"]),
    ("pki-types", &["certs"]),
    ("rawzip", &["seals"]),
    ("miniz_oxide", &["seals"]),
    ("sled", &["ledger"]),
    ("hyper", &["gateway"]),
    ("axum", &["gateway"]),
    ("tokio", &["gateway"]),
    ("multer", &["gateway"]),
    ("maud", &["gateway"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn toml_file(path: &str) -> toml::Table {
    fs::read_to_string(root().join(path)).unwrap().parse().unwrap()
}

/// The names under `[dependencies]`; test-only dependencies are free.
fn dependencies(member: &str) -> Vec<String> {
    toml_file(&format!("{member}/Cargo.toml"))["dependencies"].as_table().unwrap().keys().cloned().collect()
}

/// Every file with one of `extensions` in the members' folders and among the fuzz targets, with its text.
fn files(extensions: &[&str]) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let members = LAYERS.iter().map(|(member, _)| *member);
    let mut folders: Vec<PathBuf> =
        members.chain(["fuzz/src", "fuzz/fuzz_targets"]).map(|it| root().join(it)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| extensions.iter().any(|wanted| e == *wanted)) {
                let text = fs::read_to_string(&path).unwrap();
                found.insert(path.strip_prefix(root()).unwrap().to_path_buf(), text);
            }
        }
    }
    found
}

/// Fails with every fault at once, so that one run tells all.
fn none(rule: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{rule}:\n  {}", faults.join("\n  "));
}

#[test]
fn members_are_listed_bottom_first() {
    let workspace = toml_file("Cargo.toml");
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let members: Vec<&str> = members.iter().map(|member| member.as_str().unwrap()).collect();
    assert_eq!(members, LAYERS.map(|(member, _)| member));
}

#[test]
fn a_member_depends_only_on_the_layers_below_it() {
    let mut faults = Vec::new();
    for (member, allowed) in LAYERS {
        for dependency in dependencies(member) {
            let is_member = LAYERS.iter().any(|(m, _)| *m == dependency);
            if is_member && !allowed.contains(&dependency.as_str()) {
                faults.push(format!("{member} depends on {dependency}"));
            }
        }
    }
    none("a member may depend only on what ARCHITECTURE.md allows", &faults);
}

#[test]
fn an_engine_is_named_by_its_home_alone() {
    let mut faults = Vec::new();
    for (member, _) in LAYERS {
        for dependency in dependencies(member) {
            if HOMES.iter().any(|(engine, homes)| *engine == dependency && !homes.contains(&member)) {
                faults.push(format!("{member} depends on {dependency}"));
            }
        }
    }
    none("each third-party engine has one home", &faults);
}

#[test]
fn a_file_is_one_idea() {
    let mut faults = Vec::new();
    for (path, text) in files(&["rs"]) {
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{}: {lines} lines", path.display()));
        }
        if !text.starts_with("//!") {
            faults.push(format!("{}: does not open with //!", path.display()));
        }
    }
    none("a file has at most 500 lines and opens with one //! sentence", &faults);
}

#[test]
fn unsafe_has_its_homes() {
    // Split, so that this file does not find itself.
    let allowed = concat!("allow(unsafe", "_code");
    let homes: Vec<PathBuf> =
        files(&["rs"]).into_iter().filter(|(_, text)| text.contains(allowed)).map(|(path, _)| path).collect();
    let expected = ["certs/src/digest/lanes.rs", "certs/src/sm2/lanes.rs"].map(Path::new);
    assert_eq!(homes, expected, "instructions that the processor is asked for, and nothing else");
}

#[test]
fn nothing_is_left_unfinished_or_named_for_a_machine() {
    // Split, so that this file does not find itself.
    let marks = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("FIX", "ME"),
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
    ];
    let mut faults = Vec::new();
    for (path, text) in files(&["rs", "toml", "md", "sh", "go", "py", "scenario"]) {
        for (number, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                faults.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    none("no unfinished mark, no machine's path", &faults);
}

#[test]
fn no_private_key_is_kept_in_the_tree() {
    let marker = concat!("PRIVATE", " KEY-----");
    let faults: Vec<String> = files(&["rs", "toml", "pem", "key", "md", "json", "xml", "scenario"])
        .into_iter()
        .filter(|(_, text)| text.lines().any(|line| line.starts_with("-----BEGIN") && line.ends_with(marker)))
        .map(|(path, _)| path.display().to_string())
        .collect();
    none("keys are made at first run", &faults);
}

#[test]
fn the_map_stays_short() {
    let lines = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap().lines().count();
    assert!(lines <= ARCHITECTURE_LINES_MAX, "ARCHITECTURE.md has {lines} lines");
}

#[test]
fn every_dependency_has_its_reason() {
    let design = fs::read_to_string(root().join("docs/design.md")).unwrap();
    let workspace = toml_file("Cargo.toml");
    let faults: Vec<String> = workspace["workspace"]["dependencies"]
        .as_table()
        .unwrap()
        .keys()
        .filter(|name| !LAYERS.iter().any(|(member, _)| member == name) && !design.contains(&format!("`{name}`")))
        .cloned()
        .collect();
    none("each dependency is earned: one line in docs/design.md", &faults);
}
