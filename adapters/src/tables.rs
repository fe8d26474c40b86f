//! A region's tables: its codes with their meaning, and its own catalogue of the same-standard items.

use std::collections::HashMap;

use jiff::civil::Date;
use serde::Deserialize;
use standards::code::{CreditCode, ItemId};
use standards::item::{MaterialForm, MaterialSource, Necessity, TimeLimit};

/// One table of a region's `codes.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeTable {
    /// Its name, by which rules refer to it.
    pub name: String,
    /// The rows in the order of the file; no code occurs twice.
    pub rows: Vec<CodeRow>,
}

/// One code of a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRow {
    /// The code as the region writes it.
    pub code: String,
    /// The meaning in the region's own words.
    pub meaning: String,
    /// What it is in the standard model.
    pub equivalence: Equivalence,
    /// Values that the region has no code of its own for, and that are written with this one.
    pub also_writes: Vec<String>,
}

/// 对应关系: how a region's code stands to the standard model. Every row declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Equivalence {
    /// 等同: the same, both ways.
    Exact(String),
    /// 有损: this value, and more than it; the code is kept beside it.
    Lossy(String),
    /// 无对应: nothing; with the reason.
    Unmapped(String),
}

impl CodeTable {
    /// The row of a region's code.
    pub fn row_of(&self, code: &str) -> Option<&CodeRow> {
        self.rows.iter().find(|row| row.code == code)
    }

    /// The code by which a value is written.
    pub fn code_of(&self, value: &str) -> Option<&str> {
        self.rows.iter().find(|row| row.writes(value)).map(|row| row.code.as_str())
    }

    pub(crate) fn codes_with_a_value(&self) -> Vec<String> {
        self.rows.iter().filter(|row| row.value().is_some()).map(|row| row.code.clone()).collect()
    }
}

impl CodeRow {
    /// The canonical value; `None` where the standard model has none.
    pub fn value(&self) -> Option<&str> {
        match &self.equivalence {
            Equivalence::Exact(value) | Equivalence::Lossy(value) => Some(value),
            Equivalence::Unmapped(_) => None,
        }
    }

    /// Whether the value is written with this code.
    pub fn writes(&self, value: &str) -> bool {
        matches!(&self.equivalence, Equivalence::Exact(own) if own == value)
            || self.also_writes.iter().any(|also| also == value)
    }
}

/// 事项对照表: the region's own catalogue of the same-standard items, from its `items.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemCodes {
    /// The rows in the order of the file; no code occurs twice.
    pub rows: Vec<ItemRow>,
    /// Where the catalogue is known to differ from the standard.
    pub known_differences: Vec<KnownDifference>,
    by_code: HashMap<String, usize>,
    by_item: HashMap<String, usize>,
}

/// One item of a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// The region's own code.
    pub code: String,
    /// Identifier of the same-standard item, such as `JJJ-033`.
    pub item: String,
    /// The name that the region gives it. Never a key: brackets and level suffixes differ.
    pub name: String,
    /// 实施机关: who decides there.
    pub authority: CreditCode,
    /// 办理时限 as the region publishes it.
    pub time_limit: TimeLimit,
    /// 受理条件 as the region publishes them.
    pub acceptance_criteria: Vec<String>,
    /// 申请材料 as the region publishes them.
    pub materials: Vec<RegionalMaterial>,
}

/// 地区材料: a material in a region's own catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionalMaterial {
    /// Its name.
    pub name: String,
    /// In which form it is taken.
    pub form: MaterialForm,
    /// Where it comes from.
    pub source: MaterialSource,
    /// When it is asked for.
    pub necessity: Necessity,
}

/// 已知差异: a difference from the standard that the region owns up to, with its reason and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDifference {
    /// The item.
    pub item: ItemId,
    /// The field, as a [`crate::drift::Difference`] names it.
    pub field: String,
    /// Why, in Chinese.
    pub reason: String,
    /// The day from which it is no longer excused.
    pub until: Date,
}

impl ItemCodes {
    /// Adds a row.
    pub(crate) fn push(&mut self, row: ItemRow) {
        let number = self.rows.len();
        self.by_code.entry(row.code.clone()).or_insert(number);
        self.by_item.entry(row.item.clone()).or_insert(number);
        self.rows.push(row);
    }

    /// The same-standard item of a region's code.
    pub fn item_of(&self, code: &str) -> Option<&str> {
        self.rows.get(*self.by_code.get(code)?).map(|row| row.item.as_str())
    }

    /// The first of the region's codes of an item.
    pub fn code_of(&self, item: &str) -> Option<&str> {
        self.rows.get(*self.by_item.get(item)?).map(|row| row.code.as_str())
    }
}
