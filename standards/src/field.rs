//! The canonical fields of a case: their paths, their kinds, and every fault that a value can have.

use std::collections::BTreeMap;

use crate::code::{CodeError, RegionCode};

/// Characters that a name or a number may have at most.
pub const TEXT_LENGTH_MAX: usize = 200;

/// 字段: one row of the field table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its path, such as `license.number`.
    pub path: &'static str,
    /// Its name in Chinese, for explanations.
    pub name_zh: &'static str,
    /// What its text must be.
    pub kind: FieldKind,
    /// Whether a case without it is refused.
    pub presence: Presence,
    /// Whether it names a person: such values never reach the ledger, a log or an error text.
    pub privacy: Privacy,
}

/// What the text of a field must be. Texts are canonical: one value has one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A code of [`crate::code`].
    Code,
    /// A name or number: trimmed, without control characters, 1 to [`TEXT_LENGTH_MAX`] characters.
    Text,
    /// An instant, RFC 3339 in UTC with `Z`: `2022-11-09T08:01:02Z`.
    Timestamp,
    /// A day, `2025-11-08`.
    Date,
    /// A day, or `no_expiry`.
    DateOrNoExpiry,
    /// One of these.
    Choice(&'static [&'static str]),
}

/// Whether a field must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Always.
    Required,
    /// It may be absent; an empty text is not absence but a fault.
    Optional,
}

/// Whether a field is personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// Personal data.
    Personal,
    /// Codes, times and names of authorities.
    Open,
}

/// The paths, so that code names a field once.
pub mod path {
    /// 来源地区.
    pub const FROM: &str = "from";
    /// 事项编号.
    pub const ITEM: &str = "item";
    /// 办件编号.
    pub const CASE_ID: &str = "case_id";
    /// 地方事项编码.
    pub const LOCAL_ITEM_CODE: &str = "local_item_code";
    /// 行政区划代码.
    pub const DIVISION: &str = "division";
    /// 实施机关统一社会信用代码.
    pub const AUTHORITY_CODE: &str = "authority.code";
    /// 实施机关名称.
    pub const AUTHORITY_NAME: &str = "authority.name";
    /// 申请人类型.
    pub const APPLICANT_KIND: &str = "applicant.kind";
    /// 申请人名称.
    pub const APPLICANT_NAME: &str = "applicant.name";
    /// 申请人证件类型.
    pub const APPLICANT_ID_TYPE: &str = "applicant.id_type";
    /// 申请人证件号码.
    pub const APPLICANT_ID_NUMBER: &str = "applicant.id_number";
    /// 受理时间.
    pub const ACCEPTED_AT: &str = "accepted_at";
    /// 办结时间.
    pub const CONCLUDED_AT: &str = "concluded_at";
    /// 办理决定.
    pub const DECISION: &str = "decision";
    /// 电子证照标识.
    pub const LICENSE_ID: &str = "license.id";
    /// 证照编号.
    pub const LICENSE_NUMBER: &str = "license.number";
    /// 证照名称.
    pub const LICENSE_NAME: &str = "license.name";
    /// 颁发机构统一社会信用代码.
    pub const LICENSE_ISSUER_CODE: &str = "license.issuer.code";
    /// 颁发机构名称.
    pub const LICENSE_ISSUER_NAME: &str = "license.issuer.name";
    /// 持证主体名称.
    pub const LICENSE_HOLDER_NAME: &str = "license.holder.name";
    /// 持证主体代码.
    pub const LICENSE_HOLDER_ID: &str = "license.holder.id";
    /// 颁发日期.
    pub const LICENSE_ISSUED_ON: &str = "license.issued_on";
    /// 有效期截止.
    pub const LICENSE_VALID_UNTIL: &str = "license.valid_until";
}

/// The texts of `applicant.kind`.
pub const APPLICANT_KINDS: &[&str] = &["natural_person", "legal_person"];
/// The texts of `applicant.id_type`.
pub const ID_TYPES: &[&str] = &["resident_identity_card", "passport", "residence_permit", "credit_code"];
/// The texts of `decision`.
pub const DECISIONS: &[&str] = &["grant", "refuse"];
/// The text of `license.valid_until` that says that a licence does not end.
pub const NO_EXPIRY: &str = "no_expiry";

