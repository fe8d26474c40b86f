//! The canonical case with its outcome and licence, and its way from and to canonical fields.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::code::{CaseId, CreditCode, DivisionCode, ItemId, LicenseId, RegionCode};
use crate::field::{self, Fields, path};

mod build;

pub(crate) use build::build;

/// 办件: a concluded case of one region, in the words of all of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Case {
    /// 来源地区: the region that handled it.
    pub from: RegionCode,
    /// 同事同标事项.
    pub item: ItemId,
    /// 办件编号 as the region counts.
    pub case_id: CaseId,
    /// 地方事项编码: the item as the region numbers it.
    pub local_item_code: String,
    /// 行政区划代码 as sent, maybe superseded; it lies in `from`.
    pub division: DivisionCode,
    /// 实施机关.
    pub authority: Authority,
    /// 申请人.
    pub applicant: Applicant,
    /// 受理时间.
    pub accepted_at: Option<Timestamp>,
    /// 办结时间; never before `accepted_at`.
    pub concluded_at: Timestamp,
    /// 办理决定.
    pub decision: Decision,
    /// 办理结果.
    pub outcome: Outcome,
}

/// 机关: an authority, known by its code; the name is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// 统一社会信用代码.
    pub code: CreditCode,
    /// Its name.
    pub name: String,
}

/// 申请人: who applied. Personal data: `{:?}` hides names and numbers.
#[derive(Clone, PartialEq, Eq)]
pub enum Applicant {
    /// 自然人.
    NaturalPerson {
        /// 姓名.
        name: String,
        /// 证件类型.
        id_type: IdType,
        /// 证件号码; its check digit holds when it is an identity card's.
        id_number: String,
    },
    /// 法人和其他组织.
    LegalPerson {
        /// 名称.
        name: String,
        /// 统一社会信用代码.
        id: CreditCode,
    },
}

impl Applicant {
    /// The name.
    pub fn name(&self) -> &str {
        match self {
            Self::NaturalPerson { name, .. } | Self::LegalPerson { name, .. } => name,
        }
    }

    /// The number of the identity document, or the credit code.
    pub fn id_number(&self) -> &str {
        match self {
            Self::NaturalPerson { id_number, .. } => id_number,
            Self::LegalPerson { id, .. } => id.as_str(),
        }
    }
}

/// 证件类型 of a natural person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdType {
    /// 居民身份证.
    ResidentIdentityCard,
    /// 护照.
    Passport,
    /// 港澳台居民居住证, 外国人永久居留身份证.
    ResidencePermit,
}

impl IdType {
    /// The text of `applicant.id_type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResidentIdentityCard => "resident_identity_card",
            Self::Passport => "passport",
            Self::ResidencePermit => "residence_permit",
        }
    }

    /// The type of this text; `credit_code` is no type of a natural person.
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::ResidentIdentityCard, Self::Passport, Self::ResidencePermit]
            .into_iter()
            .find(|id_type| id_type.as_str() == text)
    }
}

/// 办理决定: granted or refused. Several states of the regions fold into each; the mapping says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// 准予.
    Grant,
    /// 不予.
    Refuse,
}

impl Decision {
    /// The text of `decision`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Refuse => "refuse",
        }
    }
}

/// 办理结果: what the case ended in. A concluding message always names its result document; of a refused case that is the decision
/// not to grant.
#[derive(Clone, PartialEq, Eq)]
pub struct Outcome {
    /// 结果文书.
    pub license: License,
}

/// 电子证照: the result document, as the message describes it. Nothing here is believed before the sealed document says the same.
#[derive(Clone, PartialEq, Eq)]
pub struct License {
    /// 电子证照标识, when it has one; its issuer part is the issuer's code.
    pub id: Option<LicenseId>,
    /// 证照编号.
    pub number: String,
    /// 证照名称: the kind of document, such as 劳务派遣经营许可证.
    pub name: String,
    /// 颁发机构.
    pub issuer: Authority,
    /// 持证主体名称.
    pub holder_name: String,
    /// 持证主体代码.
    pub holder_id: String,
    /// 持证主体代码类型, when the message says.
    pub holder_id_type: Option<HolderIdType>,
    /// 证照类型代码 (GB/T 36904), when the message says.
    pub license_type: Option<String>,
    /// 颁发日期.
    pub issued_on: Option<Date>,
    /// 有效期起始, when the message says.
    pub valid_from: Option<Date>,
    /// 有效期截止.
    pub valid_until: Validity,
}

