//! The hundred items as embedded: what their files promise, their editions, their differences and their pages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;
use standards::DataError;
use standards::code::{BasicCode, ItemId};
use standards::item::Judgement::{ForAPerson, Met, Unmet};
use standards::item::{
    Catalogue, Edition, EditionFault, FactValue, Judgement, NameProvenance, Necessity, RecognitionKind,
    SameStandardItem,
};
use standards::region::Regions;
use standards::vocabulary::Vocabulary;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::embedded().unwrap());

/// How often one sentence may stand in the catalogue: the state of a company is asked for by many.
const SENTENCE_USES_MAX: usize = 3;

fn item(id: &str) -> &'static SameStandardItem {
    CATALOGUE.get(&id.parse::<ItemId>().unwrap()).unwrap()
}

#[test]
fn there_are_a_hundred_items_numbered_without_a_gap() {
    let numbers: Vec<String> = CATALOGUE.items().map(|item| item.id.to_string()).collect();
    assert_eq!(numbers, (1..=100).map(|number| format!("JJJ-{number:03}")).collect::<Vec<_>>());
}

#[test]
fn no_two_items_ask_for_the_same_materials_or_set_the_same_criteria() {
    let mut materials: BTreeMap<Vec<(&str, &str)>, &ItemId> = BTreeMap::new();
    let mut criteria: BTreeMap<Vec<&str>, &ItemId> = BTreeMap::new();
    for item in CATALOGUE.items() {
        let asked = item.materials.iter().map(|material| (material.name.as_str(), material.requirement.as_str()));
        let other = materials.insert(asked.collect(), &item.id);
        assert_eq!(other, None, "{} asks for the materials of another item", item.id);
        let other = criteria.insert(item.acceptance_criteria.iter().map(|c| c.text.as_str()).collect(), &item.id);
        assert_eq!(other, None, "{} sets the criteria of another item", item.id);
    }
}

#[test]
fn hardly_any_sentence_stands_in_several_items() {
    let mut uses: BTreeMap<&str, BTreeSet<&ItemId>> = BTreeMap::new();
    for item in CATALOGUE.items() {
        for criterion in &item.acceptance_criteria {
            uses.entry(&criterion.text).or_default().insert(&item.id);
        }
    }
    let repeated: Vec<_> = uses.iter().filter(|(_, items)| items.len() > SENTENCE_USES_MAX).collect();
    assert!(repeated.is_empty(), "{repeated:#?}");
}

#[test]
fn every_item_says_which_part_of_it_is_attested() {
    let seen_nowhere: Vec<&str> = CATALOGUE
        .items()
        .filter(|item| item.provenance.name == NameProvenance::GeneralKnowledge)
        .map(|item| item.id.as_str())
        .collect();
    assert_eq!(seen_nowhere, ["JJJ-027"]);
    for item in CATALOGUE.items() {
        let in_a_list = item.provenance.name == NameProvenance::PublishedList;
        assert!(!in_a_list || item.provenance.attested_as.is_some(), "{}: by which name?", item.id);
        let file = std::fs::read_to_string(format!("{}/items/{}.toml", env!("CARGO_MANIFEST_DIR"), item.id)).unwrap();
        assert!(file.lines().next().unwrap().ends_with("Never the official list."), "{}", item.id);
    }
}

#[test]
fn the_attested_columns_of_the_source_are_those_of_the_items() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/domain/items.csv");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: {path} is absent");
        return;
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let at = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let [id, name, class, kind, recognised, evidence, attested] =
        ["item_id", "name_std", "class5", "recognition_mode", "mutually_recognised", "evidence", "name_attested"]
            .map(at);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), CATALOGUE.items().len());
    for row in rows {
        let item = item(&row[id]);
        let grade = match item.provenance.name {
            NameProvenance::PublishedList => "A",
            NameProvenance::OtherSource => "B",
            NameProvenance::GeneralKnowledge => "C",
        };
        let ours = [&item.name, item.class.label(), item.recognition.label(), &item.recognised, grade];
        assert_eq!(ours, [&row[name], &row[class], &row[kind], &row[recognised], &row[evidence]], "{}", item.id);
        assert_eq!(item.provenance.attested_as.as_deref().unwrap_or_default(), &row[attested], "{}", item.id);
    }
}

