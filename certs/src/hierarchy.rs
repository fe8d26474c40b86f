//! The development hierarchy: every key and certificate that a gateway and its partners need, made on the spot.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use standards::code::RegionCode;

use crate::certificate::Certificate;
use crate::revocation::{ListNumber, Reason, Revocation, RevocationList};
use crate::signing::key::Key;
use crate::signing::{Ed25519Signer, SigningError, Sm2Signer, write_secret_file};
use crate::trust::replace;
use crate::trust::{LISTS_FOLDER, ListedEntry, ListedRegion, Purpose, TrustList, publish};
use crate::{Error, random};

pub(crate) mod issue;
mod region;

use issue::{Identity, Period, Profile, Subject};
pub use region::{Organisation, RegionOrganisations};

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Certificates begin in the past, so that a document of last week can be sealed too.
const DAYS_BEFORE: i32 = 30;
const AUTHORITY_DAYS: i32 = 3650;
const END_DAYS: i32 = 730;
/// How long lists and the trust list hold.
const LIST_DAYS: i32 = 90;
/// The revoked signer's certificate was revoked this long ago: what it sealed yesterday is invalid.
const REVOKED_DAYS_AGO: i32 = 2;

/// Why a hierarchy cannot be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum HierarchyError {
    /// There is something at the place already, and keys are never overwritten.
    #[error("{} exists already", path.display())]
    Exists {
        /// The place.
        path: PathBuf,
    },
    /// A file or folder cannot be read or written.
    #[error("{} cannot be used", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A region's data cannot be read.
    #[error("the region data {file} cannot be read")]
    RegionData {
        /// The file.
        file: String,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// There is no certificate of that name whose authority is at hand.
    #[error("there is no authority here that issued {who} of {region}")]
    NoIssuer {
        /// The region.
        region: RegionCode,
        /// The certificate's name in its folder.
        who: String,
    },
    /// A private key cannot be made or used.
    #[error(transparent)]
    Key(#[from] SigningError),
    /// What was made or found cannot be read.
    #[error(transparent)]
    Content(#[from] Error),
}

impl HierarchyError {
    /// The stable code of the finding; its texts are in `standards/problems/`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "trust.hierarchy_exists",
            Self::File { .. } => "trust.file",
            Self::RegionData { .. } => "trust.region_data",
            Self::NoIssuer { .. } => "trust.no_issuer",
            Self::Key(error) => error.code(),
            Self::Content(error) => error.code(),
        }
    }
}

/// Makes a complete hierarchy in `dir`, which must not exist or be empty: for each region a root, an authority for seal makers and
/// their certificates, signers (one of them revoked, one of another authority), a time-stamp authority, a message key, a TLS client; a TLS
/// root and server; revocation lists; the signed trust list; the ledger's keys.
///
/// Folders get mode 0700 and keys 0600. `dir` appears at once when everything is written, or not at all.
///
/// # Errors
/// When `dir` holds anything, or a key or file cannot be made.
pub fn init(dir: &Path, now: Timestamp, regions: &[RegionOrganisations]) -> Result<(), HierarchyError> {
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) || dir.is_file() {
        return Err(HierarchyError::Exists { path: dir.to_owned() });
    }
    let suffix = hex::encode(random::array::<4>()?);
    let partial = dir.with_extension(format!("{suffix}.partial"));
    make_folder(&partial)?;
    let made = Builder { dir: &partial, now }.build(regions);
    if let Err(error) = made {
        // What could not be finished is of no use; that it cannot be removed is not worth hiding the reason.
        let _ = fs::remove_dir_all(&partial);
        return Err(error);
    }
    fs::rename(&partial, dir).map_err(|source| HierarchyError::File { path: dir.to_owned(), source })
}

