//! The one strict reader of XML: what it does not need, it refuses.
//!
//! quick-xml is fast and lenient; this wrapper adds what a hostile peer would use. There are no document types, processing
//! instructions or own entities, so there is nothing to expand or to fetch.

use std::fmt::Write as _;

use quick_xml::events::{BytesDecl, BytesRef, BytesStart, BytesText, Event};
use quick_xml::reader::Reader;

use crate::limits::Limits;

/// One element with its attributes, and either child elements or text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The name as written, with its prefix if there is one.
    pub name: String,
    /// Attributes in document order; no name occurs twice.
    pub attributes: Vec<(String, String)>,
    /// Child elements in document order.
    pub children: Vec<Element>,
    /// The text, comments taken out and references resolved; empty where there are children.
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

/// Why a text is not the strict XML that is read here. Carries places, never content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Longer than the limit.
    #[error("{bytes} bytes, at most {max} are read")]
    TooLong {
        /// Length of the message.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Not UTF-8.
    #[error("not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// First byte that is wrong, counted from 0.
        offset: usize,
    },
    /// A character that XML 1.0 (2.2) forbids, written plainly or as a reference.
    #[error("line {line}: a character that XML forbids")]
    IllegalCharacter {
        /// Where.
        line: usize,
    },
    /// A document type declaration.
    #[error("line {line}: DOCTYPE is refused")]
    DocumentType {
        /// Where.
        line: usize,
    },
    /// A processing instruction.
    #[error("line {line}: processing instructions are refused")]
    ProcessingInstruction {
        /// Where.
        line: usize,
    },
    /// An XML declaration that is not at the very start, not version 1.0, or names another encoding than UTF-8.
    #[error("line {line}: the XML declaration must come first and say version 1.0, encoding UTF-8")]
    Declaration {
        /// Where.
        line: usize,
    },
    /// A second element beside the root.
    #[error("line {line}: a second root element")]
    SecondRoot {
        /// Where.
        line: usize,
    },
    /// Text before or after the root.
    #[error("line {line}: text outside the root element")]
    TextOutsideRoot {
        /// Where.
        line: usize,
    },
    /// Text beside child elements.
    #[error("line {line}: text beside elements")]
    MixedContent {
        /// Where.
        line: usize,
    },
    /// Nested too deep.
    #[error("line {line}: nested deeper than {max}")]
    TooDeep {
        /// Where.
        line: usize,
        /// The limit.
        max: usize,
    },
    /// More elements than the limit.
    #[error("more than {max} elements")]
    TooManyElements {
        /// The limit.
        max: usize,
    },
    /// A text or an attribute over its limit.
    #[error("line {line}: a value longer than {max} bytes")]
    ValueTooLong {
        /// Where.
        line: usize,
        /// The limit.
        max: usize,
    },
    /// An attribute given twice.
    #[error("line {line}: an attribute is given twice")]
    DuplicateAttribute {
        /// Where.
        line: usize,
    },
    /// An entity other than lt, gt, amp, quot, apos.
    #[error("line {line}: an unknown entity")]
    UnknownEntity {
        /// Where.
        line: usize,
    },
    /// Not well-formed in any other way.
    #[error("line {line}: not well-formed")]
    IllFormed {
        /// Where.
        line: usize,
    },
    /// There is no element at all.
    #[error("no root element")]
    NoRoot,
}

impl XmlError {
    /// The stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "xml.too_long",
            Self::NotUtf8 { .. } => "xml.not_utf8",
            Self::IllegalCharacter { .. } => "xml.illegal_character",
            Self::DocumentType { .. } => "xml.doctype",
            Self::ProcessingInstruction { .. } => "xml.processing_instruction",
            Self::Declaration { .. } => "xml.declaration",
            Self::SecondRoot { .. } => "xml.second_root",
            Self::TextOutsideRoot { .. } => "xml.text_outside_root",
            Self::MixedContent { .. } => "xml.mixed_content",
            Self::TooDeep { .. } => "xml.too_deep",
            Self::TooManyElements { .. } => "xml.too_many_elements",
            Self::ValueTooLong { .. } => "xml.value_too_long",
            Self::DuplicateAttribute { .. } => "xml.duplicate_attribute",
            Self::UnknownEntity { .. } => "xml.unknown_entity",
            Self::IllFormed { .. } => "xml.ill_formed",
            Self::NoRoot => "xml.no_root",
        }
    }
}

