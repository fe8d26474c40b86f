//! Revocation: lists that are believed only with their issuer's signature, and the status of a certificate as of a time.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use jiff::{SignedDuration, Timestamp};
use pki_types::CertificateRevocationListDer;
use pki_types::pem::PemObject as _;
use x509_parser::prelude::{CertificateRevocationList, FromDer as _, ParsedExtension, RevokedCertificate};

use crate::certificate::{Certificate, UsageVerdict, Use, signed_range, timestamp};
use crate::name::{Name, magnitude};
use crate::{Error, SignatureError, digest};

/// The most bytes of one revocation list.
pub const LIST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How far an issuer's clock may be ahead of ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(300);

const CRL_NUMBER: &str = "2.5.29.20";
const DELTA_INDICATOR: &str = "2.5.29.27";
const CERTIFICATE_ISSUER: &str = "2.5.29.29";
const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";

/// 撤销列表 A list of revoked certificates as received (RFC 5280, 5). Cheap to clone.
#[derive(Clone)]
pub struct RevocationList(Arc<Facts>);

struct Facts {
    der: Vec<u8>,
    signed: Range<usize>,
    signature_algorithm: String,
    signature: Vec<u8>,
    issuer: Name,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    number: Option<ListNumber>,
    digest: [u8; 32],
    scope: Scope,
    revoked: BTreeMap<Vec<u8>, Revocation>,
    /// The issuer whose key was found to hold: the answer never changes, and a gateway asks for every document.
    verified_with: OnceLock<Certificate>,
}

/// What a list speaks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Every certificate of its issuer.
    Complete,
    /// Only what changed since a base list.
    Delta,
    /// Only some certificates or reasons, or something that its critical extensions say and we do not understand.
    Partial,
}

/// One entry of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// Since when the issuer counts the certificate as revoked.
    pub at: Timestamp,
    /// Why, where the issuer says.
    pub reason: Option<Reason>,
    /// Since when the key is thought to be in wrong hands, where the issuer says; this may be before `at`.
    pub invalidity_date: Option<Timestamp>,
}

/// Why a certificate was revoked (RFC 5280, 5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// No particular reason.
    Unspecified = 0,
    /// The private key is in wrong hands.
    KeyCompromise = 1,
    /// The issuer's private key is in wrong hands.
    AuthorityCompromise = 2,
    /// The holder belongs elsewhere now.
    AffiliationChanged = 3,
    /// Another certificate took its place.
    Superseded = 4,
    /// The holder needs it no longer.
    CessationOfOperation = 5,
    /// Suspended for now.
    Hold = 6,
    /// A right named in it was withdrawn.
    PrivilegeWithdrawn = 9,
    /// The attribute authority's key is in wrong hands.
    AttributeAuthorityCompromise = 10,
}

impl Reason {
    const ALL: [Self; 9] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::AuthorityCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::Hold,
        Self::PrivilegeWithdrawn,
        Self::AttributeAuthorityCompromise,
    ];

    /// The number that lists carry.
    pub fn number(self) -> u8 {
        self as u8
    }

    fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.number() == number)
    }
}

/// What is known about a certificate's revocation as of a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevocationStatus {
    /// A current, complete list of its issuer does not name it.
    Good,
    /// It was revoked; whether that matters depends on when it signed.
    Revoked {
        /// Since when the issuer counts the certificate as revoked.
        at: Timestamp,
        /// Why, where the issuer says.
        reason: Option<Reason>,
        /// Since when the key is thought to be in wrong hands, where the issuer says; this may be before `at`.
        invalidity_date: Option<Timestamp>,
    },
    /// Nothing can be said.
    Unknown {
        /// What is missing or wrong.
        why: RevocationUnknown,
    },
}

/// What is known about a certificate's revocation, and what it is known from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationAnswer {
    /// What is known.
    pub status: RevocationStatus,
    /// What the status rests on; empty where nothing at hand could be believed.
    pub evidence: Vec<Evidence>,
}

/// 撤销依据 One thing that a revocation status rests on, for a report to name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// Who issued it.
    pub issuer: String,
    /// Of a list: its number in the issuer's sequence, where it states one.
    pub number: Option<ListNumber>,
    /// The moment whose state it shows.
    pub this_update: Timestamp,
    /// When the next one was due.
    pub next_update: Option<Timestamp>,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
}

/// What a revocation status can rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceKind {
    /// A revocation list.
    List,
    /// A list of changes since another list, which is evidence too.
    Delta,
    /// An OCSP response (RFC 6960).
    Response,
}

