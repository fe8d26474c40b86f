//! A gateway keeps the companion of its ledger: served below `/sm3`, recorded in the ledger, and taken up again after a restart.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::num::NonZeroUsize;
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certs::signing::Sm2Signer;
use common::{Site, facts, message, token};
use ledger::LedgerError;
use ledger::audit::{Proven, audit_from};
use ledger::checkpoint::Checkpoint;
use ledger::companion::CompanionFiles;
use ledger::merkle::TreeHash;
use ledger::note::VerifierKey;
use ledger::proof::InclusionProof;
use ledger::tile::PublicFiles;
use standards::receipt::ReceiptFile;

/// The public files as the server hands them out.
struct Served<'site>(&'site Site);

impl PublicFiles for Served<'_> {
    fn read(&self, path: &str, _bytes_max: usize) -> Result<Option<Vec<u8>>, LedgerError> {
        let answer = self.0.get(None, &format!("/{path}"));
        Ok((answer.status == 200).then_some(answer.body))
    }
}

/// Waits until the companion covers so many entries.
fn covering(place: &Site, size: u64) -> Checkpoint {
    let sm2 = Sm2Signer::from_pem_file(&place.keys().join("ledger/sm2.key")).unwrap();
    let key = VerifierKey::sm2("tongbiao.example/jjj/sm3", sm2.public_key().clone()).unwrap();
    let began = Instant::now();
    loop {
        let answer = place.get(None, "/sm3/checkpoint");
        if answer.status == 200 {
            let checkpoint = Checkpoint::from_note(&answer.body, std::slice::from_ref(&key)).unwrap();
            if checkpoint.size >= size {
                return checkpoint;
            }
        }
        assert!(began.elapsed() < Duration::from_secs(20), "no companion of {size} entries");
        sleep(Duration::from_millis(50));
    }
}

fn entries(site: &Site) -> u64 {
    site.get(None, "/health").json()["ledger_size"].as_u64().unwrap()
}

fn submit(site: &Site, number: &str) {
    let said = message(number);
    let document = site.sealed(&facts(&said), "120000", "signer");
    assert_eq!(site.submit(&said, &document, &token()).decision().0, "recognition");
}

/// The receipt in an answer leads to this checkpoint of the companion.
fn must_prove(answer: &serde_json::Value, checkpoint: &Checkpoint) {
    let receipt: ReceiptFile = serde_json::from_value(answer["receipt"].clone()).unwrap();
    let hashes = receipt.proof.iter().map(|hash| STANDARD.decode(hash).unwrap().try_into().unwrap()).collect();
    let proof = InclusionProof { index: receipt.index, hashes, checkpoint: receipt.checkpoint };
    assert_eq!(proof.verify_arithmetic_of(TreeHash::Sm3, receipt.entry.as_bytes()).as_ref(), Ok(checkpoint));
}

#[test]
fn the_companion_covers_what_is_recorded_and_is_recorded_itself() {
    let site = Site::make("companion");
    assert_eq!(site.get(None, "/sm3/checkpoint").problem().1, "exchange.tile_unknown");
    assert_eq!(site.get(None, "/sm3/tile/0/000").problem().1, "exchange.tile_unknown");
    assert_eq!(site.get(None, "/sm3/tile/../checkpoint").status, 404);
    submit(&site, "津劳派300000");
    let receipt = "/v1/recognitions/0?checkpoint=companion";
    let refused = site.get(Some("120000"), receipt).problem();
    assert_eq!((refused.0, refused.1.as_str()), (503, "exchange.not_in_companion"));
    let folder = site.stop();
    fs::write(folder.join("companion"), "").unwrap();
    let mut site = Site::start(folder);
    for (number, size) in [(None, 1), (Some("津劳派300001"), 3)] {
        if let Some(number) = number {
            submit(&site, number);
        }
        let checkpoint = covering(&site, size);
        assert_eq!(checkpoint.size, size);
        // Its record comes behind, and no record of that.
        let began = Instant::now();
        while entries(&site) < size + 1 {
            assert!(began.elapsed() < Duration::from_secs(20), "the checkpoint is not recorded");
            sleep(Duration::from_millis(50));
        }
        sleep(Duration::from_millis(2500));
        assert_eq!((entries(&site), covering(&site, size).size), (size + 1, size));
        // Read as any client would, below its own prefix and below the log's.
        let head = Checkpoint::from_unverified_note(&site.get(None, "/checkpoint").body).unwrap();
        let (served, threads) = (Served(&site), NonZeroUsize::MIN);
        let files = CompanionFiles::new(&served, head.size);
        let report = audit_from(&files, &checkpoint, Proven::new(TreeHash::Sm3), threads, &|_| ()).unwrap();
        assert_eq!((report.findings, report.entries), (vec![], size));
        must_prove(&site.get(Some("120000"), receipt).json(), &checkpoint);
        let bundle = site.get(None, &format!("/sm3/tile/entries/000.p/{size}"));
        let whole = site.get(None, &format!("/tile/entries/000.p/{}", head.size));
        assert!(bundle.status == 200 && whole.body.starts_with(&bundle.body), "{}", bundle.status);
        site = site.restart();
    }
}
