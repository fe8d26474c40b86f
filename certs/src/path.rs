//! Certificate paths: rustls-webpki builds and checks them, with SM2 plugged in beside P-256 and RSA.

use std::time::Duration;

use jiff::Timestamp;
use pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, TrustAnchor, UnixTime,
};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, anchor_from_trusted_cert};

use crate::certificate::{Certificate, UsageVerdict, Use};
use crate::sm2;

/// What a path is built from, at most: more anchors or intermediates than this are refused before any work.
const CANDIDATES_MAX: usize = 1024;

/// 证书链 A path that was verified: the certificate in question first, the trust anchor last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPath {
    certificates: Vec<Certificate>,
}

impl VerifiedPath {
    /// The certificates from the one in question to the anchor; at least one.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Each certificate of the path with its issuer, from the one in question upwards; the anchor has none.
    pub fn issued(&self) -> impl Iterator<Item = (&Certificate, &Certificate)> {
        self.certificates.iter().zip(self.certificates.iter().skip(1))
    }

    /// The trust anchor.
    pub fn anchor(&self) -> Option<&Certificate> {
        self.certificates.last()
    }

    /// Whether the issuers on the path are in their periods at `at`, judged as [`verify_path`] does.
    pub(crate) fn holds_at(&self, at: Timestamp) -> bool {
        self.certificates.split_first().is_some_and(|(certificate, issuers)| {
            let judged_at = nearest_in_period(certificate, at);
            issuers.iter().all(|issuer| issuer.is_in_period(judged_at))
        })
    }
}

/// Why there is no path to an anchor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Neither an anchor nor an intermediate has the issuer's name and the key that the certificate says it was signed with.
    #[error("nothing is known about the issuer {issuer}")]
    IssuerUnknown {
        /// The issuer that is missing.
        issuer: String,
    },
    /// A version 1 or 2 certificate: it cannot say what it may be used for, so nothing can be concluded.
    #[error("a version {version} certificate cannot be judged")]
    Version {
        /// The version that the certificate states.
        version: u32,
    },
    /// The only anchor of that name is no authority's certificate (no basicConstraints CA, or no keyCertSign).
    #[error("the anchor {anchor} is no authority's certificate")]
    AnchorNotAuthority {
        /// The anchor's subject.
        anchor: String,
    },
    /// A certificate on the path was issued by one that may not issue.
    #[error("an issuer on the path is no authority")]
    IssuerNotAuthority,
    /// The certificate in question is an authority's own, which may not sign anything else.
    #[error("an authority's certificate is used as a signer's")]
    AuthorityAsSigner,
    /// The signature of a certificate on the path does not hold.
    #[error("the signature of a certificate on the path does not hold")]
    Signature,
    /// A certificate on the path is signed with an algorithm that is not supported, or does not go with the issuer's key.
    #[error("a certificate on the path is signed with an unsupported algorithm")]
    Algorithm,
    /// An issuer on the path had expired.
    #[error("an issuer on the path had expired at {at}")]
    IssuerExpired {
        /// The time of judging.
        at: Timestamp,
    },
    /// An issuer on the path was not yet valid.
    #[error("an issuer on the path was not yet valid at {at}")]
    IssuerNotYetValid {
        /// The time of judging.
        at: Timestamp,
    },
    /// The path is longer than an issuer on it allows.
    #[error("the path is longer than an issuer on it allows")]
    TooLong,
    /// A name on the path is outside what an issuer on it allows.
    #[error("a name on the path is outside what an issuer allows")]
    NameConstraint,
    /// A certificate on the path has a critical extension that is not understood.
    #[error("a certificate on the path has an unknown critical extension")]
    CriticalExtension,
    /// A certificate on the path is not encoded as RFC 5280 says.
    #[error("a certificate on the path is malformed")]
    Malformed,
    /// Building the path would take more work than allowed.
    #[error("the path takes more work than allowed")]
    Budget,
}

impl PathError {
    /// The stable code of the finding; its texts are in `standards/problems/path.toml`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::IssuerUnknown { .. } => "path.issuer_unknown",
            Self::Version { .. } => "path.version",
            Self::AnchorNotAuthority { .. } => "path.anchor_not_authority",
            Self::IssuerNotAuthority => "path.issuer_not_authority",
            Self::AuthorityAsSigner => "path.authority_as_signer",
            Self::Signature => "path.signature",
            Self::Algorithm => "path.algorithm",
            Self::IssuerExpired { .. } => "path.issuer_expired",
            Self::IssuerNotYetValid { .. } => "path.issuer_not_yet_valid",
            Self::TooLong => "path.too_long",
            Self::NameConstraint => "path.name_constraint",
            Self::CriticalExtension => "path.critical_extension",
            Self::Malformed => "path.malformed",
            Self::Budget => "path.budget",
        }
    }

    /// Whether nothing was found wrong: something needed to judge is missing.
    pub fn is_indeterminate(&self) -> bool {
        matches!(self, Self::IssuerUnknown { .. } | Self::Version { .. })
    }
}

