//! Folders of regions: everything that can be wrong in one is found at load with file and line, and a region is data only.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};

use adapters::{Adapters, Limits, MappingFaults};
use tempfile::TempDir;

const TIANJIN: &str = "120000-tianjin";
const HEBEI: &str = "130000-hebei";

fn regions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("regions")
}

/// A copy of all folders to break.
fn copy() -> TempDir {
    let directory = TempDir::new().unwrap();
    for folder in fs::read_dir(regions()).unwrap() {
        let folder = folder.unwrap();
        let to = directory.path().join(folder.file_name());
        fs::create_dir(&to).unwrap();
        for file in ["mapping.toml", "codes.toml", "items.toml"] {
            fs::copy(folder.path().join(file), to.join(file)).unwrap();
        }
    }
    directory
}

/// Replaces the first occurrence and tells the line of the replacement's own first line.
fn change(directory: &Path, file: &str, from: &str, to: &str) -> usize {
    let path = directory.join(file);
    let text = fs::read_to_string(&path).unwrap();
    let at = text.find(from).unwrap_or_else(|| panic!("{from:?} is not in {file}"));
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    1 + text[..at].matches('\n').count()
}

fn faults(directory: &Path) -> MappingFaults {
    match Adapters::load(directory) {
        Ok(_) => panic!("the broken folder was loaded"),
        Err(faults) => faults,
    }
}

#[test]
fn a_copy_of_the_embedded_folders_is_the_same() {
    let (embedded, loaded) = (Adapters::embedded().unwrap(), Adapters::load(copy().path()).unwrap());
    assert_eq!(loaded.edition(), embedded.edition());
    assert_eq!(embedded.edition(), "110000@2026.3 120000@2026.3 130000@2026.3");
}

/// Each row: file, what is replaced, by what, lines from there to the fault, code.
type Row = (&'static str, &'static str, &'static str, isize, &'static str);

const TIANJIN_RULES: &str = "120000-tianjin/mapping.toml";
const HEBEI_RULES: &str = "130000-hebei/mapping.toml";
const TIANJIN_CODES: &str = "120000-tianjin/codes.toml";
const TIANJIN_ITEMS: &str = "120000-tianjin/items.toml";

