//! The real witness, killed at any moment under load: it never signs behind what it signed, nor beside it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use certs::signing::Ed25519Signer;
use common::tls_client;
use common::witness::hierarchy_at;
use ledger::LedgerError;
use ledger::checkpoint::Checkpoint;
use ledger::merkle::{Hash, HashReader, Node, consistency_proof, leaf_hash, node_hash, root};
use ledger::note::VerifierKey;
use ledger::witness::AddCheckpoint;
use rustls::StreamOwned;

const KILLS: u64 = 12;

/// Entries that are numbers; the other face of the log has other ones.
struct Leaves(u64);

impl HashReader for Leaves {
    fn hash(&mut self, node: Node) -> Result<Hash, LedgerError> {
        let Some(below) = node.level.checked_sub(1) else { return Ok(leaf_hash(&(node.index + self.0).to_be_bytes())) };
        let left = self.hash(Node { level: below, index: node.index * 2 })?;
        Ok(node_hash(&left, &self.hash(Node { level: below, index: node.index * 2 + 1 })?))
    }
}

struct TestLog {
    signer: Ed25519Signer,
    key: VerifierKey,
}

impl TestLog {
    fn new() -> Self {
        let signer = Ed25519Signer::from_pem(&Ed25519Signer::generate_pem().unwrap()).unwrap();
        let key = VerifierKey::ed25519("log.example", signer.public_key()).unwrap();
        Self { signer, key }
    }

    fn request(&self, old_size: u64, size: u64, face: u64) -> AddCheckpoint {
        let root = root(size, &mut Leaves(face)).unwrap();
        let text = Checkpoint { origin: "log.example".to_owned(), size, root }.to_text();
        let note = format!("{text}\n{}", self.key.signature_line(&self.signer.sign(text.as_bytes())));
        AddCheckpoint { old_size, proof: consistency_proof(old_size, size, &mut Leaves(face)).unwrap(), note }
    }
}

/// `tongbiao witness serve`, and where it listens.
fn start(folder: &Path) -> (Child, SocketAddr) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tongbiao"))
        .args(["witness", "serve", "--config"])
        .arg(folder.join("w/witness.toml"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.find(|line| line.as_ref().unwrap().contains("listening")).unwrap().unwrap();
    // Nobody reads the rest; a full pipe would stop the process.
    std::thread::spawn(move || lines.for_each(drop));
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    (child, line["fields"]["address"].as_str().unwrap().parse().unwrap())
}

/// Status and body; `None` where the process went away meanwhile.
fn post(folder: &Path, address: SocketAddr, request: &AddCheckpoint) -> Option<(u16, String)> {
    let body = request.to_body();
    let stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut stream = StreamOwned::new(tls_client(&folder.join("keys"), None), stream);
    let head = "POST /add-checkpoint HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).ok()?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    // Half a body is no answer.
    let length: usize = head.to_lowercase().split("content-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
    (body.len() == length).then(|| (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned()))
}

#[test]
fn a_witness_that_is_killed_never_forgets_what_it_signed() {
    let folder = hierarchy_at("witness-crash");
    let log = TestLog::new();
    let place = folder.join("w").display().to_string();
    let mut init = Command::new(env!("CARGO_BIN_EXE_tongbiao"));
    init.args(["witness", "init", &place, "--name", "w.example"]);
    assert!(init.output().unwrap().status.success());
    std::fs::write(folder.join("w/logs.vkey"), log.key.to_line()).unwrap();
    let config = std::fs::read_to_string(folder.join("w/witness.toml")).unwrap();
    let config = config.replace("127.0.0.1:8444", "127.0.0.1:0").replace("\"tls/", "\"../keys/tls/");
    std::fs::write(folder.join("w/witness.toml"), config.replace("\"text\"", "\"json\"")).unwrap();

    let signed = AtomicU64::new(0);
    for kill in 0..KILLS {
        let (mut child, address) = start(&folder);
        // What it remembers is what it said, or what it was asked behind that: never less, never another tree.
        let before = signed.load(Ordering::SeqCst);
        let (status, remembered) = post(&folder, address, &log.request(before + 100, before + 100, 0)).unwrap();
        assert_eq!(status, 409);
        let remembered: u64 = remembered.trim_end().parse().unwrap();
        assert!(remembered == before || remembered == before + 1, "{remembered} after {before}, kill {kill}");
        if remembered > 0 {
            let other_face = log.request(remembered, remembered, 1_000_000);
            assert_eq!(post(&folder, address, &other_face), Some((409, format!("{remembered}\n"))));
        }
        signed.store(remembered, Ordering::SeqCst);
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                loop {
                    let old = signed.load(Ordering::SeqCst);
                    match post(&folder, address, &log.request(old, old + 1, 0)) {
                        Some((200, line)) if line.starts_with("— w.example ") => {
                            signed.store(old + 1, Ordering::SeqCst);
                        }
                        Some(other) => panic!("{other:?}"),
                        None => return,
                    }
                }
            });
            let started = Instant::now();
            while signed.load(Ordering::SeqCst) < remembered + 2 && started.elapsed() < Duration::from_secs(20) {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_micros(700 * kill));
            child.kill().unwrap();
            child.wait().unwrap();
            worker.join().unwrap();
        });
    }
    assert!(signed.load(Ordering::SeqCst) >= 2 * KILLS);
}
