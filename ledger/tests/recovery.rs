//! What a log does at start when its files are not as it left them: rebuild what is derived, refuse what is lost.
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
use std::os::unix::fs::symlink;
use std::path::Path;

use ledger::tile::{PublicFile, TileId};
use ledger::{Appended, Config, Draft, IndexEngine, LedgerError, Log};
use support::{Place, digest, draft, fill};

/// All files under a folder, by their path.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for item in fs::read_dir(next).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn write_all(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    let _ = fs::remove_dir_all(folder);
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

fn code(opened: Result<Log, LedgerError>) -> &'static str {
    opened.err().map_or("opened", |error| error.code())
}

/// Bytes up to the last one that is not zero.
fn used(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

/// Asks again after a refusal: damage is seen when it is read, and made good behind the answer.
fn asked<T>(log: &Log, damage: &str, ask: impl Fn() -> Result<T, LedgerError>) -> T {
    for _ in 0..3 {
        match ask() {
            Err(LedgerError::Rebuilding { .. }) => log.settle().unwrap(),
            answer => return answer.unwrap_or_else(|error| panic!("{damage}: {error}")),
        }
    }
    panic!("{damage}: refused for ever");
}

#[test]
fn whatever_happens_to_an_index_of_sled_it_is_rebuilt_and_loses_nothing() {
    damage_the_index(IndexEngine::Sled);
}

#[test]
fn whatever_happens_to_an_index_in_files_it_is_rebuilt_and_loses_nothing() {
    damage_the_index(IndexEngine::Files);
}

#[test]
fn another_engine_makes_the_index_anew() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    fill_at_once(&place.open().unwrap(), 3000);
    for index in [IndexEngine::Files, IndexEngine::Sled, IndexEngine::Files] {
        let log = Log::open(&Config { index, ..place.config() }, place.signer(), support::ticking()).unwrap();
        log.settle().unwrap();
        assert_eq!(log.find(&digest("all")).unwrap().len(), 3000);
        assert!(matches!(log.append(draft("entry 7")).unwrap(), Appended::Repeated(_)));
    }
}

fn damage_the_index(index: IndexEngine) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let entries = 6000;
    let open = || Log::open(&Config { index, ..place.config() }, place.signer(), support::ticking());
    fill_at_once(&open().unwrap(), entries);
    let whole = files(&place.state("index"));
    assert!(whole.len() >= 6, "rows, places and the mark: {:?}", whole.keys());
    let check = |damage: &str| {
        let log = open().unwrap();
        let find = |text: &str| asked(&log, damage, || log.find(&digest(text)));
        assert_eq!(find("all").len() as u64, entries, "{damage}");
        for index in [0, 1, 350, entries / 2, entries - 1] {
            let text = format!("entry {index}");
            assert_eq!(find(&format!("tag of {text}")), [index], "{damage}");
            let again = asked(&log, damage, || log.append(draft(&text)));
            assert!(matches!(again, Appended::Repeated(_)), "{damage}");
        }
        assert_eq!(log.size(), entries, "{damage}");
    };
    fs::remove_dir_all(place.state("index")).unwrap();
    check("deleted");
    for (path, bytes) in &whole {
        let mut without = whole.clone();
        without.remove(path);
        write_all(&place.state("index"), &without);
        check(&format!("{path} deleted"));
        for keep in [0, 1, bytes.len() / 2, bytes.len().saturating_sub(1)] {
            let mut cut = whole.clone();
            cut.get_mut(path).unwrap().truncate(keep);
            write_all(&place.state("index"), &cut);
            check(&format!("{path} cut to {keep}"));
        }
    }
    let rows = whole.iter().filter(|(path, _)| path.starts_with("runs/") || path.starts_with("sled/"));
    let largest = rows.max_by_key(|(_, bytes)| bytes.len()).unwrap().0;
    let length = whole[largest].len();
    for step in 0..24 {
        let at = length / 24 * step;
        let mut flipped = whole.clone();
        flipped.get_mut(largest).unwrap()[at] ^= 1 << (step % 8);
        write_all(&place.state("index"), &flipped);
        check(&format!("a bit of byte {at} flipped"));
        let mut zeroed = whole.clone();
        zeroed.get_mut(largest).unwrap()[at..length.min(at + 4096)].fill(0);
        write_all(&place.state("index"), &zeroed);
        check(&format!("page at {at} zeroed"));
    }
}

