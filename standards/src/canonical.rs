//! Canonical JSON (RFC 8785) for the JSON that we make ourselves: one value has one text, so it can be hashed.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// The largest integer that every JSON reader keeps exactly (RFC 8785, appendix D).
pub const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Reads a count that every JSON reader keeps exactly, for `#[serde(deserialize_with)]`.
///
/// # Errors
/// Something that is no count, or a count above [`INTEGER_MAX`].
pub(crate) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let count = u64::deserialize(deserializer)?;
    if count <= INTEGER_MAX { Ok(count) } else { Err(D::Error::custom("a count above 9007199254740991")) }
}

/// 规范 JSON: a value of the JSON that we make. There is no null and no fraction: what is absent is left out, and numbers count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// A text.
    String(String),
    /// A count; the makers keep it at most [`INTEGER_MAX`].
    Integer(u64),
    /// A truth.
    Bool(bool),
    /// Values in their own order.
    Array(Vec<Json>),
    /// Members; they are written in the order of their names' UTF-16 code units.
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// An object of these members; those that are `None` are left out.
    pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, Option<Json>)>) -> Self {
        Self::Object(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
    }

    /// An array of what each element becomes.
    pub fn array<T>(elements: impl IntoIterator<Item = T>, element: impl Fn(T) -> Json) -> Self {
        Self::Array(elements.into_iter().map(element).collect())
    }

    /// A text of anything that displays itself.
    pub fn text(value: &impl ToString) -> Self {
        Self::String(value.to_string())
    }

    /// The canonical text, without a line end.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::String(text) => write_string(text, out),
            Self::Integer(count) => out.push_str(&count.to_string()),
            Self::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Self::Array(elements) => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    element.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                // The map orders by code point, which differs from UTF-16 beyond the basic plane.
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
                out.push('{');
                for (index, (name, value)) in members.into_iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_string(name, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// RFC 8785, 3.2.2.2: two-character escapes where they exist, `\u00xx` for the other controls, everything else as it is.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            control if control < ' ' => {
                out.push_str("\\u00");
                for shift in [4, 0] {
                    out.push(char::from_digit((control as u32 >> shift) & 0xf, 16).unwrap_or_default());
                }
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
