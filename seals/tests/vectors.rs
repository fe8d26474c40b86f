//! The hostile corpus finds in this crate what its manifest says, document by document.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
use std::path::Path;

use certs::trust::Trust;
use seals::{Context, Finding, Limits, Policy, SignatureReport};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/vectors");

/// Every code but the one that only repeats that the format could not be read, then every note.
fn codes(signature: &SignatureReport) -> Vec<String> {
    let findings = signature.steps.iter().flat_map(|step| {
        let codes = step.findings.iter().map(Finding::code).filter(|code| *code != "format.not_read");
        codes.map(move |code| format!("{} {} {code}", signature.index, step.step.name()))
    });
    let notes = signature.notes.iter().map(|note| format!("{} note {}", signature.index, note.code()));
    findings.chain(notes).collect()
}

/// `<signature> <outcome> <step> <code>` without the outcome, which the weights decide.
fn expected(line: &str) -> String {
    match line.split(' ').collect::<Vec<_>>()[..] {
        [index, _, step, code] => format!("{index} {step} {code}"),
        _ => line.to_owned(),
    }
}

#[test]
fn every_document_of_the_corpus_gives_just_the_codes_of_its_manifest() {
    let manifest: toml::Table = std::fs::read_to_string(format!("{CORPUS}/manifest.toml")).unwrap().parse().unwrap();
    let vectors = manifest["vector"].as_array().unwrap();
    assert!(vectors.len() > 150, "{} vectors", vectors.len());
    for vector in vectors {
        let text = |key: &str| vector[key].as_str().unwrap();
        let folder = Path::new(CORPUS).join(text("name"));
        let document = std::fs::read(folder.join(text("file"))).unwrap();
        let trust = Trust::from_anchor_dir(&folder).unwrap();
        let policy = if text("policy") == "reading" { Policy::Reading } else { Policy::Recognition };
        let at = vector["at"].as_str().unwrap().parse().unwrap();
        let limits = Limits::DEFAULT;
        let context = Context::new(&trust, policy, at, &limits);
        let context = if vector["strict"].as_bool().unwrap() { context.strict() } else { context };
        let report = seals::verify(&document, &context);
        let mut found: Vec<String> = report.signatures().iter().flat_map(codes).collect();
        let mut expected: Vec<String> =
            vector["finds"].as_array().unwrap().iter().map(|line| expected(line.as_str().unwrap())).collect();
        found.sort();
        expected.sort();
        let verdict = serde_json::to_value(report.verdict()).unwrap();
        assert_eq!((verdict.as_str().unwrap(), found), (text("verdict"), expected), "{}", text("name"));
    }
}
