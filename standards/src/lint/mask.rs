//! What a finding may show of a value: nothing that names a person.

use super::{ColumnKind, repair};
use crate::code::CreditCode;
use crate::field::Privacy;

/// Characters shown at the beginning of a personal number: the division, which names no person.
const SHOWN_BEFORE: usize = 6;
/// Characters shown at its end.
const SHOWN_BEHIND: usize = 1;
/// A number that is shorter is not shown at all: what is left would be most of it.
const LENGTH_MIN: usize = 12;
/// Characters of a value of a message that are shown at most.
const SHOWN_MAX: usize = 64;
/// Nobody alive was born before.
const YEAR_MIN: i16 = 1900;

/// The value as it may be printed: of a personal number the first six characters and the last. Personal is what stands in a column of
/// personal numbers, and what looks like a citizen's number wherever it stands.
pub fn masked(kind: ColumnKind, value: &str) -> String {
    if is_personal(kind, value) { hidden(value) } else { value.to_owned() }
}

/// The value of a field of a message as a fault may show it to whoever sent it: the beginning of a long one, and no number of a citizen
/// wherever it stands in it.
pub fn masked_in_message(privacy: Privacy, value: &str) -> String {
    let end = value.char_indices().nth(SHOWN_MAX).map_or(value.len(), |(at, _)| at);
    let (start, rest) = value.split_at_checked(end).unwrap_or((value, ""));
    let mut text = match privacy {
        Privacy::Personal => hidden(start),
        Privacy::Open => {
            let is_in_number = |c: char| c.is_ascii_digit() || c == 'X';
            let parts = start.split_inclusive(|c| !is_in_number(c)).map(|part| {
                let number = part.trim_end_matches(|c| !is_in_number(c));
                let behind = part.get(number.len()..).unwrap_or_default();
                if looks_like_a_citizen_id(number) { hidden(number) + behind } else { part.to_owned() }
            });
            parts.collect()
        }
    };
    if !rest.is_empty() {
        text.push('…');
    }
    text
}

fn hidden(value: &str) -> String {
    let length = value.chars().count();
    // A name has no division in front.
    let is_number = value.chars().take(SHOWN_BEFORE).all(|c| c.is_ascii_digit() || c.is_whitespace());
    let shown =
        |index: usize| is_number && length >= LENGTH_MIN && (index < SHOWN_BEFORE || index + SHOWN_BEHIND >= length);
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

    #[test]
    fn a_message_s_value_is_shown_short_and_without_a_citizens_number() {
        let long = "长".repeat(65);
        let cut = "长".repeat(64) + "…";
        for (privacy, value, shown) in [
            (Privacy::Open, "7", "7"),
            (Privacy::Open, "张三11010519491231002X，京", "张三110105***********X，京"),
            (Privacy::Open, "SECRET110101199003070011", "SECRET110101***********1"),
            (Privacy::Open, long.as_str(), cut.as_str()),
            (Privacy::Personal, "张三", "**"),
            (Privacy::Personal, "阿依古丽·买买提（虚构的人名）", "***************"),
            (Privacy::Personal, "11010519491231002X", "110105***********X"),
        ] {
            assert_eq!(masked_in_message(privacy, value), shown, "{value:?}");
        }
    }
}
