//! The strict XML reader: what it gives, and everything that it refuses.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use adapters::Limits;
use adapters::xml::{self, Element};

const SMALL: Limits = Limits { bytes_max: 400, depth_max: 3, values_max: 4, value_bytes_max: 20 };

#[test]
fn what_is_strict_xml_is_read() {
    let cases: &[(&str, &str)] = &[
        ("<a>x</a>", "x"),
        ("\u{feff}<?xml version='1.0' encoding='utf-8'?><a>x</a>", "x"),
        ("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<a>x</a>\n", "x"),
        ("<!-- before --><a>12</a><!-- after -->", "12"),
        ("<a>&lt;&amp;&gt;&quot;&apos;</a>", "<&>\"'"),
        ("<a>&#x52B3;&#21153;</a>", "劳务"),
        ("<a><![CDATA[<b>&amp;]]></a>", "<b>&amp;"),
        ("<a>1\r\n2\r3</a>", "1\n2\n3"),
        ("<a> x </a>", " x "),
        ("<a></a>", ""),
        ("<a/>", ""),
        ("<a ></a >", ""),
        ("<a\n\t\r\n></a\n>", ""),
        ("<a><!-- nothing else --></a>", ""),
        ("<?xml\tversion = \"1.0\"\r\n encoding = 'UTF-8'\nstandalone='no' ?><a>x</a>", "x"),
        ("<?xml version='1.0'?><a>x</a>", "x"),
        ("<a>1\r\r\n\n2</a>", "1\n\n\n2"),
        ("<a>1&#13;&#10;2&#x9;</a>", "1\r\n2\t"),
        ("<a><![CDATA[1\r\n2]]></a>", "1\n2"),
        ("<a><![CDATA[]]]]><![CDATA[>]]></a>", "]]>"),
        ("<a>]]&gt;</a>", "]]>"),
        ("<a>]] ></a>", "]] >"),
        ("<a>'\">=</a>", "'\">="),
        ("<a>&amp;lt;&#38;amp;</a>", "&lt;&amp;"),
        ("<a>\u{85}\u{2028}\u{7f}\u{feff}</a>", "\u{85}\u{2028}\u{7f}\u{feff}"),
        ("<a>（\u{fffd}）\u{10ffff}</a>", "（\u{fffd}）\u{10ffff}"),
        ("<a>&#0065;&#x0041;&#x1F600;</a>", "AA\u{1f600}"),
        ("<事项>x</事项>", "x"),
    ];
    for (text, expected) in cases {
        let root = xml::parse(text.as_bytes(), &SMALL).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(root.text, *expected, "{text}");
    }
}

#[test]
fn elements_attributes_and_lines_are_kept() {
    let root = xml::parse(b"<a>\n  <b x='1' y=\"&lt;2\"/>\n  <c>z</c>\n</a>", &Limits::MESSAGE).unwrap();
    assert_eq!(root.text, "", "indentation is no content");
    assert_eq!(root.children.iter().map(|c| (c.name.as_str(), c.line)).collect::<Vec<_>>(), [("b", 2), ("c", 3)]);
    assert_eq!(root.children[0].attribute("y"), Some("<2"));
    assert_eq!(root.children[0].attribute("z"), None);
}

