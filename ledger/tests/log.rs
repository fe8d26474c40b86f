//! What a log promises while nothing goes wrong: order, receipts, idempotency, lookups, evidence, public files.
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

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Barrier;
use std::sync::mpsc::channel;
use std::thread;

use jiff::Timestamp;
use ledger::audit::{Directory, audit_directory};
use ledger::checkpoint::Checkpoint;
use ledger::merkle::verify_consistency;
use ledger::note::VerifierKey;
use ledger::proof::Receipt;
use ledger::{Appended, Draft, LedgerError, Log};
use support::{Place, digest, draft, fill};

fn recorded(appended: Appended) -> Receipt {
    match appended {
        Appended::Recorded(receipt) => receipt,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_append_returns_a_receipt_that_anyone_can_check() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    let signer = place.signer();
    let keys = signer.verifier_keys();
    for index in 0..3 {
        let receipt = recorded(log.append(draft(&format!("entry {index}"))).unwrap());
        assert_eq!((receipt.proof.index, receipt.entry.as_slice()), (index, format!("entry {index}").as_bytes()));
        for keys in [&keys[..], &keys[..1], &keys[1..]] {
            let checkpoint = receipt.proof.verify(&receipt.entry, keys).unwrap();
            assert_eq!(checkpoint.size, index + 1);
        }
        assert_eq!(receipt.proof.verify(b"another", keys).unwrap_err().code(), "receipt.not_included");
        assert_eq!(log.newest(), receipt.proof.checkpoint);
        log.settle().unwrap();
        assert_eq!(fs::read_to_string(place.public("checkpoint")).unwrap(), receipt.proof.checkpoint);
        assert_eq!(log.head(), receipt.proof.checkpoint);
    }
}

#[test]
fn a_new_log_has_a_checkpoint_of_no_entries() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    let checkpoint = Checkpoint::from_note(log.head().as_bytes(), place.signer().verifier_keys()).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root), (0, ledger::merkle::empty_root()));
    assert_eq!(log.entry(0), Err(LedgerError::IndexBeyondSize { index: 0, size: 0 }));
    assert_eq!(log.receipt(0).unwrap_err().code(), "receipt.index_beyond_size");
}

#[test]
fn the_verifier_keys_of_a_log_survive_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    let signer = Place::new(folder.path()).signer();
    let text: String = signer.verifier_keys().iter().map(|key| key.to_line() + "\n").collect();
    assert_eq!(VerifierKey::all_from_text(&text).unwrap(), signer.verifier_keys());
}

#[test]
fn the_same_key_gives_the_same_receipt_for_ever_and_other_content_is_a_conflict() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    let first = recorded(log.append(draft("one")).unwrap());
    fill(&log, 300);
    let never_called = || Draft { entry: Box::new(|_| panic!("not new")), ..draft("one") };
    let other_content = || Draft { content: digest("other"), ..never_called() };
    let check = |log: &Log| {
        assert_eq!(log.append(never_called()).unwrap(), Appended::Repeated(first.clone()));
        assert_eq!(log.append(other_content()).unwrap(), Appended::Conflict { first: first.clone() });
        assert_eq!(log.receipt(0).unwrap(), first);
        assert_eq!(log.size(), 300);
    };
    check(&log);
    drop(log);
    check(&place.open().unwrap());
}

