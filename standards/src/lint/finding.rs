//! What the linter finds, each with a code that lists and waivers go by.

use crate::code::{CodeError, CodeKind, DivisionCode};
use crate::division::DivisionUnknown;

use super::ColumnKind;

/// 轻重: what a finding means for the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// 错误: the value would be refused.
    Fault,
    /// 提示: worth knowing, and nothing to correct.
    Note,
    /// 未检查: something was not judged, so nobody may call the list clean.
    Unread,
}

/// A finding about one value, one file, or one waiver. It holds single characters and positions, never a value, which may be personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LintFinding {
    /// What the strict check says, where there is nothing more telling.
    Code(CodeError),
    /// The division is in no table.
    UnknownDivision(DivisionUnknown),
    /// One digit over and over, a count, or a word such as 无.
    Placeholder,
    /// The word null as a text.
    NullText,
    /// Blanks or invisible characters.
    Blank,
    /// `="…"` or an apostrophe before the value.
    SpreadsheetMark,
    /// 1.10105E+17.
    ScientificNotation,
    /// Full-width characters.
    FullWidth,
    /// Small letters.
    LowerCase,
    /// A number where a text belongs (JSON).
    NumberForText,
    /// One character fewer than the code has.
    CharacterMissing {
        /// Characters that the code has.
        expected: usize,
        /// Characters found.
        got: usize,
    },
    /// Zeros in front were lost.
    LeadingZeros {
        /// Characters found.
        got: usize,
    },
    /// 组织机构代码: the nine characters that were in use before 2015.
    OldOrganisationCode {
        /// Whether its own check character holds.
        check_holds: bool,
    },
    /// 工商注册号: fifteen digits, in use before 2015.
    OldRegistrationNumber,
    /// A citizen's number of fifteen digits.
    OldCitizenId,
    /// I, O, Z, S or V.
    LetterOutsideAlphabet {
        /// Position, counted from 1.
        position: usize,
        /// The letter.
        letter: char,
    },
    /// A code that no registrar gives begins so, and its check character is wrong too.
    PseudoCode {
        /// The first character.
        first: char,
        /// The check character computed from the rest.
        expected: char,
        /// The check character found.
        got: char,
    },
    /// 33 characters where 31 belong.
    HandlingItemCode,
    /// A code that holds, but another one than belongs here.
    OtherKind {
        /// What it is.
        found: ColumnKind,
    },
    /// A local code with hyphens where an implementation code belongs.
    LocalCode,
    /// The credit code inside a longer code does not hold.
    CreditCodeInside {
        /// The outer code; `None` is a local one.
        kind: Option<CodeKind>,
        /// Where it begins, counted from 1.
        position: usize,
        /// What is wrong with it.
        inner: Box<LintFinding>,
    },
    /// The first two digits of a basic code are neither 00 nor a province.
    BasicCodeRegion {
        /// The two digits.
        region: String,
    },
    /// The basic code is of one province alone.
    LocalItem {
        /// The two digits of the province.
        region: String,
    },
    /// The division has another code today.
    SupersededDivision {
        /// The name that it had.
        name: String,
        /// The code today.
        current: DivisionCode,
        /// The name today.
        current_name: String,
        /// The year from which it counts.
        since: i16,
    },
    /// A bracket without its partner.
    NameBracketsUnbalanced,
    /// Brackets of both widths.
    NameBracketsMixed,
    /// （县级）.
    NameLevel {
        /// What stands in the brackets.
        level: String,
    },
    /// Not UTF-8.
    Encoding {
        /// The first line that is not, counted from 1.
        line: usize,
        /// What it probably is.
        probably: &'static str,
    },
    /// A row has another number of fields than the first line.
    RowWidth {
        /// Fields of the first line.
        expected: usize,
        /// Fields of this row.
        got: usize,
    },
    /// The rest of a file is above a limit.
    TooManyRows {
        /// The limit.
        max: usize,
    },
    /// The rest of a folder is above a limit.
    TooManyFiles {
        /// The limit.
        max: usize,
    },
    /// A folder inside so many others.
    FolderTooDeep {
        /// The limit.
        max: usize,
    },
    /// A folder without any file that is checked.
    NoFile,
    /// No column of the file is one that is checked.
    NothingToCheck,
    /// A waiver that has ended.
    WaiverExpired {
        /// Its place in the file, counted from 1.
        row: usize,
        /// Its last day.
        until: jiff::civil::Date,
    },
    /// A waiver that nothing was found for.
    WaiverUnused {
        /// Its place in the file, counted from 1.
        row: usize,
    },
}

