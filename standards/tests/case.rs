//! A case from and to its canonical fields: nothing is lost, and every fault is told, all at once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::Write;
use std::sync::LazyLock;

use proptest::prelude::*;
use standards::case::{Applicant, Case, Decision, IdType, Validity};
use standards::code::CodeError;
use standards::division::Divisions;
use standards::field::{
    COUNT_MAX, FIELDS, Field, FieldFault, FieldKind, Fields, Presence, Privacy, REMARK_LENGTH_MAX, TEXT_LENGTH_MAX,
    find, path,
};
use standards::item::Catalogue;
use standards::message::{Message, MessageKind};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::embedded().unwrap());
static DIVISIONS: LazyLock<Divisions> = LazyLock::new(|| Divisions::embedded().unwrap());

/// The fields of a case: those of a conclusion, without what is beside the case in its message.
fn case_fields() -> Vec<&'static Field> {
    let of_case = |field: &&Field| {
        let is_beside = field.path.starts_with("message.") || field.list().is_some();
        field.presence(MessageKind::Conclusion).is_some() && !is_beside
    };
    FIELDS.iter().filter(of_case).collect()
}

fn presence(field: &Field) -> Presence {
    field.presence(MessageKind::Conclusion).unwrap()
}

const NUMBER: &str = "11010519491231002X";

/// A labour dispatch licence granted in Tianjin, with every field.
fn company() -> Fields {
    Fields::from_iter([
        (path::FROM, "120000"),
        (path::ITEM, "JJJ-033"),
        (path::CASE_ID, "2c9081a47f0000017f0000017f000001"),
        (path::LOCAL_ITEM_CODE, "121A14003004-120116000000-000-11120000FAKE00021Q-1-00"),
        (path::DIVISION, "120116"),
        (path::AUTHORITY_CODE, "11120000FAKE00021Q"),
        (path::AUTHORITY_NAME, "天津市测试审批局(虚构)"),
        (path::APPLICANT_KIND, "legal_person"),
        (path::APPLICANT_NAME, "天津自贸测试企业(虚构)"),
        (path::APPLICANT_ID_TYPE, "credit_code"),
        (path::APPLICANT_ID_NUMBER, "91120116FAKE100276"),
        (path::ACCEPTED_AT, "2022-11-04T01:12:30.12Z"),
        (path::CONCLUDED_AT, "2022-11-09T08:01:02Z"),
        (path::DECISION, "grant"),
        (path::LICENSE_ID, "1.2.156.3005.2.11100000FAKE00099G001.11120000FAKE00021Q.JY112010600000.001.Q"),
        (path::LICENSE_TYPE, "11100000FAKE00099G001"),
        (path::LICENSE_HOLDER_ID_TYPE, "credit_code"),
        (path::LICENSE_VALID_FROM, "2022-11-01"),
        (path::LICENSE_NUMBER, "津劳派000001"),
        (path::LICENSE_NAME, "劳务派遣经营许可证"),
        (path::LICENSE_ISSUER_CODE, "11120000FAKE00021Q"),
        (path::LICENSE_ISSUER_NAME, "天津市测试审批局(虚构)"),
        (path::LICENSE_HOLDER_NAME, "天津自贸测试企业(虚构)"),
        (path::LICENSE_HOLDER_ID, "91120116FAKE100276"),
        (path::LICENSE_ISSUED_ON, "2022-11-09"),
        (path::LICENSE_VALID_UNTIL, "2025-11-08"),
    ])
}

/// The same for a person.
fn person() -> Fields {
    with(
        &company(),
        &[
            (path::ITEM, "JJJ-088"),
            (path::APPLICANT_KIND, "natural_person"),
            (path::APPLICANT_NAME, "测试者(虚构)"),
            (path::APPLICANT_ID_TYPE, "resident_identity_card"),
            (path::APPLICANT_ID_NUMBER, NUMBER),
        ],
    )
}

fn with(fields: &Fields, changes: &[(&str, &str)]) -> Fields {
    let mut fields = fields.clone();
    for (path, text) in changes {
        fields.set(path, *text);
    }
    fields
}

fn read(fields: &Fields) -> Result<Case, Vec<FieldFault>> {
    let message = Message::from_fields(MessageKind::Conclusion, fields.clone(), &CATALOGUE, &DIVISIONS)?;
    Ok(message.case().unwrap())
}

