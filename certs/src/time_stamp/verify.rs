//! The verification of a time stamp (RFC 3161, 2.4.2 and appendix; GB/T 20520), judged as of the time that it states.

use jiff::{SignedDuration, Timestamp};

use super::info::digest_algorithm;
use super::named::check_named;
use super::{INFO, TimeStampFault, TimeStampToken};
use crate::SignatureError;
use crate::certificate::{Certificate, UsageVerdict, Use};
use crate::digest::DigestAlgorithm;
use crate::key::{ECDSA_WITH_SHA256, RSA_ENCRYPTION, RSA_WITH_SHA256, SM2_SIGNING, SM2_WITH_SM3};
use crate::path::VerifiedPath;
use crate::revocation::{Evidence, Reason, RevocationStatus};
use crate::signed_data::Attributes;
use crate::trust::{Purpose, Trust};

/// How far the authority's clock may be ahead of ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(300);
/// extKeyUsage timeStamping.
const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";

/// A time stamp that holds: the bytes existed when the authority says. Only [`TimeStampToken::verify`] makes one.
#[derive(Debug, Clone)]
pub struct VerifiedTimeStamp {
    made_at: Timestamp,
    accuracy: Option<SignedDuration>,
    serial: String,
    authority: Certificate,
    path: VerifiedPath,
    evidence: Vec<Evidence>,
}

impl VerifiedTimeStamp {
    /// When the bytes existed at the latest, but for the accuracy.
    pub fn made_at(&self) -> Timestamp {
        self.made_at
    }

    /// How far the time may be off to either side, where the authority says.
    pub fn accuracy(&self) -> Option<SignedDuration> {
        self.accuracy
    }

    /// The authority's number of the token, in lower-case hexadecimal.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The certificate of the authority that says so.
    pub fn authority(&self) -> &Certificate {
        &self.authority
    }

    /// The authority's path to an anchor for time stamps.
    pub fn path(&self) -> &VerifiedPath {
        &self.path
    }

    /// What it rests on that nothing of the path was revoked.
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }
}

impl TimeStampToken<'_> {
    /// Verifies that the token is about `covered` and that an authority trusted for time stamps made it, as of the time that it states.
    /// What is known about revocation is what was known at `at`, the time of judging.
    ///
    /// Neither the name that the token gives its authority nor a request's nonce is compared: the certificate says the one, and
    /// whoever asked knows the other ([`Self::nonce`]).
    ///
    /// # Errors
    /// The first fault, those of the token before those of its authority.
    pub fn verify(&self, covered: &[u8], trust: &Trust, at: Timestamp) -> Result<VerifiedTimeStamp, TimeStampFault> {
        let (imprint_algorithm, imprint) = self.imprint();
        if imprint_algorithm.digest(&[covered]) != imprint {
            return Err(TimeStampFault::OtherBytes);
        }
        let made_at = self.made_at();
        if at.saturating_add(CLOCK_SKEW).is_ok_and(|latest| made_at > latest) {
            return Err(TimeStampFault::FromFuture { made_at, at });
        }
        let attributes = self.checked_attributes()?;
        let authority = self.authority(trust)?;
        check_named(attributes, &authority)?;
        self.check_signature(attributes, &authority)?;
        check_authority(&authority, made_at)?;
        let path = self.authority_path(&authority, trust, at)?;
        let evidence = check_revocation(&path, trust, made_at, at)?;
        Ok(VerifiedTimeStamp { made_at, accuracy: self.accuracy(), serial: self.serial(), authority, path, evidence })
    }

    /// The signed attributes, which must be about just this content (RFC 5652, 5.4).
    fn checked_attributes(&self) -> Result<&Attributes<'_>, TimeStampFault> {
        let missing = |attribute| TimeStampFault::AttributeMissing { attribute };
        let attributes = self.signer.attributes().ok_or(missing("signedAttrs"))?;
        let content_type = attributes.content_type()?.ok_or(missing("contentType"))?;
        if content_type != INFO {
            return Err(TimeStampFault::ContentType { content_type });
        }
        let digest = attributes.message_digest()?.ok_or(missing("messageDigest"))?;
        if digest_algorithm(self.signer.digest_algorithm())?.digest(&[self.content]) != digest {
            return Err(TimeStampFault::MessageDigest);
        }
        Ok(attributes)
    }

    /// The certificate that the signer names: it travels along, or the trust list has it.
    fn authority(&self, trust: &Trust) -> Result<Certificate, TimeStampFault> {
        let listed = || {
            let rows = trust.rows(Purpose::TimeStamp).map(|row| &row.certificate);
            rows.into_iter().find(|certificate| self.signer.id().names(certificate)).cloned()
        };
        self.signer.certificate(&self.data).or_else(listed).ok_or(TimeStampFault::AuthorityMissing)
    }

    fn check_signature(&self, attributes: &Attributes<'_>, authority: &Certificate) -> Result<(), TimeStampFault> {
        let named = self.signer.signature_algorithm();
        let unknown = || TimeStampFault::UnknownAlgorithm { algorithm: named.to_owned() };
        let digest = digest_algorithm(self.signer.digest_algorithm())?;
        let algorithm = signature_algorithm(named, digest).ok_or_else(unknown)?;
        let key = authority.public_key().map_err(|fault| match fault {
            SignatureError::Algorithm => unknown(),
            fault => TimeStampFault::Signature(fault),
        })?;
        key.verify(algorithm, &attributes.signed_bytes(), self.signer.signature()).map_err(TimeStampFault::Signature)
    }

    fn authority_path(
        &self,
        authority: &Certificate,
        trust: &Trust,
        at: Timestamp,
    ) -> Result<VerifiedPath, TimeStampFault> {
        if let Some(since) = trust.stale_since(at) {
            return Err(TimeStampFault::TrustStale { since });
        }
        let along = self.data.certificates().iter().filter_map(|der| Certificate::from_der(der.to_vec()).ok());
        let along: Vec<_> = along.filter(|certificate| certificate != authority).collect();
        trust.path_through(authority, &along, Purpose::TimeStamp, self.made_at()).map_err(TimeStampFault::AuthorityPath)
    }
}

