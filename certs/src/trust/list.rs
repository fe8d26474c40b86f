//! The signed trust list: its JSON, its signature, and its link to the list before it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use standards::code::{CreditCode, ItemId, RegionCode};

use super::{Edition, Purpose};
use crate::certificate::Certificate;
use crate::{Error, SignatureError, digest, sm2};

/// 信任列表 Who is trusted for what, region by region, as one signed edition.
///
/// Editions are counted; each names the digest of the one before it, so that nobody can slip in another history.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustList {
    /// Counted from 1.
    pub version: u64,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When the next edition is due at the latest; from then on this one is stale.
    pub next_update: Timestamp,
    /// SHA-256 of the edition before, in hexadecimal; absent in the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// The regions and what is trusted in each.
    pub regions: Vec<ListedRegion>,
    /// SHA-256 of the bytes that this list was read from.
    #[serde(skip)]
    digest: [u8; 32],
}

/// One region's part of the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedRegion {
    /// The region.
    pub code: RegionCode,
    /// Its authorities and end certificates.
    pub entries: Vec<ListedEntry>,
}

/// One certificate and what it is trusted for: an authority's is an anchor, any other a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedEntry {
    /// What it is trusted for; absent for an intermediate authority, which is trusted only through an anchor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// The certificate: DER in base64.
    pub certificate: String,
    /// Of an authority: the first moment that it is trusted at, where that is later than its own period says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Of an authority: the last moment that it is trusted at, where that is earlier than its own period says. So one authority takes
    /// the place of another, with an overlap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// Of an end certificate: the organisation behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<CreditCode>,
    /// Of a seal signer: the items that its organisation is competent for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemId>,
}

/// What is wrong with one entry of a trust list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// The certificate is no base64.
    #[error("its certificate is no base64")]
    NotBase64,
    /// The certificate cannot be read.
    #[error("its certificate cannot be read")]
    Certificate,
    /// The certificate's key is of a kind that is not supported.
    #[error("its key is of a kind that is not supported")]
    Key,
    /// The certificate's key is malformed, or no point of its curve.
    #[error("its key is malformed")]
    KeyMalformed,
    /// An intermediate that is no authority.
    #[error("it has no purpose and is no authority's certificate")]
    NoPurpose,
    /// An authority with an organisation or with items: they belong to end certificates.
    #[error("it is an authority's certificate with an organisation or items")]
    AuthorityWithRow,
    /// A seal signer without an organisation.
    #[error("it is a seal signer without an organisation")]
    SignerWithoutOrganisation,
    /// A seal signer whose certificate names another organisation than the entry does.
    #[error("its certificate names another organisation")]
    OtherOrganisation,
    /// The same end certificate stands twice for one purpose, or the same anchor with two periods.
    #[error("it stands twice for one purpose")]
    Twice,
    /// A period that ends before it begins.
    #[error("the period that it is trusted in ends before it begins")]
    Period,
    /// A period on something else than an anchor: an end certificate has its own, an intermediate is not trusted by itself.
    #[error("it has a period and is no anchor")]
    PeriodWithoutAnchor,
}

impl ListedEntry {
    /// An entry for a certificate, without organisation and items.
    pub fn new(purpose: Option<Purpose>, certificate: &Certificate) -> Self {
        let certificate = STANDARD.encode(certificate.der());
        Self { purpose, certificate, not_before: None, not_after: None, organisation: None, items: Vec::new() }
    }

    /// The certificate, whatever it may be trusted for.
    ///
    /// # Errors
    /// [`Error::NoPem`] where there is no base64, otherwise what cannot be read in the certificate.
    pub fn certificate(&self) -> Result<Certificate, Error> {
        Certificate::from_der(STANDARD.decode(&self.certificate).map_err(|_| Error::NoPem)?)
    }

