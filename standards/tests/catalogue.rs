//! The catalogue, the regions and the divisions as embedded, and what a faulty data file is told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use standards::DataError;
use standards::code::{DivisionCode, ItemId, LicenseId, RegionCode};
use standards::division::Divisions;
use standards::item::{Catalogue, LimitUnit};
use standards::region::Regions;

const EDITION: &str = "[[edition]]\nname = \"2\"\neffective_from = \"2026-01-01\"\nsummary = \"x\"\n";

/// Recognises the fault that is expected.
type Expected = fn(&DataError) -> bool;

fn region(code: &str) -> RegionCode {
    code.parse().unwrap()
}

fn item(id: &str) -> ItemId {
    id.parse().unwrap()
}

#[test]
fn the_embedded_data_has_no_fault() {
    let catalogue = Catalogue::embedded().unwrap();
    assert_eq!(catalogue.items().len(), 100);
    assert_eq!(catalogue.edition(), "2026-11-15");
    let regions = Regions::embedded().unwrap();
    assert_eq!(regions.iter().map(|region| region.code.as_str()).collect::<Vec<_>>(), ["110000", "120000", "130000"]);
    let divisions = Divisions::embedded().unwrap();
    assert_eq!(divisions.edition(), "2026-11-01");
    assert!(divisions.len() > 220);
}

#[test]
fn every_item_has_four_agreed_parts_and_is_recognised_among_regions_that_take_part() {
    let regions = Regions::embedded().unwrap();
    for item in Catalogue::embedded().unwrap().items() {
        assert!(item.acceptance_criteria.len() >= 2, "{}: criteria", item.id);
        assert!(
            item.acceptance_criteria.iter().all(|criterion| criterion.text.ends_with('。')),
            "{}: whole sentences",
            item.id
        );
        assert!(
            item.materials.iter().all(|material| material.requirement.ends_with('。')),
            "{}: whole sentences",
            item.id
        );
        assert!(item.recognised_in.iter().all(|region| regions.get(region).is_some()), "{}: regions", item.id);
        if let Some(license_type) = &item.result.license_type {
            let (owner, number) = license_type.split_at(18);
            assert!(owner.parse::<standards::code::CreditCode>().is_ok(), "{}: owner of the type", item.id);
            assert!(
                number.len() == 3 && number.bytes().all(|digit| digit.is_ascii_digit()),
                "{}: number of the type",
                item.id
            );
        }
    }
}

#[test]
fn the_items_spread_over_departments_and_kinds_of_recognition() {
    let catalogue = Catalogue::embedded().unwrap();
    let departments: BTreeSet<_> = catalogue.items().map(|item| item.department.as_str()).collect();
    let kinds: BTreeSet<_> = catalogue.items().map(|item| format!("{:?}", item.recognition)).collect();
    assert!(departments.len() >= 6, "{departments:?}");
    assert!(kinds.len() >= 6, "{kinds:?}");
}

#[test]
fn an_item_is_open_only_between_two_different_regions_that_it_names() {
    let catalogue = Catalogue::embedded().unwrap();
    let performance = catalogue.get(&item("JJJ-092")).unwrap();
    assert!(performance.open_between(&region("110000"), &region("120000")));
    assert!(!performance.open_between(&region("110000"), &region("130000")));
    assert!(!performance.open_between(&region("130000"), &region("110000")));
    assert!(!performance.open_between(&region("110000"), &region("110000")));
}

#[test]
fn an_item_is_in_force_from_its_first_day_on() {
    let catalogue = Catalogue::embedded().unwrap();
    let item = catalogue.get(&item("JJJ-033")).unwrap();
    assert!(!item.in_force_on("2021-12-31".parse().unwrap()));
    assert!(item.in_force_on("2022-01-01".parse().unwrap()));
    let mut withdrawn = item.clone();
    withdrawn.effective_until = Some("2026-01-01".parse().unwrap());
    assert!(withdrawn.in_force_on("2025-12-31".parse().unwrap()));
    assert!(!withdrawn.in_force_on("2026-01-01".parse().unwrap()));
}

