//! The same-standard items and their four agreed parts: name, acceptance criteria, materials and time limit.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::DataError;
use crate::code::{BasicCode, CreditCode, ItemId, RegionCode};
use crate::data::from_toml;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/items");
const EDITION_FILE: &str = "edition.toml";

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
    /// 主管部门, the field of government in all regions.
    pub department: String,
    /// 事项类型.
    pub class: ItemClass,
    /// 申请人类型.
    pub applicant: ApplicantKind,
    /// 办件类型.
    pub case_kind: CaseKind,
    /// 受理标准, the second of the four sames: each criterion is one sentence that holds or does not.
    pub acceptance_criteria: Vec<String>,
    /// 申请材料, the third of the four sames.
    pub materials: Vec<Material>,
    /// 办理时限, the fourth of the four sames.
    pub time_limit: TimeLimit,
    /// 办理结果 as a document.
    pub result: ResultDocument,
    /// 互认方式.
    pub recognition: RecognitionKind,
    /// The regions between which results are recognised.
    pub recognised_in: Vec<RegionCode>,
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

/// 事项类型: the kind of power that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemClass {
    /// 行政许可.
    AdministrativeLicence,
    /// 行政确认.
    AdministrativeConfirmation,
    /// 行政备案.
    AdministrativeFiling,
    /// 公共服务.
    PublicService,
}

/// 申请人类型: who may apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicantKind {
    /// 自然人.
    NaturalPerson,
    /// 法人和其他组织.
    LegalPerson,
    /// 自然人、法人和其他组织.
    Either,
}

/// 办件类型: whether the case ends at the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    /// 即办件.
    Immediate,
    /// 承诺件.
    Committed,
}

/// 申请材料: one thing that the applicant hands in, the same in every region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Material {
    /// Its name.
    pub name: String,
    /// In which form it is taken.
    pub form: MaterialForm,
    /// Where it comes from.
    pub source: MaterialSource,
    /// Only asked for when this holds; always, when absent.
    #[serde(default)]
    pub only_if: Option<String>,
    /// What it must show to be taken.
    pub requirement: String,
}

/// 材料形式.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaterialForm {
    /// 原件.
    Original,
    /// 复印件.
    Copy,
    /// 电子件.
    Electronic,
}

/// 材料来源.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaterialSource {
    /// 申请人自备.
    Applicant,
    /// 政府部门核发, read from shared data and not asked of the applicant.
    SharedData,
    /// 中介机构出具.
    ThirdParty,
}

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

/// 时限单位.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitUnit {
    /// 工作日.
    WorkingDay,
    /// 自然日.
    NaturalDay,
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
}

/// 结果类型.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultKind {
    /// 证照.
    License,
    /// 批文.
    Approval,
    /// 备案凭证.
    FilingReceipt,
    /// 证明.
    Attestation,
}

/// 互认方式: what the receiving region takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecognitionKind {
    /// 证照互认: the licence counts as its own.
    License,
    /// 结果互认: the decision counts as its own.
    Result,
    /// 资质互认: the holder's qualification counts.
    Qualification,
    /// 备案互认: the filing need not be made again.
    Filing,
    /// 证明互认: the attestation is taken as evidence.
    Attestation,
    /// 状态互认: the state of the holder counts.
    Status,
    /// 联办互认: handled together, one permit for all.
    Joint,
}

/// 事项目录: the catalogue, assembled from attested item names; its contents are modelled. It is never the official list.
#[derive(Debug, Clone)]
pub struct Catalogue {
    edition: String,
    items: BTreeMap<ItemId, SameStandardItem>,
    by_basic_code: BTreeMap<BasicCode, ItemId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditionFile {
    edition: String,
}

impl Catalogue {
    /// The catalogue of this edition.
    ///
    /// # Errors
    /// A fault in the embedded files (a test holds that there is none).
    pub fn embedded() -> Result<Self, DataError> {
        let mut files = Vec::new();
        for file in FILES.files() {
            let name = file.path().display().to_string();
            let text = file.contents_utf8().ok_or_else(|| DataError::NotUtf8 { file: name.clone() })?;
            files.push((name, text));
        }
        Self::from_files(files.iter().map(|(name, text)| (name.as_str(), *text)))
    }

    /// Builds a catalogue from (file name, text): `edition.toml`, and one `JJJ-nnn.toml` an item. A dry run against the next
    /// edition passes through here too.
    ///
    /// # Errors
    /// The first fault: bad TOML, a file not named after its item, a basic code twice, an agreed part that is empty.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, DataError> {
        let mut catalogue = Self { edition: String::new(), items: BTreeMap::new(), by_basic_code: BTreeMap::new() };
        for (file, text) in files {
            if file == EDITION_FILE {
                catalogue.edition = from_toml::<EditionFile>(file, text)?.edition;
            } else {
                catalogue.add(file, from_toml(file, text)?)?;
            }
        }
        if catalogue.edition.is_empty() {
            return Err(DataError::EditionMissing { file: EDITION_FILE.to_owned() });
        }
        Ok(catalogue)
    }

    fn add(&mut self, file: &str, item: SameStandardItem) -> Result<(), DataError> {
        let name = || file.to_owned();
        if file.strip_suffix(".toml") != Some(item.id.as_str()) {
            return Err(DataError::ItemFileName { file: name(), item: item.id });
        }
        for (part, empty) in [
            ("name", item.name.is_empty()),
            ("acceptance_criteria", item.acceptance_criteria.is_empty()),
            ("materials", item.materials.is_empty()),
        ] {
            if empty {
                return Err(DataError::AgreedPartEmpty { file: name(), part });
            }
        }
        let TimeLimit { statutory_limit, committed_limit } = item.time_limit;
        if committed_limit.unit == statutory_limit.unit && committed_limit.count > statutory_limit.count {
            return Err(DataError::LimitLongerThanStatutory { file: name() });
        }
        if item.result.license_type.as_deref().is_some_and(|text| !is_license_type(text)) {
            return Err(DataError::LicenseType { file: name() });
        }
        let mut regions = item.recognised_in.clone();
        regions.sort();
        regions.dedup();
        if regions.len() < 2 || regions.len() != item.recognised_in.len() {
            return Err(DataError::RecognisedInTooFew { file: name() });
        }
        let basic_code = item.basic_code.clone();
        if self.by_basic_code.insert(basic_code.clone(), item.id.clone()).is_some() {
            return Err(DataError::BasicCodeTwice { file: name(), basic_code });
        }
        self.items.insert(item.id.clone(), item);
        Ok(())
    }

    /// The edition, as it is written into each entry that was decided under it.
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// The item of this number.
    pub fn get(&self, id: &ItemId) -> Option<&SameStandardItem> {
        self.items.get(id)
    }

    /// The item of this basic code.
    pub fn by_basic_code(&self, code: &BasicCode) -> Option<&SameStandardItem> {
        self.items.get(self.by_basic_code.get(code)?)
    }

    /// All items, in the order of their numbers.
    pub fn items(&self) -> impl ExactSizeIterator<Item = &SameStandardItem> {
        self.items.values()
    }
}

/// 证照类型代码: the credit code of the type's owner and three digits (GB/T 36904-2018).
fn is_license_type(text: &str) -> bool {
    text.split_at_checked(18).is_some_and(|(owner, number)| {
        owner.parse::<CreditCode>().is_ok() && number.len() == 3 && number.bytes().all(|digit| digit.is_ascii_digit())
    })
}