/// What is refused, and by which code.
const REFUSED: &[(&str, &str)] = &[
    ("", "xml.no_root"),
    ("  \n", "xml.no_root"),
    ("<!-- only a comment -->", "xml.no_root"),
    ("<!DOCTYPE a><a/>", "xml.doctype"),
    ("<!doctype a><a/>", "xml.doctype"),
    ("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "xml.doctype"),
    ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "xml.doctype"),
    ("<!DOCTYPE a [", "xml.doctype"),
    ("<a><!DOCTYPE a></a>", "xml.doctype"),
    ("<a/><!DOCTYPE a>", "xml.doctype"),
    ("<?php x?><a/>", "xml.processing_instruction"),
    ("<a><?x?></a>", "xml.processing_instruction"),
    ("<a/><?xml-stylesheet href='x'?>", "xml.processing_instruction"),
    ("<?x", "xml.processing_instruction"),
    ("\n<?xml version='1.0'?><a/>", "xml.declaration"),
    ("<a/><?xml version='1.0'?>", "xml.declaration"),
    ("<?xml version='1.1'?><a/>", "xml.declaration"),
    ("<?xml version='1.0' encoding='UTF-7'?><a/>", "encoding.unknown"),
    ("<?xml encoding='utf-8'?><a/>", "xml.declaration"),
    ("<?xml encoding='utf-8' version='1.0'?><a/>", "xml.declaration"),
    ("<?xml version='1.0' standalone='yes' encoding='utf-8'?><a/>", "xml.declaration"),
    ("<?xml version='1.0' standalone='maybe'?><a/>", "xml.declaration"),
    ("<?xml version='1.0' standalone='YES'?><a/>", "xml.declaration"),
    ("<?xml version='1.0' version='1.0'?><a/>", "xml.declaration"),
    ("<?xml version='1.0' encoding='utf-8' encoding='utf-8'?><a/>", "xml.declaration"),
    ("<?xml version='1.0'encoding='utf-8'?><a/>", "xml.declaration"),
    ("<?xml version='1.0' encoding=\"utf-8'?><a/>", "xml.declaration"),
    ("<?xml version='1.0' encoding=''?><a/>", "xml.declaration"),
    ("<?xml version='1.0' encoding='-8'?><a/>", "xml.declaration"),
    ("<?xml version='1.0' lang='zh'?><a/>", "xml.declaration"),
    ("<?xml version='1.0' ><a/>", "xml.declaration"),
    ("<?xml version='1.0'", "xml.declaration"),
    ("<?xml?><a/>", "xml.declaration"),
    ("<?XML version='1.0'?><a/>", "xml.processing_instruction"),
    ("<a/><b/>", "xml.second_root"),
    ("<a></a><a></a>", "xml.second_root"),
    ("x<a/>", "xml.text_outside_root"),
    ("<a/>x", "xml.text_outside_root"),
    ("&amp;<a/>", "xml.text_outside_root"),
    ("<a/>&#32;", "xml.text_outside_root"),
    ("<a/><![CDATA[ ]]>", "xml.text_outside_root"),
    ("<a>x<b/></a>", "xml.mixed_content"),
    ("<a><b/>x</a>", "xml.mixed_content"),
    ("<a><b><c><d/></c></b></a>", "xml.too_deep"),
    ("<a><b/><b/><b/><b/></a>", "xml.too_many_elements"),
    ("<a b='1' b='2'/>", "xml.duplicate_attribute"),
    ("<a b='1' b='1'>x</a>", "xml.duplicate_attribute"),
    ("<a b='1'  b = '2'/>", "xml.duplicate_attribute"),
    ("<a xmlns='urn:x'/>", "xml.namespace"),
    ("<a xmlns=''/>", "xml.namespace"),
    ("<a xmlns:x='urn:x'/>", "xml.namespace"),
    ("<x:a xmlns:x='urn:x'/>", "xml.namespace"),
    ("<x:a/>", "xml.namespace"),
    ("<a x:b='1'/>", "xml.namespace"),
    ("<a xml:space='preserve'/>", "xml.namespace"),
    ("<a><b:c/></a>", "xml.namespace"),
    ("<a>1<!-- in the middle -->2</a>", "xml.comment_in_value"),
    ("<a>91110105<!---->FAKE100199</a>", "xml.comment_in_value"),
    ("<a>1<!-- at the end --></a>", "xml.comment_in_value"),
    ("<a><!-- at the start --> </a>", "xml.comment_in_value"),
    ("<a>&nbsp;</a>", "xml.unknown_entity"),
    ("<a>&LT;</a>", "xml.unknown_entity"),
    ("<a>&;</a>", "xml.unknown_entity"),
    ("<a>&a.b;</a>", "xml.unknown_entity"),
    ("<a b='&e;'/>", "xml.unknown_entity"),
    ("<a>\u{0}</a>", "xml.illegal_character"),
    ("<a>\u{1}</a>", "xml.illegal_character"),
    ("<a>\u{fffe}</a>", "xml.illegal_character"),
    ("<a>&#0;</a>", "xml.illegal_character"),
    ("<a>&#1;</a>", "xml.illegal_character"),
    ("<a>&#8;</a>", "xml.illegal_character"),
    ("<a>&#x1F;</a>", "xml.illegal_character"),
    ("<a>&#xFFFE;</a>", "xml.illegal_character"),
    ("<a>&#65535;</a>", "xml.illegal_character"),
    ("<a>&#xDFFF;</a>", "xml.illegal_character"),
    ("<a>&#99999999999;</a>", "xml.illegal_character"),
    ("<a>&#;</a>", "xml.illegal_character"),
    ("<a>&#x;</a>", "xml.illegal_character"),
    ("<a>&#X41;</a>", "xml.illegal_character"),
    ("<a>&#-65;</a>", "xml.illegal_character"),
    ("<a>&#+65;</a>", "xml.illegal_character"),
    ("<a>&#x+41;</a>", "xml.illegal_character"),
    ("<a>&# 65;</a>", "xml.illegal_character"),
    ("<a>\u{b}</a>", "xml.illegal_character"),
    ("<a>\u{ffff}</a>", "xml.illegal_character"),
    ("<a b='\u{1}'/>", "xml.illegal_character"),
    ("<a b='&#0;'/>", "xml.illegal_character"),
    ("<a b='&#xFFFF;'/>", "xml.illegal_character"),
    ("<a><!-- \u{1} --></a>", "xml.illegal_character"),
    ("<a>&#xD800;</a>", "xml.illegal_character"),
    ("<a>&#x110000;</a>", "xml.illegal_character"),
    ("<a b='&#11;'/>", "xml.illegal_character"),
    ("<a>", "xml.ill_formed"),
    ("</a>", "xml.ill_formed"),
    ("<a></b>", "xml.ill_formed"),
    ("<a><b></a></b>", "xml.ill_formed"),
    ("<a", "xml.ill_formed"),
    ("<a>&amp</a>", "xml.ill_formed"),
    ("<a>a & b</a>", "xml.ill_formed"),
    ("<a>]]></a>", "xml.ill_formed"),
    ("<a b=1/>", "xml.ill_formed"),
    ("<a b/>", "xml.ill_formed"),
    ("<a b='1'c='2'/>", "xml.ill_formed"),
    ("<a b='<'/>", "xml.ill_formed"),
    ("<1/>", "xml.ill_formed"),
    ("<a/b/>", "xml.ill_formed"),
    ("<a 1='x'/>", "xml.ill_formed"),
    ("< a/>", "xml.ill_formed"),
    ("<a><!-- -- --></a>", "xml.ill_formed"),
    ("<a><![CDATA[x</a>", "xml.ill_formed"),
    ("<a><![cdata[x]]></a>", "xml.ill_formed"),
    ("<a><![CDATA [x]]></a>", "xml.ill_formed"),
    ("<a>x]]&gt;]]></a>", "xml.ill_formed"),
    ("<a><!-- x ---></a>", "xml.ill_formed"),
    ("<a><!--></a>", "xml.ill_formed"),
    ("<a><! -- x --></a>", "xml.ill_formed"),
    ("<a></a b='1'>", "xml.ill_formed"),
    ("<a></ a>", "xml.ill_formed"),
    ("<a></a/>", "xml.ill_formed"),
    ("<A></a>", "xml.ill_formed"),
    ("<a / >", "xml.ill_formed"),
    ("<a b='1' / >", "xml.ill_formed"),
    ("<a b='a & b'/>", "xml.ill_formed"),
    ("<a b='&amp'/>", "xml.ill_formed"),
    ("<a b = 1 />", "xml.ill_formed"),
    ("<a ='1'/>", "xml.ill_formed"),
    ("<a b=''c=''/>", "xml.ill_formed"),
    ("<a b='1/>", "xml.ill_formed"),
    ("<>x</>", "xml.ill_formed"),
    ("<a>&</a>", "xml.ill_formed"),
    ("<a>&lt</a>;", "xml.ill_formed"),
    ("<a\u{a0}b='1'/>", "xml.ill_formed"),
    ("<a\u{3000}/>", "xml.ill_formed"),
];