#[test]
fn an_item_is_found_by_its_basic_code_and_its_licences_carry_its_type() {
    let catalogue = Catalogue::embedded().unwrap();
    let item = catalogue.by_basic_code(&"000114003004".parse().unwrap()).unwrap();
    assert_eq!((item.id.as_str(), item.name.as_str()), ("JJJ-033", "劳务派遣经营许可"));
    assert_eq!(item.time_limit.committed_limit.unit, LimitUnit::WorkingDay);
    let license: LicenseId =
        "1.2.156.3005.2.11100000FAKE00099G001.11120000FAKE00021Q.JY112010600000.001.Q".parse().unwrap();
    assert_eq!(item.result.license_type.as_deref(), Some(license.license_type()));
}

#[test]
fn hebei_district_of_tianjin_is_not_hebei() {
    let divisions = Divisions::embedded().unwrap();
    let resolved = divisions.resolve(&"120105".parse().unwrap()).unwrap();
    assert_eq!((resolved.name.as_str(), resolved.region.as_str()), ("河北区", "120000"));
}

#[test]
fn a_superseded_division_resolves_to_its_successor_and_says_so() {
    let divisions = Divisions::embedded().unwrap();
    for (old, current) in [("110228", "110118"), ("120225", "120119"), ("130603", "130606"), ("120225000000", "120119")]
    {
        let resolved = divisions.resolve(&old.parse().unwrap()).unwrap();
        assert_eq!(resolved.code.as_str(), current);
        let superseded = resolved.superseded.unwrap();
        assert_eq!(superseded.code.as_str(), &old[..6]);
        assert!((2010..=2026).contains(&superseded.since), "{old}: a year");
    }
    assert!(divisions.resolve(&"120116".parse().unwrap()).unwrap().superseded.is_none());
}

#[test]
fn an_unknown_division_is_named() {
    let code: DivisionCode = "119999".parse().unwrap();
    let unknown = Divisions::embedded().unwrap().resolve(&code).unwrap_err();
    assert_eq!((unknown.code(), unknown.code), ("division.unknown", code.clone()));
}

#[test]
fn every_shared_division_is_known_with_the_same_successor() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/domain/regions.csv");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: {path} is absent");
        return;
    };
    let divisions = Divisions::embedded().unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    for row in reader.records() {
        let row = row.unwrap();
        let resolved = divisions.resolve(&row[0].parse().unwrap()).unwrap_or_else(|unknown| panic!("{unknown}"));
        if let Some(successor) = row[4].strip_prefix("superseded by ") {
            assert_eq!(resolved.code.as_str(), successor);
        }
    }
}

#[test]
fn every_item_bears_its_attested_name_and_type_of_power() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/domain/items.csv");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: {path} is absent");
        return;
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let column = |name: &str, headers: &csv::StringRecord| headers.iter().position(|header| header == name).unwrap();
    let headers = reader.headers().unwrap().clone();
    let [id, name, power] = ["item_id", "name_std", "national_type_code"].map(|name| column(name, &headers));
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    for item in Catalogue::embedded().unwrap().items() {
        let row = rows.iter().find(|row| &row[id] == item.id.as_str()).unwrap();
        assert_eq!((item.name.as_str(), item.basic_code.item_type()), (&row[name], &row[power]), "{}", item.id);
    }
}

#[test]
fn a_faulty_division_file_is_refused_with_the_reason() {
    let faults: [(&str, Expected); 8] = [
        ("code,name,superseded_by,since\n11010,东城区,,\n", |error| {
            matches!(error, DataError::DivisionCode { line: 3, .. })
        }),
        ("code,name,superseded_by,since\n110101,a,,\n110101,b,,\n", |error| {
            matches!(error, DataError::DivisionTwice { .. })
        }),
        ("code,name,superseded_by,since\n110101,a,110102,2015\n", |error| {
            matches!(error, DataError::DivisionSuccessor { .. })
        }),
        ("code,name,superseded_by,since\n110101,a,110101,2015\n", |error| {
            matches!(error, DataError::DivisionSuccessor { .. })
        }),
        ("code,name,superseded_by,since\n110101\n", |error| matches!(error, DataError::Csv { .. })),
        ("code,name,superseded_by,since\n110101,a,110102,\n", |error| matches!(error, DataError::DivisionSince { .. })),
        ("code,name,superseded_by,since\n110101,a,,2015\n", |error| matches!(error, DataError::DivisionSince { .. })),
        ("code,name\n110101,a\n", |error| matches!(error, DataError::DivisionHeader { .. })),
    ];
    for (text, expected) in faults {
        let error = Divisions::from_text(&format!("# edition 1\n{text}")).unwrap_err();
        assert!(expected(&error), "{text:?}: {error:?}");
        assert!(DataError::CODES.contains(&error.code()), "{}", error.code());
    }
    for text in ["", "code,name,superseded_by,since\n", "# edition \ncode,name,superseded_by,since\n"] {
        assert!(matches!(Divisions::from_text(text), Err(DataError::EditionMissing { .. })), "{text:?}");
    }
}

