//! A log in a temporary folder, with keys of its own.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};

use certs::signing::{Ed25519Signer, Sm2Signer};
use jiff::Timestamp;
use ledger::{Appended, CheckpointSigner, Config, Draft, LedgerError, Log, Tag};

pub(crate) const ORIGIN: &str = "log.example/test";

/// The folder of a log and the keys that sign it.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    ed25519: Vec<u8>,
    sm2: Vec<u8>,
}

impl Place {
    /// A place with fresh keys, which it keeps in the folder too: another process can open the same log.
    pub(crate) fn new(folder: &Path) -> Self {
        let (ed25519, sm2) = (folder.join("ed25519.pem"), folder.join("sm2.pem"));
        if !ed25519.exists() {
            std::fs::write(&sm2, Sm2Signer::generate().unwrap().to_pem().unwrap()).unwrap();
            std::fs::write(&ed25519, Ed25519Signer::generate_pem().unwrap()).unwrap();
        }
        let read = |path| std::fs::read(path).unwrap();
        Self { folder: folder.to_owned(), ed25519: read(ed25519), sm2: read(sm2) }
    }

    pub(crate) fn signer(&self) -> CheckpointSigner {
        let ed25519 = Ed25519Signer::from_pem(&self.ed25519).unwrap();
        CheckpointSigner::new(ORIGIN, ed25519, Sm2Signer::from_pem(&self.sm2).unwrap()).unwrap()
    }

    /// Small segments, so that a test fills several.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new(self.folder.join("public"), self.folder.join("state"));
        (config.segment_bytes, config.evidence_segment_bytes) = (1 << 18, 1 << 18);
        config
    }

    pub(crate) fn open(&self) -> Result<Log, LedgerError> {
        Log::open(&self.config(), self.signer(), ticking())
    }

    pub(crate) fn public(&self, path: &str) -> PathBuf {
        self.folder.join("public").join(path)
    }

    pub(crate) fn state(&self, path: &str) -> PathBuf {
        self.folder.join("state").join(path)
    }

    pub(crate) fn segment(&self, number: u32) -> PathBuf {
        self.state(&format!("frames/{number:010}.segment"))
    }
}

/// A clock that goes a second further whenever it is read.
pub(crate) fn ticking() -> impl Fn() -> Timestamp + Send + 'static {
    let seconds = AtomicI64::new(1_790_000_000);
    move || Timestamp::from_second(seconds.fetch_add(1, Ordering::Relaxed)).unwrap()
}

/// A draft of fixed bytes under a key of its own.
pub(crate) fn draft(text: &str) -> Draft {
    let entry = text.as_bytes().to_vec();
    Draft {
        entry: Box::new(move |_| entry),
        key: Some(digest(text)),
        content: digest(text),
        tags: vec![digest("all"), digest(&format!("tag of {text}"))],
        evidence: Some(format!("evidence of {text}").into_bytes()),
    }
}

pub(crate) fn digest(text: &str) -> Tag {
    certs::digest::sha256(&[text.as_bytes()])
}

/// Appends drafts until the log has so many entries.
pub(crate) fn fill(log: &Log, size: u64) {
    for index in log.size()..size {
        let appended = log.append(draft(&format!("entry {index}"))).unwrap();
        assert!(matches!(appended, Appended::Recorded(receipt) if receipt.proof.index == index));
    }
}
