//! 豁免: faults that are known and let pass for a while, each with a reason and an end, and none of them silently.

use jiff::civil::Date;
use serde::Deserialize;

use crate::problem;

/// In a pattern, this stands for exactly one character.
const ONE_CHARACTER: char = '?';

/// 豁免条目: one value of one place that one rule may find until the end of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The file, by the end of its path; any file when absent.
    pub path: Option<String>,
    /// The column, element or key; any one when absent.
    pub column: Option<String>,
    value: Value,
    /// The finding's code.
    pub rule: String,
    /// Why it is let pass.
    pub reason: String,
    /// The last day.
    pub until: Date,
}

/// What is let pass: nothing matches more than its writer saw.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    /// This value.
    Exact(String),
    /// Values of the same length that differ where `?` stands.
    Pattern(String),
}

/// Why a file of waivers is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WaiverFault {
    /// Not the TOML that is expected.
    #[error("line {line}: {reason}")]
    Toml {
        /// Where, counted from 1.
        line: usize,
        /// What the reader of TOML says.
        reason: String,
    },
    /// A waiver that does not say all it must.
    #[error("waiver {row}: {needed}")]
    Row {
        /// Its place in the file, counted from 1.
        row: usize,
        /// What is needed.
        needed: &'static str,
    },
}

impl WaiverFault {
    /// The stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Toml { .. } => "waiver.toml",
            Self::Row { .. } => "waiver.row",
        }
    }

    /// Every finding code of this kind.
    pub const CODES: &'static [&'static str] = &["waiver.toml", "waiver.row"];
}

/// 豁免清单, in the order of its file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waivers(Vec<Waiver>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    waiver: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    path: Option<String>,
    column: Option<String>,
    value: Option<String>,
    pattern: Option<String>,
    rule: String,
    reason: String,
    until: Until,
}

/// A date of TOML, or one in quotation marks.
#[derive(Deserialize)]
#[serde(untagged)]
enum Until {
    Date(toml::value::Datetime),
    Text(String),
}

impl Waivers {
    /// Reads a file of `[[waiver]]` rows.
    ///
    /// # Errors
    /// The first thing that keeps a row from being explicit: no place, no value, an unknown rule, no reason, no end.
    pub fn from_text(text: &str) -> Result<Self, WaiverFault> {
        let file: File = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            WaiverFault::Toml { line: 1 + before.matches('\n').count(), reason: error.message().to_owned() }
        })?;
        let rows = file.waiver.into_iter().enumerate();
        let rows: Result<_, _> = rows
            .map(|(index, row)| Waiver::from_row(row).map_err(|needed| WaiverFault::Row { row: index + 1, needed }))
            .collect();
        Ok(Self(rows?))
    }

    /// The waivers, in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Waiver> {
        self.0.iter()
    }

    /// The places in the file, from 0, of the waivers that name this finding, ended or not.
    pub fn matching<'a>(
        &'a self,
        path: &'a str,
        column: &'a str,
        value: &'a str,
        rule: &'a str,
    ) -> impl Iterator<Item = usize> + 'a {
        let named = self.0.iter().enumerate().filter(move |(_, waiver)| waiver.names(path, column, value, rule));
        named.map(|(index, _)| index)
    }
}

impl Waiver {
    fn from_row(row: Row) -> Result<Self, &'static str> {
        let Row { path, column, value, pattern, rule, reason, until } = row;
        if path.is_none() && column.is_none() {
            return Err("path, column or both");
        }
        let value = match (value, pattern) {
            (Some(value), None) => Value::Exact(value),
            (None, Some(pattern)) => Value::Pattern(pattern),
            _ => return Err("value or pattern, and one of them"),
        };
        if problem::text(&rule).is_none() {
            return Err("rule: the code of a finding");
        }
        if reason.trim().is_empty() {
            return Err("reason");
        }
        let until = match until {
            Until::Date(date) => date.to_string(),
            Until::Text(text) => text,
        };
        let until = until.parse().map_err(|_| "until: a date such as 2026-12-31")?;
        Ok(Self { path, column, value, rule, reason, until })
    }

    /// Whether the waiver still counts on this day.
    pub fn is_in_force(&self, on: Date) -> bool {
        on <= self.until
    }

    fn names(&self, path: &str, column: &str, value: &str, rule: &str) -> bool {
        let here = self.path.as_deref().is_none_or(|end| ends_with_path(path, end));
        let in_column = self.column.as_deref().is_none_or(|name| name == column);
        rule == self.rule && in_column && here && self.value.is(value)
    }
}

impl Value {
    fn is(&self, value: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == value,
            Self::Pattern(pattern) => {
                let fits = |(wanted, got): (char, char)| wanted == ONE_CHARACTER || wanted == got;
                pattern.chars().count() == value.chars().count() && pattern.chars().zip(value.chars()).all(fits)
            }
        }
    }
}

/// Whether a path ends in these components: `lists/a.csv` is the end of `/data/lists/a.csv`, `a.csv` is not the end of `aa.csv`.
fn ends_with_path(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('/') || end.starts_with('/'))
}
