//! The companion under SM3 has the root that the definition gives, comes to rest, survives what happens to its files, and never signs
//! behind its log or for another one.
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
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use certs::digest::sm3;
use certs::signing::Sm2Signer;
use ledger::audit::{Directory, Proven, audit_from, audit_leftovers};
use ledger::checkpoint::Checkpoint;
use ledger::companion::{Companion, CompanionFiles, SignedCheckpoint, verify_each};
use ledger::merkle::{Hash, TreeHash};
use ledger::note::VerifierKey;
use ledger::{Draft, LedgerError, Log};
use support::{ORIGIN, Place, draft, fill};

/// MTH of RFC 6962, 2.1, with SM3.
fn naive_root(entries: &[Vec<u8>]) -> Hash {
    match entries {
        [] => sm3(&[]),
        [entry] => sm3(&[&[0], entry]),
        _ => {
            let mut split = 1;
            while split * 2 < entries.len() {
                split *= 2;
            }
            sm3(&[&[1], &naive_root(&entries[..split]), &naive_root(&entries[split..])])
        }
    }
}

fn entries(log: &Log) -> Vec<Vec<u8>> {
    (0..log.size()).map(|index| log.entry(index).unwrap()).collect()
}

fn open(place: &Place, log: &Log) -> Result<Companion, LedgerError> {
    let signer = Sm2Signer::from_pem(&fs::read(place.folder.join("sm2.pem")).unwrap()).unwrap();
    Companion::open(log, ORIGIN, &place.public(""), signer)
}

fn is_own(entry: &[u8]) -> bool {
    entry.starts_with(b"companion ")
}

/// Follows until there is nothing more to sign, and records what was signed.
fn follow(companion: &mut Companion, log: &Log) -> Vec<SignedCheckpoint> {
    let mut all = Vec::new();
    loop {
        log.settle().unwrap();
        let Some(signed) = companion.follow(log, is_own).unwrap() else { return all };
        let entry = format!("companion {}", signed.checkpoint.size);
        log.append(Draft { key: None, ..draft(&entry) }).unwrap();
        all.push(signed);
    }
}

/// The published checkpoint, whose tree is derived again from the log's bundles, under the key that the log's own key names.
fn judge(place: &Place, log: &Log) -> Checkpoint {
    log.settle().unwrap();
    let signer = place.signer();
    let keys: Vec<_> = signer.verifier_keys().iter().filter_map(VerifierKey::of_companion).collect();
    assert_eq!((keys.len(), keys[0].name()), (1, "log.example/test/sm3"));
    let checkpoint = Checkpoint::from_note(&fs::read(place.public("sm3/checkpoint")).unwrap(), &keys).unwrap();
    let public = Directory::new(place.public(""));
    let files = CompanionFiles::new(&public, log.size());
    let threads = NonZeroUsize::new(2).unwrap();
    let mut report = audit_from(&files, &checkpoint, Proven::new(TreeHash::Sm3), threads, &|_| ()).unwrap();
    audit_leftovers(&public.folder("sm3"), &checkpoint, &mut report).unwrap();
    assert_eq!((report.findings, report.entries), (vec![], checkpoint.size));
    checkpoint
}

#[test]
fn its_root_is_that_of_the_definition_at_every_size_and_it_comes_to_rest() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    let mut companion = open(&place, &log).unwrap();
    assert_eq!(follow(&mut companion, &log), [], "there is nothing to cover");
    for size in [1, 3, 254, 256, 258, 515, 900] {
        fill(&log, size);
        let signed = follow(&mut companion, &log);
        let [one] = &signed[..] else { panic!("one checkpoint for what came, none for itself: {signed:?}") };
        let entries = entries(&log);
        assert_eq!(one.checkpoint.size + 1, log.size());
        assert_eq!(one.checkpoint.root, naive_root(&entries[..entries.len() - 1]));
        assert_eq!(judge(&place, &log), one.checkpoint);
        assert_eq!(fs::read_to_string(place.public("sm3/checkpoint")).unwrap(), one.to_note());
        // Whether it goes on or begins where the files end is the same.
        companion = open(&place, &log).unwrap();
        assert_eq!(companion.size(), one.checkpoint.size);
        assert_eq!(follow(&mut companion, &log), []);
    }
}

#[test]
fn a_receipt_of_each_entry_leads_to_its_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    fill(&log, 1);
    assert_eq!(log.receipt_to_companion(0).unwrap_err().code(), "ledger.file_missing", "there is no companion");
    let mut companion = open(&place, &log).unwrap();
    for size in [1, 2, 255, 257, 600] {
        fill(&log, size);
        log.settle().unwrap();
        companion.follow(&log, |_| false).unwrap();
        let covered = companion.size();
        let root = naive_root(&entries(&log)[..usize::try_from(covered).unwrap()]);
        for index in 0..covered {
            let receipt = log.receipt_to_companion(index).unwrap();
            assert_eq!(receipt.entry, log.entry(index).unwrap());
            let checkpoint = receipt.proof.verify_arithmetic_of(TreeHash::Sm3, &receipt.entry).unwrap();
            assert_eq!((checkpoint.size, checkpoint.root), (covered, root));
            // It is no receipt of the log.
            assert_eq!(receipt.proof.verify_arithmetic(&receipt.entry).unwrap_err().code(), "receipt.not_included");
        }
    }
    fill(&log, 601);
    assert_eq!(log.receipt_to_companion(600).unwrap_err().code(), "receipt.index_beyond_size", "it is not covered yet");
    // What is damaged leads nowhere, and does not leave.
    let tile = place.public("sm3/tile/0/000");
    let mut bytes = fs::read(&tile).unwrap();
    bytes[32] ^= 1;
    fs::write(&tile, bytes).unwrap();
    assert_eq!(log.receipt_to_companion(7).unwrap_err().code(), "receipt.not_included");
}

