//! The third layer of a report: the facts that the findings rest on, without any judgement.
use certs::{certificate::Certificate, revocation::Evidence, time_stamp::VerifiedTimeStamp, trust::Trust};
use jiff::Timestamp;
use serde::Serialize;

/// 事实: what one signature says and what is proved about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SignatureFacts {
    /// The seal; `null` where there is none, or it could not be read.
    pub seal: Option<SealFacts>,
    /// The signer's certificate.
    pub signer: Option<CertificateFacts>,
    /// Where the signing time stands.
    pub signed_at_from: Option<TimeSource>,
    /// The declared signature algorithm.
    pub signature_algorithm: Option<String>,
    /// A verified time stamp over the signature.
    pub time_stamp: Option<StampFacts>,
    /// Since when the signature is proved to have existed, by a time stamp or by what the caller believes.
    pub existed_at: Option<Timestamp>,
}

/// What a seal says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SealFacts {
    /// SHA-256 of the seal.
    pub digest: String,
    /// `createDate`.
    pub created_at: Timestamp,
    /// `validStart`.
    pub valid_from: Timestamp,
    /// `validEnd`.
    pub valid_until: Timestamp,
    /// The maker's certificate.
    pub maker: CertificateFacts,
    /// The declared signature algorithm.
    pub signature_algorithm: String,
    /// A verified time stamp over the seal.
    pub time_stamp: Option<StampFacts>,
}

/// Which certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateFacts {
    /// Whose.
    pub subject: String,
    /// By whom.
    pub issuer: String,
    /// The number that its issuer gave it, in hexadecimal.
    pub serial: String,
    /// The first moment of its period.
    pub not_before: Timestamp,
    /// The last moment of its period.
    pub not_after: Timestamp,
    /// SHA-256 of it.
    pub digest: String,
}

/// A time stamp that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StampFacts {
    /// When it was made.
    pub made_at: Timestamp,
    /// Who says so.
    pub authority: CertificateFacts,
}

/// Where a signing time stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// In what the signer signed: timeInfo, or the attribute signingTime.
    Signature,
    /// In `SignatureDateTime` of Signature.xml, which the signature protects: no less a claim of the signer's.
    SignatureXml,
    /// In a verified time stamp: no claim.
    TimeStamp,
}

impl CertificateFacts {
    pub(crate) fn of(certificate: &Certificate) -> Self {
        CertificateFacts {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial: certificate.serial(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            digest: hex::encode(certificate.fingerprint()),
        }
    }
}

impl StampFacts {
    pub(crate) fn of(stamp: &VerifiedTimeStamp) -> Self {
        StampFacts { made_at: stamp.made_at(), authority: CertificateFacts::of(stamp.authority()) }
    }
}

/// 信任依据: what was believed without proof, and what revocation was judged by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrustReport {
    /// Edition of the trust list; `null` where trust came from a folder of anchors.
    pub edition: Option<String>,
    /// Digest over everything that was trusted, revocation data included.
    pub identity: String,
    /// The revocation lists and responses that were used, each once.
    pub evidence: Vec<EvidenceReport>,
}

/// One revocation list, or one response about a certificate. The order of the members is that of the report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct EvidenceReport {
    /// `list`, `delta_list` or `ocsp_response`.
    pub kind: &'static str,
    /// Who issued it.
    pub issuer: String,
    /// Its number, where it states one.
    pub number: Option<String>,
    /// The moment whose state it shows.
    pub this_update: Timestamp,
    /// When the next one was due.
    pub next_update: Option<Timestamp>,
    /// SHA-256 of it.
    pub digest: String,
}

impl TrustReport {
    pub(crate) fn of(trust: &Trust) -> Self {
        let edition = trust.edition().map(|edition| edition.to_string());
        TrustReport { edition, identity: hex::encode(trust.identity()), evidence: Vec::new() }
    }
}

impl EvidenceReport {
    pub(crate) fn of(evidence: &Evidence) -> Self {
        EvidenceReport {
            kind: evidence.kind.name(),
            issuer: evidence.issuer.clone(),
            number: evidence.number.as_ref().map(ToString::to_string),
            this_update: evidence.this_update,
            next_update: evidence.next_update,
            digest: hex::encode(evidence.digest),
        }
    }
}
