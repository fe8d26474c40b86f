//! A witness over HTTPS: the protocol as strangers speak it, and what a restart remembers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;
mod workplace;

use common::witness::{WitnessSite, checkpoint, hierarchy_at, log_key};
use ledger::note::{SignedNote, VerifierKey};
use workplace::tongbiao;

#[test]
fn the_protocol_is_spoken_as_c2sp_writes_it() {
    let folder = hierarchy_at("witness-protocol");
    let log = log_key(&folder, "log.example");
    let site = WitnessSite::start(&folder, "w1", &[&log.1]);
    let (note, next) = (checkpoint(&log, b"a"), checkpoint(&log, b"b"));
    let key = VerifierKey::all_from_text(&site.vkey).unwrap();

    let answer = site.post("/add-checkpoint", format!("old 0\n\n{note}").as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let line = answer.text();
    let whole = format!("{note}{line}");
    let signed = SignedNote::parse(whole.as_bytes()).unwrap();
    assert_eq!(signed.verify(&key).unwrap().cosigners().len(), 1);

    // What was signed can be read by anyone, under the digest of the origin.
    let path = format!("/{}/checkpoint", hex::encode(certs::digest::sha256(&[b"log.example"])));
    assert_eq!(site.get(&path).text(), whole);
    assert_eq!(site.get("/0000/checkpoint").problem().0, 404);
    assert_eq!(site.get("/health").json()["logs"][0]["size"], 1);

    // An outdated size is answered with the remembered one, in the type of the protocol.
    let conflict = site.post("/add-checkpoint", format!("old 0\n\n{note}").as_bytes());
    assert_eq!((conflict.status, conflict.text().as_str()), (409, "1\n"));
    assert!(conflict.head.to_lowercase().contains("content-type: text/x.tlog.size\r\n"), "{}", conflict.head);
    // So is another tree of that size, and both notes are kept.
    let fork = site.post("/add-checkpoint", format!("old 1\n\n{next}").as_bytes());
    assert_eq!((fork.status, fork.text().as_str()), (409, "1\n"));
    let kept: Vec<_> = std::fs::read_dir(folder.join("w1/state/equivocation")).unwrap().collect();
    assert_eq!(kept.len(), 1);

    let stranger = checkpoint(&log_key(&folder, "stranger.example"), b"a");
    let forged = checkpoint(&log_key(&folder, "log.example"), b"a");
    let rows = [
        (format!("old 0\n\n{stranger}"), 404, "witness.unknown_log"),
        (format!("old 1\n\n{forged}"), 403, "witness.not_signed"),
        (format!("old 2\n\n{note}"), 400, "witness.malformed"),
        (format!("old 1\n{}\n\n{note}", "A".repeat(44)), 400, "witness.malformed"),
        (format!("old 1\n{}=\n\n{note}", "A".repeat(43)), 422, "witness.inconsistent"),
    ];
    for (body, status, code) in rows {
        assert_eq!(site.post("/add-checkpoint", body.as_bytes()).problem(), (status, code.to_owned()), "{body:.60}");
    }
    assert_eq!(site.get("/add-checkpoint").problem(), (405, "exchange.method_not_allowed".to_owned()));
    assert_eq!(site.post("/", b"").problem().0, 404);

    // Killed behind the answer: the memory is there at the next start.
    let site = site.restart();
    assert_eq!(site.get(&path).text(), whole);
    assert_eq!(site.post("/add-checkpoint", format!("old 1\n\n{note}").as_bytes()).status, 200);
}

#[test]
fn bodies_that_dawdle_or_leave_doubt_are_refused() {
    let folder = hierarchy_at("witness-slow");
    let log = log_key(&folder, "log.example");
    let site = WitnessSite::start(&folder, "w1", &[&log.1]);
    let head = "POST /add-checkpoint HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    let slow = site.raw(format!("{head}Content-Length: 100\r\n\r\nold 0").as_bytes());
    assert_eq!(slow.problem(), (408, "exchange.body_too_slow".to_owned()));
    // Refused by its stated length: none of it is read.
    let oversized = site.raw(format!("{head}Content-Length: 80000\r\n\r\n").as_bytes());
    assert_eq!(oversized.problem(), (413, "exchange.body_too_long".to_owned()));
    let ambiguous =
        site.raw(format!("{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").as_bytes());
    assert_eq!(ambiguous.problem(), (400, "exchange.framing_ambiguous".to_owned()));
}

#[test]
fn init_makes_a_key_that_only_its_owner_reads_and_never_overwrites_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w").display().to_string();
    let ran = tongbiao(&["witness", "init", &path, "--name", "witness.example/区"]).must_exit(0);
    let vkey = std::fs::read_to_string(format!("{path}/witness.vkey")).unwrap();
    assert!(ran.stdout.contains(vkey.trim()));
    let keys = VerifierKey::all_from_text(&vkey).unwrap();
    assert!(keys[0].is_cosignature());
    assert_eq!(keys[0].name(), "witness.example/区");
    let mode = std::fs::metadata(format!("{path}/witness.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let config =
        gateway::witness::config::WitnessConfig::load(std::path::Path::new(&format!("{path}/witness.toml"))).unwrap();
    assert_eq!(config.open().unwrap().key(), &keys[0]);
    tongbiao(&["witness", "init", &path, "--name", "witness.example"]).must_refuse(73, "command.exists");
    let other = format!("{path}2");
    tongbiao(&["witness", "init", &other, "--name", "a b"]).must_refuse(1, "note.key_name");
    assert!(!std::path::Path::new(&other).exists(), "nothing is left of what was refused");
}

#[test]
fn what_cannot_be_used_keeps_a_witness_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join("w").join(name).display().to_string();
    tongbiao(&["witness", "init", &path(""), "--name", "witness.example"]).must_exit(0);
    let serve = || tongbiao(&["witness", "serve", "--config", &path("witness.toml")]).must_exit(1);
    assert!(serve().stderr.contains("server.certificate"), "no certificate");
    std::fs::write(path("logs.vkey"), "no key\n").unwrap();
    assert!(serve().stderr.contains("note.verifier_key"));
    // Its own key is no log's.
    std::fs::copy(path("witness.vkey"), path("logs.vkey")).unwrap();
    assert!(serve().stderr.contains("witness.logs"));
    std::fs::remove_file(path("witness.key")).unwrap();
    assert!(serve().stderr.contains("witness.key"));
}
