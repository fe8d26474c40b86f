//! The twenty traps of real exchange data, each a test of its own: the right value is read, the wrong one is refused or explained.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use adapters::{Fault, Fidelity, Limits, Mapped, Note};
use common::{ADAPTERS, CATALOGUE};
use standards::code::{ImplementationCode, LicenseId};
use standards::field::path;
use standards::history::History;
use standards::message::MessageKind;

/// A sample, what makes its applicant a person, where the code of the identity stands, and the right code before two wrong ones.
type Person = ((&'static str, &'static str), [(&'static str, &'static str); 2], [&'static str; 2], [&'static str; 3]);

const BEIJING: (&str, &str) = ("110000", include_str!("../regions/110000-beijing/samples/granted.json"));
const TIANJIN: (&str, &str) = ("120000", include_str!("../regions/120000-tianjin/samples/granted.xml"));
const HEBEI: (&str, &str) = ("130000", include_str!("../regions/130000-hebei/samples/granted.json"));

fn read(region: &str, message: &str) -> Result<Mapped, Vec<Fault>> {
    ADAPTERS.adapter(&region.parse().unwrap()).unwrap().read(message.as_bytes(), &Limits::MESSAGE)
}

/// A region's sample with texts replaced, each of which must be there.
fn changed((region, sample): (&str, &str), changes: &[(&str, &str)]) -> Result<Mapped, Vec<Fault>> {
    let message = changes.iter().fold(sample.to_owned(), |message, (from, to)| {
        assert!(message.contains(from), "{from:?} is not in the sample of {region}");
        message.replacen(from, to, 1)
    });
    read(region, &message)
}

/// What a field of the changed sample says.
fn field(sample: (&str, &str), changes: &[(&str, &str)], path: &str) -> Option<String> {
    let mapped = changed(sample, changes).unwrap_or_else(|faults| panic!("{changes:?}: {faults:?}"));
    mapped.message.fields().get(path).map(str::to_owned)
}

/// The codes of all faults of the changed sample.
fn codes(sample: (&str, &str), changes: &[(&str, &str)]) -> Vec<&'static str> {
    changed(sample, changes).err().unwrap_or_default().iter().map(Fault::code).collect()
}

/// A message of Hebei in the middle of a case: what every one of them says, and these parameters.
fn hebei(parameters: &[(&str, &str)]) -> String {
    let common = [
        ("spsxslbm", "13062920221104000001"),
        ("ssbm", "11130000FAKE0003XL2000114003004"),
        ("xzqhdm", "130629"),
        ("dwtyshxydm", "11130000FAKE0003XL"),
        ("dwmc", "河北省测试审批局(虚构)"),
    ];
    let all = common.iter().chain(parameters).map(|(name, text)| ((*name).to_owned(), (*text).into()));
    serde_json::json!({ "params": all.collect::<serde_json::Map<_, _>>() }).to_string()
}

/// Hebei's message of acceptance, with these parameters too.
fn accepted_in_hebei(parameters: &[(&str, &str)]) -> String {
    let mut all = vec![("status", "30"), ("buzhou", "23"), ("slsj", "20221104091230")];
    all.extend([
        ("sqrlx", "1"),
        ("sqrmc", "河北自贸测试企业(虚构)"),
        ("sqrzjlx", "16"),
        ("sqrzjhm", "91130629FAKE10035R"),
    ]);
    all.extend(parameters);
    hebei(&all)
}

/// Rewrites a message of one region in the words of another.
fn translated(mapped: &Mapped, to: &str) -> String {
    let written = ADAPTERS.adapter(&to.parse().unwrap()).unwrap().write(&mapped.message).unwrap();
    String::from_utf8(written.bytes).unwrap()
}

fn tianjin(name: &str, text: &str) -> String {
    format!("<Field FieldName='{name}'>{text}</Field>")
}

