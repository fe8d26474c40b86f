//! What a finding may show of a value: nothing that names a person.

use super::{ColumnKind, repair};
use crate::code::CreditCode;

/// Characters shown at the beginning of a personal number: the division, which names no person.
const SHOWN_BEFORE: usize = 6;
/// Characters shown at its end.
const SHOWN_BEHIND: usize = 1;
/// A number that is shorter is not shown at all: what is left would be most of it.
const LENGTH_MIN: usize = 12;
/// Nobody alive was born before.
const YEAR_MIN: i16 = 1900;

/// The value as it may be printed: of a personal number the first six characters and the last. Personal is what stands in a column of
/// personal numbers, and what looks like a citizen's number wherever it stands.
pub fn masked(kind: ColumnKind, value: &str) -> String {
    if !is_personal(kind, value) {
        return value.to_owned();
    }
    let length = value.chars().count();
    let shown = |index: usize| length >= LENGTH_MIN && (index < SHOWN_BEFORE || index + SHOWN_BEHIND >= length);
    value.chars().enumerate().map(|(index, character)| if shown(index) { character } else { '*' }).collect()
}

fn is_personal(kind: ColumnKind, value: &str) -> bool {
    let text = repair::clean(ColumnKind::CreditCode, value).text;
    match kind {
        ColumnKind::CitizenId => true,
        _ if text.parse::<CreditCode>().is_ok() => false,
        ColumnKind::HolderId => true,
        _ => looks_like_a_citizen_id(&text),
    }
}

/// Fifteen to nineteen digits, perhaps an X at the end, with a birth date where one belongs; whether the check holds or not.
fn looks_like_a_citizen_id(text: &str) -> bool {
    let digits = text.strip_suffix('X').unwrap_or(text);
    if !(15..=19).contains(&text.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let is_birth_date = |century: &str, from: usize, to: usize| {
        let day = text.get(from..to).unwrap_or_default();
        jiff::civil::Date::strptime("%Y%m%d", format!("{century}{day}")).is_ok_and(|date| date.year() >= YEAR_MIN)
    };
    is_birth_date("", 6, 14) || (text.len() == 15 && is_birth_date("19", 6, 12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_personal_number_only_the_division_and_the_last_character_are_shown() {
        for (kind, value, shown) in [
            (ColumnKind::CitizenId, "11010519491231002X", "110105***********X"),
            (ColumnKind::CitizenId, "1101051949", "**********"),
            (ColumnKind::CitizenId, "张三", "**"),
            (ColumnKind::HolderId, "11010519491231002x", "110105***********x"),
            (ColumnKind::HolderId, "E12345678", "*********"),
            (ColumnKind::HolderId, "91110105FAKE100199", "91110105FAKE100199"),
            (ColumnKind::CreditCode, "11010519491231002X", "110105***********X"),
            (ColumnKind::CreditCode, " 110105194912310020", " 11010************0"),
            (ColumnKind::CaseId, "110105491231002", "110105********2"),
            (ColumnKind::CreditCode, "1111000OFAKE00013R", "1111000OFAKE00013R"),
            (ColumnKind::BasicCode, "000114003004", "000114003004"),
        ] {
            assert_eq!(masked(kind, value), shown, "{kind:?} {value:?}");
        }
    }
}
