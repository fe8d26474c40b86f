//! Every code of this crate has its texts, and every text its code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use standards::problem;

#[test]
fn every_code_has_its_texts_and_every_text_its_code() {
    let mut codes = BTreeSet::new();
    collect(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut codes);
    let texts = problem::embedded().unwrap();
    let told: BTreeSet<String> = texts.into_keys().filter(|code| code.starts_with("audit.")).collect();
    assert!(codes.len() > 10, "{codes:?}");
    assert_eq!(codes, told);
}

/// The codes in the sources: quoted words that begin with `audit.`.
fn collect(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, codes);
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        let quoted = source.split('"').filter(|word| word.starts_with("audit.") && !word.contains(char::is_whitespace));
        codes.extend(quoted.map(str::to_owned));
    }
}
