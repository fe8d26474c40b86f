//! What every place of pages must keep, whatever happens to it.

use std::fs;
use std::path::{Path, PathBuf};

use super::Row;
use super::pages;
use super::run::Span;
use super::runs::{Boundary, Runs};
use crate::log::IndexEngine;
use crate::merkle::Hash;

const SECTIONS: u32 = 10;
const ENTRIES: u64 = 300;
const ENGINES: [IndexEngine; 2] = [IndexEngine::Sled, IndexEngine::Files];

fn span(section: u32) -> Span {
    let first = u64::from(section) * ENTRIES;
    Span { sections: section..=section, first, end: first + ENTRIES, root: [u8::try_from(section).unwrap() + 1; 32] }
}

/// One row of a key and two of tags an entry; one tag is every entry's.
fn rows(section: u32) -> Vec<Row> {
    let Span { first, end, .. } = span(section);
    let spread = |index: u64| (index + 1).wrapping_mul(0xd134_2543_de82_ef95);
    let of_entry = |index: u64| [(spread(index) | 1, index), (spread(index) & !1, index), (1 << 40, index)];
    let mut rows: Vec<Row> = (first..end).flat_map(of_entry).collect();
    rows.sort_unstable();
    rows
}

fn boundary(section: u32) -> Option<(u64, Hash)> {
    (section < SECTIONS).then(|| (span(section).end, span(section).root))
}

fn open(kind: IndexEngine, folder: &Path, boundary: Boundary<'_>) -> Runs {
    Runs::open(pages::open(kind, folder).unwrap(), boundary).unwrap()
}

fn filled(kind: IndexEngine, folder: &Path) {
    let engine = open(kind, folder, &boundary);
    for section in 0..SECTIONS {
        assert_eq!(engine.covered(), (0..section).collect());
        engine.apply(&span(section), &rows(section)).unwrap();
    }
    engine.flush().unwrap();
}

/// Each row is there, or its absence is noticed; how many times it was.
fn check(engine: &Runs, what: &str) -> u32 {
    let (covered, mut noticed) = (engine.covered(), 0);
    for section in 0..SECTIONS {
        for (hash, index) in rows(section).into_iter().step_by(7) {
            if !covered.contains(&section) || !engine.covered().contains(&section) {
                continue;
            }
            match engine.find(hash) {
                Ok(found) => assert!(found.contains(&index), "{what}: a miss in section {section}"),
                Err(_) => noticed += 1,
            }
        }
    }
    noticed + SECTIONS - u32::try_from(covered.len()).unwrap()
}

#[test]
fn every_row_is_found_before_and_after_it_is_opened_again_and_no_other() {
    for kind in ENGINES {
        let folder = tempfile::tempdir().unwrap();
        filled(kind, folder.path());
        let engine = open(kind, folder.path(), &boundary);
        assert_eq!(engine.covered(), (0..SECTIONS).collect(), "{kind:?}");
        assert_eq!(check(&engine, "whole"), 0);
        assert_eq!(engine.find(1 << 40).unwrap().len() as u64, ENTRIES * u64::from(SECTIONS));
        for hash in [0, 1, 3, u64::MAX, (1 << 40) + 2] {
            assert_eq!(engine.find(hash), Ok(vec![]), "{kind:?}");
        }
    }
}

#[test]
fn rows_of_another_or_a_shorter_log_are_not_believed() {
    for kind in ENGINES {
        let folder = tempfile::tempdir().unwrap();
        filled(kind, folder.path());
        let other = |section| boundary(section).map(|(size, _)| (size, [99; 32]));
        assert!(open(kind, folder.path(), &other).covered().is_empty(), "{kind:?}");
        filled(kind, folder.path());
        let shorter = |section| if section < 4 { boundary(section) } else { None };
        let engine = open(kind, folder.path(), &shorter);
        assert!(engine.covered().iter().all(|section| *section < 4), "{kind:?}: {:?}", engine.covered());
    }
}

#[test]
fn what_was_lost_is_applied_again() {
    for kind in ENGINES {
        let folder = tempfile::tempdir().unwrap();
        filled(kind, folder.path());
        fs::remove_dir_all(folder.path()).unwrap();
        fs::create_dir(folder.path()).unwrap();
        filled(kind, folder.path());
        assert_eq!(check(&open(kind, folder.path(), &boundary), "again"), 0);
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files
}

#[test]
fn any_damage_is_noticed_and_never_a_miss() {
    for kind in ENGINES {
        let folder = tempfile::tempdir().unwrap();
        filled(kind, folder.path());
        let whole: Vec<(PathBuf, Vec<u8>)> =
            files(folder.path()).into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        let restore = || {
            fs::remove_dir_all(folder.path()).unwrap();
            for (path, bytes) in &whole {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
        };
        let mut noticed = 0;
        for (path, bytes) in &whole {
            let mut damages: Vec<(String, Vec<u8>)> = Vec::new();
            for part in 0..12 {
                let at = bytes.len() * part / 12;
                damages.push((format!("cut to {at}"), bytes[..at].to_vec()));
                if at < bytes.len() {
                    let mut flipped = bytes.clone();
                    flipped[at] ^= 0x10;
                    damages.push((format!("bit of byte {at} flipped"), flipped));
                    let mut zeroed = bytes.clone();
                    zeroed[at..bytes.len().min(at + 4096)].fill(0);
                    damages.push((format!("zeroed at {at}"), zeroed));
                }
            }
            for (damage, bytes) in damages {
                restore();
                fs::write(path, bytes).unwrap();
                let what = format!("{kind:?}, {}: {damage}", path.display());
                noticed += check(&open(kind, folder.path(), &boundary), &what);
            }
        }
        assert!(noticed > 0, "{kind:?}: the damages did no harm");
    }
}
