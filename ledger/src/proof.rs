//! 回执 Receipts: an entry, its inclusion proof and the signed checkpoint, also in the text of C2SP tlog-proof.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::LedgerError;
use crate::checkpoint::{Checkpoint, parse_size};
use crate::merkle::{Hash, TreeHash};
use crate::note::{NOTE_BYTES_MAX, VerifierKey};

/// First line of a tlog-proof.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// A tree of 2^64 leaves asks for no more hashes.
const HASHES_MAX: usize = 64;
/// Bytes that a tlog-proof may have: header, index, hashes, and the checkpoint.
const PROOF_BYTES_MAX: usize = NOTE_BYTES_MAX + 4096;

/// 包含证明 Says that the entry at `index` is in the tree of a signed checkpoint. Not judged until `verify`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// Index of the entry, from 0.
    pub index: u64,
    /// The hashes beside its path, from the leaf upwards.
    pub hashes: Vec<Hash>,
    /// The signed note of the checkpoint, whole.
    pub checkpoint: String,
}

impl InclusionProof {
    /// The text of C2SP tlog-proof.
    pub fn to_text(&self) -> String {
        let hashes: String = self.hashes.iter().map(|hash| BASE64.encode(hash) + "\n").collect();
        format!("{HEADER}\nindex {}\n{hashes}\n{}", self.index, self.checkpoint)
    }

    /// Reads the text of C2SP tlog-proof; an `extra` line is passed over.
    ///
    /// # Errors
    /// [`LedgerError::ProofLine`], [`LedgerError::NoteTooLong`]
    pub fn from_text(text: &str) -> Result<Self, LedgerError> {
        if text.len() > PROOF_BYTES_MAX {
            return Err(LedgerError::NoteTooLong { bytes: text.len(), limit: PROOF_BYTES_MAX });
        }
        let (head, checkpoint) = text.split_once("\n\n").ok_or(LedgerError::ProofLine { line: 1 })?;
        let mut lines = (1..).zip(head.split('\n')).peekable();
        let malformed = |line| LedgerError::ProofLine { line };
        lines.next().filter(|(_, content)| *content == HEADER).ok_or(malformed(1))?;
        if let Some((line, extra)) = lines.next_if(|(_, content)| content.starts_with("extra ")) {
            BASE64.decode(extra.trim_start_matches("extra ")).map_err(|_| malformed(line))?;
        }
        let (line, index) = lines.next().ok_or(malformed(2))?;
        let index = index.strip_prefix("index ").and_then(parse_size).ok_or(malformed(line))?;
        let hashes = lines.map(|(line, content)| {
            let hash = BASE64.decode(content).ok().and_then(|hash| hash.try_into().ok());
            hash.filter(|_| line <= HASHES_MAX + 3).ok_or(malformed(line))
        });
        Ok(Self { index, hashes: hashes.collect::<Result<_, _>>()?, checkpoint: checkpoint.to_owned() })
    }

    /// Judges the checkpoint's signatures by the keys given, and the proof for the entry.
    ///
    /// # Errors
    /// Those of [`Checkpoint::from_note`] and of [`InclusionProof::verify_arithmetic`].
    pub fn verify(&self, entry: &[u8], keys: &[VerifierKey]) -> Result<Checkpoint, LedgerError> {
        let checkpoint = Checkpoint::from_note(self.checkpoint.as_bytes(), keys)?;
        self.leads_to(TreeHash::Sha256, entry, &checkpoint)?;
        Ok(checkpoint)
    }

    /// Judges the proof against its own checkpoint, whoever signed that.
    ///
    /// # Errors
    /// Those of [`Checkpoint::from_unverified_note`], [`LedgerError::IndexBeyondSize`], [`LedgerError::ProofLength`],
    /// [`LedgerError::NotIncluded`]
    pub fn verify_arithmetic(&self, entry: &[u8]) -> Result<Checkpoint, LedgerError> {
        self.verify_arithmetic_of(TreeHash::Sha256, entry)
    }

    /// The same in a tree that may be a companion's.
    ///
    /// # Errors
    /// As [`Self::verify_arithmetic`].
    pub fn verify_arithmetic_of(&self, tree: TreeHash, entry: &[u8]) -> Result<Checkpoint, LedgerError> {
        let checkpoint = Checkpoint::from_unverified_note(self.checkpoint.as_bytes())?;
        self.leads_to(tree, entry, &checkpoint)?;
        Ok(checkpoint)
    }

    fn leads_to(&self, tree: TreeHash, entry: &[u8], checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        let root = tree.root_from_inclusion(tree.leaf(entry), self.index, checkpoint.size, &self.hashes)?;
        if root == checkpoint.root { Ok(()) } else { Err(LedgerError::NotIncluded { index: self.index }) }
    }
}

/// 回执 An entry and the proof that it is recorded: complete without the log, checkable offline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The bytes of the entry.
    pub entry: Vec<u8>,
    /// Where it is, and in which signed tree.
    pub proof: InclusionProof,
}
