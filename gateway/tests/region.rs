//! `tongbiao region`, run as people run it: the page about a new region does what it says, in a folder of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use adapters::{Adapters, Limits};
use standards::division::Divisions;
use standards::field::path;
use standards::message::MessageKind;
use tempfile::TempDir;

/// What a region is made of: all that the page may touch.
const DATA: [&str; 4] = ["adapters/regions", "certs/anchors", "conformance/suites", "standards/data"];

/// The root of the sources.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A copy of the data of all regions, and of no program.
fn copy() -> TempDir {
    let root = TempDir::new().unwrap();
    for folder in DATA {
        copy_into(&sources().join(folder), &root.path().join(folder));
    }
    root
}

fn copy_into(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            copy_into(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Everything that a snippet of the page prints; it must not fail.
fn run(snippet: &str, root: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_tongbiao")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh").args(["-ec", snippet]).current_dir(root).env("PATH", path).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{snippet}\n{told}");
    String::from_utf8(output.stdout).unwrap() + &told
}

/// The adapters of a folder, with the divisions that its regions have.
fn adapters(root: &Path) -> Adapters {
    let divisions = fs::read_to_string(root.join("standards/data/divisions.csv")).unwrap();
    let divisions = Divisions::from_text(&divisions).unwrap();
    Adapters::load_with(&root.join("adapters/regions"), divisions).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The sample of the new region as Beijing reads it; what comes back from there is the same case.
fn there_and_back(root: &Path) -> String {
    let adapters = adapters(root);
    let [neimenggu, beijing] = ["150000", "110000"].map(|code| adapters.adapter(&code.parse().unwrap()).unwrap());
    let sample = fs::read(root.join("adapters/regions/150000-neimenggu/samples/granted.json")).unwrap();
    let sent = neimenggu.read(&sample, &Limits::MESSAGE).unwrap().message;
    assert_eq!((sent.kind(), sent.fields().get(path::DIVISION)), (MessageKind::Conclusion, Some("150105")));
    let in_beijing = beijing.write(&sent).unwrap().bytes;
    let received = beijing.read(&in_beijing, &Limits::MESSAGE).unwrap().message;
    let returned = neimenggu.read(&neimenggu.write(&received).unwrap().bytes, &Limits::MESSAGE).unwrap().message;
    assert_eq!(returned, sent, "nothing is lost on the way to Beijing and back");
    String::from_utf8(in_beijing).unwrap()
}

#[test]
fn the_page_about_a_new_region_says_what_really_happens() {
    let file = sources().join("docs/new-region.md");
    let (page, root) = (fs::read_to_string(&file).unwrap(), copy());
    let (mut wanted, mut printed, mut snippets) = (String::new(), String::new(), 0);
    for (place, part) in page.split("```").enumerate() {
        if place > 0 {
            wanted.push_str("```");
        }
        let (language, text) = part.split_once('\n').unwrap_or((part, ""));
        let real = match (place % 2, language) {
            (1, "sh") => {
                snippets += 1;
                printed = run(text, root.path());
                None
            }
            (1, "text") => Some(format!("text\n{printed}")),
            (1, "json") => Some(format!("json\n{}\n", there_and_back(root.path()).trim_end())),
            _ => None,
        };
        wanted.push_str(real.as_deref().unwrap_or(part));
    }
    assert!(snippets >= 8, "only {snippets} snippets were found");
    if std::env::var_os("UPDATE").is_some() {
        return fs::write(file, wanted).unwrap();
    }
    assert!(
        page == wanted,
        "docs/new-region.md: UPDATE=1 cargo test -p gateway --test region, then look at the change"
    );
}

fn region(arguments: &[&str], root: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tongbiao")).arg("region").args(arguments).current_dir(root).output().unwrap()
}

#[test]
fn what_is_there_is_never_overwritten_and_what_is_missing_is_made() {
    let root = copy();
    let new = |name: &str| region(&["new", "150000", name, "--wire", "xml"], root.path());
    assert!(new("neimenggu").status.success());
    let rules = root.path().join("adapters/regions/150000-neimenggu/mapping.toml");
    assert!(fs::read_to_string(&rules).unwrap().contains("wire.xml"));
    fs::write(&rules, "mine").unwrap();
    fs::remove_file(root.path().join("certs/anchors/150000-neimenggu/region.toml")).unwrap();
    let again = String::from_utf8(new("neimenggu").stdout).unwrap();
    assert_eq!(fs::read_to_string(&rules).unwrap(), "mine");
    assert!(root.path().join("certs/anchors/150000-neimenggu/region.toml").is_file());
    assert!(again.contains("mapping.toml 已有，未改动"), "{again}");
    let another = new("nei-menggu");
    let told = String::from_utf8(another.stderr).unwrap();
    assert!(another.status.code() == Some(1) && told.contains("[command.region_twice]"), "{told}");
    assert!(!root.path().join("adapters/regions/150000-nei-menggu").exists());
}

#[test]
fn an_organisation_whose_code_does_not_hold_is_named() {
    let root = copy();
    assert!(region(&["check"], root.path()).status.success());
    let file = root.path().join("certs/anchors/130000-hebei/region.toml");
    fs::write(&file, fs::read_to_string(&file).unwrap().replace("11130000FAKE13017U", "11130000FAKE13017A")).unwrap();
    let output = region(&["check"], root.path());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && told.contains("certs/anchors/130000-hebei/region.toml"), "{told}");
}

#[test]
fn a_name_or_a_code_that_is_none_makes_nothing() {
    let root = TempDir::new().unwrap();
    for (code, name, status, told) in [
        ("150000", "../x", 1, "[region.name]"),
        ("150000", "内蒙古", 1, "[region.name]"),
        ("150100", "huhehaote", 64, "150100"),
        ("15", "x", 64, "15"),
    ] {
        let output = region(&["new", code, name], root.path());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(status) && error.contains(told), "{code} {name}: {error}");
    }
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}
