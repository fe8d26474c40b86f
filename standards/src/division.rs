//! The divisions of the regions, superseded codes included, and what a code stands for.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::DataError;
use crate::code::{DivisionCode, RegionCode};

const FILE: &str = "divisions.csv";
const EDITION_LINE: &str = "# edition ";
const COLUMNS: [&str; 4] = ["code", "name", "superseded_by", "since"];

/// 行政区划: what a division code stands for today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The current code, six digits.
    pub code: DivisionCode,
    /// The current name. For people to read only: 天津市河北区 and 河北省 share theirs, so nothing is decided by it.
    pub name: String,
    /// The province that it lies in.
    pub region: RegionCode,
    /// The superseded code that was asked for, when it is one.
    pub superseded: Option<SupersededDivision>,
}

/// 已撤销的行政区划: a code that records still carry, and the name that it had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupersededDivision {
    /// The old code, six digits.
    pub code: DivisionCode,
    /// Its name then.
    pub name: String,
    /// The year from which the current code took its place.
    pub since: i16,
}

/// The code is of no division in this edition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("division {code} is unknown")]
pub struct DivisionUnknown {
    /// The code that was asked for.
    pub code: DivisionCode,
}

impl DivisionUnknown {
    /// The stable code of the finding.
    pub fn code(&self) -> &'static str {
        "division.unknown"
    }
}

#[derive(Deserialize)]
struct Row {
    code: String,
    name: String,
    superseded_by: Option<String>,
    since: Option<i16>,
}

#[derive(Debug, Clone)]
struct Division {
    code: DivisionCode,
    name: String,
    /// The current code, and the year from which it counts.
    superseded: Option<(String, i16)>,
}

/// 行政区划表: every division of the three regions down to the county, superseded codes included.
#[derive(Debug, Clone)]
pub struct Divisions {
    edition: String,
    by_code: BTreeMap<String, Division>,
}

impl Divisions {
    /// The divisions of this edition.
    ///
    /// # Errors
    /// A fault in the embedded file (a test holds that there is none).
    pub fn embedded() -> Result<Self, DataError> {
        Self::from_text(include_str!("../data/divisions.csv"))
    }

    /// Reads a divisions file: a first line `# edition …`, further comment lines that begin with `#`, and rows of
    /// `code,name,superseded_by,since`.
    ///
    /// # Errors
    /// No edition, a row that is no row, a code that is none, a code that stands twice, a successor without its year or that is not
    /// current.
    pub fn from_text(text: &str) -> Result<Self, DataError> {
        let file = || FILE.to_owned();
        let edition = text.lines().next().and_then(|line| line.strip_prefix(EDITION_LINE)).map(str::trim);
        let Some(edition) = edition.filter(|edition| !edition.is_empty()) else {
            return Err(DataError::EditionMissing { file: file() });
        };
        let mut by_code = BTreeMap::new();
        let wrong = |source| DataError::Csv { file: file(), source: Box::new(source) };
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
        if reader.headers().map_err(wrong)? != COLUMNS[..] {
            return Err(DataError::DivisionHeader { file: file() });
        }
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(wrong)? {
            let line = record.position().map_or(0, csv::Position::line);
            let row: Row = record.deserialize(None).map_err(wrong)?;
            let code = row.code.parse::<DivisionCode>().map_err(|source| DataError::DivisionCode {
                file: file(),
                line,
                source,
            })?;
            let superseded = match (row.superseded_by, row.since) {
                (Some(by), Some(since)) => Some((by, since)),
                (None, None) => None,
                _ => return Err(DataError::DivisionSince { file: file(), code: row.code }),
            };
            let division = Division { code, name: row.name, superseded };
            if by_code.insert(row.code.clone(), division).is_some() {
                return Err(DataError::DivisionTwice { file: file(), code: row.code });
            }
        }
        let divisions = Self { edition: edition.to_owned(), by_code };
        for (code, division) in &divisions.by_code {
            if let Some((by, _)) = &division.superseded
                && divisions.by_code.get(by).is_none_or(|successor| successor.superseded.is_some())
            {
                return Err(DataError::DivisionSuccessor { file: file(), code: code.clone(), by: by.clone() });
            }
        }
        Ok(divisions)
    }

    /// The edition, as it is written into each entry that was decided under it.
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// What a code stands for. Of twelve digits the first six are looked up: towns and villages are the regions' own.
    ///
    /// # Errors
    /// [`DivisionUnknown`].
    pub fn resolve(&self, code: &DivisionCode) -> Result<Resolved, DivisionUnknown> {
        let unknown = || DivisionUnknown { code: code.clone() };
        let asked = self.by_code.get(code.county()).ok_or_else(unknown)?;
        let (current, superseded) = match &asked.superseded {
            None => (asked, None),
            Some((by, since)) => (
                self.by_code.get(by).ok_or_else(unknown)?,
                Some(SupersededDivision { code: asked.code.clone(), name: asked.name.clone(), since: *since }),
            ),
        };
        Ok(Resolved {
            code: current.code.clone(),
            name: current.name.clone(),
            region: current.code.region(),
            superseded,
        })
    }

    /// How many codes are known, superseded ones included.
    pub fn len(&self) -> usize {
        self.by_code.len()
    }

    /// Whether no code is known.
    pub fn is_empty(&self) -> bool {
        self.by_code.is_empty()
    }
}