/// A row with a value that names no person.
const fn open(path: &'static str, name_zh: &'static str, kind: FieldKind, presence: Presence) -> Field {
    Field { path, name_zh, kind, presence, privacy: Privacy::Open }
}

/// A row with a value that may name a person.
const fn personal(path: &'static str, name_zh: &'static str, kind: FieldKind) -> Field {
    Field { path, name_zh, kind, presence: Presence::Required, privacy: Privacy::Personal }
}

/// The field table: every field of a case, in reading order. Mappings may name these paths and no others.
pub const FIELDS: &[Field] = &[
    open(path::FROM, "来源地区", FieldKind::Code, Presence::Required),
    open(path::ITEM, "同事同标事项编号", FieldKind::Code, Presence::Required),
    open(path::CASE_ID, "办件编号", FieldKind::Code, Presence::Required),
    open(path::LOCAL_ITEM_CODE, "地方事项编码", FieldKind::Text, Presence::Required),
    open(path::DIVISION, "行政区划代码", FieldKind::Code, Presence::Required),
    open(path::AUTHORITY_CODE, "实施机关统一社会信用代码", FieldKind::Code, Presence::Required),
    open(path::AUTHORITY_NAME, "实施机关名称", FieldKind::Text, Presence::Required),
    open(path::APPLICANT_KIND, "申请人类型", FieldKind::Choice(APPLICANT_KINDS), Presence::Required),
    personal(path::APPLICANT_NAME, "申请人名称", FieldKind::Text),
    open(path::APPLICANT_ID_TYPE, "申请人证件类型", FieldKind::Choice(ID_TYPES), Presence::Required),
    personal(path::APPLICANT_ID_NUMBER, "申请人证件号码", FieldKind::Text),
    open(path::ACCEPTED_AT, "受理时间", FieldKind::Timestamp, Presence::Optional),
    open(path::CONCLUDED_AT, "办结时间", FieldKind::Timestamp, Presence::Required),
    open(path::DECISION, "办理决定", FieldKind::Choice(DECISIONS), Presence::Required),
    open(path::LICENSE_ID, "电子证照标识", FieldKind::Code, Presence::Optional),
    personal(path::LICENSE_NUMBER, "证照编号", FieldKind::Text),
    open(path::LICENSE_NAME, "证照名称", FieldKind::Text, Presence::Required),
    open(path::LICENSE_ISSUER_CODE, "颁发机构统一社会信用代码", FieldKind::Code, Presence::Required),
    open(path::LICENSE_ISSUER_NAME, "颁发机构名称", FieldKind::Text, Presence::Required),
    personal(path::LICENSE_HOLDER_NAME, "持证主体名称", FieldKind::Text),
    personal(path::LICENSE_HOLDER_ID, "持证主体代码", FieldKind::Text),
    open(path::LICENSE_ISSUED_ON, "颁发日期", FieldKind::Date, Presence::Optional),
    open(path::LICENSE_VALID_UNTIL, "有效期截止", FieldKind::DateOrNoExpiry, Presence::Optional),
];

/// The row of this path.
pub fn find(path: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.path == path)
}

/// 字段集: the fields of one case as canonical texts, ordered by path. Holds personal data: it has no `Debug` of its values.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// No field yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a field; answers the text that stood there before. Whether path and text are good is judged by
    /// [`crate::case::Case::from_fields`], which reports all faults at once.
    pub fn set(&mut self, path: impl Into<String>, text: impl Into<String>) -> Option<String> {
        self.0.insert(path.into(), text.into())
    }

    /// The text of a field.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Takes a field away; answers its text.
    pub fn remove(&mut self, path: &str) -> Option<String> {
        self.0.remove(path)
    }

    /// Path and text of every field, ordered by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

impl<P: Into<String>, T: Into<String>> FromIterator<(P, T)> for Fields {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(path, text)| (path.into(), text.into())).collect())
    }
}

