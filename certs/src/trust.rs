//! Trust: which authorities count for which purpose, whose keys are whose, and how old that knowledge is.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::Timestamp;
use standards::code::{CreditCode, ItemId, RegionCode};

use crate::Error;
use crate::certificate::Certificate;
use crate::ocsp::OcspResponse;
use crate::path::{self, PathError, VerifiedPath};
use crate::revocation::{self, ListNumber, RevocationAnswer, RevocationList};

mod editions;
mod folder;
mod identity;
mod list;
#[cfg(feature = "signing")]
mod publish;

pub use editions::EDITIONS_FOLDER;
pub use list::{EntryFault, ListedEntry, ListedRegion, TrustList};
#[cfg(feature = "signing")]
pub use publish::publish;
#[cfg(feature = "signing")]
pub(crate) use publish::replace;

/// The name of the trust list within its folder, and of its signature (SM2 over the exact bytes, in DER).
pub const LIST_FILE: &str = "trust-list.json";
/// See [`LIST_FILE`].
pub const SIGNATURE_FILE: &str = "trust-list.sig";
/// The folder of revocation lists (`*.crl`) and OCSP responses (`*.ocsp`) beside the trust list.
pub const LISTS_FOLDER: &str = "crls";

/// What an authority or a key is trusted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The TLS identity of a partner.
    TlsClient,
    /// The key that a partner signs its messages with.
    PartnerMessage,
    /// 制章者: makes seals.
    SealMaker,
    /// 签章者: seals documents.
    SealSigner,
    /// Makes time stamps.
    TimeStamp,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] =
        [Self::TlsClient, Self::PartnerMessage, Self::SealMaker, Self::SealSigner, Self::TimeStamp];
}

/// Which trust list something was judged under; shown as `version-digest`, for example `3-9f86d081884c7d65`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Edition {
    /// The list's version, counted from 1.
    pub version: u64,
    /// SHA-256 of the list's bytes.
    pub digest: [u8; 32],
}

impl std::fmt::Display for Edition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digest = hex::encode(self.digest);
        write!(f, "{}-{}", self.version, digest.get(..16).unwrap_or_default())
    }
}

/// What the trust list says about one end certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The region that it belongs to; a region is one partner.
    pub region: RegionCode,
    /// What it is for.
    pub purpose: Purpose,
    /// The certificate, byte for byte.
    pub certificate: Certificate,
    /// The organisation behind it.
    pub organisation: Option<CreditCode>,
    /// The items that the organisation is competent for.
    pub items: Vec<ItemId>,
}

impl Row {
    /// The name of the key in signed requests (RFC 9421 `keyid`): SHA-256 of the certificate in hexadecimal.
    pub fn key_id(&self) -> String {
        hex::encode(self.certificate.fingerprint())
    }
}

/// What the trust list says about a seal signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerRow {
    /// The region that the signer belongs to.
    pub region: RegionCode,
    /// The organisation whose seal it is.
    pub organisation: Option<CreditCode>,
    /// The items that the organisation is competent for.
    pub items: Vec<ItemId>,
}

/// 信任锚 An authority that is believed without proof, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustAnchor {
    /// Its certificate.
    pub certificate: Certificate,
    /// The first moment that it counts at, where its own period does not say.
    pub not_before: Option<Timestamp>,
    /// The last moment that it counts at, where its own period does not say.
    pub not_after: Option<Timestamp>,
}

impl TrustAnchor {
    /// Whether whoever listed it trusts it for paths that are judged at `at`.
    pub fn counts_at(&self, at: Timestamp) -> bool {
        self.not_before.is_none_or(|from| from <= at) && self.not_after.is_none_or(|until| at <= until)
    }
}

impl From<Certificate> for TrustAnchor {
    fn from(certificate: Certificate) -> Self {
        Self { certificate, not_before: None, not_after: None }
    }
}

