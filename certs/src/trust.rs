//! Trust: which authorities count for which purpose, whose keys are whose, and how old that knowledge is.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use standards::code::{CreditCode, ItemId, RegionCode};

use crate::certificate::{CERTIFICATE_BYTES_MAX, Certificate, PEM_BYTES_MAX};
use crate::path::{self, PathError, VerifiedPath};
use crate::revocation::{self, LIST_BYTES_MAX, RevocationAnswer, RevocationList};
use crate::{Error, sm2};

mod identity;
mod list;

pub use list::{EntryFault, ListedEntry, ListedRegion, TrustList};

/// The name of the trust list within its folder, and of its signature (SM2 over the exact bytes, in DER).
pub const LIST_FILE: &str = "trust-list.json";
/// See [`LIST_FILE`].
pub const SIGNATURE_FILE: &str = "trust-list.sig";
/// The folder of revocation lists beside the trust list.
pub const LISTS_FOLDER: &str = "crls";

const TRUST_LIST_BYTES_MAX: u64 = 8 * 1024 * 1024;
const SIGNATURE_BYTES_MAX: u64 = 256;
const FILES_MAX: usize = 1024;
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(300);

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

/// Everything that a verification believes without proof, and the revocation data at hand.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    anchors: [Vec<Certificate>; Purpose::ALL.len()],
    intermediates: Vec<Certificate>,
    rows: Vec<Row>,
    lists: Vec<RevocationList>,
    edition: Option<Edition>,
    next_update: Option<Timestamp>,
}

impl Trust {
    /// Trusts nobody: every path is indeterminate.
    pub fn none() -> Self {
        Self::default()
    }

    /// Trusts every certificate of a folder (`*.pem`, `*.crt`, `*.cer`, `*.der`) for every purpose, with the revocation lists (`*.crl`)
    /// beside them. Other files are passed over. There are no rows: whose seal it is remains open.
    ///
    /// # Errors
    /// When the folder or one of those files cannot be read or holds something else.
    pub fn from_anchor_dir(dir: &Path) -> Result<Self, Error> {
        let mut certificates = Vec::new();
        for path in files_of(dir, &["pem", "crt", "cer", "der"])? {
            let bytes = read_file(&path, PEM_BYTES_MAX as u64)?;
            certificates.extend(certificates_of(bytes).map_err(|source| content(&path, source))?);
        }
        let anchors = std::array::from_fn(|_| certificates.clone());
        Ok(Self { anchors, lists: revocation_lists_of(dir)?, ..Self::none() })
    }

    /// Trusts what a signed trust list names; see [`TrustList`] for its form and [`LIST_FILE`] for the layout of the folder.
    ///
    /// `trust_key` is pinned by the caller: a key that lies beside the list proves nothing. A list that is overdue is still loaded,
    /// and [`Self::stale_since`] tells.
    ///
    /// # Errors
    /// When the signature does not hold, the list is from the future, or anything in the folder is unusable.
    pub fn from_signed_dir(dir: &Path, trust_key: &sm2::PublicKey, now: Timestamp) -> Result<Self, Error> {
        let list = Self::signed_list(dir, trust_key)?;
        if now.saturating_add(CLOCK_SKEW).is_ok_and(|latest| list.issued_at > latest) {
            return Err(Error::TrustListFromFuture { issued_at: list.issued_at });
        }
        Self::from_list(&list, revocation_lists_of(&dir.join(LISTS_FOLDER))?)
    }

    /// The signed list of a folder alone, for comparing it with the one known before ([`TrustList::succeeds`]).
    ///
    /// # Errors
    /// When the signature does not hold or the list cannot be read.
    pub fn signed_list(dir: &Path, trust_key: &sm2::PublicKey) -> Result<TrustList, Error> {
        let bytes = read_file(&dir.join(LIST_FILE), TRUST_LIST_BYTES_MAX)?;
        let signature = read_file(&dir.join(SIGNATURE_FILE), SIGNATURE_BYTES_MAX)?;
        TrustList::from_signed(&bytes, &signature, trust_key)
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
            let anchors = self.anchors.get_mut(purpose as usize);
            if let Some(anchors) = anchors.filter(|anchors| !anchors.contains(&certificate)) {
                anchors.push(certificate);
            }
            return Ok(());
        }
        if self.row(purpose, &certificate).is_some() {
            return Err(EntryFault::Twice);
        }
        let (organisation, items) = (entry.organisation.clone(), entry.items.clone());
        self.rows.push(Row { region: region.clone(), purpose, certificate, organisation, items });
        Ok(())
    }

    /// Finds and checks a path from `certificate` to an authority that is trusted for `purpose`; see [`path::verify_path`] for what
    /// that covers.
    ///
    /// # Errors
    /// The most specific reason why there is no path.
    pub fn path(&self, certificate: &Certificate, purpose: Purpose, at: Timestamp) -> Result<VerifiedPath, PathError> {
        path::verify_path(certificate, &self.intermediates, self.anchors(purpose), at)
    }

    /// What is known at hand about the revocation of a certificate of `issuer` as of `at`, and what it is known from.
    pub fn status(&self, certificate: &Certificate, issuer: &Certificate, at: Timestamp) -> RevocationAnswer {
        revocation::answer(certificate, issuer, &self.lists, at)
    }

    /// The authorities trusted for a purpose.
    pub fn anchors(&self, purpose: Purpose) -> &[Certificate] {
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

fn revocation_lists_of(dir: &Path) -> Result<Vec<RevocationList>, Error> {
    let read = |path: PathBuf| {
        let bytes = read_file(&path, LIST_BYTES_MAX as u64)?;
        RevocationList::from_der_or_pem(&bytes).map_err(|source| content(&path, source))
    };
    files_of(dir, &["crl"])?.into_iter().map(read).collect()
}

fn certificates_of(bytes: Vec<u8>) -> Result<Vec<Certificate>, Error> {
    if bytes.first() == Some(&0x30) && bytes.len() <= CERTIFICATE_BYTES_MAX {
        return Ok(vec![Certificate::from_der(bytes)?]);
    }
    let certificates = Certificate::all_from_pem(&bytes)?;
    if certificates.is_empty() { Err(Error::NoPem) } else { Ok(certificates) }
}

fn content(path: &Path, source: Error) -> Error {
    Error::TrustFileContent { path: path.to_owned(), source: Box::new(source) }
}

/// The files of a folder with one of the extensions, sorted by name, so that the same folder always gives the same trust.
fn files_of(dir: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::TrustFile { path: dir.to_owned(), source };
    let mut paths = Vec::new();
    for (number, entry) in fs::read_dir(dir).map_err(failed)?.enumerate() {
        if number >= FILES_MAX {
            return Err(Error::TrustTooManyFiles { path: dir.to_owned(), files_max: FILES_MAX });
        }
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extensions.iter().any(|known| extension == *known)) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read_file(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::TrustFile { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let read = fs::File::open(path).map_err(failed)?.take(bytes_max + 1).read_to_end(&mut bytes).map_err(failed)?;
    if read as u64 > bytes_max {
        return Err(Error::TrustFileTooLong { path: path.to_owned(), bytes_max });
    }
    Ok(bytes)
}
