//! Evidence that is erased is gone; entries, proofs, receipts, lookups and repeats of it stand as before.
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

use ledger::audit::{Directory, audit_directory};
use ledger::checkpoint::Checkpoint;
use ledger::{Appended, Draft, Erasure, LedgerError, Log};
use support::{Place, digest, draft, fill};

fn erasure(index: u64) -> Erasure {
    Erasure { index, statement: format!("statement about {index}").into_bytes() }
}

/// Erased, and every other entry and its evidence are as they were.
fn must_be_erased(log: &Log, erased: &[u64], size: u64) {
    for index in 0..size {
        let evidence = log.evidence(index);
        if erased.contains(&index) {
            assert_eq!(evidence, Err(LedgerError::EvidenceErased { index }));
        } else {
            assert_eq!(evidence.unwrap(), format!("evidence of entry {index}").into_bytes());
        }
        let Appended::Repeated(receipt) = log.append(draft(&format!("entry {index}"))).unwrap() else {
            panic!("entry {index} is no repeat");
        };
        assert_eq!(receipt, log.receipt(index).unwrap());
        assert_eq!(log.find(&digest(&format!("tag of entry {index}"))).unwrap(), [index]);
    }
}

#[test]
fn erased_evidence_is_gone_for_good_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    fill(&log, 600);
    let before: Vec<_> = (0..600).map(|index| log.receipt(index).unwrap()).collect();
    log.erase(&[erasure(0), erasure(3), erasure(599)]).unwrap();
    assert_eq!(log.unstated_erasures().unwrap(), [erasure(0), erasure(3), erasure(599)]);
    must_be_erased(&log, &[0, 3, 599], 600);
    assert_eq!((0..600).map(|index| log.receipt(index).unwrap()).collect::<Vec<_>>(), before);
    assert_eq!(log.erase(&[erasure(1)]), Err(LedgerError::ErasureUnfinished));
    log.erasures_stated().unwrap();
    log.erase(&[erasure(1)]).unwrap();
    fill(&log, 700);
    drop(log);

    let log = place.open().unwrap();
    assert_eq!(log.unstated_erasures().unwrap(), [erasure(1)], "a restart still knows what is to be stated");
    must_be_erased(&log, &[0, 1, 3, 599], 700);
    log.settle().unwrap();
    let public = Directory::new(place.folder.join("public"));
    let checkpoint = Checkpoint::from_note(log.head().as_bytes(), place.signer().verifier_keys()).unwrap();
    assert_eq!(checkpoint.size, 700);
    audit_directory(&public, &checkpoint, |_, _| ()).unwrap();
}

#[test]
fn what_cannot_be_erased_is_said_and_then_nothing_is() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    fill(&log, 3);
    log.append(Draft { evidence: None, ..draft("without evidence") }).unwrap();
    log.erase(&[erasure(2)]).unwrap();
    log.erasures_stated().unwrap();
    for (index, expected) in [
        (2, LedgerError::EvidenceErased { index: 2 }),
        (3, LedgerError::EvidenceMissing { index: 3 }),
        (4, LedgerError::IndexBeyondSize { index: 4, size: 4 }),
    ] {
        assert_eq!(log.erase(&[erasure(0), erasure(index)]), Err(expected));
        assert_eq!(log.evidence(0).unwrap(), b"evidence of entry 0");
    }
    log.erase(&[]).unwrap();
    assert_eq!(log.unstated_erasures().unwrap(), []);
}

#[test]
fn an_old_copy_of_the_rows_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    fill(&log, 5);
    let copy = fs::read(place.state("evidence/keys")).unwrap();
    log.erase(&[erasure(2)]).unwrap();
    drop(log);
    fs::write(place.state("evidence/keys"), copy).unwrap();
    let log = place.open().unwrap();
    for index in 0..5 {
        assert_eq!(log.evidence(index), Err(LedgerError::EvidenceDamaged { index }));
    }
}

#[test]
fn erasing_beside_appending_loses_no_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    fill(&log, 40);
    std::thread::scope(|scope| {
        scope.spawn(|| fill(&log, 400));
        for index in 0..20 {
            log.erase(&[erasure(index)]).unwrap();
            log.erasures_stated().unwrap();
        }
    });
    let erased: Vec<u64> = (0..20).collect();
    must_be_erased(&log, &erased, 400);
    drop(log);
    must_be_erased(&place.open().unwrap(), &erased, 400);
}
