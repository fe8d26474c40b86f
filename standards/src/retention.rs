//! 保存期限: how long the evidence of a decision is kept.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;

use crate::DataError;
use crate::code::ItemId;
use crate::data::from_toml;
use crate::entry::Label;
use crate::item::{ItemClass, SameStandardItem};

const FILE: &str = "retention.toml";

/// 保存规则: for which items evidence is kept how long.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionRule {
    /// Its name, which the entry of an erasure states.
    pub name: Label,
    /// The class of items that it is for, if it is for one.
    #[serde(default)]
    pub class: Option<ItemClass>,
    /// Items that it is for, whatever the rule of their class says.
    #[serde(default)]
    pub items: Vec<ItemId>,
    /// Years after the day of the decision.
    pub years: u16,
}

impl RetentionRule {
    /// The first day on which the evidence of a decision of this day is no longer to be kept; `None` beyond the calendar.
    pub fn due_on(&self, decided: Date) -> Option<Date> {
        decided.checked_add(i64::from(self.years).years()).ok()?.tomorrow().ok()
    }
}

/// 保存规则表.
#[derive(Debug, Clone)]
pub struct Retention {
    rules: Vec<RetentionRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetentionFile {
    rule: Vec<RetentionRule>,
}

impl Retention {
    /// The rules of this edition.
    ///
    /// # Errors
    /// A fault in the embedded file (a test holds that there is none).
    pub fn embedded() -> Result<Self, DataError> {
        Self::from_text(include_str!("../data/retention.toml"))
    }

    /// Reads a file of rules.
    ///
    /// # Errors
    /// [`DataError::Toml`]; [`DataError::WordTwice`] when a name stands twice, or two rules are for one class or one item.
    pub fn from_text(text: &str) -> Result<Self, DataError> {
        let rules = from_toml::<RetentionFile>(FILE, text)?.rule;
        let mut seen = BTreeSet::new();
        for rule in &rules {
            let class = rule.class.map(|class| class.label().to_owned());
            let items = rule.items.iter().map(ToString::to_string);
            for key in items.chain(class).chain([rule.name.to_string()]) {
                if !seen.insert(key.clone()) {
                    return Err(DataError::WordTwice { file: FILE.to_owned(), key });
                }
            }
        }
        Ok(Self { rules })
    }

    /// The rule for an item; `None` where none is: then its evidence stays until somebody orders otherwise.
    pub fn rule(&self, item: &SameStandardItem) -> Option<&RetentionRule> {
        let own = self.rules.iter().find(|rule| rule.items.contains(&item.id));
        own.or_else(|| self.rules.iter().find(|rule| rule.class == Some(item.class)))
    }
}
