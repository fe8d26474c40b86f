//! 统一社会信用代码, the code of every organisation.

use super::{CodeError, CodeKind, check, code_type, show_in_debug};

const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
/// 3^(i-1) mod 31 (GB 32100-2015, 4.2).
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// GB 11714-1997, 3.3.
const ORGANISATION_WEIGHTS: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

code_type! {
    /// 统一社会信用代码 (GB 32100-2015): 18 characters. Positions 3 to 8 are the division of registration, 9 to 17 the organisation
    /// code of GB 11714 with its own check character, 18 the check character of the whole.
    CreditCode, check_credit_code
}
show_in_debug!(CreditCode);

impl CreditCode {
    /// The six digits of the division where the organisation is registered.
    pub fn division(&self) -> &str {
        self.0.get(2..8).unwrap_or_default()
    }

    /// 组织机构代码: the nine characters of GB 11714.
    pub fn organisation_code(&self) -> &str {
        self.0.get(8..17).unwrap_or_default()
    }
}

/// The place of a character in [`ALPHABET`], which leaves out I, O, S, V and Z.
fn value(character: char) -> Option<usize> {
    let (first, value_of_first) = match character {
        '0'..='9' => ('0', 0),
        'A'..='H' => ('A', 10),
        'J'..='N' => ('J', 18),
        'P'..='R' => ('P', 23),
        'T'..='U' => ('T', 26),
        'W'..='Y' => ('W', 28),
        _ => return None,
    };
    Some(value_of_first + (u32::from(character) - u32::from(first)) as usize)
}

fn weighted_sum(characters: &str, weights: &[usize], value: impl Fn(char) -> usize) -> usize {
    characters.chars().zip(weights).map(|(character, weight)| value(character) * weight).sum()
}

fn organisation_check(body: &str) -> char {
    // Here the letters count on from 10 without gaps, unlike in the outer alphabet.
    let digit = |character: char| character.to_digit(36).unwrap_or_default() as usize;
    match 11 - weighted_sum(body, &ORGANISATION_WEIGHTS, digit) % 11 {
        10 => 'X',
        11 => '0',
        rest => char::from_digit(u32::try_from(rest).unwrap_or_default(), 10).unwrap_or('0'),
    }
}

/// Whether nine characters of GB 11714 end in their check character.
pub(crate) fn organisation_code_holds(code: &str) -> bool {
    code.get(..8).is_some_and(|body| code.get(8..) == Some(organisation_check(body).to_string().as_str()))
}

fn check_credit_code(text: &str) -> Result<(), CodeError> {
    let kind = CodeKind::CreditCode;
    check::length(kind, text, 18, "18")?;
    check::characters(kind, text, |position, character| match position {
        3..=8 => character.is_ascii_digit(),
        _ => value(character).is_some(),
    })?;
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let last = |part: &str| part.chars().next_back().unwrap_or_default();

    let remainder = weighted_sum(part(0..17), &WEIGHTS, |character| value(character).unwrap_or_default()) % 31;
    let expected = ALPHABET.chars().nth((31 - remainder) % 31).unwrap_or_default();
    check::check_digit(kind, expected, last(text))?;

    let (expected, got) = (organisation_check(part(8..16)), last(part(8..17)));
    if expected == got { Ok(()) } else { Err(CodeError::OrganisationCheckDigit { expected, got }) }
}

#[cfg(test)]
mod tests {
    use super::{ALPHABET, value};

    #[test]
    fn each_character_has_its_place_in_the_alphabet() {
        for character in '\0'..='\u{ff}' {
            assert_eq!(value(character), ALPHABET.find(character), "{character}");
        }
    }
}