    pub(super) fn read_certificate(&self) -> Result<Certificate, EntryFault> {
        let der = STANDARD.decode(&self.certificate).map_err(|_| EntryFault::NotBase64)?;
        let certificate = Certificate::from_der(der).map_err(|_| EntryFault::Certificate)?;
        certificate.public_key().map_err(|fault| match fault {
            SignatureError::Key => EntryFault::KeyMalformed,
            _ => EntryFault::Key,
        })?;
        if self.not_before.zip(self.not_after).is_some_and(|(from, until)| until < from) {
            return Err(EntryFault::Period);
        }
        let has_period = self.not_before.is_some() || self.not_after.is_some();
        let has_row = self.organisation.is_some() || !self.items.is_empty();
        match (self.purpose, certificate.is_ca()) {
            (_, true) if has_row => Err(EntryFault::AuthorityWithRow),
            (None, false) => Err(EntryFault::NoPurpose),
            (None, true) | (Some(_), false) if has_period => Err(EntryFault::PeriodWithoutAnchor),
            (Some(Purpose::SealSigner), false) => self.check_organisation(&certificate).map(|()| certificate),
            (Some(_), _) | (None, true) => Ok(certificate),
        }
    }

    fn check_organisation(&self, certificate: &Certificate) -> Result<(), EntryFault> {
        let listed = self.organisation.as_ref().ok_or(EntryFault::SignerWithoutOrganisation)?;
        match certificate.organisation_code() {
            Some(certified) if certified != *listed => Err(EntryFault::OtherOrganisation),
            Some(_) | None => Ok(()),
        }
    }
}

impl TrustList {
    /// A list that is still to be written and signed.
    pub fn new(version: u64, issued_at: Timestamp, next_update: Timestamp, regions: Vec<ListedRegion>) -> Self {
        Self { version, issued_at, next_update, previous: None, regions, digest: [0; 32] }
    }

    /// The bytes to sign and to keep: readable JSON.
    ///
    /// # Errors
    /// Never with the types as they are; serde asks for it.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        let malformed =
            |error: serde_json::Error| Error::TrustListMalformed { line: error.line(), column: error.column() };
        let mut bytes = serde_json::to_vec_pretty(self).map_err(malformed)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads a list that `trust_key` signed (SM2, DER, over the exact bytes).
    ///
    /// # Errors
    /// [`Error::TrustSignature`] before anything else is looked at, then [`Error::TrustListMalformed`], [`Error::TrustListPeriod`].
    pub fn from_signed(bytes: &[u8], signature: &[u8], trust_key: &sm2::PublicKey) -> Result<Self, Error> {
        let refused = |source: SignatureError| Error::TrustSignature { source };
        let signature = sm2::Signature::from_der(signature).map_err(refused)?;
        trust_key.verify(bytes, &signature).map_err(refused)?;
        Self::from_believed(bytes)
    }

    /// Reads a list that is believed already, by its signature or by the digest that a believed list names.
    pub(super) fn from_believed(bytes: &[u8]) -> Result<Self, Error> {
        let mut list: Self = serde_json::from_slice(bytes)
            .map_err(|error| Error::TrustListMalformed { line: error.line(), column: error.column() })?;
        if list.next_update <= list.issued_at {
            return Err(Error::TrustListPeriod { next_update: list.next_update });
        }
        list.digest = digest::sha256(&[bytes]);
        Ok(list)
    }

    /// The edition that is to follow this one, with the same regions; still to be changed and published.
    ///
    /// # Errors
    /// [`Error::TrustOrder`] where it would not be later than this one.
    pub fn next(&self, issued_at: Timestamp, next_update: Timestamp) -> Result<Self, Error> {
        let version = self.version.saturating_add(1);
        if issued_at <= self.issued_at {
            return Err(Error::TrustOrder { version });
        }
        let previous = Some(hex::encode(self.digest));
        Ok(Self { version, issued_at, next_update, previous, regions: self.regions.clone(), digest: [0; 32] })
    }

    /// The edition.
    pub fn edition(&self) -> Edition {
        Edition { version: self.version, digest: self.digest }
    }

    /// Whether this list may take the place of the known one: the same, or the next with the right link.
    ///
    /// # Errors
    /// [`Error::TrustRollback`], [`Error::TrustGap`], [`Error::TrustLinkBroken`].
    pub fn succeeds(&self, known: Edition) -> Result<(), Error> {
        let offered = self.version;
        if self.edition() == known {
            return Ok(());
        }
        if offered <= known.version {
            return Err(Error::TrustRollback { known: known.version, offered });
        }
        if offered - known.version != 1 {
            return Err(Error::TrustGap { known: known.version, offered });
        }
        if self.previous.as_deref() != Some(hex::encode(known.digest).as_str()) {
            return Err(Error::TrustLinkBroken { offered });
        }
        Ok(())
    }
}
