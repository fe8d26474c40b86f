//! Wrong messages of each region: every fault at once, each at its place, with its code and without what was received.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use adapters::{Adapters, Concluded, Fault, Limits};
use standards::code::RegionCode;
use standards::field::{self, Privacy};

const BEIJING: (&str, &str) = ("110000", include_str!("../regions/110000-beijing/samples/granted.json"));
const TIANJIN: (&str, &str) = ("120000", include_str!("../regions/120000-tianjin/samples/granted.xml"));
const HEBEI: (&str, &str) = ("130000", include_str!("../regions/130000-hebei/samples/granted.json"));

fn read(region: &str, message: &str) -> Result<Concluded, Vec<Fault>> {
    let adapters = Adapters::embedded().unwrap();
    adapters
        .adapter(&region.parse::<RegionCode>().unwrap())
        .unwrap()
        .read_conclusion(message.as_bytes(), &Limits::MESSAGE)
}

/// Reads the sample with one text replaced.
fn read_changed((region, sample): (&str, &str), from: &str, to: &str) -> Result<Concluded, Vec<Fault>> {
    assert!(sample.contains(from), "{from:?} is not in the sample of {region}");
    read(region, &sample.replacen(from, to, 1))
}

/// Each row: what is replaced, by what, and the faults expected as "code path".
type Row = (&'static str, &'static str, &'static [&'static str]);

fn check(sample: (&str, &str), rows: &[Row]) {
    for (from, to, expected) in rows {
        let Err(faults) = read_changed(sample, from, to) else { panic!("{from:?} -> {to:?} was read") };
        let found: Vec<String> = faults.iter().map(|fault| format!("{} {}", fault.code(), fault.path)).collect();
        assert_eq!(found, *expected, "{from:?} -> {to:?}");
    }
}