/// 持证主体代码类型: what the holder's code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderIdType {
    /// 统一社会信用代码.
    CreditCode,
    /// A number of an identity document.
    Document(IdType),
}

impl HolderIdType {
    /// The text of `license.holder.id_type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreditCode => "credit_code",
            Self::Document(id_type) => id_type.as_str(),
        }
    }

    /// The type of one of [`field::ID_TYPES`].
    fn from_text(text: &str) -> Self {
        IdType::from_text(text).map_or(Self::CreditCode, Self::Document)
    }
}

/// 有效期截止: until when a licence holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// To the end of this day, Beijing time.
    Until(Date),
    /// 长期有效.
    NoExpiry,
    /// The message does not say.
    Unstated,
}

/// A type that holds personal data shows only which case it belongs to.
macro_rules! hide_in_debug {
    ($($name:ident),+) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(hidden)"))
            }
        })+
    };
}

hide_in_debug!(Applicant, Outcome, License);

impl std::fmt::Debug for Case {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Case({} {} {})", self.from, self.item, self.case_id)
    }
}

impl Case {
    /// The canonical fields of the case.
    pub fn to_fields(&self) -> Fields {
        let license = &self.outcome.license;
        let (kind, id_type) = match &self.applicant {
            Applicant::NaturalPerson { id_type, .. } => ("natural_person", id_type.as_str()),
            Applicant::LegalPerson { .. } => ("legal_person", "credit_code"),
        };
        let valid_until = match license.valid_until {
            Validity::Until(day) => Some(day.to_string()),
            Validity::NoExpiry => Some(field::NO_EXPIRY.to_owned()),
            Validity::Unstated => None,
        };
        [
            (path::FROM, Some(self.from.to_string())),
            (path::ITEM, Some(self.item.to_string())),
            (path::CASE_ID, Some(self.case_id.to_string())),
            (path::LOCAL_ITEM_CODE, Some(self.local_item_code.clone())),
            (path::DIVISION, Some(self.division.to_string())),
            (path::AUTHORITY_CODE, Some(self.authority.code.to_string())),
            (path::AUTHORITY_NAME, Some(self.authority.name.clone())),
            (path::APPLICANT_KIND, Some(kind.to_owned())),
            (path::APPLICANT_NAME, Some(self.applicant.name().to_owned())),
            (path::APPLICANT_ID_TYPE, Some(id_type.to_owned())),
            (path::APPLICANT_ID_NUMBER, Some(self.applicant.id_number().to_owned())),
            (path::ACCEPTED_AT, self.accepted_at.map(|at| at.to_string())),
            (path::CONCLUDED_AT, Some(self.concluded_at.to_string())),
            (path::DECISION, Some(self.decision.as_str().to_owned())),
            (path::LICENSE_ID, license.id.as_ref().map(LicenseId::to_string)),
            (path::LICENSE_NUMBER, Some(license.number.clone())),
            (path::LICENSE_NAME, Some(license.name.clone())),
            (path::LICENSE_TYPE, license.license_type.clone()),
            (path::LICENSE_ISSUER_CODE, Some(license.issuer.code.to_string())),
            (path::LICENSE_ISSUER_NAME, Some(license.issuer.name.clone())),
            (path::LICENSE_HOLDER_NAME, Some(license.holder_name.clone())),
            (path::LICENSE_HOLDER_ID, Some(license.holder_id.clone())),
            (path::LICENSE_HOLDER_ID_TYPE, license.holder_id_type.map(|kind| kind.as_str().to_owned())),
            (path::LICENSE_ISSUED_ON, license.issued_on.map(|day| day.to_string())),
            (path::LICENSE_VALID_FROM, license.valid_from.map(|day| day.to_string())),
            (path::LICENSE_VALID_UNTIL, valid_until),
        ]
        .into_iter()
        .filter_map(|(path, text)| Some((path, text?)))
        .collect()
    }
}
