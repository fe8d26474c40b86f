//! The regions' own catalogues stand by the standard, and one that does not is found and named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;

use adapters::Adapters;
use adapters::drift::{AgreedPart, Difference, Drift, Standing};
use jiff::civil::Date;
use standards::region::Regions;
use tempfile::TempDir;

const TIANJIN: &str = "120000-tianjin/items.toml";

fn today() -> Date {
    "2026-12-01".parse().unwrap()
}

/// A copy of all folders, with some text of one file replaced where it stands first after `after`.
fn edited(file: &str, after: &str, from: &str, to: &str) -> TempDir {
    let directory = TempDir::new().unwrap();
    for folder in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("regions")).unwrap() {
        let folder = folder.unwrap();
        let copy = directory.path().join(folder.file_name());
        fs::create_dir(&copy).unwrap();
        for file in ["mapping.toml", "codes.toml", "items.toml"] {
            fs::copy(folder.path().join(file), copy.join(file)).unwrap();
        }
    }
    let path = directory.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    let (head, tail) = text.split_at(text.find(after).unwrap_or_else(|| panic!("{after:?} is not in {file}")));
    assert!(tail.contains(from), "{from:?} is not in {file} after {after:?}");
    fs::write(path, format!("{head}{}", tail.replacen(from, to, 1))).unwrap();
    directory
}

fn regions() -> Regions {
    Regions::embedded().unwrap()
}

fn drift_of(directory: &TempDir) -> Drift {
    Adapters::load(directory.path()).unwrap_or_else(|faults| panic!("{faults}")).drift(&regions(), today())
}

fn embedded(on: Date) -> Drift {
    Adapters::embedded().unwrap().drift(&regions(), on)
}

#[test]
fn the_three_regions_stand_by_the_standard_but_for_what_they_declare() {
    let drift = embedded(today());
    assert!(drift.is_clean(), "{drift}");
    assert_eq!(drift.regions.iter().map(|region| region.items).collect::<Vec<_>>(), [100, 100, 100]);
    let known: Vec<(&str, &str)> = drift.differences.iter().map(|d| (d.region.as_str(), d.item.as_str())).collect();
    assert_eq!(known, [("110000", "JJJ-100"), ("120000", "JJJ-087"), ("130000", "JJJ-038"), ("130000", "JJJ-082")]);
    assert!(drift.sentence().contains("一致") && !drift.sentence().contains("不一致"));
}

#[test]
fn a_region_that_takes_part_without_a_catalogue_is_named() {
    let directory = edited(TIANJIN, "[[item]]", "[[item]]", "[[item]]");
    fs::remove_dir_all(directory.path().join("120000-tianjin")).unwrap();
    let drift = drift_of(&directory);
    let absent: Vec<&str> = drift.absent.iter().map(|absent| absent.region.as_str()).collect();
    assert_eq!((absent, drift.is_clean(), drift.unexcused().count()), (vec!["120000"], false, 0));
    assert!(drift.sentence().contains("没有目录的地区 1 个"), "{}", drift.sentence());
    assert!(drift.to_string().contains("✗ 120000 天津 [drift.region_missing]\n    在 adapters/regions/"), "{drift}");
    assert!(drift.html().contains("没有事项目录的地区：120000 天津"));
}

#[test]
fn a_region_beyond_those_that_take_part_is_compared_too() {
    let only_beijing = "[[region]]\ncode = \"110000\"\nname_zh = \"北京\"\nname_en = \"Beijing\"\n";
    let drift = Adapters::embedded().unwrap().drift(&Regions::from_text(only_beijing).unwrap(), today());
    assert_eq!((drift.regions.len(), drift.is_clean()), (3, true));
}

#[test]
fn a_declared_difference_is_excused_until_its_day_and_no_longer() {
    let clean = |day: &str| embedded(day.parse().unwrap()).is_clean();
    assert!(clean("2027-03-31"));
    assert!(!clean("2027-04-01"));
    let drift = embedded("2027-04-01".parse().unwrap());
    let expired: Vec<&Difference> = drift.unexcused().collect();
    assert_eq!((expired.len(), expired[0].item.as_str(), expired[0].field.as_str()), (1, "JJJ-038", "name"));
    assert!(matches!(expired[0].standing, Standing::Expired { .. }));
    assert!(drift.to_string().contains("申报已于 2027-04-01 到期"), "{drift}");
}

