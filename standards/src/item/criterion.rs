//! Acceptance criteria, and the conditions in them that a machine can check before a person does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::vocabulary::{FactKind, Vocabulary};

/// 受理条件: one sentence that holds or does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceCriterion {
    /// The sentence. It is what was agreed; the condition only helps.
    pub text: String,
    /// 可核对条件: the part of the sentence that a machine can check, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

impl AcceptanceCriterion {
    /// What these facts say about the criterion. [`Judgement::Met`] is about its condition: the sentence may ask for more.
    pub fn judge(&self, facts: &BTreeMap<String, FactValue>) -> Judgement {
        let known = self.condition.as_ref().and_then(|condition| Some((condition, facts.get(&condition.fact)?)));
        match known.and_then(|(condition, value)| condition.holds_for(value)) {
            Some(true) => Judgement::Met,
            Some(false) => Judgement::Unmet,
            None => Judgement::ForAPerson,
        }
    }
}

/// 可核对条件: a test of one fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ConditionRow", into = "ConditionRow")]
pub struct Condition {
    /// The key of the fact in the vocabulary.
    pub fact: String,
    /// What its value must be.
    pub test: Test,
}

/// What the value of a fact must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// A number within these bounds, each of which belongs to it; at least one is there.
    Within {
        /// The least, when there is one.
        at_least: Option<i64>,
        /// The most, when there is one.
        at_most: Option<i64>,
    },
    /// One of these values.
    OneOf(Vec<String>),
    /// Yes, or no.
    Is(bool),
}

/// 事实的值: what is known about one fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactValue {
    /// Of a [`FactKind::Number`], in its unit.
    Number(i64),
    /// Of a [`FactKind::Choice`].
    Choice(String),
    /// Of a [`FactKind::Truth`].
    Truth(bool),
}

/// 预审结论: what facts say about one criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Its condition holds.
    Met,
    /// Its condition does not hold, so neither does the criterion.
    Unmet,
    /// No condition, or the fact is not known: a person decides.
    ForAPerson,
}

impl Condition {
    /// Whether the value passes; `None` for a value of another kind than the test is about.
    pub fn holds_for(&self, value: &FactValue) -> Option<bool> {
        match (&self.test, value) {
            (Test::Within { at_least, at_most }, FactValue::Number(number)) => {
                Some(at_least.is_none_or(|least| least <= *number) && at_most.is_none_or(|most| *number <= most))
            }
            (Test::OneOf(values), FactValue::Choice(choice)) => Some(values.contains(choice)),
            (Test::Is(wanted), FactValue::Truth(truth)) => Some(wanted == truth),
            (Test::Within { .. } | Test::OneOf(_) | Test::Is(_), _) => None,
        }
    }

    /// Whether the vocabulary has the fact, and the test is one that its values can pass.
    pub(super) fn is_about(&self, vocabulary: &Vocabulary) -> bool {
        vocabulary.fact(&self.fact).is_some_and(|fact| match (&self.test, &fact.kind) {
            (Test::Within { at_least: Some(least), at_most: Some(most) }, FactKind::Number { .. }) => least <= most,
            (Test::Within { .. }, FactKind::Number { .. }) | (Test::Is(_), FactKind::Truth) => true,
            (Test::OneOf(wanted), FactKind::Choice { values }) => wanted.iter().all(|value| values.contains_key(value)),
            (Test::Within { .. } | Test::OneOf(_) | Test::Is(_), _) => false,
        })
    }

    /// The condition in Chinese: `实缴注册资本不少于 2000000 元`. The key stands for a fact that the vocabulary does not have.
    pub fn describe(&self, vocabulary: &Vocabulary) -> String {
        let Some(fact) = vocabulary.fact(&self.fact) else { return self.fact.clone() };
        let label = &fact.label;
        match (&self.test, &fact.kind) {
            (Test::Within { at_least, at_most }, FactKind::Number { unit }) => match (at_least, at_most) {
                (Some(least), Some(most)) => format!("{label} {least} 至 {most} {unit}"),
                (Some(least), None) => format!("{label}不少于 {least} {unit}"),
                (None, Some(0)) => format!("{label}为 0 {unit}"),
                (None, Some(most)) => format!("{label}不超过 {most} {unit}"),
                (None, None) => label.clone(),
            },
            (Test::OneOf(wanted), FactKind::Choice { values }) => {
                let names: Vec<&str> =
                    wanted.iter().filter_map(|value| values.get(value)).map(String::as_str).collect();
                format!("{label}为{}", names.join("或者"))
            }
            (Test::Is(true), _) => format!("{label}，应为“是”"),
            (Test::Is(false), _) => format!("{label}，应为“否”"),
            (Test::Within { .. } | Test::OneOf(_), _) => label.clone(),
        }
    }
}

/// A condition as it is written: one kind of test only.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionRow {
    fact: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_least: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_most: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    one_of: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is: Option<bool>,
}

/// Not one kind of test.
#[derive(Debug, thiserror::Error)]
#[error("a condition has either at_least, at_most or both, or one_of with values, or is")]
struct NotOneTest;

impl TryFrom<ConditionRow> for Condition {
    type Error = NotOneTest;

    fn try_from(row: ConditionRow) -> Result<Self, NotOneTest> {
        let test = match (row.at_least, row.at_most, row.one_of, row.is) {
            (None, None, Some(values), None) if !values.is_empty() => Test::OneOf(values),
            (None, None, None, Some(wanted)) => Test::Is(wanted),
            (None, None, _, _) => return Err(NotOneTest),
            (at_least, at_most, None, None) => Test::Within { at_least, at_most },
            _ => return Err(NotOneTest),
        };
        Ok(Self { fact: row.fact, test })
    }
}

impl From<Condition> for ConditionRow {
    fn from(condition: Condition) -> Self {
        let mut row = Self { fact: condition.fact, at_least: None, at_most: None, one_of: None, is: None };
        match condition.test {
            Test::Within { at_least, at_most } => (row.at_least, row.at_most) = (at_least, at_most),
            Test::OneOf(values) => row.one_of = Some(values),
            Test::Is(wanted) => row.is = Some(wanted),
        }
        row
    }
}
