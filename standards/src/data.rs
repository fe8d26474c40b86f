//! What can be wrong with the data of the contract itself: catalogue, regions, divisions, texts.

use crate::code::{BasicCode, CodeError, ItemId, RegionCode};

/// A fault in a data file. The embedded files are held by tests; an edition under trial is loaded through the same checks.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file is not UTF-8.
    #[error("{file}: not UTF-8")]
    NotUtf8 {
        /// The file.
        file: String,
    },
    /// A TOML file does not say what its type needs; the source names line and key.
    #[error("{file}: {source}")]
    Toml {
        /// The file.
        file: String,
        /// Line, column and reason.
        source: Box<toml::de::Error>,
    },
    /// A CSV file does not hold the rows it should; the source names the line.
    #[error("{file}: {source}")]
    Csv {
        /// The file.
        file: String,
        /// Line and reason.
        source: Box<csv::Error>,
    },
    /// A row of the divisions is no division code.
    #[error("{file} line {line}: {source}")]
    DivisionCode {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with the code.
        source: CodeError,
    },
    /// The first line of the divisions does not name its columns.
    #[error("{file}: the first line must be code,name,superseded_by,since")]
    DivisionHeader {
        /// The file.
        file: String,
    },
    /// The same division stands twice.
    #[error("{file}: division {code} stands twice")]
    DivisionTwice {
        /// The file.
        file: String,
        /// The division.
        code: String,
    },
    /// A division is superseded by one that does not stand in the file, or that is superseded itself.
    #[error("{file}: division {code} is superseded by {by}, which is not a current division")]
    DivisionSuccessor {
        /// The file.
        file: String,
        /// The superseded division.
        code: String,
        /// Its successor as written.
        by: String,
    },
    /// A division has a successor without the year from which it counts, or a year without a successor.
    #[error("{file}: division {code}: superseded_by and since go together")]
    DivisionSince {
        /// The file.
        file: String,
        /// The division.
        code: String,
    },
    /// The file of an item is not named after its item.
    #[error("{file}: holds item {item}, and must be named after it")]
    ItemFileName {
        /// The file.
        file: String,
        /// The item inside.
        item: ItemId,
    },
    /// Two items share a basic code, so a message would not say which is meant.
    #[error("{file}: basic code {basic_code} belongs to another item already")]
    BasicCodeTwice {
        /// The file of the second item.
        file: String,
        /// The code.
        basic_code: BasicCode,
    },
    /// An item is recognised in fewer than two regions, or names one twice.
    #[error("{file}: recognised_in must name at least two different regions")]
    RecognisedInTooFew {
        /// The file.
        file: String,
    },
    /// An item without acceptance criteria or without materials has not got the four agreed parts.
    #[error("{file}: {part} is empty")]
    AgreedPartEmpty {
        /// The file.
        file: String,
        /// The part of the four.
        part: &'static str,
    },
    /// The type of a licence is not a credit code and three digits.
    #[error("{file}: license_type must be a credit code and three digits")]
    LicenseType {
        /// The file.
        file: String,
    },
    /// The catalogue does not say which edition it is.
    #[error("{file}: names no edition")]
    EditionMissing {
        /// The file that should.
        file: String,
    },
    /// The committed limit is longer than the statutory one.
    #[error("{file}: the committed limit is longer than the statutory one")]
    LimitLongerThanStatutory {
        /// The file.
        file: String,
    },
    /// A case that ends at the window has a committed limit, or one that does not has none.
    #[error("{file}: case_kind = immediate and a committed limit of 0 go together")]
    LimitOfCaseKind {
        /// The file.
        file: String,
    },
    /// The same material stands twice in an item.
    #[error("{file}: material {material} stands twice")]
    MaterialTwice {
        /// The file.
        file: String,
        /// The material.
        material: String,
    },
    /// A material is conditional without its condition, or has one without being conditional.
    #[error("{file}: material {material}: necessity = conditional and only_if go together")]
    MaterialNecessity {
        /// The file.
        file: String,
        /// The material.
        material: String,
    },
    /// A material that nobody hands in names no shared data, or names some that the vocabulary does not have.
    #[error("{file}: material {material}: exempted_by must be a key of shared_data.toml")]
    MaterialSharedData {
        /// The file.
        file: String,
        /// The material.
        material: String,
    },
    /// A condition names a fact that the vocabulary does not have, or tests it for what it cannot be.
    #[error("{file}: the condition on {fact} does not fit facts.toml")]
    Condition {
        /// The file.
        file: String,
        /// The fact.
        fact: String,
    },
    /// The same word stands twice in the vocabulary.
    #[error("{file}: {key} stands twice")]
    WordTwice {
        /// The file.
        file: String,
        /// The word.
        key: String,
    },
    /// Editions that are not in the order of time, share a name or do not overlap; or a newest one with an end.
    #[error(
        "{file}: edition {edition} must begin before the next, be accepted beyond its first day, and only the newest has no end"
    )]
    EditionOrder {
        /// The file.
        file: String,
        /// The edition.
        edition: String,
    },
    /// The same region stands twice.
    #[error("{file}: region {region} stands twice")]
    RegionTwice {
        /// The file.
        file: String,
        /// The region.
        region: RegionCode,
    },
    /// A problem text stands twice, or in the file of another prefix.
    #[error("{file}: code {code} does not belong into this file")]
    ProblemPrefix {
        /// The file.
        file: String,
        /// The code.
        code: String,
    },
    /// A problem text is empty in one of its languages.
    #[error("{file}: code {code} lacks a text")]
    ProblemTextEmpty {
        /// The file.
        file: String,
        /// The code.
        code: String,
    },
}