impl LintFinding {
    /// The stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Code(error) => error.code(),
            Self::UnknownDivision(unknown) => unknown.code(),
            Self::CreditCodeInside { kind: Some(kind), .. } => kind.credit_code_finding(),
            Self::CreditCodeInside { kind: None, .. } => "lint.local_code_credit_code",
            Self::Placeholder => "lint.placeholder",
            Self::NullText => "lint.null_text",
            Self::Blank => "lint.blank",
            Self::SpreadsheetMark => "lint.spreadsheet_mark",
            Self::ScientificNotation => "lint.scientific_notation",
            Self::FullWidth => "lint.full_width",
            Self::LowerCase => "lint.lower_case",
            Self::NumberForText => "lint.number_for_text",
            Self::CharacterMissing { .. } => "lint.character_missing",
            Self::LeadingZeros { .. } => "lint.leading_zeros",
            Self::OldOrganisationCode { .. } => "lint.old_organisation_code",
            Self::OldRegistrationNumber => "lint.old_registration_number",
            Self::OldCitizenId => "lint.old_citizen_id",
            Self::LetterOutsideAlphabet { .. } => "lint.letter_outside_alphabet",
            Self::PseudoCode { .. } => "lint.pseudo_code",
            Self::HandlingItemCode => "lint.handling_item_code",
            Self::OtherKind { .. } => "lint.other_kind",
            Self::LocalCode => "lint.local_code",
            Self::BasicCodeRegion { .. } => "lint.basic_code_region",
            Self::LocalItem { .. } => "lint.local_item",
            Self::SupersededDivision { .. } => "lint.superseded_division",
            Self::NameBracketsUnbalanced => "lint.name_brackets_unbalanced",
            Self::NameBracketsMixed => "lint.name_brackets_mixed",
            Self::NameLevel { .. } => "lint.name_level",
            Self::Encoding { .. } => "lint.encoding",
            Self::RowWidth { .. } => "lint.row_width",
            Self::TooManyRows { .. } => "lint.too_many_rows",
            Self::TooManyFiles { .. } => "lint.too_many_files",
            Self::FolderTooDeep { .. } => "lint.folder_too_deep",
            Self::NoFile => "lint.no_file",
            Self::NothingToCheck => "lint.nothing_to_check",
            Self::WaiverExpired { .. } => "lint.waiver_expired",
            Self::WaiverUnused { .. } => "lint.waiver_unused",
        }
    }

    /// How much the finding matters.
    pub fn severity(&self) -> Severity {
        match self {
            Self::NullText
            | Self::NumberForText
            | Self::LocalItem { .. }
            | Self::SupersededDivision { .. }
            | Self::NameBracketsUnbalanced
            | Self::NameBracketsMixed
            | Self::NameLevel { .. }
            | Self::NothingToCheck
            | Self::WaiverUnused { .. } => Severity::Note,
            Self::Encoding { .. }
            | Self::TooManyRows { .. }
            | Self::TooManyFiles { .. }
            | Self::FolderTooDeep { .. }
            | Self::NoFile => Severity::Unread,
            Self::Code(_)
            | Self::UnknownDivision(_)
            | Self::Placeholder
            | Self::Blank
            | Self::SpreadsheetMark
            | Self::ScientificNotation
            | Self::FullWidth
            | Self::LowerCase
            | Self::CharacterMissing { .. }
            | Self::LeadingZeros { .. }
            | Self::OldOrganisationCode { .. }
            | Self::OldRegistrationNumber
            | Self::OldCitizenId
            | Self::LetterOutsideAlphabet { .. }
            | Self::PseudoCode { .. }
            | Self::HandlingItemCode
            | Self::OtherKind { .. }
            | Self::LocalCode
            | Self::CreditCodeInside { .. }
            | Self::BasicCodeRegion { .. }
            | Self::RowWidth { .. }
            | Self::WaiverExpired { .. } => Severity::Fault,
        }
    }

    /// Whether the value would be refused.
    pub fn is_fault(&self) -> bool {
        self.severity() == Severity::Fault
    }

    /// Every finding code of the linter's own, so that a test can hold a text for each.
    pub const CODES: &'static [&'static str] = &[
        "lint.local_code_credit_code",
        "lint.placeholder",
        "lint.null_text",
        "lint.blank",
        "lint.spreadsheet_mark",
        "lint.scientific_notation",
        "lint.full_width",
        "lint.lower_case",
        "lint.number_for_text",
        "lint.character_missing",
        "lint.leading_zeros",
        "lint.old_organisation_code",
        "lint.old_registration_number",
        "lint.old_citizen_id",
        "lint.letter_outside_alphabet",
        "lint.pseudo_code",
        "lint.handling_item_code",
        "lint.other_kind",
        "lint.local_code",
        "lint.basic_code_region",
        "lint.local_item",
        "lint.superseded_division",
        "lint.name_brackets_unbalanced",
        "lint.name_brackets_mixed",
        "lint.name_level",
        "lint.encoding",
        "lint.row_width",
        "lint.too_many_rows",
        "lint.too_many_files",
        "lint.folder_too_deep",
        "lint.no_file",
        "lint.nothing_to_check",
        "lint.waiver_expired",
        "lint.waiver_unused",
    ];
}
