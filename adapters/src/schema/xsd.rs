//! XSD 1.0 of a region that writes a list of named values.
//!
//! XSD 1.0 cannot make the type of a value depend on its name, so a value is any text here; what each name means, which kinds of
//! messages have it and what its text may be stands in its documentation.

use std::collections::BTreeMap;

use quick_xml::escape::escape;
use standards::field::ATTACHMENTS_MAX;
use standards::message::MessageKind;

use super::labels;
use super::value::{self, Form};
use crate::leaf::Scalar;
use crate::mapping::{Mapping, Plan};
use crate::wire::NameValueList;

/// The schema of all messages of the region.
pub(super) fn of(mapping: &Mapping, list: &NameValueList) -> String {
    let NameValueList { root, group, entry, name_attribute, list: elements } = list;
    let names = names(mapping);
    let (in_list, plain): (Vec<_>, Vec<_>) = names.iter().partition(|(name, _)| name.contains('*'));
    let (attributes, entries): (Vec<_>, Vec<_>) = plain.into_iter().partition(|(name, _)| name.starts_with('@'));
    let own = |name: &str| name.rsplit('/').next().unwrap_or(name).trim_start_matches('@').to_owned();
    let attributes: Vec<String> = attributes
        .iter()
        .map(|(name, text)| {
            let values = attribute_values(mapping, name);
            format!(
                "          <xs:attribute name=\"{}\" use=\"required\">{}<xs:simpleType><xs:restriction base=\"xs:string\">{values}</xs:restriction></xs:simpleType></xs:attribute>\n",
                own(name),
                annotation(text),
            )
        })
        .collect();
    let attributes = attributes.concat();
    let enumeration = |names: &[(&String, &String)]| -> String {
        names
            .iter()
            .map(|(name, text)| {
                format!("          <xs:enumeration value=\"{}\">{}</xs:enumeration>\n", own(name), annotation(text))
            })
            .collect::<Vec<_>>()
            .concat()
    };
    let (list_element, list_type) = match elements {
        None => (String::new(), String::new()),
        Some(elements) => (
            format!(
                "        <xs:element name=\"{}\" minOccurs=\"0\"><xs:complexType><xs:sequence>\n          <xs:element name=\"{}\" minOccurs=\"0\" maxOccurs=\"{ATTACHMENTS_MAX}\">\n            <xs:complexType><xs:sequence><xs:element name=\"{entry}\" type=\"listEntry\" minOccurs=\"1\" maxOccurs=\"unbounded\"/></xs:sequence></xs:complexType>\n            <xs:unique name=\"onceInElement\"><xs:selector xpath=\"{entry}\"/><xs:field xpath=\"@{name_attribute}\"/></xs:unique>\n          </xs:element>\n        </xs:sequence></xs:complexType></xs:element>\n",
                elements.name, elements.element
            ),
            entry_type("listEntry", name_attribute, &enumeration(&in_list)),
        ),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" elementFormDefault=\"qualified\" version=\"{edition}\">\n  \
         {head}\n  \
         <xs:element name=\"{root}\">\n    <xs:complexType>\n      <xs:sequence>\n        \
         <xs:element name=\"{group}\">\n          <xs:complexType>\n          <xs:sequence><xs:element name=\"{entry}\" type=\"entry\" maxOccurs=\"unbounded\"/></xs:sequence>\n{attributes}          </xs:complexType>\n          \
         <xs:unique name=\"once\"><xs:selector xpath=\"{entry}\"/><xs:field xpath=\"@{name_attribute}\"/></xs:unique>\n        </xs:element>\n\
         {list_element}      </xs:sequence>\n    </xs:complexType>\n  </xs:element>\n\n{entry_type}{list_type}</xs:schema>\n",
        edition = mapping.edition,
        head = annotation(&format!(
            "{} 报文，映射版本 {}。由映射规则生成；方言是建模的，不是真实接口。XSD 1.0 不能按名称限定值的写法，各名称的含义和写法见其说明。\
             Made from the mapping's rules; the dialect is modelled, not the real interface. What each value may be stands in the documentation of its name.",
            mapping.region, mapping.edition
        )),
        entry_type = entry_type("entry", name_attribute, &enumeration(&entries)),
    )
}

fn entry_type(name: &str, name_attribute: &str, enumeration: &str) -> String {
    format!(
        "  <xs:complexType name=\"{name}\"><xs:simpleContent><xs:extension base=\"xs:string\">\n    \
         <xs:attribute name=\"{name_attribute}\" use=\"required\">\n      <xs:simpleType>\n        <xs:restriction base=\"xs:string\">\n\
         {enumeration}        </xs:restriction>\n      </xs:simpleType>\n    </xs:attribute>\n  </xs:extension></xs:simpleContent></xs:complexType>\n\n"
    )
}

fn annotation(text: &str) -> String {
    format!("<xs:annotation><xs:documentation>{}</xs:documentation></xs:annotation>", escape(text))
}

/// Every source, with what a person needs to know of it.
fn names(mapping: &Mapping) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, Vec<(String, Vec<MessageKind>)>> = BTreeMap::new();
    for plan in &mapping.messages {
        for (source, text) in described(mapping, plan) {
            let rows = found.entry(source).or_default();
            match rows.iter_mut().find(|(known, _)| *known == text) {
                Some((_, kinds)) if !kinds.contains(&plan.kind) => kinds.push(plan.kind),
                Some(_) => {}
                None => rows.push((text, vec![plan.kind])),
            }
        }
    }
    let told = |rows: Vec<(String, Vec<MessageKind>)>| {
        rows.into_iter().map(|(text, kinds)| format!("{text}（{}）", labels(&kinds))).collect::<Vec<_>>().join("；")
    };
    found.into_iter().map(|(source, rows)| (source, told(rows))).collect()
}

/// What one kind of message says of each of its sources.
fn described(mapping: &Mapping, plan: &Plan) -> Vec<(String, String)> {
    let rules = plan.rules.iter().map(|rule| {
        let need = if rule.required { "，必填 required" } else { "" };
        let form = match value::form(mapping, rule) {
            Form::OneOf(values) if values.len() > 20 => {
                "本地区目录中的编码 a code of the region's catalogue".to_owned()
            }
            Form::OneOf(values) => {
                values.iter().map(|(code, meaning)| format!("{code} {meaning}")).collect::<Vec<_>>().join("，")
            }
            Form::Pattern(pattern) => pattern,
            Form::Text(max) => format!("至多 {max} 个字符"),
        };
        (rule.source.clone(), format!("{} {}{need}：{form}", rule.field.name_zh, rule.field.path))
    });
    let conditions = plan.when.iter().filter_map(|condition| {
        let values: Vec<&str> = condition.one_of.as_ref()?.iter().map(Scalar::text).collect();
        Some((condition.source.clone(), format!("报文种类 kind：{}", values.join("，"))))
    });
    let past = plan.not_carried.iter().map(|field| (field.source.clone(), format!("不采用 read past：{}", field.why)));
    rules.chain(conditions).chain(past).collect()
}

/// The values of an attribute that tells kinds of messages apart.
fn attribute_values(mapping: &Mapping, source: &str) -> String {
    let conditions =
        mapping.messages.iter().flat_map(|plan| &plan.when).filter(|condition| condition.source == *source);
    let mut values: Vec<&str> =
        conditions.flat_map(|condition| condition.one_of.iter().flatten()).map(Scalar::text).collect();
    values.sort_unstable();
    values.dedup();
    values.iter().map(|value| format!("<xs:enumeration value=\"{}\"/>", escape(*value))).collect::<Vec<_>>().concat()
}
