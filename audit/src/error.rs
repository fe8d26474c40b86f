//! What keeps the tool from judging at all: each is one exit status, 66, and never a verdict.

use ledger::LedgerError;
use seals::StepOutcome;

use crate::text::{self, Style};

/// Something named on the command line could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditError {
    /// A file or folder that the system does not let us read.
    #[error("{name}: {source}")]
    Unreadable {
        /// The path as given.
        name: String,
        /// What the system answered.
        source: std::io::Error,
    },
    /// Folders inside folders beyond the limit.
    #[error("{name}: folders are nested deeper than {depth_max}")]
    TooDeep {
        /// The folder that was not opened.
        name: String,
        /// The limit.
        depth_max: usize,
    },
    /// Nothing to verify under the paths that were named.
    #[error("{name}: holds no document")]
    NoDocument {
        /// The paths as given.
        name: String,
    },
    /// Standard output does not take the report.
    #[error("standard output: {source}")]
    Output {
        /// What the system answered.
        source: std::io::Error,
    },
    /// A folder or address without a `checkpoint` is no log.
    #[error("{name}: has no checkpoint")]
    NoCheckpoint {
        /// The folder or address as given.
        name: String,
    },
    /// A file above its limit.
    #[error("{name}: longer than {limit_bytes} bytes")]
    TooLarge {
        /// The path or address.
        name: String,
        /// The limit, in bytes.
        limit_bytes: u64,
    },
    /// The server of a log did not answer.
    #[error("{address}: {source}")]
    Unreachable {
        /// The address asked for.
        address: String,
        /// What went wrong on the way.
        source: Box<ureq::Error>,
    },
    /// The server of a log answered with neither the file nor "not found".
    #[error("{address}: HTTP status {status}")]
    UnexpectedStatus {
        /// The address asked for.
        address: String,
        /// The HTTP status of the answer.
        status: u16,
    },
    /// A line of a `--vkey` file that is no verifier key.
    #[error("{name}, line {line}: not a verifier key")]
    VerifierKey {
        /// The path as given.
        name: String,
        /// The line, from 1.
        line: usize,
    },
    /// A `--vkey` file without any key.
    #[error("{name}: holds no verifier key")]
    NoVerifierKey {
        /// The path as given.
        name: String,
    },
    /// A `--policy` file that cannot be followed.
    #[error("{name}: {source}")]
    Policy {
        /// The path as given.
        name: String,
        /// What is wrong with it.
        source: LedgerError,
    },
    /// A `--from` file that is no checkpoint of the log, signed by whom the reader believes.
    #[error("{name}: {source}")]
    Beginning {
        /// The path as given.
        name: String,
        /// What is wrong with it.
        source: LedgerError,
    },
    /// A `--state` file of another log, or not written by this program.
    #[error("{name}: not the state of a check of this log")]
    State {
        /// The path as given.
        name: String,
    },
    /// A `--trust-key` file that holds no SM2 public key.
    #[error("{name}: not an SM2 public key in PEM")]
    TrustKey {
        /// The path as given.
        name: String,
    },
    /// A file of the `--trust` folder that does not hold what its name says.
    #[error("{source}")]
    Trust {
        /// Which file, and what is wrong with it.
        source: certs::Error,
    },
    /// A `--ca` file without a certificate in PEM.
    #[error("{name}: holds no certificate in PEM")]
    CertificateAuthority {
        /// The path as given.
        name: String,
    },
}

impl AuditError {
    /// The stable code of this finding; its texts are in `standards/problems/audit.toml`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "audit.unreadable",
            Self::TooDeep { .. } => "audit.too_deep",
            Self::NoDocument { .. } => "audit.no_document",
            Self::Output { .. } => "audit.output",
            Self::NoCheckpoint { .. } => "audit.no_checkpoint",
            Self::TooLarge { .. } => "audit.too_large",
            Self::Unreachable { .. } => "audit.unreachable",
            Self::UnexpectedStatus { .. } => "audit.unexpected_status",
            Self::VerifierKey { .. } => "audit.verifier_key",
            Self::NoVerifierKey { .. } => "audit.no_verifier_key",
            Self::Policy { .. } => "audit.policy",
            Self::Beginning { .. } => "audit.beginning",
            Self::State { .. } => "audit.state",
            Self::TrustKey { .. } => "audit.trust_key",
            Self::Trust { .. } => "audit.trust",
            Self::CertificateAuthority { .. } => "audit.certificate_authority",
        }
    }

    /// Whether it is the way to a server that failed, or the server itself: another time it may answer.
    pub(crate) fn is_about_the_network(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::UnexpectedStatus { .. })
    }

    /// What could not be read, as it was given.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Unreadable { name, .. }
            | Self::TooDeep { name, .. }
            | Self::NoDocument { name }
            | Self::NoCheckpoint { name }
            | Self::TooLarge { name, .. }
            | Self::VerifierKey { name, .. }
            | Self::NoVerifierKey { name }
            | Self::Policy { name, .. }
            | Self::Beginning { name, .. }
            | Self::State { name }
            | Self::TrustKey { name }
            | Self::CertificateAuthority { name } => name,
            Self::Unreachable { address, .. } | Self::UnexpectedStatus { address, .. } => address,
            Self::Output { .. } | Self::Trust { .. } => "",
        }
    }

    /// The finding for a person: Chinese, English, the data, and what to do.
    pub(crate) fn describe(&self, style: Style) -> String {
        text::notice(StepOutcome::Fail, self.code(), Some(&self.to_string()), style)
    }
}

impl From<certs::Error> for AuditError {
    /// What the system does not let us read is named as any other file; all else is trust material that holds something else.
    fn from(error: certs::Error) -> Self {
        match error {
            certs::Error::TrustFile { path, source } => Self::Unreadable { name: path.display().to_string(), source },
            certs::Error::TrustFileTooLong { path, bytes_max } => {
                Self::TooLarge { name: path.display().to_string(), limit_bytes: bytes_max }
            }
            source => Self::Trust { source },
        }
    }
}