impl EvidenceKind {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Delta => "delta_list",
            Self::Response => "ocsp_response",
        }
    }
}

/// The number of a list in its issuer's sequence: up to 20 octets (RFC 5280, 5.2.3), compared as a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListNumber(Vec<u8>);

impl ListNumber {
    /// The number, where it fits 64 bits.
    pub fn as_u64(&self) -> Option<u64> {
        let fits = self.0.len() <= 8;
        fits.then(|| self.0.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

impl Ord for ListNumber {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for ListNumber {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Decimal, or hexadecimal with `0x` beyond 64 bits.
impl std::fmt::Display for ListNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.as_u64() {
            Some(number) => write!(f, "{number}"),
            None => write!(f, "0x{}", hex::encode(&self.0)),
        }
    }
}

/// Why nothing can be said about a certificate's revocation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevocationUnknown {
    /// There is no list of the issuer.
    #[error("there is no revocation list of {issuer}")]
    NoList {
        /// The issuer whose list is missing.
        issuer: String,
    },
    /// A list bears the issuer's name and is not signed with its key.
    #[error("the revocation list of {issuer} is not signed by it: {source}")]
    NotAuthentic {
        /// The issuer whose list it claims to be.
        issuer: String,
        /// What is wrong with the signature.
        source: SignatureError,
    },
    /// The issuer's certificate does not allow it to sign lists.
    #[error("{issuer} may not sign revocation lists")]
    IssuerMayNot {
        /// The issuer.
        issuer: String,
    },
    /// There are only lists of changes, whose base is missing.
    #[error("there is only a delta list of {issuer}")]
    DeltaOnly {
        /// The issuer.
        issuer: String,
    },
    /// There are only lists that speak about a part of the issuer's certificates.
    #[error("there is only a partial list of {issuer}")]
    PartialOnly {
        /// The issuer.
        issuer: String,
    },
    /// The newest list is too old.
    #[error("the revocation list of {issuer} is stale since {since}")]
    Stale {
        /// The issuer.
        issuer: String,
        /// When the next list was due.
        since: Timestamp,
    },
    /// The certificate had expired before the list was made, and issuers drop expired certificates from their lists.
    #[error("the certificate had expired when the revocation list was made")]
    ExpiredBeforeList,
}

impl RevocationUnknown {
    /// The stable code of the finding; its texts are in `standards/problems/revocation.toml`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoList { .. } => "revocation.no_list",
            Self::NotAuthentic { .. } => "revocation.not_authentic",
            Self::IssuerMayNot { .. } => "revocation.issuer_may_not",
            Self::DeltaOnly { .. } => "revocation.delta_only",
            Self::PartialOnly { .. } => "revocation.partial_only",
            Self::Stale { .. } => "revocation.stale",
            Self::ExpiredBeforeList => "revocation.expired_before_list",
        }
    }
}

impl RevocationList {
    /// Reads a list in DER. Nothing is believed yet: [`status`] checks the signature.
    ///
    /// # Errors
    /// [`Error::ListTooLong`], [`Error::ListMalformed`].
    pub fn from_der(der: Vec<u8>) -> Result<Self, Error> {
        if der.len() > LIST_BYTES_MAX {
            return Err(Error::ListTooLong { bytes: der.len(), bytes_max: LIST_BYTES_MAX });
        }
        let facts = match CertificateRevocationList::from_der(&der) {
            Ok(([], parsed)) => read(&der, &parsed).ok_or(Error::ListMalformed)?,
            _ => return Err(Error::ListMalformed),
        };
        Ok(Self(Arc::new(Facts { der, ..facts })))
    }

    /// Reads a list in DER or PEM, as it comes in files.
    ///
    /// # Errors
    /// As [`Self::from_der`].
    pub fn from_der_or_pem(bytes: &[u8]) -> Result<Self, Error> {
        match CertificateRevocationListDer::from_pem_slice(bytes) {
            Ok(der) => Self::from_der(der.to_vec()),
            Err(_) => Self::from_der(bytes.to_vec()),
        }
    }

    /// The bytes as received.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Who issued it.
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// When it was made.
    pub fn this_update(&self) -> Timestamp {
        self.0.this_update
    }

    /// When the next one is due.
    pub fn next_update(&self) -> Option<Timestamp> {
        self.0.next_update
    }

    /// Its number in the issuer's sequence, where it states one.
    pub fn number(&self) -> Option<&ListNumber> {
        self.0.number.as_ref()
    }

    /// SHA-256 of its bytes.
    pub fn digest(&self) -> [u8; 32] {
        self.0.digest
    }