/// Reads a whole document and gives its root element.
///
/// # Errors
/// The first thing that is not strict XML within `limits`.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Element, XmlError> {
    if bytes.len() > limits.bytes_max {
        return Err(XmlError::TooLong { bytes: bytes.len(), max: limits.bytes_max });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| XmlError::NotUtf8 { offset: error.valid_up_to() })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(at) = text.find(|c| !is_xml_char(c)) {
        return Err(XmlError::IllegalCharacter { line: 1 + newlines(text.get(..at)) });
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    let mut tree = Tree { open: Vec::new(), root: None, elements: 0, limits };
    let (mut start, mut line) = (0, 1);
    loop {
        let position = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        line += newlines(text.get(start..position));
        start = position;
        match reader.read_event().map_err(|error| from_engine(&error, line))? {
            Event::Start(tag) => tree.open(&tag, line)?,
            Event::Empty(tag) => {
                tree.open(&tag, line)?;
                tree.close(line)?;
            }
            Event::End(_) => tree.close(line)?,
            Event::Text(part) => tree.text(&plain_text(&part, line)?, line)?,
            Event::CData(part) => tree.character_data(&part.xml10_content(), line)?,
            Event::GeneralRef(reference) => tree.character_data(&resolve(&reference, line)?, line)?,
            Event::Comment(_) => {}
            Event::Decl(declaration) if start == 0 => check_declaration(&declaration)?,
            Event::Decl(_) => return Err(XmlError::Declaration { line }),
            Event::PI(_) => return Err(XmlError::ProcessingInstruction { line }),
            Event::DocType(_) => return Err(XmlError::DocumentType { line }),
            Event::Eof => return tree.finish(line),
        }
    }
}

/// The tree under construction: the elements still open, outermost first.
struct Tree<'a> {
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
    limits: &'a Limits,
}

impl Tree<'_> {
    fn open(&mut self, tag: &BytesStart<'_>, line: usize) -> Result<(), XmlError> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(XmlError::SecondRoot { line });
        }
        if self.open.len() >= self.limits.depth_max {
            return Err(XmlError::TooDeep { line, max: self.limits.depth_max });
        }
        self.elements += 1;
        if self.elements > self.limits.values_max {
            return Err(XmlError::TooManyElements { max: self.limits.values_max });
        }
        let name = tag.name().as_ref().to_owned();
        if !is_name(&name) {
            return Err(XmlError::IllFormed { line });
        }
        let attributes = self.attributes(tag, line)?;
        self.open.push(Element { name, attributes, children: Vec::new(), text: String::new(), line });
        Ok(())
    }

    fn attributes(&self, tag: &BytesStart<'_>, line: usize) -> Result<Vec<(String, String)>, XmlError> {
        use quick_xml::XmlVersion;
        use quick_xml::events::attributes::AttrError;
        if !attributes_are_separated(tag.attributes_raw()) {
            return Err(XmlError::IllFormed { line });
        }
        let mut found = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| match error {
                AttrError::Duplicated(..) => XmlError::DuplicateAttribute { line },
                _ => XmlError::IllFormed { line },
            })?;
            let name = attribute.key.as_ref().to_owned();
            if !is_name(&name) {
                return Err(XmlError::IllFormed { line });
            }
            let value =
                attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|_| XmlError::UnknownEntity { line })?;
            if !value.chars().all(is_xml_char) {
                return Err(XmlError::IllegalCharacter { line });
            }
            if value.len() > self.limits.value_bytes_max {
                return Err(XmlError::ValueTooLong { line, max: self.limits.value_bytes_max });
            }
            found.push((name, value.into_owned()));
        }
        Ok(found)
    }

    fn close(&mut self, line: usize) -> Result<(), XmlError> {
        let mut element = self.open.pop().ok_or(XmlError::IllFormed { line })?;
        if !element.children.is_empty() {
            // Indentation between elements is no content.
            if !element.text.chars().all(is_space) {
                return Err(XmlError::MixedContent { line });
            }
            element.text.clear();
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    /// Text as it stands between tags: white space is allowed outside the root.
    fn text(&mut self, text: &str, line: usize) -> Result<(), XmlError> {
        if self.open.is_empty() && text.chars().all(is_space) {
            return Ok(());
        }
        self.character_data(text, line)
    }

    fn character_data(&mut self, text: &str, line: usize) -> Result<(), XmlError> {
        let Some(element) = self.open.last_mut() else {
            return Err(XmlError::TextOutsideRoot { line });
        };
        element.text.push_str(text);
        if element.text.len() > self.limits.value_bytes_max {
            return Err(XmlError::ValueTooLong { line, max: self.limits.value_bytes_max });
        }
        Ok(())
    }

    fn finish(self, line: usize) -> Result<Element, XmlError> {
        if !self.open.is_empty() {
            return Err(XmlError::IllFormed { line });
        }
        self.root.ok_or(XmlError::NoRoot)
    }
}

/// What the engine found wrong, without the content that its own messages quote.
fn from_engine(error: &quick_xml::Error, line: usize) -> XmlError {
    use quick_xml::errors::{Error, IllFormedError, SyntaxError};
    match error {
        Error::Syntax(SyntaxError::UnclosedDoctype) | Error::IllFormed(IllFormedError::MissingDoctypeName) => {
            XmlError::DocumentType { line }
        }
        Error::Syntax(SyntaxError::UnclosedPI) => XmlError::ProcessingInstruction { line },
        _ => XmlError::IllFormed { line },
    }
}

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
    let version_is_1_0 = declaration.version().is_ok_and(|version| version == "1.0");
    let encoding_is_utf8 = match declaration.encoding() {
        None => true,
        Some(encoding) => encoding.is_ok_and(|name| name.eq_ignore_ascii_case("utf-8")),
    };
    if version_is_1_0 && encoding_is_utf8 { Ok(()) } else { Err(XmlError::Declaration { line: 1 }) }
}

