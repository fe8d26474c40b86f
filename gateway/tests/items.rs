//! `tongbiao items`, run as people run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A day on which every declared difference is excused.
const DAY: &str = "2026-12-01";

fn items(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tongbiao")).arg("items").args(arguments).output().unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = items(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A copy of a folder of data, with some text of one file replaced.
fn edited(from: &str, file: &str, find: &str, replace: &str) -> TempDir {
    let copy = TempDir::new().unwrap();
    copy_into(&Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(from), copy.path());
    let path = copy.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(find), "{find:?} is not in {file}");
    fs::write(path, text.replacen(find, replace, 1)).unwrap();
    copy
}

fn copy_into(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).unwrap();
            copy_into(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn the_list_has_a_line_for_each_of_the_hundred_items_and_says_what_it_is() {
    let list = printed(&[]);
    assert_eq!(list.lines().filter(|line| line.starts_with("JJJ-")).count(), 100);
    assert!(list.contains("JJJ-033  000114003004  证照互认") && list.contains("never the official list"), "{list}");
    assert_eq!(list, printed(&["list"]));
    let json: serde_json::Value = serde_json::from_str(&printed(&["list", "--json"])).unwrap();
    assert_eq!((json.as_array().unwrap().len(), &json[32]["id"]), (100, &"JJJ-033".into()));
}

#[test]
fn a_page_is_found_by_number_basic_code_and_every_local_code() {
    let page = printed(&["show", "JJJ-033"]);
    assert!(page.starts_with("劳务派遣经营许可 办事指南\n"), "{page}");
    for code in [
        "000114003004",
        "11110000FAKE00013R2000114003004",
        "121A14003004-120116000000-000-11120000FAKE00021Q-1-00",
        "11130000FAKE0003XL2000114003004",
    ] {
        assert_eq!(printed(&["show", code]), page, "{code}");
    }
    let json: serde_json::Value = serde_json::from_str(&printed(&["show", "JJJ-033", "--json"])).unwrap();
    assert_eq!(json["provenance"]["contents"], "modelled");
}

#[test]
fn an_item_that_is_not_there_is_refused_with_its_code() {
    for code in ["JJJ-101", "JJJ-33", "", "\u{1b}[2J"] {
        let output = items(&["show", code]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{code:?}: {told}");
        assert!(told.contains("[item.unknown]") && !told.contains('\u{1b}'), "{code:?}: {told}");
    }
}

#[test]
fn the_three_regions_do_not_drift_and_a_seeded_difference_is_named_in_every_format() {
    assert!(printed(&["drift", "--on", DAY]).contains("3 个地区的事项目录与共同标准一致"));
    let regions =
        edited("adapters/regions", "130000-hebei/items.toml", "name = \"劳务派遣经营许可\"", "name = \"劳务派遣许可\"");
    let folder = regions.path().to_str().unwrap();
    for (format, named) in [
        ("text", "✗ 130000 JJJ-033 劳务派遣经营许可：事项名称 name [drift.name]"),
        ("json", "\"regional\": \"劳务派遣许可\""),
        ("html", "<td>130000</td><td>JJJ-033 劳务派遣经营许可</td>"),
    ] {
        let output = items(&["drift", "--on", DAY, "--regions", folder, "--format", format]);
        let (report, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(1), "{format}: {told}");
        assert!(report.contains(named), "{format}: {report}");
        assert!(told.contains("未获认可的差异 1 处") && told.contains("130000"), "{told}");
    }
    let expired = items(&["drift", "--on", "2040-01-01"]);
    assert_eq!(expired.status.code(), Some(1), "a declaration ends");
}

#[test]
fn a_folder_of_regions_that_cannot_be_read_is_refused_with_file_and_line() {
    let regions = edited(
        "adapters/regions",
        "130000-hebei/items.toml",
        "authority = \"11130000FAKE0003XL\"",
        "authority = \"x\"",
    );
    let output = items(&["drift", "--regions", regions.path().to_str().unwrap()]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("130000-hebei/items.toml:9:") && told.contains("[mapping.authority]"), "{told}");
}

#[test]
fn another_edition_is_compared_item_by_item_and_a_faulty_one_is_refused() {
    let next =
        edited("standards/items", "JJJ-033.toml", "committed_limit = { count = 5", "committed_limit = { count = 4");
    let folder = next.path().to_str().unwrap();
    assert!(printed(&["diff", folder]).contains("办理时限 time_limit.committed_limit.count：5 → 4"));
    let json: serde_json::Value = serde_json::from_str(&printed(&["diff", folder, "--json"])).unwrap();
    assert_eq!(json["changed"][0]["item"], "JJJ-033");

    let faulty = edited("standards/items", "JJJ-033.toml", "id = \"JJJ-033\"", "id = \"JJJ-034\"");
    let output = items(&["diff", faulty.path().to_str().unwrap()]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && told.contains("[data.item_file_name]"), "{told}");
    let nowhere = items(&["diff", next.path().join("nowhere").to_str().unwrap()]);
    assert_eq!(nowhere.status.code(), Some(66));
}