#[test]
fn wrong_messages_of_beijing_are_refused() {
    check(
        BEIJING,
        &[
            (r#""status": 11"#, r#""status": 12"#, &["message.code_without_equivalent /status"]),
            (r#""status": 11"#, r#""status": 3"#, &["message.not_concluding /status"]),
            (r#""status": 11"#, r#""status": 99"#, &["message.unknown_kind /status"]),
            (r#""status": 11"#, r#""status": "11""#, &["message.unknown_kind /status"]),
            (r#""status": 11"#, r#""status": null"#, &["message.unknown_kind /status"]),
            (r#""status": 11"#, r#""status": 11.0"#, &["json.not_whole_number "]),
            (r#""status": 11,"#, "", &["message.unknown_kind /status"]),
            (r#""status": 11"#, r#""status": {"a": 1}"#, &["message.unknown_kind /status"]),
            (r#""no": "110105202200001""#, r#""no": """#, &["message.empty_value /result/no"]),
            (r#""no": "110105202200001""#, r#""no": "null""#, &["message.null_value /result/no"]),
            (r#""no": "110105202200001""#, r#""no": 110105202200001"#, &["message.wrong_kind /result/no"]),
            (
                r#""no": "110105202200001""#,
                r#""no": ["1"]"#,
                &["message.missing_field /result/no", "message.unknown_field /result/no/0"],
            ),
            (r#""no": "110105202200001""#, r#""no": "a\u0000b""#, &["message.illegal_character /result/no"]),
            (r#""no": "110105202200001""#, r#""no": "   ""#, &["field.untrimmed /result/no"]),
            (r#""expiry": "2025-11-08""#, r#""expiry": "2025-11-31""#, &["message.wrong_format /result/expiry"]),
            (r#""expiry": "2025-11-08""#, r#""expiry": "2025-1-8""#, &["message.wrong_format /result/expiry"]),
            (r#""expiry": "2025-11-08""#, r#""expiry": "20251108""#, &["message.wrong_format /result/expiry"]),
            (r#""expiry": "2025-11-08""#, r#""expiry": "9999-01-01""#, &["message.sentinel_date /result/expiry"]),
            (r#""expiry": "2025-11-08""#, r#""expiry": "长期""#, &["message.wrong_format /result/expiry"]),
            (r#""expiry": "2025-11-08""#, r#""expiry": """#, &["message.empty_value /result/expiry"]),
            (r#""expiry": "2025-11-08""#, r#""expiry": "2020-11-08""#, &["field.contradiction /result/expiry"]),
            (r#""expiry": "2025-11-08""#, r#""expires": "2025-11-08""#, &["message.unknown_field /result/expires"]),
            ("2022-11-09T16:01:02.000+08:00", "2022-11-09T08:01:02.000Z", &["message.wrong_format /finish_time"]),
            ("2022-11-09T16:01:02.000+08:00", "2022-11-09T16:01:02.000", &["message.wrong_format /finish_time"]),
            ("2022-11-09T16:01:02.000+08:00", "2022-11-09T24:01:02.000+08:00", &["message.wrong_format /finish_time"]),
            ("2022-11-09T16:01:02.000+08:00", "2022-02-30T16:01:02.000+08:00", &["message.wrong_format /finish_time"]),
            ("2022-11-09T16:01:02.000+08:00", "2022-11-09T16:01:60.000+08:00", &["message.wrong_format /finish_time"]),
            ("2022-11-09T16:01:02.000+08:00", "2022-11-01T16:01:02.000+08:00", &["field.contradiction /finish_time"]),
            (r#""110105000000""#, r#""110105""#, &["message.wrong_format /area_code"]),
            (r#""110105000000""#, r#""999999000000""#, &["division.unknown /area_code"]),
            (
                r#""task_code": "11110000FAKE00013R2000114003004""#,
                r#""task_code": "11110000FAKE00013R200011400300401""#,
                &["message.unknown_item /task_code"],
            ),
            (r#""kind": "legal""#, r#""kind": "2""#, &["message.unknown_code /applicant/kind"]),
            (r#""kind": "legal""#, r#""kind": "natural""#, &["field.contradiction /applicant/id_type"]),
            (
                r#""id_no": "91110105FAKE100199""#,
                r#""id_no": "91110105FAKE100198""#,
                &["code.credit_code.check_digit /applicant/id_no"],
            ),
            (
                r#""id_no": "91110105FAKE100199""#,
                r#""id_no": "2222222222222""#,
                &["code.credit_code.length /applicant/id_no"],
            ),
            (
                r#""ZZBFJGDM": "11110000FAKE00013R""#,
                r#""ZZBFJGDM": "11110000FAKE00013r""#,
                &["code.credit_code.character /result/metadata/ZZBFJGDM"],
            ),
            (r#"000001.001.A""#, r#"000001.001.M""#, &["code.license_id.check_digit /result/cert_id"]),
            ("北京自贸测试企业(虚构)", "A&amp;B", &["message.escaped_twice /applicant/name"]),
            (r#""no""#, r#""case_no": 1, "no""#, &["message.unknown_field /result/case_no"]),
            (r#""no": "110105202200001""#, r#""no": "1", "no": "2""#, &["json.duplicate_key "]),
        ],
    );
}

/// The codes and paths of the faults expected.
type Expected<'a> = &'a [(&'a str, String)];

#[test]
fn wrong_messages_of_tianjin_are_refused() {
    let at = |name: &str| format!("/ExInfo/standardInfo/Field[@FieldName='{name}']");
    let rows: &[(&str, &str, Expected)] = &[
        ("'BJJGDM'>0<", "'BJJGDM'>7<", &[("message.unknown_code", at("BJJGDM"))]),
        ("'BJJGDM'>0<", "'BJJGDM'>2<", &[("message.not_concluding", "/ExInfo/standardInfo/@process".into())]),
        ("'BJJGDM'>0<", "'BJJGDM'>4<", &[("message.code_without_equivalent", at("BJJGDM"))]),
        ("'BJJGDM'>0<", "'BJJGDM'><", &[("message.missing_field", at("BJJGDM"))]),
        ("'BJJGDM'>0<", "'BJJGDM'>null<", &[("message.null_value", at("BJJGDM"))]),
        ("EX_GDBS_BJ", "EX_GDBS_SPCL", &[("message.not_concluding", "/ExInfo/standardInfo/@process".into())]),
        ("EX_GDBS_BJ", "EX_GDBS_SL", &[("message.unknown_kind", "/ExInfo/standardInfo/@process".into())]),
        ("EX_GDBS_BJ", "EX_GDBS_WSYSL", &[("message.code_without_equivalent", "/ExInfo/standardInfo/@process".into())]),
        (" process=\"EX_GDBS_BJ\"", "", &[("message.unknown_kind", "/ExInfo/standardInfo/@process".into())]),
        ("process=", "x='1' process=", &[("message.unknown_field", "/ExInfo/standardInfo/@x".into())]),
        ("'SQRLX'>2<", "'SQRLX'>3<", &[("message.code_without_equivalent", at("SQRLX"))]),
        ("'GXDXZQHDM'>120116<", "'GXDXZQHDM'>120116000000<", &[("message.wrong_format", at("GXDXZQHDM"))]),
        ("'GXDXZQHDM'>120116<", "'GXDXZQHDM'>110105<", &[("division.elsewhere", at("GXDXZQHDM"))]),
        ("2022-11-09 16:01:02", "20221109160102", &[("message.wrong_format", at("BJSJ"))]),
        ("'SXBM'>121A", "'SXBM'>121B", &[("message.unknown_item", at("SXBM"))]),
        ("'ZZBS'", "'ZJBH'", &[("message.duplicate_field", at("ZJBH"))]),
        ("'ZZBS'", "'BMZZJDDM'", &[("message.unknown_field", at("BMZZJDDM"))]),
        ("FieldName='ZZBS'", "Name='ZZBS'", &[("message.wrong_shape", String::new())]),
        ("FieldName='ZZBS'", "FieldName=\"ZZ']/*\"", &[("message.wrong_shape", String::new())]),
        ("FieldName='ZZBS'", "FieldName='ZZBS' a='b'", &[("message.wrong_shape", String::new())]),
        ("'BJJGDM'>0<", "'BJJGDM'><b>0</b><", &[("message.wrong_shape", String::new())]),
        ("<ExInfo>", "<ExInfo a='b'>", &[("message.wrong_shape", String::new())]),
        ("</standardInfo>", "</standardInfo><standardInfo/>", &[("message.wrong_shape", String::new())]),
        ("天津自贸测试企业", "&amp;lt;b&amp;gt;", &[("message.escaped_twice", at("SQRMC"))]),
        ("<ExInfo>", "<!DOCTYPE x><ExInfo>", &[("xml.doctype", String::new())]),
    ];
    for (from, to, expected) in rows {
        let faults = read_changed(TIANJIN, from, to).expect_err(to);
        let found: Vec<(&str, String)> = faults.iter().map(|fault| (fault.code(), fault.path.clone())).collect();
        assert_eq!(found, *expected, "{from:?} -> {to:?}");
    }
}

#[test]
fn wrong_messages_of_hebei_are_refused() {
    check(
        HEBEI,
        &[
            (r#""status": "90""#, r#""status": "28""#, &["message.not_concluding /params/status"]),
            (r#""status": "90""#, r#""status": "30""#, &["message.unknown_kind /params/status"]),
            (r#""status": "90""#, r#""status": 90"#, &["message.unknown_kind /params/status"]),
            (r#""status": "90","#, "", &["message.unknown_kind /params/status"]),
            (
                r#""banjieresult": "40""#,
                r#""banjieresult": "42""#,
                &["message.code_without_equivalent /params/banjieresult"],
            ),
            (r#""banjieresult": "40""#, r#""banjieresult": "0""#, &["message.unknown_code /params/banjieresult"]),
            (r#""banjieresult": "40""#, r#""banjieresult": "null""#, &["message.missing_field /params/banjieresult"]),
            (r#""banjieresult": "40""#, r#""banjieresult": null"#, &["message.missing_field /params/banjieresult"]),
            (r#""pfwh": "冀劳派000001""#, r#""pfwh": """#, &["message.missing_field /params/pfwh"]),
            (r#""pfwjyxqx": "9999-01-01""#, r#""pfwjyxqx": "9999-12-31""#, &["message.sentinel_date /params/pfwjyxqx"]),
            ("20221109160102", "2022-11-09 16:01:02", &["message.wrong_format /params/bjsj"]),
            ("20221109160102", "20221109160160", &["message.wrong_format /params/bjsj"]),
            ("20221109160102", "00000000000000", &["message.wrong_format /params/bjsj"]),
            (r#""params""#, r#""parameters""#, &["message.unknown_kind /params/status"]),
            (r#""sqrlx": "1""#, r#""sqrlx": "2""#, &["message.unknown_code /params/sqrlx"]),
            (r#""sqrzjlx": "16""#, r#""sqrzjlx": "001""#, &["message.unknown_code /params/sqrzjlx"]),
        ],
    );
}

#[test]
fn all_faults_are_reported_at_once_in_the_order_of_the_mapping() {
    let message = HEBEI.1.replace("\"40\"", "\"7\"").replace("20221109160102", "x").replace("91130629FAKE10035R", "1");
    let message = message.replace("\"fjlx\"", "\"unknown\"").replace("\"dwmc\": \"河北省测试审批局(虚构)\",", "");
    let faults = read("130000", &message).unwrap_err();
    let found: Vec<String> = faults.iter().map(|fault| format!("{} {}", fault.code(), fault.path)).collect();
    assert_eq!(
        found,
        [
            "message.missing_field /params/dwmc",
            "code.credit_code.length /params/sqrzjhm",
            "message.unknown_code /params/banjieresult",
            "message.wrong_format /params/bjsj",
            "message.unknown_field /params/unknown",
        ]
    );
}

#[test]
fn a_fault_names_the_field_and_gives_a_hint() {
    let faults = read_changed(TIANJIN, "'BJJGDM'>0<", "'BJJGDM'>7<").unwrap_err();
    let json = serde_json::to_string(&faults).unwrap();
    let expected = concat!(
        r#"[{"path":"/ExInfo/standardInfo/Field[@FieldName='BJJGDM']","value":"7","rule":"RULE","#,
        r#""code":"message.unknown_code","field":"decision","#,
        r#""hint":"not in the code table \"conclusion\"; known: 0, 1"}]"#
    );
    let rule = faults[0].rule.as_deref().unwrap();
    assert!(rule.starts_with("120000-tianjin/mapping.toml:"), "{rule}");
    assert_eq!(json.replace(rule, "RULE"), expected);
}

#[test]
fn a_fault_shows_no_number_of_a_citizen_and_nothing_of_what_may_be_personal() {
    let secret = "SECRET张三110101199003070011";
    for (region, sample) in [BEIJING, TIANJIN, HEBEI] {
        let (open, close) = if region == "120000" { ("'>", "</Field>") } else { ("\": \"", "\"") };
        let mut rest = sample;
        let mut refused = 0;
        while let Some(at) = rest.find(open) {
            let start = sample.len() - rest.len() + at + open.len();
            let end = start + sample[start..].find(close).unwrap();
            let changed = format!("{}{secret}{}", &sample[..start], &sample[end..]);
            if let Err(faults) = read(region, &changed) {
                refused += 1;
                let text = format!("{faults:?} {}", serde_json::to_string(&faults).unwrap());
                assert!(!text.contains("199003070011"), "{text}");
                for fault in faults {
                    let field = fault.field.as_deref().and_then(field::find);
                    let may_show = field.is_some_and(|field| field.privacy == Privacy::Open);
                    let shown = fault.value.as_deref().is_some_and(|value| value.contains("SECRET"));
                    assert!(may_show || !shown, "{fault:?}");
                    assert!(!fault.hint().contains("SECRET"), "{fault:?}");
                }
            }
            rest = &sample[start..];
        }
        assert!(refused >= 10, "{region}: only {refused} values were checked at all");
    }
}

#[test]
fn a_wrong_identity_number_is_not_hinted_at() {
    let natural = BEIJING.1.replace("\"legal\"", "\"natural\"").replace("\"001\"", "\"111\"");
    let good = natural.replacen("91110105FAKE100199", "11010519491231002X", 1);
    assert!(read("110000", &good).is_ok());
    let faults = read("110000", &good.replacen("11010519491231002X", "110105194912310021", 1)).unwrap_err();
    assert_eq!(faults[0].code(), "code.citizen_id.check_digit");
    assert_eq!(faults[0].hint(), "applicant.id_number: the value does not hold");
}

#[test]
fn a_division_is_judged_by_its_digits_and_never_by_its_name() {
    let mapped = read_changed(BEIJING, "\"110105000000\"", "\"120105000000\"").unwrap();
    assert_eq!(mapped.case.from.as_str(), "120000", "天津市河北区 is in 天津");
}

#[test]
fn limits_are_held_before_anything_is_parsed() {
    let adapters = Adapters::embedded().unwrap();
    let tight = Limits { bytes_max: 100, ..Limits::MESSAGE };
    for (region, sample) in [BEIJING, TIANJIN, HEBEI] {
        let adapter = adapters.adapter(&region.parse::<RegionCode>().unwrap()).unwrap();
        let faults = adapter.read(sample.as_bytes(), &tight).unwrap_err();
        assert!(faults[0].code().ends_with(".too_long"), "{faults:?}");
    }
}
