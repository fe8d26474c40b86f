//! Revocation lists as received (RFC 5280, 5): what each says, and about which certificates it speaks.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use pki_types::CertificateRevocationListDer;
use pki_types::pem::PemObject as _;
use x509_parser::prelude::{CertificateRevocationList, FromDer as _, RevokedCertificate, X509Extension};

use super::{Evidence, EvidenceKind, INVALIDITY_DATE, ListNumber, Reason, Revocation};
use crate::certificate::{Certificate, authority_key_identifier, signed_range, timestamp};
use crate::der::{DerFault, Element, Reader, tag};
use crate::name::{Name, magnitude};
use crate::{Error, SignatureError, digest};

/// The most bytes of one revocation list.
pub const LIST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The most names of one distribution point.
const POINT_NAMES_MAX: usize = 64;

const CRL_NUMBER: &str = "2.5.29.20";
const DELTA_INDICATOR: &str = "2.5.29.27";
const ISSUING_DISTRIBUTION_POINT: &str = "2.5.29.28";
const CERTIFICATE_ISSUER: &str = "2.5.29.29";
const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
const EXPIRED_CERTIFICATES: &str = "2.5.29.60";
/// The reason of an entry that takes a certificate off its base list (RFC 5280, 5.3.1).
const REMOVE_FROM_LIST: u8 = 8;

/// 撤销列表 A list of revoked certificates as received (RFC 5280, 5). Cheap to clone.
#[derive(Clone)]
pub struct RevocationList(Arc<Facts>);

struct Facts {
    der: Vec<u8>,
    signed: Range<usize>,
    signature_algorithm: String,
    signature: Vec<u8>,
    digest: [u8; 32],
    issuer: Name,
    authority_key_identifier: Option<Vec<u8>>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    number: Option<ListNumber>,
    base: Option<ListNumber>,
    scope: Scope,
    expired_since: Option<Timestamp>,
    entries: BTreeMap<Vec<u8>, Entry>,
    /// The issuer whose key was found to hold: the answer never changes, and a gateway asks for every document.
    verified_with: OnceLock<Certificate>,
}

/// What a list says about one serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Revoked(Revocation),
    /// Of a delta list: no longer on its base.
    Removed,
}

/// About which certificates of its issuer a list speaks (issuingDistributionPoint; RFC 5280, 5.2.5).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scope {
    /// Names of the distribution point, each in DER; without any the list is not for one point alone.
    points: Option<Vec<Vec<u8>>>,
    holders: Holders,
    /// Revocations for some reasons only: silence proves nothing.
    pub(super) some_reasons: bool,
}

/// Whose certificates a list is about; the later one is the narrower.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Holders {
    #[default]
    All,
    Ends,
    Authorities,
    /// Another issuer's, attribute certificates, or what a critical extension says that is not understood.
    Unclear,
}

impl Scope {
    /// Whether the list would name this certificate, were it revoked for a reason that the list covers.
    pub(super) fn covers(&self, certificate: &Certificate) -> bool {
        let at_point = self
            .points
            .as_ref()
            .is_none_or(|points| certificate.distribution_points().iter().any(|point| points.contains(point)));
        let of_kind = match self.holders {
            Holders::All => true,
            Holders::Ends => !certificate.is_ca(),
            Holders::Authorities => certificate.is_ca(),
            Holders::Unclear => false,
        };
        at_point && of_kind
    }
}

impl RevocationList {
    /// Reads a list in DER. Nothing is believed yet: [`super::status`] checks the signature.
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

    /// Reads one list in DER or PEM, as it comes in files.
    ///
    /// # Errors
    /// As [`Self::from_der`]; [`Error::ListMalformed`] for several.
    pub fn from_der_or_pem(bytes: &[u8]) -> Result<Self, Error> {
        match &Self::all_from_der_or_pem(bytes)?[..] {
            [list] => Ok(list.clone()),
            _ => Err(Error::ListMalformed),
        }
    }