/// The signature algorithm that a signer means: several name the key's instead, and the digest beside it completes it.
fn signature_algorithm(named: &str, digest: DigestAlgorithm) -> Option<&'static str> {
    match (named, digest) {
        (SM2_WITH_SM3 | SM2_SIGNING, DigestAlgorithm::Sm3) => Some(SM2_WITH_SM3),
        (ECDSA_WITH_SHA256, DigestAlgorithm::Sha256) => Some(ECDSA_WITH_SHA256),
        (RSA_WITH_SHA256 | RSA_ENCRYPTION, DigestAlgorithm::Sha256) => Some(RSA_WITH_SHA256),
        (_, DigestAlgorithm::Sm3 | DigestAlgorithm::Sha256) => None,
    }
}

/// What the authority's certificate itself must say (RFC 3161, 2.3), and its period.
fn check_authority(authority: &Certificate, made_at: Timestamp) -> Result<(), TimeStampFault> {
    let usage = authority.extended_key_usage().ok_or(TimeStampFault::AuthorityUsage)?;
    if usage.purposes() != [TIME_STAMPING] {
        return Err(TimeStampFault::AuthorityUsage);
    }
    if !usage.is_critical() {
        return Err(TimeStampFault::AuthorityUsageNotCritical);
    }
    if authority.judge_usage(Use::Signing) == UsageVerdict::Forbidden {
        return Err(TimeStampFault::AuthorityKeyUsage);
    }
    let (not_before, not_after) = (authority.not_before(), authority.not_after());
    if !authority.is_in_period(made_at) {
        return Err(TimeStampFault::AuthorityPeriod { made_at, not_before, not_after });
    }
    Ok(())
}

/// Every certificate of the path but the anchor; a revocation that counts leads over one that nothing is known about.
fn check_revocation(
    path: &VerifiedPath,
    trust: &Trust,
    made_at: Timestamp,
    at: Timestamp,
) -> Result<Vec<Evidence>, TimeStampFault> {
    let (mut unknown, mut evidence) = (None, Vec::new());
    for (certificate, issuer) in path.issued() {
        let answer = trust.status(certificate, issuer, at);
        match answer.status {
            RevocationStatus::Good => {}
            RevocationStatus::Unknown { why } => unknown = unknown.or(Some(why)),
            RevocationStatus::Revoked { at, reason, invalidity_date } => {
                let revoked_at = invalidity_date.map_or(at, |earlier| earlier.min(at));
                if revoked_at <= made_at {
                    return Err(TimeStampFault::AuthorityRevoked { revoked_at, made_at });
                }
                if !reason.is_some_and(Reason::leaves_earlier_work) {
                    return Err(TimeStampFault::AuthorityCompromised { revoked_at, reason });
                }
            }
        }
        evidence.extend(answer.evidence);
    }
    unknown.map_or(Ok(evidence), |why| Err(TimeStampFault::AuthorityRevocationUnknown(why)))
}
