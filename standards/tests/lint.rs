//! The linter against a table of typical faults, against the shared vectors, and with waivers that count and end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use standards::lint::{ColumnKind, LintFinding, Linter, Severity, WaiverFault, Waivers, masked};
use standards::problem;

use ColumnKind::{
    BasicCode, CaseId, CaseNumber, CitizenId, CreditCode, DivisionCode, HandlingItemCode, HolderId, ImplementationCode,
    ItemCode, ItemId, ItemName, LicenseId, RegionCode,
};

/// Each kind, a value, the codes of all that is found, and what is suggested.
type Row = (ColumnKind, &'static str, &'static [&'static str], Option<&'static str>);

const CREDIT_CODES: &[Row] = &[
    (CreditCode, "11110000FAKE00013R", &[], None),
    (CreditCode, "", &[], None),
    (CreditCode, " \t", &[], None),
    (CreditCode, "11110000FAKE00013", &["lint.character_missing"], None),
    (CreditCode, "11110000FAKE00013RR", &["code.credit_code.length"], None),
    (CreditCode, "FAKE00019", &["lint.old_organisation_code"], None),
    (CreditCode, "FAKE0001-3", &["lint.old_organisation_code"], None),
    (CreditCode, "110105600012345", &["lint.old_registration_number"], None),
    (CreditCode, "2222222222222", &["lint.placeholder"], None),
    (CreditCode, "000000000000000000", &["lint.placeholder"], None),
    (CreditCode, "123456789012345678", &["lint.placeholder"], None),
    (CreditCode, "暂无", &["lint.placeholder"], None),
    (CreditCode, "N/A", &["lint.placeholder"], None),
    (CreditCode, "NULL", &["lint.null_text"], None),
    (CreditCode, "11110000fake00013r", &["lint.lower_case"], Some("11110000FAKE00013R")),
    (CreditCode, "11110000FAKE00013k", &["lint.lower_case", "code.credit_code.check_digit"], None),
    (CreditCode, "１１１１0000FAKE00013R", &["lint.full_width"], Some("11110000FAKE00013R")),
    (CreditCode, "1111 0000 FAKE 00013R ", &["lint.blank"], Some("11110000FAKE00013R")),
    (CreditCode, "\u{feff}11110000FAKE00013R\u{200b}", &["lint.blank"], Some("11110000FAKE00013R")),
    (CreditCode, "=\"11110000FAKE00013R\"", &["lint.spreadsheet_mark"], Some("11110000FAKE00013R")),
    (CreditCode, "'11110000FAKE00013R", &["lint.spreadsheet_mark"], Some("11110000FAKE00013R")),
    (CreditCode, "9.11101E+17", &["lint.scientific_notation"], None),
    (CreditCode, "1111000OFAKE00013R", &["lint.letter_outside_alphabet"], Some("11110000FAKE00013R")),
    (CreditCode, "11110000FAKE000I3R", &["lint.letter_outside_alphabet"], Some("11110000FAKE00013R")),
    (CreditCode, "11110000FAKE0001ZR", &["lint.letter_outside_alphabet"], None),
    (CreditCode, "1111000AFAKE00013R", &["code.credit_code.character"], None),
    (CreditCode, "11110000FAKE00013K", &["code.credit_code.check_digit"], None),
    (CreditCode, "11110000FAKE00014W", &["code.credit_code.organisation_check_digit"], None),
    (CreditCode, "TE110000FAKE000130", &["lint.pseudo_code"], None),
    (CreditCode, "11010519491231002X", &["lint.other_kind"], None),
];

const PERSONS: &[Row] = &[
    (CitizenId, "11010519491231002X", &[], None),
    (CitizenId, "11010519491231002x", &["lint.lower_case"], Some("11010519491231002X")),
    (CitizenId, "110105491231002", &["lint.old_citizen_id"], None),
    (CitizenId, "11010519491231002", &["lint.character_missing"], None),
    (CitizenId, "110105194912310029", &["code.citizen_id.check_digit"], None),
    (CitizenId, "11010519490231002X", &["code.citizen_id.date"], None),
    (CitizenId, "1.10105E+17", &["lint.scientific_notation"], None),
    (CitizenId, "91110105FAKE100199", &["lint.other_kind"], None),
    (HolderId, "11010519491231002X", &[], None),
    (HolderId, "91110105FAKE100199", &[], None),
    (HolderId, "E12345678", &[], None),
    (HolderId, "H1234567800", &[], None),
    (HolderId, "11010519491231002x", &["lint.lower_case"], Some("11010519491231002X")),
    (HolderId, "110105194912310029", &["code.citizen_id.check_digit"], None),
    (HolderId, "91110105FAKE100198", &["code.credit_code.check_digit"], None),
    (HolderId, "91110105FAKE10019", &["lint.character_missing"], None),
    (HolderId, "110105491231002", &["lint.old_citizen_id"], None),
    (HolderId, "FAKE0001-3", &["lint.old_organisation_code"], None),
];

const TASKS: &[Row] = &[
    (BasicCode, "000114003004", &[], None),
    (BasicCode, "110114003004", &["lint.local_item"], None),
    (BasicCode, "990114003004", &["lint.basic_code_region"], None),
    (BasicCode, "114003004", &["lint.leading_zeros"], Some("000114003004")),
    (BasicCode, "00011400300", &["lint.character_missing"], None),
    (BasicCode, "0001140O3004", &["code.basic_code.character"], Some("000114003004")),
    (ImplementationCode, "11110000FAKE00013R2000114003004", &[], None),
    (ImplementationCode, "11110000FAKE00013R2110114003004", &["lint.local_item"], None),
    (
        ImplementationCode,
        "11110000FAKE00013R200011400300401",
        &["lint.handling_item_code"],
        Some("11110000FAKE00013R2000114003004"),
    ),
    (
        ImplementationCode,
        "11110000FAKE00013K200011400300401",
        &["lint.handling_item_code", "code.handling_item_code.credit_code"],
        None,
    ),
    (ImplementationCode, "11110000FAKE00013R200011400300", &["lint.character_missing"], None),
    (ImplementationCode, "11110000FAKE00013R2000114003004202211040001", &["lint.other_kind"], None),
    (
        ImplementationCode,
        "11110000FAKE00013K7990114003004",
        &["code.implementation_code.credit_code", "code.implementation_code.level", "lint.basic_code_region"],
        None,
    ),
    (
        ImplementationCode,
        "1111000OFAKE00013R2000114003004",
        &["code.implementation_code.credit_code"],
        Some("11110000FAKE00013R2000114003004"),
    ),
    (ImplementationCode, "121A14003004-120116000000-000-11120000FAKE00021Q-1-00", &["lint.local_code"], None),
    (ItemCode, "121A14003004-120116000000-000-11120000FAKE00021Q-1-00", &[], None),
    (ItemCode, "G-000007-001-120116000000-000-11120000FAKE00021Q-1-00", &[], None),
    (
        ItemCode,
        "121A14003004-120225000000-000-11120000FAKE00021-1-00",
        &["lint.local_code_credit_code", "lint.superseded_division"],
        None,
    ),
    (ItemCode, "11110000FAKE00013R2000114003004", &[], None),
    (ItemCode, "121A14003004", &["code.implementation_code.length"], None),
    (ImplementationCode, "0000000000000000002000114003004", &["code.implementation_code.credit_code"], None),
    (HandlingItemCode, "11110000FAKE00013R200011400300401", &[], None),
    (HandlingItemCode, "11110000FAKE00013R2000114003004", &["lint.other_kind"], None),
    (CaseNumber, "11110000FAKE00013R2000114003004202211040001", &[], None),
    (
        CaseNumber,
        "11110000FAKE00013K0000114003004202202300001",
        &["code.case_number.credit_code", "code.case_number.level", "code.case_number.date"],
        None,
    ),
];

const OTHERS: &[Row] = &[
    (CaseId, "2c9081a47f0000017f0000017f000001", &[], None),
    (CaseId, "2c9081a4/7f", &["code.case_id.character"], None),
    (LicenseId, "1.2.156.3005.2.11100000FAKE00099G001.11110000FAKE00013R.202211040000001.001.A", &[], None),
    (
        LicenseId,
        "1.2.156.3005.2.11100000FAKE00099K001.11110000FAKE00013K.202211040000001.001.9",
        &["code.license_id.check_digit", "code.license_id.credit_code", "code.license_id.credit_code"],
        None,
    ),
    (
        LicenseId,
        "1.2.156.3005.2.11100000FAKE00099G001.11110000FAKE00013R.202211040000001.001.B",
        &["code.license_id.check_digit"],
        None,
    ),
    (DivisionCode, "120116", &[], None),
    (DivisionCode, "120105000000", &[], None),
    (DivisionCode, "511602", &[], None),
    (DivisionCode, "110199", &["division.unknown"], None),
    (DivisionCode, "990000", &["division.unknown"], None),
    (DivisionCode, "110228", &["lint.superseded_division"], None),
    (DivisionCode, "12011O", &["code.division_code.character"], Some("120110")),
    (DivisionCode, "120116000", &["code.division_code.length"], None),
    (RegionCode, "130000", &[], None),
    (RegionCode, "130629", &["code.region_code.shape"], None),
    (ItemId, "jjj-033", &["lint.lower_case"], Some("JJJ-033")),
    (ItemName, "劳务派遣经营许可", &[], None),
    (ItemName, "食品（含保健食品）经营许可核发", &[], None),
    (ItemName, "食品(含保健食品)经营许可核发", &[], None),
    (ItemName, "食品（含保健食品经营许可核发", &["lint.name_brackets_unbalanced"], None),
    (ItemName, "食品）含保健食品（经营许可核发", &["lint.name_brackets_unbalanced"], None),
    (ItemName, "食品（含保健食品)经营许可核发", &["lint.name_brackets_mixed"], None),
    (ItemName, "劳务派遣经营许可证延续审批(县级)", &["lint.name_level"], None),
    (ItemName, "取水许可（市级权限）", &["lint.name_level"], None),
];

fn linter() -> Linter {
    Linter::embedded().unwrap()
}

fn codes(kind: ColumnKind, value: &str) -> Vec<&'static str> {
    linter().judge(kind, value).findings.iter().map(LintFinding::code).collect()
}

