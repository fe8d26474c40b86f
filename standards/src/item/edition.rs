//! The editions of the catalogue: from when each is in force, and until when messages may still be built on it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::DataError;
use crate::data::from_toml;

/// 目录版本: one edition of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// Its name, as messages and entries carry it.
    pub name: String,
    /// The first day on which it is in force.
    pub effective_from: Date,
    /// The day from which messages can no longer be built on it; absent for the newest. The time from the next edition's first
    /// day until then is the overlap (过渡期).
    #[serde(default)]
    pub accepted_until: Option<Date>,
    /// 修订说明: what is new in it, in Chinese.
    pub summary: String,
}

/// Why a message that names an edition is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditionFault {
    /// No edition has this name.
    #[error("no edition of the catalogue has this name; the newest is {newest}")]
    Unknown {
        /// The newest edition.
        newest: String,
    },
    /// The edition is known, and not in force yet.
    #[error("edition {edition} is in force from {effective_from} on")]
    NotInForceYet {
        /// The edition.
        edition: String,
        /// Its first day.
        effective_from: Date,
    },
    /// The edition and its overlap have ended.
    #[error("edition {edition} ended with {ended_on}; build on {successor}")]
    Ended {
        /// The edition.
        edition: String,
        /// The first day on which it was no longer taken.
        ended_on: Date,
        /// The edition that is in force instead.
        successor: String,
    },
}

impl EditionFault {
    /// The stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "edition.unknown",
            Self::NotInForceYet { .. } => "edition.not_in_force_yet",
            Self::Ended { .. } => "edition.ended",
        }
    }

    /// Every finding code of this kind.
    pub const CODES: &'static [&'static str] = &["edition.unknown", "edition.not_in_force_yet", "edition.ended"];
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditionFile {
    edition: Vec<Edition>,
}

/// Reads `edition.toml`: editions in the order of time, each overlapping the next, the newest without an end.
pub(super) fn from_text(file: &str, text: &str) -> Result<Vec<Edition>, DataError> {
    let editions = from_toml::<EditionFile>(file, text)?.edition;
    if editions.iter().any(|edition| edition.name.is_empty()) {
        return Err(DataError::EditionMissing { file: file.to_owned() });
    }
    for (position, edition) in editions.iter().enumerate() {
        let next = editions.get(position + 1);
        let in_order = match (edition.accepted_until, next) {
            (Some(until), Some(next)) => edition.effective_from < next.effective_from && next.effective_from < until,
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !in_order || editions.iter().skip(position + 1).any(|later| later.name == edition.name) {
            return Err(DataError::EditionOrder { file: file.to_owned(), edition: edition.name.clone() });
        }
    }
    Ok(editions)
}

pub(super) fn accept<'a>(editions: &'a [Edition], name: &str, day: Date) -> Result<&'a Edition, EditionFault> {
    let newest = || editions.last().map(|edition| edition.name.clone()).unwrap_or_default();
    let Some(edition) = editions.iter().find(|edition| edition.name == name) else {
        return Err(EditionFault::Unknown { newest: newest() });
    };
    if day < edition.effective_from {
        let effective_from = edition.effective_from;
        return Err(EditionFault::NotInForceYet { edition: edition.name.clone(), effective_from });
    }
    match edition.accepted_until {
        Some(ended_on) if ended_on <= day => {
            let in_force = editions.iter().rev().find(|other| other.effective_from <= day);
            let successor = in_force.map_or_else(newest, |edition| edition.name.clone());
            Err(EditionFault::Ended { edition: edition.name.clone(), ended_on, successor })
        }
        _ => Ok(edition),
    }
}
