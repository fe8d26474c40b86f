//! Durable appends against the bare disk and against `SQLite`, and how all of it grows with the log.
//!
//! `append_bench [FOLDER [PYTHON SCRIPT]]` compares in one run: appends of 1 KiB to a log alone, to one with keys and tags,
//! to the bare disk (one write and one fdatasync a batch, latency of the sync), and in `SQLite` by the script of
//! `conformance/peers`. All take turns, and each ratio is of medians.
//!
//! `append_bench --grow ENTRIES FOLDER sled|files [SVG]` lets one log grow and prints what appends, proofs and starts cost on the way.
//! The folder's disk is what is measured.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a measurement that fails may panic"
)]

mod bare;
mod growth;
mod logged;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bare::Bare;
use ledger::IndexEngine;
use logged::{Kind, Logged};

/// As in the gateway.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ENTRY_BYTES: usize = 1024;
const EVIDENCE_BYTES: usize = 16 << 10;
const ROUNDS: usize = 7;
/// How long each side runs in a round.
const TURN: Duration = Duration::from_millis(500);

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next();
    if first.as_ref().is_some_and(|first| first == "--grow") {
        let usage = "--grow ENTRIES FOLDER sled|files [SVG]";
        let entries = arguments.next().and_then(|entries| entries.to_str()?.parse().ok()).expect(usage);
        let folder = PathBuf::from(arguments.next().expect(usage));
        let engine = arguments.next().expect(usage);
        let engine = if engine == "files" { IndexEngine::Files } else { IndexEngine::Sled };
        let svg = arguments.next().map(PathBuf::from);
        in_folder(&folder, |folder| growth::grow(folder, entries, engine, svg.as_deref()));
        return;
    }
    let folder = first.map_or_else(std::env::temp_dir, PathBuf::from);
    let peer: Vec<_> = arguments.collect();
    in_folder(&folder, |folder| {
        println!(
            "{:<34} {:>9} {:>9} {:>6} {:>8} {:>8} {:>8} {:>6}",
            "durable appends of 1 KiB", "log /s", "bare /s", "ratio", "p50 ms", "p99 ms", "sync p99", "ratio"
        );
        let index = IndexEngine::Sled;
        let alone = Kind { entry_bytes: ENTRY_BYTES, is_found: false, evidence_bytes: 0, index };
        let found = Kind { is_found: true, ..alone };
        for in_flight in [1, 64, 256] {
            compare(folder, &format!("log alone, {in_flight} in flight"), in_flight, alone);
        }
        let mut rates = Vec::new();
        for (index, engine) in [(IndexEngine::Sled, "sled"), (IndexEngine::Files, "files")] {
            for in_flight in [1, 64, 256] {
                let name = format!("key, tags, {engine}, {in_flight} in flight");
                let rate = compare(folder, &name, in_flight, Kind { index, ..found });
                rates.push((name, in_flight, rate));
            }
        }
        let evidence = Kind { evidence_bytes: EVIDENCE_BYTES, ..found };
        compare(folder, "and 16 KiB of evidence, 64 in flight", 64, evidence);
        if let [program, script] = &peer[..] {
            println!();
            for in_flight in [1, 64, 256] {
                let output = Command::new(program).arg(script).arg(folder).arg(in_flight.to_string()).output().unwrap();
                let sqlite: f64 = String::from_utf8(output.stdout).unwrap().trim().parse().expect("a rate");
                println!("SQLite FULL, transactions of {in_flight:<5} {sqlite:>9.0} /s");
                for (name, _, rate) in rates.iter().filter(|(_, of, _)| *of == in_flight) {
                    println!("    {name:<34} × {:.2}", rate / sqlite);
                }
            }
        }
    });
}

/// Runs in a folder of its own, which goes afterwards.
fn in_folder(folder: &Path, work: impl FnOnce(&Path)) {
    let folder = folder.join(format!("append-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    work(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The log and the bare disk in turns; answers the log's rate.
fn compare(folder: &Path, name: &str, in_flight: usize, kind: Kind) -> f64 {
    let folder = folder.join(name);
    let mut log = Logged::open(&folder, kind);
    let mut bare = Bare::open(&folder);
    let (mut logged, mut written) = (Vec::new(), Vec::new());
    let (mut latencies, mut syncs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        written.push(bare.run(TURN, in_flight * (ENTRY_BYTES + kind.evidence_bytes), in_flight, &mut syncs));
        logged.push(log.run(TURN, in_flight, &mut latencies));
    }
    let (logged, written) = (median(&mut logged), median(&mut written));
    let (half, most, sync) =
        (percentile(&mut latencies, 50), percentile(&mut latencies, 99), percentile(&mut syncs, 99));
    println!(
        "{name:<34} {logged:>9.0} {written:>9.0} {:>6.2} {half:>8.2} {most:>8.2} {sync:>8.2} {:>6.2}",
        logged / written,
        most / sync
    );
    logged
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Milliseconds that so many of a hundred stay below.
fn percentile(durations: &mut [Duration], percent: usize) -> f64 {
    durations.sort();
    durations[durations.len() * percent / 100].as_secs_f64() * 1000.0
}