#[test]
fn every_typical_fault_is_named_and_what_was_meant_is_suggested() {
    for &(kind, value, expected, suggestion) in [CREDIT_CODES, PERSONS, TASKS, OTHERS].into_iter().flatten() {
        let judged = linter().judge(kind, value);
        let found: Vec<_> = judged.findings.iter().map(LintFinding::code).collect();
        assert_eq!(found, expected, "{kind:?} {value:?}");
        assert_eq!(judged.suggestion.as_deref(), suggestion, "{kind:?} {value:?}");
    }
}

#[test]
fn every_finding_about_a_value_stands_in_the_table() {
    let about_files =
        ["encoding", "row_width", "too_many", "folder", "no_file", "nothing", "waiver", "number_for_text"];
    let tables = [CREDIT_CODES, PERSONS, TASKS, OTHERS].into_iter().flatten();
    let found: BTreeSet<_> = tables.flat_map(|(_, _, codes, _)| codes.iter().copied()).collect();
    for code in LintFinding::CODES {
        let elsewhere = about_files.iter().any(|start| code.starts_with(&format!("lint.{start}")));
        assert!(elsewhere || found.contains(code), "{code} is found by no row");
    }
}

#[test]
fn a_finding_says_what_was_expected_in_both_languages() {
    for (kind, value, zh, en) in [
        (CreditCode, "11110000FAKE00013", "应为 18 位，现为 17 位", "it must have 18 characters, and has 17"),
        (CreditCode, "11110000FAKE00013K", "应为 R，现为 K", "it must be R, not K"),
        (CreditCode, "1111000OFAKE00013R", "第 8 位为 O", "position 8 is O"),
        (CreditCode, "FAKE0001-9", "其自身校验位也不成立", "its own check character does not hold either"),
        (CreditCode, "11010519491231002X", "是一个成立的公民身份号码（citizen_id）", "it is a good citizen_id"),
        (DivisionCode, "110228", "原密云县，2015 年起为 110118 密云区", "formerly 密云县, since 2015 110118"),
        (
            ItemCode,
            "121A14003004-120116000000-000-2222222222222-1-00",
            "第 31 位起：填的是占位符",
            "from position 31: A placeholder",
        ),
        (LicenseId, "1.2.156.3005.2.11100000FAKE00099G001.11110000FAKE00013R.0123456789.002.1", "应为 0", "must be 0"),
        (
            ImplementationCode,
            "11110000FAKE00013K2000114003004",
            "第 1 位起：统一社会信用代码的校验位不正确，应为 R",
            "not K",
        ),
    ] {
        let judged = linter().judge(kind, value);
        let detail = judged.findings[0].detail().expect("a detail");
        assert!(detail.zh.contains(zh) && detail.en.contains(en), "{value}: {detail:?}");
    }
}

