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
            Self::Xml(list) => match source.strip_prefix('@') {
                Some(attribute) => format!("/{}/{}/@{attribute}", list.root, list.group),
                None => format!("/{}/{}/{}[@{}='{source}']", list.root, list.group, list.entry, list.name_attribute),
            },
        }
    }

    /// Whether `source` can be a source in this format.
    pub fn accepts(&self, source: &str) -> bool {
        match self {
            Self::Json {} => source.starts_with('/') && source.split('/').skip(1).all(|token| !token.is_empty()),
            Self::Xml(_) => {
                let name = source.strip_prefix('@').unwrap_or(source);
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            }
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

impl NameValueList {
    fn leaves(&self, root: Element) -> Result<Vec<Leaf>, Vec<Fault>> {
        let mut faults = Vec::new();
        let wrong = |line, expected: String| Fault::of_message(Finding::WrongShape { line, expected });
        if root.name != self.root || !root.attributes.is_empty() {
            return Err(vec![wrong(root.line, format!("<{}>", self.root))]);
        }
        let line = root.line;
        let Ok([group]) = <[Element; 1]>::try_from(root.children) else {
            return Err(vec![wrong(line, format!("one <{}> in <{}>", self.group, self.root))]);
        };
        if group.name != self.group {
            return Err(vec![wrong(group.line, format!("<{}>", self.group))]);
        }
        let mut leaves: Vec<Leaf> = group
            .attributes
            .into_iter()
            .map(|(name, value)| Leaf { path: format!("@{name}"), value: Scalar::Text(value) })
            .collect();
        if !group.text.trim().is_empty() {
            faults.push(wrong(group.line, format!("<{}> elements", self.entry)));
        }
        let mut names = HashSet::new();
        for entry in group.children {
            let line = entry.line;
            match self.leaf(&entry) {
                // A name that could stand for an attribute, or break out of an XPath, is no name.
                Some(leaf) if Wire::Xml(self.clone()).accepts(&leaf.path) && !leaf.path.starts_with('@') => {
                    if !names.insert(leaf.path.clone()) {
                        let path = Wire::Xml(self.clone()).locate(&leaf.path);
                        faults.push(Fault { path, field: None, finding: Finding::DuplicateField });
                    }
                    leaves.push(leaf);
                }
                _ => faults.push(wrong(
                    line,
                    format!("<{} {}=\"NAME\">value</{}>", self.entry, self.name_attribute, self.entry),
                )),
            }
        }
        if faults.is_empty() { Ok(leaves) } else { Err(faults) }
    }

    fn leaf(&self, entry: &Element) -> Option<Leaf> {
        if entry.name != self.entry || !entry.children.is_empty() {
            return None;
        }
        let [(attribute, name)] = entry.attributes.as_slice() else { return None };
        (*attribute == self.name_attribute)
            .then(|| Leaf { path: name.clone(), value: Scalar::Text(entry.text.clone()) })
    }

    fn element(&self, leaves: &[Leaf]) -> Element {
        let element = |name: &str, attributes, children, text| Element {
            name: name.to_owned(),
            attributes,
            children,
            text,
            line: 0,
        };
        let mut attributes = Vec::new();
        let mut entries = Vec::new();
        for leaf in leaves {
            let value = leaf.value.text();
            if let Some(name) = leaf.path.strip_prefix('@') {
                attributes.push((name.to_owned(), value));
            } else {
                let name = vec![(self.name_attribute.clone(), leaf.path.clone())];
                entries.push(element(&self.entry, name, Vec::new(), value));
            }
        }
        let group = element(&self.group, attributes, entries, String::new());
        element(&self.root, Vec::new(), vec![group], String::new())
    }
}
