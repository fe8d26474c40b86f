//! The log under load: so many requests wait for their answers at any time.

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use certs::signing::{Ed25519Signer, Sm2Signer};
use jiff::Timestamp;
use ledger::{Appended, CheckpointSigner, Config, Draft, IndexEngine, Log};

/// Drafts that are made before a turn, at most as many as fit into it.
const DRAFTS_AHEAD: u64 = 40_000;

/// What is appended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) entry_bytes: usize,
    /// Whether entries have an idempotency key and two tags.
    pub(crate) is_found: bool,
    pub(crate) evidence_bytes: usize,
    pub(crate) index: IndexEngine,
}

/// A log and the keys that sign it.
pub(crate) struct Logged {
    log: Option<Log>,
    folder: PathBuf,
    keys: (Vec<u8>, Vec<u8>),
    kind: Kind,
    count: u64,
    drafts: Vec<Draft>,
}

impl Logged {
    pub(crate) fn open(folder: &Path, kind: Kind) -> Self {
        let keys = (Ed25519Signer::generate_pem().unwrap(), Sm2Signer::generate().unwrap().to_pem().unwrap());
        let mut logged = Self { log: None, folder: folder.to_owned(), keys, kind, count: 0, drafts: Vec::new() };
        logged.reopen();
        logged
    }

    /// Closes the log and opens it again; how long the opening took.
    pub(crate) fn reopen(&mut self) -> Duration {
        self.log = None;
        let mut config = Config::new(self.folder.join("public"), self.folder.join("state"));
        config.index = self.kind.index;
        let ed25519 = Ed25519Signer::from_pem(&self.keys.0).unwrap();
        let sm2 = Sm2Signer::from_pem(&self.keys.1).unwrap();
        let signer = CheckpointSigner::new("log.example/bench", ed25519, sm2).unwrap();
        let start = Instant::now();
        self.log = Some(Log::open(&config, signer, Timestamp::now).unwrap());
        start.elapsed()
    }

    /// Closes the log: everything is public then.
    pub(crate) fn close(&mut self) {
        self.log = None;
    }

    pub(crate) fn log(&self) -> &Log {
        self.log.as_ref().unwrap()
    }

    /// Appends a second; adds what each append took.
    pub(crate) fn run(&mut self, turn: Duration, in_flight: usize, latencies: &mut Vec<Duration>) -> f64 {
        let drafts = DRAFTS_AHEAD / if self.kind.evidence_bytes > 0 { 8 } else { 1 };
        // What the caller does to make an entry is not what is measured.
        self.drafts = (0..drafts).map(|_| self.draft()).collect();
        let start = Instant::now();
        let count = self.append_while(in_flight, latencies, |sent| start.elapsed() < turn && sent < drafts);
        f64::from(u32::try_from(count).unwrap()) / start.elapsed().as_secs_f64()
    }

    /// Appends as long as `more` says so of the number sent, and waits for all answers.
    pub(crate) fn append_while(
        &mut self,
        in_flight: usize,
        latencies: &mut Vec<Duration>,
        more: impl Fn(u64) -> bool,
    ) -> u64 {
        let (sender, receiver) = channel();
        let (mut sent, mut answered) = (0, 0);
        while more(sent) || answered < sent {
            while sent - answered < in_flight as u64 && more(sent) {
                let draft = self.drafts.pop().unwrap_or_else(|| self.draft());
                let (sender, began) = (sender.clone(), Instant::now());
                let answer = move |answer: Result<Appended, _>| sender.send((answer.unwrap(), began)).unwrap();
                self.log().submit(draft, answer).unwrap();
                sent += 1;
            }
            let (_, began) = receiver.recv().unwrap();
            latencies.push(began.elapsed());
            answered += 1;
        }
        answered
    }

    fn draft(&mut self) -> Draft {
        self.count += 1;
        let (number, kind) = (self.count.to_le_bytes(), self.kind);
        let mut entry = number.to_vec();
        entry.resize(kind.entry_bytes, b'x');
        let entry = Box::new(move |_| entry);
        let evidence = (kind.evidence_bytes > 0).then(|| vec![b'e'; kind.evidence_bytes]);
        if !kind.is_found {
            return Draft { entry, key: None, content: [0; 32], tags: vec![], evidence };
        }
        let log = self.log();
        Draft {
            entry,
            key: Some(log.tag(&[b"key", &number])),
            content: log.tag(&[b"content", &number]),
            tags: vec![log.tag(&[b"case", &number]), log.tag(&[b"partner", &number[..1]])],
            evidence,
        }
    }
}