#[test]
fn of_many_racing_appends_under_one_key_exactly_one_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    for round in 0..20 {
        let barrier = Barrier::new(8);
        let results: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|thread| {
                    let (log, barrier) = (&log, &barrier);
                    scope.spawn(move || {
                        let key = Some(digest(&format!("round {round}")));
                        // Two contents race: whoever comes second with the other one conflicts.
                        let content = digest(&format!("content {}", thread % 2));
                        barrier.wait();
                        log.append(Draft { key, content, ..draft(&format!("{round} {}", thread % 2)) }).unwrap()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (mut new, mut repeated, mut conflicts, mut receipts) = (0, 0, 0, BTreeSet::new());
        for result in results {
            let receipt = match result {
                Appended::Recorded(receipt) => {
                    new += 1;
                    receipt
                }
                Appended::Repeated(receipt) => {
                    repeated += 1;
                    receipt
                }
                Appended::Conflict { first } => {
                    conflicts += 1;
                    first
                }
            };
            receipts.insert((receipt.proof.to_text(), receipt.entry));
        }
        assert_eq!((new, repeated, conflicts, receipts.len()), (1, 3, 4, 1));
    }
    assert_eq!(log.size(), 20);
}

#[test]
fn times_never_decrease_even_when_the_clock_does() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let time_of = |log: &Log, key: &str| {
        let (sender, receiver) = channel();
        let entry = Box::new(move |time: Timestamp| {
            sender.send(time).unwrap();
            time.to_string().into_bytes()
        });
        log.append(Draft { entry, ..draft(key) }).unwrap();
        receiver.recv().unwrap()
    };
    let at = |second| move || Timestamp::from_second(second).unwrap();
    let log = Log::open(&place.config(), place.signer(), at(2000)).unwrap();
    assert_eq!(time_of(&log, "a"), at(2000)());
    drop(log);
    // The clock was set back while the log was closed.
    let log = Log::open(&place.config(), place.signer(), at(1000)).unwrap();
    assert_eq!(time_of(&log, "b"), at(2000)());
}

#[test]
fn entries_are_found_by_tag_and_evidence_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    fill(&log, 40);
    let bare = Draft { key: None, tags: vec![], evidence: None, ..draft("bare") };
    assert_eq!(recorded(log.append(bare).unwrap()).proof.index, 40);
    let check = |log: &Log| {
        assert_eq!(log.find(&digest("all")).unwrap(), (0..40).collect::<Vec<_>>());
        assert_eq!(log.find(&digest("tag of entry 7")).unwrap(), [7]);
        assert!(log.find(&digest("nothing")).unwrap().is_empty());
        assert_eq!(log.evidence(7).unwrap(), b"evidence of entry 7");
        assert_eq!(log.evidence(40), Err(LedgerError::EvidenceMissing { index: 40 }));
        assert_eq!(log.entry(40).unwrap(), b"bare");
    };
    check(&log);
    drop(log);
    check(&place.open().unwrap());
}

#[test]
fn evidence_larger_than_a_segment_is_kept_and_nothing_of_it_can_be_read_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    let secret = b"110101199003078515 ".repeat(100_000);
    let receipt = recorded(log.append(Draft { evidence: Some(secret.clone()), ..draft("large") }).unwrap());
    fill(&log, 3);
    assert_eq!(log.evidence(receipt.proof.index).unwrap(), secret);
    drop(log);
    assert_eq!(place.open().unwrap().evidence(0).unwrap(), secret);
    for item in fs::read_dir(place.state("evidence")).unwrap() {
        let bytes = fs::read(item.unwrap().path()).unwrap();
        assert!(!bytes.windows(18).any(|window| window == b"110101199003078515"));
    }
}

#[test]
fn a_damaged_record_or_a_lost_key_is_a_finding_and_spares_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    fill(&place.open().unwrap(), 3);
    let flip = |path: &str, at: usize| {
        let mut bytes = fs::read(place.state(path)).unwrap();
        bytes[at] ^= 1;
        fs::write(place.state(path), bytes).unwrap();
    };
    flip("evidence/keys", 64 + 20);
    flip("evidence/0000000000.segment", 20);
    let log = place.open().unwrap();
    assert_eq!(log.evidence(0), Err(LedgerError::EvidenceDamaged { index: 0 }), "its record");
    assert_eq!(log.evidence(1), Err(LedgerError::EvidenceDamaged { index: 1 }), "its key");
    assert_eq!(log.evidence(2).unwrap(), b"evidence of entry 2");
}

#[test]
fn what_is_too_long_is_refused_and_the_rest_of_its_batch_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let config = ledger::Config { evidence_bytes_max: 100, ..place.config() };
    let log = Log::open(&config, place.signer(), support::ticking()).unwrap();
    let (sender, receiver) = channel();
    let submit = |name: &'static str, draft: Draft| {
        let sender = sender.clone();
        log.submit(draft, move |answer| sender.send((name, answer)).unwrap()).unwrap();
    };
    submit("longest", Draft { entry: Box::new(|_| vec![b'x'; 65_535]), ..draft("longest") });
    submit("too long", Draft { entry: Box::new(|_| vec![b'x'; 65_536]), ..draft("too long") });
    submit("evidence", Draft { evidence: Some(vec![0; 101]), ..draft("evidence") });
    submit("tags", Draft { tags: vec![[0; 32]; 256], ..draft("tags") });
    submit("fits", draft("fits"));
    // What is refused is answered at once, what is recorded when the disk has it.
    let answers: BTreeMap<_, _> =
        receiver.iter().take(5).map(|(name, answer)| (name, answer.map(|it| recorded(it).proof.index))).collect();
    let expected = [
        ("longest", Ok(0)),
        ("too long", Err(LedgerError::EntryTooLong { bytes: 65_536 })),
        ("evidence", Err(LedgerError::EvidenceTooLong { bytes: 101, limit: 100 })),
        ("tags", Err(LedgerError::TooManyTags { count: 256 })),
        ("fits", Ok(1)),
    ];
    assert_eq!(answers, expected.into());
    // A key that was refused was not used.
    assert_eq!(recorded(log.append(draft("too long")).unwrap()).proof.index, 2);
}

