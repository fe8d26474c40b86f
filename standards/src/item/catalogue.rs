//! The catalogue: all items of one edition, checked when they are read.

use std::collections::{BTreeMap, BTreeSet};

use include_dir::{Dir, include_dir};
use jiff::civil::Date;

use super::edition::{self, Edition, EditionFault};
use super::{CaseKind, MaterialSource, Necessity, SameStandardItem, TimeLimit};
use crate::DataError;
use crate::code::{BasicCode, CreditCode, ItemId};
use crate::data::from_toml;
use crate::vocabulary::Vocabulary;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/items");
const EDITION_FILE: &str = "edition.toml";

/// 事项目录: the catalogue, assembled from attested item names; its contents are modelled. It is never the official list.
#[derive(Debug, Clone)]
pub struct Catalogue {
    editions: Vec<Edition>,
    vocabulary: Vocabulary,
    items: BTreeMap<ItemId, SameStandardItem>,
    by_basic_code: BTreeMap<BasicCode, ItemId>,
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
    /// The first fault: bad TOML, a file not named after its item, a basic code twice, an agreed part that is empty, a part that
    /// contradicts another.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, DataError> {
        let mut catalogue = Self {
            editions: Vec::new(),
            vocabulary: Vocabulary::embedded()?,
            items: BTreeMap::new(),
            by_basic_code: BTreeMap::new(),
        };
        for (file, text) in files {
            if file == EDITION_FILE {
                catalogue.editions = edition::from_text(file, text)?;
            } else {
                catalogue.add(file, from_toml(file, text)?)?;
            }
        }
        if catalogue.editions.is_empty() {
            return Err(DataError::EditionMissing { file: EDITION_FILE.to_owned() });
        }
        Ok(catalogue)
    }

    fn add(&mut self, file: &str, item: SameStandardItem) -> Result<(), DataError> {
        if file.strip_suffix(".toml") != Some(item.id.as_str()) {
            return Err(DataError::ItemFileName { file: file.to_owned(), item: item.id });
        }
        check_agreed_parts(file, &item)?;
        check_materials(file, &item, &self.vocabulary)?;
        if item.result.license_type.as_deref().is_some_and(|text| !is_license_type(text)) {
            return Err(DataError::LicenseType { file: file.to_owned() });
        }
        let regions: BTreeSet<_> = item.recognised_in.iter().collect();
        if regions.len() < 2 || regions.len() != item.recognised_in.len() {
            return Err(DataError::RecognisedInTooFew { file: file.to_owned() });
        }
        let conditions = item.acceptance_criteria.iter().filter_map(|criterion| criterion.condition.as_ref());
        if let Some(condition) = conditions.into_iter().find(|condition| !condition.is_about(&self.vocabulary)) {
            return Err(DataError::Condition { file: file.to_owned(), fact: condition.fact.clone() });
        }
        let basic_code = item.basic_code.clone();
        if self.by_basic_code.insert(basic_code.clone(), item.id.clone()).is_some() {
            return Err(DataError::BasicCodeTwice { file: file.to_owned(), basic_code });
        }
        self.items.insert(item.id.clone(), item);
        Ok(())
    }

    /// The edition, as it is written into each entry that was decided under it: the newest that this program knows.
    pub fn edition(&self) -> &str {
        self.editions.last().map_or("", |edition| &edition.name)
    }

    /// All editions that this program knows of, oldest first.
    pub fn editions(&self) -> &[Edition] {
        &self.editions
    }

    /// The edition in force on this day: the newest that had taken effect. `None` before the first.
    pub fn edition_in_force(&self, day: Date) -> Option<&Edition> {
        self.editions.iter().rev().find(|edition| edition.effective_from <= day)
    }

    /// The edition that a message was built on, when it may still be used on this day: it is in force, or its overlap with the
    /// one that replaced it has not ended.
    ///
    /// # Errors
    /// An edition that is unknown, has not taken effect or has ended.
    pub fn accepts(&self, edition: &str, day: Date) -> Result<&Edition, EditionFault> {
        edition::accept(&self.editions, edition, day)
    }

    /// The words that the items are written with.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
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

/// The four agreed parts are there, and the limits do not contradict one another or the kind of case.
fn check_agreed_parts(file: &str, item: &SameStandardItem) -> Result<(), DataError> {
    for (part, empty) in [
        ("name", item.name.is_empty()),
        ("acceptance_criteria", item.acceptance_criteria.is_empty()),
        ("materials", item.materials.is_empty()),
    ] {
        if empty {
            return Err(DataError::AgreedPartEmpty { file: file.to_owned(), part });
        }
    }
    let TimeLimit { statutory_limit, committed_limit } = item.time_limit;
    if committed_limit.unit == statutory_limit.unit && committed_limit.count > statutory_limit.count {
        return Err(DataError::LimitLongerThanStatutory { file: file.to_owned() });
    }
    let on_the_spot = match item.case_kind {
        CaseKind::Immediate => true,
        CaseKind::Committed => false,
    };
    if on_the_spot != (committed_limit.count == 0) {
        return Err(DataError::LimitOfCaseKind { file: file.to_owned() });
    }
    Ok(())
}

/// Each material stands once, says when it is asked for, and names the shared data where nobody hands it in.
fn check_materials(file: &str, item: &SameStandardItem, vocabulary: &Vocabulary) -> Result<(), DataError> {
    let mut names = BTreeSet::new();
    for material in &item.materials {
        let (file, name) = (file.to_owned(), material.name.clone());
        if !names.insert(material.name.as_str()) {
            return Err(DataError::MaterialTwice { file, material: name });
        }
        let conditional = match material.necessity {
            Necessity::Conditional => true,
            Necessity::Required | Necessity::Deferrable => false,
        };
        if conditional != material.only_if.is_some() {
            return Err(DataError::MaterialNecessity { file, material: name });
        }
        let known = material.exempted_by.as_deref().map(|key| vocabulary.shared_data(key).is_some());
        let from_shared_data = match material.source {
            MaterialSource::SharedData => true,
            MaterialSource::Applicant | MaterialSource::ThirdParty => false,
        };
        if known == Some(false) || (from_shared_data && known.is_none()) {
            return Err(DataError::MaterialSharedData { file, material: name });
        }
    }
    Ok(())
}

/// 证照类型代码: the credit code of the type's owner and three digits (GB/T 36904-2018).
fn is_license_type(text: &str) -> bool {
    text.split_at_checked(18).is_some_and(|(owner, number)| {
        owner.parse::<CreditCode>().is_ok() && number.len() == 3 && number.bytes().all(|digit| digit.is_ascii_digit())
    })
}