/// All files of the companion.
fn files(folder: &Path) -> Vec<PathBuf> {
    let items = fs::read_dir(folder).unwrap().map(|item| item.unwrap().path());
    items.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn whatever_is_lost_of_its_files_is_made_again_with_the_same_root() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    fill(&log, 300);
    let mut companion = open(&place, &log).unwrap();
    let first = follow(&mut companion, &log).remove(0).checkpoint;
    let all = files(&place.public("sm3"));
    assert_eq!(all.len(), 4, "a full tile, two partial ones, a checkpoint: {all:?}");
    for path in all {
        let bytes = fs::read(&path).unwrap();
        let wrong = [Vec::new(), bytes[..bytes.len() / 2].to_vec(), bytes.iter().map(|byte| byte ^ 1).collect()];
        for damaged in wrong.iter().map(Some).chain([None]) {
            match damaged {
                Some(damaged) => fs::write(&path, damaged).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            let mut companion = open(&place, &log).unwrap();
            fill(&log, log.size() + 1);
            let next = follow(&mut companion, &log).remove(0).checkpoint;
            assert_eq!(next.root, naive_root(&entries(&log)[..usize::try_from(next.size).unwrap()]));
            assert_eq!(naive_root(&entries(&log)[..300]), first.root);
            // What is not at the edge any more is not read again at a start: the check of the log finds it.
            if !path.ends_with("checkpoint") {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, &bytes).unwrap();
            }
            assert_eq!(judge(&place, &log), next);
        }
    }
}

#[test]
fn a_disk_that_refuses_delays_it_and_nothing_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    let mut companion = open(&place, &log).unwrap();
    fill(&log, 700);
    log.settle().unwrap();
    // A file where a folder should be.
    fs::create_dir_all(place.public("sm3")).unwrap();
    fs::write(place.public("sm3/tile"), "").unwrap();
    for _ in 0..3 {
        assert!(matches!(companion.follow(&log, is_own), Err(LedgerError::Io { .. })));
    }
    fs::remove_file(place.public("sm3/tile")).unwrap();
    assert_eq!(follow(&mut companion, &log).len(), 1);
    assert_eq!(judge(&place, &log).size, 700);
}

#[test]
fn it_does_not_sign_behind_its_log_nor_for_another() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    fill(&log, 20);
    let mut companion = open(&place, &log).unwrap();
    let signed = follow(&mut companion, &log).remove(0).checkpoint;
    drop(log);
    for (entries, expected) in [
        (5, LedgerError::RolledBack { signed: signed.size, found: 5 }),
        (40, LedgerError::HeadDiffers { size: signed.size }),
    ] {
        // The log begins anew under the same keys, with other entries.
        fs::remove_dir_all(place.state("")).unwrap();
        for name in ["tile", "checkpoint"] {
            let _ = fs::remove_dir_all(place.public(name)).or_else(|_| fs::remove_file(place.public(name)));
        }
        let log = place.open().unwrap();
        for index in 0..entries {
            log.append(draft(&format!("other {index}"))).unwrap();
        }
        assert_eq!(open(&place, &log).err(), Some(expected));
    }
}

type Change<'test> = &'test dyn Fn(&mut SignedCheckpoint);

#[test]
fn signatures_that_are_judged_together_are_judged_each_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    let mut companion = open(&place, &log).unwrap();
    let mut signed = Vec::new();
    for size in 1..=40 {
        fill(&log, size * 2 - 1);
        signed.extend(follow(&mut companion, &log));
    }
    let key = companion.verifier_key().clone();
    let wrong = LedgerError::NoteSignatureWrong { key: "log.example/test/sm3 (SM2 with SM3)".to_owned() };
    let other = signed[0].signature.clone();
    let mut expected = vec![Ok(()); signed.len()];
    let faults: [(usize, Change<'_>, LedgerError); 6] = [
        (3, &|it| it.checkpoint.size += 1, wrong.clone()),
        (8, &|it| it.checkpoint.root[31] ^= 1, wrong.clone()),
        (9, &|it| it.signature = other.clone(), wrong.clone()),
        (17, &|it| it.signature.truncate(20), wrong),
        (18, &|it| it.signature = format!("AAAA{}", &it.signature[4..]), LedgerError::NoteNoKnownKey),
        (39, &|it| it.signature.insert(7, '!'), LedgerError::NoteSignatureLine { line: 1 }),
    ];
    for (at, change, fault) in faults {
        change(&mut signed[at]);
        expected[at] = Err(fault);
    }
    let name = key.name().to_owned();
    assert_eq!(verify_each(&[key], &name, &signed), expected);
    assert_eq!(verify_each(&[], &name, &signed[..2]), vec![Err(LedgerError::NoteNoKnownKey); 2]);
}
