//! Every finding code of this crate has its texts, and a faulty file of texts is refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use standards::code::CodeError;
use standards::entry::{EntryError, ValueError};
use standards::field::FieldFault;
use standards::history::Oddity;
use standards::item::EditionFault;
use standards::lint::{LintFinding, WaiverFault};
use standards::receipt::ReceiptFileError;
use standards::shard::ShardFault;
use standards::{DataError, problem};

const GOOD: &str = r#"
["seal.changed"]
zh = "原文已变"
en = "The document has changed"
advice_zh = "请重新取得原件"
advice_en = "Get the original again"
"#;

#[test]
fn the_embedded_texts_have_no_fault() {
    let texts = problem::embedded().unwrap();
    assert_eq!(problem::text("code.credit_code.check_digit"), texts.get("code.credit_code.check_digit"));
    assert!(problem::text("code.credit_code").is_none());
}

/// Every finding code of this crate.
fn codes() -> impl Iterator<Item = &'static str> {
    let lists = [
        CodeError::CODES,
        FieldFault::CODES,
        Oddity::CODES,
        EntryError::CODES,
        ValueError::CODES,
        ReceiptFileError::CODES,
        DataError::CODES,
        EditionFault::CODES,
        LintFinding::CODES,
        WaiverFault::CODES,
        ShardFault::CODES,
    ];
    lists.into_iter().flatten().copied()
}

#[test]
fn every_finding_of_this_crate_has_a_text() {
    for code in codes() {
        assert!(problem::text(code).is_some(), "{code} has no text");
    }
}

#[test]
fn every_text_of_this_crate_belongs_to_a_finding() {
    let prefixes: BTreeSet<_> = codes().filter_map(|code| code.split('.').next()).collect();
    for code in problem::embedded().unwrap().keys() {
        let ours = code.split('.').next().is_some_and(|prefix| prefixes.contains(prefix));
        assert!(!ours || codes().any(|known| known == code), "{code} is never found");
    }
}

#[test]
fn chinese_is_chinese_and_english_is_english() {
    let chinese = |text: &str| text.chars().any(|character| ('\u{4e00}'..='\u{9fff}').contains(&character));
    for (code, text) in problem::embedded().unwrap() {
        assert!(chinese(&text.zh) && chinese(&text.advice_zh), "{code}: no Chinese in the Chinese text");
        assert!(text.en.is_ascii() || !chinese(&text.en), "{code}: Chinese in the English text");
    }
}

#[test]
fn a_faulty_file_of_texts_is_refused_with_the_reason() {
    assert_eq!(problem::from_file("seal.toml", GOOD).unwrap().len(), 1);
    assert!(matches!(problem::from_file("cert.toml", GOOD), Err(DataError::ProblemPrefix { .. })));
    let cases =
        [GOOD.replace("原文已变", " "), GOOD.replace("Get the original again", ""), format!("{GOOD}clause = \"\"\n")];
    for text in cases {
        assert!(matches!(problem::from_file("seal.toml", &text), Err(DataError::ProblemTextEmpty { .. })), "{text}");
    }
    for text in [GOOD.replace("advice_en", "advise_en"), format!("{GOOD}{GOOD}"), GOOD.replace("zh =", "zh")] {
        assert!(matches!(problem::from_file("seal.toml", &text), Err(DataError::Toml { .. })), "{text}");
    }
}
