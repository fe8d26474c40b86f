//! Go's sumdb packages, @sigstore/verify, pymerkle, gmssl and OpenSSL accept a log of ours, and refuse one that was tampered with.
//!
//! Runs `conformance/interop/run.sh` where its tools are installed (`make interop` installs them); says so where not.
#![cfg(feature = "log")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "support/referee.rs"]
mod referee;
#[path = "support/log.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::Place;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn tools_are_here() -> bool {
    let works = |program: &str, arguments: &[&str]| {
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
    };
    let python = root().join("target/interop-venv/bin/python");
    works("go", &["version"])
        && Path::new("/usr/share/gocode/src/golang.org/x/mod").exists()
        && works("openssl", &["version"])
        && works(python.to_str().unwrap(), &["-c", "import gmssl, pymerkle"])
        && root().join("target/interop-node/node_modules/@sigstore/verify").exists()
}

fn referees(folder: &Path) -> Output {
    Command::new(root().join("conformance/interop/run.sh"))
        .args([folder.join("public"), folder.join("ledger.vkey"), folder.join("receipts")])
        .output()
        .unwrap()
}

#[test]
fn independent_referees_accept_a_log_and_refuse_a_tampered_one() {
    if !tools_are_here() {
        println!("skipped: `make interop` installs Go, its x/mod packages, @sigstore/verify, pymerkle and gmssl");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    referee::make_log(&place, 1000, (0..1000).step_by(37));
    let verdict = referees(folder.path());
    let output = String::from_utf8_lossy(&verdict.stdout).into_owned();
    assert!(verdict.status.success(), "{output}{}", String::from_utf8_lossy(&verdict.stderr));
    assert!(output.ends_with("interop ok\n"), "{output}");
    println!("{output}");

    for path in ["checkpoint", "tile/0/001", "tile/1/000.p/3", "tile/entries/002"] {
        let good = fs::read(place.public(path)).unwrap();
        let mut tampered = good.clone();
        tampered[20] ^= 1;
        fs::write(place.public(path), tampered).unwrap();
        let verdict = referees(folder.path());
        assert_eq!(verdict.status.code(), Some(1), "{path}: {}", String::from_utf8_lossy(&verdict.stdout));
        fs::write(place.public(path), good).unwrap();
    }
}
