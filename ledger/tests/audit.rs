//! The check of a whole log names what is wrong, and where.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use ledger::LedgerError;
use ledger::audit::{Directory, Progress, Proven, audit_directory, audit_files, audit_from};
use ledger::checkpoint::Checkpoint;
use ledger::merkle::TreeHash;
use ledger::tile::{PublicFile, TileId};
use support::{Files, entry, leaves, naive_root};

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint { origin: "log.example/one".to_owned(), size, root: naive_root(&leaves(size)) }
}

#[test]
fn a_whole_log_is_read_entry_by_entry_and_leads_to_its_root() {
    for size in [0, 1, 255, 256, 257, 1000, 65_536, 65_537] {
        let mut seen = 0;
        let report = audit_files(&Files::of_size(size), &checkpoint(size), |index, bytes| {
            assert_eq!((index, bytes), (seen, entry(seen).as_slice()));
            seen += 1;
        })
        .unwrap();
        assert_eq!((report.findings, seen, report.entries), (vec![], size, size));
        assert_eq!(report.root, Some(checkpoint(size).root));
    }
}

#[test]
fn a_flipped_byte_of_any_entry_names_that_entry() {
    let size = 300;
    let good = Files::of_size(size);
    let bundle = TileId::at_size(0, 0, size).unwrap().bundle_path();
    // Each byte of the first three entries, lengths included, then some further in.
    for at in (0..27).chain([500, 1000, 2000]) {
        let mut files = good.clone();
        let bytes = files.0.get_mut(&bundle).unwrap();
        let index = owner_of_byte(bytes, at);
        bytes[at] ^= 0x41;
        let report = audit_files(&files, &checkpoint(size), |_, _| {}).unwrap();
        let first = report.findings.first().expect("a finding");
        match first {
            LedgerError::EntryDiffers { index: named, path } | LedgerError::BundleCutShort { path, index: named } => {
                assert_eq!((*named, path), (index, &bundle), "byte {at}");
            }
            other => panic!("byte {at}: {other}"),
        }
    }
}

/// The entry that a byte of a bundle belongs to, its length's bytes included.
fn owner_of_byte(bundle: &[u8], at: usize) -> u64 {
    let (mut start, mut index) = (0, 0);
    loop {
        let end = start + 2 + usize::from(u16::from_be_bytes([bundle[start], bundle[start + 1]]));
        if at < end {
            return index;
        }
        (start, index) = (end, index + 1);
    }
}

#[test]
fn each_damage_has_its_finding() {
    let size = 65_800;
    let good = Files::of_size(size);
    let flip = |path: &str, at: usize| {
        let mut files = good.clone();
        files.0.get_mut(path).unwrap()[at] ^= 1;
        files
    };
    let without = |path: &str| {
        let mut files = good.clone();
        files.0.remove(path).unwrap();
        files
    };
    let longer = |path: &str| {
        let mut files = good.clone();
        files.0.get_mut(path).unwrap().extend_from_slice(&[0, 0]);
        files
    };
    // A wrong leaf in a tile is at odds with its entry below and with everything above.
    let wrong_leaf = ["ledger.entry_differs", "ledger.tile_differs", "ledger.tile_differs", "ledger.root_differs"];
    let cases: [(Files, &[&str]); 10] = [
        (flip("tile/0/003", 64), &wrong_leaf),
        (flip("tile/1/000", 64), &["ledger.tile_differs"]),
        (flip("tile/1/001.p/1", 0), &["ledger.tile_differs"]),
        (flip("tile/2/000.p/1", 31), &["ledger.tile_differs"]),
        (without("tile/0/003"), &["ledger.file_missing"]),
        (without("tile/1/000"), &["ledger.file_missing"]),
        (without("tile/entries/256"), &["ledger.file_missing"]),
        (without("tile/entries/257.p/8"), &["ledger.file_missing"]),
        (longer("tile/entries/001"), &["ledger.bundle_surplus"]),
        (longer("tile/1/000"), &["ledger.tile_size"]),
    ];
    for (files, expected) in cases {
        let report = audit_files(&files, &checkpoint(size), |_, _| {}).unwrap();
        let codes: Vec<_> = report.findings.iter().map(LedgerError::code).collect();
        assert_eq!(codes, expected, "{:?}", report.findings);
    }
}