/// Finds and checks a path from `certificate` to one of the `anchors`.
///
/// Checked: signatures, authorities (basicConstraints, keyCertSign, path length), periods of the issuers, name constraints,
/// critical extensions. Not checked: the period, key usage and revocation of `certificate` itself, nor extended key usage. The issuers
/// are judged at `at`, or at the nearest end of the certificate's period where `at` is outside of it: a certificate that expired
/// has a path for ever, and its period is a finding of its own.
///
/// # Errors
/// The most specific reason why there is no path.
pub fn verify_path(
    certificate: &Certificate,
    intermediates: &[Certificate],
    anchors: &[Certificate],
    at: Timestamp,
) -> Result<VerifiedPath, PathError> {
    find(certificate, &intermediates.iter().collect::<Vec<_>>(), &anchors.iter().collect::<Vec<_>>(), at)
}

/// As [`verify_path`], among borrowed candidates.
pub(crate) fn find(
    certificate: &Certificate,
    intermediates: &[&Certificate],
    anchors: &[&Certificate],
    at: Timestamp,
) -> Result<VerifiedPath, PathError> {
    if certificate.version() != 3 {
        return Err(PathError::Version { version: certificate.version() });
    }
    if intermediates.len() > CANDIDATES_MAX || anchors.len() > CANDIDATES_MAX {
        return Err(PathError::Budget);
    }
    let judged_at = nearest_in_period(certificate, at);
    let candidates = Candidates::of(certificate, intermediates, anchors, judged_at)?;
    search(certificate, &candidates, judged_at)
}

fn nearest_in_period(certificate: &Certificate, at: Timestamp) -> Timestamp {
    at.clamp(certificate.not_before(), certificate.not_after().max(certificate.not_before()))
}

/// The authorities that the names and key identifiers lead to, from the certificate in question upwards.
struct Candidates<'a> {
    intermediates: Vec<&'a Certificate>,
    anchors: Vec<&'a Certificate>,
}

impl<'a> Candidates<'a> {
    /// Follows names and key identifiers; only when they lead to an anchor there is a signature to check.
    fn of(
        certificate: &'a Certificate,
        intermediates: &[&'a Certificate],
        anchors: &[&'a Certificate],
        at: Timestamp,
    ) -> Result<Self, PathError> {
        let mut found = Self { intermediates: Vec::new(), anchors: Vec::new() };
        let mut obstacle = None;
        let mut open = vec![certificate];
        let mut dead_end = certificate;
        while let Some(below) = open.pop() {
            let mut above = 0;
            for anchor in anchors.iter().copied().filter(|anchor| below.names_as_issuer(anchor)) {
                above += 1;
                match anchor_obstacle(anchor, at) {
                    None if found.anchors.contains(&anchor) => {}
                    None => found.anchors.push(anchor),
                    Some(fault) => obstacle = obstacle.or(Some(fault)),
                }
            }
            for middle in intermediates.iter().copied().filter(|middle| below.names_as_issuer(middle)) {
                above += 1;
                // webpki passes over keyUsage: a certificate that may not issue is no candidate.
                if !may_issue(middle) {
                    obstacle = obstacle.or(Some(PathError::IssuerNotAuthority));
                } else if !found.intermediates.contains(&middle) {
                    found.intermediates.push(middle);
                    open.push(middle);
                }
            }
            if above == 0 {
                dead_end = below;
            }
        }
        if !found.anchors.is_empty() {
            return Ok(found);
        }
        Err(obstacle.unwrap_or_else(|| PathError::IssuerUnknown { issuer: dead_end.issuer().to_string() }))
    }
}

/// Why an anchor of the right name does not count. webpki takes an anchor's period for its operator's business; here it counts.
fn anchor_obstacle(anchor: &Certificate, at: Timestamp) -> Option<PathError> {
    if !may_issue(anchor) {
        Some(PathError::AnchorNotAuthority { anchor: anchor.subject().to_string() })
    } else if anchor.not_after() < at {
        Some(PathError::IssuerExpired { at })
    } else if at < anchor.not_before() {
        Some(PathError::IssuerNotYetValid { at })
    } else {
        None
    }
}

fn may_issue(certificate: &Certificate) -> bool {
    certificate.is_ca() && certificate.judge_usage(Use::IssuingCertificates) != UsageVerdict::Forbidden
}

/// The search itself, which checks every signature on the path that it gives.
fn search(certificate: &Certificate, candidates: &Candidates<'_>, at: Timestamp) -> Result<VerifiedPath, PathError> {
    let finding = |error| finding(&error, certificate, at);
    let leaf_der = CertificateDer::from(certificate.der());
    let leaf = EndEntityCert::try_from(&leaf_der).map_err(finding)?;
    let Candidates { intermediates, anchors } = candidates;
    let middle_ders: Vec<_> = intermediates.iter().map(|candidate| CertificateDer::from(candidate.der())).collect();
    let anchor_ders: Vec<_> = anchors.iter().map(|anchor| CertificateDer::from(anchor.der())).collect();
    let roots: Vec<_> = anchor_ders.iter().map(anchor_from_trusted_cert).collect::<Result<_, _>>().map_err(finding)?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_second()).unwrap_or(0)));
    leaf.verify_for_usage(ALGORITHMS, &roots, &middle_ders, time, AnyExtendedKeyUsage, None, None)
        .map(|path| collect(certificate, candidates, &roots, &path))
        .map_err(finding)
}

