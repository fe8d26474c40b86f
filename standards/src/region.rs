//! The regions that take part in the exchange.

use serde::Deserialize;

use crate::DataError;
use crate::code::RegionCode;
use crate::data::from_toml;

const FILE: &str = "regions.toml";

/// 地区: a government that takes part.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Its code.
    pub code: RegionCode,
    /// Its name in Chinese, short: 北京.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
}

/// 参与地区: all regions that take part, in the order of their codes.
#[derive(Debug, Clone)]
pub struct Regions {
    regions: Vec<Region>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionsFile {
    region: Vec<Region>,
}

impl Regions {
    /// The regions of this edition.
    ///
    /// # Errors
    /// A fault in the embedded file (a test holds that there is none).
    pub fn embedded() -> Result<Self, DataError> {
        Self::from_text(include_str!("../data/regions.toml"))
    }

    /// Reads a regions file.
    ///
    /// # Errors
    /// [`DataError::Toml`] or [`DataError::RegionTwice`].
    pub fn from_text(text: &str) -> Result<Self, DataError> {
        let mut regions = from_toml::<RegionsFile>(FILE, text)?.region;
        regions.sort_by(|left, right| left.code.cmp(&right.code));
        for pair in regions.windows(2) {
            if let [left, right] = pair
                && left.code == right.code
            {
                return Err(DataError::RegionTwice { file: FILE.to_owned(), region: right.code.clone() });
            }
        }
        Ok(Self { regions })
    }

    /// The region of this code, when it takes part.
    pub fn get(&self, code: &RegionCode) -> Option<&Region> {
        self.regions.iter().find(|region| region.code == *code)
    }

    /// All regions, in the order of their codes.
    pub fn iter(&self) -> impl Iterator<Item = &Region> {
        self.regions.iter()
    }
}
