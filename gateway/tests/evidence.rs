//! Evidence is checked, exported and erased by the real binary; a gateway that starts afterwards keeps its word about the rest.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;
mod workplace;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use certs::digest::hmac_sha256;
use common::{Answer, Site, facts, message, token};
use gateway::config::Config;
use gateway::evidence::erasure::{self, Ground};
use gateway::{Clock, open_ledger};
use jiff::Timestamp;
use jiff::civil::date;
use ledger::shards::Shards;
use standards::item::Catalogue;
use standards::retention::Retention;
use workplace::{Ran, tongbiao};

fn evidence(folder: &Path, arguments: &[&str]) -> Ran {
    let config = folder.join("gateway.toml");
    fs::write(&config, include_str!("../config/sample.toml")).unwrap();
    let config = config.display().to_string();
    tongbiao(&[&["evidence"], arguments, &["--config", &config]].concat())
}

fn open(folder: &Path) -> Shards {
    let config = Config::from_text(include_str!("../config/sample.toml"), folder).unwrap();
    let clock: Clock = Arc::new(Timestamp::now);
    open_ledger(&config, &clock).unwrap()
}

/// Two recognitions and a conflict; the first answer, and what it answered.
fn with_three_entries(name: &str) -> (Site, Answer, [String; 2], Vec<u8>) {
    let site = Site::make(name);
    let said = message("津劳派300001");
    let (document, key) = (site.sealed(&facts(&said), "120000", "signer"), token());
    let first = site.submit(&said, &document, &key);
    assert_eq!(first.decision().0, "recognition");
    let other = message("津劳派300002");
    assert_eq!(
        site.submit(&other, &site.sealed(&facts(&other), "120000", "signer"), &token()).decision().0,
        "recognition"
    );
    assert_eq!(site.submit(&other, &document, &key).problem().1, "exchange.key_reused");
    (site, first, [said, key], document)
}

#[test]
fn evidence_is_verified_exported_and_erased_and_the_rest_stands() {
    let (site, first, [said, key], document) = with_three_entries("evidence-erased");
    let locked = evidence(&site.folder, &["verify"]).must_exit(1);
    assert!(locked.stderr.contains("ledger.locked"), "{}", locked.stderr);
    let folder = site.stop();
    let verified = evidence(&folder, &["verify"]).must_exit(0);
    assert!(verified.stdout.contains("present 3") && verified.stdout.contains("wrong 0"), "{}", verified.stdout);

    let out = folder.join("court");
    let out_text = out.display().to_string();
    evidence(&folder, &["export", "0", &out_text]).must_exit(0);
    evidence(&folder, &["export", "0", &out_text]).must_refuse(73, "command.exists");
    let read = |name: &str| fs::read(out.join(name)).unwrap();
    assert_eq!(read("message.xml"), said.as_bytes());
    assert_eq!(read("document.ofd"), document);
    let entry: serde_json::Value = serde_json::from_slice(&read("entry.json")).unwrap();
    let salt = hex::decode(read("salt.hex")).unwrap();
    for (name, value) in [("message", read("message.xml")), ("document", document.clone())] {
        let lengths = [name.len(), value.len()].map(|length| (length as u64).to_le_bytes());
        let parts: [&[u8]; 4] = [&lengths[0], name.as_bytes(), &lengths[1], &value];
        assert_eq!(entry[name], hex::encode(hmac_sha256(&salt, &parts)), "{name}");
    }
    assert!(String::from_utf8(read("entry.proof")).unwrap().starts_with("c2sp.org/tlog-proof@v1"));

    let due = evidence(&folder, &["erase", "--due", "--dry-run"]).must_exit(0);
    assert!(due.stdout.contains("0 due"), "{}", due.stdout);
    evidence(&folder, &["erase", "--due", "--as-of", "2999-01-01"]).must_refuse(1, "record.as_of_future");
    evidence(&folder, &["erase", "0", "--reason", "two words"]).must_refuse(1, "record.reason");
    evidence(&folder, &["erase", "0", "--reason", "order-1", "--dry-run"]).must_exit(0);
    evidence(&folder, &["erase", "0", "--reason", "order-1"]).must_exit(0);
    evidence(&folder, &["erase", "0", "--reason", "order-1"]).must_refuse(1, "evidence.erased");
    evidence(&folder, &["erase", "3", "--reason", "order-1"]).must_refuse(1, "evidence.missing");
    evidence(&folder, &["erase", "99", "--reason", "order-1"]).must_refuse(1, "receipt.index_beyond_size");
    evidence(&folder, &["erase"]).must_exit(64);
    evidence(&folder, &["export", "0", &folder.join("none").display().to_string()]).must_refuse(1, "evidence.erased");
    let verified = evidence(&folder, &["verify"]).must_exit(0);
    assert!(verified.stdout.contains("present 2") && verified.stdout.contains("erased 1"), "{}", verified.stdout);

    let site = Site::start(folder);
    assert_eq!(site.get(Some("110000"), "/v1/recognitions/0").body, first.body);
    assert_eq!(site.submit(&said, &document, &key).body, first.body, "a repeat is answered as ever");
    let gone = site.get(Some("110000"), "/v1/recognitions/0/document");
    assert_eq!(gone.problem(), (410, "exchange.evidence_unavailable".to_owned()));
    let detail = gone.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("已依规销毁 / erased on 20") && detail.ends_with("under order"), "{detail}");
    assert_eq!(site.get(Some("110000"), "/v1/recognitions/1/document").status, 200);
    assert_eq!(site.get(None, "/health").json()["ledger_size"], 4);
}

