//! Each code that this crate can give has its text in both languages, and no text is for a code that is gone.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

/// The sources in which the codes stand, by their prefix.
const SOURCES: [(&str, &str); 7] = [
    ("encoding", include_str!("../src/encoding.rs")),
    ("xml", include_str!("../src/xml/error.rs")),
    ("json", include_str!("../src/json.rs")),
    ("message", include_str!("../src/fault.rs")),
    ("mapping", include_str!("../src/mapping_error.rs")),
    ("region", concat!(include_str!("../src/scaffold.rs"), include_str!("../src/completeness.rs"))),
    ("drift", include_str!("../src/drift.rs")),
];

#[test]
fn each_code_has_a_text_and_each_text_a_code() {
    let texts = standards::problem::embedded().unwrap_or_else(|error| panic!("{error}"));
    for (prefix, source) in SOURCES {
        let prefix = format!("{prefix}.");
        let written: BTreeSet<&str> = source.split('"').filter(|text| is_code(text, &prefix)).collect();
        let explained: BTreeSet<&str> =
            texts.keys().map(String::as_str).filter(|code| code.starts_with(&prefix)).collect();
        assert!(written.len() >= 6, "{prefix}: the codes were not found in the source");
        assert_eq!(written, explained);
    }
}

fn is_code(text: &str, prefix: &str) -> bool {
    // A file of that name is no code.
    text.strip_prefix(prefix)
        .filter(|rest| *rest != "toml")
        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
}
