//! A stopped log, looked at: what is right is counted, what is not is found, and public files are written anew.
#![cfg(feature = "log")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "support/log.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ledger::audit::{Directory, audit_directory};
use ledger::checkpoint::Checkpoint;
use ledger::{Inspection, LedgerError};
use support::{Place, fill};

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(rest, bytes)| (format!("{name}/{rest}"), bytes)));
        } else {
            found.insert(name, fs::read(path).unwrap());
        }
    }
    found
}

#[test]
fn a_log_is_counted_and_nothing_of_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    fill(&log, 900);
    let note = log.newest();
    assert_eq!(Inspection::open(&place.state("")).err().map(|it| it.code()), Some("ledger.locked"));
    drop(log);
    let before = files(&place.state(""));
    let inspection = Inspection::open(&place.state("")).unwrap();
    let mut visited = Vec::new();
    let keys = place.signer().verifier_keys().to_vec();
    let statistics = inspection.verify(&keys, |index, _, entry| visited.push((index, entry.to_vec()))).unwrap();
    assert_eq!((statistics.entries, visited.len(), statistics.newest.as_deref()), (900, 900, Some(note.as_str())));
    assert_eq!(visited[7], (7, b"entry 7".to_vec()));
    assert!(statistics.sections > 1 && statistics.batches > 1);
    assert_eq!(inspection.torn_tail().bytes, 0);
    drop(inspection);
    assert_eq!(files(&place.state("")), before);
}

#[test]
fn exported_files_are_those_that_were_published_at_any_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    fill(&place.open().unwrap(), 700);
    let inspection = Inspection::open(&place.state("")).unwrap();
    let whole = folder.path().join("whole");
    inspection.export(&whole, u64::MAX, |_| {}).unwrap();
    let published = files(&folder.path().join("public"));
    let exported = files(&whole);
    assert_eq!(exported["checkpoint"], published["checkpoint"]);
    assert!(exported.iter().all(|(name, bytes)| published.get(name) == Some(bytes)));
    for size in [0, 1, 255, 256, 257, 300, 699] {
        let part = folder.path().join(size.to_string());
        let note = inspection.export(&part, size, |_| {}).unwrap();
        let checkpoint = Checkpoint::from_note(note.as_bytes(), place.signer().verifier_keys()).unwrap();
        assert!(checkpoint.size <= size && inspection.has_checkpoint(note.as_bytes()).unwrap());
        let report = audit_directory(&Directory::new(&part), &checkpoint, |_, _| {}).unwrap();
        assert!(report.findings.is_empty() && report.files_ahead == 0, "{size}: {report:?}");
    }
}

#[test]
fn damage_of_any_segment_is_found_and_a_stranger_s_key_too() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    fill(&place.open().unwrap(), 900);
    let other = Place::new(tempfile::tempdir().unwrap().path());
    let strangers = other.signer().verifier_keys().to_vec();
    let inspection = Inspection::open(&place.state("")).unwrap();
    assert_eq!(inspection.verify(&strangers, |_, _, _| {}), Err(LedgerError::NoteNoKnownKey));
    drop(inspection);
    for segment in 0..2 {
        let path = place.segment(segment);
        let whole = fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        damaged[5000] ^= 1;
        fs::write(&path, damaged).unwrap();
        let found = Inspection::open(&place.state("")).and_then(|it| it.verify(&[], |_, _, _| {}));
        assert_eq!(found.err().map(|it| it.code()), Some("ledger.segment_damaged"));
        fs::write(&path, whole).unwrap();
    }
    fs::remove_dir_all(place.state("frames")).unwrap();
    assert_eq!(Inspection::open(&place.state("")).err().map(|it| it.code()), Some("ledger.io"));
}

#[test]
fn a_torn_tail_is_shown_and_cut_and_the_log_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    fill(&place.open().unwrap(), 3);
    let path = place.segment(0);
    let mut torn = fs::read(&path).unwrap();
    let end = torn.iter().rposition(|byte| *byte != 0).unwrap().next_multiple_of(8);
    torn[end + 8..end + 40].fill(7);
    fs::write(&path, torn).unwrap();
    let inspection = Inspection::open(&place.state("")).unwrap();
    let tail = inspection.torn_tail().clone();
    assert!(tail.path == path && (40..=48).contains(&tail.bytes), "{tail:?}");
    assert_eq!(inspection.cut_torn_tail().unwrap(), tail);
    let inspection = Inspection::open(&place.state("")).unwrap();
    assert_eq!((inspection.torn_tail().bytes, inspection.size()), (0, 3));
    drop(inspection);
    assert_eq!(place.open().unwrap().size(), 3);
}
