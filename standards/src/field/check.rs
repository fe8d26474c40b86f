//! What the text of one field must be, by its row of the field table alone.

use std::fmt::{self, Display, Write};
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{COUNT_MAX, FieldFault, FieldKind, FieldPath};
use crate::code::{CodeKind, DivisionCode, ItemId};
use crate::division::Divisions;
use crate::item::Catalogue;

/// What codes are looked up in.
#[derive(Clone, Copy)]
pub(crate) struct Tables<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) divisions: &'a Divisions,
}

impl Tables<'_> {
    /// Whether a text is canonical and of a kind; `kind` is that of the row, or a narrower one.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(crate) fn check(self, path: FieldPath, kind: FieldKind, text: &str) -> Result<(), FieldFault> {
        let path = || path.to_string();
        let holds = match kind {
            FieldKind::Code(kind) => return self.check_code(path, kind, text),
            FieldKind::Text => return check_text(path, super::TEXT_LENGTH_MAX, text),
            FieldKind::Remark => return check_text(path, super::REMARK_LENGTH_MAX, text),
            FieldKind::Content => return check_content(path, text),
            FieldKind::Count => canonical::<u32>(text).is_some_and(|count| (1..=COUNT_MAX).contains(&count)),
            FieldKind::Digest => is_digest(text),
            FieldKind::Timestamp => canonical::<Timestamp>(text).is_some(),
            FieldKind::Date => canonical::<Date>(text).is_some(),
            FieldKind::DateOrNoExpiry => text == super::NO_EXPIRY || canonical::<Date>(text).is_some(),
            FieldKind::Choice(choices) => choices.contains(&text),
        };
        if holds {
            return Ok(());
        }
        Err(match kind {
            FieldKind::Count => FieldFault::Count { path: path(), max: COUNT_MAX },
            FieldKind::Digest => FieldFault::Digest { path: path() },
            FieldKind::Timestamp => FieldFault::Timestamp { path: path() },
            FieldKind::Choice(expected) => FieldFault::Choice { path: path(), expected },
            _ => FieldFault::Date { path: path() },
        })
    }

    fn check_code(self, path: impl Fn() -> String, kind: CodeKind, text: &str) -> Result<(), FieldFault> {
        let wrong = |source| FieldFault::Code { path: path(), source };
        match kind {
            CodeKind::ItemId => {
                let item: ItemId = text.parse().map_err(wrong)?;
                self.catalogue.get(&item).map(drop).ok_or_else(|| FieldFault::ItemUnknown { path: path() })
            }
            CodeKind::DivisionCode => {
                let division: DivisionCode = text.parse().map_err(wrong)?;
                let known = self.divisions.resolve(&division);
                known.map(drop).map_err(|_| FieldFault::DivisionUnknown { path: path() })
            }
            _ => kind.check(text).map_err(wrong),
        }
    }
}

fn check_text(path: impl Fn() -> String, max: usize, text: &str) -> Result<(), FieldFault> {
    if text.is_empty() || text.trim() != text {
        return Err(FieldFault::Untrimmed { path: path() });
    }
    // There are at most as many characters as bytes.
    if text.len() > max {
        let got = text.chars().count();
        if got > max {
            return Err(FieldFault::TooLong { path: path(), max, got });
        }
    }
    match text.chars().position(char::is_control) {
        Some(index) => Err(FieldFault::ControlCharacter { path: path(), position: index + 1 }),
        None => Ok(()),
    }
}

fn check_content(path: impl Fn() -> String, text: &str) -> Result<(), FieldFault> {
    let (got, max) = (text.len(), super::CONTENT_LENGTH_MAX);
    if got > max {
        return Err(FieldFault::TooLong { path: path(), max, got });
    }
    if is_base64(text) { Ok(()) } else { Err(FieldFault::Content { path: path() }) }
}

fn is_digest(text: &str) -> bool {
    let digits = text.strip_prefix("sm3:").or_else(|| text.strip_prefix("sha-256:"));
    let is_hex = |text: &str| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    digits.is_some_and(is_hex)
}

/// One value has one text: what reads well but would be written otherwise is refused.
fn canonical<T: FromStr + Display>(text: &str) -> Option<T> {
    let value = text.parse::<T>().ok()?;
    let mut expected = Expected(text);
    (write!(expected, "{value}").is_ok() && expected.0.is_empty()).then_some(value)
}

/// What is still to be written; anything else is an error.
struct Expected<'a>(&'a str);

impl Write for Expected<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
        Ok(())
    }
}

/// Base64 with padding, not empty; bits that nothing says are zero, so that one content has one text.
fn is_base64(text: &str) -> bool {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let body = text.trim_end_matches('=');
    let unused_bits = match text.len() - body.len() {
        0 => 0,
        1 => 0b11,
        2 => 0b1111,
        _ => return false,
    };
    let last = body.bytes().last().and_then(value);
    text.len().is_multiple_of(4)
        && body.bytes().all(|byte| value(byte).is_some())
        && last.is_some_and(|bits| bits & unused_bits == 0)
}