#[test]
fn notes_are_no_faults() {
    for (kind, value) in
        [(DivisionCode, "110228"), (BasicCode, "110114003004"), (ItemName, "许可（县级）"), (CreditCode, "null")]
    {
        let judged = linter().judge(kind, value);
        assert!(judged.findings.iter().all(|finding| finding.severity() == Severity::Note), "{value}");
    }
}

#[test]
fn the_shared_vectors_are_judged_as_they_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/domain/vectors.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: {path} is absent");
        return;
    };
    let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
    let texts = |pointer: &str| -> Vec<String> {
        let values = vectors.pointer(pointer).expect(pointer);
        let each = values.as_array().map(|list| list.iter().collect::<Vec<_>>());
        let each = each.unwrap_or_else(|| values.as_object().expect(pointer).values().collect());
        each.into_iter().map(|value| value.as_str().expect(pointer).to_owned()).collect()
    };
    for (kind, pointer) in [
        (CreditCode, "/uscc/valid_real_agencies"),
        (CreditCode, "/uscc/valid_synthetic"),
        (LicenseId, "/cert_id/valid_real"),
        (LicenseId, "/cert_id/valid_synthetic"),
        (ImplementationCode, "/task_code/len31"),
        (HandlingItemCode, "/task_code/len33"),
        (CaseNumber, "/task_code/case43"),
        (CitizenId, "/id_card/valid"),
        (ItemCode, "/task_code/foreign_shapes"),
    ] {
        for value in texts(pointer) {
            let judged = linter().judge(kind, &value);
            assert!(!judged.findings.iter().any(LintFinding::is_fault), "{pointer} {value}: {:?}", judged.findings);
        }
    }
    for value in texts("/task_code/foreign_shapes") {
        assert_eq!(codes(ImplementationCode, &value), ["lint.local_code"], "{value}");
    }
    let reasons = [
        ("check char must be R", "code.credit_code.check_digit"),
        ("17 chars", "lint.character_missing"),
        ("old 9-digit", "lint.old_organisation_code"),
        ("placeholder", "lint.placeholder"),
        ("lower case", "lint.lower_case"),
        ("pseudo code", "lint.pseudo_code"),
    ];
    for invalid in vectors["uscc"]["invalid"].as_array().unwrap() {
        let (value, why) = (invalid["v"].as_str().unwrap(), invalid["why"].as_str().unwrap());
        let (_, code) = reasons.iter().find(|(reason, _)| why.contains(reason)).expect("a reason that is known");
        assert_eq!(codes(CreditCode, value), [*code], "{value}: {why}");
    }
    let printed_wrong = &vectors["cert_id"]["invalid_real_doc_example"];
    let judged = linter().judge(LicenseId, printed_wrong["v"].as_str().unwrap());
    let expected = format!("应为 {}", printed_wrong["expected_check"].as_str().unwrap());
    assert!(judged.findings[0].detail().unwrap().zh.contains(&expected), "{:?}", judged.findings);
}

