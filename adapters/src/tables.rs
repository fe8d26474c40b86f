//! A region's tables: its codes with their meaning, and its own catalogue of the same-standard items.

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
    /// The canonical value; `None` where the standard model has none. The first row of a value is the one that is written.
    pub value: Option<String>,
    /// The meaning in the region's own words.
    pub meaning: String,
    /// Line of the value, for what is wrong with it.
    pub(crate) line: usize,
}

impl CodeTable {
    pub(crate) fn codes_with_a_value(&self) -> Vec<String> {
        self.rows.iter().filter(|row| row.value.is_some()).map(|row| row.code.clone()).collect()
    }
}

/// 事项对照表: the region's own catalogue of the same-standard items, from its `items.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemCodes {
    /// The rows in the order of the file; no code occurs twice.
    pub rows: Vec<ItemRow>,
    /// Where the catalogue is known to differ from the standard.
    pub known_differences: Vec<KnownDifference>,
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
    /// The same-standard item of a region's code.
    pub fn item_of(&self, code: &str) -> Option<&str> {
        self.rows.iter().find(|row| row.code == code).map(|row| row.item.as_str())
    }

    /// The first of the region's codes of an item.
    pub fn code_of(&self, item: &str) -> Option<&str> {
        self.rows.iter().find(|row| row.item == item).map(|row| row.code.as_str())
    }
}
