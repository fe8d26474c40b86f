//! What is wrong with a message: all faults at once, each with its path, its value as far as it may be shown, its rule, its code and a hint.

use std::sync::Arc;

use serde::Serialize;
use serde::ser::SerializeStruct;

use crate::json::JsonError;
use crate::xml::XmlError;

/// One thing that is wrong with a message, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where in the message: a JSON Pointer, or an `XPath` of an XML message; empty for the whole message.
    pub path: String,
    /// The canonical field that is concerned, where there is one.
    pub field: Option<String>,
    /// What was received there, masked where it may be personal. It is for the sender, never for a log.
    pub value: Option<String>,
    /// The rule that reads it: file and line, from the folder of the region on.
    pub rule: Option<Arc<str>>,
    /// What is wrong.
    pub finding: Finding,
}

impl Fault {
    pub(crate) fn of_message(finding: impl Into<Finding>) -> Self {
        Self::at(String::new(), finding)
    }

    /// A finding at a place that no rule reads.
    pub(crate) fn at(path: String, finding: impl Into<Finding>) -> Self {
        Self { path, field: None, value: None, rule: None, finding: finding.into() }
    }

    /// The stable code, explained in both languages by `standards::problem`.
    pub fn code(&self) -> &'static str {
        self.finding.code()
    }

    /// What the sender needs to put it right. Never quotes what was received.
    pub fn hint(&self) -> String {
        self.finding.to_string()
    }
}

impl Serialize for Fault {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Fault", 6)?;
        object.serialize_field("path", &self.path)?;
        object.serialize_field("value", &self.value)?;
        object.serialize_field("rule", &self.rule.as_deref())?;
        object.serialize_field("code", self.code())?;
        object.serialize_field("field", &self.field)?;
        object.serialize_field("hint", &self.hint())?;
        object.end()
    }
}

/// What can be wrong with one value, or with the message as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// Not the strict XML that is read here.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// Not the strict JSON that is read here.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The elements are not those of this dialect.
    #[error("line {line}: expected {expected}")]
    WrongShape {
        /// Where, counted from 1.
        line: usize,
        /// What the dialect has there.
        expected: String,
    },
    /// A message of another kind where a conclusion is asked for.
    #[error("not a concluding message but {kind}")]
    NotConcluding {
        /// The kind of message that it is.
        kind: &'static str,
    },
    /// A message that is of no kind of the region's mapping.
    #[error("not one of the region's messages; known: {}", .known.join(", "))]
    UnknownKind {
        /// What tells the region's messages apart.
        known: Vec<String>,
    },
    /// A kind of message that the region's dialect does not have.
    #[error("this dialect has no message of {kind}")]
    NoSuchMessage {
        /// The kind of message.
        kind: &'static str,
    },
    /// A field that the region's mapping does not name.
    #[error("this field is not in the region's mapping; remove it, or have it added there")]
    UnknownField,
    /// A field given twice.
    #[error("this field is given more than once")]
    DuplicateField,
    /// A field that must be there is not, or has no value.
    #[error("a value is required")]
    MissingField,
    /// An empty text where the dialect does not use one for "no value".
    #[error("an empty text is no value in this dialect; leave the field out")]
    EmptyValue,
    /// `null` where the dialect does not use it for "no value".
    #[error("null is no value in this dialect; leave the field out")]
    NullValue,
    /// A text where a number belongs, or the other way round.
    #[error("expected a {expected}")]
    WrongKind {
        /// `text` or `number`.
        expected: &'static str,
    },
    /// A value that is not written as the dialect writes it.
    #[error("expected {expected}")]
    WrongFormat {
        /// The form that the dialect uses.
        expected: &'static str,
    },
    /// A date in the year 9999 that is not this dialect's way of saying "no expiry".
    #[error("a date in the year 9999 says nothing in this dialect")]
    SentinelDate,
    /// A character that no value may hold.
    #[error("control characters are not allowed")]
    IllegalCharacter,
    /// A value that still holds `&lt;` and the like after it was read: it was escaped twice.
    #[error("the value was escaped twice")]
    EscapedTwice,
    /// A value that the region's code table does not have.
    #[error("not in the code table {table:?}; known: {}", .known.join(", "))]
    UnknownCode {
        /// Name of the table in the region's `codes.toml`.
        table: String,
        /// The codes that have a meaning here.
        known: Vec<String>,
    },
    /// A code that the region uses, but which is no outcome that can be exchanged.
    #[error("the code means {meaning}, which has no equivalent in the standard model")]
    CodeWithoutEquivalent {
        /// The meaning in the region's own words.
        meaning: String,
    },
    /// An item code that is not in the region's `items.toml`.
    #[error("not one of the region's same-standard items")]
    UnknownItem,
    /// A value for which the dialect has no words.
    #[error("this dialect cannot say it")]
    NotInDialect,
    /// A value that the standard model refuses, with the code of its own.
    #[error("{hint}")]
    Refused {
        /// The standard model's code.
        code: &'static str,
        /// What it expected.
        hint: String,
    },
}

impl Finding {
    /// The stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Xml(error) => error.code(),
            Self::Json(error) => error.code(),
            Self::WrongShape { .. } => "message.wrong_shape",
            Self::NotConcluding { .. } => "message.not_concluding",
            Self::UnknownKind { .. } => "message.unknown_kind",
            Self::NoSuchMessage { .. } => "message.no_such_message",
            Self::UnknownField => "message.unknown_field",
            Self::DuplicateField => "message.duplicate_field",
            Self::MissingField => "message.missing_field",
            Self::EmptyValue => "message.empty_value",
            Self::NullValue => "message.null_value",
            Self::WrongKind { .. } => "message.wrong_kind",
            Self::WrongFormat { .. } => "message.wrong_format",
            Self::SentinelDate => "message.sentinel_date",
            Self::IllegalCharacter => "message.illegal_character",
            Self::EscapedTwice => "message.escaped_twice",
            Self::UnknownCode { .. } => "message.unknown_code",
            Self::CodeWithoutEquivalent { .. } => "message.code_without_equivalent",
            Self::UnknownItem => "message.unknown_item",
            Self::NotInDialect => "message.not_in_dialect",
            Self::Refused { code, .. } => code,
        }
    }
}
