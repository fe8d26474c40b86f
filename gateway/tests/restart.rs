//! What a restart keeps: receipts, idempotency, nonces.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::path::Path;
use std::process::Command;

use certs::hierarchy;
use certs::revocation::Reason;
use common::{Signed, Site, facts, message, token};
use jiff::Timestamp;

#[test]
fn a_restart_keeps_receipts_conflicts_and_nonces() {
    let site = Site::make("restart");
    let entries = |site: &Site| site.get(None, "/health").json()["ledger_size"].as_u64().unwrap();
    let message = message("津劳派200001");
    let document = site.sealed(&facts(&message), "120000", "signer");
    let key = token();
    let request = Signed::submission(&site, &message, &document, &key).bytes(&site);
    let first = site.raw(Some("120000"), &request);
    assert_eq!(first.decision().0, "recognition");
    assert_eq!(entries(&site), 1);
    let site = site.restart();
    assert_eq!(site.raw(Some("120000"), &request).problem(), (401, "exchange.nonce_replayed".to_owned()));
    assert_eq!(site.submit(&message, &document, &key).body, first.body);
    assert_eq!(entries(&site), 1, "a resend records nothing");
    let other = message.replace("16:01:02", "16:01:03");
    for _ in 0..2 {
        assert_eq!(site.submit(&other, &document, &key).problem(), (409, "exchange.key_reused".to_owned()));
        assert_eq!(entries(&site), 2, "the conflict is recorded once");
    }
    let site = site.restart();
    assert_eq!(site.submit(&other, &document, &key).problem(), (409, "exchange.key_reused".to_owned()));
    assert_eq!(entries(&site), 2, "and stays recorded once");
    assert_eq!(site.get(Some("110000"), "/v1/recognitions/0").body, first.body);
    assert_eq!(site.get(Some("110000"), "/v1/recognitions/1").problem().0, 404, "a conflict is no recognition");
}

#[test]
fn a_resend_is_answered_though_the_rules_have_changed_since() {
    let site = Site::make("rules-changed");
    let (said, key) = (message("津劳派200005"), token());
    let document = site.sealed(&facts(&said), "120000", "signer");
    let first = site.submit(&said, &document, &key);
    assert_eq!(first.decision().0, "recognition");
    // Tianjin's next table has another code for the item.
    let folder = site.stop();
    let regions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../adapters/regions");
    assert!(Command::new("cp").arg("-r").arg(regions).arg(folder.join("regions")).status().unwrap().success());
    let table = folder.join("regions/120000-tianjin/items.toml");
    let old = std::fs::read_to_string(&table).unwrap();
    let new = old.replace("121A14003004-120116000000-000", "121A14003999-120116000000-000");
    assert_ne!(old, new);
    std::fs::write(&table, new).unwrap();
    let site = Site::start(folder);
    assert_eq!(site.submit(&said, &document, &token()).status, 422, "it would not be decided any more");
    assert_eq!(site.submit(&said, &document, &key).body, first.body);
}

#[test]
fn what_is_revoked_is_refused_from_the_next_start_on() {
    let site = Site::make("revoked");
    let message = message("津劳派200002");
    let document = site.sealed(&facts(&message), "120000", "signer");
    assert_eq!(site.submit(&message, &document, &token()).decision().0, "recognition");
    let revoke = |site: &Site, who| {
        let (tianjin, now) = ("120000".parse().unwrap(), Timestamp::now());
        hierarchy::revoke(&site.keys(), &tianjin, who, now, Reason::KeyCompromise).unwrap();
    };
    revoke(&site, "message");
    let site = site.restart();
    assert_eq!(site.submit(&message, &document, &token()).problem(), (401, "exchange.key_not_valid".to_owned()));
    assert_eq!(site.get(Some("120000"), "/v1/inbox").status, 200);
    revoke(&site, "client");
    let site = site.restart();
    assert_eq!(site.get(Some("120000"), "/v1/inbox").problem(), (403, "exchange.partner_unknown".to_owned()));
}

#[test]
fn nothing_is_decided_about_partners_whose_revocation_cannot_be_told() {
    let site = Site::make("no-list");
    let message = message("津劳派200003");
    let document = site.sealed(&facts(&message), "120000", "signer");
    let list = site.keys().join("trust/crls/120000-root.crl");
    let kept = std::fs::read(&list).unwrap();
    std::fs::remove_file(&list).unwrap();
    let site = site.restart();
    let unknown = (503, "exchange.revocation_unknown".to_owned());
    assert_eq!(site.submit(&message, &document, &token()).problem(), unknown, "the message key's list is missing");
    assert_eq!(site.get(Some("120000"), "/v1/inbox").status, 200, "the client's is there");
    std::fs::remove_file(site.keys().join("trust/crls/tls-root.crl")).unwrap();
    let site = site.restart();
    assert_eq!(site.get(Some("120000"), "/v1/inbox").problem(), unknown);
    // Another authority's list under that name is no help.
    let other = std::fs::read(site.keys().join("trust/crls/110000-root.crl")).unwrap();
    std::fs::write(site.keys().join("trust/crls/tls-root.crl"), other).unwrap();
    std::fs::write(&list, kept).unwrap();
    let site = site.restart();
    assert_eq!(site.submit(&message, &document, &token()).problem(), unknown);
    assert_eq!(site.get(None, "/health").json()["ledger_size"], 0, "and nothing was recorded");
}

#[test]
fn a_stale_trust_list_changes_nothing_not_even_by_a_delivery() {
    let site = Site::made_at("stale", Timestamp::now() - jiff::SignedDuration::from_hours(24 * 100));
    let message = message("津劳派200004");
    let stale = (503, "exchange.trust_stale".to_owned());
    assert_eq!(site.submit(&message, b"no document", &token()).problem(), stale);
    let delivery = Signed::new(
        "110000",
        "/v1/recognitions/0/delivery",
        "application/json",
        br#"{"checkpoint":""}"#.to_vec(),
        &token(),
    );
    assert_eq!(site.send(&delivery).problem(), stale);
    // The lists of that time are as old: who asks cannot be told from whoever was removed since.
    assert_eq!(site.get(Some("110000"), "/v1/inbox").problem(), (503, "exchange.revocation_unknown".to_owned()));
}