    /// Reads a list in DER, or every list of a PEM text.
    pub(crate) fn all_from_der_or_pem(bytes: &[u8]) -> Result<Vec<Self>, Error> {
        let blocks: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(bytes).collect();
        match blocks {
            Ok(blocks) if !blocks.is_empty() => blocks.iter().map(|der| Self::from_der(der.to_vec())).collect(),
            Ok(_) => Ok(vec![Self::from_der(bytes.to_vec())?]),
            Err(_) => Err(Error::ListMalformed),
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

    /// The key that it says signed it: the issuer's subjectKeyIdentifier.
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.0.authority_key_identifier.as_deref()
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

    /// Of a list of changes: the number of the list that they begin at.
    pub fn base(&self) -> Option<&ListNumber> {
        self.0.base.as_ref()
    }

    /// SHA-256 of its bytes.
    pub fn digest(&self) -> [u8; 32] {
        self.0.digest
    }

    /// The revoked certificates: serial number (big-endian, without leading zeros) and revocation.
    pub fn revoked(&self) -> impl Iterator<Item = (&[u8], &Revocation)> {
        self.0.entries.iter().filter_map(|(serial, entry)| match entry {
            Entry::Revoked(revocation) => Some((serial.as_slice(), revocation)),
            Entry::Removed => None,
        })
    }

    /// Whether the list bears the issuer's name, and not another key than the identifiers name.
    pub fn names_as_issuer(&self, issuer: &Certificate) -> bool {
        let keys = self.authority_key_identifier().zip(issuer.subject_key_identifier());
        self.issuer() == issuer.subject() && keys.is_none_or(|(named, own)| named == own)
    }

    /// Whether `issuer`'s key signed the list.
    ///
    /// # Errors
    /// What is wrong with the signature.
    pub fn verify_signed_by(&self, issuer: &Certificate) -> Result<(), SignatureError> {
        if self.0.verified_with.get() == Some(issuer) {
            return Ok(());
        }
        let signed = self.0.der.get(self.0.signed.clone()).unwrap_or_default();
        issuer.public_key()?.verify(&self.0.signature_algorithm, signed, &self.0.signature)?;
        self.0.verified_with.get_or_init(|| issuer.clone());
        Ok(())
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.0.scope
    }

    pub(super) fn entry(&self, certificate: &Certificate) -> Option<Entry> {
        self.0.entries.get(certificate.serial_magnitude()).copied()
    }

    /// Whether a certificate that expired at `not_after` would still be on the list, were it revoked: as long as it had not expired
    /// when the list was made, or since the date that the list itself states (expiredCertsOnCRL, X.509).
    pub(super) fn still_names(&self, not_after: Timestamp) -> bool {
        self.this_update() <= not_after || self.0.expired_since.is_some_and(|since| since <= not_after)
    }

    pub(super) fn evidence(&self) -> Evidence {
        Evidence {
            kind: if self.base().is_some() { EvidenceKind::Delta } else { EvidenceKind::List },
            issuer: self.issuer().to_string(),
            number: self.number().cloned(),
            this_update: self.this_update(),
            next_update: self.next_update(),
            digest: self.digest(),
        }
    }
}

impl std::fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RevocationList({}, {}, {} entries)", self.issuer(), self.this_update(), self.0.entries.len())
    }
}

fn read(der: &[u8], parsed: &CertificateRevocationList<'_>) -> Option<Facts> {
    let list = &parsed.tbs_cert_list;
    let mut special = Special::read(parsed.extensions()).ok()?;
    let mut entries = BTreeMap::new();
    for revoked in &list.revoked_certificates {
        // An entry with a critical extension may be about another issuer's certificate (an indirect list).
        if revoked.extensions().iter().any(|e| e.critical || e.oid.to_id_string() == CERTIFICATE_ISSUER) {
            special.scope.holders = Holders::Unclear;
        }
        let found = entry(revoked, special.base.is_some())?;
        let known = entries.entry(magnitude(revoked.raw_serial()).to_vec()).or_insert(found);
        *known = graver(*known, found);
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
        digest: digest::sha256(&[der]),
        issuer: Name::read(&list.issuer),
        authority_key_identifier: authority_key_identifier(parsed.extensions()),
        this_update: timestamp(list.this_update)?,
        next_update,
        number: parsed.crl_number().map(|number| ListNumber(number.to_bytes_be())),
        base: special.base,
        scope: special.scope,
        expired_since: special.expired_since,
        entries,
        verified_with: OnceLock::new(),
    })
}