#[test]
fn all_eight_kinds_of_recognition_are_used() {
    let kinds: BTreeSet<RecognitionKind> = CATALOGUE.items().map(|item| item.recognition).collect();
    assert_eq!(kinds.len(), 8);
}

#[test]
fn a_licence_type_names_one_licence_and_a_licence_has_one_type() {
    let mut by_type: BTreeMap<&str, &str> = BTreeMap::new();
    for item in CATALOGUE.items() {
        if let Some(license_type) = &item.result.license_type {
            let first = by_type.entry(license_type).or_insert(&item.result.name);
            assert_eq!(*first, item.result.name, "{license_type}");
        }
    }
    let names: BTreeSet<&&str> = by_type.values().collect();
    assert_eq!(names.len(), by_type.len(), "{by_type:#?}");
}

#[test]
fn every_word_of_the_vocabulary_is_used() {
    let facts = CATALOGUE.items().flat_map(|item| &item.acceptance_criteria).filter_map(|c| c.condition.as_ref());
    let facts = facts.map(|condition| condition.fact.as_str());
    let shared = CATALOGUE.items().flat_map(|item| &item.materials).filter_map(|m| m.exempted_by.as_deref());
    let used: BTreeSet<&str> = facts.chain(shared).collect();
    for key in CATALOGUE.vocabulary().keys() {
        assert!(used.contains(key), "{key} is used nowhere");
    }
}

#[test]
fn a_word_that_stands_twice_is_refused() {
    let facts =
        "number = []\nchoice = []\n[[truth]]\nkey = \"a\"\nlabel = \"甲\"\n[[truth]]\nkey = \"a\"\nlabel = \"乙\"\n";
    assert!(
        matches!(Vocabulary::from_texts(facts, "source = []"), Err(DataError::WordTwice { key, .. }) if key == "a")
    );
    assert!(matches!(Vocabulary::from_texts("truth = 1", "source = []"), Err(DataError::Toml { .. })));
}

#[test]
fn what_a_machine_can_check_is_judged_and_the_rest_is_left_to_people() {
    let dispatch = item("JJJ-033");
    let facts = |capital, status: &str| {
        BTreeMap::from([
            ("paid_in_capital_yuan".to_owned(), FactValue::Number(capital)),
            ("business_status".to_owned(), FactValue::Choice(status.to_owned())),
        ])
    };
    let judge = |facts| dispatch.acceptance_criteria.iter().map(|c| c.judge(&facts)).collect::<Vec<_>>();
    assert_eq!(judge(facts(2_000_000, "active")), [Met, Met, ForAPerson, ForAPerson, ForAPerson]);
    assert_eq!(judge(facts(1_999_999, "revoked")), [Unmet, Unmet, ForAPerson, ForAPerson, ForAPerson]);
    assert_eq!(judge(BTreeMap::new()), [ForAPerson; 5]);
    let wrong_kind = BTreeMap::from([("paid_in_capital_yuan".to_owned(), FactValue::Truth(true))]);
    assert_eq!(judge(wrong_kind), [ForAPerson; 5]);
}

proptest! {
    #[test]
    fn a_number_passes_exactly_between_its_bounds(age in -10_i64..200) {
        let criterion = &item("JJJ-023").acceptance_criteria[0];
        let judged = criterion.judge(&BTreeMap::from([("age_years".to_owned(), FactValue::Number(age))]));
        prop_assert_eq!(judged == Judgement::Met, (18..=60).contains(&age));
    }

    #[test]
    fn each_item_survives_its_own_json(number in 0_usize..100) {
        let item = CATALOGUE.items().nth(number).unwrap();
        let json = serde_json::to_string(item).unwrap();
        prop_assert_eq!(&serde_json::from_str::<SameStandardItem>(&json).unwrap(), item);
    }
}

