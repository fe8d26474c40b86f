//! Schemas of the regions' messages for partners, made from the very rules that map them.
//!
//! A schema tells a sender's own tools what a message looks like. It is never stricter than the adapter that reads the message: what
//! only the standard model can judge (check digits, divisions, contradictions) is left to it.

mod json;
mod standard;
mod value;
mod xsd;

use crate::adapter::Adapter;
use crate::wire::Wire;

pub use standard::standard;

/// 报文规范: a schema as a file for partners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Its extension: `xsd` or `schema.json`.
    pub extension: &'static str,
    /// The text of the file.
    pub text: String,
}

impl Adapter {
    /// The schema of the region's messages: XSD 1.0 for XML, JSON Schema 2020-12 for JSON.
    pub fn schema(&self) -> Schema {
        match &self.mapping.wire {
            Wire::Json {} => Schema { extension: "schema.json", text: json::of(&self.mapping) },
            Wire::Xml(list) => Schema { extension: "xsd", text: xsd::of(&self.mapping, list) },
        }
    }
}

/// Names the kinds of messages in Chinese: 受理、办结.
fn labels(kinds: &[standards::message::MessageKind]) -> String {
    let all = kinds.len() == standards::message::MessageKind::ALL.len();
    let labels: Vec<&str> = kinds.iter().map(|kind| kind.label()).collect();
    if all { "全部报文 all".to_owned() } else { labels.join("、") }
}