/// Named twice, a revocation counts before a removal, and the earlier before the later.
fn graver(one: Entry, other: Entry) -> Entry {
    match (one, other) {
        (Entry::Revoked(a), Entry::Revoked(b)) if b.at < a.at => other,
        (Entry::Removed, _) => other,
        (Entry::Revoked(_), _) => one,
    }
}

fn entry(revoked: &RevokedCertificate<'_>, in_delta: bool) -> Option<Entry> {
    let dated = revoked.extensions().iter().find(|extension| extension.oid.to_id_string() == INVALIDITY_DATE);
    let invalidity_date = dated.map(|extension| Reader::new(extension.value).time()).transpose().ok()?;
    let code = revoked.reason_code().map(|(_, code)| code.0);
    if in_delta && code == Some(REMOVE_FROM_LIST) {
        return Some(Entry::Removed);
    }
    let reason = code.and_then(Reason::from_number);
    Some(Entry::Revoked(Revocation { at: timestamp(revoked.revocation_date)?, reason, invalidity_date }))
}

/// What the extensions of a list say about its reach.
#[derive(Default)]
struct Special {
    base: Option<ListNumber>,
    scope: Scope,
    expired_since: Option<Timestamp>,
}

impl Special {
    fn read(extensions: &[X509Extension<'_>]) -> Result<Self, DerFault> {
        let mut special = Self::default();
        for extension in extensions {
            match extension.oid.to_id_string().as_str() {
                DELTA_INDICATOR => {
                    let number = Reader::new(extension.value).expect(tag::INTEGER)?.value;
                    special.base = Some(ListNumber(magnitude(number).to_vec()));
                }
                ISSUING_DISTRIBUTION_POINT => special.scope.read(extension.value)?,
                EXPIRED_CERTIFICATES => special.expired_since = Some(Reader::new(extension.value).time()?),
                CRL_NUMBER | AUTHORITY_KEY_IDENTIFIER => {}
                _ if extension.critical => special.scope.holders = Holders::Unclear,
                _ => {}
            }
        }
        Ok(special)
    }
}

impl Scope {
    /// Two limits that differ leave nothing that the list is surely about.
    fn narrow(&mut self, holders: Holders) {
        let first = self.holders == Holders::All;
        self.holders = if first { holders } else { Holders::Unclear };
    }

    /// `IssuingDistributionPoint` (RFC 5280, 5.2.5): implicit tags, so a BOOLEAN is told by its tag alone.
    fn read(&mut self, der: &[u8]) -> Result<(), DerFault> {
        for part in Element::only(der)?.children(8)? {
            let is_true = part.value.iter().any(|byte| *byte != 0);
            match part.tag {
                0xA0 => self.points = Some(point_names(&part)?),
                0x81 if is_true => self.narrow(Holders::Ends),
                0x82 if is_true => self.narrow(Holders::Authorities),
                0x83 => self.some_reasons = true,
                0x81 | 0x82 => {}
                0x84 | 0x85 if !is_true => {}
                _ => self.narrow(Holders::Unclear),
            }
        }
        Ok(())
    }
}

/// The full names of a `DistributionPointName` in its explicit tag, each in DER; a name relative to the issuer gives none.
pub(crate) fn point_names(explicit: &Element<'_>) -> Result<Vec<Vec<u8>>, DerFault> {
    let name = explicit.reader().any()?;
    if name.tag != 0xA0 {
        return Ok(Vec::new());
    }
    Ok(name.children(POINT_NAMES_MAX)?.iter().map(|general| general.raw.to_vec()).collect())
}
