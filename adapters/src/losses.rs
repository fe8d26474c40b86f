//! What each dialect cannot say, derived from its rules: no loss is left to be found out by a message.

use standards::code::RegionCode;
use standards::field::{FIELDS, path};
use standards::message::MessageKind;

use crate::adapter::Adapter;
use crate::mapping::{Plan, Rule};
use crate::tables::Equivalence;

/// 损失: one way in which a value does not come back from a dialect as it went in. The original is always kept in the explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The dialect.
    pub region: RegionCode,
    /// The kind of message.
    pub kind: MessageKind,
    /// The canonical field, a path of the field table.
    pub field: &'static str,
    /// What happens to it.
    pub reason: LossReason,
}

/// How a value is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LossReason {
    /// 无处可写: the dialect has no place for the field.
    NoPlace,
    /// 并入他码: the value is written with a code that means another one too.
    WrittenAs {
        /// The value.
        value: String,
        /// The region's code for it.
        code: String,
        /// What the code means there.
        meaning: String,
    },
    /// 他码并入: a code of the dialect means more than the value that it is read as.
    ReadAs {
        /// The region's code.
        code: String,
        /// What it means there.
        meaning: String,
        /// The value.
        value: String,
    },
    /// 只留一部分: the dialect's way of writing drops a part.
    Partial {
        /// Which part, in Chinese.
        zh: &'static str,
        /// Which part, in English.
        en: &'static str,
    },
    /// 按目录另写: another region's own code is written as this region's code of the same item.
    OwnCode,
}

impl Adapter {
    /// Every loss of this dialect, by kind of message and in the order of the field table.
    pub fn losses(&self) -> Vec<Loss> {
        self.mapping.messages.iter().flat_map(|plan| self.losses_of(plan)).collect()
    }

    fn losses_of(&self, plan: &Plan) -> Vec<Loss> {
        let fields = FIELDS.iter().filter(|field| field.presence(plan.kind).is_some());
        let reasons = fields.flat_map(|field| {
            let reasons = match plan.rules.iter().find(|rule| rule.field == field) {
                Some(rule) => self.losses_by(rule),
                None => vec![LossReason::NoPlace],
            };
            reasons.into_iter().map(|reason| (field.path, reason))
        });
        let region = &self.mapping.region;
        reasons.map(|(field, reason)| Loss { region: region.clone(), kind: plan.kind, field, reason }).collect()
    }

    fn losses_by(&self, rule: &Rule) -> Vec<LossReason> {
        if rule.field.path == path::LOCAL_ITEM_CODE {
            return vec![LossReason::OwnCode];
        }
        if let Some((zh, en)) = rule.transform.drops {
            return vec![LossReason::Partial { zh, en }];
        }
        let rows = self.mapping.table(rule).map(|table| table.rows.as_slice()).unwrap_or_default();
        rows.iter()
            .flat_map(|row| {
                let (code, meaning) = (row.code.clone(), row.meaning.clone());
                let read = match &row.equivalence {
                    Equivalence::Lossy(value) => {
                        Some(LossReason::ReadAs { code: code.clone(), meaning: meaning.clone(), value: value.clone() })
                    }
                    Equivalence::Exact(_) | Equivalence::Unmapped(_) => None,
                };
                let written =
                    row.also_writes.iter().filter(|value| row.value() != Some(value.as_str())).map(move |value| {
                        LossReason::WrittenAs { value: value.clone(), code: code.clone(), meaning: meaning.clone() }
                    });
                read.into_iter().chain(written).collect::<Vec<_>>()
            })
            .collect()
    }
}