/// Path and code of each fault.
fn faults(fields: &Fields) -> Vec<(String, &'static str)> {
    read(fields).unwrap_err().iter().map(|fault| (fault.path().to_owned(), fault.code())).collect()
}

#[test]
fn a_complete_case_is_read_into_its_types() {
    let case = read(&company()).unwrap();
    assert_eq!((case.from.as_str(), case.item.as_str()), ("120000", "JJJ-033"));
    assert_eq!(case.decision, Decision::Grant);
    assert!(matches!(&case.applicant, Applicant::LegalPerson { id, .. } if id.as_str() == "91120116FAKE100276"));
    assert_eq!(case.outcome.license.valid_until, Validity::Until("2025-11-08".parse().unwrap()));
    let case = read(&person()).unwrap();
    assert!(matches!(case.applicant, Applicant::NaturalPerson { id_type: IdType::ResidentIdentityCard, .. }));
}

#[test]
fn the_table_covers_exactly_the_fields_of_a_case() {
    let fields = read(&company()).unwrap().to_fields();
    let table: Vec<_> = case_fields().iter().map(|field| field.path).collect();
    assert_eq!(fields.iter().map(|(path, _)| path).collect::<Vec<_>>(), table);
}

#[test]
fn the_field_dictionary_is_the_table() {
    let mut text = String::from(
        "# 字段字典 Field dictionary\n\n由字段表生成。Generated from the table in `src/field/table.rs`.\n\n\
         ## 报文种类 Kinds of messages\n\n| 代号 | 名称 name | `kind` | 可多次 repeats |\n|---|---|---|---|\n",
    );
    for (number, kind) in MessageKind::ALL.iter().enumerate() {
        let repeats = if kind.repeats() { "是 yes" } else { "否 no" };
        writeln!(text, "| {} | {} | `{}` | {repeats} |", number + 1, kind.label(), kind.as_str()).unwrap();
    }
    text.push_str(
        "\n## 字段 Fields\n\n`*` 是列表成员的序号，从 0 起。A `*` stands for the number of an element, counted from 0. \
         In the columns 必填 and 可选 stand the numbers of the kinds above.\n\n\
         | 字段 field | 名称 name | 取值 text | 必填 required | 可选 optional | 个人信息 personal |\n|---|---|---|---|---|---|\n",
    );
    for field in FIELDS {
        let kind = described(field.kind);
        let personal = if field.privacy == Privacy::Personal { "是 yes" } else { "否 no" };
        let [required, optional] = [Presence::Required, Presence::Optional].map(|presence| kinds(field, presence));
        writeln!(text, "| `{}` | {} | {kind} | {required} | {optional} | {personal} |", field.path, field.name_zh)
            .unwrap();
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/FIELDS.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(file).unwrap(), "run the tests with UPDATE=1");
}

/// The numbers of the kinds of messages in which the field has this presence.
fn kinds(field: &Field, presence: Presence) -> String {
    let all = MessageKind::ALL.iter().enumerate();
    let numbers: Vec<String> = all
        .filter(|(_, kind)| field.presence(**kind) == Some(presence))
        .map(|(number, _)| (number + 1).to_string())
        .collect();
    if numbers.len() == MessageKind::ALL.len() { "全部 all".to_owned() } else { numbers.join(" ") }
}

fn described(kind: FieldKind) -> String {
    match kind {
        FieldKind::Code(_) => "代码 code".to_owned(),
        FieldKind::Text => format!("文本 text, 1–{TEXT_LENGTH_MAX}"),
        FieldKind::Remark => format!("文本 text, 1–{REMARK_LENGTH_MAX}"),
        FieldKind::Count => format!("整数 whole number, 1–{COUNT_MAX}"),
        FieldKind::Digest => "摘要 `sm3:` 或 or `sha-256:` + 64 hex".to_owned(),
        FieldKind::Content => "Base64".to_owned(),
        FieldKind::Timestamp => "时间 instant, `2022-11-09T08:01:02Z`".to_owned(),
        FieldKind::Date => "日期 day, `2025-11-08`".to_owned(),
        FieldKind::DateOrNoExpiry => "日期 day, 长期 `no_expiry`".to_owned(),
        FieldKind::Choice(choices) => choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", "),
    }
}

#[test]
fn without_any_field_every_required_one_is_reported_in_the_order_of_the_table() {
    let required = case_fields().into_iter().filter(|field| presence(field) == Presence::Required);
    let expected: Vec<_> = required.map(|field| (field.path.to_owned(), "field.missing")).collect();
    assert_eq!(faults(&Fields::new()), expected);
}

