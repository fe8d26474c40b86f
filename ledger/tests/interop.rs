//! Go's sumdb packages, gmssl and OpenSSL accept a log of ours, and refuse one that was tampered with.
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

#[path = "support/log.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::mpsc::channel;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use support::{Place, draft};

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
        && works(python.to_str().unwrap(), &["-c", "import gmssl"])
}

fn referees(folder: &Path) -> Output {
    Command::new(root().join("conformance/interop/run.sh"))
        .args([folder.join("public"), folder.join("ledger.vkey"), folder.join("receipts")])
        .output()
        .unwrap()
}

/// A log of 1,000 entries in batches, its keys, and every 37th receipt as JSON and as tlog-proof.
fn make_log(place: &Place) {
    let log = place.open().unwrap();
    let (sender, receiver) = channel();
    for number in 0..1000 {
        let sender = sender.clone();
        log.submit(draft(&format!("条目 \"{number}\"\n")), move |answer| sender.send(answer.unwrap()).unwrap())
            .unwrap();
        if number % 90 == 0 {
            receiver.recv().unwrap();
        }
    }
    receiver.iter().take(1000 - 12).for_each(drop);
    let signer = place.signer();
    let [ed25519, sm2] = signer.verifier_keys();
    fs::write(place.folder.join("ledger.vkey"), ed25519.to_line() + "\n").unwrap();
    fs::write(place.folder.join("ledger.sm2.vkey"), sm2.to_line() + "\n").unwrap();
    let receipts = place.folder.join("receipts");
    fs::create_dir(&receipts).unwrap();
    for index in (0..1000).step_by(37) {
        let receipt = log.receipt(index).unwrap();
        let proof: Vec<String> =
            receipt.proof.hashes.iter().map(|hash| format!("\"{}\"", BASE64.encode(hash))).collect();
        let text = |bytes: &str| bytes.replace('"', "\\\"").replace('\n', "\\n");
        let json = format!(
            r#"{{"entry":"{}","index":{index},"proof":[{}],"checkpoint":"{}"}}"#,
            text(std::str::from_utf8(&receipt.entry).unwrap()),
            proof.join(","),
            text(&receipt.proof.checkpoint)
        );
        fs::write(receipts.join(format!("{index}.json")), json).unwrap();
        fs::write(receipts.join(format!("{index}.tlog-proof")), receipt.proof.to_text()).unwrap();
    }
}

#[test]
fn independent_referees_accept_a_log_and_refuse_a_tampered_one() {
    if !tools_are_here() {
        println!("skipped: `make interop` installs Go, its x/mod packages and gmssl");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    make_log(&place);
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
