//! A log's public files, made from the specifications alone: naive, and on purpose without the ledger's own Merkle code.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use certs::digest::sha256;
use certs::signing::{Ed25519Signer, Sm2Signer};
use tempfile::TempDir;

type Hash = [u8; 32];

/// Writes every tile and bundle of these entries, and returns the root.
pub(crate) fn write_tiles(folder: &Path, entries: &[Vec<u8>]) -> Hash {
    for (number, chunk) in entries.chunks(256).enumerate() {
        let bundle: Vec<u8> = chunk
            .iter()
            .flat_map(|entry| [u16::try_from(entry.len()).unwrap().to_be_bytes().to_vec(), entry.clone()].concat())
            .collect();
        write(folder, "entries", number, chunk.len(), &bundle);
    }
    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf(entry)).collect();
    let mut level = 0;
    let mut hashes = leaves.clone();
    while !hashes.is_empty() {
        for (number, chunk) in hashes.chunks(256).enumerate() {
            write(folder, &level.to_string(), number, chunk.len(), &chunk.concat());
        }
        hashes = hashes.chunks_exact(256).map(root).collect();
        level += 1;
    }
    root(&leaves)
}

/// RFC 6962, 2.1: the hash of a leaf.
pub(crate) fn leaf(entry: &[u8]) -> Hash {
    sha256(&[&[0], entry])
}

/// RFC 6962, 2.1: the Merkle tree hash.
pub(crate) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            sha256(&[&[1], &root(left), &root(right)])
        }
    }
}

/// RFC 6962, 2.1.1: the audit path of the leaf at `index`.
pub(crate) fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let middle = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(middle);
    if index < middle {
        [path(left, index), vec![root(right)]].concat()
    } else {
        [path(right, index - middle), vec![root(left)]].concat()
    }
}

/// The name of a tile in tlog-tiles: groups of three digits, all but the last with an x, and the width where it is not full.
pub(crate) fn name(level: &str, number: usize, width: usize) -> String {
    let mut digits = format!("{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        digits = format!("x{:03}/{digits}", rest % 1000);
        rest /= 1000;
    }
    let partial = if width == 256 { String::new() } else { format!(".p/{width}") };
    format!("tile/{level}/{digits}{partial}")
}

fn write(folder: &Path, level: &str, number: usize, width: usize, bytes: &[u8]) {
    let path = folder.join(name(level, number, width));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A log with its keys, in a folder of its own.
pub(crate) struct TestLog {
    pub(crate) folder: TempDir,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) root: Hash,
    ed25519: Ed25519Signer,
    sm2: Sm2Signer,
}

/// The origin of every log here.
pub(crate) const ORIGIN: &str = "tongbiao.example/log";
const ED25519: &[u8] = &[1];
const SM2: &[u8] = b"\xfftongbiao/sm2-with-sm3/v1";

impl TestLog {
    /// A log of these entries: `ledger/` with the public files, and the keys beside it.
    pub(crate) fn of(entries: Vec<Vec<u8>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("ledger")).unwrap();
        let root = write_tiles(&folder.path().join("ledger"), &entries);
        let ed25519 = Ed25519Signer::from_pem(&Ed25519Signer::generate_pem().unwrap()).unwrap();
        let log = Self { folder, entries, root, ed25519, sm2: Sm2Signer::generate().unwrap() };
        fs::write(log.file("ledger/checkpoint"), log.note(&log.body(), true)).unwrap();
        fs::write(log.file("ed25519.vkey"), log.ed25519_key()).unwrap();
        fs::write(log.file("sm2.vkey"), log.sm2_key()).unwrap();
        fs::write(log.file("both.vkey"), format!("{}\n\n{}\n", log.ed25519_key(), log.sm2_key())).unwrap();
        log
    }

    /// A log of `count` entries, no two of one length or content.
    pub(crate) fn of_size(count: usize) -> Self {
        Self::of(
            (0..count)
                .map(|index| format!("{{\"entry\":{index},\"pad\":\"{}\"}}", "x".repeat(index % 7)).into())
                .collect(),
        )
    }

    /// The log as it goes on with other entries behind its first `kept`: tiles and checkpoint are written again.
    pub(crate) fn go_on(&mut self, kept: usize, more: impl IntoIterator<Item = Vec<u8>>) {
        self.entries.truncate(kept);
        self.entries.extend(more);
        let ledger = self.file("ledger");
        fs::remove_dir_all(&ledger).unwrap();
        fs::create_dir(&ledger).unwrap();
        self.root = write_tiles(&ledger, &self.entries);
        fs::write(ledger.join("checkpoint"), self.note(&self.body(), true)).unwrap();
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    /// The text of the checkpoint.
    pub(crate) fn body(&self) -> String {
        format!("{ORIGIN}\n{}\n{}\n", self.entries.len(), BASE64.encode(self.root))
    }

    /// A signed note over any text.
    pub(crate) fn note(&self, text: &str, with_sm2: bool) -> String {
        let ed25519 =
            [&Self::id(ED25519, self.ed25519.public_key().as_bytes())[..], &self.ed25519.sign(text.as_bytes())]
                .concat();
        let mut note = format!("{text}\n— {ORIGIN} {}\n", BASE64.encode(ed25519));
        if with_sm2 {
            let signature = self.sm2.sign(text.as_bytes()).unwrap().to_raw();
            let sm2 = [&Self::id(SM2, &self.sm2.public_key().to_sec1())[..], &signature].concat();
            note = note + "— " + ORIGIN + " " + &BASE64.encode(sm2) + "\n";
        }
        note
    }

    /// The receipt of an entry, in the JSON of receipts.
    pub(crate) fn receipt(&self, index: usize) -> serde_json::Value {
        serde_json::json!({
            "entry": String::from_utf8(self.entries[index].clone()).unwrap(),
            "index": index,
            "proof": self.proof(index),
            "checkpoint": self.note(&self.body(), true),
        })
    }

    /// The receipt of an entry as c2sp.org/tlog-proof.
    pub(crate) fn tlog_proof(&self, index: usize) -> String {
        let hashes = self.proof(index).iter().fold(String::new(), |text, hash| text + hash + "\n");
        format!("c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{}", self.note(&self.body(), true))
    }

    fn proof(&self, index: usize) -> Vec<String> {
        let leaves: Vec<Hash> = self.entries.iter().map(|entry| leaf(entry)).collect();
        path(&leaves, index).iter().map(|hash| BASE64.encode(hash)).collect()
    }

    fn ed25519_key(&self) -> String {
        Self::key(
            ED25519,
            self.ed25519.public_key().as_bytes(),
            Self::id(ED25519, self.ed25519.public_key().as_bytes()),
        )
    }

    fn sm2_key(&self) -> String {
        let key = self.sm2.public_key().to_sec1();
        Self::key(SM2, &key, Self::id(SM2, &key))
    }

    fn key(kind: &[u8], key: &[u8], id: [u8; 4]) -> String {
        format!("{ORIGIN}+{}+{}", hex::encode(id), BASE64.encode([kind, key].concat()))
    }

    /// C2SP signed-note: the first four bytes of SHA-256(name ‖ LF ‖ type ‖ key).
    fn id(kind: &[u8], key: &[u8]) -> [u8; 4] {
        sha256(&[ORIGIN.as_bytes(), b"\n", kind, key])[..4].try_into().unwrap()
    }
}
