//! Logs that are closed, and ledgers of several logs.
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

use std::fs;
use std::path::Path;
use std::sync::mpsc::channel;

use ledger::shards::Shards;
use ledger::{Appended, Config, Erasure, LedgerError, Log};
use support::{ORIGIN, Place, digest, draft, fill, ticking};
use tempfile::TempDir;

/// The place of a log of 30 entries, which is not open.
fn closed() -> (TempDir, Place) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    fill(&place.open().unwrap(), 30);
    (folder, place)
}

fn read(place: &Place) -> Result<Log, LedgerError> {
    Log::open_closed(&place.config(), place.signer().verifier_keys())
}

/// Where the log that follows lies: its index key is that of the one before.
fn next(folder: &Path, place: &Place) -> Config {
    let config = Config::new(folder.join("next/public"), folder.join("next/state"));
    fs::create_dir_all(&config.state_dir).unwrap();
    fs::copy(place.state("index.key"), config.state_dir.join("index.key")).unwrap();
    config
}

fn open(config: &Config, place: &Place) -> Log {
    Log::open(config, place.signer(), ticking()).unwrap()
}

#[test]
fn a_closed_log_is_read_without_the_keys_that_signed_it_and_takes_nothing_more() {
    let (_folder, place) = closed();
    let first = place.open().unwrap().receipt(7).unwrap();
    for key in ["ed25519.pem", "sm2.pem"] {
        fs::remove_file(place.folder.join(key)).unwrap();
    }
    let log = read(&place).unwrap();
    assert_eq!((log.size(), log.origin(), log.receipt(7).unwrap()), (30, ORIGIN, first.clone()));
    assert_eq!(log.find(&digest("all")).unwrap(), (0..30).collect::<Vec<_>>());
    assert_eq!(log.evidence(3).unwrap(), b"evidence of entry 3");
    let note = log.head();
    // Nothing is appended; what was recorded under a key is still answered.
    assert_eq!(log.append(draft("one more")).unwrap_err(), LedgerError::LogClosed);
    assert_eq!(log.append(draft("entry 7")).unwrap(), Appended::Repeated(first));
    assert_eq!(log.recorded_under(&digest("entry 7")).unwrap(), Some((7, digest("entry 7"))));
    assert_eq!(log.recorded_under(&digest("one more")).unwrap(), None);
    assert_eq!((log.size(), log.head(), log.is_dead()), (30, note, false));
    log.erase(&[Erasure { index: 3, statement: b"order".to_vec() }]).unwrap();
    assert_eq!(log.evidence(3).unwrap_err().code(), "evidence.erased");
    assert_eq!(log.unstated_erasures().unwrap().len(), 1);
    drop(log);
    assert_eq!(read(&place).unwrap().evidence(3).unwrap_err().code(), "evidence.erased");
}

#[test]
fn what_is_derived_of_a_closed_log_is_made_again() {
    let (_folder, place) = closed();
    fs::remove_dir_all(place.state("index")).unwrap();
    fs::remove_dir_all(place.public("")).unwrap();
    let log = read(&place).unwrap();
    log.settle().unwrap();
    assert_eq!(log.find(&digest("tag of entry 29")).unwrap(), [29]);
    assert!(place.public("checkpoint").exists() && place.public("tile/entries/000.p/30").exists());
}

#[test]
fn a_closed_log_is_opened_with_its_own_keys_and_only_where_there_is_one() {
    let (folder, place) = closed();
    let other = tempfile::tempdir().unwrap();
    let stranger = Place::new(other.path());
    let refused = |config: &Config, keys: &[_]| Log::open_closed(config, keys).err().unwrap().code();
    assert_eq!(refused(&place.config(), stranger.signer().verifier_keys()), "note.no_known_key");
    assert_eq!(refused(&place.config(), &[]), "note.no_known_key");
    let nowhere = Config::new(folder.path().join("a"), folder.path().join("b"));
    assert_eq!(refused(&nowhere, place.signer().verifier_keys()), "ledger.file_missing");
    assert!(!nowhere.state_dir.exists(), "nothing is begun by reading");
    fs::write(place.state("index.key"), [7; 31]).unwrap();
    assert_eq!(refused(&place.config(), place.signer().verifier_keys()), "ledger.state_file");
}

#[test]
fn entries_are_numbered_through_all_shards() {
    let (folder, place) = closed();
    let config = next(folder.path(), &place);
    let shards = Shards::new(vec![read(&place).unwrap()], open(&config, &place)).unwrap();
    assert_eq!((shards.size(), shards.open().ahead(), shards.closed()[0].ahead()), (30, 30, 0));
    let Ok((30, Appended::Recorded(receipt))) = shards.append(draft("the first of the next")) else { panic!() };
    assert_eq!((receipt.proof.index, &receipt), (0, &shards.receipt(30).unwrap()));
    assert_eq!(shards.entry(29).unwrap(), b"entry 29");
    assert_eq!(shards.entry(30).unwrap(), b"the first of the next");
    assert_eq!(shards.entry(31).unwrap_err(), LedgerError::IndexBeyondSize { index: 31, size: 31 });
    assert_eq!(shards.find(&digest("all")).unwrap(), (0..31).collect::<Vec<_>>());
    assert_eq!(shards.evidence(30).unwrap(), b"evidence of the first of the next");
}

#[test]
fn a_key_that_a_closed_shard_used_is_used() {
    let (folder, place) = closed();
    let config = next(folder.path(), &place);
    let shards = Shards::new(vec![read(&place).unwrap()], open(&config, &place)).unwrap();
    let old = shards.receipt(7).unwrap();
    assert_eq!(shards.append(draft("entry 7")).unwrap(), (7, Appended::Repeated(old.clone())));
    let mut other = draft("entry 7");
    other.content = digest("something else");
    let (sender, answers) = channel();
    shards.submit(other, move |answer| sender.send(answer).unwrap()).unwrap();
    assert_eq!(answers.recv().unwrap().unwrap(), (7, Appended::Conflict { first: old }));
    assert_eq!(shards.recorded_under(&digest("entry 7")).unwrap(), Some((7, digest("entry 7"))));
    assert_eq!(shards.size(), 30, "nothing was recorded");
}

#[test]
fn evidence_is_erased_wherever_it_lies() {
    let (folder, place) = closed();
    let config = next(folder.path(), &place);
    let shards = Shards::new(vec![read(&place).unwrap()], open(&config, &place)).unwrap();
    shards.append(draft("new")).unwrap();
    let erasure = |index| Erasure { index, statement: b"order".to_vec() };
    assert_eq!(shards.erase(&[erasure(4), erasure(31)]).unwrap_err().code(), "receipt.index_beyond_size");
    assert!(shards.evidence(4).is_ok(), "all or none");
    shards.erase(&[erasure(30), erasure(4)]).unwrap();
    assert_eq!(shards.unstated_erasures().unwrap(), [erasure(4), erasure(30)]);
    assert!([4, 30].into_iter().all(|number| shards.evidence(number).unwrap_err().code() == "evidence.erased"));
    shards.erasures_stated().unwrap();
    assert!(shards.unstated_erasures().unwrap().is_empty());
}

#[test]
fn shards_of_two_ledgers_are_not_put_together() {
    let (folder, place) = closed();
    let config = next(folder.path(), &place);
    fs::remove_file(config.state_dir.join("index.key")).unwrap();
    let refused = Shards::new(vec![read(&place).unwrap()], open(&config, &place)).err().unwrap();
    assert_eq!(refused.code(), "ledger.shard_key_differs");
}