    fn evidence(&self) -> Evidence {
        Evidence {
            kind: EvidenceKind::List,
            issuer: self.issuer().to_string(),
            number: self.number().cloned(),
            this_update: self.this_update(),
            next_update: self.next_update(),
            digest: self.digest(),
        }
    }

    /// The revoked certificates: serial number (big-endian, without leading zeros) and revocation.
    pub fn revoked(&self) -> impl Iterator<Item = (&[u8], &Revocation)> {
        self.0.revoked.iter().map(|(serial, revocation)| (serial.as_slice(), revocation))
    }

    fn verify(&self, issuer: &Certificate) -> Result<(), SignatureError> {
        if self.0.verified_with.get() == Some(issuer) {
            return Ok(());
        }
        let signed = self.0.der.get(self.0.signed.clone()).unwrap_or_default();
        issuer.public_key()?.verify(&self.0.signature_algorithm, signed, &self.0.signature)?;
        self.0.verified_with.get_or_init(|| issuer.clone());
        Ok(())
    }

    /// What the list says about a certificate as of `at`; a revocation of later than that has not happened yet.
    fn names(&self, certificate: &Certificate, at: Timestamp) -> Option<Revocation> {
        self.0.revoked.get(certificate.serial_magnitude()).copied().filter(|revocation| revocation.at <= at)
    }
}

impl std::fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RevocationList({}, {}, {} revoked)", self.issuer(), self.this_update(), self.0.revoked.len())
    }
}

fn read(der: &[u8], parsed: &CertificateRevocationList<'_>) -> Option<Facts> {
    let list = &parsed.tbs_cert_list;
    let mut revoked = BTreeMap::new();
    let mut scope = scope(parsed);
    for entry in &list.revoked_certificates {
        // An entry with a critical extension may be about another issuer's certificate (an indirect list).
        let understood = entry.extensions().iter().all(|e| !e.critical || e.oid.to_id_string() != CERTIFICATE_ISSUER);
        if !understood {
            scope = Scope::Partial;
        }
        let found = revocation(entry)?;
        let known = revoked.entry(magnitude(entry.raw_serial()).to_vec()).or_insert(found);
        // Named twice, the earlier date counts.
        if found.at < known.at {
            *known = found;
        }
    }
    let next_update = match list.next_update {
        Some(time) => Some(timestamp(time)?),
        None => None,
    };
    Some(Facts {
        der: Vec::new(),
        signed: signed_range(der, list.as_ref())?,
        signature_algorithm: parsed.signature_algorithm.algorithm.to_id_string(),
        signature: parsed.signature_value.data.to_vec(),
        issuer: Name::read(&list.issuer),
        this_update: timestamp(list.this_update)?,
        next_update,
        number: parsed.crl_number().map(|number| ListNumber(number.to_bytes_be())),
        digest: digest::sha256(&[der]),
        scope,
        revoked,
        verified_with: OnceLock::new(),
    })
}

fn revocation(entry: &RevokedCertificate<'_>) -> Option<Revocation> {
    let invalidity_date = match entry.invalidity_date() {
        Some((_, time)) => Some(timestamp(time)?),
        None => None,
    };
    let reason = entry.reason_code().and_then(|(_, code)| Reason::from_number(code.0));
    Some(Revocation { at: timestamp(entry.revocation_date)?, reason, invalidity_date })
}

fn scope(parsed: &CertificateRevocationList<'_>) -> Scope {
    let mut scope = Scope::Complete;
    for extension in parsed.extensions() {
        match (extension.oid.to_id_string().as_str(), extension.parsed_extension()) {
            (DELTA_INDICATOR, _) => return Scope::Delta,
            (CRL_NUMBER | AUTHORITY_KEY_IDENTIFIER, _) => {}
            (_, ParsedExtension::IssuingDistributionPoint(point)) => {
                let limited = point.only_contains_user_certs
                    || point.only_contains_ca_certs
                    || point.only_some_reasons.is_some()
                    || point.indirect_crl
                    || point.only_contains_attribute_certs;
                if limited {
                    scope = Scope::Partial;
                }
            }
            (_, _) if extension.critical => scope = Scope::Partial,
            (_, _) => {}
        }
    }
    scope
}

/// Leaves of the lists what was made by `at`, and of each issuer the first that was made later: all that [`status`] looks at.
pub(crate) fn retain_as_of(lists: &mut Vec<RevocationList>, at: Timestamp) {
    let horizon = at.saturating_add(CLOCK_SKEW).unwrap_or(at);
    let mut next: BTreeMap<Vec<u8>, Timestamp> = BTreeMap::new();
    for list in lists.iter().filter(|list| list.this_update() > horizon) {
        let first = next.entry(list.issuer().der().to_vec()).or_insert(list.this_update());
        *first = list.this_update().min(*first);
    }
    lists.retain(|list| list.this_update() <= horizon || next.get(list.issuer().der()) == Some(&list.this_update()));
}