const WAIVER: &str = "[[waiver]]\npath = \"lists/a.csv\"\ncolumn = \"SXBM\"\nvalue = \"FAKE00019\"\n\
    rule = \"lint.old_organisation_code\"\nreason = \"正在换码\"\nuntil = 2026-12-31\n";

/// How many waivers of a file name the old organisation code of this place.
fn named(text: &str, path: &str, column: &str, value: &str) -> usize {
    Waivers::from_text(text).unwrap().matching(path, column, value, "lint.old_organisation_code").count()
}

#[test]
fn a_waiver_names_exactly_what_it_says() {
    assert_eq!(named(WAIVER, "lists/a.csv", "SXBM", "FAKE00019"), 1);
    assert_eq!(named(WAIVER, "/data/lists/a.csv", "SXBM", "FAKE00019"), 1);
    for (path, column, value) in [
        ("lists/b.csv", "SXBM", "FAKE00019"),
        ("otherlists/a.csv", "SXBM", "FAKE00019"),
        ("lists/a.csv", "SXBM2", "FAKE00019"),
        ("lists/a.csv", "SXBM", "FAKE00018"),
        ("lists/a.csv", "SXBM", "FAKE0001?"),
    ] {
        assert_eq!(named(WAIVER, path, column, value), 0, "{path} {column} {value}");
    }
    let other_rule = WAIVER.replace("lint.old_organisation_code", "lint.placeholder");
    assert_eq!(named(&other_rule, "lists/a.csv", "SXBM", "FAKE00019"), 0);
    let pattern = WAIVER.replace("value = \"FAKE00019\"", "pattern = \"FAKE000??\"");
    assert_eq!(named(&pattern, "lists/a.csv", "SXBM", "FAKE00019"), 1);
    for value in ["FAKE001199", "FAKE0001", "FAKE000191", "FAKE10019"] {
        assert_eq!(named(&pattern, "lists/a.csv", "SXBM", value), 0, "a pattern has its length: {value}");
    }
}

