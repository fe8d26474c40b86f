//! Why a code does not hold: the typical faults of real lists, told before what the strict check says.

use std::str::FromStr;

use crate::code::{
    BasicCode, CaseNumber, CitizenId, CodeError, CodeKind, CreditCode, HandlingItemCode, ImplementationCode, LicenseId,
    organisation_code_holds,
};

use super::{ColumnKind, LintFinding, repair};

/// Where the two credit codes of a licence identifier begin, counted from 1.
const LICENSE_CREDIT_CODES: [usize; 2] = [16, 38];

/// What the strict check says, and whether a single character is missing.
pub(super) fn strict<T: FromStr<Err = CodeError>>(text: &str) -> Option<LintFinding> {
    Some(telling(text.parse::<T>().err()?))
}

/// The finding of a strict check, more telling where only one character is missing.
fn telling(error: CodeError) -> LintFinding {
    if let CodeError::Length { expected, got, .. } = &error
        && let Ok(expected) = expected.parse::<usize>()
        && got + 1 == expected
    {
        return LintFinding::CharacterMissing { expected, got: *got };
    }
    LintFinding::Code(error)
}

/// What is wrong with a credit code; `registrars` are the characters that one may begin with.
pub(super) fn credit_code(text: &str, registrars: &str) -> Option<LintFinding> {
    // Eighteen zeros have the right check character: what is a placeholder is asked first.
    if repair::is_placeholder(text) {
        return Some(LintFinding::Placeholder);
    }
    let error = text.parse::<CreditCode>().err()?;
    let first = text.chars().next().unwrap_or_default();
    match error {
        CodeError::Length { .. } => old_organisation_code(text)
            .or_else(|| (text.len() == 15 && all_digits(text)).then_some(LintFinding::OldRegistrationNumber))
            .or_else(|| Some(telling(error))),
        CodeError::Character { position, got: letter, .. } if repair::is_left_out(letter) => {
            Some(LintFinding::LetterOutsideAlphabet { position, letter })
        }
        CodeError::CheckDigit { expected, got, .. } if !registrars.contains(first) => {
            Some(LintFinding::PseudoCode { first, expected, got })
        }
        error => Some(LintFinding::Code(error)),
    }
}

/// Nine characters of GB 11714, with the hyphen before the check character or without.
fn old_organisation_code(text: &str) -> Option<LintFinding> {
    let (body, check) = match (text.len(), text.rsplit_once('-')) {
        (10, Some((body, check))) => (body, check),
        (9, None) => text.split_at_checked(8)?,
        _ => return None,
    };
    let is_check = |byte: u8| byte.is_ascii_digit() || byte == b'X';
    let shaped =
        body.len() == 8 && body.bytes().all(|byte| byte.is_ascii_alphanumeric()) && check.bytes().all(is_check);
    shaped.then(|| LintFinding::OldOrganisationCode { check_holds: organisation_code_holds(&format!("{body}{check}")) })
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What is wrong with a citizen's number.
pub(super) fn citizen_id(text: &str) -> Option<LintFinding> {
    let found = strict::<CitizenId>(text)?;
    Some(if text.len() == 15 && all_digits(text) { LintFinding::OldCitizenId } else { found })
}

/// What is wrong with the number of an applicant's document. Only the two that have a check are judged: passports and permits have other
/// lengths.
pub(super) fn holder_id(text: &str, registrars: &str) -> Option<LintFinding> {
    let of_credit_code = credit_code(text, registrars)?;
    let of_citizen_id = citizen_id(text)?;
    let is_number = |digits: &str| all_digits(digits.strip_suffix('X').unwrap_or(digits));
    match text.chars().count() {
        10 => matches!(of_credit_code, LintFinding::OldOrganisationCode { .. }).then_some(of_credit_code),
        15 if all_digits(text) => Some(of_citizen_id),
        17..=19 if is_number(text) => Some(of_citizen_id),
        17..=19 => Some(of_credit_code),
        _ => None,
    }
}

/// Everything that is wrong with a licence identifier: its check character, and both credit codes inside.
pub(super) fn license_id(text: &str, registrars: &str) -> Vec<LintFinding> {
    let inner = LICENSE_CREDIT_CODES
        .into_iter()
        .filter_map(|position| credit_code_inside(Some(CodeKind::LicenseId), text, position, registrars));
    match text.parse::<LicenseId>() {
        Ok(_) | Err(CodeError::CreditCodeInside { .. }) => inner.collect(),
        Err(error @ CodeError::CheckDigit { .. }) => std::iter::once(LintFinding::Code(error)).chain(inner).collect(),
        Err(error) => vec![LintFinding::Code(error)],
    }
}

/// What is wrong with the credit code that begins at `position` (from 1) of a longer code.
pub(super) fn credit_code_inside(
    kind: Option<CodeKind>,
    text: &str,
    position: usize,
    registrars: &str,
) -> Option<LintFinding> {
    let inner = text.get(position - 1..position + 17).unwrap_or_default();
    let inner = Box::new(credit_code(inner, registrars)?);
    Some(LintFinding::CreditCodeInside { kind, position, inner })
}

/// Whether a value that does not hold here is a good code of another kind.
pub(super) fn other_kind(kind: ColumnKind, text: &str) -> Option<LintFinding> {
    let parses: [(ColumnKind, bool); 7] = [
        (ColumnKind::CreditCode, text.parse::<CreditCode>().is_ok()),
        (ColumnKind::CitizenId, text.parse::<CitizenId>().is_ok()),
        (ColumnKind::BasicCode, text.parse::<BasicCode>().is_ok()),
        (ColumnKind::ImplementationCode, text.parse::<ImplementationCode>().is_ok()),
        (ColumnKind::HandlingItemCode, text.parse::<HandlingItemCode>().is_ok()),
        (ColumnKind::CaseNumber, text.parse::<CaseNumber>().is_ok()),
        (ColumnKind::LicenseId, text.parse::<LicenseId>().is_ok()),
    ];
    let mut others = parses.into_iter().filter(|(other, holds)| *holds && *other != kind);
    // Twelve digits are a division as much as a basic code: there is no telling.
    let divided = kind == ColumnKind::DivisionCode;
    others
        .find(|(other, _)| !(divided && *other == ColumnKind::BasicCode))
        .map(|(found, _)| LintFinding::OtherKind { found })
}
