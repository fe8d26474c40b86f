//! The same-standard items and their four agreed parts: name, acceptance criteria, materials and time limit.

mod catalogue;
mod criterion;
mod difference;
mod edition;
mod guide;
mod kind;
mod limit;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::code::{BasicCode, ItemId, RegionCode};

pub use catalogue::Catalogue;
pub use criterion::{AcceptanceCriterion, Condition, FactValue, Judgement, Test};
pub use difference::{CatalogueDifference, FieldChange, ItemChange, ItemName};
pub use edition::{Edition, EditionFault};
pub use kind::{
    ApplicantKind, CaseKind, ContentsProvenance, ItemClass, LimitUnit, MaterialForm, MaterialKind, MaterialSource,
    NameProvenance, Necessity, RecognitionKind, ResultKind, Scope,
};
pub use limit::{Limit, TimeLimit, Validity};

/// 同事同标事项: an item that all regions named in it handle by one standard, and whose results they recognise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SameStandardItem {
    /// Its number in the common catalogue.
    pub id: ItemId,
    /// 基本编码, the key by which messages name it.
    pub basic_code: BasicCode,
    /// 事项名称, the first of the four sames. Names are shown, never matched.
    pub name: String,
    /// Which of this is attested, and which is modelled.
    pub provenance: Provenance,
    /// 主管部门, the field of government in all regions.
    pub department: String,
    /// 事项类型.
    pub class: ItemClass,
    /// 申请人类型.
    pub applicant: ApplicantKind,
    /// 办件类型.
    pub case_kind: CaseKind,
    /// 受理标准, the second of the four sames.
    pub acceptance_criteria: Vec<AcceptanceCriterion>,
    /// 申请材料, the third of the four sames.
    pub materials: Vec<Material>,
    /// 办理时限, the fourth of the four sames.
    pub time_limit: TimeLimit,
    /// 收费: nothing is charged when there are none.
    #[serde(default)]
    pub fees: Vec<Fee>,
    /// 告知承诺, where it is allowed.
    #[serde(default)]
    pub notification_commitment: Option<NotificationCommitment>,
    /// 办理结果 as a document.
    pub result: ResultDocument,
    /// 互认方式.
    pub recognition: RecognitionKind,
    /// 互认内容: what exactly is recognised.
    pub recognised: String,
    /// The regions between which results are recognised.
    pub recognised_in: Vec<RegionCode>,
    /// 适用范围 of a result.
    pub scope: Scope,
    /// 监管主体: who supervises what the result allows.
    pub supervising_authority: String,
    /// The first day on which results are recognised.
    pub effective_from: Date,
    /// The day from which they no longer are, when the item has been withdrawn.
    #[serde(default)]
    pub effective_until: Option<Date>,
}

impl SameStandardItem {
    /// Whether a result of `from` is recognised in `to` at all. A region's own results need no recognition, so the same region
    /// twice is not open.
    pub fn open_between(&self, from: &RegionCode, to: &RegionCode) -> bool {
        from != to && self.recognised_in.contains(from) && self.recognised_in.contains(to)
    }

    /// Whether the item is in force on this day.
    pub fn in_force_on(&self, day: Date) -> bool {
        self.effective_from <= day && self.effective_until.is_none_or(|until| day < until)
    }
}

/// 依据: which part of an item was seen in public, and which was made up by us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Where the name was seen.
    pub name: NameProvenance,
    /// The name as it stands there.
    #[serde(default)]
    pub attested_as: Option<String>,
    /// Where the rest comes from.
    pub contents: ContentsProvenance,
}

/// 申请材料: one thing that the applicant hands in, the same in every region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Material {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: MaterialKind,
    /// In which form it is taken.
    pub form: MaterialForm,
    /// Where it comes from.
    pub source: MaterialSource,
    /// When it is asked for.
    pub necessity: Necessity,
    /// Only asked for when this holds; always, when absent.
    #[serde(default)]
    pub only_if: Option<String>,
    /// 免交依据: the key of the shared data in the vocabulary by which it need not be handed in.
    #[serde(default)]
    pub exempted_by: Option<String>,
    /// What it must show to be taken.
    pub requirement: String,
}

/// 收费: something that the applicant pays for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// For what.
    pub name: String,
    /// 元; absent where each region sets it.
    #[serde(default)]
    pub amount_yuan: Option<u32>,
    /// Per what, such as 件 or 张.
    pub per: String,
    /// By which rule.
    pub basis: String,
}

/// 告知承诺: the applicant states that conditions hold, and they are checked afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationCommitment {
    /// What may be stated instead of shown, and when it is checked.
    pub covers: String,
}

/// 结果文书: the document that carries the outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultDocument {
    /// Its name, such as 劳务派遣经营许可证.
    pub name: String,
    /// 结果类型.
    pub kind: ResultKind,
    /// 证照类型代码 (21 characters), when it is an electronic licence: the first part of its [`crate::code::LicenseId`].
    #[serde(default)]
    pub license_type: Option<String>,
    /// 有效期.
    pub validity: Validity,
}