#[test]
fn an_entry_forged_together_with_its_tile_leaves_the_root_behind() {
    let mut files = Files::of_size(5);
    let forged = b"entry X".to_vec();
    let leaf = ledger::merkle::leaf_hash(&forged);
    files.0.get_mut("tile/0/000.p/5").unwrap()[..32].copy_from_slice(&leaf);
    files.0.get_mut("tile/entries/000.p/5").unwrap()[2..9].copy_from_slice(&forged);
    let report = audit_files(&files, &checkpoint(5), |_, _| {}).unwrap();
    assert_eq!(report.findings, [LedgerError::RootDiffers { size: 5 }]);
}

#[test]
fn an_enormous_size_ends_at_the_first_missing_file() {
    let mut checkpoint = checkpoint(3);
    checkpoint.size = u64::MAX;
    let report = audit_files(&Files::default(), &checkpoint, |_, _| {}).unwrap();
    assert_eq!(report.root, None);
    assert!(report.findings.iter().all(|finding| finding.code() == "ledger.file_missing"), "{:?}", report.findings);
}

#[test]
fn a_directory_is_searched_for_strangers_and_for_older_partial_files() {
    let size = 300;
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, bytes: &[u8]| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let audit = || {
        let report = audit_directory(&Directory::new(folder.path()), &checkpoint(size), |_, _| {}).unwrap();
        (report.findings.iter().map(LedgerError::code).collect::<Vec<_>>(), report.files_ahead)
    };
    for (path, bytes) in Files::of_size(size).0 {
        write(&path, &bytes);
    }
    let older = Files::of_size(299);
    write("tile/0/001.p/43", &older.0["tile/0/001.p/43"]);
    write("tile/entries/001.p/43", &older.0["tile/entries/001.p/43"]);
    write("checkpoint", b"");
    assert_eq!(audit(), (vec![], 0));
    write("tile/0/001.p/45", &Files::of_size(301).0["tile/0/001.p/45"]);
    assert_eq!(audit(), (vec![], 1), "a tile of a checkpoint to come");

    write("tile/0/001.p/43", &older.0["tile/0/001.p/43"].iter().map(|byte| byte ^ 1).collect::<Vec<_>>());
    assert_eq!(audit(), (vec!["ledger.partial_differs"], 1));
    write("notes.txt", b"hello");
    let (mut codes, _) = audit();
    codes.sort_unstable();
    assert_eq!(codes, ["ledger.file_unexpected", "ledger.partial_differs"]);
}

#[test]
fn paths_are_read_exactly_as_they_are_written() {
    let cases = [
        (TileId { level: 0, index: 0, width: 256 }, "tile/0/000"),
        (TileId { level: 1, index: 67, width: 17 }, "tile/1/067.p/17"),
        (TileId { level: 63, index: 1_234_067, width: 256 }, "tile/63/x001/x234/067"),
        (TileId { level: 0, index: 1_000, width: 1 }, "tile/0/x001/000.p/1"),
    ];
    for (id, path) in cases {
        assert_eq!(id.path(), path);
        assert_eq!(PublicFile::from_path(path), Some(PublicFile::Tile(id)));
    }
    let bundle = TileId { level: 0, index: 1_001, width: 3 };
    assert_eq!(PublicFile::from_path("tile/entries/x001/001.p/3"), Some(PublicFile::Bundle(bundle)));
    for wrong in [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/+1/000",
        "tile/0/000/000",
        "tile/0/x000/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/../000",
        "tile/-1/000",
        "tile/0/x001",
        "tile/entries/0001",
        "tile/0/99999999999999999999999",
        "checkpoint/",
        "tile/0/000.p/",
    ] {
        assert_eq!(PublicFile::from_path(wrong), None, "{wrong}");
    }
}

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

