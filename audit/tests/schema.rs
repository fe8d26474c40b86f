//! The published schema and the reports hold each other: a validator that we did not write accepts every report, and refuses others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::sealed::{NOW, Sealed};
use common::{audit, foreign_files};
use jsonschema::Validator;
use seals::Step;
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("../../docs/schema/verification-report.schema.json");

fn validator() -> Validator {
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema()).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn report(path: &str, more: &[&str]) -> Value {
    let ran = audit(&[&["seal", path, "--json", "--at", NOW], more].concat());
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{path}: {}", ran.stderr))
}

#[track_caller]
fn must_fit(validator: &Validator, report: &Value) {
    let faults: Vec<String> =
        validator.iter_errors(report).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{}\n{report}", faults.join("\n"));
}

#[test]
fn the_schema_is_one_itself_and_names_every_step() {
    let schema = schema();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    let steps: Vec<&str> = Step::ALL.map(Step::name).to_vec();
    assert_eq!(schema["$defs"]["step"]["properties"]["step"]["enum"], json!(steps));
}

#[test]
fn every_kind_of_report_fits_the_schema() {
    let (sealed, validator) = (Sealed::new(), validator());
    let good = sealed.licence("signer");
    let (list, key, anchors) = (sealed.path("pki/trust"), sealed.path("pki/trust-key.pub.pem"), sealed.path("anchors"));
    let bytes = std::fs::read(&good).unwrap();
    std::fs::write(sealed.path("cut.ofd"), &bytes[..bytes.len() / 2]).unwrap();
    std::fs::write(sealed.path("bare.esl"), sealed.seal_bytes(&sealed.identity("signer").0)).unwrap();
    std::fs::write(sealed.path("empty"), b"").unwrap();
    let documents =
        [good, sealed.licence("signer-revoked"), sealed.path("cut.ofd"), sealed.path("bare.esl"), sealed.path("empty")];
    for document in documents {
        let trusts: [&[&str]; 3] = [&[], &["--trust", &anchors], &["--trust", &list, "--trust-key", &key]];
        for trust in trusts {
            for more in [&[][..], &["--policy", "recognition", "--strict"]] {
                must_fit(&validator, &report(&document, &[trust, more].concat()));
            }
        }
    }
}

#[test]
fn reports_of_real_files_fit_the_schema() {
    let Some(folder) = foreign_files() else { return };
    let validator = validator();
    for entry in std::fs::read_dir(folder).unwrap() {
        must_fit(&validator, &report(entry.unwrap().path().to_str().unwrap(), &[]));
    }
}

/// Every place of a value, as the names and numbers that lead to it.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    let mut visit = |name: String, inner: &Value| {
        let place = format!("{here}/{name}");
        found.push(place.clone());
        places(inner, &place, found);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, inner)| visit(name.clone(), inner)),
        Value::Array(items) => items.iter().enumerate().for_each(|(number, inner)| visit(number.to_string(), inner)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn a_report_with_a_member_missing_added_or_of_another_type_does_not_fit() {
    let (sealed, validator) = (Sealed::new(), validator());
    let good = report(&sealed.licence("signer"), &["--trust", &sealed.path("anchors")]);
    must_fit(&validator, &good);
    let mut all = Vec::new();
    places(&good, "", &mut all);
    assert!(all.len() > 200, "{}", all.len());
    for place in all.iter().filter(|place| !place.contains("/data/")) {
        let (parent, name) = place.rsplit_once('/').unwrap();
        let mut other_type = good.clone();
        *other_type.pointer_mut(place).unwrap() = json!(-1.5);
        assert!(!validator.is_valid(&other_type), "{place} may be any number");
        let mut missing = good.clone();
        if let Some(Value::Object(members)) = missing.pointer_mut(parent) {
            members.remove(name);
            assert!(!validator.is_valid(&missing), "{place} may be missing");
            let mut added = good.clone();
            added.pointer_mut(parent).unwrap()["added"] = json!("");
            assert!(!validator.is_valid(&added), "{parent} takes other members");
        }
    }
}
