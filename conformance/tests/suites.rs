//! The suites themselves: large enough, about every trap, right about the adapters, and awake when a mapping is broken.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use adapters::Adapters;
use conformance::SuiteError;
use conformance::rehearsal::rehearse;
use conformance::report::Report;
use conformance::scenario::Action;
use conformance::suite::Suite;
use standards::problem;
use standards::region::Regions;

fn adapters_folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../adapters/regions"))
}

fn suites() -> Vec<Suite> {
    Regions::embedded().unwrap().iter().map(|region| Suite::embedded(&region.code).unwrap()).collect()
}

fn text(report: &Report) -> String {
    report.outcomes.iter().filter(|outcome| outcome.verdict.is_bad()).map(|outcome| outcome.text() + "\n").collect()
}

/// The suite of a region, rehearsed with one text of one file of the adapters replaced.
fn rehearsed_with(region: &str, file: &str, from: &str, to: &str) -> Report {
    let folder = tempfile::tempdir().unwrap();
    for region in fs::read_dir(adapters_folder()).unwrap() {
        let region = region.unwrap().path();
        if !region.is_dir() {
            continue;
        }
        let copy = folder.path().join(region.file_name().unwrap());
        fs::create_dir(&copy).unwrap();
        for name in ["mapping.toml", "codes.toml", "items.toml"] {
            fs::copy(region.join(name), copy.join(name)).unwrap();
        }
    }
    let broken = folder.path().join(file);
    let text = fs::read_to_string(&broken).unwrap();
    assert!(text.contains(from), "{file} no longer holds {from}");
    fs::write(&broken, text.replace(from, to)).unwrap();
    let suite = Suite::embedded(&region.parse().unwrap()).unwrap();
    rehearse(&suite, &Adapters::load(folder.path()).unwrap(), |_| ()).unwrap()
}

#[test]
fn every_region_has_a_suite_with_right_and_wrong_requests() {
    for suite in suites() {
        assert!(suite.scenarios.len() >= 30, "{}: {}", suite.name, suite.scenarios.len());
        let own = suite.scenarios.iter().filter(|(file, _)| file.to_string_lossy().contains(&suite.name)).count();
        assert!(own >= 10, "{}: {own} of its own", suite.name);
    }
}

#[test]
fn together_the_suites_know_the_traps_of_a_concluding_message() {
    let known: BTreeSet<u8> =
        suites().iter().flat_map(|suite| &suite.scenarios).flat_map(|(_, s)| s.traps.clone()).collect();
    // Number 8, working and natural days, is about limits, which no concluding message carries.
    let expected: BTreeSet<u8> = (1..=20).filter(|trap| *trap != 8).collect();
    assert_eq!(known, expected);
}

#[test]
fn the_suites_and_the_embedded_adapters_agree() {
    let adapters = Adapters::embedded().unwrap();
    for suite in suites() {
        let report = rehearse(&suite, &adapters, |_| ()).unwrap();
        assert!(report.is_good(), "{}", text(&report));
    }
}

#[test]
fn a_mapping_with_a_wrong_source_fails_the_regions_suite_and_names_the_field() {
    let (hebei, file) = ("130000", "130000-hebei/mapping.toml");
    let report = rehearsed_with(hebei, file, "source = \"/params/sqrmc\"", "source = \"/params/czzt\"");
    let found = text(&report);
    assert!(found.contains("/params/sqrmc message.unknown_field"), "{found}");
}

#[test]
fn a_code_table_with_two_rows_exchanged_fails_the_regions_suite_and_names_field_and_rule() {
    let file = "120000-tianjin/codes.toml";
    let (granted, refused) = ("exact = \"grant\"", "exact = \"refuse\"");
    let folder_text = fs::read_to_string(adapters_folder().join(file)).unwrap();
    let (start, end) = (folder_text.find(granted).unwrap(), folder_text.find(refused).unwrap());
    let rows = &folder_text[start..end + refused.len()];
    let exchanged = rows.replace("grant", "X").replace("refuse", "grant").replace('X', "refuse");
    let found = text(&rehearsed_with("120000", file, rows, &exchanged));
    for part in [
        "30-beijing-reads-it.scenario:",
        "field decision: expected “grant”",
        "120000-tianjin/mapping.toml:",
        "field /status",
    ] {
        assert!(found.contains(part), "{part} is not in\n{found}");
    }
}

#[test]
fn a_suite_that_is_missing_or_empty_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let region = "120000".parse().unwrap();
    assert!(matches!(Suite::load(folder.path(), &region), Err(SuiteError::NoSuite { .. })));
    let suite = folder.path().join("120000-tianjin");
    fs::create_dir(&suite).unwrap();
    fs::write(suite.join("suite.toml"), "another = '110000'\nthird = '130000'").unwrap();
    assert!(matches!(Suite::load(folder.path(), &region), Err(SuiteError::EmptySuite { .. })));
    fs::write(suite.join("a.scenario"), "# 题\n# t\nanswer x").unwrap();
    let error = Suite::load(folder.path(), &region).unwrap_err();
    assert!(matches!(error, SuiteError::Scenario { line: 3, .. }), "{error}");
}

#[test]
fn a_change_fits_its_message_and_a_document_has_its_facts() {
    for suite in suites() {
        for (file, scenario) in &suite.scenarios {
            for step in &scenario.steps {
                if let Action::Submit(submission) = &step.action {
                    let (message, _) = suite.message(&submission.message).unwrap();
                    conformance::suite::changed(file, message, &submission.changes).unwrap();
                    suite.document(&submission.document).unwrap();
                }
            }
        }
    }
}

#[test]
fn every_code_has_its_texts() {
    for code in SuiteError::CODES {
        assert!(problem::text(code).is_some(), "{code}");
    }
}
