//! What a restart keeps: receipts, idempotency, nonces.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

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
