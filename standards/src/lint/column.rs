//! Which names of columns, elements and keys hold which code: the table that the linter goes by.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::DataError;
use crate::data::from_toml;

const FILE: &str = "lint.toml";

/// 列的种类: what the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// 统一社会信用代码.
    CreditCode,
    /// 公民身份号码.
    CitizenId,
    /// 证件号码: a credit code, a citizen's number, or another document's, which is not judged.
    HolderId,
    /// 基本编码.
    BasicCode,
    /// 实施编码.
    ImplementationCode,
    /// 事项编码: an implementation code, or a local code with hyphens.
    ItemCode,
    /// 业务办理项编码.
    HandlingItemCode,
    /// 办件编号.
    CaseNumber,
    /// 地方办件编号.
    CaseId,
    /// 电子证照标识.
    LicenseId,
    /// 行政区划代码.
    DivisionCode,
    /// 省级行政区划代码.
    RegionCode,
    /// 同事同标事项编号.
    ItemId,
    /// 事项名称: shown, never matched.
    ItemName,
}

/// Each kind, the word that the command line and the files name it by, and its name in Chinese.
const KINDS: [(ColumnKind, &str, &str); 14] = [
    (ColumnKind::CreditCode, "credit_code", "统一社会信用代码"),
    (ColumnKind::CitizenId, "citizen_id", "公民身份号码"),
    (ColumnKind::HolderId, "holder_id", "证件号码"),
    (ColumnKind::BasicCode, "basic_code", "基本编码"),
    (ColumnKind::ImplementationCode, "implementation_code", "实施编码"),
    (ColumnKind::ItemCode, "item_code", "事项编码"),
    (ColumnKind::HandlingItemCode, "handling_item_code", "业务办理项编码"),
    (ColumnKind::CaseNumber, "case_number", "办件编号"),
    (ColumnKind::CaseId, "case_id", "地方办件编号"),
    (ColumnKind::LicenseId, "license_id", "电子证照标识"),
    (ColumnKind::DivisionCode, "division_code", "行政区划代码"),
    (ColumnKind::RegionCode, "region_code", "省级行政区划代码"),
    (ColumnKind::ItemId, "item_id", "同事同标事项编号"),
    (ColumnKind::ItemName, "item_name", "事项名称"),
];

impl ColumnKind {
    /// Every kind, in the order in which they are told.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(|(kind, _, _)| *kind)
    }

    fn row(self) -> (&'static str, &'static str) {
        KINDS.iter().find(|(kind, _, _)| *kind == self).map_or(("", ""), |(_, key, label)| (key, label))
    }

    /// The word of the kind: `credit_code`.
    pub fn key(self) -> &'static str {
        self.row().0
    }

    /// The name of the kind in Chinese.
    pub fn label(self) -> &'static str {
        self.row().1
    }

    /// The kind of this word.
    pub fn from_key(key: &str) -> Option<Self> {
        KINDS.iter().find(|(_, known, _)| *known == key).map(|(kind, _, _)| *kind)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    key_attributes: Vec<String>,
    null_words: Vec<String>,
    placeholder_words: Vec<String>,
    name_levels: Vec<String>,
    registrars: String,
    provinces: BTreeSet<String>,
    column: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: ColumnKind,
    names: Vec<String>,
}

/// The table as it is looked up.
#[derive(Debug, Clone)]
pub(super) struct Table {
    by_name: BTreeMap<String, ColumnKind>,
    key_attributes: BTreeSet<String>,
    null_words: Vec<String>,
    placeholder_words: Vec<String>,
    provinces: BTreeSet<String>,
    pub(super) name_levels: Vec<String>,
    pub(super) registrars: String,
}

impl Table {
    pub(super) fn embedded() -> Result<Self, DataError> {
        Self::from_text(include_str!("../../data/lint.toml"))
    }

