//! Every code of this crate has its texts, and every text its code.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use standards::problem;

const SOURCES: [&str; 9] = [
    include_str!("../src/error.rs"),
    include_str!("../src/import.rs"),
    include_str!("../src/import/assess.rs"),
    include_str!("../src/path.rs"),
    include_str!("../src/revocation.rs"),
    include_str!("../src/signing.rs"),
    include_str!("../src/hierarchy.rs"),
    include_str!("../src/signed_data/fault.rs"),
    include_str!("../src/time_stamp/fault.rs"),
];

/// Codes of a prefix that is ours otherwise, which `seals` holds by a test of its own.
const OF_SEALS: [&str; 4] = [
    "timestamp.before_making",
    "timestamp.before_signing",
    "timestamp.outside_maker_period",
    "timestamp.outside_signer_period",
];

/// The codes that the `code()` functions answer, read from their match arms.
fn codes() -> BTreeSet<&'static str> {
    let arms = SOURCES.iter().flat_map(|source| source.lines()).filter_map(|line| line.trim().split_once(" => \""));
    arms.map(|(_, rest)| rest.trim_end_matches("\",")).filter(|text| text.contains('.')).collect()
}

#[test]
fn every_code_has_its_texts_and_every_text_its_code() {
    let prefixes = ["import.", "cert.", "key.", "path.", "revocation.", "signed_data.", "timestamp.", "trust."];
    let all = problem::embedded().unwrap();
    let texts = all.keys().map(String::as_str).filter(|code| prefixes.iter().any(|prefix| code.starts_with(prefix)));
    let texts: BTreeSet<_> = texts.filter(|code| !OF_SEALS.contains(code)).collect();
    assert_eq!(codes(), texts);
    assert!(texts.len() > 50, "{}", texts.len());
}
