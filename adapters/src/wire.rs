//! The wire formats: bytes of a message to its leaves, and back.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;

use crate::fault::{Fault, Finding};
use crate::json;
use crate::leaf::{Leaf, Scalar};
use crate::limits::Limits;
use crate::xml::{self, Document, Element, Reader, Tag, XmlError};

/// How a region's messages are written, as its `mapping.toml` says under `[wire.json]` or `[wire.xml]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Wire {
    /// One JSON object, nested or flat; sources are JSON Pointers.
    Json {},
    /// A list of named values in XML; sources are names, or `@name` for an attribute of the group.
    Xml(NameValueList),
}

/// The elements around a list of named values: `<root><group stage="…"><entry name="…">value</entry>…`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameValueList {
    /// Name of the root element.
    pub root: String,
    /// Name of its only child.
    pub group: String,
    /// Name of each element in the group.
    pub entry: String,
    /// The attribute that names a value.
    pub name_attribute: String,
    /// The list of attachments beside the group, where the dialect has one.
    pub list: Option<ElementList>,
}

/// A list in XML: `<name><element>entries…</element>…</name>`, the second child of the root.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementList {
    /// Name of the list; sources are `name/*/NAME`.
    pub name: String,
    /// Name of each of its elements.
    pub element: String,
}

