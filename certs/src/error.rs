//! What can be wrong with keys, certificates and trust: each variant is a finding with a stable code.

/// A signature that does not count, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The bytes are not the DER of SEQUENCE { r INTEGER, s INTEGER }, minimal and non-negative.
    #[error("the signature is not strict DER of two non-negative integers")]
    NotDer,
    /// A signature of fixed size has another size.
    #[error("the signature has {got} bytes where {expected} are needed")]
    Length {
        /// Bytes that the algorithm asks for.
        expected: usize,
        /// Bytes received.
        got: usize,
    },
    /// r or s is zero or not below the order of the curve.
    #[error("r or s is outside 1..n-1")]
    OutOfRange,
    /// The arithmetic does not hold: other bytes, another key, or no signature of either.
    #[error("the signature does not fit the signed bytes and the key")]
    Mismatch,
    /// The signature algorithm does not go with the kind of the key, or is not supported.
    #[error("the signature algorithm does not go with the key")]
    Algorithm,
}

impl SignatureError {
    /// The stable code of the finding; its texts are in `standards/problems/key.toml`.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotDer => "key.signature_not_der",
            Self::Length { .. } => "key.signature_length",
            Self::OutOfRange => "key.signature_out_of_range",
            Self::Mismatch => "key.signature_mismatch",
            Self::Algorithm => "key.signature_algorithm",
        }
    }
}

/// What is wrong with something received or with the machine's own keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
    /// Encrypted bytes are damaged, or belong to another key, nonce or context.
    #[error("the encrypted bytes are damaged or belong to another key or context")]
    DoesNotOpen,
    /// More bytes than the cipher can protect under one nonce.
    #[error("{bytes} bytes are too many to encrypt at once")]
    TooLongToSeal {
        /// Bytes received.
        bytes: usize,
    },
    /// The bytes are no point of the curve that the key names.
    #[error("the public key is no point of its curve")]
    NotOnCurve,
}

impl Error {
    /// The stable code of the finding; its texts are in `standards/problems/`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoRandomness => "key.no_randomness",
            Self::DoesNotOpen => "key.does_not_open",
            Self::TooLongToSeal { .. } => "key.too_long_to_seal",
            Self::NotOnCurve => "key.not_on_curve",
        }
    }
}
