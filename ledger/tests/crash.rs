//! A process that is killed in the middle of a load loses nothing that it acknowledged, and invents nothing.
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
use std::env;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use certs::signing::Sm2Signer;
use ledger::audit::{Directory, Proven, audit_directory, audit_from};
use ledger::checkpoint::Checkpoint;
use ledger::companion::{Companion, CompanionFiles};
use ledger::merkle::{TreeHash, verify_consistency};
use ledger::{Appended, Log};
use support::{ORIGIN, Place, digest, draft};

/// Kills of one log.
const KILLS: u64 = 40;
/// How long logs are killed, each some times: a minute, or as `SOAK_MINUTES` says.
const SOAK: Duration = Duration::from_mins(1);
const THREADS: u64 = 4;
/// Names the folder for the child; without it the child's test has nothing to do.
const FOLDER: &str = "LEDGER_CRASH_FOLDER";
const ROUND: &str = "LEDGER_CRASH_ROUND";

/// Runs in the child: several threads append until somebody kills the process; each acknowledgement is one line.
#[test]
fn child_that_appends_until_it_is_killed() {
    let (Ok(folder), Ok(round)) = (env::var(FOLDER), env::var(ROUND)) else { return };
    let log = Place::new(Path::new(&folder)).open().unwrap();
    log.settle().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut companion = companion(Path::new(&folder), &log);
            loop {
                if let Some(signed) = companion.follow(&log, is_own).unwrap() {
                    log.append(draft(&format!("{OWN}{}", signed.checkpoint.size))).unwrap();
                }
            }
        });
        for thread in 0..THREADS {
            let (log, round) = (&log, &round);
            scope.spawn(move || {
                for number in 0.. {
                    let text = format!("{round} {thread} {number}");
                    let Appended::Recorded(receipt) = log.append(draft(&text)).unwrap() else { panic!("not new") };
                    let line = format!("ack {} {text}\n", hex::encode(digest(&receipt.proof.to_text())));
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                }
            });
        }
    });
}

/// How the records of the companion begin.
const OWN: &str = "companion ";

fn is_own(entry: &[u8]) -> bool {
    entry.starts_with(OWN.as_bytes())
}

fn companion(folder: &Path, log: &Log) -> Companion {
    let signer = Sm2Signer::from_pem(&std::fs::read(folder.join("sm2.pem")).unwrap()).unwrap();
    Companion::open(log, ORIGIN, &folder.join("public"), signer).unwrap()
}

/// The companion goes on where the kill left it, and its tree is that of the log's entries.
fn check_companion(place: &Place, log: &Log) {
    let mut companion = companion(&place.folder, log);
    // What it recorded then is no reason to sign again.
    while companion.follow(log, is_own).unwrap().is_some() || companion.size() < log.size() {}
    if log.size() == 0 {
        return;
    }
    let key = [companion.verifier_key().clone()];
    let note = std::fs::read(place.public("sm3/checkpoint")).unwrap();
    let checkpoint = Checkpoint::from_note(&note, &key).unwrap();
    let public = Directory::new(place.public(""));
    let files = CompanionFiles::new(&public, log.size());
    let report = audit_from(&files, &checkpoint, Proven::new(TreeHash::Sm3), NonZeroUsize::MIN, &|_| ()).unwrap();
    assert_eq!((report.findings, report.root), (vec![], Some(checkpoint.root)));
}

/// What the child acknowledged before it was killed: text and digest of the receipt.
fn run_and_kill(folder: &Path, round: u64) -> BTreeMap<String, String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child_that_appends_until_it_is_killed", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (in_load, is_in_load) = channel();
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        while !bytes.windows(4).any(|word| word == b"ack ") && output.read_until(b'\n', &mut bytes).unwrap() > 0 {}
        let _ = in_load.send(());
        output.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    });
    // Some die while they still recover, most in the middle of their load, however slow the machine is.
    let patience = if round % 8 == 7 {
        round % 20
    } else {
        is_in_load.recv_timeout(Duration::from_mins(1)).expect("a child that answers or dies");
        round * 37 % 150
    };
    thread::sleep(Duration::from_millis(patience));
    child.kill().unwrap();
    child.wait().unwrap();
    let output = reader.join().unwrap();
    // The last line may be cut by the kill: it has no line feed then.
    let (whole, _) = output.rsplit_once('\n').unwrap_or_default();
    whole
        .lines()
        .filter_map(|line| line.split_once("ack ")?.1.split_once(' '))
        .map(|(digest, text)| (text.to_owned(), digest.to_owned()))
        .collect()
}