const BROKEN: &[Row] = &[
    (TIANJIN_RULES, "region = \"120000\"", "region = ", 0, "mapping.syntax"),
    (TIANJIN_RULES, "region = \"120000\"", "region = \"120100\"", 0, "mapping.syntax"),
    (TIANJIN_RULES, "region = \"120000\"", "region = \"140000\"", 0, "mapping.folder_name"),
    (TIANJIN_RULES, "region = \"120000\"", "region = \"120000\"\nregoin = \"x\"", 1, "mapping.syntax"),
    (TIANJIN_RULES, "edition = \"2026.3\"", "edition = \"\"", 0, "mapping.edition"),
    (TIANJIN_RULES, "edition = \"2026.3\"", "edition = \"a b\"", 0, "mapping.edition"),
    (TIANJIN_RULES, "write_blank = \"empty\"", "write_blank = \"nothing\"", 0, "mapping.syntax"),
    (TIANJIN_RULES, "wire.xml", "wire.yaml", 0, "mapping.syntax"),
    (TIANJIN_RULES, "kind = \"collection\"", "kind = \"kollektion\"", 0, "mapping.syntax"),
    (TIANJIN_RULES, "kind = \"collection\"", "kind = \"application\"", 0, "mapping.kind_twice"),
    (TIANJIN_RULES, "one_of = [\"EX_GDBS_SPCL\"]", "one_of = [\"EX_GDBS_SB\"]", 0, "mapping.kinds_alike"),
    (TIANJIN_RULES, "[{ source = \"@process\", one_of = [\"EX_GDBS_SPCL\"] }]", "[]", 0, "mapping.no_condition"),
    (TIANJIN_RULES, ", one_of = [\"EX_GDBS_SPCL\"]", "", 0, "mapping.condition_not_written"),
    (TIANJIN_RULES, "field = \"step\"", "in = [\"collection\"], field = \"step\"", 0, "mapping.field_of_other_kind"),
    (TIANJIN_RULES, "source = \"attachInfo/*/FJMC\"", "source = \"FJMC\"", 0, "mapping.list_source"),
    (
        TIANJIN_RULES,
        "source = \"BJSJ\", transform = \"time_local\"",
        "source = \"BJSJ\", transform = \"date\"",
        0,
        "mapping.type_mismatch",
    ),
    (
        TIANJIN_RULES,
        "source = \"ZJBH\", transform = \"text\"",
        "source = \"ZJBH\", transform = \"text\", in = []",
        0,
        "mapping.unused_source",
    ),
    (TIANJIN_RULES, "source = \"SXMC\"", "source = \"SXMC\", in = []", 0, "mapping.unused_source"),
    (TIANJIN_RULES, "source = \"attachInfo/*/FJMC\"", "source = \"attaches/*/FJMC\"", 0, "mapping.source"),
    (HEBEI_RULES, "source = \"/params/fjlist/*/fjmc\"", "source = \"/params/*/*/fjmc\"", 0, "mapping.source"),
    (HEBEI_RULES, "source = \"/params/fjlist/*/fjmc\"", "source = \"/params/0/*/fjmc\"", 0, "mapping.source"),
    (TIANJIN_RULES, "group = \"standardInfo\"", "grupo = \"standardInfo\"", 0, "mapping.syntax"),
    (TIANJIN_RULES, "field = \"case_id\"", "field = \"case_no\"", 0, "mapping.unknown_field"),
    (TIANJIN_RULES, "field = \"license.id\"", "field = \"license.number\"", 0, "mapping.field_twice"),
    (TIANJIN_RULES, "source = \"SBLSH\"", "source = \"/SBLSH\"", 0, "mapping.source"),
    (TIANJIN_RULES, "source = \"SBLSH\"", "source = \"\"", 0, "mapping.source"),
    (TIANJIN_RULES, "source = \"SBLSH\"", "source = \"@process\"", 0, "mapping.source_conflict"),
    (TIANJIN_RULES, "source = \"SXMC\"", "source = \"SBLSH\"", 0, "mapping.source_conflict"),
    (HEBEI_RULES, "source = \"/params/spsxslbm\"", "source = \"params/spsxslbm\"", 0, "mapping.source"),
    (HEBEI_RULES, "source = \"/params/spsxslbm\"", "source = \"/params//spsxslbm\"", 0, "mapping.source"),
    (HEBEI_RULES, "source = \"/params/fjid\"", "source = \"/params/pfwh/id\"", 0, "mapping.source_conflict"),
    (HEBEI_RULES, "source = \"/params/fjid\"", "source = \"/params\"", 0, "mapping.source_conflict"),
    (TIANJIN_RULES, "transform = \"text\"", "transform = \"txt\"", 0, "mapping.unknown_transform"),
    (
        TIANJIN_RULES,
        "transform = \"code\", table = \"conclusion\"",
        "transform = \"code\"",
        0,
        "mapping.option_missing",
    ),
    (TIANJIN_RULES, "transform = \"text\"", "transform = \"text\", table = \"conclusion\"", 0, "mapping.option_unused"),
    (TIANJIN_RULES, ", no_expiry = \"长期\"", "", 0, "mapping.option_missing"),
    (TIANJIN_RULES, "transform = \"date\"", "transform = \"date\", no_expiry = \"x\"", 0, "mapping.option_unused"),
    (TIANJIN_RULES, "source = \"SBLSH\"", "source = \"SBLSH\", kind = \"number\"", 0, "mapping.number_in_xml"),
    (TIANJIN_RULES, "table = \"conclusion\"", "table = \"conclusions\"", 0, "mapping.unknown_table"),
    (TIANJIN_CODES, "exact = \"grant\"", "exact = \"granted\"", 0, "mapping.table_value"),
    (TIANJIN_CODES, "exact = \"grant\"", "exakt = \"grant\"", 0, "mapping.syntax"),
    (TIANJIN_CODES, ", exact = \"grant\"", "", 0, "mapping.undeclared"),
    (TIANJIN_CODES, "exact = \"grant\"", "exact = \"grant\", unmapped = \"x\"", 0, "mapping.undeclared"),
    (
        TIANJIN_CODES,
        "code = \"1\", meaning = \"退回办结\"",
        "code = \"0\", meaning = \"退回办结\"",
        0,
        "mapping.code_twice",
    ),
    (TIANJIN_CODES, "exact = \"refuse\"", "exact = \"grant\"", 0, "mapping.value_twice"),
    (TIANJIN_ITEMS, "item = \"JJJ-033\"", "item = \"JJJ-999\"", 0, "mapping.unknown_item"),
    (TIANJIN_ITEMS, "item = \"JJJ-033\"", "item = \"33\"", 0, "mapping.unknown_item"),
    (TIANJIN_ITEMS, "item = \"JJJ-033\"", "itme = \"JJJ-033\"", 0, "mapping.syntax"),
];