    fn from_text(text: &str) -> Result<Self, DataError> {
        let file: File = from_toml(FILE, text)?;
        let mut by_name = BTreeMap::new();
        for Row { kind, names } in file.column {
            for name in names {
                if by_name.insert(folded(&name), kind).is_some() {
                    return Err(DataError::WordTwice { file: FILE.to_owned(), key: name });
                }
            }
        }
        Ok(Self {
            by_name,
            key_attributes: file.key_attributes.iter().map(|name| folded(name)).collect(),
            null_words: file.null_words,
            placeholder_words: file.placeholder_words,
            provinces: file.provinces,
            name_levels: file.name_levels,
            registrars: file.registrars,
        })
    }

    pub(super) fn add(&mut self, name: &str, kind: ColumnKind) {
        self.by_name.insert(folded(name), kind);
    }

    pub(super) fn kind_of(&self, name: &str) -> Option<ColumnKind> {
        self.by_name.get(&folded(name)).copied()
    }

    pub(super) fn is_key_attribute(&self, name: &str) -> bool {
        self.key_attributes.contains(&folded(name))
    }

    pub(super) fn is_null_word(&self, text: &str) -> bool {
        self.null_words.iter().any(|word| word.eq_ignore_ascii_case(text))
    }

    pub(super) fn is_placeholder_word(&self, text: &str) -> bool {
        self.placeholder_words.iter().any(|word| word.eq_ignore_ascii_case(text))
    }

    /// Whether a code begins with the two digits of a province.
    pub(super) fn is_province(&self, code: &str) -> bool {
        code.get(..2).is_some_and(|two| self.provinces.contains(two))
    }
}

/// The name without what people write it differently by: case, blanks, `_ - *`, a bracketed remark behind it.
fn folded(name: &str) -> String {
    let remark = |character: char| matches!(character, '(' | '（' | '[' | '【');
    let name = name.find(remark).filter(|at| *at > 0).and_then(|at| name.get(..at)).unwrap_or(name);
    let written_differently = |character: &char| {
        character.is_whitespace() || matches!(character, '_' | '-' | '*' | '＊' | '\u{feff}' | '：' | ':')
    };
    name.chars().filter(|character| !written_differently(character)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_people_write_it() {
        let table = Table::embedded().unwrap();
        for (name, kind) in [
            ("统一社会信用代码", Some(ColumnKind::CreditCode)),
            ("* 统一社会信用代码（必填）", Some(ColumnKind::CreditCode)),
            ("\u{feff}SXBM", Some(ColumnKind::ItemCode)),
            ("ssbm", Some(ColumnKind::ImplementationCode)),
            ("creditCode", Some(ColumnKind::CreditCode)),
            ("CREDIT-CODE", Some(ColumnKind::CreditCode)),
            ("SLBMZZJDDM", Some(ColumnKind::CreditCode)),
            ("slbmzzjgdm", Some(ColumnKind::CreditCode)),
            ("（统一社会信用代码）", None),
            ("备注", None),
            ("", None),
        ] {
            assert_eq!(table.kind_of(name), kind, "{name:?}");
        }
    }

    #[test]
    fn every_kind_but_the_ones_of_our_own_has_a_name_in_the_table() {
        let table = Table::embedded().unwrap();
        for kind in ColumnKind::all().filter(|kind| *kind != ColumnKind::RegionCode) {
            assert!(table.by_name.values().any(|known| *known == kind), "{kind:?} is the kind of no column");
        }
        for kind in ColumnKind::all() {
            assert_eq!(ColumnKind::from_key(kind.key()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.key(), "the word of the files");
        }
    }

    #[test]
    fn a_name_that_stands_for_two_kinds_is_refused() {
        let text = include_str!("../../data/lint.toml").replacen("\"SXBM\"", "\"SXBM\", \"ssbm\"", 1);
        assert!(matches!(Table::from_text(&text), Err(DataError::WordTwice { key, .. }) if key == "ssbm"));
        assert!(matches!(Table::from_text("[[column]]\n"), Err(DataError::Toml { .. })));
    }
}
