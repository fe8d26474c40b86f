//! The fields of a message in any dialect, as paths and values: enough to compare, with no idea of what they mean.

use adapters::limits::Limits;
use adapters::xml::{self, Element};
use serde_json::Value;

/// Every leaf of a message with its path, in document order.
///
/// JSON gives `/result/no` and `/list/0/name`; XML gives `/ExInfo/standardInfo[@process='EX_GDBS_BJ']/Field[@FieldName='ZJBH']`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a message by its media type; none when it is neither JSON nor XML.
    pub fn read(content_type: &str, bytes: &[u8]) -> Option<Self> {
        let mut leaves = Vec::new();
        if content_type.contains("xml") {
            flatten_xml("", &xml::parse(bytes, &Limits::MESSAGE).ok()?, &mut leaves);
        } else {
            flatten_json(String::new(), &serde_json::from_slice(bytes).ok()?, &mut leaves);
        }
        Some(Self(leaves))
    }

    /// The values of the fields whose path is `path` or ends with it; a suite's path should fit one field.
    pub fn get(&self, path: &str) -> Vec<&str> {
        let fits = |known: &str| {
            known == path || known.strip_suffix(path).is_some_and(|rest| path.starts_with('/') || rest.ends_with('/'))
        };
        self.0.iter().filter(|(known, _)| fits(known)).map(|(_, value)| value.as_str()).collect()
    }
}

fn flatten_json(path: String, value: &Value, leaves: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                flatten_json(format!("{path}/{name}"), member, leaves);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten_json(format!("{path}/{index}"), item, leaves);
            }
        }
        Value::String(text) => leaves.push((path, text.clone())),
        Value::Null | Value::Bool(_) | Value::Number(_) => leaves.push((path, value.to_string())),
    }
}

fn flatten_xml(parent: &str, element: &Element, leaves: &mut Vec<(String, String)>) {
    let attributes: Vec<String> =
        element.attributes.iter().map(|(name, value)| format!("[@{name}='{value}']")).collect();
    let path = format!("{parent}/{}{}", element.name, attributes.concat());
    for child in &element.children {
        flatten_xml(&path, child, leaves);
    }
    if element.children.is_empty() {
        leaves.push((path, element.text.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_both_syntaxes_are_found_by_their_paths_or_ends() {
        let json = Fields::read("application/json", r#"{"a":{"no":"津1","n":5,"x":null},"b":[{"no":"2"}]}"#.as_bytes())
            .unwrap();
        let xml = Fields::read("application/xml; charset=utf-8", b"<E><S p='BJ'><F n='NO'>1</F><F n='X'></F></S></E>")
            .unwrap();
        let cases: [(&Fields, &str, &[&str]); 9] = [
            (&json, "/a/no", &["津1"]),
            (&json, "a/n", &["5"]),
            (&json, "/a/x", &["null"]),
            (&json, "/no", &["津1", "2"]),
            (&json, "o", &[]),
            (&xml, "/E/S[@p='BJ']/F[@n='NO']", &["1"]),
            (&xml, "F[@n='NO']", &["1"]),
            (&xml, "F[@n='X']", &[""]),
            (&xml, "F[@n='Y']", &[]),
        ];
        for (fields, path, values) in cases {
            assert_eq!(fields.get(path), values, "{path}");
        }
        assert_eq!(Fields::read("text/html", b"<p"), None);
    }
}