#[test]
fn several_threads_find_what_one_finds() {
    for size in [0, 1, 256, 257, 65_535, 65_536, 65_537, 200_000] {
        let files = Files::of_size(size);
        let seen = AtomicU64::new(0);
        let count = |progress: Progress<'_>| match progress {
            Progress::Entries(more) => drop(seen.fetch_add(more, Ordering::Relaxed)),
            Progress::Entry(..) => {}
            Progress::Proven(proven) => {
                assert!(proven.size() <= size && (proven.size() % 65_536 == 0 || size - proven.size() < 256));
            }
        };
        let report = audit_from(&files, &checkpoint(size), Proven::default(), threads(3), &count).unwrap();
        assert_eq!(report, audit_files(&files, &checkpoint(size), |_, _| {}).unwrap(), "{size}");
        assert_eq!((report.findings.len(), seen.into_inner()), (0, size));
    }
    let size = 200_000;
    let mut files = Files::of_size(size);
    for path in ["tile/entries/003", "tile/0/300", "tile/1/001", "tile/1/003.p/13", "tile/2/000.p/3"] {
        *files.0.get_mut(path).unwrap().last_mut().unwrap() ^= 1;
    }
    let report = audit_from(&files, &checkpoint(size), Proven::default(), threads(2), &|_| {}).unwrap();
    assert_eq!(report, audit_files(&files, &checkpoint(size), |_, _| {}).unwrap());
    assert!(report.findings.len() >= 5, "{:?}", report.findings);
}

#[test]
fn a_check_goes_on_from_where_it_was_and_from_a_trusted_checkpoint() {
    let size = 200_000;
    let files = Files::of_size(size);
    let kept = Mutex::new(Vec::new());
    let keep = |progress: Progress<'_>| {
        if let Progress::Proven(proven) = progress {
            kept.lock().unwrap().push(proven.to_text());
        }
    };
    audit_from(&files, &checkpoint(size), Proven::default(), threads(1), &keep).unwrap();
    let mut starts: Vec<Proven> =
        kept.into_inner().unwrap().iter().map(|text| Proven::from_text(TreeHash::Sha256, text).unwrap()).collect();
    assert_eq!(starts.iter().map(Proven::size).collect::<Vec<_>>(), [65_536, 131_072, 196_608, 199_936]);
    for trusted in [0, 1, 255, 256, 65_535, 65_536, 65_791, 65_792, 100_000, 196_608, size] {
        // Older partial tiles are cut from the full ones, which are all that a log keeps.
        let proven = Proven::from_checkpoint(&files, &checkpoint(trusted), size).unwrap();
        assert_eq!(proven.size(), trusted - trusted % 256);
        assert_eq!(Proven::from_text(TreeHash::Sha256, &proven.to_text()), Some(proven.clone()));
        starts.push(proven);
    }
    for proven in starts {
        let from = proven.size();
        let report = audit_from(&files, &checkpoint(size), proven, threads(2), &|_| {}).unwrap();
        assert_eq!((report.findings, report.entries), (vec![], size - from));
        assert_eq!(report.root, Some(checkpoint(size).root));
    }
}

#[test]
fn what_was_proven_of_another_tree_is_worth_nothing() {
    let files = Files::of_size(70_000);
    let other = Checkpoint { root: [7; 32], ..checkpoint(66_000) };
    assert_eq!(Proven::from_checkpoint(&files, &other, 70_000).unwrap_err().code(), "ledger.root_differs");
    let proven = Proven::from_checkpoint(&files, &checkpoint(66_000), 70_000).unwrap();
    assert_eq!(proven.size(), 65_792);
    let smaller = audit_from(&files, &checkpoint(60_000), proven.clone(), threads(1), &|_| {});
    assert_eq!(smaller.unwrap_err().code(), "ledger.sizes_reversed");
    let text = proven.to_text();
    let forged = Proven::from_text(TreeHash::Sha256, &text.replace(&text[10..14], "AAAA")).unwrap();
    let report = audit_from(&files, &checkpoint(70_000), forged, threads(1), &|_| {}).unwrap();
    assert!(report.findings.iter().any(|finding| finding.code() == "ledger.root_differs"), "{:?}", report.findings);
    for wrong in ["", "\n", "x\n", "65537\n", "65536\n", "0\n\n", &text[..text.len() - 1], &text[..text.len() - 5]] {
        assert_eq!(Proven::from_text(TreeHash::Sha256, wrong), None, "{wrong:?}");
    }
}