/// Everything that a verification believes without proof, and the revocation data at hand.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    anchors: [Vec<TrustAnchor>; Purpose::ALL.len()],
    intermediates: Vec<Certificate>,
    rows: Vec<Row>,
    lists: Vec<RevocationList>,
    responses: Vec<OcspResponse>,
    edition: Option<Edition>,
    next_update: Option<Timestamp>,
    /// Computed once: whoever keeps verdicts asks for every document. Whatever changes the rest begins it anew.
    identity: OnceLock<[u8; 32]>,
}

impl Trust {
    /// Trusts nobody: every path is indeterminate.
    pub fn none() -> Self {
        Self::default()
    }

    /// Trusts what a list names, with these revocation lists.
    ///
    /// # Errors
    /// [`Error::TrustEntry`] for the first unusable entry, [`Error::TrustRegionTwice`].
    pub fn from_list(list: &TrustList, lists: Vec<RevocationList>) -> Result<Self, Error> {
        let mut trust =
            Self { lists, edition: Some(list.edition()), next_update: Some(list.next_update), ..Self::none() };
        for (number, region) in list.regions.iter().enumerate() {
            if list.regions.iter().take(number).any(|earlier| earlier.code == region.code) {
                return Err(Error::TrustRegionTwice { region: region.code.clone() });
            }
            for (place, entry) in region.entries.iter().enumerate() {
                let named = |fault| Error::TrustEntry { region: region.code.clone(), index: place + 1, fault };
                trust.add(&region.code, entry).map_err(named)?;
            }
        }
        Ok(trust)
    }

    fn add(&mut self, region: &RegionCode, entry: &ListedEntry) -> Result<(), EntryFault> {
        let certificate = entry.read_certificate()?;
        let Some(purpose) = entry.purpose else {
            self.intermediates.push(certificate);
            return Ok(());
        };
        if certificate.is_ca() {
            // Several anchors may serve one purpose at a time: that is how they are rotated.
            let anchor = TrustAnchor { certificate, not_before: entry.not_before, not_after: entry.not_after };
            let Some(anchors) = self.anchors.get_mut(purpose as usize) else { return Ok(()) };
            return match anchors.iter().find(|known| known.certificate == anchor.certificate) {
                // Regions may share an authority, but not with two opinions about it.
                Some(known) if *known != anchor => Err(EntryFault::Twice),
                Some(_) => Ok(()),
                None => {
                    anchors.push(anchor);
                    Ok(())
                }
            };
        }
        if self.row(purpose, &certificate).is_some() {
            return Err(EntryFault::Twice);
        }
        let (organisation, items) = (entry.organisation.clone(), entry.items.clone());
        self.rows.push(Row { region: region.clone(), purpose, certificate, organisation, items });
        Ok(())
    }

    /// Finds and checks a path from `certificate` to an authority that is trusted for `purpose` at `at`; see [`path::verify_path`] for
    /// what that covers.
    ///
    /// # Errors
    /// The most specific reason why there is no path.
    pub fn path(&self, certificate: &Certificate, purpose: Purpose, at: Timestamp) -> Result<VerifiedPath, PathError> {
        self.path_through(certificate, &[], purpose, at)
    }

    /// As [`Self::path`], through intermediates that travel with the certificate too.
    ///
    /// # Errors
    /// The most specific reason why there is no path.
    pub fn path_through(
        &self,
        certificate: &Certificate,
        along: &[Certificate],
        purpose: Purpose,
        at: Timestamp,
    ) -> Result<VerifiedPath, PathError> {
        let anchors = self.anchors(purpose).iter().filter(|anchor| anchor.counts_at(at));
        let anchors: Vec<_> = anchors.map(|anchor| &anchor.certificate).collect();
        path::find(certificate, &self.intermediates.iter().chain(along).collect::<Vec<_>>(), &anchors, at)
    }