#[test]
fn optional_fields_may_be_absent_and_stay_absent() {
    let mut fields = company();
    for field in case_fields().into_iter().filter(|field| presence(field) == Presence::Optional) {
        fields.remove(field.path);
    }
    let case = read(&fields).unwrap();
    assert_eq!(case.outcome.license.valid_until, Validity::Unstated);
    assert_eq!(case.to_fields(), fields);
}

#[test]
fn each_faulty_value_is_told_by_its_path_and_code() {
    let long = "长".repeat(TEXT_LENGTH_MAX + 1);
    let table: &[(&str, &str, &str)] = &[
        (path::FROM, "129", "code.region_code.length"),
        (path::FROM, "120116", "code.region_code.shape"),
        (path::ITEM, "JJJ-999", "item.unknown"),
        (path::ITEM, "033", "code.item_id.length"),
        (path::CASE_ID, "a b", "code.case_id.character"),
        (path::LOCAL_ITEM_CODE, "", "field.untrimmed"),
        (path::DIVISION, "120999", "division.unknown"),
        (path::DIVISION, "130629", "division.elsewhere"),
        (path::DIVISION, "1201", "code.division_code.length"),
        (path::AUTHORITY_CODE, "11120000FAKE00021A", "code.credit_code.check_digit"),
        (path::AUTHORITY_NAME, " 天津", "field.untrimmed"),
        (path::AUTHORITY_NAME, "天津\n市", "field.control_character"),
        (path::AUTHORITY_NAME, &long, "field.too_long"),
        (path::APPLICANT_KIND, "company", "field.choice"),
        (path::APPLICANT_ID_TYPE, "passport", "field.contradiction"),
        (path::APPLICANT_ID_NUMBER, "9112011", "code.credit_code.length"),
        (path::ACCEPTED_AT, "2022-11-04 09:12:30", "field.timestamp"),
        (path::ACCEPTED_AT, "2022-11-04T09:12:30+08:00", "field.timestamp"),
        (path::ACCEPTED_AT, "", "field.timestamp"),
        (path::CONCLUDED_AT, "2022-11-03T00:00:00Z", "field.contradiction"),
        (path::DECISION, "90", "field.choice"),
        (path::LICENSE_ID, "1.2.3", "code.license_id.shape"),
        (path::LICENSE_ISSUED_ON, "2022-11-31", "field.date"),
        (path::LICENSE_ISSUED_ON, "20221109", "field.date"),
        (path::LICENSE_VALID_UNTIL, "长期", "field.date"),
        (path::LICENSE_VALID_UNTIL, "2022-11-08", "field.contradiction"),
        ("license.colour", "red", "field.unknown"),
    ];
    for (path, text, code) in table {
        assert_eq!(faults(&with(&company(), &[(path, text)])), [((*path).to_owned(), *code)], "{path} = {text:?}");
    }
}

#[test]
fn a_value_at_its_bound_is_taken() {
    let longest = "长".repeat(TEXT_LENGTH_MAX);
    for (path, text) in [
        (path::AUTHORITY_NAME, longest.as_str()),
        (path::ACCEPTED_AT, "2022-11-09T08:01:02Z"),
        (path::LICENSE_VALID_UNTIL, "2022-11-09"),
        (path::LICENSE_VALID_UNTIL, "no_expiry"),
    ] {
        assert!(read(&with(&company(), &[(path, text)])).is_ok(), "{path} = {text}");
    }
}

#[test]
fn a_licence_identifier_of_another_issuer_contradicts_the_issuer() {
    let fields = with(&company(), &[(path::LICENSE_ISSUER_CODE, "11110000FAKE00013R")]);
    assert_eq!(faults(&fields), [(path::LICENSE_ID.to_owned(), "field.contradiction")]);
}

#[test]
fn a_persons_number_is_checked_when_it_is_an_identity_cards_and_only_then() {
    let wrong = with(&person(), &[(path::APPLICANT_ID_NUMBER, "110105194912310021")]);
    assert_eq!(faults(&wrong), [(path::APPLICANT_ID_NUMBER.to_owned(), "code.citizen_id.check_digit")]);
    let passport = with(&person(), &[(path::APPLICANT_ID_TYPE, "passport"), (path::APPLICANT_ID_NUMBER, "FAKE00001")]);
    assert!(read(&passport).is_ok());
    let credit_code = with(&person(), &[(path::APPLICANT_ID_TYPE, "credit_code")]);
    assert_eq!(faults(&credit_code), [(path::APPLICANT_ID_TYPE.to_owned(), "field.contradiction")]);
}

