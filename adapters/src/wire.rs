//! The wire formats: bytes of a message to its leaves, and back.

use std::collections::HashSet;

use serde::Deserialize;

use crate::fault::{Fault, Finding};
use crate::json;
use crate::leaf::{Leaf, Scalar};
use crate::limits::Limits;
use crate::xml::{self, Element};

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

    pub(crate) fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Vec<Leaf>, Vec<Fault>> {
        match self {
            Self::Json {} => json::parse(bytes, limits).map_err(|error| vec![Fault::of_message(error)]),
            Self::Xml(list) => {
                let root = xml::parse(bytes, limits).map_err(|error| vec![Fault::of_message(error)])?;
                list.leaves(root)
            }
        }
    }

    pub(crate) fn write(&self, leaves: &[Leaf]) -> Vec<u8> {
        match self {
            Self::Json {} => json::write(leaves),
            Self::Xml(list) => xml::write(&list.element(leaves)).into_bytes(),
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
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

    fn leaves(&self, root: Element) -> Result<Vec<Leaf>, Vec<Fault>> {
        if root.name != self.root || !root.attributes.is_empty() {
            return Err(vec![wrong(root.line, format!("<{}>", self.root))]);
        }
        let line = root.line;
        let mut children = root.children.into_iter();
        let group = children.next().filter(|group| group.name == self.group);
        let list = children.next();
        let is_list = |list: &Element| self.list.as_ref().is_some_and(|known| known.name == list.name);
        let (Some(group), true, true) = (group, list.as_ref().is_none_or(is_list), children.next().is_none()) else {
            return Err(vec![wrong(line, format!("one <{}> in <{}>", self.group, self.root))]);
        };
        let mut leaves: Vec<Leaf> = group
            .attributes
            .iter()
            .map(|(name, value)| Leaf { path: format!("@{name}"), value: Scalar::Text(value.clone()) })
            .collect();
        let mut faults = Vec::new();
        self.entries(group, "", &mut leaves, &mut faults);
        if let (Some(list), Some(known)) = (list, &self.list) {
            self.elements(list, known, &mut leaves, &mut faults);
        }
        if faults.is_empty() { Ok(leaves) } else { Err(faults) }
    }

    fn elements(&self, list: Element, known: &ElementList, leaves: &mut Vec<Leaf>, faults: &mut Vec<Fault>) {
        if !list.attributes.is_empty() || !list.text.trim().is_empty() {
            faults.push(wrong(list.line, format!("<{}> elements", known.element)));
        }
        for (number, element) in list.children.into_iter().enumerate() {
            if element.name != known.element || !element.attributes.is_empty() || element.children.is_empty() {
                faults.push(wrong(element.line, format!("<{}> with <{}> elements", known.element, self.entry)));
                continue;
            }
            self.entries(element, &format!("{}/{number}/", known.name), leaves, faults);
        }
    }

    /// The entries of the group or of one element of the list.
    fn entries(&self, parent: Element, prefix: &str, leaves: &mut Vec<Leaf>, faults: &mut Vec<Fault>) {
        if !parent.text.trim().is_empty() {
            faults.push(wrong(parent.line, format!("<{}> elements", self.entry)));
        }
        let mut names = HashSet::new();
        for entry in parent.children {
            let line = entry.line;
            match self.entry(entry) {
                // A name that could stand for an attribute, or break out of an XPath, is no name.
                Some((name, text)) if is_name(&name) => {
                    let path = format!("{prefix}{name}");
                    if !names.insert(name) {
                        faults.push(Fault { path: self.locate(&path), field: None, finding: Finding::DuplicateField });
                    }
                    leaves.push(Leaf { path, value: Scalar::Text(text) });
                }
                _ => faults.push(wrong(
                    line,
                    format!("<{} {}=\"NAME\">value</{}>", self.entry, self.name_attribute, self.entry),
                )),
            }
        }
    }

    /// Name and text of one entry.
    fn entry(&self, entry: Element) -> Option<(String, String)> {
        if entry.name != self.entry || !entry.children.is_empty() {
            return None;
        }
        let [(attribute, name)] = <[(String, String); 1]>::try_from(entry.attributes).ok()?;
        (attribute == self.name_attribute).then_some((name, entry.text))
    }

    fn element(&self, leaves: &[Leaf]) -> Element {
        let mut attributes = Vec::new();
        let mut entries = Vec::new();
        let mut elements: Vec<Element> = Vec::new();
        for leaf in leaves {
            let value = leaf.value.text();
            if let Some(name) = leaf.path.strip_prefix('@') {
                attributes.push((name.to_owned(), value));
                continue;
            }
            let in_list = leaf.path.split_once('/').and_then(|(_, rest)| rest.split_once('/'));
            let (number, name) =
                in_list.map_or((None, leaf.path.as_str()), |(number, name)| (number.parse().ok(), name));
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

fn element(name: &str, attributes: Vec<(String, String)>, children: Vec<Element>, text: String) -> Element {
    Element { name: name.to_owned(), attributes, children, text, line: 0 }
}

fn wrong(line: usize, expected: String) -> Fault {
    Fault::of_message(Finding::WrongShape { line, expected })
}