#[test]
fn the_public_files_are_a_whole_log_at_every_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    let mut heads: Vec<Checkpoint> = Vec::new();
    for size in [1, 2, 100, 255, 256, 257, 300, 511, 512, 513, 600] {
        fill(&log, size);
        log.settle().unwrap();
        let head = Checkpoint::from_note(log.head().as_bytes(), place.signer().verifier_keys()).unwrap();
        let report = audit_directory(&Directory::new(place.public("")), &head, |_, _| {}).unwrap();
        assert_eq!((report.findings, report.entries, report.files_ahead), (vec![], size, 0));
        for old in &heads {
            let proof = log.consistency(old.size, size).unwrap();
            verify_consistency(old.size, &old.root, size, &head.root, &proof).unwrap();
        }
        heads.push(head);
    }
    assert_eq!(log.consistency(1, 601).unwrap_err().code(), "receipt.index_beyond_size");
    let names: BTreeSet<_> =
        fs::read_dir(place.public("")).unwrap().map(|item| item.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names, ["checkpoint".to_owned(), "tile".to_owned()].into());
    assert!(!place.public("tile/0/001.p").exists(), "the partial tiles of a full one are gone");
}

#[test]
fn a_receipt_is_never_made_from_damaged_tiles() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    fill(&log, 300);
    log.settle().unwrap();
    let good = log.receipt(3).unwrap();
    let tile = fs::read(place.public("tile/0/000")).unwrap();
    let mut damaged = tile.clone();
    damaged[2 * 32] ^= 1;
    fs::write(place.public("tile/0/000"), damaged).unwrap();
    assert_eq!(log.receipt(3).unwrap_err().code(), "receipt.not_included");
    fs::remove_file(place.public("tile/0/000")).unwrap();
    assert_eq!(log.receipt(3).unwrap(), good, "a tile that is missing is made from the entries");
    drop(log);
    assert_eq!(place.open().unwrap().receipt(3).unwrap(), good, "opening the log writes its public files anew");
    assert_eq!(fs::read(place.public("tile/0/000")).unwrap(), tile);
}

#[test]
fn the_state_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    fill(&place.open().unwrap(), 1);
    let mode = |path| fs::metadata(place.state(path)).unwrap().permissions().mode() & 0o777;
    for path in ["", "frames", "evidence"] {
        assert_eq!(mode(path), 0o700, "{path}");
    }
    for path in ["index.key", "evidence/wrapping.key", "evidence/keys", "signed-head", "frames/0000000000.segment"] {
        assert_eq!(mode(path), 0o600, "{path}");
    }
}

#[test]
fn a_directory_is_open_once() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let log = place.open().unwrap();
    assert_eq!(place.open().err().unwrap().code(), "ledger.locked");
    drop(log);
    place.open().unwrap();
}

#[test]
fn a_log_is_not_continued_by_other_keys() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let place = Place::new(folder.path());
    fill(&place.open().unwrap(), 2);
    let stranger = Place::new(other.path()).signer();
    let opened = Log::open(&place.config(), stranger, support::ticking());
    assert_eq!(opened.err().unwrap().code(), "note.no_known_key");
}

#[test]
fn tags_tell_their_values_apart() {
    let folder = tempfile::tempdir().unwrap();
    let log = Place::new(folder.path()).open().unwrap();
    assert_ne!(log.tag(&[b"ab", b"c"]), log.tag(&[b"a", b"bc"]));
    assert_ne!(log.tag(&[b"ab"]), log.tag(&[b"ab", b""]));
    assert_eq!(log.tag(&[b"ab", b"c"]), log.tag(&[b"ab", b"c"]));
}
