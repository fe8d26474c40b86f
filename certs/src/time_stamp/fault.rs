//! What can be wrong with a time stamp, each with a stable code.

use jiff::Timestamp;

use crate::SignatureError;
use crate::path::PathError;
use crate::revocation::{Reason, RevocationUnknown};
use crate::signed_data::SignedDataFault;

/// Why a time stamp proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeStampFault {
    /// No `SignedData` that can be read.
    #[error("the time stamp cannot be read: {0}")]
    Malformed(#[from] SignedDataFault),
    /// The authority answered that it makes no token.
    #[error("the time-stamp authority answered with the status {status} instead of a token")]
    NotGranted {
        /// `PKIStatus` of RFC 3161, 2.4.2.
        status: u32,
    },
    /// Signed data about something else.
    #[error("the signed data is of the type {content_type}, which is no time stamp")]
    OtherContent {
        /// The dotted type.
        content_type: String,
    },
    /// A part of what the authority signed is not as RFC 3161 says.
    #[error("the time stamp's {part} cannot be read")]
    InfoMalformed {
        /// The part, in the words of RFC 3161.
        part: &'static str,
    },
    /// An accuracy that is malformed or so coarse that the time means nothing.
    #[error("the time stamp states a nonsensical accuracy")]
    Accuracy,
    /// A digest by which other bytes can be passed off.
    #[error("the time stamp relies on the weak digest {algorithm}")]
    WeakDigest {
        /// The dotted algorithm.
        algorithm: String,
    },
    /// A digest, signature or key that is not known here.
    #[error("the time stamp uses {algorithm}, which is not supported")]
    UnknownAlgorithm {
        /// The dotted algorithm.
        algorithm: String,
    },
    /// A critical extension of `TSTInfo`.
    #[error("the time stamp has the unknown critical extension {extension}")]
    CriticalExtension {
        /// The dotted extension.
        extension: String,
    },
    /// Another number of signers than one.
    #[error("the time stamp has {count} signers instead of one")]
    Signers {
        /// How many.
        count: usize,
    },
    /// The token is about other bytes.
    #[error("the time stamp is about other bytes")]
    OtherBytes,
    /// Made later than the time of judging.
    #[error("the time stamp was made at {made_at}, which is later than {at}")]
    FromFuture {
        /// When it says that it was made.
        made_at: Timestamp,
        /// The time of judging.
        at: Timestamp,
    },
    /// A signed attribute that must be there is absent.
    #[error("the time stamp lacks the signed attribute {attribute}")]
    AttributeMissing {
        /// The attribute, in the words of RFC 5652.
        attribute: &'static str,
    },
    /// The signed attribute contentType names something else than a time stamp.
    #[error("the time stamp's signature is of the content type {content_type}")]
    ContentType {
        /// The dotted type.
        content_type: String,
    },
    /// The signed attribute messageDigest is not the digest of what the token says.
    #[error("the time stamp's signature is over another statement")]
    MessageDigest,
    /// The authority's certificate neither travels along nor stands in the trust list.
    #[error("the certificate of the time-stamp authority is missing")]
    AuthorityMissing,
    /// The token names another certificate as its signer's (RFC 2634, RFC 5035).
    #[error("the time stamp names another certificate than its signer's")]
    OtherCertificate,
    /// The authority's signature does not hold.
    #[error("the time-stamp authority's signature does not hold: {0}")]
    Signature(SignatureError),
    /// The authority's key is not limited to time stamps (RFC 3161, 2.3).
    #[error("the authority's key is not for time stamps alone")]
    AuthorityUsage,
    /// The limit to time stamps is not critical (RFC 3161, 2.3).
    #[error("the authority's limit to time stamps is not critical")]
    AuthorityUsageNotCritical,
    /// keyUsage forbids the authority to sign.
    #[error("the authority's key may not sign")]
    AuthorityKeyUsage,
    /// Made outside the period of the authority's certificate.
    #[error("the time stamp was made at {made_at}, outside of {not_before} to {not_after}")]
    AuthorityPeriod {
        /// When the token was made.
        made_at: Timestamp,
        /// The first moment of the certificate's period.
        not_before: Timestamp,
        /// The last moment of the certificate's period.
        not_after: Timestamp,
    },
    /// The trust list is overdue: nothing can be concluded from it.
    #[error("the trust list is overdue since {since}")]
    TrustStale {
        /// When the next one was due.
        since: Timestamp,
    },
    /// There is no path from the authority's certificate to an anchor for time stamps.
    #[error("the time-stamp authority has no path to an anchor: {0}")]
    AuthorityPath(PathError),
    /// A certificate on the authority's path was revoked before the token was made.
    #[error("the time-stamp authority was revoked at {revoked_at}, and the token was made at {made_at}")]
    AuthorityRevoked {
        /// Since when the certificate counts as revoked.
        revoked_at: Timestamp,
        /// When the token was made.
        made_at: Timestamp,
    },
    /// A certificate on the authority's path was revoked for a reason that lets nobody rely on any of its tokens (RFC 3161, 4): whoever
    /// has the key can write an earlier time.
    #[error("the time-stamp authority was revoked at {revoked_at}, and none of its tokens can be relied on")]
    AuthorityCompromised {
        /// Since when the certificate counts as revoked.
        revoked_at: Timestamp,
        /// Why, where the issuer says.
        reason: Option<Reason>,
    },
    /// Nothing can be said about the revocation of a certificate on the authority's path.
    #[error("nothing is known about the authority's revocation: {0}")]
    AuthorityRevocationUnknown(RevocationUnknown),
}