/// The certificates behind webpki's path.
fn collect(
    certificate: &Certificate,
    candidates: &Candidates<'_>,
    roots: &[TrustAnchor<'_>],
    path: &webpki::VerifiedPath<'_>,
) -> VerifiedPath {
    let mut certificates = vec![certificate.clone()];
    for link in path.intermediate_certificates() {
        let der = link.der();
        certificates
            .extend(candidates.intermediates.iter().find(|candidate| candidate.der() == &*der).copied().cloned());
    }
    let anchor = candidates.anchors.iter().zip(roots).find(|(_, root)| *root == path.anchor());
    certificates.extend(anchor.map(|(anchor, _)| (*anchor).clone()));
    VerifiedPath { certificates }
}

fn finding(error: &webpki::Error, certificate: &Certificate, at: Timestamp) -> PathError {
    use webpki::Error as E;
    match error {
        E::UnknownIssuer => PathError::IssuerUnknown { issuer: certificate.issuer().to_string() },
        E::UnsupportedCertVersion => PathError::Version { version: certificate.version() },
        E::EndEntityUsedAsCa => PathError::IssuerNotAuthority,
        E::CaUsedAsEndEntity => PathError::AuthorityAsSigner,
        E::InvalidSignatureForPublicKey => PathError::Signature,
        E::SignatureAlgorithmMismatch
        | E::UnsupportedSignatureAlgorithmContext(_)
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => PathError::Algorithm,
        E::CertExpired { .. } => PathError::IssuerExpired { at },
        E::CertNotValidYet { .. } => PathError::IssuerNotYetValid { at },
        E::PathLenConstraintViolated | E::MaximumPathDepthExceeded => PathError::TooLong,
        E::NameConstraintViolation => PathError::NameConstraint,
        E::UnsupportedCriticalExtension => PathError::CriticalExtension,
        E::MaximumSignatureChecksExceeded
        | E::MaximumPathBuildCallsExceeded
        | E::MaximumNameConstraintComparisonsExceeded => PathError::Budget,
        // webpki's list is open: whatever it adds is about the encoding, or fails closed here.
        _ => PathError::Malformed,
    }
}

/// Extended key usage says nothing about seals and is left unjudged; for TLS it is rustls that judges it.
struct AnyExtendedKeyUsage;

impl ExtendedKeyUsageValidator for AnyExtendedKeyUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    &Sm2WithSm3 { signature_algorithm: SM2_WITH_SM3 },
    &Sm2WithSm3 { signature_algorithm: SM2_WITH_SM3_NULL },
    webpki::ring::ECDSA_P256_SHA256,
    webpki::ring::RSA_PKCS1_2048_8192_SHA256,
    webpki::ring::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
];

/// id-ecPublicKey with the curve 1.2.156.10197.1.301, without the SEQUENCE around.
const SM2_KEY: &[u8] =
    &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d];
/// 1.2.156.10197.1.501 without parameters, as RFC 8998 writes it.
const SM2_WITH_SM3: &[u8] = &[0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75];
/// The same with NULL, as several authorities write it.
const SM2_WITH_SM3_NULL: &[u8] = &[0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75, 0x05, 0x00];

/// SM2 with SM3 and the default identity, in webpki's terms.
#[derive(Debug)]
struct Sm2WithSm3 {
    signature_algorithm: &'static [u8],
}

impl SignatureVerificationAlgorithm for Sm2WithSm3 {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = sm2::PublicKey::from_sec1(public_key).map_err(|_| InvalidSignature)?;
        let signature = sm2::Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify(message, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(SM2_KEY)
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(self.signature_algorithm)
    }
}

#[cfg(test)]
#[cfg(feature = "signing")]
mod tests;
