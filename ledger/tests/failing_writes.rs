//! A process whose writes fail stops recording, goes on reading, and loses nothing that it acknowledged.
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

use std::path::Path;
use std::process::Command;

use ledger::{Appended, LedgerError};
use support::{Place, digest, draft, fill};

/// Names the folder for the child; without it the child's test has nothing to do.
const FOLDER: &str = "LEDGER_RECOVERY_FOLDER";

/// Runs in a child that may write no file beyond some length: a batch fails in the middle of a segment.
#[test]
fn child_whose_writes_fail() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let log = Place::new(Path::new(&folder)).open().unwrap();
    let failed = (0..1000).find(|number| log.append(draft(&format!("more {number}"))).is_err()).unwrap();
    assert!(log.is_dead());
    let size = log.size();
    assert_eq!(log.append(draft("another")), Err(LedgerError::LogDead));
    assert_eq!(log.entry(2).unwrap(), b"entry 2", "reading goes on");
    assert!(log.receipt(size - 1).is_ok());
    assert!(matches!(log.append(draft("entry 2")).unwrap(), Appended::Repeated(_)));
    assert!(log.find(&digest("all")).unwrap().iter().all(|index| *index < size), "nothing is found that is not there");
    println!("failed {failed} size {size}");
}

#[test]
fn after_a_failed_write_nothing_more_is_recorded_until_the_log_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    fill(&place.open().unwrap(), 3);
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 200; exec \"$0\" --exact child_whose_writes_fail --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let words: Vec<&str> = text.split_whitespace().skip_while(|word| *word != "failed").collect();
    let (failed, size): (u64, u64) = (words[1].parse().unwrap(), words[3].parse().unwrap());
    let log = place.open().unwrap();
    assert_eq!(log.size(), size, "what was acknowledged, and nothing that was not");
    let again = log.append(draft(&format!("more {failed}"))).unwrap();
    assert!(matches!(again, Appended::Recorded(_)), "the key tells what became of it");
}
