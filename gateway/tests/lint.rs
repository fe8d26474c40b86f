//! `tongbiao lint`, run as people run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A list as an office exports it: a title above the names, a byte order mark, a blank line, a line break inside a cell.
const LIST: &str = "\u{feff}某区实施清单（2026 年）,,,,\n\
    序号,统一社会信用代码（必填）,SXBM,事项名称,区划代码\n\
    1,11110000FAKE00013R,11110000FAKE00013R2000114003004,劳务派遣经营许可,110105\n\
    \n\
    2,11110000FAKE00013,11110000FAKE00013R200011400300401,\"食品（含保健食品)\n经营许可\",110228\n\
    3,FAKE0001-3,121A14003004-120116000000-000-11120000FAKE00021-1-00,许可（县级）,990000\n\
    4,2222222222222,11110000FAKE00013K2000114003004,,12011O\n\
    5,11110000fake00013r\n";
const XML: &str = "<?xml version='1.0' encoding='utf-8'?>\n<ExInfo><standardInfo process='EX_GDBS_BJ'>\n\
    <Field FieldName='SQRZJHM'>110105194912310029</Field>\n<Field FieldName='BZ'>FAKE0001-3</Field>\n\
    <Field FieldName='ZZBS'>1.2.156.3005.2.11100000FAKE00099G001.11120000FAKE00021Q.JY112010600000.001.M</Field>\n\
    </standardInfo></ExInfo>\n";
const JSON: &str = "[{\"params\": {\"ssbm\": \"11130000FAKE0003XL2000114003004\", \"xzqhdm\": 130629}},\n\
    {\"params\": {\"dwtyshxydm\": \"11130000FAKE0003XK\", \"zzbs\": \"null\"}}]\n";
const WAIVER: &str = "[[waiver]]\npath = \"list.csv\"\ncolumn = \"SXBM\"\npattern = \"11110000FAKE00013K??????????004\"\n\
    rule = \"code.implementation_code.credit_code\"\nreason = \"赋码机关正在更正\"\nuntil = 2026-12-31\n";

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn lint(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tongbiao"));
    command.current_dir(folder.path()).arg("lint").args(arguments).args(["--on", "2026-11-23"]).output().unwrap()
}

