//! What can be wrong with a region's folder: every finding with its file and line.

use std::fmt;
use std::io::ErrorKind;

use standards::code::CodeError;

/// One thing that is wrong with the rules of a region, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingFault {
    /// The file, from the folder of the region on.
    pub file: String,
    /// The line, counted from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// What is wrong.
    pub error: MappingError,
}

impl fmt::Display for MappingFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(formatter, "{}: {}", self.file, self.error)
        } else {
            write!(formatter, "{}:{}: {}", self.file, self.line, self.error)
        }
    }
}

/// Everything that is wrong with a set of mappings; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingFaults(pub Vec<MappingFault>);

impl std::error::Error for MappingFaults {}

impl fmt::Display for MappingFaults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(MappingFault::to_string).collect();
        formatter.write_str(&lines.join("\n"))
    }
}

/// What can be wrong with the rules of a region. They are our own data, so the texts quote them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// A file or folder cannot be read.
    #[error("cannot be read: {kind}")]
    Unreadable {
        /// The operating system's reason.
        kind: ErrorKind,
    },
    /// The data of the contract that mappings are checked against cannot be read.
    #[error("the catalogue or the divisions cannot be read: {reason}")]
    Contract {
        /// What its own reader says.
        reason: String,
    },
    /// There is no region at all.
    #[error("no folder of a region")]
    NoRegion,
    /// A file of the folder is missing.
    #[error("the file is missing")]
    MissingFile,
    /// The folder is not named `<code>-<name>` after the region in its `mapping.toml`.
    #[error("the folder must be named after its region, {expected}-<name>")]
    FolderName {
        /// The region's code.
        expected: String,
    },
    /// Two folders are of one region.
    #[error("region {region} has another folder already")]
    RegionTwice {
        /// The region.
        region: String,
    },
    /// Not TOML, an unknown key, a missing key or a value of a wrong type.
    #[error("{reason}")]
    Syntax {
        /// What the reader of TOML says.
        reason: String,
    },
    /// The edition is empty or not a plain word.
    #[error("the edition must be 1 to 32 of 0-9 A-Z a-z . _ -")]
    Edition,
    /// There is no such canonical field.
    #[error("no canonical field {field:?}")]
    UnknownField {
        /// As written.
        field: String,
    },
    /// Two rules for one canonical field of a message.
    #[error("field {field:?} of {kind} has a rule already, at line {first}")]
    FieldTwice {
        /// The field.
        field: String,
        /// The kind of message.
        kind: &'static str,
        /// Line of the first rule.
        first: usize,
    },
    /// A field without which there is no message of a kind has no rule.
    #[error("field {field:?} has no rule for {kind}, which is never complete without it")]
    FieldWithoutRule {
        /// The field.
        field: &'static str,
        /// The kind of message.
        kind: &'static str,
    },
    /// A rule is for a kind of message that does not have the field.
    #[error("{kind} has no field {field:?}")]
    FieldOfOtherKind {
        /// The field.
        field: &'static str,
        /// The kind of message.
        kind: &'static str,
    },
    /// A kind of message is neither described nor said not to exist.
    #[error("{kind} has no [[message]]; say [[no_message]] and why, when the dialect has none")]
    KindMissing {
        /// The kind.
        kind: &'static str,
    },
    /// A kind of message is described twice.
    #[error("{kind} is described already, at line {first}")]
    KindTwice {
        /// The kind.
        kind: &'static str,
        /// Line of the first one.
        first: usize,
    },
    /// Two kinds of messages that one message could be.
    #[error("a message can be {kind} and {other} alike: give them conditions that exclude each other")]
    KindsAlike {
        /// The kind.
        kind: &'static str,
        /// The other one.
        other: &'static str,
    },
    /// A kind of message without any condition.
    #[error("a kind of message needs a condition that tells it from the others")]
    NoCondition,
    /// A condition that no written message would fulfil.
    #[error("the condition on {source_path:?} names no single value, so a required rule must write it")]
    ConditionNotWritten {
        /// The source of the condition.
        source_path: String,
    },
    /// A field of a list with a source that is none, or the other way round.
    #[error("{source_path:?}: field and source must both be of a list, with a *, or both not")]
    ListSource {
        /// As written.
        source_path: String,
    },
    /// A source that the wire format cannot have.
    #[error("{source_path:?} is no source in this format: a JSON Pointer such as /a/b, or a name or @name in XML")]
    Source {
        /// As written.
        source_path: String,
    },
    /// A source that is used by two parts of the file that exclude each other, or that runs through another.
    #[error("source {source_path:?} is in conflict with the one at line {first}")]
    SourceConflict {
        /// The source.
        source_path: String,
        /// Line of the other one.
        first: usize,
    },
    /// There is no such transform.
    #[error("no transform {transform:?}; known: {known}")]
    UnknownTransform {
        /// As written.
        transform: String,
        /// All names.
        known: String,
    },
    /// The transform gives what the field cannot be.
    #[error("transform {transform:?} does not give what {field} is")]
    TypeMismatch {
        /// The transform.
        transform: &'static str,
        /// The field.
        field: &'static str,
    },
    /// A rule or a source that is read past is for no kind of message that the dialect has.
    #[error("{source_path:?} is used by no message")]
    UnusedSource {
        /// The source.
        source_path: String,
    },
    /// The transform needs an option that the rule does not have.
    #[error("transform {transform:?} needs {option}")]
    OptionMissing {
        /// The transform.
        transform: &'static str,
        /// The option.
        option: &'static str,
    },
    /// The rule has an option that its transform does not use.
    #[error("transform {transform:?} has no use for {option}")]
    OptionUnused {
        /// The transform.
        transform: &'static str,
        /// The option.
        option: &'static str,
    },
    /// XML has no numbers.
    #[error("kind = \"number\" is for JSON only")]
    NumberInXml,
    /// There is no such code table.
    #[error("no table {table:?} in codes.toml")]
    UnknownTable {
        /// As written.
        table: String,
    },
    /// No rule uses the table.
    #[error("no rule uses table {table:?}")]
    UnusedTable {
        /// The table.
        table: String,
    },
    /// A code that stands twice in a table.
    #[error("code {code:?} stands in this table already")]
    CodeTwice {
        /// The code.
        code: String,
    },
    /// A row of a table that does not say what it is in the standard model.
    #[error("code {code:?} must say one of exact, lossy, unmapped")]
    Undeclared {
        /// The code.
        code: String,
    },
    /// A value of the field that no row writes.
    #[error("table {table:?} writes {value:?} with no code; add a code, or also_writes to the nearest one")]
    ValueWithoutCode {
        /// The table.
        table: String,
        /// The value.
        value: &'static str,
    },
    /// A value of the field that two rows write.
    #[error("{value:?} is written with the code of line {first} already")]
    ValueTwice {
        /// The value.
        value: &'static str,
        /// Line of the first row.
        first: usize,
    },
    /// A code table for a field that is no choice.
    #[error("table {table:?} is for {field}, which has no values to choose from")]
    TableOfText {
        /// The table.
        table: String,
        /// The field.
        field: &'static str,
    },
    /// A value that the canonical field cannot have.
    #[error("{value:?} is no value of {field}; known: {known}")]
    TableValue {
        /// As written.
        value: String,
        /// The field.
        field: &'static str,
        /// Its values.
        known: String,
    },
    /// There is no such same-standard item.
    #[error("no same-standard item {item:?} in the catalogue")]
    UnknownItem {
        /// As written.
        item: String,
    },
    /// The code of an authority does not hold.
    #[error("the code of the authority: {error}")]
    Authority {
        /// What is wrong with it.
        error: CodeError,
    },
    /// A known difference gives no reason.
    #[error("a known difference needs its reason")]
    ReasonMissing,
    /// The same difference is declared twice.
    #[error("the difference of {field:?} is declared already")]
    DifferenceTwice {
        /// The field.
        field: String,
    },
    /// There is no item at all, so no message could ever be read.
    #[error("no item")]
    NoItems,
}

