//! JSON Schema 2020-12 of a region that writes JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use standards::field::{ATTACHMENTS_MAX, Presence};

use super::value::{self, Form};
use crate::leaf::Scalar;
use crate::mapping::{Blank, Condition, Kind, Mapping, Plan, Rule};

/// The schema of all messages of the region: any of its kinds.
pub(super) fn of(mapping: &Mapping) -> String {
    let mut defs: Map<String, Value> =
        mapping.messages.iter().map(|plan| (plan.kind.as_str().to_owned(), message(mapping, plan))).collect();
    defs.insert(ITEM_CODE.to_owned(), item_codes(mapping));
    let any: Vec<Value> =
        mapping.messages.iter().map(|plan| json!({ "$ref": format!("#/$defs/{}", plan.kind.as_str()) })).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:tongbiao:message:{}:{}", mapping.region, mapping.edition),
        "title": format!("{} 报文 messages，映射版本 edition {}", mapping.region, mapping.edition),
        "description": "由映射规则生成；方言是建模的，不是真实接口。Made from the mapping's rules; the dialect is modelled, not the real interface.",
        "anyOf": any,
        "$defs": defs,
    });
    format!("{schema:#}\n")
}

/// Where the region's own codes of the items stand, once for all kinds of messages.
const ITEM_CODE: &str = "item_code";

fn item_codes(mapping: &Mapping) -> Value {
    let codes: Vec<&str> = mapping.items.rows.iter().map(|row| row.code.as_str()).collect();
    json!({ "enum": codes, "description": "本地区事项目录中的编码 a code of the region's catalogue" })
}

/// One kind of message: an object with what its rules, conditions and known other fields name.
fn message(mapping: &Mapping, plan: &Plan) -> Value {
    let mut root = Node::default();
    for condition in &plan.when {
        if !plan.rules.iter().any(|rule| rule.source == condition.source) {
            root.put(&condition.source, only(condition), true);
        }
    }
    let mut sources: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in &plan.rules {
        sources.entry(&rule.source).or_default().push(rule);
    }
    for (source, rules) in sources {
        let condition = plan.when.iter().find(|condition| condition.source == source);
        let required = rules.iter().any(|rule| is_required(plan, rule));
        root.put(source, leaf(mapping, &rules, condition, required), required);
    }
    for past in &plan.not_carried {
        let known = json!({ "type": ["string", "integer", "boolean", "null"], "description": past.why });
        root.put(&past.source, known, false);
    }
    let mut schema = root.schema();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), json!(format!("{} {}", plan.kind.label(), plan.kind.as_str())));
    }
    schema
}

/// A member of an element is required in each element, whatever is required of the list.
fn is_required(plan: &Plan, rule: &Rule) -> bool {
    match rule.field.list() {
        Some(_) => rule.field.presence(plan.kind) == Some(Presence::Required),
        None => rule.required,
    }
}

fn only(condition: &Condition) -> Value {
    match &condition.one_of {
        Some(values) => json!({ "enum": values.iter().map(scalar).collect::<Vec<_>>() }),
        None => json!({ "type": "string", "minLength": 1 }),
    }
}

fn scalar(value: &Scalar) -> Value {
    match value {
        Scalar::Text(text) => json!(text),
        Scalar::Number(digits) => digits.parse::<i64>().map_or(Value::Null, Value::from),
        Scalar::Bool(flag) => json!(flag),
        Scalar::Null => Value::Null,
    }
}