// 1: 天津市河北区 (120105) is not 河北省.
#[test]
fn a_district_whose_name_is_a_province_lies_where_its_digits_say() {
    let (from, hebei_district) = (tianjin("GXDXZQHDM", "120116"), tianjin("GXDXZQHDM", "120105"));
    let named = ("天津市测试审批局(虚构)", "天津市河北区测试审批局(虚构)");
    assert_eq!(field(TIANJIN, &[(&from, &hebei_district), named], path::FROM).unwrap(), "120000");
    assert_eq!(field(HEBEI, &[("\"130629\"", "\"120105\"")], path::FROM).unwrap(), "120000", "never 130000");
    let in_hebei = tianjin("GXDXZQHDM", "130102");
    assert_eq!(codes(TIANJIN, &[(&from, &in_hebei)]), ["division.elsewhere"]);
}

// 2: superseded area codes (110228 → 110118, 120225 → 120119).
#[test]
fn a_superseded_division_is_kept_as_sent_and_explained_and_an_unknown_one_is_refused() {
    for (sample, sent, superseded, current) in [
        (BEIJING, "\"110105000000\"", "\"110228000000\"", "110118"),
        (TIANJIN, "'GXDXZQHDM'>120116", "'GXDXZQHDM'>120225", "120119"),
    ] {
        let mapped = changed(sample, &[(sent, superseded)]).unwrap();
        let digits: String = superseded.chars().filter(char::is_ascii_digit).take(6).collect();
        assert_eq!(mapped.message.fields().get(path::DIVISION), Some(digits.as_str()));
        let note = mapped.explanation.iter().find_map(|row| row.note.clone());
        assert!(matches!(note, Some(Note::SupersededDivision { current: c, .. }) if c.as_str() == current));
        assert_eq!(codes(sample, &[(sent, &superseded.replace("0228", "9928").replace("0225", "9925"))]).len(), 1);
    }
    assert_eq!(codes(HEBEI, &[("\"130629\"", "\"139999\"")]), ["division.unknown"]);
}

// 3: divisions of 6 and of 12 digits.
#[test]
fn a_division_has_the_digits_of_its_dialect_and_one_meaning_in_all() {
    let hebei = changed(HEBEI, &[]).unwrap();
    assert_eq!(hebei.message.fields().get(path::DIVISION), Some("130629"));
    assert!(translated(&hebei, "110000").contains("\"130629000000\""));
    assert_eq!(codes(HEBEI, &[("\"130629\"", "\"130629000000\"")]), ["message.wrong_format"]);
    assert_eq!(codes(BEIJING, &[("\"110105000000\"", "\"110105\"")]), ["message.wrong_format"]);
}

// 4: credit codes of 17 characters, old organisation codes with a hyphen, placeholders, lower-case letters.
#[test]
fn a_credit_code_that_is_none_is_refused_and_never_repaired() {
    let good = "\"sqrzjhm\": \"91130629FAKE10035R\"";
    assert_eq!(field(HEBEI, &[], path::APPLICANT_ID_NUMBER).unwrap(), "91130629FAKE10035R");
    for (wrong, code) in [
        ("91130629FAKE10035", "code.credit_code.length"),
        ("FAKE1003-5", "code.credit_code.length"),
        ("2222222222222", "code.credit_code.length"),
        ("91130629FAKE10035r", "code.credit_code.character"),
        ("91130629FAKE10035A", "code.credit_code.check_digit"),
    ] {
        assert_eq!(codes(HEBEI, &[(good, &format!("\"sqrzjhm\": \"{wrong}\""))]), [code], "{wrong}");
    }
}

// 5: one status for two things: 补正 begins and ends as 28, granted and refused are both 90.
#[test]
fn what_shares_a_status_is_told_apart_by_what_only_one_of_them_says() {
    let notice = hebei(&[("status", "28"), ("bzgzsj", "20221105090000"), ("blyj", "缺少验资报告")]);
    let answer = hebei(&[("status", "28"), ("bzsj", "20221106090000")]);
    assert_eq!(read("130000", &notice).unwrap().message.kind(), MessageKind::SupplementNotice);
    assert_eq!(read("130000", &answer).unwrap().message.kind(), MessageKind::SupplementAnswer);
    let neither = read("130000", &hebei(&[("status", "28")])).unwrap_err();
    assert!(neither.iter().all(|fault| fault.code() == "message.missing_field"), "{neither:?}");
    let refused = ("\"banjieresult\": \"40\"", "\"banjieresult\": \"41\"");
    assert_eq!(field(HEBEI, &[], path::DECISION).unwrap(), "grant");
    assert_eq!(field(HEBEI, &[refused], path::DECISION).unwrap(), "refuse");
    assert_eq!(
        codes(HEBEI, &[("\"banjieresult\": \"40\",", "")]),
        ["message.missing_field"],
        "90 alone decides nothing"
    );
}

