//! What `--trust` and `--trust-key` give: anchors, a list believed by a pinned key, or nothing, with the reason.

use std::path::Path;

use certs::key::PublicKey;
use certs::sm2;
use certs::trust::{LIST_FILE, Trust};
use jiff::Timestamp;
use seals::StepOutcome;

use crate::error::AuditError;
use crate::read;
use crate::text::{self, Style};

/// The trust for one verification, and why it may be none.
pub(super) struct Given {
    pub(super) trust: Trust,
    pub(super) warning: Option<Warning>,
}

/// Why certificate paths cannot be decided, whatever the document.
pub(super) enum Warning {
    /// No `--trust`.
    NoTrust,
    /// A signed list without the key to believe it by.
    NotBelieved,
    /// A signed list that fails its own verification.
    Refused(certs::Error),
}

/// Loads what the command line names: the edition of `day`, or the present one. A folder with a signed list in it is never read as bare anchors, and with `--trust-key` nothing
/// but a signed list will do: neither can be passed off as the other.
///
/// # Errors
/// [`AuditError`] when a file cannot be read, or does not hold what it is named for.
pub(super) fn load(
    folder: Option<&Path>,
    key: Option<&Path>,
    now: Timestamp,
    day: Option<Timestamp>,
) -> Result<Given, AuditError> {
    let Some(folder) = folder else { return Ok(Given::nothing(Warning::NoTrust)) };
    read::must_be_folder(folder)?;
    match key {
        Some(key) => signed(folder, &trust_key(key)?, now, day),
        None if folder.join(LIST_FILE).exists() => Ok(Given::nothing(Warning::NotBelieved)),
        None => Trust::from_anchor_dir(folder).map(Given::believed).map_err(AuditError::from),
    }
}

fn signed(folder: &Path, key: &sm2::PublicKey, now: Timestamp, day: Option<Timestamp>) -> Result<Given, AuditError> {
    let loaded = match day {
        Some(day) => Trust::from_signed_dir_as_of(folder, key, now, day),
        None => Trust::from_signed_dir(folder, key, now),
    };
    match loaded {
        Ok(trust) => Ok(Given::believed(trust)),
        Err(error @ (certs::Error::TrustFile { .. } | certs::Error::TrustFileTooLong { .. })) => Err(error.into()),
        Err(error) => Ok(Given::nothing(Warning::Refused(error))),
    }
}

fn trust_key(path: &Path) -> Result<sm2::PublicKey, AuditError> {
    let pem = read::file(path, read::KEY_SIZE_BYTES_MAX)?;
    match PublicKey::from_pem(&pem) {
        Ok(PublicKey::Sm2(key)) => Ok(*key),
        Ok(_) | Err(_) => Err(AuditError::TrustKey { name: path.display().to_string() }),
    }
}

impl Given {
    fn believed(trust: Trust) -> Self {
        Self { trust, warning: None }
    }

    fn nothing(warning: Warning) -> Self {
        Self { trust: Trust::none(), warning: Some(warning) }
    }
}

impl Warning {
    fn code(&self) -> &'static str {
        match self {
            Self::NoTrust => "audit.no_trust",
            Self::NotBelieved => "audit.trust_not_believed",
            Self::Refused(_) => "audit.trust_refused",
        }
    }

    /// The warning for a person: Chinese, English, the data, and what to do.
    pub(super) fn describe(&self, style: Style) -> String {
        let detail = match self {
            Self::NoTrust | Self::NotBelieved => None,
            Self::Refused(error) => Some(format!("{error}  [{}]", error.code())),
        };
        text::notice(StepOutcome::Fail, self.code(), detail.as_deref(), style)
    }
}
