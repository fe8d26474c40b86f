//! The receipt as a file: an entry, where it stands, and the proof that it does.

use serde::{Deserialize, Serialize};

use crate::canonical::{Json, count};

/// Bytes that a receipt file may have at most: an entry escaped, 63 hashes, a checkpoint with its signatures.
pub const RECEIPT_SIZE_BYTES_MAX: usize = 512 * 1024;

/// 回执: what a partner keeps. The proof is checked by the ledger's arithmetic, the checkpoint by the log's public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptFile {
    /// The exact text of the leaf.
    pub entry: String,
    /// Its index, counted from 0.
    #[serde(deserialize_with = "count")]
    pub index: u64,
    /// The inclusion proof, leaf to root: each hash in base64.
    pub proof: Vec<String>,
    /// The signed checkpoint note that the proof leads to.
    pub checkpoint: String,
}

/// Why a text is no receipt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptFileError {
    /// It is longer than [`RECEIPT_SIZE_BYTES_MAX`].
    #[error("receipt: at most {max} bytes, got {got}")]
    TooLong {
        /// Bytes allowed.
        max: usize,
        /// Bytes found.
        got: usize,
    },
    /// It does not have the members of a receipt; the source names line and column.
    #[error("receipt: {source}")]
    Shape {
        /// What is wrong.
        source: serde_json::Error,
    },
}

impl ReceiptFileError {
    /// The stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "entry.receipt_too_long",
            Self::Shape { .. } => "entry.receipt_shape",
        }
    }

    /// Every finding code of this kind.
    pub const CODES: &'static [&'static str] = &["entry.receipt_too_long", "entry.receipt_shape"];
}

impl ReceiptFile {
    /// The one text of the receipt: canonical JSON without a line end, the same bytes for ever.
    pub fn to_json(&self) -> String {
        self.to_canonical().to_text()
    }

    /// The receipt as a member of an answer.
    pub fn to_canonical(&self) -> Json {
        Json::object([
            ("entry", Some(Json::text(&self.entry))),
            ("index", Some(Json::Integer(self.index))),
            ("proof", Some(Json::array(&self.proof, Json::text))),
            ("checkpoint", Some(Json::text(&self.checkpoint))),
        ])
    }

    /// Reads a receipt file; spaces and the order of members do not matter, what it says is checked by the ledger.
    ///
    /// # Errors
    /// [`ReceiptFileError`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, ReceiptFileError> {
        if bytes.len() > RECEIPT_SIZE_BYTES_MAX {
            return Err(ReceiptFileError::TooLong { max: RECEIPT_SIZE_BYTES_MAX, got: bytes.len() });
        }
        serde_json::from_slice(bytes).map_err(|source| ReceiptFileError::Shape { source })
    }
}
