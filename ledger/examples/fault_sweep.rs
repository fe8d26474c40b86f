//! Makes each system call of a run fail in turn, and looks at what is left: nothing acknowledged may be lost, and nothing invented.
//!
//! `cargo run --release -p ledger --features log --example fault_sweep [FOLDER [STEP]]`; STEP 1 tries every call, 7 every seventh.
//! A child opens a log that was torn by a kill and appends batches, and strace lets its n-th call of a kind fail or kills it there, for
//! every n there is. The parent then opens the log without faults. Acknowledgements go over a socket, whose calls are left alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a check that fails may panic"
)]

#[path = "../tests/support/log.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use ledger::audit::{Directory, audit_directory};
use ledger::checkpoint::Checkpoint;
use ledger::merkle::{Hash, verify_consistency};
use ledger::{Appended, Log};
use support::{Place, digest, draft};

/// Calls that touch a disk, and what may go wrong with each.
const CALLS: &[(&str, &[Fault])] = &[
    ("write", &[Fault::Io, Fault::Full, Fault::Kill]),
    ("pwrite64", &[Fault::Io, Fault::Full, Fault::Kill]),
    ("fallocate", &[Fault::Io, Fault::Full, Fault::Kill]),
    ("fdatasync", &[Fault::Io, Fault::Full, Fault::Kill]),
    ("fsync", &[Fault::Io, Fault::Full, Fault::Kill]),
    ("sync_file_range", &[Fault::Io, Fault::Kill]),
    ("rename", &[Fault::Io, Fault::Full, Fault::Kill]),
    ("openat", &[Fault::Io, Fault::Full, Fault::Kill]),
    ("mkdir", &[Fault::Io, Fault::Full, Fault::Kill]),
    ("unlink", &[Fault::Io, Fault::Kill]),
    ("ftruncate", &[Fault::Io, Fault::Kill]),
    ("pread64", &[Fault::Io, Fault::Kill]),
    ("read", &[Fault::Io, Fault::Kill]),
];

/// Batches that the child appends, and the drafts of each.
const BATCHES: u64 = 6;
const DRAFTS: u64 = 8;
/// A run may sync a few hundred times; a child that takes longer hangs.
const PATIENCE: &str = "60";

#[derive(Debug, Clone, Copy)]
enum Fault {
    Io,
    Full,
    Kill,
}

