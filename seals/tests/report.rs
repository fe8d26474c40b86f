//! The report's JSON has exactly the agreed members, in the agreed order.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod common;

use common::World;
use seals::{Policy, Verdict, Weight};
use serde_json::{Value, json};

fn keys(value: &Value) -> String {
    value.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_report_has_exactly_the_agreed_members() {
    let world = World { change: |files| files.push((String::from("b.xml"), Vec::new())), ..World::default() };
    let made = world.make();
    let report = serde_json::to_value(made.judge(Policy::Reading).with_file("a.ofd")).unwrap();
    assert_eq!(keys(&report), "verdict indication sentence file at policy trust signatures coverage uncovered");
    assert_eq!(
        (&report["verdict"], &report["file"], &report["at"], &report["uncovered"]),
        (&json!("VALID"), &json!("a.ofd"), &json!(common::NOW), &json!(["b.xml"]))
    );
    let signature = &report["signatures"][0];
    assert_eq!(keys(signature), "index kind version verdict seal signer signed_at steps notes facts");
    assert_eq!(signature["seal"], json!({ "id": "12000000000001", "name": "天津市测试审批局(虚构)" }));
    assert_eq!((&signature["index"], &signature["kind"], &signature["version"]), (&json!(1), &json!("ses"), &json!(4)));
    assert_eq!(signature["signed_at"], json!("2026-11-21T12:00:00Z"));
    for step in signature["steps"].as_array().unwrap() {
        assert_eq!(keys(step), "step clause outcome code detail findings");
    }
    assert_eq!(
        signature["steps"][17],
        json!({
            "step": "coverage", "clause": "GB/T 33190-2016 18", "outcome": "hint", "code": "coverage.gap",
            "detail": "1 (other file) outside every signature: b.xml",
            "findings": [{ "code": "coverage.gap", "data": { "kind": "other", "names": ["b.xml"] } }]
        })
    );
    let coverage = report["coverage"].as_array().unwrap();
    assert!(coverage.iter().all(|entry| keys(entry) == "entry kind bytes actions signatures"));
    assert_eq!(coverage[0]["signatures"], json!([1]));
    let last = json!({ "entry": "b.xml", "kind": "other", "bytes": 0, "actions": false, "signatures": [] });
    assert_eq!(coverage.last(), Some(&last));
    assert_eq!(
        (&signature["steps"][0]["code"], &signature["steps"][18]["outcome"]),
        (&json!(null), &json!("not_applicable"))
    );
}

#[test]
fn a_report_says_what_it_was_judged_by_and_what_others_would_call_it() {
    let made = World { signature_forged: true, ..World::default() }.make();
    let report = serde_json::to_value(made.judge(Policy::Recognition)).unwrap();
    assert_eq!(report["policy"], json!({ "name": "recognition", "edition": "1", "strict": true }));
    assert_eq!(
        (keys(&report["trust"]), &report["trust"]["edition"]),
        ("edition identity evidence".into(), &json!(null))
    );
    let evidence = report["trust"]["evidence"].as_array().unwrap();
    assert_eq!(evidence.len(), 1, "one list serves maker and signer");
    assert_eq!((&evidence[0]["kind"], &evidence[0]["this_update"]), (&json!("list"), &json!("2026-11-22T11:00:00Z")));
    assert_eq!(report["indication"], json!({ "main": "TOTAL-FAILED", "sub": "SIG_CRYPTO_FAILURE" }));
    assert_eq!(report["sentence"]["zh"], json!("签章签名不成立，签章数据被改动或伪造"));
    let good = serde_json::to_value(World::default().make().judge(Policy::Recognition)).unwrap();
    assert_eq!(good["indication"], json!({ "main": "TOTAL-PASSED", "sub": null }));
    let open = World { with_revocation_list: false, ..World::default() }.make();
    let open = serde_json::to_value(open.judge(Policy::Recognition)).unwrap();
    assert_eq!(open["indication"], json!({ "main": "INDETERMINATE", "sub": "TRY_LATER" }));
}

/// Worlds that the two policies judge differently, and some that they do not.
const WORLDS: [fn(&mut World); 6] = [
    |_| {},
    |world| world.change = |files| files.push((String::from("b.xml"), Vec::new())),
    |world| world.revoked = vec![(common::MAKER, common::hours(-48))],
    |world| world.revoked = vec![(common::SIGNER, common::hours(-23))],
    |world| world.seal_forged = true,
    |world| world.with_anchor = false,
];

#[test]
fn the_facts_of_a_report_are_judged_again_without_the_document() {
    for (number, change) in WORLDS.into_iter().enumerate() {
        let mut world = World::default();
        change(&mut world);
        let made = world.make();
        for (first, second) in [(Policy::Reading, Policy::Recognition), (Policy::Recognition, Policy::Reading)] {
            let (judged, again) = (made.judge(second), made.judge(first).judged_under(second));
            let json = |report| serde_json::to_string_pretty(report).unwrap();
            assert_eq!(json(&again), json(&judged), "world {number}, {second:?} from {first:?}");
            assert!(again.verified_seals().is_empty(), "only a verification of the document gives one");
        }
    }
}

#[test]
fn the_json_alone_is_enough_to_judge_by_another_policy() {
    for change in WORLDS {
        let mut world = World::default();
        change(&mut world);
        let made = world.make();
        let reading = serde_json::to_value(made.judge(Policy::Reading)).unwrap();
        let steps = reading["signatures"][0]["steps"].as_array().unwrap().iter();
        let codes = steps.flat_map(|step| step["findings"].as_array().unwrap()).map(|finding| finding["code"].clone());
        let weight = |code: Value| {
            let row = seals::finding_table().iter().find(|row| row.code == code.as_str().unwrap()).unwrap();
            row.recognition
        };
        let verdict = match codes.map(weight).max() {
            Some(Weight::Fail) => Verdict::Invalid,
            Some(Weight::Indeterminate) => Verdict::Indeterminate,
            Some(Weight::Hint) | None => Verdict::Valid,
        };
        assert_eq!(made.judge(Policy::Recognition).verdict(), verdict);
    }
}

#[test]
fn the_facts_say_what_the_findings_rest_on() {
    let made = World { seal_version: 5, stamped_at: Some(common::hours(-23)), ..World::default() }.make();
    let report = serde_json::to_value(made.judge(Policy::Recognition)).unwrap();
    let facts = &report["signatures"][0]["facts"];
    assert_eq!(keys(facts), "seal signer signed_at_from signature_algorithm time_stamp existed_at");
    assert_eq!(
        (&facts["signed_at_from"], &facts["signature_algorithm"]),
        (&json!("signature"), &json!("1.2.156.10197.1.501"))
    );
    assert_eq!(
        (&facts["seal"]["created_at"], &facts["signer"]["serial"]),
        (&json!("2025-01-01T00:00:00Z"), &json!("03"))
    );
    assert_eq!(
        (&facts["time_stamp"]["made_at"], &facts["seal"]["time_stamp"]),
        (&json!("2026-11-21T13:00:00Z"), &json!(null))
    );
    // The authority's clock may be a second off.
    assert_eq!(facts["existed_at"], json!("2026-11-21T13:00:01Z"));
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

/// Digests depend on the keys of the run, and so do sizes, by a byte or two; everything else is the same every time.
fn without_digests(json: &str) -> String {
    let is_digit = |it: char| it.is_ascii_hexdigit();
    let masked = json.split_inclusive(|it| !is_digit(it)).map(|part| {
        let digits = part.trim_end_matches(|it| !is_digit(it));
        if digits.len() == 64 { part.replace(digits, "…") } else { part.to_owned() }
    });
    let masked: String = masked.collect();
    let lines = masked.lines().map(|line| match line.split_once("\"bytes\": ") {
        Some((indent, _)) => format!("{indent}\"bytes\": …,\n"),
        None => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn a_whole_report_is_the_golden_one() {
    let world = World { seal_version: 5, stamped_at: Some(common::hours(-23)), ..World::default() };
    let change: fn(&mut common::Files) = |files| files.push((String::from("b.xml"), Vec::new()));
    let made = World { change, revoked: vec![(common::MAKER, common::hours(-2))], ..world }.make();
    let json = serde_json::to_string_pretty(&made.judge(Policy::Reading).with_file("licence.ofd")).unwrap();
    let (json, path) =
        (without_digests(&json) + "\n", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/report.json"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).unwrap();
        std::fs::write(path, &json).unwrap();
    }
    assert_eq!(json, std::fs::read_to_string(path).unwrap(), "UPDATE=1 writes it anew");
}
