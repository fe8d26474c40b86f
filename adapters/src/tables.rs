//! A region's tables: its codes with their meaning, and its own codes of the same-standard items.

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

/// 事项对照表: the region's own codes of the same-standard items, from its `items.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemCodes {
    /// The rows in the order of the file; no code occurs twice.
    pub rows: Vec<ItemRow>,
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