#[test]
fn what_is_not_strict_xml_is_refused_with_its_code() {
    for (text, code) in REFUSED {
        assert_refused(text, code);
    }
}

#[test]
fn what_is_too_long_is_refused() {
    assert_refused(&"x".repeat(401), "xml.too_long");
    for value in [format!("<a>{}</a>", "x".repeat(21)), format!("<a b='{}'/>", "x".repeat(21))] {
        assert_refused(&value, "xml.value_too_long");
    }
    assert_refused(&format!("<a>{}</a>", "&amp;".repeat(21)), "xml.value_too_long");
}

fn assert_refused(text: &str, code: &str) {
    match xml::parse(text.as_bytes(), &SMALL) {
        Ok(root) => panic!("{text:?} was read as {root:?}"),
        Err(error) => assert_eq!(error.code(), code, "{text:?}: {error}"),
    }
}

#[test]
fn bytes_that_are_not_utf8_are_refused() {
    let error = xml::parse(b"<a>\xff</a>", &SMALL).unwrap_err().to_string();
    assert_eq!(error, "not UTF-8 at byte 3, and no encoding is stated");
    let utf16: Vec<u8> = "\u{feff}<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(xml::parse(&utf16, &SMALL).unwrap_err().code(), "encoding.wide");
}

#[test]
fn white_space_in_attributes_is_normalised() {
    let cases = [
        ("<a b='1\n2\r\n3\r4\t5'/>", "1 2 3 4 5"),
        ("<a b='1&#10;2&#13;3&#9;4'/>", "1\n2\r3\t4"),
        ("<a b=' 1  2 '/>", " 1  2 "),
        ("<a b='\"' c=\"'\"/>", "\""),
        ("<a b='>'/>", ">"),
        ("<a b='&amp;lt;'/>", "&lt;"),
    ];
    for (text, expected) in cases {
        let root = xml::parse(text.as_bytes(), &SMALL).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(root.attribute("b"), Some(expected), "{text}");
    }
}