/// Each row: what is replaced in Tianjin's row of JJJ-033, by what, the part, the field, both sides.
type Row = (&'static str, &'static str, AgreedPart, &'static str, Option<&'static str>, Option<&'static str>);

const SEEDED: [Row; 9] = [
    (
        "name = \"劳务派遣经营许可\"",
        "name = \"劳务派遣许可\"",
        AgreedPart::Name,
        "name",
        Some("劳务派遣经营许可"),
        Some("劳务派遣许可"),
    ),
    (
        "committed_limit = { count = 5",
        "committed_limit = { count = 8",
        AgreedPart::TimeLimit,
        "time_limit.committed_limit",
        Some("5 个工作日"),
        Some("8 个工作日"),
    ),
    (
        "statutory_limit = { count = 20, unit = \"working_day\"",
        "statutory_limit = { count = 20, unit = \"natural_day\"",
        AgreedPart::TimeLimit,
        "time_limit.statutory_limit",
        Some("20 个工作日"),
        Some("20 个自然日"),
    ),
    (
        "二百万元，且已实缴。",
        "三百万元，且已实缴。",
        AgreedPart::AcceptanceCriteria,
        "acceptance_criteria[2]",
        Some("注册资本不少于人民币二百万元，且已实缴。"),
        Some("注册资本不少于人民币三百万元，且已实缴。"),
    ),
    (
        "    \"注册资本不少于人民币二百万元，且已实缴。\",\n",
        "",
        AgreedPart::AcceptanceCriteria,
        "acceptance_criteria[2]",
        Some("注册资本不少于人民币二百万元，且已实缴。"),
        None,
    ),
    (
        "acceptance_criteria = [\n",
        "acceptance_criteria = [\n    \"在本地缴税。\",\n",
        AgreedPart::AcceptanceCriteria,
        "acceptance_criteria[1]",
        None,
        Some("在本地缴税。"),
    ),
    (
        "materials = [\n",
        "materials = [\n    { name = \"本地户口\", form = \"copy\", source = \"applicant\", necessity = \"required\" },\n",
        AgreedPart::Materials,
        "materials[本地户口]",
        None,
        Some("本地户口"),
    ),
    (
        "source = \"shared_data\"",
        "source = \"applicant\"",
        AgreedPart::Materials,
        "materials[营业执照].source",
        Some("共享核验"),
        Some("申请人自备"),
    ),
    (
        "source = \"shared_data\", necessity = \"required\"",
        "source = \"shared_data\", necessity = \"deferrable\"",
        AgreedPart::Materials,
        "materials[营业执照].necessity",
        Some("必要"),
        Some("可容缺后补"),
    ),
];

#[test]
fn each_seeded_difference_is_found_alone_and_named() {
    for (from, to, part, field, standard, regional) in SEEDED {
        let drift = drift_of(&edited(TIANJIN, "item = \"JJJ-033\"", from, to));
        assert!(!drift.is_clean(), "{to:?}");
        let found: Vec<&Difference> = drift.unexcused().collect();
        let [difference] = found[..] else { panic!("{to:?}: {drift}") };
        assert_eq!((difference.region.as_str(), difference.item.as_str()), ("120000", "JJJ-033"));
        assert_eq!((difference.part, difference.field.as_str()), (part, field), "{to:?}");
        assert_eq!((difference.standard.as_deref(), difference.regional.as_deref()), (standard, regional), "{to:?}");
        let text = drift.to_string();
        assert!(
            text.contains(&format!("✗ 120000 JJJ-033 劳务派遣经营许可：{} {field} [{}]", part.label(), part.code())),
            "{text}"
        );
    }
}

#[test]
fn an_item_that_a_region_lacks_is_named() {
    let missing = edited(TIANJIN, "item = \"JJJ-033\"", "item = \"JJJ-033\"", "item = \"JJJ-032\"");
    let drift = drift_of(&missing);
    let first = drift.unexcused().find(|difference| difference.item.as_str() == "JJJ-033").unwrap();
    assert_eq!((first.part, first.regional.as_deref()), (AgreedPart::Item, None));
    assert_eq!(drift.regions[1].items, 99);
}

#[test]
fn a_declaration_excuses_its_own_field_alone() {
    let declaration =
        "\n[[known_difference]]\nitem = \"JJJ-033\"\nfield = \"name\"\nreason = \"试点\"\nuntil = \"2027-01-01\"\n";
    let directory = edited(TIANJIN, "item = \"JJJ-033\"", "name = \"劳务派遣经营许可\"", "name = \"劳务派遣许可\"");
    let path = directory.path().join(TIANJIN);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}{declaration}")).unwrap();
    assert!(drift_of(&directory).is_clean(), "the declared name is excused");
    fs::write(
        &path,
        format!("{text}{declaration}")
            .replace("field = \"name\"\nreason = \"试点\"", "field = \"materials\"\nreason = \"试点\""),
    )
    .unwrap();
    let drift = drift_of(&directory);
    assert_eq!((drift.unexcused().count(), drift.needless.len()), (1, 1), "{drift}");
}