impl DataError {
    /// The stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 { .. } => "data.not_utf8",
            Self::Toml { .. } => "data.toml",
            Self::Csv { .. } => "data.csv",
            Self::DivisionCode { .. } => "data.division_code",
            Self::DivisionHeader { .. } => "data.division_header",
            Self::DivisionTwice { .. } => "data.division_twice",
            Self::DivisionSuccessor { .. } => "data.division_successor",
            Self::DivisionSince { .. } => "data.division_since",
            Self::ItemFileName { .. } => "data.item_file_name",
            Self::BasicCodeTwice { .. } => "data.basic_code_twice",
            Self::RecognisedInTooFew { .. } => "data.recognised_in_too_few",
            Self::AgreedPartEmpty { .. } => "data.agreed_part_empty",
            Self::LicenseType { .. } => "data.license_type",
            Self::EditionMissing { .. } => "data.edition_missing",
            Self::LimitLongerThanStatutory { .. } => "data.limit_longer_than_statutory",
            Self::LimitOfCaseKind { .. } => "data.limit_of_case_kind",
            Self::MaterialTwice { .. } => "data.material_twice",
            Self::MaterialNecessity { .. } => "data.material_necessity",
            Self::MaterialSharedData { .. } => "data.material_shared_data",
            Self::Condition { .. } => "data.condition",
            Self::WordTwice { .. } => "data.word_twice",
            Self::EditionOrder { .. } => "data.edition_order",
            Self::RegionTwice { .. } => "data.region_twice",
            Self::ProblemPrefix { .. } => "data.problem_prefix",
            Self::ProblemTextEmpty { .. } => "data.problem_text_empty",
        }
    }

    /// Every finding code of this kind.
    pub const CODES: &'static [&'static str] = &[
        "data.not_utf8",
        "data.toml",
        "data.csv",
        "data.division_code",
        "data.division_header",
        "data.division_twice",
        "data.division_successor",
        "data.division_since",
        "data.item_file_name",
        "data.basic_code_twice",
        "data.recognised_in_too_few",
        "data.agreed_part_empty",
        "data.license_type",
        "data.edition_missing",
        "data.limit_longer_than_statutory",
        "data.limit_of_case_kind",
        "data.material_twice",
        "data.material_necessity",
        "data.material_shared_data",
        "data.condition",
        "data.word_twice",
        "data.edition_order",
        "data.region_twice",
        "data.problem_prefix",
        "data.problem_text_empty",
    ];
}

/// Reads a TOML file of the contract, naming the file in what is wrong.
pub(crate) fn from_toml<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, DataError> {
    toml::from_str(text).map_err(|source| DataError::Toml { file: file.to_owned(), source: Box::new(source) })
}