fn edition(name: &str, from: &str, until: Option<&str>) -> String {
    let until = until.map(|until| format!("accepted_until = \"{until}\"\n")).unwrap_or_default();
    format!("[[edition]]\nname = \"{name}\"\neffective_from = \"{from}\"\n{until}summary = \"x\"\n")
}

fn editions(text: &str) -> Result<Catalogue, DataError> {
    Catalogue::from_files([("edition.toml", text)])
}

#[test]
fn an_edition_is_taken_from_its_first_day_until_its_overlap_ends() {
    let text = edition("1", "2026-01-01", Some("2026-09-01"))
        + &edition("2", "2026-06-01", Some("2027-03-01"))
        + &edition("3", "2027-01-01", None);
    let catalogue = editions(&text).unwrap();
    let day = |day: &str| day.parse().unwrap();
    let in_force = |at: &str| catalogue.edition_in_force(day(at)).map(|edition: &Edition| edition.name.as_str());
    assert_eq!(in_force("2025-12-31"), None);
    assert_eq!(in_force("2026-05-31"), Some("1"));
    assert_eq!(in_force("2026-06-01"), Some("2"));
    assert_eq!(in_force("2030-01-01"), Some("3"));
    assert_eq!(catalogue.edition(), "3");

    let accepts = |name: &str, at: &str| catalogue.accepts(name, day(at)).map(|edition| edition.name.as_str());
    assert_eq!(accepts("1", "2026-08-31"), Ok("1"));
    assert_eq!(accepts("2", "2026-08-31"), Ok("2"));
    let ended = EditionFault::Ended { edition: "1".into(), ended_on: day("2026-09-01"), successor: "2".into() };
    assert_eq!(accepts("1", "2026-09-01"), Err(ended));
    let early = EditionFault::NotInForceYet { edition: "3".into(), effective_from: day("2027-01-01") };
    assert_eq!(accepts("3", "2026-12-31"), Err(early));
    for name in ["4", "", "3 "] {
        assert_eq!(accepts(name, "2027-01-01"), Err(EditionFault::Unknown { newest: "3".into() }), "{name:?}");
    }
    for (name, at) in [("1", "2028-01-01"), ("3", "2025-01-01"), ("x", "2026-01-01")] {
        assert!(EditionFault::CODES.contains(&catalogue.accepts(name, day(at)).unwrap_err().code()));
    }
}

#[test]
fn editions_that_leave_a_gap_or_no_end_are_refused() {
    let newest = edition("2", "2026-06-01", None);
    for text in [
        edition("1", "2026-01-01", Some("2026-06-01")) + &newest,
        edition("1", "2026-01-01", None) + &newest,
        edition("1", "2026-07-01", Some("2026-09-01")) + &newest,
        edition("2", "2026-01-01", Some("2026-09-01")) + &newest,
        edition("1", "2026-01-01", Some("2026-09-01")),
    ] {
        assert!(matches!(editions(&text), Err(DataError::EditionOrder { .. })), "{text}");
    }
    for text in ["edition = []".to_owned(), edition("", "2026-01-01", None)] {
        assert!(matches!(editions(&text), Err(DataError::EditionMissing { .. })), "{text}");
    }
}

