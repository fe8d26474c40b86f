//! Reading XML strictly, tag by tag: nothing is built, and texts are borrowed from the message where they stand as they are.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::escape::EscapeError;
use quick_xml::events::attributes::{AttrError, Attribute, Attributes};
use quick_xml::events::{BytesRef, BytesStart, BytesText, Event};

use super::{XmlError, first_illegal, is_name, is_space, newlines};
use crate::limits::Limits;

/// One tag of a document.
#[derive(Debug)]
pub(crate) enum Tag<'a> {
    /// An element begins.
    Open {
        /// Its name. Its attributes are [`Reader::attributes`], its line is [`Reader::line`].
        name: &'a str,
    },
    /// An element ends.
    Close {
        /// Its text, comments taken out and references resolved; empty where there were child elements.
        text: Cow<'a, str>,
    },
}

/// A document while it is read: what is strict XML comes out tag by tag, and the first thing that is not ends it.
pub(crate) struct Reader<'a> {
    engine: quick_xml::Reader<&'a [u8]>,
    text: &'a str,
    /// Where the event that was read last begins.
    start: usize,
    first_line: usize,
    limits: &'a Limits,
    open: Vec<Open<'a>>,
    has_root: bool,
    values: usize,
    /// Of the element that began last.
    attributes: Vec<(&'a str, Cow<'a, str>)>,
    /// The engine gives `<a/>` as one event.
    closes_at_once: bool,
}

/// An element that has begun and not ended.
#[derive(Default)]
struct Open<'a> {
    text: Cow<'a, str>,
    has_children: bool,
    has_comment: bool,
}

impl<'a> Reader<'a> {
    /// Reads `text`, whose declaration is taken off, and which begins in this line.
    pub(super) fn new(text: &'a str, first_line: usize, limits: &'a Limits) -> Result<Self, XmlError> {
        if let Some(at) = first_illegal(text) {
            return Err(XmlError::IllegalCharacter { line: first_line + newlines(text.get(..at).unwrap_or_default()) });
        }
        // The engine would take a second byte order mark off without a word.
        if text.starts_with('\u{feff}') {
            return Err(XmlError::TextOutsideRoot { line: first_line });
        }
        let mut engine = quick_xml::Reader::from_str(text);
        engine.config_mut().enable_all_checks(true);
        Ok(Self {
            engine,
            text,
            start: 0,
            first_line,
            limits,
            open: Vec::with_capacity(limits.depth_max.min(8)),
            has_root: false,
            values: 0,
            attributes: Vec::new(),
            closes_at_once: false,
        })
    }

    /// Where the tag that was read last begins.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// The line of a place, counted from 1. Few ask, so nobody counts on the way.
    pub(crate) fn line_at(&self, place: usize) -> usize {
        self.first_line + newlines(self.text.get(..place).unwrap_or_default())
    }

    /// The line of the tag that was read last.
    pub(crate) fn line(&self) -> usize {
        self.line_at(self.start)
    }

    /// The attributes of the element that began last, in document order; no name occurs twice.
    pub(crate) fn attributes(&self) -> &[(&'a str, Cow<'a, str>)] {
        &self.attributes
    }

