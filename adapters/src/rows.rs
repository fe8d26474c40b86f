//! The shape of the three files of a region's folder, as they are written.

use jiff::civil::Date;
use serde::Deserialize;
use standards::item::Limit;
use standards::message::MessageKind;
use toml::Spanned;

use crate::mapping::{Blank, Kind};
use crate::tables::RegionalMaterial;
use crate::wire::Wire;

/// `mapping.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MappingFile {
    /// The region's six digits.
    pub(crate) region: Spanned<String>,
    pub(crate) edition: Spanned<String>,
    /// What counts as no value where a rule does not say otherwise.
    pub(crate) blank: Vec<Blank>,
    /// How no value is written.
    pub(crate) write_blank: Blank,
    pub(crate) wire: Wire,
    pub(crate) message: Vec<MessageRow>,
    #[serde(default)]
    pub(crate) no_message: Vec<NoMessageRow>,
    #[serde(default)]
    pub(crate) no_equivalent: Vec<NoEquivalentRow>,
    pub(crate) field: Vec<FieldRow>,
    #[serde(default)]
    pub(crate) not_carried: Vec<NotCarriedRow>,
}

/// `[[message]]`: a kind of message, and what tells it from the others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageRow {
    pub(crate) kind: Spanned<MessageKind>,
    pub(crate) when: Vec<ConditionRow>,
}

/// `[[no_message]]`: a kind that the dialect does not have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoMessageRow {
    pub(crate) kind: Spanned<MessageKind>,
    pub(crate) why: String,
}

/// `[[no_equivalent]]`: a message of the dialect that the standard model does not have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoEquivalentRow {
    pub(crate) when: ConditionRow,
    pub(crate) meaning: String,
}

/// One condition: `{ source = "/status", one_of = [11, 13] }`, or `{ source = "/collection/time" }` for any value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionRow {
    pub(crate) source: Spanned<String>,
    pub(crate) one_of: Option<Vec<ConditionValue>>,
}

/// A text or a number on the wire.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum ConditionValue {
    Number(i64),
    Text(String),
}

/// `[[field]]`: one rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldRow {
    pub(crate) field: Spanned<String>,
    /// The kinds of messages that it is for; every kind that has the field where it does not say.
    #[serde(rename = "in")]
    pub(crate) kinds: Option<Vec<MessageKind>>,
    pub(crate) source: Spanned<String>,
    pub(crate) transform: Spanned<String>,
    #[serde(default)]
    pub(crate) kind: Kind,
    /// As the field table says where it does not say.
    pub(crate) required: Option<bool>,
    pub(crate) blank: Option<Vec<Blank>>,
    pub(crate) table: Option<Spanned<String>>,
    pub(crate) no_expiry: Option<String>,
}

/// `[[not_carried]]`: a field that is read past.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotCarriedRow {
    pub(crate) source: Spanned<String>,
    /// The kinds of messages that it is for; every kind where it does not say.
    #[serde(rename = "in")]
    pub(crate) kinds: Option<Vec<MessageKind>>,
    pub(crate) why: String,
    #[serde(default)]
    pub(crate) secret: bool,
}

/// A row of a table in `codes.toml`; it says exactly one of `exact`, `lossy`, `unmapped`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeRow {
    pub(crate) code: Spanned<String>,
    pub(crate) meaning: String,
    pub(crate) exact: Option<String>,
    pub(crate) lossy: Option<String>,
    pub(crate) unmapped: Option<String>,
    #[serde(default)]
    pub(crate) also_writes: Vec<String>,
}

/// `items.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemsFile {
    pub(crate) item: Vec<ItemRow>,
    #[serde(default)]
    pub(crate) known_difference: Vec<KnownDifferenceRow>,
}

/// `[[item]]`: one row of the region's own catalogue.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemRow {
    pub(crate) code: Spanned<String>,
    pub(crate) item: Spanned<String>,
    pub(crate) name: String,
    pub(crate) authority: Spanned<String>,
    pub(crate) statutory_limit: Limit,
    pub(crate) committed_limit: Limit,
    pub(crate) acceptance_criteria: Vec<String>,
    pub(crate) materials: Vec<RegionalMaterial>,
}

/// `[[known_difference]]`: a difference from the standard that the region owns up to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KnownDifferenceRow {
    pub(crate) item: Spanned<String>,
    pub(crate) field: Spanned<String>,
    pub(crate) reason: Spanned<String>,
    pub(crate) until: Date,
}
