//! Trust from folders: bare anchors, or a signed list with its past editions and revocation data beside it.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::{LIST_FILE, LISTS_FOLDER, SIGNATURE_FILE, Trust, TrustAnchor, TrustList, editions};
use crate::certificate::{CERTIFICATE_BYTES_MAX, Certificate, PEM_BYTES_MAX};
use crate::ocsp::{OcspResponse, RESPONSE_BYTES_MAX};
use crate::revocation::{self, LIST_BYTES_MAX, RevocationList};
use crate::{Error, sm2};

pub(super) const TRUST_LIST_BYTES_MAX: u64 = 8 * 1024 * 1024;
const SIGNATURE_BYTES_MAX: u64 = 256;
const FILES_MAX: usize = 4096;
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(300);

impl Trust {
    /// Trusts every certificate of a folder (`*.pem`, `*.crt`, `*.cer`, `*.der`) for every purpose, with the revocation lists (`*.crl`)
    /// and OCSP responses (`*.ocsp`) beside them. Other files are passed over. There are no rows: whose seal it is remains open.
    ///
    /// # Errors
    /// When the folder or one of those files cannot be read or holds something else.
    pub fn from_anchor_dir(dir: &Path) -> Result<Self, Error> {
        let mut certificates = Vec::new();
        for path in files_of(dir, &["pem", "crt", "cer", "der"])? {
            let bytes = read_file(&path, PEM_BYTES_MAX as u64)?;
            certificates.extend(certificates_of(bytes).map_err(|source| content(&path, source))?);
        }
        let anchors: Vec<_> = certificates.into_iter().map(TrustAnchor::from).collect();
        let anchors = std::array::from_fn(|_| anchors.clone());
        Ok(Self { anchors, lists: revocation_lists_of(dir)?, ..Self::none() }.with_responses(responses_of(dir)?))
    }

    /// Trusts what a signed trust list names; see [`TrustList`] for its form and [`LIST_FILE`] for the layout of the folder.
    ///
    /// `trust_key` is pinned by the caller: a key that lies beside the list proves nothing. A list that is overdue is still loaded,
    /// and [`Self::stale_since`] tells.
    ///
    /// # Errors
    /// When the signature does not hold, the list is from the future, or anything in the folder is unusable.
    pub fn from_signed_dir(dir: &Path, trust_key: &sm2::PublicKey, now: Timestamp) -> Result<Self, Error> {
        let list = Self::present_list(dir, trust_key, now)?;
        let folder = dir.join(LISTS_FOLDER);
        Ok(Self::from_list(&list, revocation_lists_of(&folder)?)?.with_responses(responses_of(&folder)?))
    }

    /// As [`Self::from_signed_dir`], but with the edition that was in force at `at` and the revocation data of that day: what was made
    /// by then, and of each issuer the first that was made later.
    ///
    /// The past edition is believed by the link of digests that leads to it from the present list, which `trust_key` signed.
    ///
    /// # Errors
    /// As [`Self::from_signed_dir`]; [`Error::TrustBeforeFirst`], [`Error::TrustEditionMissing`], [`Error::TrustFork`],
    /// [`Error::TrustOrder`].
    pub fn from_signed_dir_as_of(
        dir: &Path,
        trust_key: &sm2::PublicKey,
        now: Timestamp,
        at: Timestamp,
    ) -> Result<Self, Error> {
        let list = editions::in_force(dir, Self::present_list(dir, trust_key, now)?, at)?;
        let folder = dir.join(LISTS_FOLDER);
        let (mut lists, mut responses) = (revocation_lists_of(&folder)?, responses_of(&folder)?);
        revocation::retain_lists_as_of(&mut lists, at);
        revocation::retain_responses_as_of(&mut responses, at);
        Ok(Self::from_list(&list, lists)?.with_responses(responses))
    }

    fn present_list(dir: &Path, trust_key: &sm2::PublicKey, now: Timestamp) -> Result<TrustList, Error> {
        let list = Self::signed_list(dir, trust_key)?;
        if now.saturating_add(CLOCK_SKEW).is_ok_and(|latest| list.issued_at > latest) {
            return Err(Error::TrustListFromFuture { issued_at: list.issued_at });
        }
        Ok(list)
    }

    /// The signed list of a folder alone, for comparing it with the one known before ([`TrustList::succeeds`]).
    ///
    /// # Errors
    /// When the signature does not hold or the list cannot be read.
    pub fn signed_list(dir: &Path, trust_key: &sm2::PublicKey) -> Result<TrustList, Error> {
        let bytes = read_file(&dir.join(LIST_FILE), TRUST_LIST_BYTES_MAX)?;
        let signature = read_file(&dir.join(SIGNATURE_FILE), SIGNATURE_BYTES_MAX)?;
        let archived = |fault| match archived_signature(dir, &bytes) {
            Some(signature) => TrustList::from_signed(&bytes, &signature, trust_key).map_err(|_| fault),
            None => Err(fault),
        };
        TrustList::from_signed(&bytes, &signature, trust_key).or_else(archived)
    }
}

/// The signature that the archive has of a list: after a power cut while an edition was published, the one beside the list may still
/// be the last edition's.
fn archived_signature(dir: &Path, list: &[u8]) -> Option<Vec<u8>> {
    #[derive(serde::Deserialize)]
    struct Numbered {
        version: u64,
    }
    let Numbered { version } = serde_json::from_slice(list).ok()?;
    read_file(&editions::edition_path(dir, version, "sig"), SIGNATURE_BYTES_MAX).ok()
}

fn revocation_lists_of(dir: &Path) -> Result<Vec<RevocationList>, Error> {
    let mut lists = Vec::new();
    for path in files_of(dir, &["crl"])? {
        let bytes = read_file(&path, LIST_BYTES_MAX as u64)?;
        lists.extend(RevocationList::all_from_der_or_pem(&bytes).map_err(|source| content(&path, source))?);
    }
    Ok(lists)
}

fn responses_of(dir: &Path) -> Result<Vec<OcspResponse>, Error> {
    let read = |path: PathBuf| {
        let bytes = read_file(&path, RESPONSE_BYTES_MAX as u64)?;
        OcspResponse::from_der(&bytes).map_err(|source| content(&path, source))
    };
    files_of(dir, &["ocsp"])?.into_iter().map(read).collect()
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

pub(super) fn read_file(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::TrustFile { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let read = fs::File::open(path).map_err(failed)?.take(bytes_max + 1).read_to_end(&mut bytes).map_err(failed)?;
    if read as u64 > bytes_max {
        return Err(Error::TrustFileTooLong { path: path.to_owned(), bytes_max });
    }
    Ok(bytes)
}
