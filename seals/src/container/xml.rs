//! Strict reading of the small XML files that a verification itself needs.
mod fault;

use quick_xml::{
    Reader,
    events::{BytesDecl, BytesStart, Event, attributes::Attributes},
};

use crate::limits::Limits;

pub use fault::XmlFault;

/// One element. Names are local names: products differ in prefix and namespace address. Those of namespace declarations are none.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Node>,
}

impl Node {
    /// Reads a file whose root element must have this local name, and all of whose elements are of one namespace.
    pub(crate) fn read(bytes: &[u8], root: &'static str, limits: &Limits) -> Result<Node, XmlFault> {
        let node = parse(bytes, limits, Namespaces::One)?;
        if node.name == root { Ok(node) } else { Err(XmlFault::Root { expected: root }) }
    }

    /// Reads a file whatever its root element is, and its namespaces.
    pub(crate) fn read_any(bytes: &[u8], limits: &Limits) -> Result<Node, XmlFault> {
        parse(bytes, limits, Namespaces::Any)
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

/// What is asked of the namespaces of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Namespaces {
    /// Every element is of the root's.
    One,
    /// Nothing.
    Any,
}

fn parse(bytes: &[u8], limits: &Limits, namespaces: Namespaces) -> Result<Node, XmlFault> {
    if bytes.len() > limits.xml_bytes_max {
        return Err(XmlFault::Limit { what: "bytes", max: limits.xml_bytes_max });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| XmlFault::NotUtf8)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if !text.chars().all(legal) {
        return Err(XmlFault::IllegalCharacter);
    }
    // The tokeniser would skip a second mark.
    if text.starts_with('\u{FEFF}') {
        return Err(XmlFault::OutsideRoot);
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let scopes = Scopes { asked: namespaces, declared: Vec::new(), root: None };
    let mut tree = Tree { limits, open: Vec::new(), root: None, elements: 0, scopes };
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
            Event::Decl(declaration) if at == 0 => check_declaration(&declaration)?,
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

/// XML 1.0, production 23: version, encoding and standalone, each at most once and in this order.
fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), XmlFault> {
    const NAMES: [&str; 3] = ["version", "encoding", "standalone"];
    let malformed = || XmlFault::Malformed { at: 0 };
    let mut names = NAMES.iter();
    let mut version = None;
    for attribute in Attributes::new(declaration, "xml".len()) {
        let attribute = attribute.map_err(|_| malformed())?;
        let name = names.find(|name| **name == attribute.key.as_ref()).ok_or_else(malformed)?;
        match *name {
            "version" => version = Some(attribute.value == "1.0"),
            "encoding" if !attribute.value.eq_ignore_ascii_case("utf-8") => return Err(XmlFault::NotUtf8),
            _ => {}
        }
    }
    if version == Some(true) { Ok(()) } else { Err(malformed()) }
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
    scopes: Scopes,
}

/// The namespaces that are declared where the reading stands.
struct Scopes {
    asked: Namespaces,
    /// Depth of the element that declares it, prefix (empty for the default one), and address.
    declared: Vec<(usize, String, String)>,
    /// That of the root element; empty for none.
    root: Option<String>,
}

impl Scopes {
    /// The address behind the prefix of a name; the default one counts for elements alone. `None` where it is not declared.
    fn of(&self, name: &str) -> Option<&str> {
        let prefix = name.split_once(':').map_or("", |(prefix, _)| prefix);
        let declared = self.declared.iter().rev().find(|(_, known, _)| known == prefix);
        let address = declared.map_or("", |(.., address)| address);
        (prefix.is_empty() || !address.is_empty()).then_some(address)
    }

    /// Every prefix of a start tag is declared, and its namespace is that of the root.
    fn check(&mut self, name: &str, attributes: &[String]) -> Result<(), XmlFault> {
        if self.asked == Namespaces::Any {
            return Ok(());
        }
        let own = self.of(name).ok_or(XmlFault::Namespace)?.to_owned();
        let holds = |name: &String| !name.contains(':') || name.starts_with("xml:") || self.of(name).is_some();
        let declared = attributes.iter().all(holds);
        let is_roots = *self.root.get_or_insert_with(|| own.clone()) == own;
        if declared && is_roots { Ok(()) } else { Err(XmlFault::Namespace) }
    }
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
        let mut names = Vec::new();
        for (count, attribute) in start.attributes().enumerate() {
            if count == self.limits.xml_attributes_max {
                return Err(XmlFault::Limit { what: "attributes", max: self.limits.xml_attributes_max });
            }
            let attribute = attribute.map_err(|_| malformed())?;
            if attribute.value.contains('<') {
                return Err(malformed());
            }
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|_| XmlFault::Entity)?;
            if !value.chars().all(legal) {
                return Err(XmlFault::IllegalCharacter);
            }
            let name: &str = attribute.key.as_ref();
            let key = local(name).ok_or_else(malformed)?;
            if name == "xmlns" || name.starts_with("xmlns:") {
                let prefix = if name == "xmlns" { String::new() } else { key };
                self.scopes.declared.push((self.open.len(), prefix, value.into_owned()));
            } else if node.attribute(&key).is_some() {
                return Err(XmlFault::Namespace);
            } else {
                node.attributes.push((key, value.into_owned()));
                names.push(name.to_owned());
            }
        }
        self.scopes.check(start.name().as_ref(), &names)?;
        self.open.push(node);
        Ok(())
    }

