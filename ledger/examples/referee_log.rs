//! Makes a log of a size for `conformance/interop/run.sh`: public files, keys and receipts, those of every boundary among them.
//!
//! `cargo run --release -p ledger --features log --example referee_log FOLDER SIZE`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what a test makes may panic")]

#[path = "../tests/support/referee.rs"]
mod referee;
#[path = "../tests/support/log.rs"]
mod support;

use std::collections::BTreeSet;
use std::path::PathBuf;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, size] = arguments.as_slice() else { panic!("usage: referee_log FOLDER SIZE") };
    let (folder, size) = (PathBuf::from(folder), size.parse::<u64>().expect("SIZE is a number"));
    std::fs::create_dir_all(&folder).unwrap();
    let boundaries = [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, size.saturating_sub(1)];
    let spread = (0..20).map(|part| size * part / 20);
    let receipts: BTreeSet<u64> = boundaries.into_iter().chain(spread).filter(|index| *index < size).collect();
    referee::make_log(&support::Place::new(&folder), size, receipts);
}
