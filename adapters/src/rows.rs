//! The shape of the three files of a region's folder, as they are written.

use jiff::civil::Date;
use serde::Deserialize;
use standards::item::Limit;
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
    #[serde(default)]
    pub(crate) stage: Vec<StageRow>,
    pub(crate) field: Vec<FieldRow>,
    #[serde(default)]
    pub(crate) not_carried: Vec<NotCarriedRow>,
}

/// `[[stage]]`: what marks a concluding message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StageRow {
    pub(crate) source: Spanned<String>,
    pub(crate) value: String,
}

/// `[[field]]`: one rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldRow {
    pub(crate) field: Spanned<String>,
    pub(crate) source: Spanned<String>,
    pub(crate) transform: Spanned<String>,
    #[serde(default)]
    pub(crate) kind: Kind,
    #[serde(default)]
    pub(crate) required: bool,
    pub(crate) blank: Option<Vec<Blank>>,
    pub(crate) table: Option<Spanned<String>>,
    pub(crate) no_expiry: Option<String>,
}

/// `[[not_carried]]`: a field that is read past.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotCarriedRow {
    pub(crate) source: Spanned<String>,
    pub(crate) why: String,
    #[serde(default)]
    pub(crate) secret: bool,
}

/// `[[NAME]]` in `codes.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeRow {
    pub(crate) code: Spanned<String>,
    pub(crate) value: Option<Spanned<String>>,
    pub(crate) meaning: String,
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
