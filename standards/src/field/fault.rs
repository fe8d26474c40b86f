//! Every fault that the value of a field can have.

use crate::code::{CodeError, RegionCode};

/// A finding about one field. It names the path and what was expected, never the value of a personal field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldFault {
    /// A required field is absent.
    #[error("{path}: missing")]
    Missing {
        /// The field.
        path: String,
    },
    /// The path is not in [`super::FIELDS`], or no message of this kind has it.
    #[error("{path}: no such field")]
    Unknown {
        /// The path as given.
        path: String,
    },
    /// The code does not hold.
    #[error("{path}: {source}")]
    Code {
        /// The field.
        path: String,
        /// What is wrong with the code.
        source: CodeError,
    },
    /// The text is empty, or begins or ends with white space.
    #[error("{path}: empty, or with white space around it")]
    Untrimmed {
        /// The field.
        path: String,
    },
    /// The text holds a control character.
    #[error("{path}: control character at position {position}")]
    ControlCharacter {
        /// The field.
        path: String,
        /// Position of the first one, counted from 1.
        position: usize,
    },
    /// The text is longer than its kind of field allows.
    #[error("{path}: at most {max} characters, got {got}")]
    TooLong {
        /// The field.
        path: String,
        /// Characters allowed.
        max: usize,
        /// Characters found.
        got: usize,
    },
    /// The text is no instant in canonical form.
    #[error("{path}: expected an instant such as 2022-11-09T08:01:02Z")]
    Timestamp {
        /// The field.
        path: String,
    },
    /// The text is no day in canonical form.
    #[error("{path}: expected a day such as 2025-11-08")]
    Date {
        /// The field.
        path: String,
    },
    /// The text is none of the choices.
    #[error("{path}: expected one of {expected:?}")]
    Choice {
        /// The field.
        path: String,
        /// The choices.
        expected: &'static [&'static str],
    },
    /// The text is no whole number in the range.
    #[error("{path}: expected a whole number from 1 to {max}")]
    Count {
        /// The field.
        path: String,
        /// The largest.
        max: u32,
    },
    /// The text is no digest.
    #[error("{path}: expected sm3: or sha-256: and 64 lower-case hexadecimal digits")]
    Digest {
        /// The field.
        path: String,
    },
    /// The text is no Base64.
    #[error("{path}: expected Base64 with padding")]
    Content {
        /// The field.
        path: String,
    },
    /// A list has more elements than are read, or its elements are not numbered from 0 without a gap.
    #[error("{path}: at most {max} elements, numbered from 0 without a gap")]
    List {
        /// The list.
        path: String,
        /// Elements allowed.
        max: usize,
    },
    /// An attachment that has neither a reference nor its content, or both.
    #[error("{path}: either a reference or the content")]
    ReferenceOrContent {
        /// The attachment.
        path: String,
    },
    /// The item is not in the catalogue.
    #[error("{path}: the item is not in the catalogue")]
    ItemUnknown {
        /// The field.
        path: String,
    },
    /// The division is in no table.
    #[error("{path}: the division is unknown")]
    DivisionUnknown {
        /// The field.
        path: String,
    },
    /// The division lies in another region than the case comes from.
    #[error("{path}: the division lies in {got}, the case comes from {expected}")]
    DivisionElsewhere {
        /// The field.
        path: String,
        /// Where the case comes from.
        expected: RegionCode,
        /// Where the division lies.
        got: RegionCode,
    },
    /// Two fields contradict each other.
    #[error("{path}: contradicts {other}")]
    Contradiction {
        /// The field.
        path: String,
        /// The field that it contradicts.
        other: &'static str,
    },
}

impl FieldFault {
    /// The path of the field.
    pub fn path(&self) -> &str {
        match self {
            Self::Unknown { path }
            | Self::Missing { path }
            | Self::Code { path, .. }
            | Self::Untrimmed { path }
            | Self::ControlCharacter { path, .. }
            | Self::TooLong { path, .. }
            | Self::Timestamp { path }
            | Self::Date { path }
            | Self::Choice { path, .. }
            | Self::Count { path, .. }
            | Self::Digest { path }
            | Self::Content { path }
            | Self::List { path, .. }
            | Self::ReferenceOrContent { path }
            | Self::ItemUnknown { path }
            | Self::DivisionUnknown { path }
            | Self::DivisionElsewhere { path, .. }
            | Self::Contradiction { path, .. } => path,
        }
    }

    /// The stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "field.missing",
            Self::Unknown { .. } => "field.unknown",
            Self::Code { source, .. } => source.code(),
            Self::Untrimmed { .. } => "field.untrimmed",
            Self::ControlCharacter { .. } => "field.control_character",
            Self::TooLong { .. } => "field.too_long",
            Self::Timestamp { .. } => "field.timestamp",
            Self::Date { .. } => "field.date",
            Self::Choice { .. } => "field.choice",
            Self::Count { .. } => "field.count",
            Self::Digest { .. } => "field.digest",
            Self::Content { .. } => "field.content",
            Self::List { .. } => "field.list",
            Self::ReferenceOrContent { .. } => "field.reference_or_content",
            Self::ItemUnknown { .. } => "item.unknown",
            Self::DivisionUnknown { .. } => "division.unknown",
            Self::DivisionElsewhere { .. } => "division.elsewhere",
            Self::Contradiction { .. } => "field.contradiction",
        }
    }

    /// Every finding code of this kind (those of codes are [`CodeError::CODES`]).
    pub const CODES: &'static [&'static str] = &[
        "field.missing",
        "field.unknown",
        "field.untrimmed",
        "field.control_character",
        "field.too_long",
        "field.timestamp",
        "field.date",
        "field.choice",
        "field.count",
        "field.digest",
        "field.content",
        "field.list",
        "field.reference_or_content",
        "field.contradiction",
        "item.unknown",
        "division.unknown",
        "division.elsewhere",
    ];
}