/// Appends drafts without waiting for each.
fn fill_at_once(log: &Log, size: u64) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let first = log.size();
    for index in first..size {
        if index >= first + 256 {
            receiver.recv().unwrap();
        }
        let sender = sender.clone();
        log.submit(draft(&format!("entry {index}")), move |answer| {
            assert!(matches!(answer.unwrap(), Appended::Recorded(receipt) if receipt.proof.index == index));
            sender.send(()).unwrap();
        })
        .unwrap();
    }
    drop(sender);
    assert_eq!(receiver.iter().count() as u64, (size - first).min(256));
}

#[test]
fn an_index_of_an_older_or_another_log_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    fill(&place.open().unwrap(), 20);
    let older = files(&place.state("index"));
    fill(&place.open().unwrap(), 30);
    write_all(&place.state("index"), &older);
    let log = place.open().unwrap();
    log.settle().unwrap();
    assert_eq!(log.find(&digest("all")).unwrap().len(), 30);
    assert!(matches!(log.append(draft("entry 25")).unwrap(), Appended::Repeated(_)));
}

#[test]
fn lost_or_damaged_public_files_are_written_again_as_they_were() {
    for entries in [530, 6001] {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(folder.path());
        let log = place.open().unwrap();
        fill_at_once(&log, entries - 3);
        fill(&log, entries);
        drop(log);
        let published = files(&place.public(""));
        let open = || {
            let log = place.open().unwrap();
            log.settle().unwrap();
            assert_eq!(fs::read_to_string(place.public("checkpoint")).unwrap(), log.newest());
        };
        fs::remove_dir_all(place.public("")).unwrap();
        open();
        // Partial tiles of older sizes are for whoever read an older checkpoint: the newest serve everyone else.
        let is_newest = |path: &str| match PublicFile::from_path(path) {
            Some(PublicFile::Tile(id) | PublicFile::Bundle(id)) => {
                TileId::at_size(id.level, id.index, entries) == Some(id)
            }
            file => file.is_some(),
        };
        let mut newest = published.clone();
        newest.retain(|path, _| is_newest(path));
        assert_eq!(files(&place.public("")), newest, "all gone");

        write_all(&place.public(""), &published);
        let last_segment = published.iter().filter(|(path, _)| {
            !path.ends_with(|c: char| c.is_ascii_digit()) || {
                let file = PublicFile::from_path(path);
                matches!(file, Some(PublicFile::Tile(id) | PublicFile::Bundle(id)) if id.index >= entries / 256 - 1)
            }
        });
        for (path, bytes) in last_segment {
            fs::write(place.public(path), &bytes[..bytes.len() / 2]).unwrap();
        }
        fs::write(place.public(".publishing"), b"left by a crash").unwrap();
        open();
        assert_eq!(files(&place.public("")), published, "the newest torn");
    }
}

#[test]
fn any_flipped_byte_of_what_was_recorded_is_refused_and_nothing_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    fill(&place.open().unwrap(), 12);
    let whole = fs::read(place.segment(0)).unwrap();
    let length = used(&whole);
    for at in (0..length).step_by(11).chain(length - 40..length) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs::write(place.segment(0), &damaged).unwrap();
        let code = code(place.open());
        assert!(["ledger.segment_damaged", "ledger.rolled_back"].contains(&code), "byte {at}: {code}");
        assert_eq!(fs::read(place.segment(0)).unwrap(), damaged, "byte {at}: nothing is cut away");
    }
    fs::write(place.segment(0), &whole).unwrap();
    assert_eq!(place.open().unwrap().size(), 12);
}

#[test]
fn a_zeroed_page_before_the_last_commit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    fill(&place.open().unwrap(), 60);
    let whole = fs::read(place.segment(0)).unwrap();
    for page in 0..used(&whole) / 4096 {
        let mut damaged = whole.clone();
        damaged[page * 4096..(page + 1) * 4096].fill(0);
        fs::write(place.segment(0), &damaged).unwrap();
        assert_eq!(code(place.open()), "ledger.segment_damaged", "page {page}");
    }
}

