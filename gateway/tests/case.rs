//! `tongbiao case`, run as people run it: messages in any order, told as what happened.
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

use tempfile::TempDir;

const CONCLUSION: &str = include_str!("../../adapters/regions/130000-hebei/samples/granted.json");

/// A message of Hebei in the middle of the same case.
fn hebei(parameters: &str) -> String {
    format!(
        r#"{{"params":{{"spsxslbm":"13062920221104000001","ssbm":"11130000FAKE0003XL2000114003004","xzqhdm":"130629",
        "dwtyshxydm":"11130000FAKE0003XL","dwmc":"河北省测试审批局(虚构)",{parameters}}}}}"#
    )
}

fn acceptance(more: &str) -> String {
    hebei(&format!(
        r#""status":"30","buzhou":"23","slsj":"20221104091230","sqrlx":"1","sqrmc":"虚构","sqrzjlx":"16","sqrzjhm":"91130629FAKE10035R"{more}"#
    ))
}

fn notice() -> String {
    hebei(r#""status":"28","bzgzsj":"20221105090000","blyj":"缺少验资报告","bzqx":"2022-11-12""#)
}

fn place(messages: &[(&str, String)]) -> (TempDir, Vec<PathBuf>) {
    let folder = TempDir::new().unwrap();
    let paths = messages.iter().map(|(name, text)| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    });
    let paths = paths.collect();
    (folder, paths)
}

fn case(options: &[&str], files: &[PathBuf]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tongbiao")).arg("case").args(options).args(files).output().unwrap()
}

fn printed(options: &[&str], files: &[PathBuf]) -> String {
    let output = case(options, files);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_case_is_told_in_the_order_in_which_it_happened_whatever_the_order_of_the_files() {
    let (_folder, mut files) =
        place(&[("1.json", CONCLUSION.to_owned()), ("2.json", notice()), ("3.json", acceptance(""))]);
    let told = printed(&[], &files);
    assert_eq!(
        told,
        "办件 / case 河北 13062920221104000001  JJJ-033 劳务派遣经营许可\n  \
         2022-11-04 09:12:30  受理 acceptance\n  \
         2022-11-05 09:00:00  补正告知（1） supplement_notice\n  \
         2022-11-09 16:01:02  办结 conclusion\n  \
         已结束：办结 / ended by conclusion\n"
    );
    files.reverse();
    files.push(files[0].clone());
    assert_eq!(printed(&["--from", "130000"], &files), told);
    let json: serde_json::Value = serde_json::from_str(&printed(&["--json"], &files)).unwrap();
    assert_eq!(json[0]["events"][2]["kind"], "conclusion");
    assert_eq!(json[0]["events"][2]["at"], "2022-11-09T08:01:02Z");
    assert!(!json.to_string().contains("虚构"), "nothing personal: {json}");
}

#[test]
fn what_is_open_and_what_is_odd_is_said_and_fails_nothing() {
    let (_folder, files) = place(&[("1.json", acceptance("")), ("2.json", notice())]);
    let told = printed(&[], &files);
    assert!(
        told.contains("… 补正告知（1） 尚未补正 / not answered，截止 / due 2022-11-12\n  办理中 / under way"),
        "{told}"
    );
    let late = acceptance("").replace("20221104091230", "20221110091230");
    let (_folder, files) = place(&[("1.json", CONCLUSION.to_owned()), ("2.json", late)]);
    let told = printed(&[], &files);
    assert!(
        told.contains("✗ 办结 第 1 版 [history.concluded_before_acceptance]\n    办结时间早于受理时间。"),
        "{told}"
    );
}

#[test]
fn a_contradiction_is_told_and_fails_and_a_higher_version_settles_what_counts() {
    let other = CONCLUSION.replace("冀劳派000001", "冀劳派000002");
    let (_folder, files) = place(&[("1.json", CONCLUSION.to_owned()), ("2.json", other.clone())]);
    let output = case(&[], &files);
    let (told, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(told.matches("办结 conclusion").count(), 2, "neither is dropped: {told}");
    assert!(error.contains("13062920221104000001 [history.conflict]"), "{error}");
    assert!(!error.contains("冀劳派") && !told.contains("冀劳派"), "{told}");
    let second = other.replace("\"status\"", "\"version\": \"2\", \"status\"");
    let (_folder, files) = place(&[("1.json", CONCLUSION.to_owned()), ("2.json", second)]);
    let told = printed(&[], &files);
    assert!(told.contains("办结 第 2 版 conclusion") && told.contains("办结 第 1 版已被更高版本取代"), "{told}");
}

#[test]
fn messages_of_several_regions_are_told_apart_and_what_is_no_message_is_refused() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../adapters/regions");
    let files =
        ["110000-beijing/samples/granted.json", "120000-tianjin/samples/granted.xml"].map(|name| samples.join(name));
    let told = printed(&[], &files);
    assert!(told.starts_with("办件 / case 北京 ") && told.contains("\n办件 / case 天津 "), "{told}");
    let (_folder, wrong) = place(&[("wrong.json", "{}".to_owned())]);
    let output = case(&[], &wrong);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && error.contains("[command.no_dialect]"), "{error}");
    assert!(error.contains("110000 message.unknown_kind /status"), "{error}");
    let output = case(&["--from", "130000"], &files[..1]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && error.contains("[message.unknown_kind]"), "{error}");
    assert_eq!(case(&["--from", "150000"], &files).status.code(), Some(1), "no such region");
    assert_eq!(case(&[], &[samples.join("nowhere")]).status.code(), Some(66));
    assert_eq!(case(&[], &[]).status.code(), Some(64));
}