    fn end(&mut self) -> Result<(), XmlFault> {
        let node = self.open.pop().ok_or(XmlFault::OutsideRoot)?;
        let depth = self.open.len();
        self.scopes.declared.truncate(self.scopes.declared.partition_point(|(declared, ..)| *declared < depth));
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
        parse(xml.as_bytes(), &limits, Namespaces::One).expect_err(xml)
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
            ("<a/", "container.xml_malformed"),
            ("<a b=1/>", "container.xml_malformed"),
            ("<a><!-- -- --></a>", "container.xml_malformed"),
            ("<a><![CDATA[</a>", "container.xml_malformed"),
            ("\u{FEFF}\u{FEFF}<a/>", "container.xml_outside_root"),
            ("<a>\0</a>", "container.xml_illegal_character"),
            ("<a>\u{FFFE}</a>", "container.xml_illegal_character"),
            ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "container.xml_doctype"),
            ("<a/><!DOCTYPE a>", "container.xml_doctype"),
            (" <?xml version='1.0'?><a/>", "container.xml_processing_instruction"),
            ("<a><?xml-stylesheet href='b'?></a>", "container.xml_processing_instruction"),
            ("<?xml version='1.0' encoding='GBK'?><a/>", "container.xml_not_utf8"),
            ("<?xml version='1.0' encoding='gb18030'?><a/>", "container.xml_not_utf8"),
            ("<?xml version='1.0' encoding='UTF-16'?><a/>", "container.xml_not_utf8"),
            ("<?xml version='1.0' encoding='UTF-8' encoding='GBK'?><a/>", "container.xml_malformed"),
            ("<?xml encoding='UTF-8' version='1.0'?><a/>", "container.xml_malformed"),
            ("<?xml encoding='UTF-8'?><a/>", "container.xml_malformed"),
            ("<?xml version='1.1'?><a/>", "container.xml_malformed"),
            ("<o:a/>", "container.xml_namespace"),
            ("<a o:b='1'/>", "container.xml_namespace"),
            ("<a xmlns:o='u'><o:b/></a>", "container.xml_namespace"),
            ("<o:a xmlns:o='u' xmlns:p='v'><p:b/></o:a>", "container.xml_namespace"),
            ("<a xmlns='u'><b xmlns='v'/></a>", "container.xml_namespace"),
            ("<a xmlns='u'><b xmlns=''/></a>", "container.xml_namespace"),
            ("<a><b xmlns:o='u'/><c o:d='1'/></a>", "container.xml_namespace"),
            ("<a xmlns:o='u' o:b='1' b='2'/>", "container.xml_namespace"),
            ("<a><a><a><a><a/></a></a></a></a>", "container.xml_limit"),
            ("<a><b/><b/><b/><b/><b/><b/><b/><b/></a>", "container.xml_limit"),
        ];
        for (xml, code) in cases {
            assert_eq!(fault(xml).code(), code, "{xml}");
        }
        assert_eq!(fault(&format!("<a>{}</a>", " ".repeat(200))).code(), "container.xml_limit");
        let attributes: Vec<_> = (0..=64).map(|number| format!("a{number}=''")).collect();
        let many =
            parse(format!("<a {}/>", attributes.join(" ")).as_bytes(), &Limits::DEFAULT, Namespaces::One).unwrap_err();
        assert_eq!(many, XmlFault::Limit { what: "attributes", max: 64 });
    }

    #[test]
    fn what_is_not_utf_8_is_refused_with_and_without_a_byte_order_mark() {
        let wide = |order: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
            format!("{mark}<a/>").encode_utf16().flat_map(order).collect()
        };
        let gbk = b"<?xml version='1.0' encoding='GBK'?><a>\xD6\xD0</a>".to_vec();
        for bytes in
            [wide(u16::to_le_bytes, "\u{FEFF}"), wide(u16::to_be_bytes, "\u{FEFF}"), gbk, b"<a>\xFF</a>".to_vec()]
        {
            assert_eq!(
                parse(&bytes, &Limits::DEFAULT, Namespaces::One).unwrap_err(),
                XmlFault::NotUtf8,
                "{bytes:02x?}"
            );
        }
        for bytes in [wide(u16::to_le_bytes, ""), wide(u16::to_be_bytes, "")] {
            assert_eq!(parse(&bytes, &Limits::DEFAULT, Namespaces::One).unwrap_err(), XmlFault::IllegalCharacter);
        }
    }

    #[test]
    fn namespaces_are_scoped_and_their_declarations_are_no_attributes() {
        let read = |xml: &str| Node::read(xml.as_bytes(), "a", &Limits::DEFAULT).map(drop);
        for xml in [
            "<a xmlns='u'><o:b xmlns:o='u'/><c/></a>",
            "<o:a xmlns:o='u'><b xmlns='u'><c/></b><o:d/></o:a>",
            "<a xml:lang='zh' xmlns:x='u' x:b='1'/>",
        ] {
            assert_eq!(read(xml), Ok(()), "{xml}");
        }
        let node = Node::read(b"<a xmlns:b='u'/>", "a", &Limits::DEFAULT).unwrap();
        assert_eq!(node.attribute("b"), None);
        assert!(Node::read_any(b"<o:a><p:b/></o:a>", &Limits::DEFAULT).is_ok(), "whose namespaces nobody asks about");
    }

    #[test]
    fn elements_are_found_by_local_name_with_text_and_attributes() {
        let xml = "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x --><o:a xmlns:o='u' B='1 &amp; 2'> x &lt;<![CDATA[&]]>\n<o:c/><o:c/></o:a>\n";
        let node = Node::read(xml.as_bytes(), "a", &Limits::DEFAULT).unwrap();
        assert_eq!((node.text(), node.attribute("B")), ("x <&", Some("1 & 2")));
        assert_eq!(node.optional("c").unwrap_err(), XmlFault::Repeated { name: "c" });
        assert_eq!(node.one("d").unwrap_err(), XmlFault::Missing { name: "d" });
        assert!(matches!(Node::read(xml.as_bytes(), "b", &Limits::DEFAULT), Err(XmlFault::Root { expected: "b" })));
    }
}
