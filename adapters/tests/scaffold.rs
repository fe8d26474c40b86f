//! A new region: its folders follow from the tables, and what is missing of a region is named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;
use std::path::Path;

use adapters::completeness::{Gap, gaps};
use adapters::scaffold::{FOLDERS, NewRegion, Notation};
use adapters::{Adapters, Limits};
use common::{ADAPTERS, CATALOGUE, any_message, message};
use proptest::prelude::*;
use standards::field::FIELDS;
use standards::message::MessageKind;
use standards::region::Regions;
use tempfile::TempDir;

const HEBEI: &str = "130000-hebei";

/// The root of the sources.
fn sources() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn neimenggu() -> NewRegion {
    NewRegion::new("150000".parse().unwrap(), "neimenggu").unwrap()
}

fn regions() -> Regions {
    Regions::embedded().unwrap()
}

/// A copy of the data of all regions.
fn copy() -> TempDir {
    let root = TempDir::new().unwrap();
    for (folder, _) in FOLDERS {
        copy_into(&sources().join(folder), &root.path().join(folder));
    }
    copy_into(&sources().join("standards/data"), &root.path().join("standards/data"));
    root
}

fn copy_into(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            copy_into(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Writes the folders of a new region.
fn scaffold(root: &Path, region: &NewRegion, notation: Notation) {
    for file in region.files(notation, &CATALOGUE, &regions()) {
        let path = root.join(file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file.text).unwrap();
    }
}

fn change(root: &Path, file: &str, change: impl Fn(&str) -> String) {
    let path = root.join(file);
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text, "nothing was changed in {file}");
    fs::write(path, changed).unwrap();
}

/// The gaps as `code file`, each once.
fn found(root: &Path) -> Vec<String> {
    let line = |gap: &Gap| format!("{} {}", gap.lack.code(), gap.file);
    let mut found: Vec<String> = gaps(root).unwrap().iter().map(line).collect();
    found.dedup();
    found
}

/// Takes the rows out of their comments, and puts a name of its own for each open place.
fn filled(file: &str, notation: Notation) -> String {
    let mut count = 0;
    let mut out = String::new();
    for line in file.lines() {
        let indent = line.len() - line.trim_start().len();
        let row = line.trim_start().strip_prefix('#').filter(|rest| !rest.starts_with(' ') && !rest.is_empty());
        let mut line = row.map_or_else(|| line.to_owned(), |row| format!("{}{row}", " ".repeat(indent)));
        if row.is_some_and(|row| row.starts_with("{ kind = ")) {
            let kind = line.split('"').nth(1).unwrap().to_owned();
            let source = if notation == Notation::Json { "/stage" } else { "@stage" };
            line = line.replace("/TODO", "TODO").replacen("TODO", source, 1).replacen("TODO", &kind, 1);
        }
        for list in ["/TODO/*/", "TODO/*/"] {
            line = line.replace(list, &list.replace("TODO", "files"));
        }
        while line.contains("TODO") && !line.trim_start().starts_with('#') {
            // The item and the region's own code of it are one value.
            count += usize::from(!line.contains("field = \"item\""));
            line = line.replacen("TODO", &format!("n{count}"), 1);
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// A scaffold that is filled in to the last row.
fn filled_region(root: &Path, notation: Notation) {
    scaffold(root, &neimenggu(), notation);
    let rules = "adapters/regions/150000-neimenggu";
    change(root, &format!("{rules}/mapping.toml"), |text| {
        filled(text, notation).replace("list = { name = \"n5\"", "list = { name = \"files\"")
    });
    change(root, &format!("{rules}/codes.toml"), |text| filled(text, notation));
    change(root, &format!("{rules}/items.toml"), |text| {
        text.replace("\"TODO-", "\"11130000FAKE0003XL2").replace("TODO", "11130000FAKE0003XL")
    });
}

#[test]
fn a_scaffold_has_a_row_for_every_kind_of_message_every_field_and_every_item() {
    let files = neimenggu().files(Notation::Json, &CATALOGUE, &regions());
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "adapters/regions/150000-neimenggu/mapping.toml",
            "adapters/regions/150000-neimenggu/codes.toml",
            "adapters/regions/150000-neimenggu/items.toml",
            "certs/anchors/150000-neimenggu/region.toml",
            "conformance/suites/150000-neimenggu/suite.toml",
        ]
    );
    for kind in MessageKind::ALL {
        assert!(files[0].text.contains(&format!("#{{ kind = \"{}\"", kind.as_str())), "{kind:?}");
    }
    for field in FIELDS {
        assert!(files[0].text.contains(&format!("#{{ field = \"{}\"", field.path)), "{}", field.path);
    }
    assert_eq!(files[2].text.matches("[[item]]").count(), CATALOGUE.items().len());
}

#[test]
fn a_scaffold_is_named_incomplete_in_every_place_that_only_the_region_can_fill() {
    let root = copy();
    assert_eq!(found(root.path()), Vec::<String>::new(), "the regions that there are lack nothing");
    scaffold(root.path(), &neimenggu(), Notation::Json);
    let gaps = found(root.path());
    for expected in [
        "region.placeholder adapters/regions/150000-neimenggu/items.toml",
        "region.placeholder certs/anchors/150000-neimenggu/region.toml",
        "region.not_a_party standards/data/regions.toml",
        "mapping.kind_missing adapters/regions/150000-neimenggu/mapping.toml",
        "region.no_sample adapters/regions/150000-neimenggu/samples",
    ] {
        assert!(gaps.iter().any(|gap| gap == expected), "{expected} is not in {gaps:#?}");
    }
    let kinds = adapters::completeness::gaps(root.path()).unwrap();
    let missing = kinds.iter().filter(|gap| gap.lack.code() == "mapping.kind_missing").count();
    assert_eq!(missing, MessageKind::ALL.len());
}

#[test]
fn what_a_region_lacks_beside_the_others_is_named_with_its_file() {
    type Break = fn(&Path);
    let table: &[(Break, &[&str])] = &[
        (
            |root| fs::remove_dir_all(root.join("certs/anchors/130000-hebei")).unwrap(),
            &["region.missing_file certs/anchors/130000-hebei/region.toml"],
        ),
        (
            |root| fs::remove_file(root.join("conformance/suites/130000-hebei/suite.toml")).unwrap(),
            &["region.missing_file conformance/suites/130000-hebei/suite.toml"],
        ),
        (
            |root| fs::remove_file(root.join("adapters/regions/130000-hebei/codes.toml")).unwrap(),
            &["region.missing_file adapters/regions/130000-hebei/codes.toml"],
        ),
        (
            |root| fs::remove_dir_all(root.join("adapters/regions/130000-hebei/samples")).unwrap(),
            &["region.no_sample adapters/regions/130000-hebei/samples"],
        ),
        (
            |root| {
                change(root, "adapters/regions/130000-hebei/samples/granted.json", |text| {
                    text.replace("\"40\"", "\"7\"")
                });
            },
            &["region.sample_refused adapters/regions/130000-hebei/samples/granted.json"],
        ),
        (
            |root| {
                change(root, "adapters/regions/130000-hebei/mapping.toml", |text| {
                    text.replacen("kind = \"collection\"", "kind = \"refusal\"", 1)
                });
            },
            &[
                "mapping.kind_twice adapters/regions/130000-hebei/mapping.toml",
                "mapping.kind_missing adapters/regions/130000-hebei/mapping.toml",
            ],
        ),
        (
            |root| {
                change(root, "adapters/regions/130000-hebei/items.toml", |text| {
                    let (head, tail) = text.rsplit_once("item = \"JJJ-099\"").unwrap();
                    format!("{head}item = \"JJJ-001\"{tail}")
                });
            },
            &["region.item_without_row adapters/regions/130000-hebei/items.toml"],
        ),
        (
            |root| change(root, "standards/data/regions.toml", |text| text.replace("130000", "150000")),
            &["region.not_a_party standards/data/regions.toml", "region.without_folder standards/data/regions.toml"],
        ),
        (
            |root| fs::write(root.join("standards/data/regions.toml"), "x").unwrap(),
            &["data.toml standards/data/regions.toml"],
        ),
        (
            |root| fs::remove_file(root.join("standards/data/divisions.csv")).unwrap(),
            &["region.missing_file standards/data/divisions.csv"],
        ),
    ];
    for (break_it, expected) in table {
        let root = copy();
        break_it(root.path());
        let found = found(root.path());
        assert!(expected.iter().all(|gap| found.iter().any(|it| it == gap)), "{expected:?}: {found:#?}");
    }
}

#[test]
fn a_sample_in_an_encoding_of_its_own_is_read_as_the_messages_of_the_region_are() {
    let root = copy();
    let xml = "adapters/regions/120000-tianjin/samples/granted.xml";
    let text = fs::read_to_string(root.path().join(xml)).unwrap().replace("encoding='utf-8'", "encoding='GB18030'");
    fs::write(root.path().join(xml), &text).unwrap();
    assert_eq!(found(root.path()), [format!("region.sample_refused {xml}")], "it is declared otherwise than it is");
    let ascii: String = text.chars().map(|c| if c.is_ascii() { c } else { '~' }).collect();
    // 天 in GB18030.
    let bytes: Vec<u8> =
        ascii.into_bytes().into_iter().flat_map(|b| if b == b'~' { vec![0xcc, 0xec] } else { vec![b] }).collect();
    fs::write(root.path().join(xml), bytes).unwrap();
    assert_eq!(found(root.path()), Vec::<String>::new());
}

#[test]
fn an_empty_folder_lacks_everything_and_does_not_panic() {
    let found = found(TempDir::new().unwrap().path());
    assert!(found.iter().any(|gap| gap.starts_with("region.missing_file standards/data/regions.toml")), "{found:?}");
    assert!(found.iter().any(|gap| gap.starts_with("mapping.unreadable")), "{found:?}");
}

#[test]
fn a_name_that_could_be_no_folder_everywhere_is_refused() {
    let new = |name: &str| NewRegion::new("150000".parse().unwrap(), name);
    for good in ["neimenggu", "a", "nei-menggu2"] {
        assert_eq!(new(good).unwrap().folder(), format!("150000-{good}"));
    }
    let long = "a".repeat(33);
    for bad in ["", "内蒙古", "Neimenggu", "..", "a/b", "a\\b", "-a", "a-", "a b", "a\0", "a.b", long.as_str()] {
        assert_eq!(new(bad).unwrap_err().code(), "region.name", "{bad:?}");
    }
}

#[test]
fn a_scaffold_that_is_filled_in_to_the_last_row_is_a_region_in_either_notation() {
    for notation in [Notation::Json, Notation::Xml] {
        let root = copy();
        filled_region(root.path(), notation);
        let adapters =
            Adapters::load(&root.path().join("adapters/regions")).unwrap_or_else(|faults| panic!("{faults}"));
        let adapter = adapters.adapter(&"150000".parse().unwrap()).unwrap();
        let hebei = fs::read(root.path().join("adapters/regions").join(HEBEI).join("samples/granted.json")).unwrap();
        let granted = ADAPTERS.adapter(&"130000".parse().unwrap()).unwrap().read(&hebei, &Limits::MESSAGE).unwrap();
        let written = adapter.write(&granted.message).unwrap();
        assert_eq!(adapter.read(&written.bytes, &Limits::MESSAGE).unwrap().message.kind(), MessageKind::Conclusion);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_filled_scaffold_carries_any_message((kind, fields) in any_message()) {
        static LOADED: std::sync::LazyLock<(TempDir, Adapters)> = std::sync::LazyLock::new(|| {
            let root = copy();
            filled_region(root.path(), Notation::Json);
            let adapters = Adapters::load(&root.path().join("adapters/regions")).unwrap();
            (root, adapters)
        });
        let adapter = LOADED.1.adapter(&"150000".parse().unwrap()).unwrap();
        let written = adapter.write(&message(kind, &fields)).unwrap();
        let back = adapter.read(&written.bytes, &Limits::MESSAGE).unwrap();
        prop_assert_eq!(back.message.kind(), kind);
    }
}
