//! Strict reading of the small XML files that a verification itself needs.
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use thiserror::Error;

use crate::limits::Limits;

/// What is wrong with an XML file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum XmlFault {
    /// Not well-formed.
    #[error("not well-formed at byte {at}")]
    Malformed {
        /// Where, in bytes from the start.
        at: u64,
    },
    /// Not UTF-8, or declared to be something else.
    #[error("not UTF-8")]
    NotUtf8,
    /// A character that XML 1.0 forbids, also when written as a reference.
    #[error("a character that XML forbids")]
    IllegalCharacter,
    /// A document type, and with it entities.
    #[error("a document type declaration")]
    DocType,
    /// A processing instruction other than the declaration at the start.
    #[error("a processing instruction")]
    ProcessingInstruction,
    /// An entity that XML does not define itself.
    #[error("an entity that is not predefined")]
    Entity,
    /// Content after the root element, or a second one.
    #[error("content outside the root element")]
    OutsideRoot,
    /// More than [`Limits::xml_bytes_max`], [`Limits::xml_depth_max`] or [`Limits::xml_elements_max`].
    #[error("more than {max} {what}")]
    Limit {
        /// Of what.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// Another root element than the file must have.
    #[error("the root element is not {expected}")]
    Root {
        /// Its local name.
        expected: &'static str,
    },
    /// An element that must be there once is not.
    #[error("{name} is missing")]
    Missing {
        /// Its local name.
        name: &'static str,
    },
    /// An element that may be there once is there twice: readers differ in which one they take.
    #[error("{name} is there more than once")]
    Repeated {
        /// Its local name.
        name: &'static str,
    },
}

impl XmlFault {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            XmlFault::Malformed { .. } => "container.xml_malformed",
            XmlFault::NotUtf8 => "container.xml_not_utf8",
            XmlFault::IllegalCharacter => "container.xml_illegal_character",
            XmlFault::DocType => "container.xml_doctype",
            XmlFault::ProcessingInstruction => "container.xml_processing_instruction",
            XmlFault::Entity => "container.xml_entity",
            XmlFault::OutsideRoot => "container.xml_outside_root",
            XmlFault::Limit { .. } => "container.xml_limit",
            XmlFault::Root { .. } => "container.xml_root",
            XmlFault::Missing { .. } => "container.xml_missing",
            XmlFault::Repeated { .. } => "container.xml_repeated",
        }
    }
}

/// One element. Names are local names: products differ in prefix and namespace address.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Node>,
}

impl Node {
    /// Reads a file whose root element must have this local name.
    pub(crate) fn read(bytes: &[u8], root: &'static str, limits: &Limits) -> Result<Node, XmlFault> {
        let node = parse(bytes, limits)?;
        if node.name == root { Ok(node) } else { Err(XmlFault::Root { expected: root }) }
    }

    /// Reads a file whatever its root element is.
    pub(crate) fn read_any(bytes: &[u8], limits: &Limits) -> Result<Node, XmlFault> {
        parse(bytes, limits)
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Its own text, without that of its children.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }

    pub(crate) fn all<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Node> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Every descendant to which this path of names leads.
    pub(crate) fn at<'n>(&'n self, path: &'n [&'n str]) -> Vec<&'n Node> {
        path.iter().fold(vec![self], |nodes, name| nodes.into_iter().flat_map(|node| node.all(name)).collect())
    }

    /// The child of this name, which may be there at most once.
    pub(crate) fn optional(&self, name: &'static str) -> Result<Option<&Node>, XmlFault> {
        let mut found = self.all(name);
        let first = found.next();
        if found.next().is_some() { Err(XmlFault::Repeated { name }) } else { Ok(first) }
    }

    /// The child of this name, which must be there once.
    pub(crate) fn one(&self, name: &'static str) -> Result<&Node, XmlFault> {
        self.optional(name)?.ok_or(XmlFault::Missing { name })
    }
}