#[test]
fn a_torn_tail_is_cut_and_the_log_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    fill(&place.open().unwrap(), 5);
    let five = fs::read(place.segment(0)).unwrap();
    let head_of_five = fs::read(place.state("signed-head")).unwrap();
    fill(&place.open().unwrap(), 6);
    let six = fs::read(place.segment(0)).unwrap();
    let (start, end) = (used(&five).next_multiple_of(8), used(&six));
    // A crash in the middle of the sixth batch: it was written up to some byte, and its head was never noted.
    for written in (start..end - 1).step_by(13) {
        let mut torn = five.clone();
        torn[start..written].copy_from_slice(&six[start..written]);
        fs::write(place.segment(0), &torn).unwrap();
        fs::write(place.state("signed-head"), &head_of_five).unwrap();
        let log = place.open().unwrap();
        assert_eq!(log.size(), 5, "written up to {written}");
        let Appended::Recorded(receipt) = log.append(draft("another")).unwrap() else { panic!("not recorded") };
        assert_eq!(receipt.proof.index, 5);
        assert_eq!(log.evidence(5).unwrap(), b"evidence of another");
        drop(log);
        assert_eq!(place.open().unwrap().entry(5).unwrap(), b"another");
    }
    // Whatever else a torn write may leave.
    let mut garbage = five.clone();
    garbage[start..start + 900].fill(0xa5);
    fs::write(place.segment(0), &garbage).unwrap();
    fs::write(place.state("signed-head"), &head_of_five).unwrap();
    assert_eq!(place.open().unwrap().size(), 5);
    // The same tail, but its head was noted: then it had been acknowledged.
    let mut lost = six.clone();
    lost[end - 8] ^= 1;
    fs::write(place.segment(0), &lost).unwrap();
    fill_head(&place, &six);
    fs::write(place.segment(0), &lost).unwrap();
    assert_eq!(code(place.open()), "ledger.rolled_back");
}

/// Lets the log note its head once more.
fn fill_head(place: &Place, segment: &[u8]) {
    fs::write(place.segment(0), segment).unwrap();
    let log = place.open().unwrap();
    let size = log.size();
    fill(&log, size + 1);
}

#[test]
fn segments_that_are_missing_or_from_an_older_copy_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let append_long = |log: &Log, number: u64| {
        let entry = Box::new(move |_| vec![b'x'; 60_000]);
        log.append(Draft { entry, ..draft(&number.to_string()) }).unwrap();
    };
    let first = place.open().unwrap();
    (0..10).for_each(|number| append_long(&first, number));
    drop(first);
    let older = files(&place.state("frames"));
    assert!(older.len() >= 3, "several segments: {:?}", older.keys());
    let second = place.open().unwrap();
    assert_eq!(second.size(), 10);
    (10..14).for_each(|number| append_long(&second, number));
    drop(second);
    let whole = files(&place.state("frames"));
    let last = whole.keys().last().unwrap().clone();
    let without = |name: &str| {
        let mut some = whole.clone();
        some.remove(name).unwrap();
        some
    };
    let cases = [
        (without("0000000000.segment"), "ledger.segment_damaged"),
        (without("0000000001.segment"), "ledger.segment_damaged"),
        (without(&last), "ledger.rolled_back"),
        (older, "ledger.rolled_back"),
        (BTreeMap::new(), "ledger.rolled_back"),
    ];
    for (segments, expected) in cases {
        write_all(&place.state("frames"), &segments);
        assert_eq!(code(place.open()), expected, "{:?}", segments.keys());
    }
    write_all(&place.state("frames"), &whole);
    assert_eq!(place.open().unwrap().size(), 14);
}

#[test]
fn another_history_than_the_one_signed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    drop(log);
    let empty = (files(&place.state("frames")), fs::read(place.state("signed-head")).unwrap());
    fill(&place.open().unwrap(), 3);
    let head = fs::read(place.state("signed-head")).unwrap();
    // The disk of an empty log comes back, other entries are recorded, and then the newer head file is found.
    write_all(&place.state("frames"), &empty.0);
    fs::write(place.state("signed-head"), &empty.1).unwrap();
    let log = place.open().unwrap();
    for text in ["a", "b", "c", "d"] {
        log.append(draft(text)).unwrap();
    }
    drop(log);
    fs::write(place.state("signed-head"), head).unwrap();
    assert_eq!(code(place.open()), "ledger.head_differs");
    fs::remove_file(place.state("signed-head")).unwrap();
    assert_eq!(code(place.open()), "ledger.state_file", "a log that signed has a head");
}

