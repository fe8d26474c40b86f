//! The four sames, proven: each region's own catalogue compared with the standard, field by field.

mod compare;
mod html;
mod text;

use jiff::civil::Date;
use serde::Serialize;
use standards::code::{ItemId, RegionCode};
use standards::region::Regions;

use crate::Adapters;
use crate::tables::KnownDifference;

/// 四同核对: how the regions' own catalogues stand to the standard on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The edition of the standard.
    pub edition: String,
    /// The day for which known differences were looked at.
    pub on: Date,
    /// The regions, with how many items of the standard each was compared on.
    pub regions: Vec<ComparedRegion>,
    /// Regions that take part and have no catalogue here at all: nothing was compared for them.
    pub absent: Vec<AbsentRegion>,
    /// Every difference, excused or not, in the order of regions, items and fields.
    pub differences: Vec<Difference>,
    /// Declared differences that are none (any more): each would excuse the next one unseen.
    pub needless: Vec<NeedlessDeclaration>,
}

/// 核对地区.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComparedRegion {
    /// The region.
    pub region: RegionCode,
    /// Items that its catalogue has.
    pub items: usize,
}

/// 缺失地区: a region that takes part without a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AbsentRegion {
    /// The region.
    pub region: RegionCode,
    /// Its name in Chinese.
    pub name: String,
}

impl AbsentRegion {
    /// The stable code of the finding.
    pub const CODE: &'static str = "drift.region_missing";
}

/// 差异: one value that a region publishes differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The region.
    pub region: RegionCode,
    /// The item.
    pub item: ItemId,
    /// Its name in the standard.
    pub item_name: String,
    /// Which of the four sames is touched.
    pub part: AgreedPart,
    /// The field: `time_limit.committed_limit`, `materials[营业执照].form`, `acceptance_criteria[2]`.
    pub field: String,
    /// What the standard says; absent when it has no such thing.
    pub standard: Option<String>,
    /// What the region says; absent when it has no such thing.
    pub regional: Option<String>,
    /// Whether it is excused.
    pub standing: Standing,
}

/// 四同: the part of an item that is the same in every region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AgreedPart {
    /// The item as a whole: the region does not have it.
    Item,
    /// 同名称.
    Name,
    /// 同受理标准.
    AcceptanceCriteria,
    /// 同申请材料.
    Materials,
    /// 同办理时限.
    TimeLimit,
}

impl AgreedPart {
    /// All parts, in the order in which they are agreed.
    pub const ALL: [Self; 5] = [Self::Item, Self::Name, Self::AcceptanceCriteria, Self::Materials, Self::TimeLimit];

    /// Its name in Chinese.
    pub fn label(self) -> &'static str {
        match self {
            Self::Item => "事项",
            Self::Name => "事项名称",
            Self::AcceptanceCriteria => "受理条件",
            Self::Materials => "申请材料",
            Self::TimeLimit => "办理时限",
        }
    }

    /// The stable code of a difference in this part.
    pub fn code(self) -> &'static str {
        match self {
            Self::Item => "drift.item_missing",
            Self::Name => "drift.name",
            Self::AcceptanceCriteria => "drift.acceptance_criteria",
            Self::Materials => "drift.materials",
            Self::TimeLimit => "drift.time_limit",
        }
    }
}

/// 差异状态: whether a difference is excused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Standing {
    /// Nobody has declared it.
    Undeclared,
    /// Declared, with its reason, and its end has not come.
    Known {
        /// Why, in Chinese.
        reason: String,
        /// The day from which it is no longer excused.
        until: Date,
    },
    /// Declared, and its end has come.
    Expired {
        /// Why, in Chinese.
        reason: String,
        /// The day from which it is no longer excused.
        until: Date,
    },
}

impl Standing {
    fn of(declared: Option<&KnownDifference>, on: Date) -> Self {
        match declared {
            None => Self::Undeclared,
            Some(KnownDifference { reason, until, .. }) if on < *until => {
                Self::Known { reason: reason.clone(), until: *until }
            }
            Some(KnownDifference { reason, until, .. }) => Self::Expired { reason: reason.clone(), until: *until },
        }
    }
}

impl Difference {
    /// Whether somebody answers for it until a day that has not come.
    pub fn is_excused(&self) -> bool {
        match self.standing {
            Standing::Known { .. } => true,
            Standing::Undeclared | Standing::Expired { .. } => false,
        }
    }
}

/// 多余的申报: a known difference without a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeedlessDeclaration {
    /// The region.
    pub region: RegionCode,
    /// The item.
    pub item: ItemId,
    /// The field that it names.
    pub field: String,
}

impl NeedlessDeclaration {
    /// The stable code of the finding.
    pub const CODE: &'static str = "drift.needless_declaration";
}

impl Adapters {
    /// Compares the catalogue of every region that takes part with the standard, as of a day.
    pub fn drift(&self, regions: &Regions, on: Date) -> Drift {
        let absent = regions.iter().filter(|region| self.adapter(&region.code).is_none());
        let mut drift = Drift {
            edition: self.iter().next().map(|adapter| adapter.catalogue.edition().to_owned()).unwrap_or_default(),
            on,
            regions: Vec::new(),
            absent: absent.map(|r| AbsentRegion { region: r.code.clone(), name: r.name_zh.clone() }).collect(),
            differences: Vec::new(),
            needless: Vec::new(),
        };
        for adapter in self.iter() {
            compare::region(adapter, on, &mut drift);
        }
        drift
    }
}

impl Drift {
    /// Whether every region has a catalogue, every difference is excused and no declaration is needless.
    pub fn is_clean(&self) -> bool {
        self.absent.is_empty() && self.needless.is_empty() && self.unexcused().next().is_none()
    }

    /// The differences that nobody answers for, or no longer.
    pub fn unexcused(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| !difference.is_excused())
    }

    /// The result in one sentence, in Chinese.
    pub fn sentence(&self) -> String {
        let (regions, known) = (self.regions.len(), self.differences.len() - self.unexcused().count());
        let (absent, unexcused, needless) = (self.absent.len(), self.unexcused().count(), self.needless.len());
        if self.is_clean() {
            format!("{regions} 个地区的事项目录与共同标准一致；已申报且在期限内的差异 {known} 处。")
        } else {
            format!(
                "{regions} 个地区的事项目录与共同标准不一致：没有目录的地区 {absent} 个，未获认可的差异 {unexcused} 处，\
                 多余的申报 {needless} 处。"
            )
        }
    }
}