#[test]
fn what_was_erased_before_a_crash_is_recorded_by_the_next_start() {
    let folder = with_three_entries("evidence-crash").0.stop();
    let log = open(&folder);
    log.erase(&[ledger::Erasure { index: 1, statement: b"order order-2".to_vec() }]).unwrap();
    assert!(erasure::recorded(&log, 1).unwrap().is_none());
    drop(log);
    let site = Site::start(folder);
    assert_eq!(site.get(None, "/health").json()["ledger_size"], 4);
    let folder = site.restart().stop();
    let log = open(&folder);
    let recorded = erasure::recorded(&log, 1).unwrap().unwrap();
    assert_eq!((recorded.record, recorded.reason.as_str(), log.size()), (1, "order-2", 4), "once");
}

#[test]
fn everything_of_a_decision_is_due_with_it_and_once() {
    let folder = with_three_entries("evidence-due").0.stop();
    let log = open(&folder);
    let (retention, catalogue) = (Retention::embedded().unwrap(), Catalogue::embedded().unwrap());
    let due = |day| {
        let found = erasure::due(&log, day, &retention, &catalogue, || ()).unwrap();
        found.into_iter().map(|due| due.index).collect::<Vec<_>>()
    };
    assert_eq!(due(date(2030, 1, 1)), [0; 0]);
    assert_eq!(due(date(2100, 1, 1)), [0, 1, 2], "the conflict goes with the first");
    let ground = Ground { rule: "licence-30y".parse().unwrap(), reason: "period_over".parse().unwrap() };
    erasure::erase(&log, &[(0, ground.clone()), (2, ground)]).unwrap();
    assert_eq!(due(date(2100, 1, 1)), [1]);
    assert_eq!(erasure::recorded(&log, 2).unwrap().unwrap().rule.as_str(), "licence-30y");
}

#[test]
fn damage_and_keys_that_came_back_are_found() {
    let folder = with_three_entries("evidence-damaged").0.stop();
    let state = folder.join("state/evidence");
    let (keys, wrapping) = (fs::read(state.join("keys")).unwrap(), fs::read(state.join("wrapping.key")).unwrap());
    evidence(&folder, &["erase", "0", "--reason", "order-3"]).must_exit(0);
    let erased = (fs::read(state.join("keys")).unwrap(), fs::read(state.join("wrapping.key")).unwrap());
    assert_ne!(wrapping, erased.1);
    let said = |code: &str| {
        let ran = evidence(&folder, &["verify"]).must_exit(1);
        assert!(ran.stderr.contains(&format!("[{code}]")), "{code}: {}", ran.stderr);
    };
    fs::write(state.join("keys"), &keys).unwrap();
    said("evidence.damaged");
    fs::write(state.join("wrapping.key"), &wrapping).unwrap();
    said("record.erasure_undone");
    fs::write(state.join("keys"), &erased.0).unwrap();
    fs::write(state.join("wrapping.key"), &erased.1).unwrap();
    evidence(&folder, &["verify"]).must_exit(0);
    let segment = state.join("0000000000.segment");
    let whole = fs::read(&segment).unwrap();
    fs::write(&segment, &whole[..200]).unwrap();
    said("evidence.damaged");
    fs::write(&segment, whole).unwrap();
    evidence(&folder, &["verify"]).must_exit(0);
}
