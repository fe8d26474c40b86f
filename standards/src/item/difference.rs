//! What changed between two editions of the catalogue, field by field, for people and for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::{Catalogue, SameStandardItem};
use crate::code::ItemId;

/// The keys by which a member of a list is told apart from its neighbours, so that an inserted member is one change.
const NAMES_OF_MEMBERS: [&str; 2] = ["name", "text"];

/// Parts of an item and their names in Chinese, as the text of a difference calls them.
const PARTS: [(&str, &str); 18] = [
    ("basic_code", "基本编码"),
    ("name", "事项名称"),
    ("provenance", "依据"),
    ("department", "主管部门"),
    ("class", "事项类型"),
    ("applicant", "申请人类型"),
    ("case_kind", "办件类型"),
    ("acceptance_criteria", "受理条件"),
    ("materials", "申请材料"),
    ("time_limit", "办理时限"),
    ("fees", "收费"),
    ("notification_commitment", "告知承诺"),
    ("result", "结果文书"),
    ("recognition", "互认方式"),
    ("recognised", "互认内容"),
    ("recognised_in", "互认地区"),
    ("scope", "适用范围"),
    ("supervising_authority", "监管主体"),
];

/// 目录差异: what an integrator has to look at before building on another edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CatalogueDifference {
    /// The edition compared from.
    pub from: String,
    /// The edition compared to.
    pub to: String,
    /// Items that only the second has.
    pub added: Vec<ItemName>,
    /// Items that only the first has.
    pub removed: Vec<ItemName>,
    /// Items that both have, and differently.
    pub changed: Vec<ItemChange>,
}

/// An item with its name, so that nobody has to look the number up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemName {
    /// The item.
    pub item: ItemId,
    /// Its name.
    pub name: String,
}

/// 事项变化: what changed in one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemChange {
    /// The item.
    pub item: ItemId,
    /// Its name in the second edition.
    pub name: String,
    /// Every field that differs, in the order of their paths.
    pub fields: Vec<FieldChange>,
}

/// 字段变化: one value that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// Its path: `time_limit.committed_limit.count`, `materials[营业执照].form`.
    pub field: String,
    /// The value in the first edition, when it is there.
    pub before: Option<String>,
    /// The value in the second edition, when it is there.
    pub after: Option<String>,
}

impl Catalogue {
    /// What is different in `newer`.
    pub fn difference_to(&self, newer: &Self) -> CatalogueDifference {
        let only_in = |catalogue: &Self, other: &Self| {
            let items = catalogue.items().filter(|item| other.get(&item.id).is_none());
            items.map(|item| ItemName { item: item.id.clone(), name: item.name.clone() }).collect()
        };
        let changed = newer.items().filter_map(|item| change(self.get(&item.id)?, item)).collect();
        CatalogueDifference {
            from: self.edition().to_owned(),
            to: newer.edition().to_owned(),
            added: only_in(newer, self),
            removed: only_in(self, newer),
            changed,
        }
    }
}

impl CatalogueDifference {
    /// Whether the two say the same about every item.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

fn change(before: &SameStandardItem, after: &SameStandardItem) -> Option<ItemChange> {
    let (old, new) = (leaves(before), leaves(after));
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let fields: Vec<FieldChange> = paths
        .into_iter()
        .filter(|path| old.get(*path) != new.get(*path))
        .map(|path| FieldChange { field: path.clone(), before: old.get(path).cloned(), after: new.get(path).cloned() })
        .collect();
    (!fields.is_empty()).then(|| ItemChange { item: after.id.clone(), name: after.name.clone(), fields })
}

/// Every value of an item by its path.
fn leaves(item: &SameStandardItem) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    // An item is plain data: it always has a JSON form.
    flatten(String::new(), &serde_json::to_value(item).unwrap_or_default(), &mut found);
    found
}

fn flatten(path: String, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => {
            found.insert(path, value.to_string());
        }
        Value::String(text) => {
            found.insert(path, text.clone());
        }
        Value::Array(members) => {
            for (position, member) in members.iter().enumerate() {
                let name = NAMES_OF_MEMBERS.iter().find_map(|key| member.get(key)?.as_str());
                let name = name.or(member.as_str()).map_or_else(|| position.to_string(), str::to_owned);
                flatten(format!("{path}[{name}]"), member, found);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                flatten(if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, member, found);
            }
        }
    }
}

impl FieldChange {
    /// The part of the item that the field belongs to, in Chinese.
    pub fn part(&self) -> &'static str {
        let first = self.field.split(['.', '[']).next().unwrap_or_default();
        PARTS.iter().find(|(part, _)| *part == first).map_or("其他", |(_, label)| label)
    }
}

impl fmt::Display for CatalogueDifference {
    /// In Chinese, one line for each value.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "事项目录 {} → {}", self.from, self.to)?;
        if self.is_empty() {
            return writeln!(formatter, "没有差异");
        }
        for (what, items) in [("新增", &self.added), ("取消", &self.removed)] {
            if !items.is_empty() {
                writeln!(formatter, "\n{what} {} 项", items.len())?;
            }
            for ItemName { item, name } in items {
                writeln!(formatter, "  {item} {name}")?;
            }
        }
        if !self.changed.is_empty() {
            writeln!(formatter, "\n修改 {} 项", self.changed.len())?;
        }
        for ItemChange { item, name, fields } in &self.changed {
            writeln!(formatter, "  {item} {name}")?;
            for field in fields {
                let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "（无）".to_owned());
                let (part, path) = (field.part(), &field.field);
                writeln!(formatter, "    {part} {path}：{} → {}", side(&field.before), side(&field.after))?;
            }
        }
        Ok(())
    }
}