#[test]
fn a_declaration_without_a_difference_is_no_clean_result() {
    let drift = drift_of(&edited(TIANJIN, "item = \"JJJ-087\"", "（县级）", ""));
    assert!(!drift.is_clean());
    assert_eq!(drift.unexcused().count(), 0);
    assert_eq!((drift.needless[0].item.as_str(), drift.needless[0].field.as_str()), ("JJJ-087", "name"));
    assert!(drift.to_string().contains("[drift.needless_declaration]"), "{drift}");
    assert!(drift.html().contains("多余的申报：120000 JJJ-087"), "{}", drift.html());
}

#[test]
fn a_declaration_without_a_reason_twice_or_of_no_item_is_refused_with_its_line() {
    let row = "[[known_difference]]\nitem = \"JJJ-087\"\nfield = \"name\"";
    for (from, to, code) in [
        (
            "reason = \"本地权力清单的事项名称带行使层级，待清单修订时统一。\"",
            "reason = \" \"",
            "mapping.reason_missing",
        ),
        ("item = \"JJJ-087\"", "item = \"JJJ-187\"", "mapping.unknown_item"),
        (row, &format!("{row}\nreason = \"x\"\nuntil = \"2027-07-01\"\n\n{row}"), "mapping.difference_twice"),
        ("until = \"2027-07-01\"", "", "mapping.syntax"),
        ("until = \"2027-07-01\"", "until = \"some day\"", "mapping.syntax"),
    ] {
        let faults = Adapters::load(edited(TIANJIN, "[[known_difference]]", from, to).path()).unwrap_err();
        assert_eq!(faults.0[0].error.code(), code, "{faults}");
        assert!(faults.0[0].line > 1000, "{faults}");
    }
    let faults = Adapters::load(
        edited(TIANJIN, "[[item]]", "authority = \"11120000FAKE00021Q\"", "authority = \"11120000FAKE00021A\"").path(),
    );
    assert_eq!(faults.unwrap_err().0[0].error.code(), "mapping.authority");
}

#[test]
fn the_page_shows_what_the_json_says_and_believes_no_text() {
    let evil = "name = \"<script>alert('&')</script>\"";
    let drift = drift_of(&edited(TIANJIN, "item = \"JJJ-033\"", "name = \"劳务派遣经营许可\"", evil));
    let page = drift.html();
    assert!(
        page.contains("&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;") && !page.contains("<script"),
        "{page}"
    );
    assert!(page.contains("class=\"unexcused\"") && page.contains("drift.name"), "{page}");
    let json = serde_json::to_value(&drift).unwrap();
    let found = json["differences"].as_array().unwrap().iter().find(|d| d["item"] == "JJJ-033").unwrap().clone();
    assert_eq!((&found["part"], &found["standing"]["is"]), (&"name".into(), &"undeclared".into()));
    assert_eq!(json["edition"], "2026-11-15");
}

#[test]
fn the_competent_authority_of_each_item_stands_in_its_local_code() {
    for adapter in Adapters::embedded().unwrap().iter() {
        for row in &adapter.mapping().items.rows {
            assert!(
                row.code.contains(row.authority.as_str()),
                "{}: {} is not of {}",
                row.item,
                row.code,
                row.authority.as_str()
            );
        }
    }
}
