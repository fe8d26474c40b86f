//! Durable appends against the bare disk: what the log costs on top of one write and one fdatasync a batch.
//!
//! `cargo run --release -p ledger --features log --example append_bench [FOLDER]`; the folder's disk is what is measured.
//! Entries of 1 KiB with a key and two tags. Both sides take turns in one run, and the ratio is of their medians.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that fails may panic"
)]

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use certs::signing::{Ed25519Signer, Sm2Signer};
use jiff::Timestamp;
use ledger::{CheckpointSigner, Config, Draft, Log};

const ENTRY_BYTES: usize = 1024;
const EVIDENCE_BYTES: usize = 16 << 10;
const ROUNDS: usize = 5;
/// How long each side runs in a round.
const TURN: Duration = Duration::from_millis(700);

fn main() {
    let folder = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = folder.join(format!("append-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    println!("{:<34} {:>12} {:>12} {:>8}", "durable appends of 1 KiB", "log /s", "bare /s", "ratio");
    for in_flight in [1, 64, 256] {
        compare(&folder, &format!("{in_flight} in flight"), in_flight, None);
    }
    compare(&folder, "64 in flight, 16 KiB of evidence", 64, Some(EVIDENCE_BYTES));
    std::fs::remove_dir_all(&folder).unwrap();
}

fn compare(folder: &Path, name: &str, in_flight: usize, evidence: Option<usize>) {
    let folder = folder.join(name);
    let mut log = LogSide::open(&folder);
    let mut bare = BareSide::open(&folder);
    let (mut logged, mut written) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        written.push(bare.run(in_flight, evidence));
        logged.push(log.run(in_flight, evidence));
    }
    let (logged, written) = (median(&mut logged), median(&mut written));
    println!("{name:<34} {logged:>12.0} {written:>12.0} {:>8.2}", logged / written);
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// The log, with so many requests waiting for their answers at any time.
struct LogSide {
    log: Log,
    count: u64,
}

impl LogSide {
    fn open(folder: &Path) -> Self {
        let config = Config::new(folder.join("public"), folder.join("state"));
        let ed25519 = Ed25519Signer::from_pem(&Ed25519Signer::generate_pem().unwrap()).unwrap();
        let signer = CheckpointSigner::new("log.example/bench", ed25519, Sm2Signer::generate().unwrap()).unwrap();
        Self { log: Log::open(&config, signer, Timestamp::now).unwrap(), count: 0 }
    }

    fn run(&mut self, in_flight: usize, evidence: Option<usize>) -> f64 {
        let (sender, receiver) = channel();
        let start = Instant::now();
        let (mut sent, mut answered) = (0, 0);
        while start.elapsed() < TURN || answered < sent {
            while start.elapsed() < TURN && sent - answered < in_flight {
                let (sender, draft) = (sender.clone(), self.draft(evidence));
                self.log.submit(draft, move |answer| sender.send(answer.unwrap()).unwrap()).unwrap();
                sent += 1;
            }
            receiver.recv().unwrap();
            answered += 1;
        }
        rate(answered, start)
    }

    fn draft(&mut self, evidence: Option<usize>) -> Draft {
        self.count += 1;
        let number = self.count.to_le_bytes();
        let mut entry = number.to_vec();
        entry.resize(ENTRY_BYTES, b'x');
        Draft {
            entry: Box::new(move |_| entry),
            key: Some(self.log.tag(&[b"key", &number])),
            content: self.log.tag(&[b"content", &number]),
            tags: vec![self.log.tag(&[b"case", &number]), self.log.tag(&[b"partner", &number[..1]])],
            evidence: evidence.map(|bytes| vec![b'e'; bytes]),
        }
    }
}

/// One prezeroed file, written from the front again and again: the same bytes a batch, one sync.
struct BareSide {
    file: File,
    at: u64,
}

impl BareSide {
    const FILE_BYTES: usize = 64 << 20;

    fn open(folder: &Path) -> Self {
        let path = folder.join("bare");
        let file = OpenOptions::new().create(true).truncate(true).write(true).open(path).unwrap();
        file.write_all_at(&vec![0; Self::FILE_BYTES], 0).unwrap();
        file.sync_all().unwrap();
        Self { file, at: 0 }
    }

    fn run(&mut self, batch: usize, evidence: Option<usize>) -> f64 {
        let bytes = vec![b'x'; batch * (ENTRY_BYTES + evidence.unwrap_or(0))];
        let start = Instant::now();
        let mut written = 0;
        while start.elapsed() < TURN {
            if self.at + bytes.len() as u64 > Self::FILE_BYTES as u64 {
                self.at = 0;
            }
            self.file.write_all_at(&bytes, self.at).unwrap();
            self.file.sync_data().unwrap();
            self.at += bytes.len() as u64;
            written += batch;
        }
        rate(written, start)
    }
}

fn rate(count: usize, start: Instant) -> f64 {
    let count = u32::try_from(count).unwrap();
    f64::from(count) / start.elapsed().as_secs_f64()
}