/// A catalogue of two items, with one of them changed.
fn changed(edit: impl Fn(&str) -> String, second: &str) -> Catalogue {
    let read = |id: &str| std::fs::read_to_string(format!("{}/items/{id}.toml", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let edition = edition("next", "2027-01-01", None);
    let (first_file, second_file) = ("JJJ-033.toml".to_owned(), format!("{second}.toml"));
    let (first, second) = (edit(&read("JJJ-033")), read(second));
    Catalogue::from_files([
        ("edition.toml", edition.as_str()),
        (first_file.as_str(), first.as_str()),
        (second_file.as_str(), second.as_str()),
    ])
    .unwrap()
}

#[test]
fn the_difference_between_editions_names_each_value_that_changed_and_nothing_else() {
    let old = changed(str::to_owned, "JJJ-034");
    assert!(old.difference_to(&changed(str::to_owned, "JJJ-034")).is_empty());

    let edit = |text: &str| {
        let shorter = text.replace("committed_limit = { count = 5", "committed_limit = { count = 3");
        shorter.replacen(
            "[[materials]]\nname = \"营业执照\"\nkind = \"document\"\nform = \"electronic\"",
            "[[materials]]\nname = \"营业执照\"\nkind = \"document\"\nform = \"copy\"",
            1,
        )
    };
    let difference = old.difference_to(&changed(edit, "JJJ-035"));
    assert_eq!(difference.added[0].item.as_str(), "JJJ-035");
    assert_eq!(difference.removed[0].item.as_str(), "JJJ-034");
    let fields: Vec<_> = difference.changed[0]
        .fields
        .iter()
        .map(|field| (field.field.as_str(), field.before.as_deref().unwrap(), field.after.as_deref().unwrap()))
        .collect();
    assert_eq!(
        fields,
        [("materials[营业执照].form", "electronic", "copy"), ("time_limit.committed_limit.count", "5", "3")]
    );
    let text = difference.to_string();
    for line in [
        "新增 1 项\n  JJJ-035 劳务派遣经营许可延续",
        "取消 1 项\n  JJJ-034 劳务派遣经营许可变更",
        "    办理时限 time_limit.committed_limit.count：5 → 3",
        "    申请材料 materials[营业执照].form：electronic → copy",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn a_criterion_and_a_material_that_came_or_went_are_named_once() {
    let old = changed(str::to_owned, "JJJ-034");
    let without =
        |text: &str| text.lines().filter(|line| !line.contains("劳务派遣管理制度，含")).collect::<Vec<_>>().join("\n");
    let difference = old.difference_to(&changed(without, "JJJ-034"));
    let [only] = &difference.changed[0].fields[..] else { panic!("{difference}") };
    assert!(only.field.starts_with("acceptance_criteria[有符合"), "{}", only.field);
    assert!(only.before.is_some() && only.after.is_none());
}

#[test]
fn the_page_of_an_item_reads_as_a_service_guide() {
    let regions = Regions::embedded().unwrap();
    for id in ["JJJ-033", "JJJ-098"] {
        let page = item(id).guide(&CATALOGUE, &regions);
        let golden = format!("{}/tests/golden/{id}.guide.txt", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&golden, &page).unwrap();
        }
        assert_eq!(page, std::fs::read_to_string(&golden).unwrap(), "UPDATE=1 rewrites the golden file");
    }
}

#[test]
fn every_page_has_all_parts_and_every_fact_in_chinese() {
    let regions = Regions::embedded().unwrap();
    for item in CATALOGUE.items() {
        let page = item.guide(&CATALOGUE, &regions);
        for heading in [
            "一、基本信息",
            "二、受理条件",
            "三、申请材料",
            "四、办理时限",
            "五、收费标准",
            "六、告知承诺",
            "七、办理结果",
            "八、结果互认",
        ] {
            assert!(page.contains(&format!("\n{heading}\n")), "{}: {heading}", item.id);
        }
        assert!(page.contains("建模内容，不是官方目录"), "{}", item.id);
        let raw = page.lines().find(|line| line.contains('_'));
        assert_eq!(raw, None, "{}: a key of the model stands on the page", item.id);
        assert!(item.materials.iter().any(|material| material.necessity == Necessity::Required), "{}", item.id);
    }
}

#[test]
fn an_item_that_is_defined_nationally_has_a_national_basic_code() {
    let codes: BTreeSet<&BasicCode> = CATALOGUE.items().map(|item| &item.basic_code).collect();
    assert_eq!(codes.len(), 100);
    assert!(codes.iter().all(|code| code.is_national()));
}

#[test]
fn the_readme_explains_every_key_of_an_item() {
    let readme = include_str!("../README.md");
    let json = serde_json::to_value(item("JJJ-098")).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<String>>();
    let mut known = keys(&json);
    for part in ["provenance", "time_limit", "result"] {
        known.extend(keys(&json[part]));
    }
    for list in ["acceptance_criteria", "materials", "fees"] {
        known.extend(keys(&json[list][0]));
    }
    for key in known {
        assert!(readme.contains(&format!("`{key}`")), "{key} is not explained");
    }
}