// 6: 容缺通过 (12) has a code in one region of three.
#[test]
fn a_result_granted_before_all_materials_are_there_is_no_grant() {
    let granted = "\"status\": 11";
    assert_eq!(field(BEIJING, &[(granted, "\"status\": 13")], path::DECISION).unwrap(), "refuse");
    assert_eq!(codes(BEIJING, &[(granted, "\"status\": 12")]), ["message.code_without_equivalent"]);
    for (sample, from, to) in
        [(TIANJIN, "'BJJGDM'>0<", "'BJJGDM'>12<"), (HEBEI, "\"banjieresult\": \"40\"", "\"banjieresult\": \"12\"")]
    {
        assert_eq!(codes(sample, &[(from, to)]), ["message.unknown_code"]);
    }
}

// 7: 9999-01-01.
#[test]
fn no_expiry_is_said_in_the_words_of_the_dialect_and_no_other_sentinel_is_a_date() {
    let hebei = changed(HEBEI, &[]).unwrap();
    assert_eq!(hebei.message.fields().get(path::LICENSE_VALID_UNTIL), Some("no_expiry"));
    assert!(translated(&hebei, "120000").contains("长期"));
    assert!(translated(&hebei, "110000").contains("9999-12-31"));
    assert_eq!(codes(HEBEI, &[("9999-01-01", "9999-12-31")]), ["message.sentinel_date"]);
    assert_eq!(codes(TIANJIN, &[("'ZJYXQX'>2025-11-08", "'ZJYXQX'>9999-01-01")]), ["message.sentinel_date"]);
    assert_eq!(
        codes(BEIJING, &[("\"expiry\": \"2025-11-08\"", "\"expiry\": \"9999-01-01\"")]),
        ["message.sentinel_date"]
    );
}

// 8: working and natural days, the unit in a code of its own.
#[test]
fn a_limit_has_its_unit_or_is_refused() {
    for (unit, canonical, in_beijing) in [("1", "working_day", "\"work\""), ("2", "calendar_day", "\"natural\"")] {
        let mapped = read("130000", &accepted_in_hebei(&[("cnbjsx", "5"), ("cnbjsxdw", unit)])).unwrap();
        assert_eq!(mapped.message.fields().get(path::LIMIT_UNIT), Some(canonical));
        assert!(translated(&mapped, "110000").contains(in_beijing));
    }
    let faults = |more: &[(&str, &str)]| read("130000", &accepted_in_hebei(more)).unwrap_err();
    assert_eq!(faults(&[("cnbjsx", "5")]).len(), 1, "five of what");
    assert_eq!(faults(&[("cnbjsx", "5"), ("cnbjsxdw", "3")])[0].code(), "message.unknown_code");
}

// 9: "0" is success in one place and failure in the next.
#[test]
fn a_zero_means_what_the_table_of_its_own_field_says_and_nothing_elsewhere() {
    assert_eq!(field(TIANJIN, &[], path::DECISION).unwrap(), "grant", "0 in 办结结果代码");
    assert_eq!(codes(HEBEI, &[("\"banjieresult\": \"40\"", "\"banjieresult\": \"0\"")]), ["message.unknown_code"]);
    let person = [("\"sqrlx\": \"1\"", "\"sqrlx\": \"0\""), ("\"sqrzjlx\": \"16\"", "\"sqrzjlx\": \"10\"")];
    let person = [person[0], person[1], ("\"sqrzjhm\": \"91130629FAKE10035R\"", "\"sqrzjhm\": \"11010519491231002X\"")];
    assert_eq!(field(HEBEI, &person, path::APPLICANT_KIND).unwrap(), "natural_person", "0 in 申请人类型");
    // An answer of a portal is no message: neither its "0" nor its "1" is taken for one.
    for answer in [r#"{"status":{"code":"0"}}"#, r#"{"status":{"code":"1"},"custom":{"code":"0"}}"#] {
        for region in ["110000", "130000"] {
            assert_eq!(read(region, answer).unwrap_err()[0].code(), "message.unknown_kind", "{region} {answer}");
        }
    }
}