#[test]
fn a_faulty_item_file_is_refused_with_the_reason() {
    let good = include_str!("../items/JJJ-033.toml");
    let edition = ("edition.toml", EDITION);
    assert!(Catalogue::from_files([edition, ("JJJ-033.toml", good)]).is_ok());
    let other = good.replace("JJJ-033", "JJJ-034");
    let faults: [(&str, String, Expected); 17] = [
        ("JJJ-034.toml", good.to_owned(), |error| matches!(error, DataError::ItemFileName { .. })),
        ("JJJ-034.toml", other, |error| matches!(error, DataError::BasicCodeTwice { .. })),
        ("JJJ-033.toml", good.replace("count = 5", "count = 21"), |error| {
            matches!(error, DataError::LimitLongerThanStatutory { .. })
        }),
        ("JJJ-033.toml", good.replace(", \"120000\", \"130000\"", ""), |error| {
            matches!(error, DataError::RecognisedInTooFew { .. })
        }),
        ("JJJ-033.toml", good.replace("\"120000\"", "\"110000\""), |error| {
            matches!(error, DataError::RecognisedInTooFew { .. })
        }),
        ("JJJ-033.toml", good.replace("劳务派遣经营许可\"\ndep", "\"\ndep"), |error| {
            matches!(error, DataError::AgreedPartEmpty { part: "name", .. })
        }),
        ("JJJ-033.toml", good.replace("FAKE00099G001", "FAKE00099G01"), |error| {
            matches!(error, DataError::LicenseType { .. })
        }),
        ("JJJ-033.toml", good.replace("count = 5", "count = 0"), |error| {
            matches!(error, DataError::LimitOfCaseKind { .. })
        }),
        ("JJJ-033.toml", good.replace("name = \"营业执照\"", "name = \"经营场所使用证明\""), |error| {
            matches!(error, DataError::MaterialTwice { .. })
        }),
        ("JJJ-033.toml", good.replacen("\"required\"", "\"conditional\"", 1), |error| {
            matches!(error, DataError::MaterialNecessity { .. })
        }),
        ("JJJ-033.toml", good.replacen("\"required\"", "\"required\"\nonly_if = \"x\"", 1), |error| {
            matches!(error, DataError::MaterialNecessity { .. })
        }),
        ("JJJ-033.toml", good.replace("exempted_by = \"business_license\"\n", ""), |error| {
            matches!(error, DataError::MaterialSharedData { .. })
        }),
        ("JJJ-033.toml", good.replace("\"business_license\"", "\"nowhere\""), |error| {
            matches!(error, DataError::MaterialSharedData { .. })
        }),
        ("JJJ-033.toml", good.replace("\"paid_in_capital_yuan\"", "\"riches\""), |error| {
            matches!(error, DataError::Condition { .. })
        }),
        ("JJJ-033.toml", good.replace("[\"active\"]", "[\"asleep\"]"), |error| {
            matches!(error, DataError::Condition { .. })
        }),
        ("JJJ-033.toml", good.replace("at_least = 2000000", "at_least = 2, is = true"), |error| {
            matches!(error, DataError::Toml { .. })
        }),
        ("JJJ-033.toml", format!("surprise = 1\n{good}"), |error| matches!(error, DataError::Toml { .. })),
    ];
    for (file, text, expected) in faults {
        let error = Catalogue::from_files([edition, ("JJJ-033.toml", good), (file, &text)]).unwrap_err();
        assert!(expected(&error), "{file}: {error:?}");
        assert!(DataError::CODES.contains(&error.code()), "{}", error.code());
    }
    assert!(matches!(Catalogue::from_files([("JJJ-033.toml", good)]), Err(DataError::EditionMissing { .. })));
}

#[test]
fn a_region_that_stands_twice_is_refused() {
    let row = "[[region]]\ncode = \"110000\"\nname_zh = \"北京\"\nname_en = \"Beijing\"\n";
    assert_eq!(Regions::from_text(row).unwrap().iter().count(), 1);
    assert!(matches!(Regions::from_text(&format!("{row}{row}")), Err(DataError::RegionTwice { .. })));
}
