//! A partner as the key folder of `tongbiao pki init` describes it: its TLS identity and its message key.

use std::fs;
use std::path::{Path, PathBuf};

use certs::certificate::Certificate;
use certs::signing::Sm2Signer;
use standards::code::RegionCode;
use ureq::tls::{ClientCert, PemItem, PrivateKey, RootCerts, parse_pem};

use crate::error::SuiteError;

/// 密钥文件夹: the folder with the partners' keys and the root of the gateway's own certificate.
#[derive(Debug, Clone)]
pub struct KeyFolder {
    root: PathBuf,
}

/// 合作省份: all that a partner needs to send a right request.
pub struct Partner {
    /// Its region.
    pub region: RegionCode,
    /// Its TLS client certificate and key.
    pub identity: ClientCert,
    /// Its message key.
    pub signer: Sm2Signer,
    /// The message key's name in the trust list.
    pub keyid: String,
}

impl KeyFolder {
    /// The folder at `root`; nothing is read yet.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The root that the gateway's TLS certificate must chain to; no other is believed.
    ///
    /// # Errors
    /// When the file is missing or holds no certificate.
    pub fn server_roots(&self) -> Result<RootCerts, SuiteError> {
        Ok(RootCerts::new_with_certs(&certificates(&self.root.join("tls/root.pem"))?))
    }

    /// A file of a region's folder.
    pub fn file(&self, region: &RegionCode, name: &str) -> PathBuf {
        self.root.join(region.as_str()).join(name)
    }

    /// Whether the folder holds the keys of this region: a partner who runs its own suite has only its own.
    pub fn holds(&self, region: &RegionCode) -> bool {
        self.file(region, "client.key").exists() && self.file(region, "message.key").exists()
    }

    /// The partner of this region.
    ///
    /// # Errors
    /// When a file is missing or is not what its name says.
    pub fn partner(&self, region: &RegionCode) -> Result<Partner, SuiteError> {
        let key_file = self.file(region, "client.key");
        let key = PrivateKey::from_pem(&read(&key_file)?).map_err(|error| unusable(&key_file, &error))?;
        let identity = ClientCert::new_with_certs(&certificates(&self.file(region, "client.pem"))?, key);
        let message_key = self.file(region, "message.key");
        let signer = Sm2Signer::from_pem_file(&message_key).map_err(|error| unusable(&message_key, &error.code()))?;
        let certificate_file = self.file(region, "message.pem");
        let certificate = Certificate::from_pem(&read(&certificate_file)?)
            .map_err(|error| unusable(&certificate_file, &error.code()))?;
        Ok(Partner { region: region.clone(), identity, signer, keyid: hex::encode(certificate.fingerprint()) })
    }
}

fn certificates(path: &Path) -> Result<Vec<ureq::tls::Certificate<'static>>, SuiteError> {
    let mut found = Vec::new();
    for item in parse_pem(&read(path)?) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| unusable(path, &error))? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(unusable(path, &"no certificate")) } else { Ok(found) }
}

fn read(path: &Path) -> Result<Vec<u8>, SuiteError> {
    fs::read(path).map_err(|cause| SuiteError::Unreadable { path: path.to_owned(), cause })
}

fn unusable(path: &Path, cause: &dyn std::fmt::Display) -> SuiteError {
    SuiteError::Key { path: path.to_owned(), cause: cause.to_string() }
}