fn parse(bytes: &[u8], limits: &Limits) -> Result<Node, XmlFault> {
    if bytes.len() > limits.xml_bytes_max {
        return Err(XmlFault::Limit { what: "bytes", max: limits.xml_bytes_max });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| XmlFault::NotUtf8)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if !text.chars().all(legal) {
        return Err(XmlFault::IllegalCharacter);
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut tree = Tree { limits, open: Vec::new(), root: None, elements: 0 };
    loop {
        let at = reader.buffer_position();
        let malformed = XmlFault::Malformed { at };
        match reader.read_event().map_err(|_| malformed.clone())? {
            Event::Start(start) => tree.start(&start, at)?,
            Event::Empty(start) => {
                tree.start(&start, at)?;
                tree.end()?;
            }
            Event::End(_) => tree.end()?,
            Event::Text(text) => tree.text(&text.xml10_content())?,
            Event::CData(text) if !tree.open.is_empty() => tree.text(&text.xml10_content())?,
            Event::CData(_) => return Err(XmlFault::OutsideRoot),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|_| malformed)?;
                tree.text(
                    character.or_else(|| predefined(&reference)).ok_or(XmlFault::Entity)?.encode_utf8(&mut [0; 4]),
                )?;
            }
            Event::Decl(declaration) if at == 0 => match declaration.encoding() {
                Some(Ok(encoding)) if !encoding.eq_ignore_ascii_case("utf-8") => return Err(XmlFault::NotUtf8),
                Some(Err(_)) => return Err(malformed),
                _ => {}
            },
            Event::Decl(_) | Event::PI(_) => return Err(XmlFault::ProcessingInstruction),
            Event::DocType(_) => return Err(XmlFault::DocType),
            Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    match tree {
        Tree { root: Some(root), open, .. } if open.is_empty() => Ok(root),
        _ => Err(XmlFault::Malformed { at: text.len() as u64 }),
    }
}

/// XML 1.0, production 2.
fn legal(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

fn predefined(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}

/// The elements read so far: a stack, so that depth costs no stack of ours.
struct Tree<'l> {
    limits: &'l Limits,
    open: Vec<Node>,
    root: Option<Node>,
    elements: usize,
}

impl Tree<'_> {
    fn start(&mut self, start: &BytesStart<'_>, at: u64) -> Result<(), XmlFault> {
        if self.root.is_some() {
            return Err(XmlFault::OutsideRoot);
        }
        self.elements += 1;
        if self.open.len() == self.limits.xml_depth_max {
            return Err(XmlFault::Limit { what: "levels", max: self.limits.xml_depth_max });
        }
        if self.elements > self.limits.xml_elements_max {
            return Err(XmlFault::Limit { what: "elements", max: self.limits.xml_elements_max });
        }
        let malformed = || XmlFault::Malformed { at };
        let mut node = Node { name: local(start.name().as_ref()).ok_or_else(malformed)?, ..Node::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| malformed())?;
            if attribute.value.contains('<') {
                return Err(malformed());
            }
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|_| XmlFault::Entity)?;
            if !value.chars().all(legal) {
                return Err(XmlFault::IllegalCharacter);
            }
            let key = local(attribute.key.as_ref()).ok_or_else(malformed)?;
            node.attributes.push((key, value.into_owned()));
        }
        self.open.push(node);
        Ok(())
    }

    fn end(&mut self) -> Result<(), XmlFault> {
        let node = self.open.pop().ok_or(XmlFault::OutsideRoot)?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.root = Some(node),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlFault> {
        if !text.chars().all(legal) {
            return Err(XmlFault::IllegalCharacter);
        }
        match self.open.last_mut() {
            Some(node) => node.text.push_str(text),
            None if text.trim_matches([' ', '\t', '\r', '\n']).is_empty() => {}
            None => return Err(XmlFault::OutsideRoot),
        }
        Ok(())
    }
}

/// The local part of a name; `None` where it is no name.
fn local(name: &str) -> Option<String> {
    let holds = |part: &str| {
        let mut characters = part.chars();
        characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && characters.all(|it| it.is_alphanumeric() || matches!(it, '_' | '-' | '.'))
    };
    let (prefix, local) = name.split_once(':').map_or((None, name), |(prefix, local)| (Some(prefix), local));
    (prefix.is_none_or(holds) && holds(local)).then(|| local.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(xml: &str) -> XmlFault {
        let limits = Limits { xml_depth_max: 4, xml_elements_max: 8, xml_bytes_max: 200, ..Limits::DEFAULT };
        parse(xml.as_bytes(), &limits).unwrap_err()
    }

    #[test]
    fn what_two_parsers_could_read_differently_is_refused() {
        let cases = [
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "container.xml_doctype"),
            ("<?xml version='1.0'?><?php 1?><a/>", "container.xml_processing_instruction"),
            ("<a/><?xml version='1.0'?>", "container.xml_processing_instruction"),
            ("<a/><b/>", "container.xml_outside_root"),
            ("<a/>text", "container.xml_outside_root"),
            ("text<a/>", "container.xml_outside_root"),
            ("<a/><![CDATA[ ]]>", "container.xml_outside_root"),
            ("<a>\u{1}</a>", "container.xml_illegal_character"),
            ("<a>&#1;</a>", "container.xml_illegal_character"),
            ("<a b='&#x8;'/>", "container.xml_illegal_character"),
            ("<a>&nbsp;</a>", "container.xml_entity"),
            ("<a b='&nbsp;'/>", "container.xml_entity"),
            ("<a b='1' b='2'/>", "container.xml_malformed"),
            ("<a b='<'/>", "container.xml_malformed"),
            ("<a><b></a></b>", "container.xml_malformed"),
            ("<a>", "container.xml_malformed"),
            ("<a></a", "container.xml_malformed"),
            ("<1a/>", "container.xml_malformed"),
            ("", "container.xml_malformed"),
            ("<?xml version='1.0' encoding='GBK'?><a/>", "container.xml_not_utf8"),
            ("<a><a><a><a><a/></a></a></a></a>", "container.xml_limit"),
            ("<a><b/><b/><b/><b/><b/><b/><b/><b/></a>", "container.xml_limit"),
        ];
        for (xml, code) in cases {
            assert_eq!(fault(xml).code(), code, "{xml}");
        }
        assert_eq!(fault(&format!("<a>{}</a>", " ".repeat(200))).code(), "container.xml_limit");
        assert_eq!(parse(b"<a>\xFF</a>", &Limits::DEFAULT).unwrap_err(), XmlFault::NotUtf8);
    }

    #[test]
    fn elements_are_found_by_local_name_with_text_and_attributes() {
        let xml = "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x --><o:a xmlns:o='u' B='1 &amp; 2'> x &lt;<![CDATA[&]]>\n<o:c/><c/></o:a>\n";
        let node = Node::read(xml.as_bytes(), "a", &Limits::DEFAULT).unwrap();
        assert_eq!((node.text(), node.attribute("B")), ("x <&", Some("1 & 2")));
        assert_eq!(node.optional("c").unwrap_err(), XmlFault::Repeated { name: "c" });
        assert_eq!(node.one("d").unwrap_err(), XmlFault::Missing { name: "d" });
        assert!(matches!(Node::read(xml.as_bytes(), "b", &Limits::DEFAULT), Err(XmlFault::Root { expected: "b" })));
    }
}