/// Revokes a certificate of a hierarchy and issues its authority's list again, made and valid from `at`.
///
/// `who` is the certificate's file name without extension (`signer`, `maker`, `tsa`, `client`, …). The trust list stays as it is.
///
/// # Errors
/// When the certificate, its authority's key or its list cannot be found or used.
pub fn revoke(dir: &Path, region: &RegionCode, who: &str, at: Timestamp, reason: Reason) -> Result<(), HierarchyError> {
    let certificate = read_certificate(&dir.join(region.as_str()).join(format!("{who}.pem")))?;
    let places = [(region.as_str(), "root"), (region.as_str(), "maker-ca"), ("tls", "root")];
    for (folder, authority) in places {
        let path = dir.join(folder).join(authority);
        let issuer = read_certificate(&path.with_extension("pem"))?;
        if issuer.subject() != certificate.issuer() {
            continue;
        }
        let key = Key::from_pem(&read(&path.with_extension("key"))?)?;
        let old = RevocationList::from_der_or_pem(&read(&path.with_extension("crl"))?)?;
        let mut revoked: Vec<_> = old.revoked().map(|(serial, revocation)| (serial.to_vec(), *revocation)).collect();
        revoked.retain(|(serial, _)| serial != certificate.serial_magnitude());
        revoked.push((
            certificate.serial_magnitude().to_vec(),
            Revocation { at, reason: Some(reason), invalidity_date: None },
        ));
        let this_update = at.max(old.this_update());
        let list = Identity { certificate: issuer, key }.revocation_list(
            old.number().and_then(ListNumber::as_u64).unwrap_or(0).saturating_add(1),
            this_update,
            days_from(this_update, LIST_DAYS),
            &revoked,
        )?;
        let current = listed_path(dir, folder, authority);
        // The old list stays: a past day is judged with what was known then.
        let number = old.number().map(ToString::to_string).unwrap_or_default();
        replace(
            &current.with_file_name(format!("{folder}-{authority}-{number}.crl")),
            issue::list_pem(&old).as_bytes(),
        )?;
        replace(&path.with_extension("crl"), issue::list_pem(&list).as_bytes())?;
        return replace(&current, issue::list_pem(&list).as_bytes());
    }
    Err(HierarchyError::NoIssuer { region: region.clone(), who: who.to_owned() })
}

/// Where the trust folder keeps the list of an authority.
fn listed_path(dir: &Path, folder: &str, authority: &str) -> PathBuf {
    dir.join("trust").join(LISTS_FOLDER).join(format!("{folder}-{authority}.crl"))
}

fn days_from(at: Timestamp, days: i32) -> Timestamp {
    at.saturating_add(DAY * days).unwrap_or(Timestamp::MAX)
}

/// One run of [`init`].
struct Builder<'a> {
    dir: &'a Path,
    now: Timestamp,
}