impl Wire {
    /// The media type of a message.
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Json {} => "application/json",
            Self::Xml(_) => "application/xml",
        }
    }

    /// Where a source is, in the notation of the format: a JSON Pointer or an `XPath`.
    pub fn locate(&self, source: &str) -> String {
        match self {
            Self::Json {} => source.to_owned(),
            Self::Xml(list) => list.locate(source),
        }
    }

    /// Whether `source` can be a source in this format. One `*` may stand for the number of an element of a list.
    pub fn accepts(&self, source: &str) -> bool {
        match self {
            Self::Json {} => {
                let is_token = |token: &str| !token.is_empty() && !token.bytes().all(|byte| byte.is_ascii_digit());
                let in_list = match source.matches('*').count() {
                    0 => true,
                    1 => source.contains("/*/"),
                    _ => false,
                };
                source.starts_with('/') && source.split('/').skip(1).all(is_token) && in_list
            }
            Self::Xml(list) => list.accepts(source),
        }
    }

    /// A message as text, within the limit and in the encoding that it states.
    pub(crate) fn decode<'a>(&self, bytes: &'a [u8], limits: &Limits) -> Result<Text<'a>, Vec<Fault>> {
        match self {
            Self::Json {} => {
                json::decode(bytes, limits).map(Text::Json).map_err(|error| vec![Fault::of_message(error)])
            }
            Self::Xml(_) => xml::decode(bytes, limits).map(Text::Xml).map_err(|error| vec![Fault::of_message(error)]),
        }
    }

    /// The leaves of a message, which borrow from its text.
    pub(crate) fn leaves<'a>(&self, text: &'a Text<'_>, limits: &'a Limits) -> Result<Vec<Leaf<'a>>, Vec<Fault>> {
        match (self, text) {
            (_, Text::Json(text)) => json::leaves(text, limits).map_err(|error| vec![Fault::of_message(error)]),
            (Self::Xml(list), Text::Xml(document)) => list.leaves(document, limits),
            (Self::Json {}, Text::Xml(_)) => Ok(Vec::new()),
        }
    }

    pub(crate) fn write(&self, leaves: &[Leaf<'_>]) -> Vec<u8> {
        match self {
            Self::Json {} => json::write(leaves),
            Self::Xml(list) => xml::write(&list.element(leaves)).into_bytes(),
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A message as text.
pub(crate) enum Text<'a> {
    Json(&'a str),
    Xml(Document<'a>),
}

impl NameValueList {
    fn accepts(&self, source: &str) -> bool {
        match (source.split_once("/*/"), &self.list) {
            (Some((name, entry)), Some(list)) => name == list.name && is_name(entry),
            (Some(_), None) => false,
            (None, _) => is_name(source.strip_prefix('@').unwrap_or(source)),
        }
    }

    fn locate(&self, source: &str) -> String {
        let Self { root, group, entry, name_attribute, .. } = self;
        if let Some(attribute) = source.strip_prefix('@') {
            return format!("/{root}/{group}/@{attribute}");
        }
        let in_list = self.list.as_ref().zip(source.split_once('/').and_then(|(_, rest)| rest.split_once('/')));
        match in_list {
            None => format!("/{root}/{group}/{entry}[@{name_attribute}='{source}']"),
            Some((list, (number, name))) => {
                // XPath counts from 1.
                let position = number.parse::<usize>().map(|number| format!("[{}]", number + 1)).unwrap_or_default();
                let ElementList { name: list_name, element } = list;
                format!("/{root}/{list_name}/{element}{position}/{entry}[@{name_attribute}='{name}']")
            }
        }
    }

    /// Reads the tags as they come. What is not well-formed is reported alone, wherever it stands, and so is a wrong outline.
    fn leaves<'a>(&self, document: &'a Document<'_>, limits: &'a Limits) -> Result<Vec<Leaf<'a>>, Vec<Fault>> {
        let of_message = |error| vec![Fault::of_message(error)];
        let reader = document.reader(limits).map_err(of_message)?;
        let mut reading =
            Reading { list: self, reader, leaves: Vec::with_capacity(USUAL_VALUES), faults: Vec::new(), outline: None };
        reading.root().map_err(of_message)?;
        match reading.outline {
            Some(fault) => Err(vec![fault]),
            None if reading.faults.is_empty() => Ok(reading.leaves),
            None => Err(reading.faults),
        }
    }

    fn element(&self, leaves: &[Leaf<'_>]) -> Element {
        let mut attributes = Vec::new();
        let mut entries = Vec::new();
        let mut elements: Vec<Element> = Vec::new();
        for leaf in leaves {
            let value = leaf.value.text().to_owned();
            if let Some(name) = leaf.path.strip_prefix('@') {
                attributes.push((name.to_owned(), value));
                continue;
            }
            let in_list = leaf.path.split_once('/').and_then(|(_, rest)| rest.split_once('/'));
            let (number, name) = in_list.map_or((None, &*leaf.path), |(number, name)| (number.parse().ok(), name));
            let entry = element(&self.entry, vec![(self.name_attribute.clone(), name.to_owned())], Vec::new(), value);
            match (number, &self.list) {
                (Some(number), Some(list)) => {
                    // Elements are written one after the other, each whole.
                    if elements.len() <= number {
                        elements.push(element(&list.element, Vec::new(), Vec::new(), String::new()));
                    }
                    if let Some(last) = elements.last_mut() {
                        last.children.push(entry);
                    }
                }
                _ => entries.push(entry),
            }
        }
        let mut children = vec![element(&self.group, attributes, entries, String::new())];
        if let Some(list) = self.list.as_ref().filter(|_| !elements.is_empty()) {
            children.push(element(&list.name, Vec::new(), elements, String::new()));
        }
        element(&self.root, Vec::new(), children, String::new())
    }
}

/// Values in a usual message: room that is made at once.
const USUAL_VALUES: usize = 40;

/// A list of named values while it is read.
struct Reading<'a, 'l> {
    list: &'l NameValueList,
    reader: Reader<'a>,
    leaves: Vec<Leaf<'a>>,
    faults: Vec<Fault>,
    /// What is wrong with root, group or list.
    outline: Option<Fault>,
}

impl<'a> Reading<'a, '_> {
    fn root(&mut self) -> Result<(), XmlError> {
        let list = self.list;
        let Some(Tag::Open { name }) = self.reader.next()? else { return Err(XmlError::NoRoot) };
        let line = self.reader.line();
        if name != list.root || !self.reader.attributes().is_empty() {
            self.outline = Some(wrong(line, format!("<{}>", list.root)));
        }
        let outline = || wrong(line, format!("one <{}> in <{}>", list.group, list.root));
        let (mut has_group, mut has_list) = (false, false);
        while let Some(Tag::Open { name }) = self.reader.next()? {
            match &list.list {
                _ if !has_group && name == list.group => {
                    has_group = true;
                    let attribute = |(name, value): &(&str, Cow<'a, str>)| Leaf {
                        path: format!("@{name}").into(),
                        value: Scalar::Text(value.clone()),
                    };
                    self.leaves.extend(self.reader.attributes().iter().map(attribute));
                    self.entries("")?;
                }
                Some(known) if has_group && !has_list && name == known.name => {
                    has_list = true;
                    self.elements(known)?;
                }
                _ => {
                    self.outline.get_or_insert_with(outline);
                    self.text()?;
                }
            }
        }
        if !has_group {
            self.outline.get_or_insert_with(outline);
        }
        // The root is closed: what follows can only be wrong.
        while self.reader.next()?.is_some() {}
        Ok(())
    }

    /// The elements of the list, whose start tag is read.
    fn elements(&mut self, known: &ElementList) -> Result<(), XmlError> {
        let (line, mut is_wrong) = (self.reader.line(), !self.reader.attributes().is_empty());
        let mut number = 0_usize;
        loop {
            match self.reader.next()? {
                Some(Tag::Open { name }) => {
                    let start = self.reader.start();
                    if name == known.element && self.reader.attributes().is_empty() {
                        let before = (self.leaves.len(), self.faults.len());
                        self.entries(&format!("{}/{number}/", known.name))?;
                        if before == (self.leaves.len(), self.faults.len()) {
                            self.wrong_element(known, start);
                        }
                    } else {
                        self.text()?;
                        self.wrong_element(known, start);
                    }
                    number += 1;
                }
                Some(Tag::Close { text }) => {
                    is_wrong |= !text.trim().is_empty();
                    break;
                }
                None => break,
            }
        }
        if is_wrong {
            self.faults.push(wrong(line, format!("<{}> elements", known.element)));
        }
        Ok(())
    }

    fn wrong_element(&mut self, known: &ElementList, start: usize) {
        let line = self.reader.line_at(start);
        self.faults.push(wrong(line, format!("<{}> with <{}> elements", known.element, self.list.entry)));
    }

    /// The entries of the group or of one element of the list, whose start tag is read.
    fn entries(&mut self, prefix: &str) -> Result<(), XmlError> {
        let (list, group) = (self.list, self.reader.start());
        let mut names = HashSet::with_capacity(USUAL_VALUES);
        loop {
            match self.reader.next()? {
                Some(Tag::Open { name }) => {
                    let name = match self.reader.attributes() {
                        // A name that could stand for an attribute, or break out of an XPath, is no name.
                        [(attribute, value)]
                            if name == list.entry && *attribute == list.name_attribute && is_name(value) =>
                        {
                            Some(value.clone())
                        }
                        _ => None,
                    };
                    let start = self.reader.start();
                    let (Some(name), Some(text)) = (name, self.text()?) else {
                        let expected =
                            format!("<{} {}=\"NAME\">value</{}>", list.entry, list.name_attribute, list.entry);
                        self.faults.push(wrong(self.reader.line_at(start), expected));
                        continue;
                    };
                    let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}{name}").into() };
                    if !names.insert(name) {
                        self.faults.push(Fault::at(list.locate(&path), Finding::DuplicateField));
                    }
                    self.leaves.push(Leaf { path, value: Scalar::Text(text) });
                }
                Some(Tag::Close { text }) => {
                    if !text.trim().is_empty() {
                        self.faults.push(wrong(self.reader.line_at(group), format!("<{}> elements", list.entry)));
                    }
                    return Ok(());
                }
                None => return Ok(()),
            }
        }
    }

    /// The text of an element whose start tag is read; none where it has child elements, which are read past.
    fn text(&mut self) -> Result<Option<Cow<'a, str>>, XmlError> {
        let (mut depth, mut has_children) = (1_usize, false);
        while let Some(tag) = self.reader.next()? {
            match tag {
                Tag::Open { .. } => {
                    depth += 1;
                    has_children = true;
                }
                Tag::Close { text } if depth == 1 => return Ok((!has_children).then_some(text)),
                Tag::Close { .. } => depth -= 1,
            }
        }
        Ok(None)
    }
}

fn element(name: &str, attributes: Vec<(String, String)>, children: Vec<Element>, text: String) -> Element {
    Element { name: name.to_owned(), attributes, children, text, line: 0 }
}

fn wrong(line: usize, expected: String) -> Fault {
    Fault::of_message(Finding::WrongShape { line, expected })
}