// 10: misspelt keys that must be kept. `ofd:CuslomDatas` is inside sealed documents: seals/tests/container.rs.
#[test]
fn a_misspelt_key_is_the_key_and_its_correction_is_not() {
    let common = [
        ("SBLSH", "2c9081a47f0000017f0000017f000001"),
        ("SXBM", "121A14003004-120116000000-000-11120000FAKE00021Q-1-00"),
        ("XZQHDM", "120116"),
        ("GXDXZQHDM", "120116"),
    ];
    let applicant = [("SQRLX", "2"), ("SQRMC", "虚构"), ("SQRZJLX", "4"), ("SQRZJHM", "91120116FAKE100276")];
    let office = [("SLBMZZJDDM", "11120000FAKE00021Q"), ("SLBMMC", "天津市测试审批局(虚构)")];
    let acceptance = [("SLZTDM", "1"), ("SLSJ", "2022-11-04 09:12:30")];
    let step = [("SPHJDM", "2"), ("SPSJ", "2022-11-05 09:12:30")];
    let message = |stage: &str, fields: &[&[(&str, &str)]]| {
        let fields: String =
            fields.iter().flat_map(|some| some.iter()).map(|(name, text)| tianjin(name, text)).collect();
        format!("<ExInfo><standardInfo process='EX_GDBS_{stage}'>{fields}</standardInfo></ExInfo>")
    };
    let accepted = message("SL", &[&common, &applicant, &office, &acceptance]);
    // The later stages have the same misspelling without SL.
    let reviewed = message("SPCL", &[&common, &office, &step]).replace("SLBM", "BM");
    for (message, misspelt, kind) in
        [(accepted, "SLBMZZJDDM", MessageKind::Acceptance), (reviewed, "BMZZJDDM", MessageKind::ProcessStep)]
    {
        let mapped = read("120000", &message).unwrap();
        assert_eq!(mapped.message.kind(), kind);
        assert_eq!(mapped.message.fields().get(path::AUTHORITY_CODE), Some("11120000FAKE00021Q"));
        assert!(translated(&mapped, "120000").contains(misspelt), "it is written so again");
        let corrected = read("120000", &message.replace("ZZJDDM", "ZZJGDM")).unwrap_err();
        let found: Vec<&str> = corrected.iter().map(Fault::code).collect();
        assert_eq!(found, ["message.missing_field", "message.unknown_field"]);
    }
}

// 11: stages arrive out of order, and twice.
#[test]
fn a_conclusion_that_comes_before_the_acceptance_and_twice_tells_the_same_history() {
    let accepted = read("130000", &accepted_in_hebei(&[])).unwrap().message;
    let concluded = changed(HEBEI, &[]).unwrap().message;
    let in_order = History::of_cases([accepted.clone(), concluded.clone()]);
    let as_it_came = History::of_cases([concluded.clone(), accepted, concluded]);
    assert_eq!(as_it_came, in_order);
    let kinds: Vec<MessageKind> = in_order[0].events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [MessageKind::Acceptance, MessageKind::Conclusion]);
    assert!(in_order[0].findings.is_empty(), "arriving late is not odd, happening late is");
    let late = read("130000", &accepted_in_hebei(&[]).replace("20221104091230", "20221110091230")).unwrap().message;
    let odd = &History::of_cases([late, changed(HEBEI, &[]).unwrap().message])[0].findings;
    assert_eq!(odd[0].oddity.code(), "history.concluded_before_acceptance");
}

