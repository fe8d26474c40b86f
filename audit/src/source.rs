//! Where a log's public files come from: a folder, or an address.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ledger::LedgerError;
use ledger::audit::Directory;
use ledger::tile::PublicFiles;
use ureq::tls::{PemItem, RootCerts, TlsConfig};

use crate::error::AuditError;
use crate::read;

/// How often a file of a server is asked for before the audit gives up.
const ATTEMPTS: u32 = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For one file, the longest entry bundle (16 MiB) over a slow line included.
const FILE_TIMEOUT: Duration = Duration::from_mins(2);
const HEADER_SIZE_BYTES_MAX: usize = 16 * 1024;

/// The public files of a log, by their names in tlog-tiles ("checkpoint", "tile/0/000").
pub(crate) enum Source {
    /// A folder on this machine.
    Folder(Directory),
    /// A server, over HTTP or HTTPS.
    Web(Web),
}

impl Source {
    /// A folder, unless the place begins with `http://` or `https://`. Over HTTPS the server must be certified by one of the
    /// certificates in `authorities`, a PEM file; without it by one of the roots that browsers know.
    ///
    /// # Errors
    /// [`AuditError`] when the folder or the file of certificates cannot be read.
    pub(crate) fn open(place: &Path, authorities: Option<&Path>) -> Result<Self, AuditError> {
        let roots = authorities.map_or(Ok(RootCerts::WebPki), certificates)?;
        let address = place.to_str().filter(|text| text.starts_with("http://") || text.starts_with("https://"));
        if let Some(address) = address {
            return Ok(Self::Web(Web::new(address, roots)));
        }
        read::must_be_folder(place)?;
        Ok(Self::Folder(Directory::new(place)))
    }

    /// Why nothing could be judged: the server's own words where there is a server, else the system's.
    pub(crate) fn failure(&self, path: &Path, kind: ErrorKind) -> AuditError {
        let told = match self {
            Self::Folder(_) => None,
            Self::Web(web) => web.failure.lock().unwrap_or_else(PoisonError::into_inner).take(),
        };
        told.unwrap_or_else(|| AuditError::Unreadable { name: path.display().to_string(), source: kind.into() })
    }
}

impl PublicFiles for Source {
    fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, LedgerError> {
        match self {
            Self::Folder(directory) => directory.read(path, bytes_max),
            Self::Web(web) => web.read(path, bytes_max),
        }
    }
}

/// The public files of a log on a server.
pub(crate) struct Web {
    agent: ureq::Agent,
    /// The address without a slash at its end.
    base: String,
    /// What went wrong last, in full: the ledger's error keeps the kind alone.
    failure: Mutex<Option<AuditError>>,
}

impl Web {
    fn new(address: &str, roots: RootCerts) -> Self {
        let config = ureq::Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .http_status_as_error(false)
            .max_redirects(2)
            .max_response_header_size(HEADER_SIZE_BYTES_MAX)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_per_call(Some(FILE_TIMEOUT))
            .user_agent(concat!("tongbiao-audit/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into(), base: address.trim_end_matches('/').to_owned(), failure: Mutex::default() }
    }

    /// One answer of the server: the file, or `None` where it says that there is none.
    fn fetch(&self, address: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, Failure> {
        let mut response = self.agent.get(address).call()?;
        match response.status().as_u16() {
            200 => Ok(Some(response.body_mut().with_config().limit(bytes_max).read_to_vec()?)),
            404 | 410 => Ok(None),
            status => Err(Failure::Status(status)),
        }
    }
}

impl PublicFiles for Web {
    fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, LedgerError> {
        let address = format!("{}/{path}", self.base);
        let mut attempt = 1;
        let failure = loop {
            match self.fetch(&address, read::bytes(bytes_max)) {
                Ok(answer) => return Ok(answer),
                Err(failure) if attempt < ATTEMPTS && failure.is_transient() => {
                    std::thread::sleep(Duration::from_millis(200) * attempt);
                    attempt += 1;
                }
                Err(failure) => break failure,
            }
        };
        let error = match failure {
            Failure::Transport(ureq::Error::BodyExceedsLimit(_)) => {
                return Err(LedgerError::FileTooLong { path: path.to_owned(), bytes_max });
            }
            Failure::Transport(source) => {
                AuditError::Unreachable { address: address.clone(), source: Box::new(source) }
            }
            Failure::Status(status) => AuditError::UnexpectedStatus { address: address.clone(), status },
        };
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        Err(LedgerError::Io { action: "fetch", path: address.into(), kind: ErrorKind::Other })
    }
}

/// Why one request gave no answer about the file.
enum Failure {
    Transport(ureq::Error),
    Status(u16),
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        Self::Transport(error)
    }
}

impl Failure {
    /// Whether the next attempt may fare better.
    fn is_transient(&self) -> bool {
        match self {
            Self::Transport(ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed) => true,
            Self::Transport(_) => false,
            Self::Status(status) => *status == 429 || *status >= 500,
        }
    }
}

fn certificates(path: &Path) -> Result<RootCerts, AuditError> {
    let text = read::file(path, read::KEY_SIZE_BYTES_MAX)?;
    let items = ureq::tls::parse_pem(&text).filter_map(Result::ok);
    let certificates: Vec<_> = items
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(AuditError::CertificateAuthority { name: path.display().to_string() });
    }
    Ok(RootCerts::new_with_certs(&certificates))
}