impl MappingError {
    /// The stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "mapping.unreadable",
            Self::Contract { .. } => "mapping.contract",
            Self::NoRegion => "mapping.no_region",
            Self::MissingFile => "mapping.missing_file",
            Self::FolderName { .. } => "mapping.folder_name",
            Self::RegionTwice { .. } => "mapping.region_twice",
            Self::Syntax { .. } => "mapping.syntax",
            Self::Edition => "mapping.edition",
            Self::UnknownField { .. } => "mapping.unknown_field",
            Self::FieldTwice { .. } => "mapping.field_twice",
            Self::FieldWithoutRule { .. } => "mapping.field_without_rule",
            Self::FieldOfOtherKind { .. } => "mapping.field_of_other_kind",
            Self::KindMissing { .. } => "mapping.kind_missing",
            Self::KindTwice { .. } => "mapping.kind_twice",
            Self::KindsAlike { .. } => "mapping.kinds_alike",
            Self::NoCondition => "mapping.no_condition",
            Self::ConditionNotWritten { .. } => "mapping.condition_not_written",
            Self::ListSource { .. } => "mapping.list_source",
            Self::Source { .. } => "mapping.source",
            Self::SourceConflict { .. } => "mapping.source_conflict",
            Self::UnknownTransform { .. } => "mapping.unknown_transform",
            Self::TypeMismatch { .. } => "mapping.type_mismatch",
            Self::UnusedSource { .. } => "mapping.unused_source",
            Self::OptionMissing { .. } => "mapping.option_missing",
            Self::OptionUnused { .. } => "mapping.option_unused",
            Self::NumberInXml => "mapping.number_in_xml",
            Self::UnknownTable { .. } => "mapping.unknown_table",
            Self::UnusedTable { .. } => "mapping.unused_table",
            Self::CodeTwice { .. } => "mapping.code_twice",
            Self::Undeclared { .. } => "mapping.undeclared",
            Self::ValueWithoutCode { .. } => "mapping.value_without_code",
            Self::ValueTwice { .. } => "mapping.value_twice",
            Self::TableOfText { .. } => "mapping.table_of_text",
            Self::TableValue { .. } => "mapping.table_value",
            Self::UnknownItem { .. } => "mapping.unknown_item",
            Self::Authority { .. } => "mapping.authority",
            Self::ReasonMissing => "mapping.reason_missing",
            Self::DifferenceTwice { .. } => "mapping.difference_twice",
            Self::NoItems => "mapping.no_items",
        }
    }
}