#[test]
fn a_full_disk_refuses_new_entries_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    let large = |key: &str| Draft { entry: Box::new(|_| vec![b'x'; 60_000]), ..draft(key) };
    let mut recorded = 0;
    let full = loop {
        // Whoever prepares the next segment writes to a device that is always full.
        let names = fs::read_dir(place.state("frames")).unwrap().map(|item| item.unwrap().file_name());
        let segments = names.filter(|name| name.to_str().unwrap().ends_with(".segment")).count();
        let preparing = place.state(&format!("frames/{segments:010}.preparing"));
        let _ = symlink("/dev/full", &preparing);
        match log.append(large(&recorded.to_string())) {
            Ok(_) => recorded += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full, LedgerError::StorageFull);
    assert!(recorded > 0 && recorded < 100 && !log.is_dead());
    assert_eq!(log.size(), recorded);
    assert!(matches!(log.append(large("0")).unwrap(), Appended::Repeated(_)), "what was recorded is still answered");
    // The failed preparation removed its file; with room again the same request is recorded.
    assert!(matches!(log.append(large(&recorded.to_string())).unwrap(), Appended::Recorded(_)));
    drop(log);
    assert_eq!(place.open().unwrap().size(), recorded + 1);
}

#[test]
fn a_segment_that_was_made_ready_and_not_used_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    let mut size = 0;
    while !place.segment(1).exists() {
        size += 1;
        fill(&log, size);
    }
    drop(log);
    assert_eq!(used(&fs::read(place.segment(1)).unwrap()), 0, "it is ready before the first one is full");
    // A torn batch at the end of the first segment, as a crash leaves it.
    let mut torn = fs::read(place.segment(0)).unwrap();
    let end = used(&torn).next_multiple_of(8);
    torn[end..end + 500].fill(0xa5);
    fs::write(place.segment(0), &torn).unwrap();
    let log = place.open().unwrap();
    assert_eq!(log.size(), size);
    fill_at_once(&log, size + 1500);
    drop(log);
    assert!(used(&fs::read(place.segment(1)).unwrap()) > 0);
    assert_eq!(place.open().unwrap().size(), size + 1500);
}

#[test]
fn while_the_public_files_cannot_be_written_new_entries_are_refused_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    fill(&log, 3);
    log.settle().unwrap();
    let head = log.head();
    fs::create_dir(place.public(".publishing")).unwrap();
    assert!(matches!(log.append(draft("four")).unwrap(), Appended::Recorded(_)), "it is on the disk");
    assert_eq!(log.settle().unwrap_err().code(), "ledger.publish_failed");
    assert_eq!(log.append(draft("five")).unwrap_err().code(), "ledger.publish_failed");
    assert!(!log.is_dead());
    assert_eq!((log.head(), log.size()), (head.clone(), 4), "what is shown is what can be read");
    assert_ne!(log.newest(), head);
    assert!(matches!(log.append(draft("four")).unwrap(), Appended::Repeated(_)));
    assert!(log.receipt(3).is_ok());
    fs::remove_dir(place.public(".publishing")).unwrap();
    log.settle().unwrap();
    assert_eq!(log.head(), log.newest());
    assert!(matches!(log.append(draft("five")).unwrap(), Appended::Recorded(_)), "there is room again");
}

#[test]
fn a_crash_between_commit_and_publication_is_made_good_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    fill_at_once(&place.open().unwrap(), 250);
    let before = files(&place.public(""));
    fill_at_once(&place.open().unwrap(), 520);
    let after = files(&place.public(""));
    // The frames are ahead of the public files, as if the process had died before it published any of them.
    write_all(&place.public(""), &before);
    let log = place.open().unwrap();
    assert_eq!(fs::read_to_string(place.public("checkpoint")).unwrap(), log.head());
    assert_eq!(log.head(), log.newest());
    for path in ["checkpoint", "tile/0/000", "tile/0/001", "tile/entries/001", "tile/0/002.p/8", "tile/1/000.p/2"] {
        assert_eq!(fs::read(place.public(path)).unwrap(), after[path], "{path}");
    }
}
