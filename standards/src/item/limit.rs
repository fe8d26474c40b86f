//! How long things take and how long they hold.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::LimitUnit;

/// 办理时限: what the law allows, and what the three regions promise together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeLimit {
    /// 法定办结时限.
    pub statutory_limit: Limit,
    /// 承诺办结时限.
    pub committed_limit: Limit,
}

/// 时限: a count and its unit, which are never one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many; 0 means on the spot.
    pub count: u16,
    /// Of what.
    pub unit: LimitUnit,
}

impl fmt::Display for Limit {
    /// In Chinese: `5 个工作日`, `当场办结`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            0 => formatter.write_str("当场办结"),
            count => write!(formatter, "{count} {}", self.unit.label()),
        }
    }
}

/// 有效期: how long a result holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// 长期.
    NoExpiry,
    /// So many years from the day of issue.
    Years(u8),
    /// So many natural days from the day of issue.
    Days(u16),
    /// 一次有效: for the one matter that it was given for.
    SingleUse,
    /// As the document itself says, because it differs from case to case.
    AsStated,
}

impl fmt::Display for Validity {
    /// In Chinese: `3 年`, `长期有效`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoExpiry => formatter.write_str("长期有效"),
            Self::Years(years) => write!(formatter, "{years} 年"),
            Self::Days(days) => write!(formatter, "{days} 日"),
            Self::SingleUse => formatter.write_str("一次有效"),
            Self::AsStated => formatter.write_str("以结果文书载明的期限为准"),
        }
    }
}
