//! What can be wrong with a `SignedData` before anything in it is judged.

use crate::der::DerFault;

/// Why bytes are no `SignedData` that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignedDataFault {
    /// More bytes than allowed.
    #[error("{bytes} bytes of signed data are more than {bytes_max}")]
    TooLong {
        /// Bytes received.
        bytes: usize,
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// More signers, certificates, lists or attributes than allowed.
    #[error("the signed data has more than {max} in {part}")]
    TooMany {
        /// Where.
        part: Part,
        /// How many are allowed.
        max: usize,
    },
    /// A part breaks the encoding rules or is not the element that belongs there.
    #[error("{part} of the signed data cannot be read: {fault}")]
    Malformed {
        /// The part.
        part: Part,
        /// What is wrong with it.
        fault: DerFault,
    },
    /// Lengths in the indefinite form: BER, where signatures need DER.
    #[error("{part} of the signed data is in BER, not DER")]
    Indefinite {
        /// The part.
        part: Part,
    },
    /// A `ContentInfo` with something else in it.
    #[error("the content is of the type {content_type}, which is no signed data")]
    NotSignedData {
        /// The dotted type.
        content_type: String,
    },
    /// A version that no standard has.
    #[error("signed data of version {version}")]
    Version {
        /// The version.
        version: u32,
    },
    /// An attribute that must be there once with one value stands twice, or has none or several: two readers could see two things.
    #[error("the attribute {attribute} does not stand once with one value")]
    AttributeNotSingle {
        /// The dotted type of the attribute.
        attribute: String,
    },
}

impl SignedDataFault {
    /// The stable code of the finding; its texts are in `standards/problems/signed_data.toml`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "signed_data.too_long",
            Self::TooMany { .. } => "signed_data.too_many",
            Self::Malformed { .. } => "signed_data.malformed",
            Self::Indefinite { .. } => "signed_data.indefinite",
            Self::NotSignedData { .. } => "signed_data.other_content",
            Self::Version { .. } => "signed_data.version",
            Self::AttributeNotSingle { .. } => "signed_data.attribute_not_single",
        }
    }
}

/// A part of a `SignedData`, in the words of RFC 5652.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `ContentInfo`, the outermost layer.
    ContentInfo,
    /// The frame of `SignedData`.
    SignedData,
    /// `encapContentInfo`.
    Content,
    /// `certificates`.
    Certificates,
    /// `crls`.
    Lists,
    /// `signerInfos`.
    Signers,
    /// One `SignerInfo`.
    Signer,
    /// `signedAttrs` or `unsignedAttrs`.
    Attributes,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Part::ContentInfo => "ContentInfo",
            Part::SignedData => "SignedData",
            Part::Content => "encapContentInfo",
            Part::Certificates => "certificates",
            Part::Lists => "crls",
            Part::Signers => "signerInfos",
            Part::Signer => "SignerInfo",
            Part::Attributes => "attributes",
        })
    }
}

/// Names the part in which the reader stumbled.
pub(super) fn reading<T>(part: Part, result: Result<T, DerFault>) -> Result<T, SignedDataFault> {
    result.map_err(|fault| match fault {
        DerFault::ListTooLong(max) => SignedDataFault::TooMany { part, max },
        DerFault::IndefiniteLength => SignedDataFault::Indefinite { part },
        fault => SignedDataFault::Malformed { part, fault },
    })
}
