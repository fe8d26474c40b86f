//! Every code of this crate has its text in both languages.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

/// The files in which codes are written, each code once.
const SOURCES: [&str; 7] = [
    include_str!("../src/finding/code.rs"),
    include_str!("../src/note.rs"),
    include_str!("../src/container/zip/fault.rs"),
    include_str!("../src/container/xml/fault.rs"),
    include_str!("../src/sealing/error.rs"),
    include_str!("../../certs/src/signed_data/fault.rs"),
    include_str!("../../certs/src/time_stamp/fault.rs"),
];

/// String literals of the form `prefix.words`, outside tests.
fn codes() -> Vec<&'static str> {
    let is_code = |text: &&str| {
        let holds = |part: &str| {
            !part.is_empty() && part.bytes().all(|it| it.is_ascii_lowercase() || it == b'_' || it.is_ascii_digit())
        };
        text.split_once('.').is_some_and(|(prefix, rest)| holds(prefix) && holds(rest))
    };
    let code = SOURCES.iter().map(|source| source.split("#[cfg(test)]").next().unwrap());
    code.flat_map(|source| source.split('"').skip(1).step_by(2)).filter(is_code).collect()
}

#[test]
fn every_code_has_a_text_in_both_languages() {
    let codes = codes();
    assert!(codes.len() > 90, "only {} codes found", codes.len());
    let without: Vec<_> = codes.iter().filter(|code| standards::problem::text(code).is_none()).collect();
    assert!(without.is_empty(), "{without:?}");
}

/// Codes that only accompany a report as notes, and codes of making seals: nothing weighs them.
const UNWEIGHED: [&str; 3] =
    ["format.version_1_certificate", "format.foreign_property_info", "format.unconfirmed_layout"];

#[test]
fn every_code_has_its_weights_and_every_row_its_code() {
    let weighed: Vec<_> = seals::finding_table().iter().map(|row| row.code).collect();
    let mut expected = codes();
    expected.retain(|code| !code.starts_with("sealing.") && !UNWEIGHED.contains(code));
    let (mut sorted, mut expected_sorted) = (weighed, expected);
    sorted.sort_unstable();
    expected_sorted.sort_unstable();
    assert_eq!(sorted, expected_sorted);
}

#[test]
fn every_text_of_our_prefixes_belongs_to_a_code() {
    let codes = codes();
    let prefixes = ["format.", "container.", "seal.", "reference.", "coverage.", "sealing."];
    let texts = standards::problem::embedded().unwrap();
    let ours = texts.keys().filter(|code| prefixes.iter().any(|prefix| code.starts_with(prefix)));
    let without: Vec<_> = ours.filter(|code| !codes.contains(&code.as_str())).collect();
    assert!(without.is_empty(), "{without:?}");
}
