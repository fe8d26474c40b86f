//! Targets of provincial messages: the two strict readers, the encodings before them, and what the regions make of any bytes.
use std::sync::OnceLock;

use adapters::encoding::{self, Encoding};
use adapters::leaf::{Leaf, Scalar};
use adapters::xml::Element;
use adapters::{Adapter, Adapters, Fidelity, Limits, Written, json, xml};
use serde_json::Value;
use standards::message::Message;

/// Any bytes as XML: what is read keeps its limits, and written again it is read as the same.
pub fn message_xml(bytes: &[u8]) {
    let limits = Limits::MESSAGE;
    let Ok(root) = xml::parse(bytes, &limits) else { return };
    assert!(bytes.len() <= limits.bytes_max);
    assert!(count(&root, 1, &limits) <= limits.values_max);
    let mut again = xml::parse(xml::write(&root).as_bytes(), &Limits { bytes_max: usize::MAX, ..limits });
    if let Ok(again) = &mut again {
        forget_lines(again);
    }
    let mut root = root;
    forget_lines(&mut root);
    assert_eq!(again.as_ref(), Ok(&root), "what was written is read as something else");
}

fn count(element: &Element, depth: usize, limits: &Limits) -> usize {
    assert!(depth <= limits.depth_max);
    assert!(element.text.len() <= limits.value_bytes_max);
    assert!(element.children.is_empty() || element.text.is_empty(), "text beside elements");
    let mut names: Vec<&str> = element.attributes.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "an attribute twice");
    1 + names.len() + element.children.iter().map(|child| count(child, depth + 1, limits)).sum::<usize>()
}

fn forget_lines(element: &mut Element) {
    element.line = 0;
    element.children.iter_mut().for_each(forget_lines);
}

/// Any bytes as JSON: what is read is what a lenient reader finds at the same places.
pub fn message_json(bytes: &[u8]) {
    let limits = Limits::MESSAGE;
    let Ok(leaves) = json::parse(bytes, &limits) else { return };
    let whole: Value = serde_json::from_slice(bytes).expect("a lenient reader reads what a strict one does");
    assert_eq!(leaves.len(), scalars(&whole), "a leaf was left out or made up");
    for Leaf { path, value } in &leaves {
        let there = whole.pointer(path).expect("a leaf has its place");
        let same = match value {
            Scalar::Text(text) => there.as_str() == Some(text),
            Scalar::Number(digits) => there.is_number() && there.to_string() == *digits,
            Scalar::Bool(flag) => there.as_bool() == Some(*flag),
            Scalar::Null => there.is_null(),
        };
        assert!(same, "another value stands there");
    }
}

fn scalars(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.values().map(scalars).sum(),
        Value::Array(items) => items.iter().map(scalars).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
    }
}

/// Any bytes as a message of each region. What is read can be written in every dialect or is refused there with a reason; what was
/// written means the same, but for what its explanation says; and once through a dialect, nothing more is lost.
pub fn message_region(bytes: &[u8]) {
    let limits = Limits::MESSAGE;
    for adapter in adapters().iter() {
        let Ok(read) = adapter.read(bytes, &limits) else { continue };
        assert_eq!(adapter.read(bytes, &limits).as_ref(), Ok(&read), "the same bytes, the same message");
        for other in adapters().iter() {
            match other.write(&read.message) {
                Ok(written) => holds(other, &read.message, &written),
                Err(faults) => assert!(!faults.is_empty(), "refused without a reason"),
            }
        }
    }
}

fn holds(adapter: &Adapter, message: &Message, written: &Written) {
    let back = adapter.read(&written.bytes, &Limits::MESSAGE).expect("what was written is read");
    assert_eq!(back.message.kind(), message.kind());
    assert_eq!(written.explanation.len(), message.fields().iter().count(), "each field is explained");
    for row in &written.explanation {
        let field = &*row.field.expect("a field").text();
        let (was, is) = (message.fields().get(field), back.message.fields().get(field));
        match &row.fidelity {
            Fidelity::Lossless => assert_eq!(was, is, "{field} is no longer the same"),
            Fidelity::Lossy { original } => assert_eq!(was, Some(original.as_str()), "{field} has another original"),
            Fidelity::NotCarried { .. } => assert_eq!(is, None, "{field} was carried"),
        }
    }
    let again = adapter.write(&back.message).expect("what was read is written");
    assert_eq!(again.bytes, written.bytes, "once through the dialect, nothing more is lost");
}

fn adapters() -> &'static Adapters {
    static ADAPTERS: OnceLock<Adapters> = OnceLock::new();
    ADAPTERS.get_or_init(|| Adapters::embedded().expect("the embedded folders hold"))
}

/// Any bytes as a text in each encoding: one spelling for each text.
pub fn message_encoding(bytes: &[u8]) {
    for declared in Encoding::ALL {
        let Ok(text) = encoding::decode(bytes, Some(declared)) else { continue };
        let private = |c: char| matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
        match declared {
            Encoding::Utf8 => assert_eq!(text.as_bytes(), bytes),
            Encoding::Gb18030 | Encoding::Gbk | Encoding::Gb2312 => {
                assert!(text.len() <= bytes.len() * 3 / 2, "a text grows by half at most");
                assert!(!text.chars().any(private));
                let wider = encoding::decode(bytes, Some(Encoding::Gb18030));
                assert_eq!(wider.as_ref(), Ok(&text), "the widest of the three reads what the others read");
            }
        }
    }
}