#[test]
fn a_superseded_division_is_kept_as_it_was_sent() {
    let fields = with(&company(), &[(path::DIVISION, "120225")]);
    assert_eq!(read(&fields).unwrap().to_fields(), fields);
}

#[test]
fn no_fault_and_no_debug_output_shows_a_personal_value() {
    let fields = with(
        &person(),
        &[(path::APPLICANT_NAME, "测试者\u{7}虚构"), (path::APPLICANT_ID_NUMBER, "110105194912310021")],
    );
    let mut shown = format!("{fields:?}");
    for fault in read(&fields).unwrap_err() {
        write!(shown, "{fault} {fault:?}").unwrap();
    }
    let case = read(&person()).unwrap();
    write!(shown, "{case:?} {:?} {:?}", case.applicant, case.outcome).unwrap();
    let person = person();
    for field in case_fields().into_iter().filter(|field| field.privacy == Privacy::Personal) {
        let value = person.get(field.path).unwrap();
        assert!(!shown.contains(value), "{} is shown in {shown}", field.path);
    }
    assert!(!shown.contains("测试者") && !shown.contains("19491231"), "{shown}");
}

#[test]
fn every_fault_code_belongs_to_a_list() {
    for text in ["", " ", "x", "2022-11-09", "-1", "\u{0}"] {
        for field in case_fields() {
            for fault in read(&with(&company(), &[(field.path, text)])).err().into_iter().flatten() {
                let code = fault.code();
                assert!(FieldFault::CODES.contains(&code) || CodeError::CODES.contains(&code), "{code}");
            }
        }
    }
}

#[test]
fn the_faults_of_several_fields_are_told_at_once() {
    let fields = with(
        &company(),
        &[(path::CONCLUDED_AT, "yesterday"), (path::FROM, "12"), ("colour", "red"), (path::ITEM, "JJJ-999")],
    );
    let expected = [
        (path::FROM, "code.region_code.length"),
        (path::ITEM, "item.unknown"),
        (path::CONCLUDED_AT, "field.timestamp"),
        ("colour", "field.unknown"),
    ];
    assert_eq!(faults(&fields), expected.map(|(path, code)| (path.to_owned(), code)));
}

proptest! {
    #[test]
    fn a_case_gives_back_the_fields_it_was_made_of(
        name in "[\\p{Han}A-Za-z0-9()（）·]{1,40}",
        number in "[\\p{Han}0-9A-Z〔〕]{1,40}",
        accepted in proptest::option::of(0_i64..1_600_000_000),
        duration in 0_i64..100_000_000,
        milliseconds in 0_i64..1000,
        until in prop_oneof![Just(None), Just(Some("no_expiry".to_owned())), "20[3-9][0-9]-1[0-2]-[12][0-9]".prop_map(Some)],
        refuse in any::<bool>(),
        legal in any::<bool>(),
    ) {
        let text = |seconds: i64| jiff::Timestamp::from_millisecond(seconds * 1000 + milliseconds).unwrap().to_string();
        let concluded = text(accepted.unwrap_or_default() + duration);
        let mut fields = with(&if legal { company() } else { person() }, &[
            (path::APPLICANT_NAME, &name),
            (path::LICENSE_NUMBER, &number),
            (path::CONCLUDED_AT, &concluded),
            (path::DECISION, if refuse { "refuse" } else { "grant" }),
        ]);
        match accepted {
            Some(seconds) => fields.set(path::ACCEPTED_AT, text(seconds)),
            None => fields.remove(path::ACCEPTED_AT),
        };
        match until {
            Some(until) => fields.set(path::LICENSE_VALID_UNTIL, until),
            None => fields.remove(path::LICENSE_VALID_UNTIL),
        };
        prop_assert_eq!(read(&fields).unwrap().to_fields(), fields);
    }

    #[test]
    fn whatever_a_field_holds_it_is_refused_or_given_back(row in 0..case_fields().len(), text in "\\PC{0,30}|[0-9TZ:. -]{0,30}") {
        let fields = with(&company(), &[(case_fields()[row].path, &text)]);
        match read(&fields) {
            Ok(case) => prop_assert_eq!(case.to_fields(), fields),
            Err(faults) => prop_assert!(faults.iter().all(|fault| find(fault.path()).is_some())),
        }
    }
}
