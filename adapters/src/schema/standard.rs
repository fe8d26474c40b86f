//! JSON Schema 2020-12 of the standard model: a kind of message and its canonical fields, as `tongbiao map --json` prints them.

use serde_json::{Map, Value, json};
use standards::field::{FIELDS, Field, Presence};
use standards::message::MessageKind;

use super::Schema;
use super::value::{self, Form};

/// The schema of the standard message, made from the field table.
pub fn standard() -> Schema {
    let any: Vec<Value> = MessageKind::ALL.iter().map(|kind| message(*kind)).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:tongbiao:message:standard",
        "title": "标准报文 the standard message",
        "description": "由字段表生成。Made from the field table.",
        "type": "object",
        "required": ["kind", "fields"],
        "oneOf": any,
    });
    Schema { extension: "schema.json", text: format!("{schema:#}\n") }
}

fn message(kind: MessageKind) -> Value {
    let of = |field: &&Field| field.presence(kind).is_some();
    let (lists, plain): (Vec<&Field>, Vec<&Field>) = FIELDS.iter().filter(of).partition(|field| field.list().is_some());
    let required: Vec<&str> =
        plain.iter().filter(|field| field.presence(kind) == Some(Presence::Required)).map(|field| field.path).collect();
    let properties: Map<String, Value> = plain.iter().map(|field| (field.path.to_owned(), schema(field))).collect();
    let patterns: Map<String, Value> = lists
        .iter()
        .map(|field| {
            let pattern = field.path.replace('.', "\\.").replace('*', "(0|[1-9][0-9]*)");
            (format!("^{pattern}$"), schema(field))
        })
        .collect();
    json!({
        "title": kind.label(),
        "properties": {
            "kind": { "const": kind.as_str() },
            "fields": {
                "type": "object",
                "additionalProperties": false,
                "required": required,
                "properties": properties,
                "patternProperties": patterns,
            },
        },
    })
}

fn schema(field: &Field) -> Value {
    match value::of_kind(field.kind) {
        Form::OneOf(values) => {
            let values: Vec<String> = values.into_iter().map(|(value, _)| value).collect();
            json!({ "enum": values, "description": field.name_zh })
        }
        Form::Pattern(pattern) => {
            json!({ "type": "string", "pattern": format!("^(?:{pattern})$"), "description": field.name_zh })
        }
        Form::Text(max) => json!({ "type": "string", "minLength": 1, "maxLength": max, "description": field.name_zh }),
    }
}