// 12: XML that was escaped twice.
#[test]
fn what_was_escaped_twice_is_refused_and_what_was_escaped_once_is_read() {
    let once = [("天津自贸测试企业(虚构)</Field>", "甲&amp;乙&lt;企业&gt;(虚构)</Field>")];
    assert_eq!(field(TIANJIN, &once, path::APPLICANT_NAME).unwrap(), "甲&乙<企业>(虚构)");
    let twice = [("天津自贸测试企业(虚构)</Field>", "甲&amp;amp;乙&amp;lt;企业(虚构)</Field>")];
    assert_eq!(codes(TIANJIN, &twice), ["message.escaped_twice"]);
}

// 13: three codes for the resident identity card: 1, 10 and 111.
#[test]
fn an_identity_card_has_the_code_of_its_dialect_and_no_other() {
    const CARD: &str = "11010519491231002X";
    let persons: [Person; 3] = [
        (
            BEIJING,
            [("\"legal\"", "\"natural\""), ("91110105FAKE100199", CARD)],
            ["\"id_type\": \"001\"", "\"id_type\": \"CODE\""],
            ["111", "1", "10"],
        ),
        (
            TIANJIN,
            [("'SQRLX'>2", "'SQRLX'>1"), ("91120116FAKE100276", CARD)],
            ["'SQRZJLX'>4<", "'SQRZJLX'>CODE<"],
            ["1", "10", "111"],
        ),
        (
            HEBEI,
            [("\"sqrlx\": \"1\"", "\"sqrlx\": \"0\""), ("91130629FAKE10035R", CARD)],
            ["\"sqrzjlx\": \"16\"", "\"sqrzjlx\": \"CODE\""],
            ["10", "111", "1"],
        ),
    ];
    for (sample, [kind, number], [from, to], [right, wrong, other]) in persons {
        let with = |code: &str| to.replace("CODE", code);
        assert_eq!(
            field(sample, &[kind, number, (from, &with(right))], path::APPLICANT_ID_TYPE).unwrap(),
            "resident_identity_card"
        );
        for code in [wrong, other] {
            assert_eq!(codes(sample, &[kind, number, (from, &with(code))]), ["message.unknown_code"], "{code}");
        }
    }
}

// 14: sent again with VERSION + 1.
#[test]
fn a_message_sent_again_with_the_next_version_takes_the_place_of_the_first() {
    let with = |version: &str, number: &str| {
        let fields = tianjin("VERSION", version) + &tianjin("ZJBH", number);
        changed(TIANJIN, &[(&tianjin("ZJBH", "津劳派000001"), &fields)])
    };
    let read_version = |version: &str, number: &str| with(version, number).unwrap().message;
    let (first, second) = (read_version("1", "津劳派000001"), read_version("2", "津劳派000002"));
    assert_eq!((first.event(), first.version(), second.version()), (second.event(), 1, 2));
    let history = &History::of_cases([second.clone(), first.clone()])[0];
    assert_eq!(
        (history.events.len(), &history.events[0].message, &history.superseded[0].message),
        (1, &second, &first)
    );
    let conflict = &History::of_cases([first, read_version("1", "津劳派000002")])[0];
    assert!(conflict.has_conflict(), "another content needs another version");
    assert_eq!(with("0", "津劳派000001").unwrap_err()[0].code(), "field.count");
}

// 15: full-width, half-width and unbalanced brackets in the names of items.
#[test]
fn the_name_of_an_item_is_read_past_whatever_its_brackets() {
    for name in ["劳务派遣经营许可(新办)", "劳务派遣经营许可（新办）", "劳务派遣经营许可（新办", "劳务派遣经营许可)"]
    {
        let mapped = changed(TIANJIN, &[("劳务派遣经营许可<", &format!("{name}<"))]).unwrap();
        assert_eq!(mapped.message.fields().get(path::ITEM), Some("JJJ-033"));
        assert!(mapped.message.fields().iter().all(|(_, text)| text != name), "a name is no part of the case");
        let row = mapped.explanation.iter().find(|row| row.source_path.as_deref().is_some_and(|p| p.contains("SXMC")));
        assert_eq!(
            row.unwrap().fidelity,
            Fidelity::NotCarried { original: Some(name.to_owned()) },
            "it is kept beside it"
        );
    }
    assert_eq!(codes(TIANJIN, &[("'SXBM'>121A", "'SXBM'>（121A")]), ["message.unknown_item"]);
}

