//! What exactly a finding found, in both languages: the part of its text that differs from value to value.

use crate::code::CodeError;
use crate::problem;

use super::LintFinding;

/// 详情: a phrase that follows the text of the finding's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Detail {
    fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

impl LintFinding {
    /// What exactly was found; `None` where the text of the code says it all.
    pub fn detail(&self) -> Option<Detail> {
        let detail = match self {
            Self::Code(error) => of_code(error),
            Self::CharacterMissing { expected, got } => of_length(&expected.to_string(), *got),
            Self::LeadingZeros { got } => of_length("12", *got),
            Self::OldOrganisationCode { check_holds: true } => {
                Detail::new("其自身校验位成立", "its own check character holds")
            }
            Self::OldOrganisationCode { check_holds: false } => {
                Detail::new("其自身校验位也不成立", "its own check character does not hold either")
            }
            Self::LetterOutsideAlphabet { position, letter } => of_character(*position, *letter),
            Self::PseudoCode { first, expected, got } => Detail::new(
                format!("首位为 {first}，校验位应为 {expected}，现为 {got}"),
                format!("it begins with {first}, and its check character must be {expected}, not {got}"),
            ),
            Self::OtherKind { found } => {
                let (label, key) = (found.label(), found.key());
                Detail::new(format!("是一个成立的{label}（{key}）"), format!("it is a good {key}"))
            }
            Self::CreditCodeInside { position, inner, .. } => inside(*position, inner),
            Self::BasicCodeRegion { region } => {
                Detail::new(format!("前两位为 {region}"), format!("its first two digits are {region}"))
            }
            Self::LocalItem { region } => Detail::new(format!("{region} 的地方事项"), format!("an item of {region}")),
            Self::SupersededDivision { name, current, current_name, since } => Detail::new(
                format!("原{name}，{since} 年起为 {current} {current_name}"),
                format!("formerly {name}, since {since} {current} {current_name}"),
            ),
            Self::NameLevel { level } => {
                Detail::new(format!("括号内为“{level}”"), format!("the brackets hold {level}"))
            }
            Self::Encoding { line, probably } => Detail::new(
                format!("第 {line} 行起不是 UTF-8，很可能是 {probably}"),
                format!("not UTF-8 from line {line} on, probably {probably}"),
            ),
            Self::RowWidth { expected, got } => Detail::new(
                format!("首行 {expected} 列，本行 {got} 列"),
                format!("{expected} columns in the first line, {got} here"),
            ),
            Self::TooManyRows { max } | Self::TooManyFiles { max } | Self::FolderTooDeep { max } => {
                Detail::new(format!("上限 {max}"), format!("the limit is {max}"))
            }
            Self::WaiverExpired { row, until } => {
                Detail::new(format!("第 {row} 条，截止 {until}"), format!("waiver {row}, which ended with {until}"))
            }
            Self::WaiverUnused { row } => Detail::new(format!("第 {row} 条"), format!("waiver {row}")),
            Self::UnknownDivision(_)
            | Self::Placeholder
            | Self::NullText
            | Self::Blank
            | Self::SpreadsheetMark
            | Self::ScientificNotation
            | Self::FullWidth
            | Self::LowerCase
            | Self::NumberForText
            | Self::OldRegistrationNumber
            | Self::OldCitizenId
            | Self::HandlingItemCode
            | Self::LocalCode
            | Self::NameBracketsUnbalanced
            | Self::NameBracketsMixed
            | Self::NoFile
            | Self::NothingToCheck => return None,
        };
        Some(detail)
    }
}

fn of_code(error: &CodeError) -> Detail {
    match error {
        CodeError::Length { expected, got, .. } => of_length(expected, *got),
        CodeError::Character { position, got, .. } | CodeError::Level { position, got, .. } => {
            of_character(*position, *got)
        }
        CodeError::CheckDigit { expected, got, .. } => {
            Detail::new(format!("应为 {expected}，现为 {got}"), format!("it must be {expected}, not {got}"))
        }
        CodeError::OrganisationCheckDigit { expected, got } => Detail::new(
            format!("第 17 位应为 {expected}，现为 {got}"),
            format!("position 17 must be {expected}, not {got}"),
        ),
        CodeError::Date { from, to, .. } => {
            Detail::new(format!("第 {from} 至 {to} 位"), format!("positions {from} to {to}"))
        }
        CodeError::CreditCodeInside { position, source, .. } => {
            inside(*position, &LintFinding::Code((**source).clone()))
        }
        CodeError::Shape { expected, .. } => Detail::new(format!("应为 {expected}"), format!("it must be {expected}")),
    }
}

fn of_length(expected: &str, got: usize) -> Detail {
    Detail::new(
        format!("应为 {expected} 位，现为 {got} 位"),
        format!("it must have {expected} characters, and has {got}"),
    )
}

/// A character that shows nothing is named by its number.
fn of_character(position: usize, character: char) -> Detail {
    let shown = character.escape_debug();
    Detail::new(format!("第 {position} 位为 {shown}"), format!("position {position} is {shown}"))
}

/// The finding about the credit code inside, told whole: where it begins, what is wrong, and what exactly.
fn inside(position: usize, inner: &LintFinding) -> Detail {
    let text = problem::text(inner.code());
    let (zh, en) = text.map_or(("", ""), |text| (text.zh.as_str(), text.en.as_str()));
    let (more_zh, more_en) = match inner.detail() {
        Some(Detail { zh, en }) => (format!("，{zh}"), format!(", {en}")),
        None => (String::new(), String::new()),
    };
    Detail::new(format!("第 {position} 位起：{zh}{more_zh}"), format!("from position {position}: {en}{more_en}"))
}