#[test]
fn each_broken_rule_is_found_with_its_file_and_line() {
    for (file, from, to, offset, code) in BROKEN {
        let directory = copy();
        let line = change(directory.path(), file, from, to).strict_add_signed(*offset);
        println!("{from:?} -> {to:?}");
        let faults = faults(directory.path());
        let found: Vec<(&str, &str, usize)> =
            faults.0.iter().map(|fault| (fault.error.code(), fault.file.as_str(), fault.line)).collect();
        assert!(
            found.iter().any(|(c, f, l)| c == code && f == file && *l == line),
            "{from:?} -> {to:?} line {line}: {found:?}"
        );
        assert!(faults.to_string().contains(&format!("{file}:")), "{faults}");
    }
}

#[test]
fn what_is_missing_is_found_with_its_file() {
    type Break = fn(&Path);
    let cases: [(Break, &str, &str); 8] = [
        (
            |dir| fs::remove_file(dir.join(TIANJIN).join("codes.toml")).unwrap(),
            "120000-tianjin/codes.toml",
            "mapping.missing_file",
        ),
        (
            |dir| fs::write(dir.join(TIANJIN).join("items.toml"), "item = []").unwrap(),
            "120000-tianjin/items.toml",
            "mapping.no_items",
        ),
        (
            |dir| {
                change(
                    dir,
                    TIANJIN_CODES,
                    "conclusion =",
                    "unused = [{ code = \"1\", meaning = \"x\", unmapped = \"x\" }]\nconclusion =",
                );
            },
            "120000-tianjin/codes.toml",
            "mapping.unused_table",
        ),
        (
            |dir| {
                let rule = "    { field = \"license.number\", source = \"ZJBH\", transform = \"text\" },\n";
                change(dir, TIANJIN_RULES, rule, "");
            },
            "120000-tianjin/mapping.toml",
            "mapping.field_without_rule",
        ),
        (
            |dir| {
                let row =
                    "    { kind = \"collection\", when = [{ source = \"@process\", one_of = [\"EX_GDBS_LQDJ\"] }] },\n";
                change(dir, TIANJIN_RULES, row, "");
            },
            "120000-tianjin/mapping.toml",
            "mapping.kind_missing",
        ),
        (
            |dir| {
                change(dir, TIANJIN_CODES, "exact = \"refuse\"", "lossy = \"refuse\"");
            },
            "120000-tianjin/codes.toml",
            "mapping.value_without_code",
        ),
        (
            |dir| fs::rename(dir.join(TIANJIN), dir.join("120000-")).unwrap(),
            "120000-/mapping.toml",
            "mapping.folder_name",
        ),
        (|dir| fs::write(dir.join(HEBEI).join("codes.toml"), b"\xff").unwrap(), "codes.toml", "mapping.unreadable"),
    ];
    for (break_it, file, code) in cases {
        let directory = copy();
        break_it(directory.path());
        let faults = faults(directory.path());
        assert!(
            faults.0.iter().any(|fault| fault.error.code() == code && fault.file.ends_with(file)),
            "{code}: {faults}"
        );
    }
}

#[test]
fn each_region_has_a_code_for_each_item_of_the_catalogue() {
    for adapter in Adapters::embedded().unwrap().iter() {
        for item in standards::item::Catalogue::embedded().unwrap().items() {
            let code = adapter.mapping().items.code_of(item.id.as_str());
            assert!(code.is_some(), "{} has no code in {}/items.toml", item.id, adapter.region());
        }
    }
}

