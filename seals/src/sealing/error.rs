//! What can go wrong while sealing.
use certs::signing::SigningError;
use thiserror::Error;

use crate::finding::Finding;

/// Why something was not sealed.
#[derive(Debug, Error)]
pub enum SealingError {
    /// The private key could not be used.
    #[error("signing failed: {0}")]
    Signing(#[from] SigningError),
    /// The package or the seal cannot be read.
    #[error("{0}")]
    Unreadable(#[from] Finding),
    /// A text that cannot be written in the form that its place asks for: IA5 or XML.
    #[error("{what} has characters that its form does not allow")]
    Text {
        /// Which text.
        what: &'static str,
    },
    /// An earlier signature protects Signatures.xml: any further one would break it.
    #[error("an earlier signature locks the document against further ones")]
    Locked,
    /// The bytes are a seal signature or another thing than a seal.
    #[error("the bytes are not a seal")]
    NotASeal,
    /// The seal does not list the signer's certificate.
    #[error("the seal does not list the signer's certificate")]
    SignerNotListed,
    /// The archive or the picture could not be written.
    #[error("{what} could not be written")]
    Writing {
        /// Which.
        what: &'static str,
    },
}

impl SealingError {
    /// Stable code. Each has its text in both languages in `standards/problems/`.
    pub fn code(&self) -> &'static str {
        match self {
            SealingError::Signing(error) => error.code(),
            SealingError::Unreadable(finding) => finding.code(),
            SealingError::Text { .. } => "sealing.text",
            SealingError::Locked => "sealing.locked",
            SealingError::NotASeal => "sealing.not_a_seal",
            SealingError::SignerNotListed => "sealing.signer_not_listed",
            SealingError::Writing { .. } => "sealing.writing",
        }
    }
}
