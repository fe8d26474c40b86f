//! 公民身份号码, the number of a person.

use super::{CodeError, CodeKind, check, code_type};

/// GB 11643-1999, 3.2.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS: &str = "10X98765432";

code_type! {
    /// 公民身份号码 (GB 11643-1999): six digits of a division, eight of the birth date, three of a sequence, one check character.
    /// Personal data: `{:?}` hides it.
    CitizenId, check_citizen_id
}

impl std::fmt::Debug for CitizenId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CitizenId(hidden)")
    }
}

fn check_citizen_id(text: &str) -> Result<(), CodeError> {
    let kind = CodeKind::CitizenId;
    check::length(kind, text, 18, "18")?;
    check::characters(kind, text, |position, character| {
        character.is_ascii_digit() || (position == 18 && character == 'X')
    })?;
    check::date(kind, text, 7)?;
    let sum: u32 =
        text.chars().zip(WEIGHTS).map(|(digit, weight)| digit.to_digit(10).unwrap_or_default() * weight).sum();
    let expected = CHECK_CHARACTERS.chars().nth((sum % 11) as usize).unwrap_or_default();
    check::check_digit(kind, expected, text.chars().next_back().unwrap_or_default())
}