impl Builder<'_> {
    fn build(&self, regions: &[RegionOrganisations]) -> Result<(), HierarchyError> {
        for folder in ["trust", "trust/crls", "trust/editions", "tls", "ledger"] {
            make_folder(&self.dir.join(folder))?;
        }
        let tls_root = self.root("同标开发测试 TLS 根 (虚构)", "tls", Key::generate_p256()?)?;
        let server =
            Subject { common_name: "localhost".to_owned(), organisation: "同标开发测试 (虚构)", code: None };
        self.issue(&tls_root, Profile::TlsServer, &server, Key::generate_p256()?, "tls/server")?;
        self.list(&tls_root, "tls", "root", &[])?;
        let mut listed = Vec::new();
        for region in regions {
            listed.push(self.region(region, &tls_root)?);
        }
        self.trust_list(listed)?;
        write_secret_file(&self.dir.join("ledger/ed25519.key"), &Ed25519Signer::generate_pem()?)?;
        write_secret_file(&self.dir.join("ledger/sm2.key"), &Sm2Signer::generate()?.to_pem()?)?;
        Ok(())
    }

    fn region(&self, region: &RegionOrganisations, tls_root: &Identity) -> Result<ListedRegion, HierarchyError> {
        let folder = region.code.as_str();
        make_folder(&self.dir.join(folder))?;
        let root = self.root(&format!("{}测试根 (虚构)", region.name), folder, Key::generate_sm2()?)?;
        let maker_ca = Subject {
            common_name: format!("{}测试制章机构 (虚构)", region.name),
            organisation: &region.maker.name,
            code: Some(&region.maker.code),
        };
        let path = |name: &str| format!("{folder}/{name}");
        let maker_ca = self.issue(&root, Profile::Authority, &maker_ca, Key::generate_sm2()?, &path("maker-ca"))?;
        let end = |issuer: &Identity, profile, organisation: &Organisation, title: &str, name: &str| {
            let subject = Subject {
                common_name: format!("{}{title}", organisation.name),
                organisation: &organisation.name,
                code: Some(&organisation.code),
            };
            let key = if name == "client" { Key::generate_p256()? } else { Key::generate_sm2()? };
            self.issue(issuer, profile, &subject, key, &path(name))
        };
        end(&maker_ca, Profile::Signing, &region.maker, "", "maker")?;
        let signer = end(&root, Profile::Signing, &region.authority, "电子印章", "signer")?;
        let revoked = end(&root, Profile::Signing, &region.authority, "电子印章(已撤销)", "signer-revoked")?;
        let other = end(&root, Profile::Signing, &region.other_authority, "电子印章", "signer-other")?;
        let tsa = end(&root, Profile::TimeStamping, &region.partner, "时间戳服务", "tsa")?;
        let message = end(&root, Profile::Signing, &region.partner, "报文签名", "message")?;
        let client = end(tls_root, Profile::TlsClient, &region.partner, "", "client")?;

        let revocation = Revocation {
            at: days_from(self.now, -REVOKED_DAYS_AGO),
            reason: Some(Reason::KeyCompromise),
            invalidity_date: None,
        };
        self.list(&root, folder, "root", &[(revoked.certificate.serial_magnitude().to_vec(), revocation)])?;
        self.list(&maker_ca, folder, "maker-ca", &[])?;

        let entry = |purpose, identity: &Identity| ListedEntry::new(Some(purpose), &identity.certificate);
        let competent = |identity, organisation: &Organisation| ListedEntry {
            organisation: Some(organisation.code.clone()),
            items: organisation.items.clone(),
            ..entry(Purpose::SealSigner, identity)
        };
        let of_partner = |purpose, identity| ListedEntry {
            organisation: Some(region.partner.code.clone()),
            ..entry(purpose, identity)
        };
        let entries = vec![
            entry(Purpose::TlsClient, tls_root),
            of_partner(Purpose::TlsClient, &client),
            entry(Purpose::PartnerMessage, &root),
            of_partner(Purpose::PartnerMessage, &message),
            // Not the root: whoever may seal documents may not make seals.
            entry(Purpose::SealMaker, &maker_ca),
            entry(Purpose::SealSigner, &root),
            // The root is enough: extKeyUsage tells which of its certificates make time stamps.
            entry(Purpose::TimeStamp, &root),
            of_partner(Purpose::TimeStamp, &tsa),
            competent(&signer, &region.authority),
            competent(&revoked, &region.authority),
            competent(&other, &region.other_authority),
        ];
        Ok(ListedRegion { code: region.code.clone(), entries })
    }

    fn root(&self, name: &str, folder: &str, key: Key) -> Result<Identity, HierarchyError> {
        let subject = Subject { common_name: name.to_owned(), organisation: "同标开发测试 (虚构)", code: None };
        let root = Identity::root(&subject, key, self.period(AUTHORITY_DAYS))?;
        self.write(&root, &format!("{folder}/root"))?;
        Ok(root)
    }

    fn issue(
        &self,
        issuer: &Identity,
        profile: Profile,
        subject: &Subject<'_>,
        key: Key,
        path: &str,
    ) -> Result<Identity, HierarchyError> {
        let days = match profile {
            Profile::Root | Profile::Authority => AUTHORITY_DAYS,
            Profile::Signing | Profile::TimeStamping | Profile::TlsClient | Profile::TlsServer => END_DAYS,
        };
        let identity = issuer.issue(profile, subject, key, self.period(days))?;
        self.write(&identity, path)?;
        Ok(identity)
    }

    fn period(&self, days: i32) -> Period {
        Period { not_before: days_from(self.now, -DAYS_BEFORE), not_after: days_from(self.now, days) }
    }

    fn list(
        &self,
        authority: &Identity,
        folder: &str,
        name: &str,
        revoked: &[(Vec<u8>, Revocation)],
    ) -> Result<(), HierarchyError> {
        let list = authority.revocation_list(1, self.now, days_from(self.now, LIST_DAYS), revoked)?;
        write(&self.dir.join(folder).join(format!("{name}.crl")), issue::list_pem(&list).as_bytes())?;
        write(&listed_path(self.dir, folder, name), issue::list_pem(&list).as_bytes())
    }

    fn trust_list(&self, regions: Vec<ListedRegion>) -> Result<(), HierarchyError> {
        let key = Sm2Signer::generate()?;
        let list = TrustList::new(1, self.now, days_from(self.now, LIST_DAYS), regions);
        let trust = self.dir.join("trust");
        publish(&trust, &list, &key)?;
        let public = key.public_to_pem()?;
        // The copy beside the list is a convenience for people; programs are given the key, they never pick it up there.
        write(&trust.join("trust-list.pub.pem"), &public)?;
        write(&self.dir.join("trust-key.pub.pem"), &public)?;
        Ok(write_secret_file(&self.dir.join("trust-key.key"), &key.to_pem()?)?)
    }

    fn write(&self, identity: &Identity, path: &str) -> Result<(), HierarchyError> {
        write(&self.dir.join(format!("{path}.pem")), identity.to_pem().as_bytes())?;
        Ok(write_secret_file(&self.dir.join(format!("{path}.key")), &identity.key.to_pem()?)?)
    }
}

fn make_folder(path: &Path) -> Result<(), HierarchyError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| HierarchyError::File { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<Vec<u8>, HierarchyError> {
    fs::read(path).map_err(|source| HierarchyError::File { path: path.to_owned(), source })
}

fn read_certificate(path: &Path) -> Result<Certificate, HierarchyError> {
    Ok(Certificate::from_pem(&read(path)?)?)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), HierarchyError> {
    fs::write(path, bytes).map_err(|source| HierarchyError::File { path: path.to_owned(), source })
}