impl TimeStampFault {
    /// The stable code of the finding; its texts are in `standards/problems/timestamp.toml`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "timestamp.malformed",
            Self::NotGranted { .. } => "timestamp.not_granted",
            Self::OtherContent { .. } => "timestamp.other_content",
            Self::InfoMalformed { .. } => "timestamp.info_malformed",
            Self::Accuracy => "timestamp.accuracy",
            Self::WeakDigest { .. } => "timestamp.weak_digest",
            Self::UnknownAlgorithm { .. } => "timestamp.unknown_algorithm",
            Self::CriticalExtension { .. } => "timestamp.critical_extension",
            Self::Signers { .. } => "timestamp.signers",
            Self::OtherBytes => "timestamp.other_bytes",
            Self::FromFuture { .. } => "timestamp.from_future",
            Self::AttributeMissing { .. } => "timestamp.attribute_missing",
            Self::ContentType { .. } => "timestamp.content_type",
            Self::MessageDigest => "timestamp.message_digest",
            Self::AuthorityMissing => "timestamp.authority_missing",
            Self::OtherCertificate => "timestamp.other_certificate",
            Self::Signature(_) => "timestamp.signature",
            Self::AuthorityUsage => "timestamp.authority_usage",
            Self::AuthorityUsageNotCritical => "timestamp.authority_usage_not_critical",
            Self::AuthorityKeyUsage => "timestamp.authority_key_usage",
            Self::AuthorityPeriod { .. } => "timestamp.authority_period",
            Self::TrustStale { .. } => "timestamp.trust_stale",
            Self::AuthorityPath(error) if error.is_indeterminate() => "timestamp.authority_unknown",
            Self::AuthorityPath(_) => "timestamp.authority_path",
            Self::AuthorityRevoked { .. } => "timestamp.authority_revoked",
            Self::AuthorityCompromised { .. } => "timestamp.authority_compromised",
            Self::AuthorityRevocationUnknown(_) => "timestamp.authority_revocation_unknown",
        }
    }

    /// Whether nothing was found wrong: something needed to judge is missing or not known here.
    pub fn is_indeterminate(&self) -> bool {
        match self {
            Self::UnknownAlgorithm { .. }
            | Self::AuthorityMissing
            | Self::TrustStale { .. }
            | Self::AuthorityRevocationUnknown(_) => true,
            Self::AuthorityPath(error) => error.is_indeterminate(),
            Self::Malformed(_)
            | Self::NotGranted { .. }
            | Self::OtherContent { .. }
            | Self::InfoMalformed { .. }
            | Self::Accuracy
            | Self::WeakDigest { .. }
            | Self::CriticalExtension { .. }
            | Self::Signers { .. }
            | Self::OtherBytes
            | Self::FromFuture { .. }
            | Self::AttributeMissing { .. }
            | Self::ContentType { .. }
            | Self::MessageDigest
            | Self::OtherCertificate
            | Self::Signature(_)
            | Self::AuthorityUsage
            | Self::AuthorityUsageNotCritical
            | Self::AuthorityKeyUsage
            | Self::AuthorityPeriod { .. }
            | Self::AuthorityRevoked { .. }
            | Self::AuthorityCompromised { .. } => false,
        }
    }
}