impl std::fmt::Debug for Fields {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// A finding about one field. It names the path and what was expected, never the value of a personal field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldFault {
    /// A required field is absent.
    #[error("{path}: missing")]
    Missing {
        /// The field.
        path: &'static str,
    },
    /// The path is not in [`FIELDS`].
    #[error("{path}: no such field")]
    Unknown {
        /// The path as given.
        path: String,
    },
    /// The code does not hold.
    #[error("{path}: {source}")]
    Code {
        /// The field.
        path: &'static str,
        /// What is wrong with the code.
        source: CodeError,
    },
    /// The text is empty, or begins or ends with white space.
    #[error("{path}: empty, or with white space around it")]
    Untrimmed {
        /// The field.
        path: &'static str,
    },
    /// The text holds a control character.
    #[error("{path}: control character at position {position}")]
    ControlCharacter {
        /// The field.
        path: &'static str,
        /// Position of the first one, counted from 1.
        position: usize,
    },
    /// The text is longer than [`TEXT_LENGTH_MAX`].
    #[error("{path}: at most {max} characters, got {got}")]
    TooLong {
        /// The field.
        path: &'static str,
        /// Characters allowed.
        max: usize,
        /// Characters found.
        got: usize,
    },
    /// The text is no instant in canonical form.
    #[error("{path}: expected an instant such as 2022-11-09T08:01:02Z")]
    Timestamp {
        /// The field.
        path: &'static str,
    },
    /// The text is no day in canonical form.
    #[error("{path}: expected a day such as 2025-11-08")]
    Date {
        /// The field.
        path: &'static str,
    },
    /// The text is none of the choices.
    #[error("{path}: expected one of {expected:?}")]
    Choice {
        /// The field.
        path: &'static str,
        /// The choices.
        expected: &'static [&'static str],
    },
    /// The item is not in the catalogue.
    #[error("{path}: the item is not in the catalogue")]
    ItemUnknown {
        /// The field.
        path: &'static str,
    },
    /// The division is in no table.
    #[error("{path}: the division is unknown")]
    DivisionUnknown {
        /// The field.
        path: &'static str,
    },
    /// The division lies in another region than the case comes from.
    #[error("{path}: the division lies in {got}, the case comes from {expected}")]
    DivisionElsewhere {
        /// The field.
        path: &'static str,
        /// Where the case comes from.
        expected: RegionCode,
        /// Where the division lies.
        got: RegionCode,
    },
    /// Two fields contradict each other.
    #[error("{path}: contradicts {other}")]
    Contradiction {
        /// The field.
        path: &'static str,
        /// The field that it contradicts.
        other: &'static str,
    },
}

impl FieldFault {
    /// The path of the field.
    pub fn path(&self) -> &str {
        match self {
            Self::Unknown { path } => path,
            Self::Missing { path }
            | Self::Code { path, .. }
            | Self::Untrimmed { path }
            | Self::ControlCharacter { path, .. }
            | Self::TooLong { path, .. }
            | Self::Timestamp { path }
            | Self::Date { path }
            | Self::Choice { path, .. }
            | Self::ItemUnknown { path }
            | Self::DivisionUnknown { path }
            | Self::DivisionElsewhere { path, .. }
            | Self::Contradiction { path, .. } => path,
        }
    }

    /// The stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "field.missing",
            Self::Unknown { .. } => "field.unknown",
            Self::Code { source, .. } => source.code(),
            Self::Untrimmed { .. } => "field.untrimmed",
            Self::ControlCharacter { .. } => "field.control_character",
            Self::TooLong { .. } => "field.too_long",
            Self::Timestamp { .. } => "field.timestamp",
            Self::Date { .. } => "field.date",
            Self::Choice { .. } => "field.choice",
            Self::ItemUnknown { .. } => "item.unknown",
            Self::DivisionUnknown { .. } => "division.unknown",
            Self::DivisionElsewhere { .. } => "division.elsewhere",
            Self::Contradiction { .. } => "field.contradiction",
        }
    }

    /// Every finding code of this kind (those of codes are [`CodeError::CODES`]).
    pub const CODES: &'static [&'static str] = &[
        "field.missing",
        "field.unknown",
        "field.untrimmed",
        "field.control_character",
        "field.too_long",
        "field.timestamp",
        "field.date",
        "field.choice",
        "field.contradiction",
        "item.unknown",
        "division.unknown",
        "division.elsewhere",
    ];
}
