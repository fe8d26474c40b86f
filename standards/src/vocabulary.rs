//! The words that items are written with: the facts of their conditions, and the shared data that saves people a material.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::DataError;
use crate::data::from_toml;

const FACTS: &str = "facts.toml";
const SHARED_DATA: &str = "shared_data.toml";

/// 词表: what a condition and a material may name.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    facts: BTreeMap<String, Fact>,
    shared_data: BTreeMap<String, SharedData>,
}

/// 事实: something about an applicant that a system can know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its name in Chinese.
    pub label: String,
    /// What its value can be.
    pub kind: FactKind,
}

/// What the value of a fact can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactKind {
    /// A whole number of this unit.
    Number {
        /// The unit in Chinese.
        unit: String,
    },
    /// One of these values, each with its name in Chinese.
    Choice {
        /// Name in Chinese by value.
        values: BTreeMap<String, String>,
    },
    /// Yes or no.
    Truth,
}

/// 共享数据: data of another body that is asked instead of the applicant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedData {
    /// The key by which a material names it.
    key: String,
    /// What it is, in Chinese.
    pub name: String,
    /// The field of government that keeps it, in Chinese.
    pub keeper: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactsFile {
    number: Vec<NumberRow>,
    choice: Vec<ChoiceRow>,
    truth: Vec<TruthRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NumberRow {
    key: String,
    label: String,
    unit: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoiceRow {
    key: String,
    label: String,
    values: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TruthRow {
    key: String,
    label: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SharedDataFile {
    source: Vec<SharedData>,
}

impl Vocabulary {
    /// The words of this program.
    ///
    /// # Errors
    /// A fault in the embedded files (a test holds that there is none).
    pub fn embedded() -> Result<Self, DataError> {
        Self::from_texts(include_str!("../data/facts.toml"), include_str!("../data/shared_data.toml"))
    }

    /// Reads the facts and the shared data.
    ///
    /// # Errors
    /// [`DataError::Toml`] or [`DataError::WordTwice`].
    pub fn from_texts(facts: &str, shared_data: &str) -> Result<Self, DataError> {
        let FactsFile { number, choice, truth } = from_toml(FACTS, facts)?;
        let numbers = number.into_iter().map(|row| (row.key, row.label, FactKind::Number { unit: row.unit }));
        let choices = choice.into_iter().map(|row| (row.key, row.label, FactKind::Choice { values: row.values }));
        let truths = truth.into_iter().map(|row| (row.key, row.label, FactKind::Truth));
        let facts = numbers.chain(choices).chain(truths).map(|(key, label, kind)| (key, Fact { label, kind }));
        let sources = from_toml::<SharedDataFile>(SHARED_DATA, shared_data)?.source;
        Ok(Self {
            facts: each_once(FACTS, facts)?,
            shared_data: each_once(SHARED_DATA, sources.into_iter().map(|source| (source.key.clone(), source)))?,
        })
    }

    /// The fact of this key.
    pub fn fact(&self, key: &str) -> Option<&Fact> {
        self.facts.get(key)
    }

    /// The shared data of this key.
    pub fn shared_data(&self, key: &str) -> Option<&SharedData> {
        self.shared_data.get(key)
    }

    /// The keys of all facts, and of all shared data.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.facts.keys().chain(self.shared_data.keys()).map(String::as_str)
    }
}

fn each_once<T>(file: &str, rows: impl Iterator<Item = (String, T)>) -> Result<BTreeMap<String, T>, DataError> {
    let mut words = BTreeMap::new();
    for (key, word) in rows {
        if words.insert(key.clone(), word).is_some() {
            return Err(DataError::WordTwice { file: file.to_owned(), key });
        }
    }
    Ok(words)
}
