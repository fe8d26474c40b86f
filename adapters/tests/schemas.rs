//! The published schemas: made from the rules, and checked on every sample and on random messages by programs that we did not write.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use adapters::wire::Wire;
use adapters::{Adapter, schema};
use common::{ADAPTERS, any_message, message};
use jsonschema::Validator;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use standards::message::Message;

/// Random messages that every schema must take.
const MESSAGES: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn published(adapter: &Adapter) -> PathBuf {
    let (region, extension) = (adapter.region(), adapter.schema().extension);
    root().join(format!("docs/schema/messages/{region}-{}.{extension}", name(adapter)))
}

fn name(adapter: &Adapter) -> &'static str {
    match adapter.region().as_str() {
        "110000" => "beijing",
        "120000" => "tianjin",
        "130000" => "hebei",
        other => panic!("{other} is no region of the program"),
    }
}

fn must_be(path: &Path, wanted: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        return fs::write(path, wanted).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == wanted,
        "{} is not what the rules say: UPDATE=1 cargo test -p adapters --test schemas",
        path.display()
    );
}

#[test]
fn the_published_schemas_are_what_the_rules_say() {
    for adapter in ADAPTERS.iter() {
        must_be(&published(adapter), &adapter.schema().text);
    }
    must_be(&root().join("docs/schema/messages/standard.schema.json"), &schema::standard().text);
}

/// Random messages of every kind, always the same.
fn messages() -> Vec<Message> {
    let mut runner = TestRunner::deterministic();
    let strategy = any_message();
    let one = |_| {
        let (kind, fields) = strategy.new_tree(&mut runner).unwrap().current();
        message(kind, &fields)
    };
    (0..MESSAGES).map(one).collect()
}

/// The messages of a region: its samples, and random ones as it writes them.
fn written(adapter: &Adapter) -> Vec<Vec<u8>> {
    let folder = root().join(format!("adapters/regions/{}-{}/samples", adapter.region(), name(adapter)));
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_message = |path: &PathBuf| path.extension().is_some_and(|extension| extension != "txt");
    let samples = files.filter(is_message).map(|path| fs::read(path).unwrap());
    samples.chain(messages().iter().map(|message| adapter.write(message).unwrap().bytes)).collect()
}

fn validator(text: &str) -> Validator {
    jsonschema::draft202012::new(&serde_json::from_str(text).unwrap()).unwrap()
}

#[test]
fn every_message_of_a_json_dialect_holds_by_its_schema() {
    for adapter in ADAPTERS.iter().filter(|adapter| matches!(adapter.mapping().wire, Wire::Json {})) {
        let validator = validator(&adapter.schema().text);
        for bytes in written(adapter) {
            let value: Value = serde_json::from_slice(&bytes).unwrap();
            let faults: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{}: {faults:#?}\n{value:#}", adapter.region());
        }
    }
}

#[test]
fn every_standard_message_holds_by_its_schema() {
    let validator = validator(&schema::standard().text);
    for message in messages() {
        let fields: serde_json::Map<String, Value> =
            message.fields().iter().map(|(path, text)| (path.into_owned(), json!(text))).collect();
        let value = json!({ "kind": message.kind(), "fields": fields });
        assert!(validator.is_valid(&value), "{value:#}");
        let mut without = value.clone();
        without["fields"].as_object_mut().unwrap().remove("case_id");
        assert!(!validator.is_valid(&without), "a field is missing");
    }
}

#[test]
fn a_json_message_that_the_adapter_refuses_for_its_shape_is_refused_by_the_schema_too() {
    let sample = include_str!("../regions/110000-beijing/samples/granted.json");
    let good: Value = serde_json::from_str(sample).unwrap();
    let validator = validator(&ADAPTERS.adapter(&"110000".parse().unwrap()).unwrap().schema().text);
    assert!(validator.is_valid(&good));
    let broken: [(&str, &str, Value); 9] = [
        ("/status", "status", json!(99)),
        ("/status", "status", json!("11")),
        ("", "case_no", json!("a b")),
        ("", "case_nr", json!("1")),
        ("", "area_code", json!("110105")),
        ("/applicant", "kind", json!("firm")),
        ("/applicant", "id_number", json!("1")),
        ("", "finish_time", json!("2022-11-09 16:01:02")),
        ("/result", "no", json!("")),
    ];
    for (place, key, value) in broken {
        let mut message = good.clone();
        let object = if place == "/status" { &mut message } else { message.pointer_mut(place).unwrap() };
        object[key] = value.clone();
        assert!(!validator.is_valid(&message), "{place}/{key} = {value}");
    }
    let mut message = good;
    message.as_object_mut().unwrap().remove("dept_code");
    assert!(!validator.is_valid(&message), "a required field is missing");
}

/// Runs `xmllint` over files; tells which of them do not hold, or nothing where the program is not at hand.
fn xmllint(schema: &Path, files: &[PathBuf]) -> Option<Vec<PathBuf>> {
    let output =
        Command::new("xmllint").arg("--noout").arg("--nonet").arg("--schema").arg(schema).args(files).output().ok()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let fails = |file: &&PathBuf| !told.contains(&format!("{} validates", file.display()));
    assert!(!told.contains("Schemas parser error"), "{told}");
    Some(files.iter().filter(fails).cloned().collect())
}

#[test]
fn every_message_of_the_xml_dialect_holds_by_its_schema_and_broken_ones_do_not() {
    let tianjin = ADAPTERS.adapter(&"120000".parse().unwrap()).unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let write = |name: String, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let schema = write("schema.xsd".to_owned(), tianjin.schema().text.as_bytes());
    let good: Vec<PathBuf> =
        written(tianjin).iter().enumerate().map(|(number, bytes)| write(format!("good-{number}.xml"), bytes)).collect();
    let sample = include_str!("../regions/120000-tianjin/samples/granted.xml");
    let broken: Vec<PathBuf> = [
        ("EX_GDBS_BJ", "EX_GDBS_XX"),
        ("'SBLSH'", "'SBLSHH'"),
        ("'ZJBH'", "'ZZBS'"),
        ("<ExInfo>", "<ExInfo a='b'>"),
        ("</standardInfo>", "</standardInfo><standardInfo process='EX_GDBS_BJ'/>"),
        ("FieldName='SBLSH'", "Name='SBLSH'"),
        ("'BJJGDM'>0<", "'BJJGDM'><b>0</b><"),
    ]
    .iter()
    .enumerate()
    .map(|(number, (from, to))| {
        assert!(sample.contains(from), "{from}");
        write(format!("broken-{number}.xml"), sample.replacen(from, to, 1).as_bytes())
    })
    .collect();
    match (xmllint(&schema, &good), xmllint(&schema, &broken)) {
        (Some(wrong), Some(refused)) => {
            assert_eq!(wrong, Vec::<PathBuf>::new(), "messages that must hold");
            assert_eq!(refused, broken, "messages that must be refused");
        }
        _ => println!("skipped: xmllint is not at hand"),
    }
}
