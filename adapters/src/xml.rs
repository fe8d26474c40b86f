//! The one strict reader of XML: what it does not need, it refuses.
//!
//! quick-xml is fast and lenient; this wrapper adds what a hostile peer would use. There are no document types, processing
//! instructions, namespaces or own entities, so there is nothing to expand or to fetch.

mod declaration;
mod error;
mod reader;
mod write;

use std::borrow::Cow;

use crate::limits::Limits;
pub(crate) use declaration::Document;
pub(crate) use reader::{Reader, Tag};

pub use error::XmlError;
pub use write::write;

/// One element with its attributes, and either child elements or text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The name as written.
    pub name: String,
    /// Attributes in document order; no name occurs twice.
    pub attributes: Vec<(String, String)>,
    /// Child elements in document order.
    pub children: Vec<Element>,
    /// The text, references resolved; empty where there are children.
    pub text: String,
    /// Line of the start tag, counted from 1.
    pub line: usize,
}

impl Element {
    /// The value of one attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a whole document and gives its root element.
///
/// # Errors
/// The first thing that is not strict XML within `limits`.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Element, XmlError> {
    let document = decode(bytes, limits)?;
    let mut reader = document.reader(limits)?;
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    while let Some(tag) = reader.next()? {
        match tag {
            Tag::Open { name } => {
                let owned = |(name, value): &(&str, Cow<'_, str>)| ((*name).to_owned(), (**value).to_owned());
                open.push(Element {
                    name: name.to_owned(),
                    attributes: reader.attributes().iter().map(owned).collect(),
                    children: Vec::new(),
                    text: String::new(),
                    line: reader.line(),
                });
            }
            Tag::Close { text } => {
                let closed = open.pop().map(|element| Element { text: text.into_owned(), ..element });
                match (open.last_mut(), closed) {
                    (Some(parent), closed) => parent.children.extend(closed),
                    (None, closed) => root = closed,
                }
            }
        }
    }
    root.ok_or(XmlError::NoRoot)
}

/// The text of a message, within the limit before and after it is decoded: of GB 18030, two bytes become three.
pub(crate) fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Document<'a>, XmlError> {
    let within = |bytes| {
        if bytes > limits.bytes_max { Err(XmlError::TooLong { bytes, max: limits.bytes_max }) } else { Ok(()) }
    };
    within(bytes.len())?;
    let document = declaration::decode(bytes)?;
    within(document.text.len())?;
    Ok(document)
}

impl Document<'_> {
    pub(crate) fn reader<'a>(&'a self, limits: &'a Limits) -> Result<Reader<'a>, XmlError> {
        let (before, body) = self.text.split_at_checked(self.body).unwrap_or_default();
        Reader::new(body, 1 + newlines(before), limits)
    }
}

/// XML 1.0, 2.2 Char.
pub(crate) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The first byte of a character that is none of XML's. By bytes, because every message is looked through: controls are below a
/// blank, and U+FFFE and U+FFFF are EF BF BE and EF BF BF.
fn first_illegal(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    // Without an early end, many bytes are looked at side by side.
    let has_control = bytes.iter().fold(false, |has, byte| has | is_control(byte));
    let control = if has_control { bytes.iter().position(is_control) } else { None };
    let mut candidates = memchr::memchr_iter(0xef, bytes);
    let no_character = candidates.find(|at| matches!(bytes.get(*at..*at + 3), Some([0xef, 0xbf, 0xbe | 0xbf])));
    control.into_iter().chain(no_character).min()
}

fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' ')
}

/// XML 1.0, 2.3 Name.
fn is_name(name: &str) -> bool {
    // Nearly all names are letters.
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return true;
    }
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start)
        && chars.all(|c| {
            is_name_start(c)
                || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
        })
}

fn is_name_start(c: char) -> bool {
    matches!(c, ':' | '_' | 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|&b| b == b'\n').count()
}
