//! Why a command was not done: the finding, its exit status, and how a person is told.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use certs::hierarchy::HierarchyError;
use certs::import::ImportFault;
use certs::signing::SigningError;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::LedgerError;
use seals::sealing::SealingError;
use standards::code::{CodeError, RegionCode};
use standards::lint::WaiverFault;
use standards::problem;

/// Exit status when what was given can be read but is refused.
pub(super) const REFUSED: u8 = 1;
/// Exit status of wrong usage (`EX_USAGE` of sysexits.h), the argument parser's own errors included.
pub(super) const WRONG_USAGE: u8 = 64;
/// Exit status when what was named cannot be read (`EX_NOINPUT`).
pub(super) const UNREADABLE: u8 = 66;
/// Exit status when what was to be made cannot be, or is there already (`EX_CANTCREAT`).
const CANNOT_CREATE: u8 = 73;

/// Something kept a command from being done. Texts name files and fields, never what a licence says of a person.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// A file or folder that the system does not let us read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file above its limit.
    #[error("{}: longer than {limit_bytes} bytes", path.display())]
    TooLong {
        /// Which.
        path: PathBuf,
        /// The limit.
        limit_bytes: u64,
    },
    /// The output is there already.
    #[error("{}", path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// The output cannot be written.
    #[error("{}: {source}", path.display())]
    CannotCreate {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A folder without any region's data.
    #[error("{}", path.display())]
    NoRegion {
        /// Which.
        path: PathBuf,
    },
    /// Two folders with the data of one region.
    #[error("{region}")]
    RegionTwice {
        /// The region.
        region: RegionCode,
    },
    /// A facts file that is no TOML, or states something that no licence has.
    #[error("{}, line {line}: {expected}", path.display())]
    FactsFile {
        /// Which file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the reader of TOML says.
        expected: String,
    },
    /// A file of waivers that is not explicit.
    #[error("{}: {source}", path.display())]
    Waivers {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: WaiverFault,
    },
    /// Facts that every licence has are not stated.
    #[error("--{}", options.join(", --"))]
    FactsMissing {
        /// The options that state them.
        options: Vec<&'static str>,
    },
    /// A fact that is a code, and does not hold.
    #[error("--{option}: {source}")]
    Code {
        /// The option that states it.
        option: &'static str,
        /// What is wrong with it.
        source: CodeError,
    },
    /// Dates of a licence out of order.
    #[error("--{earlier} {from}, --{later} {until}")]
    Dates {
        /// The option of the date that must not be later.
        earlier: &'static str,
        /// That date.
        from: Date,
        /// The option of the other.
        later: &'static str,
        /// The other date.
        until: Date,
    },
    /// A signing time at which the signer's and the maker's certificates are not both valid: such a seal could never hold.
    #[error("{signed_at} is not within {from} – {until}")]
    SignedOutsidePeriod {
        /// The signing time.
        signed_at: Timestamp,
        /// When both certificates are valid.
        from: Timestamp,
        /// The end of it.
        until: Timestamp,
    },
    /// A file that holds no certificate.
    #[error("{}: {source}", path.display())]
    Certificate {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        source: certs::Error,
    },
    /// A file to import that is refused.
    #[error("{}: {fault}", path.display())]
    Import {
        /// Which.
        path: PathBuf,
        /// Why.
        fault: ImportFault,
    },
    /// Authorities for a trust list, without saying what for.
    #[error("--purpose")]
    PurposeMissing,
    /// Authorities for a trust list, without saying of which region.
    #[error("--region")]
    RegionMissing,
    /// A seal signer without the organisation whose seal it is.
    #[error("--organisation")]
    OrganisationMissing,
    /// No certificate of the trust list has this fingerprint.
    #[error("{fingerprint}")]
    NotListed {
        /// As it was given.
        fingerprint: String,
    },
    /// A trust list that cannot be read or published.
    #[error(transparent)]
    Trust(#[from] certs::Error),
    /// A private key that cannot be used.
    #[error(transparent)]
    Key(#[from] SigningError),
    /// What was given was not sealed.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// The hierarchy was not made or not changed.
    #[error(transparent)]
    Hierarchy(#[from] HierarchyError),
    /// A file of authorities without a certificate.
    #[error("{}", path.display())]
    NoAuthority {
        /// Which.
        path: PathBuf,
    },
    /// A log, or something that its witnesses and mirrors keep.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl CommandError {
    /// The stable code of the finding; its texts are in `standards/problems/`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "command.unreadable",
            Self::TooLong { .. } => "command.too_long",
            Self::Exists { .. } => "command.exists",
            Self::CannotCreate { .. } => "command.cannot_create",
            Self::NoRegion { .. } => "command.no_region",
            Self::RegionTwice { .. } => "command.region_twice",
            Self::FactsFile { .. } => "command.facts_file",
            Self::FactsMissing { .. } => "command.facts_missing",
            Self::Dates { .. } => "command.dates",
            Self::SignedOutsidePeriod { .. } => "command.signed_outside_period",
            Self::PurposeMissing => "command.purpose_missing",
            Self::RegionMissing => "command.region_missing",
            Self::OrganisationMissing => "command.organisation_missing",
            Self::NotListed { .. } => "command.not_listed",
            Self::Import { fault, .. } => fault.code(),
            Self::Trust(error) => error.code(),
            Self::Code { source, .. } => source.code(),
            Self::Certificate { source, .. } => source.code(),
            Self::Waivers { source, .. } => source.code(),
            Self::Key(error) => error.code(),
            Self::Sealing(error) => error.code(),
            Self::Hierarchy(error) => error.code(),
            Self::NoAuthority { .. } => "command.no_authority",
            Self::Ledger(error) => error.code(),
        }
    }

    /// The exit status that goes with the finding.
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            Self::Unreadable { .. } | Self::TooLong { .. } => UNREADABLE,
            Self::Exists { .. } | Self::CannotCreate { .. } => CANNOT_CREATE,
            Self::NoRegion { .. }
            | Self::RegionTwice { .. }
            | Self::FactsFile { .. }
            | Self::FactsMissing { .. }
            | Self::Waivers { .. }
            | Self::Code { .. }
            | Self::Dates { .. }
            | Self::SignedOutsidePeriod { .. }
            | Self::Certificate { .. }
            | Self::Import { .. }
            | Self::PurposeMissing
            | Self::RegionMissing
            | Self::OrganisationMissing
            | Self::NotListed { .. }
            | Self::NoAuthority { .. }
            | Self::Sealing(_) => REFUSED,
            Self::Ledger(error) => match error {
                LedgerError::Io { .. } | LedgerError::FileMissing { .. } => UNREADABLE,
                _ => REFUSED,
            },
            Self::Trust(error) => match error {
                certs::Error::TrustFile { .. } | certs::Error::TrustFileTooLong { .. } => UNREADABLE,
                _ => REFUSED,
            },
            Self::Key(error) => match error {
                SigningError::File { .. } | SigningError::TooLong { .. } => UNREADABLE,
                SigningError::Engine(_) | SigningError::Kind { .. } | SigningError::Faulty(_) => REFUSED,
            },
            Self::Hierarchy(error) => match error {
                HierarchyError::Exists { .. }
                | HierarchyError::File { .. }
                | HierarchyError::Key(SigningError::File { .. }) => CANNOT_CREATE,
                HierarchyError::RegionData { .. }
                | HierarchyError::NoIssuer { .. }
                | HierarchyError::Key(_)
                | HierarchyError::Content(_) => REFUSED,
            },
        }
    }

    /// The finding for a person: Chinese, English, the code, the data, and what to do.
    pub(crate) fn describe(&self) -> String {
        let code = self.code();
        let mut out = String::new();
        let text = problem::text(code);
        let (zh, en) = text.map_or(("没有说明", "no description"), |text| (text.zh.as_str(), text.en.as_str()));
        let _ = writeln!(out, "✗ {zh}\n  {en}  [{code}]\n  {}", printable(&self.to_string()));
        if let Some(text) = text {
            let _ = writeln!(out, "\n怎么办 / What to do\n  · {}\n    {}", text.advice_zh, text.advice_en);
        }
        out
    }
}

/// The text with nothing in it that steers a terminal: names of files come from strangers.
pub(super) fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        if character.is_control() {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
        out
    })
}
