//! A compiled mapping: what one region's folder says, checked completely and ready to use.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use standards::code::RegionCode;
use standards::field::Field;
use standards::message::MessageKind;

use crate::fault::Finding;
use crate::index::Index;
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
    /// The kinds of messages that the dialect has, each with its own rules.
    pub messages: Vec<Plan>,
    /// The kinds that it does not have.
    pub no_messages: Vec<NoMessage>,
    /// Messages of the dialect that the standard model does not have.
    pub no_equivalents: Vec<NoEquivalent>,
    /// The region's own codes of the items.
    pub items: ItemCodes,
    pub(crate) tables: BTreeMap<String, CodeTable>,
    pub(crate) write_blank: Blank,
    pub(crate) kind_sources: Vec<String>,
}

/// 规则: one value of the dialect, and the canonical field that it is.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The canonical field.
    pub field: &'static Field,
    /// Where the value stands in a message, in the notation of the wire format; a `*` stands for the number of an element.
    pub source: String,
    /// How it is converted.
    pub transform: &'static Transform,
    /// Whether a message without a value here is refused.
    pub required: bool,
    /// Where the rule stands: file and line.
    pub place: Arc<str>,
    /// The source as explanations name it: a JSON Pointer or an `XPath`.
    pub(crate) location: Arc<str>,
    pub(crate) kind: Kind,
    pub(crate) blank: Vec<Blank>,
    pub(crate) table: Option<String>,
    pub(crate) no_expiry: Option<String>,
}

/// One kind of message of the dialect: what tells it from the others, and the rules for its fields.
#[derive(Debug)]
pub struct Plan {
    /// What happened.
    pub kind: MessageKind,
    /// All of them hold for such a message; of several kinds that fit, the one with the most conditions is meant.
    pub when: Vec<Condition>,
    /// The rules in the order of the file, which is the order in which a message is written.
    pub rules: Vec<Rule>,
    /// Fields of the dialect that the standard model has no place for.
    pub not_carried: Vec<NotCarried>,
    pub(crate) index: Index,
}

/// What holds for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Where the value stands.
    pub source: String,
    /// What it must be; nothing here: any value at all.
    pub one_of: Option<Vec<Scalar<'static>>>,
}

/// A kind of message that the dialect does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoMessage {
    /// The kind.
    pub kind: MessageKind,
    /// Why there is none, and what stands for it.
    pub why: String,
}

/// A message of the dialect that the standard model does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoEquivalent {
    /// What tells it from others.
    pub when: Condition,
    /// Its meaning in the region's own words.
    pub meaning: String,
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
    pub place: Arc<str>,
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
    pub(crate) fn text_of<'v>(self, value: &'v Scalar<'_>) -> Result<&'v str, Finding> {
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

    pub(crate) fn scalar(self, text: Cow<'_, str>) -> Scalar<'_> {
        match self {
            Self::Text => Scalar::Text(text),
            Self::Number => Scalar::Number(text),
        }
    }
}

impl Blank {
    /// The leaf that says "no value" at `source`, where the dialect has one.
    pub(crate) fn leaf(self, source: &str) -> Option<Leaf<'_>> {
        let text = match self {
            Self::Absent => return None,
            Self::Empty => "",
            Self::Null => "null",
        };
        Some(Leaf { path: source.into(), value: Scalar::Text(text.into()) })
    }
}

impl Mapping {
    /// The code tables, in the order of their names.
    pub fn tables(&self) -> impl Iterator<Item = &CodeTable> {
        self.tables.values()
    }

    /// The code table of a rule.
    pub(crate) fn table(&self, rule: &Rule) -> Option<&CodeTable> {
        self.tables.get(rule.table.as_deref()?)
    }

    /// Where the kind of a message stands first of all: the first condition of the first kind.
    pub(crate) fn kind_source(&self) -> &str {
        self.messages.iter().flat_map(|plan| &plan.when).next().map_or("", |condition| condition.source.as_str())
    }

    /// The values that tell the kinds apart, each with its kind: `EX_GDBS_BJ 办结`.
    pub(crate) fn kinds_by_value(&self) -> Vec<String> {
        let values = |plan: &Plan| {
            let texts = plan.when.iter().flat_map(|condition| condition.one_of.iter().flatten()).map(Scalar::text);
            texts.collect::<Vec<_>>().join("+")
        };
        self.messages.iter().map(|plan| format!("{} {}", values(plan), plan.kind.label())).collect()
    }

    /// Each source by which kinds of messages are told apart, once.
    pub(crate) fn kind_sources(&self) -> &[String] {
        &self.kind_sources
    }

    /// The plan of a kind of message, where the dialect has one.
    pub fn plan(&self, kind: MessageKind) -> Option<&Plan> {
        self.messages.iter().find(|plan| plan.kind == kind)
    }
}

impl Condition {
    /// Whether a value, or none, fulfils it.
    pub(crate) fn holds(&self, value: Option<&Scalar<'_>>) -> bool {
        let Some(value) = value else { return false };
        match &self.one_of {
            Some(values) => values.contains(value),
            None => {
                !matches!(value, Scalar::Null)
                    && !matches!(value, Scalar::Text(text) if text.is_empty() || text == "null")
            }
        }
    }

    /// Whether no message can fulfil both.
    pub(crate) fn excludes(&self, other: &Self) -> bool {
        match (&self.one_of, &other.one_of) {
            (Some(mine), Some(theirs)) => {
                self.source == other.source && !mine.iter().any(|value| theirs.contains(value))
            }
            (None, _) | (_, None) => false,
        }
    }
}

impl Plan {
    /// Each source that rules read: the first of them, and all of them.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&Rule, impl Iterator<Item = &Rule>)> {
        self.index.places().filter_map(|numbers| {
            let rules = numbers.iter().filter_map(|number| self.rules.get(*number));
            Some((rules.clone().next()?, rules))
        })
    }

    /// The rule of a canonical field; there is at most one.
    pub(crate) fn rule_of(&self, field: &Field) -> Option<&Rule> {
        self.rules.get(self.index.rule_of(field)?)
    }
}

impl Rule {
    /// The source in one element of a list.
    pub(crate) fn source_in(&self, number: u16) -> String {
        self.source.replacen('*', &number.to_string(), 1)
    }
}
