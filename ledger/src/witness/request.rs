//! The messages of C2SP tlog-witness: what a log hands in, and why that is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::LedgerError;
use crate::checkpoint::parse_size;
use crate::merkle::Hash;
use crate::note::{NOTE_BYTES_MAX, SignedNote, VerifierKey};

/// Hashes that a consistency proof of the protocol may have.
const PROOF_HASHES_MAX: usize = 63;
/// Bytes of a line with a hash.
const HASH_LINE_BYTES: usize = 45;
/// Bytes that a request may have: old size, proof, blank line, and the checkpoint as a note.
pub const REQUEST_BYTES_MAX: usize = 32 + PROOF_HASHES_MAX * HASH_LINE_BYTES + NOTE_BYTES_MAX;

/// Bytes that an answer may have: some lines, of which one counts.
pub const ANSWER_BYTES_MAX: usize = 1 << 14;

/// 见证请求 What a log hands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the log believes the witness to remember.
    pub old_size: u64,
    /// From that size to the checkpoint's.
    pub proof: Vec<Hash>,
    /// The checkpoint, as its log signed it.
    pub note: String,
}

impl AddCheckpoint {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// [`Refused::Malformed`]
    pub fn from_body(body: &[u8]) -> Result<Self, Refused> {
        Self::parse(body).ok_or(Refused::Malformed)
    }

    fn parse(body: &[u8]) -> Option<Self> {
        if body.len() > REQUEST_BYTES_MAX {
            return None;
        }
        let (head, note) = std::str::from_utf8(body).ok()?.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let old_size = lines.next()?.strip_prefix("old ").and_then(parse_size)?;
        let mut proof = Vec::new();
        for line in lines {
            proof.push(BASE64.decode(line).ok()?.try_into().ok()?);
            (proof.len() <= PROOF_HASHES_MAX).then_some(())?;
        }
        Some(Self { old_size, proof, note: note.to_owned() })
    }

    /// The body of a request.
    pub fn to_body(&self) -> String {
        let proof: String = self.proof.iter().map(|hash| BASE64.encode(hash) + "\n").collect();
        format!("old {}\n{proof}\n{}", self.old_size, self.note)
    }
}

/// The signature line of a witness in its answer to a checkpoint; lines of other keys are ignored, as C2SP asks.
///
/// # Errors
/// Those of [`SignedNote::parse`] and [`SignedNote::verify`]: no line of the witness, or one that does not hold.
pub fn line_of_answer(note: &str, answer: &str, witness: &VerifierKey) -> Result<String, LedgerError> {
    let whole = SignedNote::parse(format!("{note}{answer}").as_bytes())?;
    // With a blank line in the answer the text would be another one.
    if whole.unverified_text() != SignedNote::parse(note.as_bytes())?.unverified_text() {
        return Err(LedgerError::NoteWithoutSignatures);
    }
    let keys = std::slice::from_ref(witness);
    whole.verify(keys)?;
    whole.lines_of(keys).next().ok_or(LedgerError::NoteNoKnownKey)
}

/// 拒绝见证 Why a checkpoint is not signed; each is a status of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No request of the protocol, or an old size beyond the checkpoint's.
    #[error("not a request of the witness protocol")]
    Malformed,
    /// No line by a key of the log, or one that does not hold.
    #[error("the checkpoint is not signed by its log")]
    NotSigned,
    /// No log that the witness knows.
    #[error("no log that this witness knows")]
    UnknownLog,
    /// The witness remembers another size.
    #[error("this witness remembers the size {size}")]
    OtherSize {
        /// The size that it remembers.
        size: u64,
    },
    /// Another tree of the very size that the witness remembers, signed by the log: it shows two faces.
    #[error("this witness remembers another tree of the size {size}")]
    OtherTree {
        /// The size.
        size: u64,
    },
    /// The tree does not begin with the remembered one.
    #[error("the tree does not begin with the one that this witness remembers")]
    Inconsistent,
    /// What would be signed cannot be kept, so it is not signed.
    #[error("nothing can be kept: {0}")]
    Storage(LedgerError),
}

impl Refused {
    /// The HTTP status of the protocol.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::NotSigned => 403,
            Self::UnknownLog => 404,
            Self::OtherSize { .. } | Self::OtherTree { .. } => 409,
            Self::Inconsistent => 422,
            Self::Storage(_) => 500,
        }
    }

    /// The stable code; its texts are in `standards/problems/witness.toml`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "witness.malformed",
            Self::NotSigned => "witness.not_signed",
            Self::UnknownLog => "witness.unknown_log",
            Self::OtherSize { .. } => "witness.other_size",
            Self::OtherTree { .. } => "witness.other_tree",
            Self::Inconsistent => "witness.inconsistent",
            Self::Storage(_) => "witness.storage",
        }
    }
}
