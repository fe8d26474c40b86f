//! Writing XML that the strict reader reads back as it was.

use std::fmt::Write as _;

use super::Element;

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