// 16: the level inside the name: （县级）.
#[test]
fn a_level_in_the_name_makes_no_other_item_and_a_level_in_the_code_does() {
    let county = ("劳务派遣经营许可<", "劳务派遣经营许可（县级）<");
    assert_eq!(field(TIANJIN, &[county], path::ITEM).unwrap(), "JJJ-033");
    let (province, in_the_code) = ("FAKE0003XL2000114003004", "FAKE0003XL4000114003004");
    assert_eq!(codes(HEBEI, &[(province, in_the_code)]), ["message.unknown_item"]);
}

// 17: the empty text, nothing, and "null".
#[test]
fn nothing_is_said_as_the_dialect_says_it() {
    let issued = "\"zzbfrq\": \"\",";
    for nothing in [issued, "\"zzbfrq\": \"null\",", "\"zzbfrq\": null,", ""] {
        assert_eq!(field(HEBEI, &[(issued, nothing)], path::LICENSE_ISSUED_ON), None, "{nothing:?}");
    }
    let issued = "<Field FieldName='ZZBFRQ'></Field>";
    assert_eq!(field(TIANJIN, &[], path::LICENSE_ISSUED_ON), None);
    assert_eq!(field(TIANJIN, &[(issued, "")], path::LICENSE_ISSUED_ON), None);
    assert_eq!(codes(TIANJIN, &[(issued, &tianjin("ZZBFRQ", "null"))]), ["message.null_value"]);
    let issued = "\"issue_date\": \"2022-11-09\",";
    assert_eq!(field(BEIJING, &[(issued, "")], path::LICENSE_ISSUED_ON), None);
    assert_eq!(codes(BEIJING, &[(issued, "\"issue_date\": \"\",")]), ["message.empty_value"]);
    assert_eq!(codes(BEIJING, &[(issued, "\"issue_date\": \"null\",")]), ["message.null_value"]);
    assert_eq!(codes(BEIJING, &[(issued, "\"issue_date\": null,")]), ["message.null_value"]);
}

// 18: a licence identifier that was printed with a wrong check character.
#[test]
fn a_licence_identifier_with_a_wrong_check_character_is_refused() {
    let right = field(BEIJING, &[], path::LICENSE_ID).unwrap();
    assert!(right.rsplit('.').next() == Some("A") && right.parse::<LicenseId>().is_ok());
    for wrong in ["M", "D", "0"] {
        let printed = format!("000001.001.{wrong}\"");
        assert_eq!(codes(BEIJING, &[("000001.001.A\"", &printed)]), ["code.license_id.check_digit"], "{wrong}");
    }
}

// 19: a code of 33 digits where one of 31 is expected.
#[test]
fn the_code_of_a_handling_item_is_not_cut_down_to_the_code_of_its_item() {
    for (sample, key, code) in
        [(BEIJING, "task_code", "11110000FAKE00013R2000114003004"), (HEBEI, "ssbm", "11130000FAKE0003XL2000114003004")]
    {
        assert_eq!(field(sample, &[], path::LOCAL_ITEM_CODE).unwrap(), code);
        let (item, handling_item) = (format!("\"{key}\": \"{code}\""), format!("\"{key}\": \"{code}01\""));
        assert_eq!(codes(sample, &[(&item, &handling_item)]), ["message.unknown_item"], "{code}");
    }
}

// 20: a code whose base begins with 00 (national) or with 11, 12, 13 (local).
#[test]
fn a_local_base_code_is_another_item_than_the_national_one() {
    let national = "11130000FAKE0003XL2000114003004";
    let local = national.replace("2000114003004", "2130114003004");
    let base = |code: &str| code.parse::<ImplementationCode>().unwrap().basic_code();
    assert!(base(national).is_national() && CATALOGUE.by_basic_code(&base(national)).is_some());
    assert!(!base(&local).is_national() && CATALOGUE.by_basic_code(&base(&local)).is_none());
    assert_eq!(field(HEBEI, &[], path::ITEM).unwrap(), "JJJ-033");
    assert_eq!(codes(HEBEI, &[(national, &local)]), ["message.unknown_item"]);
}