/// The sample below one heading of the readme.
fn sample(file: &str) -> String {
    let readme = include_str!("../README.md");
    let section = readme.split("\n## ").find(|section| section.starts_with(&format!("`{file}`"))).unwrap();
    section.lines().filter_map(|line| line.strip_prefix("    ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_readme_lists_every_transform_and_its_samples_are_a_mapping_and_a_catalogue() {
    let readme = include_str!("../README.md");
    for transform in adapters::transform::TRANSFORMS {
        assert!(readme.contains(&format!("| `{}` |", transform.name)), "{} is not in README.md", transform.name);
    }
    let directory = copy();
    fs::write(directory.path().join(TIANJIN_RULES), sample("mapping.toml")).unwrap();
    let codes: Vec<&str> = faults(directory.path()).0.iter().map(|fault| fault.error.code()).collect();
    let incomplete = ["mapping.field_without_rule", "mapping.unused_table", "mapping.kind_missing"];
    assert!(
        codes.iter().all(|code| incomplete.contains(code)),
        "the sample has one rule only, but else is good: {codes:?}"
    );
    let directory = copy();
    fs::write(directory.path().join(TIANJIN_ITEMS), sample("items.toml")).unwrap();
    Adapters::load(directory.path()).unwrap_or_else(|faults| panic!("{faults}"));
}

#[test]
fn two_folders_of_one_region_are_refused() {
    let directory = copy();
    fs::create_dir(directory.path().join("120000-again")).unwrap();
    for file in ["mapping.toml", "codes.toml", "items.toml"] {
        fs::copy(directory.path().join(TIANJIN).join(file), directory.path().join("120000-again").join(file)).unwrap();
    }
    assert_eq!(faults(directory.path()).0[0].error.code(), "mapping.region_twice");
}

#[test]
fn a_directory_without_regions_and_one_that_is_not_there_are_refused() {
    let directory = TempDir::new().unwrap();
    assert_eq!(faults(directory.path()).0[0].error.code(), "mapping.no_region");
    assert_eq!(faults(&directory.path().join("nowhere")).0[0].error.code(), "mapping.unreadable");
}

#[test]
fn a_file_over_its_limit_is_refused() {
    let directory = copy();
    fs::write(directory.path().join(TIANJIN_ITEMS), "#".repeat(2 * 1024 * 1024)).unwrap();
    assert_eq!(faults(directory.path()).0[0].error.code(), "mapping.unreadable");
}

#[test]
fn all_broken_files_of_all_regions_are_reported_together() {
    let directory = copy();
    change(directory.path(), TIANJIN_RULES, "transform = \"text\"", "transform = \"txt\"");
    change(directory.path(), TIANJIN_CODES, "exact = \"grant\"", "exact = \"granted\"");
    change(directory.path(), HEBEI_RULES, "field = \"case_id\"", "field = \"case_no\"");
    let text = faults(directory.path()).to_string();
    for part in ["120000-tianjin/mapping.toml:", "120000-tianjin/codes.toml:", "130000-hebei/mapping.toml:"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn a_new_region_is_a_folder_and_no_code() {
    let directory = copy();
    let shanxi = directory.path().join("140000-shanxi");
    fs::rename(directory.path().join(HEBEI), &shanxi).unwrap();
    change(&shanxi, "mapping.toml", "region = \"130000\"", "region = \"140000\"");
    change(&shanxi, "mapping.toml", "source = \"/params/spsxslbm\"", "source = \"/case/number\"");
    change(
        &shanxi,
        "mapping.toml",
        "{ kind = \"conclusion\", when = [{ source = \"/params/status\", one_of = [\"90\"] }] }",
        "{ kind = \"conclusion\", when = [{ source = \"/params/status\", one_of = [\"done\"] }] }",
    );
    let adapters = Adapters::load(directory.path()).unwrap_or_else(|faults| panic!("{faults}"));
    let adapter = adapters.adapter(&"140000".parse().unwrap()).unwrap();

    let sample = fs::read_to_string(regions().join(HEBEI).join("samples/granted.json")).unwrap();
    let sample = sample
        .replace("\"spsxslbm\": \"13062920221104000001\",", "")
        .replace("\"status\": \"90\"", "\"status\": \"done\"");
    let sample = sample.replacen('{', r#"{"case": {"number": "13062920221104000001"},"#, 1);
    let mapped = adapter.read(sample.as_bytes(), &Limits::MESSAGE).unwrap();
    assert_eq!(mapped.message.event().case_id, "13062920221104000001");
    let written = String::from_utf8(adapter.write(&mapped.message).unwrap().bytes).unwrap();
    assert!(written.contains(r#""status": "done""#), "{written}");
    assert!(mapped.explanation.iter().all(|row| row.rule.as_ref().unwrap().starts_with("140000-shanxi/mapping.toml:")));
}
