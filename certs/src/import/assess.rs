//! What to make of each thing that is imported: its role, what to remark on it, and what is refused.

use jiff::Timestamp;

use super::{Bundle, ImportFault};
use crate::SignatureError;
use crate::certificate::{Certificate, UsageVerdict, Use};
use crate::key::PublicKey;
use crate::ocsp::OcspResponse;
use crate::revocation::RevocationList;

/// What an RSA key needs for its signatures to be accepted.
const RSA_BITS_MIN: usize = 2048;

/// What a certificate is in trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// 信任锚 An authority at the top of what was handed over: believed without proof from now on.
    Anchor,
    /// An authority that another one of the files issued: believed only through that.
    Intermediate,
    /// No authority: it can be trusted by name alone.
    End,
}

/// What a person should know about something before it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// It is no authority's certificate.
    NotAuthority,
    /// Its RSA key is too short: no signature of it is accepted.
    WeakKey,
    /// It is signed with an algorithm that is not accepted.
    WeakSignature,
    /// Its period is over: it counts for signatures of that time.
    Expired,
    /// Its period has not begun.
    NotYetValid,
    /// A list or response whose issuer is not at hand: it cannot be checked and says nothing until then.
    IssuerUnknown,
    /// A list that bears the name of an authority at hand, and names another key than its own.
    OtherKey,
    /// A list or response that was due to be replaced: it counts for its time.
    Stale,
}

impl Remark {
    /// The stable code of the remark; its texts are in `standards/problems/import.toml`.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAuthority => "import.not_authority",
            Self::WeakKey => "import.weak_key",
            Self::WeakSignature => "import.weak_signature",
            Self::Expired => "import.expired",
            Self::NotYetValid => "import.not_yet_valid",
            Self::IssuerUnknown => "import.issuer_unknown",
            Self::OtherKey => "import.other_key",
            Self::Stale => "import.stale",
        }
    }
}

/// One thing with what is remarked on it.
#[derive(Debug, Clone)]
pub struct Assessed<T> {
    /// The thing.
    pub item: T,
    /// The remarks.
    pub remarks: Vec<Remark>,
}

/// Everything of a bundle, none of it refused.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// Certificates with their roles.
    pub certificates: Vec<(Role, Assessed<Certificate>)>,
    /// Revocation lists.
    pub lists: Vec<Assessed<RevocationList>>,
    /// OCSP responses.
    pub responses: Vec<Assessed<OcspResponse>>,
}

impl Bundle {
    /// Judges everything as of `at`, beside the authorities that are `known` already.
    ///
    /// # Errors
    /// The first thing that must not be believed, by name.
    pub fn assess(self, known: &[Certificate], at: Timestamp) -> Result<Assessment, ImportFault> {
        let own = self.certificates.clone();
        let assessed = |certificate| assess_certificate(certificate, &own, at);
        let certificates = self.certificates.into_iter().map(assessed).collect::<Result<_, _>>()?;
        let issuers: Vec<_> = own.iter().chain(known).filter(|certificate| certificate.is_ca()).collect();
        let lists = self.lists.into_iter().map(|list| assess_list(list, &issuers, at)).collect::<Result<_, _>>()?;
        let responses = self.responses.into_iter().map(|response| assess_response(response, &issuers, at)).collect();
        Ok(Assessment { certificates, lists, responses })
    }
}

fn assess_certificate(
    certificate: Certificate,
    own: &[Certificate],
    at: Timestamp,
) -> Result<(Role, Assessed<Certificate>), ImportFault> {
    let subject = || certificate.subject().to_string();
    let key = certificate.public_key().map_err(|fault| match fault {
        SignatureError::Key => ImportFault::KeyMalformed { subject: subject() },
        _ => ImportFault::KeyUnsupported { subject: subject() },
    })?;
    let mut remarks = Vec::new();
    if !certificate.is_ca() {
        remarks.push(Remark::NotAuthority);
    } else if certificate.judge_usage(Use::IssuingCertificates) == UsageVerdict::Forbidden {
        return Err(ImportFault::MayNotIssue { subject: subject() });
    }
    if is_weak(key) {
        remarks.push(Remark::WeakKey);
    }
    let mut issuers = own.iter().filter(|other| certificate.names_as_issuer(other) && other.is_ca()).peekable();
    if let Some(first) = issuers.peek() {
        let issuer = first.subject().to_string();
        let signed_by = |issuer: &Certificate| match issuer.public_key() {
            // Such a key's signatures are never accepted, so they cannot be told from forged ones.
            Ok(key) if is_weak(key) => Err(SignatureError::Algorithm),
            Ok(_) | Err(_) => certificate.verify_signed_by(issuer),
        };
        match issuers.map(signed_by).reduce(Result::or) {
            Some(Err(SignatureError::Algorithm)) => remarks.push(Remark::WeakSignature),
            Some(Err(source)) => return Err(ImportFault::NotSigned { subject: subject(), issuer, source }),
            Some(Ok(())) | None => {}
        }
    }
    if certificate.not_after() < at {
        remarks.push(Remark::Expired);
    } else if at < certificate.not_before() {
        remarks.push(Remark::NotYetValid);
    }
    let has_parent =
        own.iter().any(|other| *other != certificate && certificate.names_as_issuer(other) && other.is_ca());
    let role = match (certificate.is_ca(), has_parent && !certificate.is_self_issued()) {
        (false, _) => Role::End,
        (true, true) => Role::Intermediate,
        (true, false) => Role::Anchor,
    };
    Ok((role, Assessed { item: certificate, remarks }))
}

fn is_weak(key: &PublicKey) -> bool {
    matches!(key, PublicKey::Rsa(_)) && key.bits() < RSA_BITS_MIN
}

fn assess_list(
    list: RevocationList,
    issuers: &[&Certificate],
    at: Timestamp,
) -> Result<Assessed<RevocationList>, ImportFault> {
    let mut remarks = Vec::new();
    let signed = issuers.iter().filter(|issuer| list.names_as_issuer(issuer)).map(|it| list.verify_signed_by(it));
    match signed.reduce(Result::or) {
        Some(Ok(())) => {}
        Some(Err(source)) => return Err(ImportFault::ListNotAuthentic { issuer: list.issuer().to_string(), source }),
        None if issuers.iter().any(|issuer| issuer.subject() == list.issuer()) => remarks.push(Remark::OtherKey),
        None => remarks.push(Remark::IssuerUnknown),
    }
    if list.next_update().is_none_or(|due| due < at) {
        remarks.push(Remark::Stale);
    }
    Ok(Assessed { item: list, remarks })
}

fn assess_response(response: OcspResponse, issuers: &[&Certificate], at: Timestamp) -> Assessed<OcspResponse> {
    let mut remarks = Vec::new();
    if !issuers.iter().any(|issuer| response.verify_for(issuer).is_ok()) {
        remarks.push(Remark::IssuerUnknown);
    }
    if response.statuses().iter().all(|status| status.next_update.is_none_or(|due| due < at)) {
        remarks.push(Remark::Stale);
    }
    Assessed { item: response, remarks }
}
