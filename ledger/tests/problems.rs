//! Every code of this crate has its texts for people, and every text its code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_code_has_texts_in_both_languages_and_no_text_is_without_its_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = fs::read_to_string(root.join("src/error.rs")).unwrap();
    let codes: BTreeSet<_> =
        source.lines().filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\",")).map(str::to_owned).collect();
    assert!(codes.len() > 40, "{codes:?}");
    let mut texts = BTreeSet::new();
    for name in ["ledger", "note", "receipt", "evidence"] {
        let text = fs::read_to_string(root.join(format!("../standards/problems/{name}.toml"))).unwrap();
        for (code, problem) in text.parse::<toml::Table>().unwrap() {
            for member in ["zh", "en", "advice_zh", "advice_en"] {
                assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{code}: {member}");
            }
            assert!(code.starts_with(&format!("{name}.")), "{code} in {name}.toml");
            texts.insert(code);
        }
    }
    assert_eq!(codes, texts);
}