#[test]
fn a_waiver_counts_until_the_end_of_its_last_day() {
    for text in [WAIVER.to_owned(), WAIVER.replace("2026-12-31", "\"2026-12-31\"")] {
        let waivers = Waivers::from_text(&text).unwrap();
        let in_force = |on: Date| waivers.iter().all(|waiver| waiver.is_in_force(on));
        assert!(in_force(date(2026, 12, 31)) && !in_force(date(2027, 1, 1)));
    }
}

#[test]
fn a_waiver_that_is_not_explicit_is_refused() {
    let without = |line: &str| WAIVER.lines().filter(|it| !it.starts_with(line)).collect::<Vec<_>>().join("\n");
    let no_place = without("path").replace("column = \"SXBM\"\n", "");
    for text in [
        no_place,
        without("value"),
        format!("{WAIVER}pattern = \"FAKE0001?\"\n"),
        WAIVER.replace("lint.old_organisation_code", "lint.*"),
        WAIVER.replace("正在换码", " "),
        WAIVER.replace("2026-12-31", "\"soon\""),
    ] {
        assert!(matches!(Waivers::from_text(&text), Err(WaiverFault::Row { row: 1, .. })), "{text}");
    }
    for text in [without("until"), without("reason"), without("rule"), format!("{WAIVER}forever = true\n")] {
        assert!(matches!(Waivers::from_text(&text), Err(WaiverFault::Toml { .. })), "{text}");
    }
    assert!(matches!(Waivers::from_text("[[waiver]]\n\n=\n"), Err(WaiverFault::Toml { line: 3, .. })));
    assert_eq!(Waivers::from_text("").unwrap().iter().len(), 0);
}

proptest! {
    #[test]
    fn no_value_makes_the_linter_panic(value in "\\PC{0,60}", near in "[0-9A-Zx.１－ =\"'Ee+é-]{0,50}") {
        for kind in ColumnKind::all() {
            for value in [&value, &near] {
                let judged = linter().judge(kind, value);
                for finding in judged.findings {
                    prop_assert!(problem::text(finding.code()).is_some(), "{}", finding.code());
                    let _ = finding.detail();
                }
                let _ = masked(kind, value);
            }
        }
    }

    #[test]
    fn a_suggestion_holds(value in "1111000[0OI]FAKE0001[35S][R-U]|[１1]1110000fake00013[r-u]") {
        if let Some(suggestion) = linter().judge(CreditCode, &value).suggestion {
            prop_assert!(suggestion.parse::<standards::code::CreditCode>().is_ok(), "{suggestion}");
        }
    }

    #[test]
    fn a_value_has_a_finding_exactly_when_the_strict_check_refuses_it(index in 0_usize..18, got in "[0-9A-HJ-NP-RTUWXY]") {
        let mut value = "91120116FAKE100276".to_owned();
        value.replace_range(index..=index, &got);
        let refused = value.parse::<standards::code::CreditCode>().is_err();
        prop_assert_eq!(!linter().judge(CreditCode, &value).findings.is_empty(), refused, "{}", value);
    }
}
