//! The steps that the checks of several codes share.

use super::{CodeError, CodeKind, CreditCode};

/// Refuses a text that has not exactly `length` characters.
pub(super) fn length(kind: CodeKind, text: &str, length: usize, expected: &'static str) -> Result<(), CodeError> {
    let got = text.chars().count();
    if got == length { Ok(()) } else { Err(CodeError::Length { kind, expected, got }) }
}

/// Refuses the first character for which `allowed(position, character)` does not hold; positions count from 1.
pub(super) fn characters(kind: CodeKind, text: &str, allowed: impl Fn(usize, char) -> bool) -> Result<(), CodeError> {
    match text.chars().enumerate().find(|(index, character)| !allowed(index + 1, *character)) {
        Some((index, got)) => Err(CodeError::Character { kind, position: index + 1, got }),
        None => Ok(()),
    }
}

/// Compares the check character found with the one expected.
pub(super) fn check_digit(kind: CodeKind, expected: char, got: char) -> Result<(), CodeError> {
    if expected == got { Ok(()) } else { Err(CodeError::CheckDigit { kind, expected, got }) }
}

/// Refuses eight digits (already known to be digits) that are no day of the calendar.
pub(crate) fn date(kind: CodeKind, text: &str, from: usize) -> Result<jiff::civil::Date, CodeError> {
    let wrong = CodeError::Date { kind, from, to: from + 7 };
    let digits = text.get(from - 1..from + 7).unwrap_or_default();
    jiff::civil::Date::strptime("%Y%m%d", digits).map_err(|_| wrong)
}

/// Refuses a code whose inner credit code, at `position` (from 1), does not hold.
pub(super) fn credit_code_inside(kind: CodeKind, text: &str, position: usize) -> Result<(), CodeError> {
    let inner = text.get(position - 1..position + 17).unwrap_or_default();
    CreditCode::check(inner).map_err(|source| CodeError::CreditCodeInside { kind, position, source: Box::new(source) })
}
