//! The report's JSON has exactly the agreed members, in the agreed order.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod common;

use common::World;
use seals::Policy;
use serde_json::{Value, json};

fn keys(value: &Value) -> String {
    value.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_report_has_exactly_the_agreed_members() {
    let world = World { change: |files| files.push((String::from("b.xml"), Vec::new())), ..World::default() };
    let made = world.make();
    let report = serde_json::to_value(made.judge(Policy::Reading).with_file("a.ofd")).unwrap();
    assert_eq!(keys(&report), "verdict file at signatures uncovered");
    assert_eq!(
        (&report["verdict"], &report["file"], &report["at"], &report["uncovered"]),
        (&json!("VALID"), &json!("a.ofd"), &json!(common::NOW), &json!(["b.xml"]))
    );
    let signature = &report["signatures"][0];
    assert_eq!(keys(signature), "index kind version verdict seal signer signed_at steps notes");
    assert_eq!(signature["seal"], json!({ "id": "12000000000001", "name": "天津市测试审批局(虚构)" }));
    assert_eq!((&signature["index"], &signature["kind"], &signature["version"]), (&json!(1), &json!("ses"), &json!(4)));
    assert_eq!(signature["signed_at"], json!("2026-11-21T12:00:00Z"));
    for step in signature["steps"].as_array().unwrap() {
        assert_eq!(keys(step), "step clause outcome code detail");
    }
    assert_eq!(
        signature["steps"][17],
        json!({
            "step": "coverage", "clause": "GB/T 33190-2016 18", "outcome": "hint", "code": "coverage.gap",
            "detail": "1 outside every signature: b.xml"
        })
    );
    assert_eq!(
        (&signature["steps"][0]["code"], &signature["steps"][18]["outcome"]),
        (&json!(null), &json!("not_applicable"))
    );
}

#[test]
fn what_could_not_be_parsed_has_nulls_and_no_file_until_the_caller_names_it() {
    let made = World::default().make();
    let report = serde_json::to_value(common::judge(b"nothing", &made.trust, Policy::Reading)).unwrap();
    assert_eq!(report["file"], json!(null));
    let signature = &report["signatures"][0];
    let nulls = ["kind", "version", "seal", "signer", "signed_at"];
    assert!(nulls.iter().all(|key| signature[key].is_null()), "{signature}");
    assert_eq!((&signature["index"], &report["verdict"]), (&json!(0), &json!("INVALID")));
}
