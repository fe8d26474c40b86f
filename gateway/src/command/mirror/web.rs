//! The public files of a log on a server.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use ledger::LedgerError;
use ledger::tile::PublicFiles;
use ureq::tls::{RootCerts, TlsConfig};

use crate::command::{CommandError, file};

/// How often a file is asked for before the run gives up; what was copied waits for the next.
const ATTEMPTS: u32 = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For one file, the longest bundle (16 MiB) over a slow line included.
const FILE_TIMEOUT: Duration = Duration::from_mins(2);
const HEADER_BYTES_MAX: usize = 16 * 1024;

/// A server that speaks tlog-tiles.
pub(super) struct Web {
    agent: ureq::Agent,
    /// The address without a slash at its end.
    base: String,
}

impl Web {
    /// Over HTTPS the server must be certified by a certificate of `authorities`; without it by one that browsers know.
    ///
    /// # Errors
    /// When the file of certificates cannot be read, or holds none.
    pub(super) fn open(address: &str, authorities: Option<&Path>) -> Result<Self, CommandError> {
        let roots = match authorities {
            None => RootCerts::WebPki,
            Some(path) => {
                let pem = file::read(path, file::SMALL_FILE_BYTES_MAX)?;
                gateway::witness::roots_of_pem(&pem)
                    .ok_or_else(|| CommandError::NoAuthority { path: path.to_owned() })?
            }
        };
        let config = ureq::Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .http_status_as_error(false)
            .max_redirects(2)
            .max_response_header_size(HEADER_BYTES_MAX)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_per_call(Some(FILE_TIMEOUT))
            .user_agent(concat!("tongbiao-mirror/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: config.into(), base: address.trim_end_matches('/').to_owned() })
    }

    /// One answer: the file, or `None` where the server says that there is none.
    fn fetch(&self, address: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, Failure> {
        let mut response = self.agent.get(address).call().map_err(Failure::of)?;
        match response.status().as_u16() {
            200 => {
                let body = response.body_mut().with_config().limit(bytes_max as u64 + 1).read_to_vec();
                body.map(Some).map_err(Failure::of)
            }
            404 | 410 => Ok(None),
            status => Err(if status == 429 || status >= 500 { Failure::Passing } else { Failure::Lasting }),
        }
    }
}

impl PublicFiles for Web {
    fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, LedgerError> {
        let address = format!("{}/{path}", self.base);
        let too_long = || LedgerError::FileTooLong { path: path.to_owned(), bytes_max };
        let failed = || LedgerError::Io { action: "fetch", path: address.clone().into(), kind: ErrorKind::Other };
        for attempt in 1..=ATTEMPTS {
            match self.fetch(&address, bytes_max) {
                Ok(Some(bytes)) if bytes.len() > bytes_max => return Err(too_long()),
                Ok(answer) => return Ok(answer),
                Err(Failure::TooLong) => return Err(too_long()),
                Err(Failure::Lasting) => return Err(failed()),
                Err(Failure::Passing) => thread_pause(attempt),
            }
        }
        Err(failed())
    }
}

fn thread_pause(attempt: u32) {
    if attempt < ATTEMPTS {
        std::thread::sleep(Duration::from_millis(200) * attempt);
    }
}

/// Why one request gave no answer about the file.
enum Failure {
    /// The next attempt may fare better.
    Passing,
    Lasting,
    TooLong,
}

impl Failure {
    #[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
    fn of(error: ureq::Error) -> Self {
        match error {
            ureq::Error::BodyExceedsLimit(_) => Self::TooLong,
            ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed => Self::Passing,
            _ => Self::Lasting,
        }
    }
}