/// The value at one source, by all of its rules.
fn leaf(mapping: &Mapping, rules: &[&Rule], condition: Option<&Condition>, required: bool) -> Value {
    let names: Vec<String> = rules.iter().map(|rule| format!("{} {}", rule.field.name_zh, rule.field.path)).collect();
    let Some(rule) = rules.first() else { return json!(true) };
    if rules.iter().any(|rule| matches!(rule.transform.name, "item" | "item_code")) {
        return json!({ "$ref": format!("#/$defs/{ITEM_CODE}"), "description": names.join("，") });
    }
    let mut schema = match (value::form(mapping, rule), rule.kind) {
        (Form::OneOf(values), kind) => {
            let as_written = |code: &str| match kind {
                Kind::Number => code.parse::<i64>().map_or_else(|_| json!(code), Value::from),
                Kind::Text => json!(code),
            };
            // A condition tells the kind of message by some of the codes.
            let allowed = condition.and_then(|condition| condition.one_of.as_deref());
            let is_allowed =
                |value: &Value| allowed.is_none_or(|allowed| allowed.iter().any(|one| scalar(one) == *value));
            let rows: Vec<(Value, String)> = values
                .into_iter()
                .map(|(code, meaning)| (as_written(&code), format!("{code} {meaning}")))
                .filter(|(value, _)| is_allowed(value))
                .collect();
            let (values, meanings): (Vec<Value>, Vec<String>) = rows.into_iter().unzip();
            let meanings = if meanings.len() > 20 { String::new() } else { format!("：{}", meanings.join("；")) };
            json!({ "enum": values, "description": format!("{}{meanings}", names.join("，")) })
        }
        (Form::Pattern(_), Kind::Number) => {
            json!({ "type": "integer", "minimum": 1, "maximum": standards::field::COUNT_MAX, "description": names.join("，") })
        }
        (Form::Text(_), Kind::Number) => json!({ "type": "integer", "description": names.join("，") }),
        (Form::Pattern(pattern), Kind::Text) => {
            json!({ "type": "string", "pattern": format!("^\\s*(?:{pattern})\\s*$"), "description": names.join("，") })
        }
        (Form::Text(max), Kind::Text) => {
            json!({ "type": "string", "minLength": 1, "maxLength": max, "description": names.join("，") })
        }
    };
    let blanks = blanks(rules);
    if !required && !blanks.is_empty() {
        let described = schema.as_object_mut().and_then(|object| object.remove("description"));
        schema = json!({ "anyOf": [schema, { "enum": blanks }], "description": described });
    }
    schema
}

/// The values that say that there is none.
fn blanks(rules: &[&Rule]) -> Vec<Value> {
    let says = |blank: Blank| rules.iter().all(|rule| rule.blank.contains(&blank));
    let mut values = Vec::new();
    if says(Blank::Empty) {
        values.push(json!(""));
    }
    if says(Blank::Null) {
        values.extend([json!("null"), Value::Null]);
    }
    values
}

/// An object under construction.
#[derive(Default)]
struct Node {
    members: BTreeMap<String, Member>,
}

/// One member of an object.
struct Member {
    content: Content,
    required: bool,
}

/// What a member is.
enum Content {
    Leaf(Value),
    Object(Node),
    List(Node),
}

impl Node {
    fn put(&mut self, pointer: &str, schema: Value, required: bool) {
        let tokens: Vec<String> =
            pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
        self.put_at(&tokens, schema, required);
    }

    fn put_at(&mut self, tokens: &[String], schema: Value, required: bool) {
        match tokens {
            [] => {}
            [last] => {
                self.members.entry(last.clone()).or_insert(Member { content: Content::Leaf(schema), required });
            }
            [list, star, rest @ ..] if star == "*" => {
                let member = self
                    .members
                    .entry(list.clone())
                    .or_insert_with(|| Member { content: Content::List(Node::default()), required: false });
                if let Content::List(node) = &mut member.content {
                    node.put_at(rest, schema, required);
                }
            }
            [first, rest @ ..] => {
                let member = self
                    .members
                    .entry(first.clone())
                    .or_insert_with(|| Member { content: Content::Object(Node::default()), required: false });
                member.required |= required;
                if let Content::Object(node) = &mut member.content {
                    node.put_at(rest, schema, required);
                }
            }
        }
    }

    fn schema(self) -> Value {
        let required: Vec<&String> =
            self.members.iter().filter(|(_, member)| member.required).map(|(name, _)| name).collect();
        let required = json!(required);
        let properties: Map<String, Value> = self
            .members
            .into_iter()
            .map(|(name, member)| {
                let schema = match member.content {
                    Content::Leaf(schema) => schema,
                    Content::Object(node) => node.schema(),
                    Content::List(node) => {
                        json!({ "type": "array", "maxItems": ATTACHMENTS_MAX, "items": node.schema() })
                    }
                };
                (name, schema)
            })
            .collect();
        json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
    }
}