impl Fault {
    fn injection(self) -> &'static str {
        match self {
            Self::Io => "error=EIO",
            Self::Full => "error=ENOSPC",
            Self::Kill => "signal=SIGKILL",
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, folder, socket] = arguments.as_slice()
        && first == "child"
    {
        return child(Path::new(folder), Path::new(socket));
    }
    let folder = arguments.first().map_or_else(std::env::temp_dir, PathBuf::from);
    let step = arguments.get(1).map_or(1, |step| step.parse().expect("STEP is a number"));
    let folder = folder.join(format!("fault-sweep-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let torn = torn(&folder);
    println!(
        "{:<16} {:<16} {:>7} {:>7} {:>13} {:>9} {:>6} {:>9}",
        "call", "fault", "points", "killed", "acknowledged", "recorded", "lost", "invented"
    );
    let mut all = Totals::default();
    for (call, faults) in CALLS {
        for fault in *faults {
            let totals = sweep(&folder, &torn, call, *fault, step);
            totals.print(call, fault.injection());
            all.add(&totals);
        }
    }
    let short = short_writes(&folder, &torn);
    short.print("write, pwrite64", "short, EFBIG");
    all.add(&short);
    all.print("all", "");
    fs::remove_dir_all(&folder).unwrap();
    assert!(all.points > 0, "nothing was tried");
    assert_eq!((all.lost, all.invented), (0, 0), "the log does not hold what it acknowledged");
}

#[derive(Debug, Default)]
struct Totals {
    points: u64,
    killed: u64,
    acknowledged: u64,
    recorded: u64,
    lost: u64,
    invented: u64,
}

impl Totals {
    fn add(&mut self, other: &Self) {
        self.points += other.points;
        self.killed += other.killed;
        self.acknowledged += other.acknowledged;
        self.recorded += other.recorded;
        self.lost += other.lost;
        self.invented += other.invented;
    }

    fn print(&self, call: &str, fault: &str) {
        println!(
            "{call:<16} {fault:<16} {:>7} {:>7} {:>13} {:>9} {:>6} {:>9}",
            self.points, self.killed, self.acknowledged, self.recorded, self.lost, self.invented
        );
    }
}

/// A log that was killed in the middle of a batch, so that opening it has something to put right.
fn torn(folder: &Path) -> PathBuf {
    let torn = folder.join("torn");
    fs::create_dir(&torn).unwrap();
    let traced = run(&torn, &folder.join("socket"), &traced(folder, "fdatasync", Fault::Kill, 4));
    assert!(traced.injected && traced.killed, "the child survived");
    torn
}

/// What runs the child so that its n-th call of a kind fails.
fn traced(folder: &Path, call: &str, fault: Fault, number: u64) -> Vec<String> {
    let trace = folder.join("trace").display().to_string();
    let _ = fs::remove_file(&trace);
    let inject = format!("inject={call}:{}:when={number}", fault.injection());
    ["strace", "-f", "-qq", "-o", &trace, "-e", &format!("trace={call}"), "-e", &inject].map(str::to_owned).to_vec()
}

/// Files that may not grow beyond a size: the write that crosses it is short, and the next one fails.
fn short_writes(folder: &Path, torn: &Path) -> Totals {
    let mut totals = Totals::default();
    let sizes = std::iter::successors(Some(1_u64), |size| Some(size + size / 8 + 1)).take_while(|size| *size < 600_000);
    for size in sizes {
        let limited = ["sh", "-c", "trap '' XFSZ; exec prlimit --fsize=\"$0\" \"$@\"", &size.to_string()];
        try_one(folder, torn, &limited.map(str::to_owned), &mut totals);
    }
    totals
}

/// One fault at each call of a kind.
fn sweep(folder: &Path, torn: &Path, call: &str, fault: Fault, step: u64) -> Totals {
    let mut totals = Totals::default();
    let mut number = 1;
    while try_one(folder, torn, &traced(folder, call, fault, number), &mut totals) {
        number += step;
    }
    totals
}

/// Runs one child on a copy of the torn log; answers whether its fault came at all.
fn try_one(folder: &Path, torn: &Path, around: &[String], totals: &mut Totals) -> bool {
    let place = folder.join("place");
    copy(torn, &place);
    let run = run(&place, &folder.join("socket"), around);
    if run.injected {
        let (lost, invented, recorded) = judge(&place, &run);
        let (killed, acknowledged) = (run.killed.into(), run.acknowledged.len() as u64);
        totals.add(&Totals { points: 1, killed, acknowledged, recorded, lost, invented });
        if lost + invented > 0 {
            println!("{lost} lost, {invented} invented: {}", around.join(" "));
        }
    }
    fs::remove_dir_all(&place).unwrap();
    run.injected
}

/// What a child told before it ended.
struct Run {
    /// Text and receipt of each acknowledged entry.
    acknowledged: BTreeMap<String, String>,
    /// Roots by size, as receipts showed them.
    heads: BTreeMap<u64, Hash>,
    injected: bool,
    killed: bool,
}

fn run(place: &Path, socket: &Path, around: &[String]) -> Run {
    let _ = fs::remove_file(socket);
    let receiver = UnixDatagram::bind(socket).unwrap();
    receiver.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let mut child = Command::new("timeout")
        .arg(PATIENCE)
        .args(around)
        .arg(std::env::current_exe().unwrap())
        .arg("child")
        .args([place, socket])
        .stderr(Stdio::null())
        .spawn()
        .expect("timeout, strace and prlimit are installed");
    let (mut acknowledged, mut heads) = (BTreeMap::new(), BTreeMap::new());
    let mut buffer = vec![0; 1 << 16];
    let mut status = None;
    loop {
        match receiver.recv(&mut buffer) {
            Ok(length) => {
                let told = String::from_utf8(buffer[..length].to_vec()).unwrap();
                let [text, receipt, size, root] = <[&str; 4]>::try_from(told.split('\n').collect::<Vec<_>>()).unwrap();
                acknowledged.insert(text.to_owned(), receipt.to_owned());
                let root: Hash = hex::decode(root).unwrap().try_into().unwrap();
                let known = heads.insert(size.parse().unwrap(), root);
                assert!(known.is_none_or(|known| known == root), "two roots of one size");
            }
            // Whatever was sent before the end has been read.
            Err(_) if status.is_some() => break,
            Err(_) => status = child.try_wait().unwrap(),
        }
    }
    let trace = fs::read_to_string(socket.with_file_name("trace")).unwrap_or_default();
    let killed = trace.contains("killed by SIGKILL");
    let is_traced = around.first().is_some_and(|program| program == "strace");
    let injected = !is_traced || trace.contains("(INJECTED)") || killed;
    Run { acknowledged, heads, injected, killed: killed && is_traced }
}

/// Opens the log that a child left, and counts what is lost, invented and recorded.
fn judge(folder: &Path, run: &Run) -> (u64, u64, u64) {
    let place = Place::new(folder);
    let signer = place.signer();
    let log = place.open().expect("the log opens again");
    let is_there = |text: &str, receipt: &str| {
        let Ok([index]) =
            log.find(&digest(&format!("tag of {text}"))).map(|found| <[u64; 1]>::try_from(found).unwrap_or([u64::MAX]))
        else {
            return false;
        };
        log.entry(index).is_ok_and(|entry| entry == text.as_bytes())
            && log.evidence(index).is_ok_and(|evidence| evidence == format!("evidence of {text}").into_bytes())
            && log.receipt(index).is_ok_and(|found| hex::encode(digest(&found.proof.to_text())) == receipt)
    };
    let lost = run.acknowledged.iter().filter(|(text, receipt)| !is_there(text, receipt)).count() as u64;
    let mut seen = std::collections::BTreeSet::new();
    let handed_in = |text: &str| {
        text.split_once(' ').is_some_and(|(batch, number)| {
            batch.parse().is_ok_and(|batch: u64| batch < BATCHES)
                && number.parse().is_ok_and(|number: u64| number < DRAFTS)
        })
    };
    let invented = (0..log.size())
        .map(|index| String::from_utf8(log.entry(index).unwrap()).unwrap())
        .filter(|text| !handed_in(text) || !seen.insert(text.clone()))
        .count() as u64;
    let recorded = log.size();
    // Every head that was shown is the beginning of what is there now.
    let head = Checkpoint::from_note(log.head().as_bytes(), signer.verifier_keys()).unwrap();
    for (size, root) in &run.heads {
        let proof = log.consistency(*size, head.size).expect("what was shown is there");
        verify_consistency(*size, root, head.size, &head.root, &proof).expect("no other head of one size");
    }
    append_all(&log, |_, _| {});
    drop(log);
    let log = place.open().expect("the log opens a second time");
    assert_eq!(log.size(), BATCHES * DRAFTS, "each draft is there once");
    let head = Checkpoint::from_note(log.head().as_bytes(), signer.verifier_keys()).unwrap();
    drop(log);
    let report = audit_directory(&Directory::new(place.public("")), &head, |_, _| {}).unwrap();
    assert_eq!((report.findings, report.root), (vec![], Some(head.root)), "the public files hold");
    (lost, invented, recorded)
}

/// Appends every batch, each draft once however often it is handed in; tells what is recorded, whether now or before.
fn append_all(log: &Log, told: impl Fn(&str, &ledger::proof::Receipt)) {
    for batch in 0..BATCHES {
        let (sender, receiver) = channel();
        for number in 0..DRAFTS {
            let text = format!("{batch} {number}");
            let (draft, sender) = (draft(&text), sender.clone());
            let _ = log.submit(draft, move |answer| drop(sender.send((text, answer))));
        }
        drop(sender);
        for (text, answer) in receiver {
            if let Ok(Appended::Recorded(receipt) | Appended::Repeated(receipt)) = answer {
                told(&text, &receipt);
            }
        }
    }
}

fn child(folder: &Path, socket: &Path) {
    let sender = UnixDatagram::unbound().unwrap();
    sender.connect(socket).unwrap();
    let place = Place::new(folder);
    let signer = place.signer();
    let Ok(log) = place.open() else { return };
    append_all(&log, |text, receipt| {
        let proof = receipt.proof.to_text();
        let head = Checkpoint::from_note(receipt.proof.checkpoint.as_bytes(), signer.verifier_keys()).unwrap();
        let line = format!("{text}\n{}\n{}\n{}", hex::encode(digest(&proof)), head.size, hex::encode(head.root));
        sender.send(line.as_bytes()).unwrap();
    });
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
