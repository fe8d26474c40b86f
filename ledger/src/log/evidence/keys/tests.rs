//! Keys are destroyed or are not, wherever a disk fails or loses its power in between.

use super::*;
use crate::log::disk::simulated::{Fault, SimulatedDisk};
use crate::log::evidence::erasure::{Erasure, Noted, Notes};

const RECORDS: u64 = 300;
const FOLDER: &str = "/evidence";

fn key(record: u64) -> Key {
    certs::digest::sha256(&[&record.to_le_bytes()])
}

/// A store of some records on a disk that lost nothing yet, and the wrapping key that it began with.
fn store(seed: u64) -> (SimulatedDisk, Keys) {
    let disk = SimulatedDisk::new(seed);
    let folder = Path::new(FOLDER);
    let file = disk.create(&folder.join("wrapping.key")).unwrap();
    file.write_all_at(&[7; 32], 0).unwrap();
    file.sync().unwrap();
    let keys = Keys::open(Arc::new(disk.clone()), folder, 0, true).unwrap();
    for record in 0..RECORDS {
        if !keys.has_room(record) {
            keys.grow().unwrap();
        }
        keys.push(record, &key(record)).unwrap();
    }
    keys.file().sync().unwrap();
    disk.sync_folder(folder).unwrap();
    (disk, keys)
}

fn reopen(disk: &SimulatedDisk) -> Keys {
    Keys::open(Arc::new(disk.clone()), Path::new(FOLDER), RECORDS, false).unwrap()
}

fn doomed() -> BTreeSet<u64> {
    [0, 17, 256, RECORDS - 1].into()
}

/// Whether the doomed records are erased; fails unless they all are or all are not, and every other opens.
fn is_erased(keys: &Keys) -> bool {
    let erased: Vec<u64> = (0..RECORDS).filter(|record| keys.row(*record) == Row::Erased).collect();
    assert!(erased.is_empty() || erased.iter().copied().eq(doomed()), "{erased:?}");
    for record in (0..RECORDS).filter(|record| !erased.contains(record)) {
        assert_eq!(keys.row(record), Row::Key(key(record)), "{record}");
    }
    !erased.is_empty()
}

fn wrapping_key(disk: &SimulatedDisk) -> Vec<u8> {
    disk.read(&Path::new(FOLDER).join("wrapping.key")).unwrap()
}

#[test]
fn destroyed_keys_are_gone_from_every_copy_and_the_others_open_after_any_number_of_starts() {
    let (disk, keys) = store(1);
    let old_rows = disk.read(&Path::new(FOLDER).join("keys")).unwrap();
    keys.destroy(&doomed()).unwrap();
    assert!(is_erased(&keys));
    assert!(is_erased(&reopen(&disk)));
    assert!(is_erased(&reopen(&disk.after_power_cut())));
    let new: Key = wrapping_key(&disk).try_into().unwrap();
    assert_ne!(new, [7; 32]);
    // A copy of the old rows opens under no key that is left.
    for (record, row) in (0..RECORDS).zip(old_rows.as_chunks::<ROW_BYTES>().0) {
        assert_eq!(unwrap(&new, record, row), Row::Damaged);
    }
    keys.push(RECORDS, &key(RECORDS)).unwrap();
    assert_eq!(keys.row(RECORDS), Row::Key(key(RECORDS)), "and writing goes on");
}

#[test]
fn a_power_cut_or_fault_at_any_operation_leaves_all_or_nothing_erased() {
    let (mut erased, mut kept, mut refused) = (0, 0, 0);
    for fault in [Fault::PowerCut, Fault::Eio, Fault::Full] {
        for at in 1.. {
            let (disk, keys) = store(at);
            disk.plan(Some((at, fault)));
            let destroyed = keys.destroy(&doomed());
            let is_over = destroyed.is_ok() && fault != Fault::Full;
            disk.plan(None);
            match destroyed {
                Ok(()) => assert!(is_erased(&keys)),
                Err(LedgerError::LogDead) => {}
                Err(_) if fault == Fault::PowerCut => {}
                Err(_) => {
                    refused += 1;
                    assert!(!is_erased(&keys), "{fault:?} at {at}: refused, so nothing may be gone");
                    keys.destroy(&doomed()).unwrap();
                    assert!(is_erased(&keys), "and the next attempt succeeds");
                }
            }
            let after = disk.after_power_cut();
            let done = is_erased(&reopen(&after));
            assert_eq!(is_erased(&reopen(&after)), done, "a second start sees the same");
            assert_ne!(done, wrapping_key(&after) == [7; 32], "the old key is gone if and only if something is erased");
            if done {
                erased += 1;
            } else {
                kept += 1;
            }
            if is_over || at > 200 {
                break;
            }
        }
    }
    assert!(erased > 3 && kept > 3 && refused > 3, "{erased} {kept} {refused}");
}