#[test]
fn attributes_count_as_values() {
    assert!(xml::parse(b"<a b='' c='' d=''/>", &SMALL).is_ok());
    assert_refused("<a b='' c='' d='' e=''/>", "xml.too_many_elements");
}

#[test]
fn an_error_names_its_line() {
    let error = xml::parse(b"<?xml version='1.0'\n?>\n<a>\n<?x?></a>", &SMALL).unwrap_err();
    assert_eq!(error.to_string(), "line 4: processing instructions are refused");
    let error = xml::parse(b"<a>\n<b/>\n<?x?>\n</a>", &SMALL).unwrap_err();
    assert_eq!(error.to_string(), "line 3: processing instructions are refused");
}

#[test]
fn time_to_read_grows_with_length_only() {
    let limits = Limits { bytes_max: 1 << 20, depth_max: 8, values_max: 1_000_000, value_bytes_max: 1 << 20 };
    let text = format!("<a>{}</a>", "<b/>\n".repeat(200_000));
    let root = xml::parse(text.as_bytes(), &limits).unwrap();
    assert_eq!(root.children.len(), 200_000);
    assert_eq!(root.children[199_999].line, 200_000);
}

proptest::proptest! {
    #[test]
    fn anything_is_read_or_refused_and_never_panics(text in "[<>/a-c='\"&;!?\\[\\]\\- \n#0-9劳]{0,60}") {
        let _ = xml::parse(text.as_bytes(), &SMALL);
    }

    #[test]
    fn what_is_written_is_read_back(text in "[^\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}\u{fffe}\u{ffff}]{0,40}") {
        let leaf = |text: &str| Element { name: "b".into(), attributes: vec![("c".into(), text.into())],
            children: vec![], text: text.into(), line: 0 };
        let root = Element { name: "a".into(), attributes: vec![], children: vec![leaf(&text)], text: String::new(), line: 0 };
        let read = xml::parse(xml::write(&root).as_bytes(), &Limits::MESSAGE).unwrap();
        proptest::prop_assert_eq!(&read.children[0].text, &text);
        proptest::prop_assert_eq!(&read.children[0].attributes[0].1, &text);
    }
}
