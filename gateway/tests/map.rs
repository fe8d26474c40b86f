//! `tongbiao map`, run as an integrator runs it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

fn sample(path: &str) -> String {
    let regions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../adapters/regions");
    regions.join(path).to_str().unwrap().to_owned()
}

fn map(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tongbiao")).arg("map").args(arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A message in a file of its own, with one text replaced.
fn changed(path: &str, from: &str, to: &str) -> tempfile::NamedTempFile {
    let text = std::fs::read_to_string(sample(path)).unwrap();
    assert!(text.contains(from), "{from:?} is not in {path}");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text.replacen(from, to, 1)).unwrap();
    file
}

const TIANJIN: &str = "120000-tianjin/samples/granted.xml";

#[test]
fn a_message_of_tianjin_is_printed_as_beijing_writes_it() {
    let output = map(&["--from", "120000", "--to", "110000", &sample(TIANJIN)]);
    assert!(output.status.success(), "{}", err(&output));
    let message: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(message["status"], 11);
    assert_eq!(message["result"]["no"], "津劳派000001");
}

#[test]
fn the_explanation_tells_where_each_field_came_from_and_went() {
    let output = map(&["--from", "120000", "--to", "110000", &sample(TIANJIN), "--explain"]);
    let text = out(&output);
    for part in [
        "办结（conclusion）：天津 → 北京",
        "办件编号 case_id",
        "天津 /ExInfo/standardInfo/Field[@FieldName='SBLSH']",
        "北京 /case_no",
        "text @ 120000-tianjin/mapping.toml:",
        "有损 lossy，原值 was \"2022-11-04 09:12:30.0\"",
        "未带过去 not carried，原值 was \"劳务派遣经营许可\"",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn programs_get_message_and_ways_as_json() {
    let output = map(&["--from", "120000", "--to", "130000", &sample(TIANJIN), "--json"]);
    let value: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(value["kind"], "conclusion");
    let written: serde_json::Value = serde_json::from_str(value["message"].as_str().unwrap()).unwrap();
    assert_eq!(written["params"]["status"], "90");
    let routes = value["routes"].as_array().unwrap();
    let number = routes.iter().find(|route| route["field"] == "license.number").unwrap();
    assert_eq!(number["written"]["source_path"], "/params/pfwh");
    assert_eq!(number["read"]["fidelity"], "lossless");
}

#[test]
fn all_faults_are_told_at_once_with_place_code_and_advice() {
    let file = changed(TIANJIN, "'SQRZJHM'>91120116FAKE100276", "'SQRZJHM'>91120116FAKE100277");
    let path = file.path().to_str().unwrap();
    let output = map(&["--from", "120000", "--to", "110000", path]);
    assert_eq!(output.status.code(), Some(1));
    let text = err(&output);
    assert!(text.contains("Field[@FieldName='SQRZJHM']") && text.contains("code.credit_code.check_digit"), "{text}");
    let output = map(&["--from", "120000", "--to", "110000", path, "--json"]);
    let refused: serde_json::Value = serde_json::from_str(&err(&output)).unwrap();
    assert_eq!(refused["errors"][0]["code"], "code.credit_code.check_digit");
    assert!(!refused["errors"][0]["advice_zh"].as_str().unwrap().is_empty());
}

#[test]
fn an_edition_of_the_catalogue_that_nobody_knows_is_refused_at_its_place() {
    let file = changed(TIANJIN, "</standardInfo>", "<Field FieldName='MLBB'>2020-01-01</Field></standardInfo>");
    let output = map(&["--from", "120000", "--to", "110000", file.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let text = err(&output);
    assert!(text.contains("Field[@FieldName='MLBB']") && text.contains("[edition.unknown]"), "{text}");
    assert!(text.contains("/v1/editions"), "the address of the editions: {text}");
}

#[test]
fn a_region_without_rules_and_a_file_that_is_not_there_are_told() {
    let output = map(&["--from", "150000", "--to", "110000", &sample(TIANJIN)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("150000"), "{}", err(&output));
    assert_eq!(map(&["--from", "120000", "--to", "110000", "nowhere.xml"]).status.code(), Some(66));
}
