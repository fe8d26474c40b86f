//! A compiled mapping: what one region's folder says, checked completely and ready to use.

use std::collections::BTreeMap;

use serde::Deserialize;
use standards::code::RegionCode;
use standards::field::Field;

use crate::fault::Finding;
use crate::leaf::{Leaf, Scalar};
use crate::tables::{CodeTable, ItemCodes};
use crate::transform::Transform;
use crate::wire::Wire;

/// 映射: the rules of one region, compiled from its folder.
#[derive(Debug)]
pub struct Mapping {
    /// The region whose dialect this is.
    pub region: RegionCode,
    /// The edition that the folder states, recorded with every decision made under it.
    pub edition: String,
    /// How messages are written.
    pub wire: Wire,
    /// What marks a message as a concluding one.
    pub stages: Vec<Stage>,
    /// The rules in the order of the file, which is the order in which a message is written.
    pub rules: Vec<Rule>,
    /// Fields of the dialect that the standard case has no place for.
    pub not_carried: Vec<NotCarried>,
    /// The region's own codes of the items.
    pub items: ItemCodes,
    pub(crate) tables: BTreeMap<String, CodeTable>,
    pub(crate) write_blank: Blank,
}

/// 规则: one value of the dialect, and the canonical field that it is.
#[derive(Debug)]
pub struct Rule {
    /// The canonical field.
    pub field: &'static Field,
    /// Where the value stands in a message, in the notation of the wire format.
    pub source: String,
    /// How it is converted.
    pub transform: &'static Transform,
    /// Whether a message without a value here is refused.
    pub required: bool,
    /// Where the rule stands: file and line.
    pub place: String,
    pub(crate) kind: Kind,
    pub(crate) blank: Vec<Blank>,
    pub(crate) table: Option<String>,
    pub(crate) no_expiry: Option<String>,
}

/// A value that every concluding message has, and that other messages do not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Where it stands.
    pub source: String,
    /// What it must be.
    pub value: String,
}

/// A field of the dialect that is read past, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCarried {
    /// Where it stands.
    pub source: String,
    /// Why the standard case has no place for it.
    pub why: String,
    /// Whether the value must not be kept in explanations.
    pub secret: bool,
    /// Where that is said: file and line.
    pub place: String,
}

/// Whether a value is a text or a number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A text.
    #[default]
    Text,
    /// A whole number.
    Number,
}

/// A way of saying "no value". The three regions differ, and none may be guessed for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blank {
    /// The field is not there.
    Absent,
    /// The empty text.
    Empty,
    /// The text `null`, or JSON's null.
    Null,
}

impl Kind {
    /// The text of a value of this kind.
    pub(crate) fn text_of(self, value: &Scalar) -> Result<&str, Finding> {
        match (self, value) {
            (Self::Text, Scalar::Text(text)) | (Self::Number, Scalar::Number(text)) => Ok(text),
            (Self::Text | Self::Number, _) => Err(Finding::WrongKind { expected: self.name() }),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
        }
    }

    pub(crate) fn scalar(self, text: String) -> Scalar {
        match self {
            Self::Text => Scalar::Text(text),
            Self::Number => Scalar::Number(text),
        }
    }
}

impl Blank {
    /// The leaf that says "no value" at `source`, where the dialect has one.
    pub(crate) fn leaf(self, source: &str) -> Option<Leaf> {
        let text = match self {
            Self::Absent => return None,
            Self::Empty => "",
            Self::Null => "null",
        };
        Some(Leaf { path: source.to_owned(), value: Scalar::Text(text.to_owned()) })
    }
}

impl Mapping {
    /// The code table of a rule.
    pub(crate) fn table(&self, rule: &Rule) -> Option<&CodeTable> {
        self.tables.get(rule.table.as_deref()?)
    }

    /// Whether a message of this dialect may have a value at `source`.
    pub(crate) fn knows(&self, source: &str) -> bool {
        self.rules.iter().any(|rule| rule.source == source)
            || self.stages.iter().any(|stage| stage.source == source)
            || self.not_carried.iter().any(|field| field.source == source)
    }

    /// The rule of a canonical field; there is at most one.
    pub(crate) fn rule_of(&self, field: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.field.path == field)
    }
}