    /// The next tag; none at the end of the document.
    pub(crate) fn next(&mut self) -> Result<Option<Tag<'a>>, XmlError> {
        if std::mem::take(&mut self.closes_at_once) {
            return self.close().map(Some);
        }
        loop {
            self.start = usize::try_from(self.engine.buffer_position()).unwrap_or(usize::MAX);
            match self.engine.read_event().map_err(|error| from_engine(&error, self.line()))? {
                Event::Start(tag) => return self.open(&tag).map(Some),
                Event::Empty(tag) => {
                    self.closes_at_once = true;
                    return self.open(&tag).map(Some);
                }
                Event::End(_) => return self.close().map(Some),
                Event::Text(part) => {
                    let text = plain_text(&part).ok_or_else(|| self.ill_formed())?;
                    self.text(text)?;
                }
                Event::CData(part) => self.character_data(part.xml10_content())?,
                Event::GeneralRef(reference) => self.character_data(resolve(&reference, || self.line())?)?,
                Event::Comment(_) => {
                    if let Some(element) = self.open.last_mut() {
                        element.has_comment = true;
                    }
                }
                Event::Decl(_) => return Err(XmlError::Declaration { line: self.line() }),
                Event::PI(_) => return Err(XmlError::ProcessingInstruction { line: self.line() }),
                Event::DocType(_) => return Err(XmlError::DocumentType { line: self.line() }),
                Event::Eof => return self.finish(),
            }
        }
    }

    fn open(&mut self, tag: &BytesStart<'a>) -> Result<Tag<'a>, XmlError> {
        match self.open.last_mut() {
            None if self.has_root => return Err(XmlError::SecondRoot { line: self.line() }),
            None => self.has_root = true,
            Some(parent) => parent.has_children = true,
        }
        if self.open.len() >= self.limits.depth_max {
            return Err(XmlError::TooDeep { line: self.line(), max: self.limits.depth_max });
        }
        self.count()?;
        // The event borrows from itself, this from the message.
        let content = self.text.get(self.start + 1..self.start + 1 + tag.len()).unwrap_or_default();
        let (name, rest) = content.split_at_checked(tag.name().as_ref().len()).ok_or_else(|| self.ill_formed())?;
        self.check_name(name)?;
        if !attributes_are_separated(rest) {
            return Err(self.ill_formed());
        }
        self.attributes.clear();
        for attribute in Attributes::new(content, name.len()) {
            let attribute = self.attribute(attribute)?;
            self.attributes.push(attribute);
        }
        self.open.push(Open::default());
        Ok(Tag::Open { name })
    }

    fn attribute(&mut self, attribute: Result<Attribute<'a>, AttrError>) -> Result<(&'a str, Cow<'a, str>), XmlError> {
        self.count()?;
        let attribute = attribute.map_err(|error| match error {
            AttrError::Duplicated(..) => XmlError::DuplicateAttribute { line: self.line() },
            _ => self.ill_formed(),
        })?;
        let name = attribute.key.0;
        self.check_name(name)?;
        if name == "xmlns" {
            return Err(XmlError::Namespace { line: self.line() });
        }
        let value = attribute.normalized_value(XmlVersion::Explicit1_0);
        let value = value.map_err(|error| from_attribute(&error, self.line()))?;
        // What stands there as it is has been looked through with the message.
        if matches!(value, Cow::Owned(_)) && first_illegal(&value).is_some() {
            return Err(XmlError::IllegalCharacter { line: self.line() });
        }
        if value.len() > self.limits.value_bytes_max {
            return Err(XmlError::ValueTooLong { line: self.line(), max: self.limits.value_bytes_max });
        }
        Ok((name, value))
    }

    fn ill_formed(&self) -> XmlError {
        XmlError::IllFormed { line: self.line() }
    }

    fn count(&mut self) -> Result<(), XmlError> {
        self.values += 1;
        if self.values > self.limits.values_max {
            return Err(XmlError::TooManyElements { max: self.limits.values_max });
        }
        Ok(())
    }

    fn check_name(&self, name: &str) -> Result<(), XmlError> {
        match name {
            _ if !is_name(name) => Err(self.ill_formed()),
            _ if name.bytes().any(|byte| byte == b':') => Err(XmlError::Namespace { line: self.line() }),
            _ => Ok(()),
        }
    }

    fn close(&mut self) -> Result<Tag<'a>, XmlError> {
        let element = self.open.pop().ok_or_else(|| self.ill_formed())?;
        if !element.has_children {
            if element.has_comment && !element.text.is_empty() {
                return Err(XmlError::CommentInValue { line: self.line() });
            }
            return Ok(Tag::Close { text: element.text });
        }
        // Indentation between elements is no content.
        if !element.text.chars().all(is_space) {
            return Err(XmlError::MixedContent { line: self.line() });
        }
        Ok(Tag::Close { text: Cow::Borrowed("") })
    }

    /// Text as it stands between tags: white space is allowed outside the root.
    fn text(&mut self, text: Cow<'a, str>) -> Result<(), XmlError> {
        if self.open.is_empty() && text.chars().all(is_space) {
            return Ok(());
        }
        self.character_data(text)
    }

    fn character_data(&mut self, text: Cow<'a, str>) -> Result<(), XmlError> {
        let Some(element) = self.open.last_mut() else {
            return Err(XmlError::TextOutsideRoot { line: self.line() });
        };
        if element.text.is_empty() {
            element.text = text;
        } else {
            element.text.to_mut().push_str(&text);
        }
        if element.text.len() > self.limits.value_bytes_max {
            return Err(XmlError::ValueTooLong { line: self.line(), max: self.limits.value_bytes_max });
        }
        Ok(())
    }

    fn finish(&self) -> Result<Option<Tag<'a>>, XmlError> {
        match (self.open.is_empty(), self.has_root) {
            (true, true) => Ok(None),
            (true, false) => Err(XmlError::NoRoot),
            (false, _) => Err(self.ill_formed()),
        }
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

fn from_attribute(error: &quick_xml::Error, line: usize) -> XmlError {
    use quick_xml::Error::Escape;
    match error {
        Escape(EscapeError::UnrecognizedEntity(..)) => XmlError::UnknownEntity { line },
        Escape(EscapeError::InvalidCharRef(_)) => XmlError::IllegalCharacter { line },
        _ => XmlError::IllFormed { line },
    }
}

fn plain_text<'a>(part: &BytesText<'a>) -> Option<Cow<'a, str>> {
    let text = part.xml10_content();
    // XML 1.0, 2.4: the end of a CDATA section must not stand in plain text.
    (!(text.contains('>') && text.contains("]]>"))).then_some(text)
}

fn resolve(reference: &BytesRef<'_>, line: impl Fn() -> usize) -> Result<Cow<'static, str>, XmlError> {
    if let Some(c) = reference.resolve_char_ref().map_err(|_| XmlError::IllegalCharacter { line: line() })? {
        let text = c.to_string();
        return match first_illegal(&text) {
            None => Ok(text.into()),
            Some(_) => Err(XmlError::IllegalCharacter { line: line() }),
        };
    }
    quick_xml::escape::resolve_predefined_entity(&reference.xml10_content())
        .map(Cow::Borrowed)
        .ok_or_else(|| XmlError::UnknownEntity { line: line() })
}

/// Whether white space follows each quoted value and no value holds a `<` (XML 1.0, 3.1): quick-xml looks at neither.
fn attributes_are_separated(raw: &str) -> bool {
    let mut quote = None;
    let mut after_value = false;
    for c in raw.bytes() {
        if after_value && !is_space(char::from(c)) {
            return false;
        }
        after_value = false;
        match (quote, c) {
            (_, b'<') => return false,
            (None, b'"' | b'\'') => quote = Some(c),
            (Some(open), _) if open == c => {
                quote = None;
                after_value = true;
            }
            _ => {}
        }
    }
    true
}