/// What the lists say about a certificate as of `at`.
///
/// The newest authentic, complete list that was made by `at` decides; where it is stale or missing, the first later one may (an auditor
/// who judges a past day has only later lists). A stale list still proves the revocations that it names.
pub fn status(
    certificate: &Certificate,
    issuer: &Certificate,
    lists: &[RevocationList],
    at: Timestamp,
) -> RevocationStatus {
    answer(certificate, issuer, lists, at).status
}

/// As [`status`], with what it rests on.
pub fn answer(
    certificate: &Certificate,
    issuer: &Certificate,
    lists: &[RevocationList],
    at: Timestamp,
) -> RevocationAnswer {
    match usable(certificate, issuer, lists) {
        Ok(lists) => judge(certificate, issuer, lists, at),
        Err(why) => RevocationAnswer { status: RevocationStatus::Unknown { why }, evidence: Vec::new() },
    }
}

fn judge(
    certificate: &Certificate,
    issuer: &Certificate,
    lists: Vec<&RevocationList>,
    at: Timestamp,
) -> RevocationAnswer {
    let horizon = at.saturating_add(CLOCK_SKEW).unwrap_or(at);
    let (known, later): (Vec<_>, Vec<_>) = lists.into_iter().partition(|list| list.this_update() <= horizon);
    let current = known.into_iter().max_by_key(|list| list.this_update());
    let next = later.into_iter().min_by_key(|list| list.this_update());
    let rests_on = |status, list: &RevocationList| RevocationAnswer { status, evidence: vec![list.evidence()] };
    for list in current.into_iter().chain(next) {
        if let Some(Revocation { at, reason, invalidity_date }) = list.names(certificate, at) {
            return rests_on(RevocationStatus::Revoked { at, reason, invalidity_date }, list);
        }
    }
    let fresh = current.filter(|list| list.next_update().is_some_and(|next| at <= next)).or(next);
    let unknown = |why| RevocationStatus::Unknown { why };
    match (fresh, current) {
        (Some(list), _) if certificate.not_after() < list.this_update() => {
            rests_on(unknown(RevocationUnknown::ExpiredBeforeList), list)
        }
        (Some(list), _) => rests_on(RevocationStatus::Good, list),
        (None, Some(list)) => {
            let since = list.next_update().unwrap_or(list.this_update());
            rests_on(unknown(RevocationUnknown::Stale { issuer: issuer.subject().to_string(), since }), list)
        }
        (None, None) => {
            let why = RevocationUnknown::NoList { issuer: issuer.subject().to_string() };
            RevocationAnswer { status: unknown(why), evidence: Vec::new() }
        }
    }
}

/// The lists that may be believed, or why there is none; the most specific reason wins.
fn usable<'a>(
    certificate: &Certificate,
    issuer: &Certificate,
    lists: &'a [RevocationList],
) -> Result<Vec<&'a RevocationList>, RevocationUnknown> {
    let name = || issuer.subject().to_string();
    if certificate.issuer() != issuer.subject() {
        return Err(RevocationUnknown::NoList { issuer: certificate.issuer().to_string() });
    }
    let named: Vec<_> = lists.iter().filter(|list| list.issuer() == issuer.subject()).collect();
    if named.is_empty() {
        return Err(RevocationUnknown::NoList { issuer: name() });
    }
    if issuer.judge_usage(Use::IssuingLists) == UsageVerdict::Forbidden {
        return Err(RevocationUnknown::IssuerMayNot { issuer: name() });
    }
    let mut why = RevocationUnknown::NoList { issuer: name() };
    let mut usable = Vec::new();
    for list in named {
        match (list.verify(issuer), list.0.scope) {
            (Ok(()), Scope::Complete) => usable.push(list),
            (Ok(()), Scope::Delta) => why = RevocationUnknown::DeltaOnly { issuer: name() },
            (Ok(()), Scope::Partial) => why = RevocationUnknown::PartialOnly { issuer: name() },
            (Err(source), _) => why = RevocationUnknown::NotAuthentic { issuer: name(), source },
        }
    }
    if usable.is_empty() { Err(why) } else { Ok(usable) }
}

#[cfg(test)]
#[cfg(feature = "signing")]
mod tests;
