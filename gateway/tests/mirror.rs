//! `tongbiao mirror` on a gateway over HTTPS: the copy is a log, resumes, and never goes back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;
mod workplace;

use std::path::{Path, PathBuf};

use certs::signing::Ed25519Signer;
use common::{Site, facts, log_keys, message, token};
use ledger::audit::{Directory, audit_directory};
use ledger::checkpoint::Checkpoint;
use ledger::note::VerifierKey;
use workplace::{Ran, tongbiao};

/// Runs `tongbiao mirror` on the site's log into `copy`.
fn mirror(site: &Site, more: &[&str]) -> Ran {
    let path = |name: &str| site.folder.join(name).display().to_string();
    let vkey: Vec<String> = log_keys(&site.folder).iter().map(VerifierKey::to_line).collect();
    std::fs::write(path("ledger.vkey"), vkey.join("\n")).unwrap();
    let url = format!("https://localhost:{}", site.address.port());
    let (copy, vkey, ca) = (path("copy"), path("ledger.vkey"), path("keys/tls/root.pem"));
    tongbiao(&[["mirror", &url, &copy, "--vkey", &vkey, "--ca", &ca].as_slice(), more].concat())
}

fn copied(folder: &Path) -> Checkpoint {
    let directory = Directory::new(folder.join("copy"));
    let note = std::fs::read(folder.join("copy/checkpoint")).unwrap();
    let checkpoint = Checkpoint::from_note(&note, &log_keys(folder)).unwrap();
    let report = audit_directory(&directory, &checkpoint, |_, _| ()).unwrap();
    assert_eq!((report.findings, report.entries), (vec![], checkpoint.size));
    checkpoint
}

fn submit(site: &Site, number: &str) {
    let message = message(number);
    let document = site.sealed(&facts(&message), "120000", "signer");
    assert_eq!(site.submit(&message, &document, &token()).decision().0, "recognition");
    site_is_settled(site);
}

/// The public files follow the answers by a moment.
fn site_is_settled(site: &Site) {
    let entries = site.get(None, "/health").json()["ledger_size"].as_u64().unwrap();
    for _ in 0..400 {
        let note = site.get(None, "/checkpoint").body;
        if Checkpoint::from_unverified_note(&note).unwrap().size == entries {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("the checkpoint of {entries} entries was not published");
}

#[test]
fn the_log_of_a_gateway_is_copied_followed_and_never_taken_back() {
    let site = Site::make("mirror");
    submit(&site, "津劳派400001");
    mirror(&site, &[]).must_exit(0);
    assert_eq!(copied(&site.folder).size, 1);
    assert!(mirror(&site, &[]).must_exit(0).stdout.contains("没有新条目"));
    let folder: PathBuf = site.stop();
    let status = std::process::Command::new("cp").arg("-a").arg(folder.join("state")).arg(folder.join("old")).status();
    assert!(status.unwrap().success());

    let site = Site::start(folder.clone());
    submit(&site, "津劳派400002");
    // With a signature of the mirror's own.
    let key = folder.join("mirror.key");
    std::fs::write(&key, Ed25519Signer::generate_pem().unwrap()).unwrap();
    let key = key.display().to_string();
    mirror(&site, &["--key", &key, "--name", "mirror.example"]).must_exit(0);
    assert_eq!(copied(&site.folder).size, 2);
    let note = std::fs::read_to_string(folder.join("copy/checkpoint")).unwrap();
    assert!(note.contains("\n— mirror.example "), "{note}");
    mirror(&site, &["--key", &key]).must_exit(64);

    // The gateway comes back on an old disk, which it cannot know: the copy does.
    let address = site.address;
    site.stop();
    let away = mirror_of(&folder, address);
    assert!(away.must_exit(1).stderr.contains("[ledger.io]"), "nobody is there");
    std::fs::remove_dir_all(folder.join("state")).unwrap();
    std::fs::rename(folder.join("old"), folder.join("state")).unwrap();
    let site = Site::start(folder.clone());
    mirror(&site, &[]).must_exit(1).stderr.contains("[ledger.rolled_back]").then_some(()).expect("rolled back");
    submit(&site, "津劳派400003");
    mirror(&site, &[]).must_exit(1).stderr.contains("[ledger.head_differs]").then_some(()).expect("a fork");
    for name in ["first.note", "second.note"] {
        let note = std::fs::read(folder.join("copy.equivocation/2").join(name)).unwrap();
        assert_eq!(Checkpoint::from_note(&note, &log_keys(&folder)).unwrap().size, 2);
    }
    assert_eq!(copied(&folder).size, 2);
}

fn mirror_of(folder: &Path, address: std::net::SocketAddr) -> Ran {
    let path = |name: &str| folder.join(name).display().to_string();
    let url = format!("https://localhost:{}", address.port());
    tongbiao(&["mirror", &url, &path("copy"), "--vkey", &path("ledger.vkey"), "--ca", &path("keys/tls/root.pem")])
}

#[test]
fn what_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("log.vkey"), "no key\n").unwrap();
    std::fs::write(path("root.pem"), "no certificate\n").unwrap();
    let run = |more: &[&str]| {
        tongbiao(&[["mirror", "https://localhost:1", &path("copy"), "--vkey"].as_slice(), more].concat())
    };
    run(&[&path("none.vkey")]).must_refuse(66, "command.unreadable");
    run(&[&path("log.vkey")]).must_refuse(1, "note.verifier_key");
    std::fs::write(path("log.vkey"), "").unwrap();
    run(&[&path("log.vkey"), "--ca", &path("root.pem")]).must_refuse(1, "command.no_authority");
    run(&[&path("log.vkey"), "--every", "0"]).must_exit(64);
}