    /// Whether a path that was found for `purpose` at another time holds at `at` too, so that it may be kept under one
    /// [`Self::identity`].
    pub fn holds(&self, path: &VerifiedPath, purpose: Purpose, at: Timestamp) -> bool {
        let listed = |anchor: &&TrustAnchor| Some(&anchor.certificate) == path.anchor();
        path.holds_at(at) && self.anchors(purpose).iter().find(listed).is_some_and(|anchor| anchor.counts_at(at))
    }

    /// What is known at hand about the revocation of a certificate of `issuer` as of `at`, and what it is known from.
    pub fn status(&self, certificate: &Certificate, issuer: &Certificate, at: Timestamp) -> RevocationAnswer {
        revocation::answer(certificate, issuer, &self.lists, &self.responses, at)
    }

    /// The authorities trusted for a purpose.
    pub fn anchors(&self, purpose: Purpose) -> &[TrustAnchor] {
        self.anchors.get(purpose as usize).map_or(&[], Vec::as_slice)
    }

    /// Certificates that may lie between an anchor and an end certificate. They are not trusted by themselves.
    pub fn intermediates(&self) -> &[Certificate] {
        &self.intermediates
    }

    /// The revocation lists at hand; each is believed only with its issuer's signature ([`crate::revocation::status`]).
    pub fn revocation_lists(&self) -> &[RevocationList] {
        &self.lists
    }

    /// The same trust with these OCSP responses beside the lists; each is believed only with a signature of the issuer or of whom it
    /// entitled.
    #[must_use]
    pub fn with_responses(self, responses: Vec<OcspResponse>) -> Self {
        Self { responses, identity: OnceLock::new(), ..self }
    }

    /// The highest number among the complete lists that each authority has signed, by the authority's fingerprint: an issuer never
    /// counts backwards, so whoever remembers these notices a list that was put back in the place of a newer one.
    pub fn list_numbers(&self) -> BTreeMap<[u8; 32], ListNumber> {
        let anchors = self.anchors.iter().flatten().map(|anchor| &anchor.certificate);
        let mut highest = BTreeMap::new();
        for authority in anchors.chain(&self.intermediates) {
            let own = self.lists.iter().filter(|list| list.base().is_none() && list.names_as_issuer(authority));
            let mut numbered: Vec<_> = own.filter_map(|list| Some((list.number()?, list))).collect();
            numbered.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
            let authentic = numbered.into_iter().find(|(_, list)| list.verify_signed_by(authority).is_ok());
            highest.extend(authentic.map(|(number, _)| (authority.fingerprint(), number.clone())));
        }
        highest
    }

    /// The OCSP responses at hand.
    pub fn responses(&self) -> &[OcspResponse] {
        &self.responses
    }

    /// The edition of the trust list, `None` where trust does not come from one.
    pub fn edition(&self) -> Option<Edition> {
        self.edition
    }

    /// Since when the trust list is overdue as of `at`, `None` where it is not, or does not come from a list. A stale list is a
    /// reason to decide nothing.
    pub fn stale_since(&self, at: Timestamp) -> Option<Timestamp> {
        self.next_update.filter(|due| *due < at)
    }

    /// What the list says about end certificates for a purpose.
    pub fn rows(&self, purpose: Purpose) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.purpose == purpose)
    }

    /// What the list says about one certificate for a purpose.
    pub fn row(&self, purpose: Purpose, certificate: &Certificate) -> Option<&Row> {
        self.rows(purpose).find(|row| row.certificate == *certificate)
    }

    /// The row of the message key with this `keyid`.
    pub fn message_key(&self, key_id: &str) -> Option<&Row> {
        self.rows(Purpose::PartnerMessage).find(|row| row.key_id() == key_id)
    }

    /// What the list says about a seal signer.
    pub fn signer_row(&self, certificate: &Certificate) -> Option<SignerRow> {
        self.row(Purpose::SealSigner, certificate).map(|row| SignerRow {
            region: row.region.clone(),
            organisation: row.organisation.clone(),
            items: row.items.clone(),
        })
    }
}