/// Every entry is one that a child handed in, and at most one a thread was not acknowledged.
fn check_nothing_is_invented(log: &Log, acknowledged: &BTreeMap<String, String>) {
    let mut next: BTreeMap<(u64, u64), u64> = BTreeMap::new();
    for index in 0..log.size() {
        let entry = String::from_utf8(log.entry(index).unwrap()).unwrap();
        if is_own(entry.as_bytes()) {
            continue;
        }
        let parts: Vec<u64> = entry.split(' ').map(|part| part.parse().unwrap()).collect();
        let [round, thread, number] = parts[..] else { panic!("{entry}") };
        let expected = next.entry((round, thread)).or_default();
        assert!(round < KILLS && thread < THREADS && number == *expected, "{entry}, expected number {expected}");
        *expected += 1;
    }
    for ((round, thread), count) in next {
        let acknowledged =
            (0..count).take_while(|n| acknowledged.contains_key(&format!("{round} {thread} {n}"))).count();
        assert!(count - acknowledged as u64 <= 1, "{round} {thread}: {count} recorded, {acknowledged} acknowledged");
    }
}

/// Kills one log again and again; answers the kills in its load, and its entries.
fn kill_again_and_again() -> (u64, u64) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let signer = place.signer();
    let keys = signer.verifier_keys();
    let mut acknowledged = BTreeMap::new();
    let mut last: Option<Checkpoint> = None;
    let mut killed_in_load = 0;
    for round in 0..KILLS {
        let now = run_and_kill(folder.path(), round);
        killed_in_load += u64::from(!now.is_empty());
        let log = place.open().unwrap();
        log.settle().unwrap();
        for (text, receipt) in &now {
            let [index] = log.find(&digest(&format!("tag of {text}"))).unwrap()[..] else { panic!("{text} is lost") };
            assert_eq!(log.entry(index).unwrap(), text.as_bytes());
            assert_eq!(hex::encode(digest(&log.receipt(index).unwrap().proof.to_text())), *receipt, "{text}");
            assert_eq!(log.evidence(index).unwrap(), format!("evidence of {text}").into_bytes());
        }
        acknowledged.extend(now);
        let head = Checkpoint::from_note(log.head().as_bytes(), keys).unwrap();
        assert_eq!(head.size, log.size());
        if let Some(last) = &last {
            let proof = log.consistency(last.size, head.size).unwrap();
            verify_consistency(last.size, &last.root, head.size, &head.root, &proof).unwrap();
        }
        let report = audit_directory(&Directory::new(place.public("")), &head, |_, _| {}).unwrap();
        assert_eq!((report.findings, report.root), (vec![], Some(head.root)), "round {round}");
        check_companion(&place, &log);
        last = Some(head);
    }
    let log = place.open().unwrap();
    log.settle().unwrap();
    assert_eq!(log.find(&digest("all")).unwrap().len() as u64, log.size());
    check_nothing_is_invented(&log, &acknowledged);
    assert!(
        killed_in_load >= KILLS - KILLS / 8,
        "only {killed_in_load} of {KILLS} children died in the middle of a load"
    );
    (killed_in_load, log.size())
}

#[test]
fn a_killed_process_loses_no_acknowledged_entry_and_invents_none() {
    let minutes = env::var("SOAK_MINUTES").ok().map(|minutes| Duration::from_mins(minutes.parse().unwrap()));
    let (start, patience) = (Instant::now(), minutes.unwrap_or(SOAK));
    let (mut logs, mut in_load, mut entries) = (0, 0, 0);
    while logs == 0 || start.elapsed() < patience {
        let (killed, size) = kill_again_and_again();
        (logs, in_load, entries) = (logs + 1, in_load + killed, entries + size);
        println!(
            "{logs} logs, {} kills, {in_load} in the load, {entries} entries, none lost, none invented",
            logs * KILLS
        );
    }
}