/// The exit status and what is printed.
fn told(folder: &TempDir, arguments: &[&str]) -> (i32, String) {
    let output = lint(folder, arguments);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// The lines of `--json`, the totals last.
fn rows(folder: &TempDir, arguments: &[&str]) -> Vec<Value> {
    let (_, text) = told(folder, &[arguments, &["--json"]].concat());
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Line and rule of each finding.
fn found(folder: &TempDir, arguments: &[&str]) -> Vec<(u64, String)> {
    let rows = rows(folder, arguments);
    let found = rows.iter().filter(|row| row["totals"].is_null());
    found.map(|row| (row["line"].as_u64().unwrap_or(0), row["rule"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn a_folder_is_told_as_an_integrator_reads_it() {
    let folder = folder(&[
        ("in/list.csv", LIST),
        ("in/deeper/message.xml", XML),
        ("in/records.json", JSON),
        ("in/read.me", "x"),
        ("w.toml", WAIVER),
    ]);
    let (status, text) = told(&folder, &["in", "--waivers", "w.toml"]);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/lint.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(golden.parent().unwrap()).unwrap();
        fs::write(&golden, &text).unwrap();
    }
    assert_eq!(text, fs::read_to_string(golden).unwrap(), "UPDATE=1 writes it again");
    assert_eq!(status, 1);
}

#[test]
fn a_clean_list_is_clean() {
    let folder = folder(&[("a.csv", "credit_code\n11110000FAKE00013R\n\n")]);
    let (status, text) = told(&folder, &["a.csv"]);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("检查了 1 个文件、1 个值（统一社会信用代码 1）") && text.contains("0 faults"), "{text}");
}

#[test]
fn the_line_of_a_table_is_the_one_that_an_editor_shows() {
    let folder = folder(&[("a.csv", LIST)]);
    let lines: Vec<u64> = found(&folder, &["a.csv"]).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [5, 5, 5, 5, 7, 7, 7, 7, 8, 8, 8, 9]);
    let crlf = LIST.replace('\n', "\r\n");
    fs::write(folder.path().join("a.csv"), crlf).unwrap();
    let again: Vec<u64> = found(&folder, &["a.csv"]).into_iter().map(|(line, _)| line).collect();
    assert_eq!(again, lines, "with CRLF");
}

#[test]
fn a_program_reads_kind_path_rule_texts_and_totals() {
    let folder = folder(&[("in/message.xml", XML), ("in/records.json", JSON)]);
    let rows = rows(&folder, &["in"]);
    let (xml, json, totals) = (&rows[0], &rows[rows.len() - 2], &rows[rows.len() - 1]["totals"]);
    assert_eq!(
        (&xml["rule"], &xml["kind"], &xml["line"]),
        (&"code.citizen_id.check_digit".into(), &"holder_id".into(), &3.into())
    );
    assert_eq!(xml["path"], "/ExInfo/standardInfo/Field[@FieldName='SQRZJHM']");
    assert!(xml["zh"].as_str().unwrap().contains("公民身份号码") && xml["advice_en"].is_string(), "{xml}");
    assert_eq!((&json["path"], &json["line"], &json["outcome"]), (&"/1/params/zzbs".into(), &2.into(), &"note".into()));
    assert_eq!((&totals["faults"], &totals["notes"], &totals["files"]), (&3.into(), &2.into(), &2.into()), "{totals}");
    assert_eq!(totals["rules"]["code.license_id.check_digit"]["faults"], 1);
}

#[test]
fn no_number_of_a_person_is_printed() {
    let folder = folder(&[
        (
            "a.csv",
            "身份证号,统一社会信用代码\n110105194912310029,11010519491231002X\n１10105194912310029,x\n110105491231002,\n",
        ),
        ("b.xml", XML),
    ]);
    for form in [&["a.csv", "b.xml"][..], &["a.csv", "b.xml", "--json"]] {
        let (status, text) = told(&folder, form);
        assert_eq!(status, 1, "{text}");
        assert!(text.contains("110105***********9") && text.contains("110105***********X"), "{text}");
        assert!(!text.contains("1949") && !text.contains("491231"), "{text}");
    }
}

#[test]
fn what_names_are_unknown_is_not_checked_until_a_column_is_named() {
    let folder = folder(&[("a.csv", "编号,a=b\n1,FAKE0001-3\n")]);
    assert_eq!(found(&folder, &["a.csv"]), [(0, "lint.nothing_to_check".to_owned())]);
    let column = ["a.csv", "--column", "A=B=credit_code"];
    assert_eq!(found(&folder, &column), [(2, "lint.old_organisation_code".to_owned())]);
    for wrong in ["a=nothing", "=credit_code", "credit_code"] {
        assert_eq!(lint(&folder, &["a.csv", "--column", wrong]).status.code(), Some(64), "{wrong}");
    }
}

#[test]
fn a_file_of_another_name_is_known_by_its_first_character() {
    let object = JSON.trim_start_matches('[').split("},\n").next().unwrap().to_owned() + "}";
    let lines = format!("{object}\n{}\n", object.replace("2000114003004", "2000114003004O"));
    let folder = folder(&[("xml.txt", XML), ("json", &lines), ("table", "ssbm\n1234567\n")]);
    assert_eq!(found(&folder, &["xml.txt"]).len(), 2);
    let second = |row: &(u64, String)| row.0 == 2 && row.1 == "code.implementation_code.length";
    assert!(found(&folder, &["json"]).iter().any(second), "{:?}", found(&folder, &["json"]));
    assert_eq!(found(&folder, &["table"]), [(2, "lint.placeholder".to_owned())]);
}

#[test]
fn what_cannot_be_checked_is_told_and_weighs_more_than_faults() {
    let gbk = [b"credit_code\n\xb1\xb1\xbe\xa9\n".as_slice(), b"1\n"].concat();
    let deep = format!("{}{}", "{\"a\":".repeat(40), "1") + &"}".repeat(40);
    let folder = folder(&[
        ("fault.csv", "credit_code\nFAKE0001-3\n"),
        ("broken.xml", "<a>\n<b></a>"),
        ("doctype.xml", "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><ssbm>&e;</ssbm>"),
        ("broken.json", "[{\"a\": 1},\n {]"),
        ("scalars.json", "[{\"ssbm\": \"\"}, 3]"),
        ("deep.json", &deep),
    ]);
    fs::write(folder.path().join("gbk.csv"), gbk).unwrap();
    fs::write(folder.path().join("wide.csv"), b"\xff\xfec\x00r\x00").unwrap();
    File::create(folder.path().join("long.csv")).unwrap().set_len(64 * 1024 * 1024 + 1).unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    for (name, rule, detail) in [
        ("gbk.csv", "lint.encoding", "第 2 行起不是 UTF-8，很可能是 GB18030"),
        ("wide.csv", "lint.encoding", "UTF-16"),
        ("long.csv", "command.too_long", "67108864"),
        ("broken.xml", "xml.ill_formed", "line 2"),
        ("doctype.xml", "xml.doctype", "DOCTYPE"),
        ("broken.json", "json.syntax", "line 2"),
        ("scalars.json", "json.not_object", ""),
        ("deep.json", "json.too_deep", "32"),
        ("nowhere.csv", "command.unreadable", "nowhere.csv"),
        ("empty", "lint.no_file", ""),
    ] {
        let (status, text) = told(&folder, &[name, "fault.csv"]);
        assert_eq!(status, 66, "{name}: {text}");
        assert!(text.contains(&format!("[{rule}]")) && text.contains(detail), "{name}: {text}");
        assert!(text.contains("[lint.old_organisation_code]"), "the others are checked all the same: {text}");
    }
}

#[test]
fn xml_is_read_in_the_encoding_that_it_states() {
    let folder = folder(&[]);
    let xml =
        b"<?xml version='1.0' encoding='GBK'?>\n<a><mc>\xb1\xb1\xbe\xa9</mc><dwtyshxydm>FAKE0001-3</dwtyshxydm></a>";
    fs::write(folder.path().join("gbk.xml"), xml).unwrap();
    fs::write(folder.path().join("undeclared.xml"), &xml[36..]).unwrap();
    assert_eq!(found(&folder, &["gbk.xml"]), [(2, "lint.old_organisation_code".to_owned())]);
    assert_eq!(found(&folder, &["undeclared.xml"]), [(0, "encoding.undeclared".to_owned())]);
}

#[test]
fn folders_without_end_are_not_followed() {
    let deep = format!("in/{}a.csv", "f/".repeat(20));
    let folder = folder(&[(&deep, "credit_code\nFAKE0001-3\n"), ("in/b.csv", "credit_code\n\n")]);
    std::os::unix::fs::symlink("..", folder.path().join("in/circle")).unwrap();
    let rules: Vec<String> = found(&folder, &["in"]).into_iter().map(|(_, rule)| rule).collect();
    assert_eq!(rules, ["lint.folder_too_deep"]);
}

#[test]
fn a_waiver_lets_pass_what_it_names_aloud_until_it_ends() {
    let ended = WAIVER.replace("2026-12-31", "2026-11-22");
    let unused = WAIVER.replace("SXBM", "SSBM");
    let folder = folder(&[
        ("list.csv", "SXBM\n11110000FAKE00013K2000114003004\n"),
        ("w.toml", WAIVER),
        ("ended.toml", &ended),
        ("unused.toml", &unused),
    ]);
    let outcomes = |waivers: &str| {
        let rows = rows(&folder, &["list.csv", "--waivers", waivers]);
        rows.into_iter().filter(|row| row["totals"].is_null()).collect::<Vec<_>>()
    };
    let waived = outcomes("w.toml");
    assert_eq!((waived.len(), &waived[0]["outcome"]), (1, &"waived".into()));
    assert_eq!((&waived[0]["waiver"]["row"], &waived[0]["waiver"]["reason"]), (&1.into(), &"赋码机关正在更正".into()));
    let (status, text) = told(&folder, &["list.csv", "--waivers", "w.toml"]);
    assert!(status == 0 && text.contains("○ 豁免 waived list.csv:2") && text.contains("豁免 1，"), "{text}");

    for (file, second, status) in [("ended.toml", "lint.waiver_expired", 1), ("unused.toml", "lint.waiver_unused", 1)] {
        let found = outcomes(file);
        assert_eq!(
            (&found[0]["outcome"], &found[1]["rule"], &found[1]["file"]),
            (&"fault".into(), &second.into(), &file.into())
        );
        assert_eq!(lint(&folder, &["list.csv", "--waivers", file]).status.code(), Some(status));
    }
    fs::write(folder.path().join("list.csv"), "SXBM\n").unwrap();
    assert_eq!(lint(&folder, &["list.csv", "--waivers", "w.toml"]).status.code(), Some(0), "unused is no fault");
    assert_eq!(lint(&folder, &["list.csv", "--waivers", "ended.toml"]).status.code(), Some(1), "ended is one");
}

#[test]
fn waivers_that_are_not_explicit_let_nothing_be_checked() {
    let folder = folder(&[
        ("list.csv", "SXBM\n"),
        ("w.toml", &WAIVER.replace("赋码机关正在更正", "")),
        ("x.toml", "[[waiver]]\n\nx"),
    ]);
    for (file, code, detail) in [("w.toml", "waiver.row", "waiver 1: reason"), ("x.toml", "waiver.toml", "line 3")] {
        let output = lint(&folder, &["list.csv", "--waivers", file]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && output.stdout.is_empty(), "{told}");
        assert!(told.contains(code) && told.contains(detail), "{told}");
    }
    assert_eq!(lint(&folder, &["list.csv", "--waivers", "nowhere.toml"]).status.code(), Some(66));
}

#[test]
fn a_value_cannot_steer_the_terminal_or_hide() {
    let folder = folder(&[("a.csv", "credit_code\n\"\u{1b}[2J\u{202e}x\"\n")]);
    let long = folder.path().join("b.csv");
    fs::write(&long, format!("credit_code\n{}\n", "9".repeat(100) + &"8".repeat(5_000))).unwrap();
    let (_, text) = told(&folder, &["a.csv", "b.csv"]);
    assert!(!text.contains(['\u{1b}', '\u{202e}']) && text.contains("\\u{1b}"), "{text}");
    assert!(text.contains("…(+5000)") && text.lines().all(|line| line.len() < 2_000), "{text}");
}

#[test]
fn the_samples_of_the_three_dialects_are_clean() {
    let regions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../adapters/regions");
    let samples = [
        "110000-beijing/samples/granted.json",
        "110000-beijing/samples/refused-superseded-division.json",
        "120000-tianjin/samples/granted.xml",
        "130000-hebei/samples/granted.json",
    ];
    let samples = samples.map(|sample| regions.join(sample).to_str().unwrap().to_owned());
    let (status, text) = told(&folder(&[]), &samples.each_ref().map(String::as_str));
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("[lint.superseded_division]") && text.contains("0 faults"), "{text}");
}
