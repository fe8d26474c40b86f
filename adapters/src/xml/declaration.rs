//! The start of an XML message: byte order mark and declaration, which say how the rest is to be read.

use std::borrow::Cow;

use super::{XmlError, is_space};
use crate::encoding::{self, BYTE_ORDER_MARK, Encoding, EncodingError};

/// A declaration longer than this is none.
const LENGTH_MAX: usize = 200;

/// A message as text, and where its declaration ends.
pub(crate) struct Document<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) body: usize,
}

/// Decodes a message as its start says.
pub(super) fn decode(bytes: &[u8]) -> Result<Document<'_>, XmlError> {
    encoding::refuse_wide(bytes)?;
    let mark = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let (declared, length) = declaration(bytes.get(mark..).unwrap_or_default())?;
    let text = match declared {
        Some(declared) if mark > 0 && declared != Encoding::Utf8 => {
            return Err(EncodingError::Contradicted { declared }.into());
        }
        None if mark > 0 => encoding::decode(bytes, Some(Encoding::Utf8))?,
        Some(_) | None => encoding::decode(bytes, declared)?,
    };
    Ok(Document { text, body: mark + length })
}

/// The encoding that the declaration states, and its length. Without a declaration there is neither.
fn declaration(bytes: &[u8]) -> Result<(Option<Encoding>, usize), XmlError> {
    let is_declaration = matches!(bytes, [b'<', b'?', b'x', b'm', b'l', b' ' | b'\t' | b'\r' | b'\n' | b'?', ..]);
    if !is_declaration {
        return Ok((None, 0));
    }
    let refused = XmlError::Declaration { line: 1 };
    let start = bytes.get(..bytes.len().min(LENGTH_MAX)).unwrap_or_default();
    let length = start.windows(2).position(|pair| pair == b"?>").ok_or_else(|| refused.clone())?;
    let inner = start.get(b"<?xml".len()..length).and_then(|inner| std::str::from_utf8(inner).ok());
    let stated = inner.and_then(stated_encoding).ok_or(refused)?;
    let encoding = stated.map(|name| Encoding::named(name).ok_or(EncodingError::Unknown)).transpose()?;
    Ok((encoding, length + b"?>".len()))
}

/// XML 1.0, 2.8: version, then encoding, then standalone. Gives the name of the encoding, where there is one.
#[expect(clippy::option_option, reason = "no declaration at all, and one without an encoding, are two things")]
fn stated_encoding(inner: &str) -> Option<Option<&str>> {
    let (version, rest) = pseudo_attribute(inner, "version")?;
    let (encoding, rest) = pseudo_attribute(rest, "encoding").map_or((None, rest), |(name, rest)| (Some(name), rest));
    let (standalone, rest) =
        pseudo_attribute(rest, "standalone").map_or((None, rest), |(value, rest)| (Some(value), rest));
    let holds = version == "1.0"
        && encoding.is_none_or(is_encoding_name)
        && standalone.is_none_or(|value| matches!(value, "yes" | "no"))
        && rest.chars().all(is_space);
    holds.then_some(encoding)
}

/// `name = "value"` after white space, and what follows it.
fn pseudo_attribute<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let rest = text.strip_prefix(is_space)?.trim_start_matches(is_space);
    let rest = rest.strip_prefix(name)?.trim_start_matches(is_space);
    let rest = rest.strip_prefix('=')?.trim_start_matches(is_space);
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest.get(1..)?.split_once(quote)
}

/// XML 1.0, 4.3.3 `EncName`.
fn is_encoding_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}