#[test]
fn a_start_that_loses_power_while_it_ends_a_replacement_is_ended_by_the_next() {
    // The rows have their new name, and the old wrapping key is still there.
    let cut = || {
        let (disk, keys) = store(3);
        let names = Names::of(Path::new(FOLDER));
        let open = keys.read();
        keys.rewrap(&open, &names, &doomed()).unwrap();
        disk.rename(&names.next_rows, &names.rows).unwrap();
        disk
    };
    for at in 1.. {
        let disk = cut();
        disk.plan(Some((at, Fault::PowerCut)));
        let opened = Keys::open(Arc::new(disk.clone()), Path::new(FOLDER), RECORDS, false);
        let is_over = !disk.is_dead();
        drop(opened);
        is_erased(&reopen(&disk.after_power_cut()));
        if is_over {
            return assert!(at > 5);
        }
    }
}

#[test]
fn a_wrong_or_damaged_wrapping_key_opens_nothing_and_destroys_nothing() {
    let (disk, _) = store(4);
    let file = disk.open(&Path::new(FOLDER).join("wrapping.key")).unwrap();
    file.write_all_at(&[8; 32], 0).unwrap();
    let keys = reopen(&disk);
    assert_eq!(keys.row(3), Row::Damaged);
    assert_eq!(keys.destroy(&doomed()), Err(LedgerError::EvidenceKeyDamaged { record: 1 }));
    assert_eq!(wrapping_key(&disk), [8; 32]);
    file.write_all_at(&[7; 32], 0).unwrap();
    assert!(!is_erased(&reopen(&disk)), "with the right one nothing was lost");
    file.write_all_at(&[7; 33], 0).unwrap();
    let refused = Keys::open(Arc::new(disk), Path::new(FOLDER), RECORDS, false).err().unwrap();
    assert_eq!(refused.code(), "ledger.state_file");
}

#[test]
fn damaged_swapped_and_cut_rows_are_damaged_and_stop_every_erasure_but_their_own() {
    let (_, keys) = store(5);
    let file = keys.file();
    let mut rows = [[0; ROW_BYTES]; 2];
    file.read_exact_at(rows.as_flattened_mut(), 100 * ROW_BYTES as u64).unwrap();
    let [first, second] = rows;
    file.write_all_at([second, first].as_flattened(), 100 * ROW_BYTES as u64).unwrap();
    for record in [100, 101] {
        assert_eq!(keys.row(record), Row::Damaged, "another record's key");
    }
    assert_eq!(keys.row(RECORDS), Row::Damaged, "behind the last");
    assert_eq!(keys.row(u64::MAX), Row::Damaged);
    assert_eq!(keys.destroy(&doomed()), Err(LedgerError::EvidenceKeyDamaged { record: 100 }));
    assert_eq!(keys.row(0), Row::Key(key(0)));
    keys.destroy(&[100, 101].into()).unwrap();
    assert_eq!(keys.row(100), Row::Erased);
    assert_eq!(keys.row(0), Row::Key(key(0)));
}

#[test]
fn what_is_being_erased_is_noted_whole_or_not_at_all_and_forgotten_once_stated() {
    let all: Vec<Noted> = doomed()
        .into_iter()
        .map(|record| Noted { record, erasure: Erasure { index: record + 9, statement: b"why".to_vec() } })
        .collect();
    for at in 1..12 {
        let (disk, keys) = store(at);
        let notes = Notes::new(Arc::new(disk.clone()), Path::new(FOLDER));
        disk.plan(Some((at, Fault::PowerCut)));
        let written = notes.write(&all).and_then(|()| keys.destroy(&doomed()));
        let after = disk.after_power_cut();
        let (keys, notes) = (reopen(&after), Notes::new(Arc::new(after.clone()), Path::new(FOLDER)));
        let unstated = notes.unstated(&keys).unwrap();
        assert_eq!(unstated.len(), if is_erased(&keys) { all.len() } else { 0 }, "cut at {at}");
        assert!(written.is_err() || is_erased(&keys));
        notes.remove().unwrap();
        notes.remove().unwrap();
        assert_eq!(notes.unstated(&keys).unwrap(), []);
    }
}

#[test]
fn a_damaged_note_is_refused() {
    let (disk, keys) = store(6);
    let notes = Notes::new(Arc::new(disk.clone()), Path::new(FOLDER));
    let all = [Noted { record: 1, erasure: Erasure { index: 2, statement: b"why".to_vec() } }];
    notes.write(&all).unwrap();
    assert_eq!(notes.unstated(&keys).unwrap(), [], "nothing of it is done");
    let file = disk.open(&Path::new(FOLDER).join("erasing")).unwrap();
    let bytes = file.bytes().unwrap();
    for at in 0..bytes {
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ 1], at).unwrap();
        assert_eq!(notes.unstated(&keys).unwrap_err().code(), "ledger.state_file", "byte {at}");
        file.write_all_at(&byte, at).unwrap();
    }
    let long = Erasure { index: 2, statement: vec![0; 2000] };
    assert_eq!(notes.write(&[Noted { record: 1, erasure: long }]), Err(LedgerError::ErasureTooLong));
}