fn plain_text(part: &BytesText<'_>, line: usize) -> Result<String, XmlError> {
    let text = part.xml10_content();
    // XML 1.0, 2.4: the end of a CDATA section must not stand in plain text.
    if text.contains("]]>") { Err(XmlError::IllFormed { line }) } else { Ok(text.into_owned()) }
}

fn resolve(reference: &BytesRef<'_>, line: usize) -> Result<String, XmlError> {
    if let Some(c) = reference.resolve_char_ref().map_err(|_| XmlError::IllegalCharacter { line })? {
        return if is_xml_char(c) { Ok(c.to_string()) } else { Err(XmlError::IllegalCharacter { line }) };
    }
    quick_xml::escape::resolve_predefined_entity(&reference.xml10_content())
        .map(str::to_owned)
        .ok_or(XmlError::UnknownEntity { line })
}

/// Writes one element and all that is in it, one child a line, indented by two spaces.
pub fn write(element: &Element) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    write_element(&mut out, element, 0);
    out
}

fn write_element(out: &mut String, element: &Element, depth: usize) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{:indent$}<{}", "", element.name, indent = depth * 2);
    for (name, value) in &element.attributes {
        let _ = write!(out, " {name}=\"{}\"", escape(value));
    }
    if element.children.is_empty() {
        let _ = writeln!(out, ">{}</{}>", escape(&element.text), element.name);
        return;
    }
    out.push_str(">\n");
    for child in &element.children {
        write_element(out, child, depth + 1);
    }
    let _ = writeln!(out, "{:indent$}</{}>", "", element.name, indent = depth * 2);
}

/// White space is escaped too: a reader would otherwise change it in attributes and at line ends.
fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out
}

/// XML 1.0, 2.2 Char.
pub(crate) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' ')
}

/// XML 1.0, 2.3 Name.
fn is_name(name: &str) -> bool {
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

/// Whether white space follows each quoted value and no value holds a `<` (XML 1.0, 3.1): quick-xml looks at neither.
fn attributes_are_separated(raw: &str) -> bool {
    let mut quote = None;
    let mut after_value = false;
    for c in raw.chars() {
        if after_value && !is_space(c) {
            return false;
        }
        after_value = false;
        match (quote, c) {
            (_, '<') => return false,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => {
                quote = None;
                after_value = true;
            }
            _ => {}
        }
    }
    true
}

fn newlines(text: Option<&str>) -> usize {
    text.unwrap_or_default().bytes().filter(|&b| b == b'\n').count()
}
