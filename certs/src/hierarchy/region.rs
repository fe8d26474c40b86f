//! The organisations of a region's development hierarchy: data, one file a region.

use include_dir::{Dir, include_dir};
use serde::Deserialize;
use standards::code::{CreditCode, ItemId, RegionCode};

use super::HierarchyError;

static ANCHORS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/anchors");

/// The organisations that take part for one region.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionOrganisations {
    /// The region.
    pub code: RegionCode,
    /// Its name.
    pub name: String,
    /// Runs the region's side of the exchange.
    pub partner: Organisation,
    /// Makes the region's seals.
    pub maker: Organisation,
    /// Issues results and seals them.
    pub authority: Organisation,
    /// Another genuine authority, with other competences.
    pub other_authority: Organisation,
}

/// One organisation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its name.
    pub name: String,
    /// Its credit code.
    pub code: CreditCode,
    /// The items that it is competent for.
    #[serde(default)]
    pub items: Vec<ItemId>,
}

impl RegionOrganisations {
    /// Reads `region.toml`.
    ///
    /// # Errors
    /// [`HierarchyError::RegionData`] naming the file.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, HierarchyError> {
        toml::from_str(text)
            .map_err(|source| HierarchyError::RegionData { file: file.to_owned(), source: Box::new(source) })
    }

    /// Every region of `certs/anchors`, in the order of their codes.
    ///
    /// # Errors
    /// As [`Self::from_toml`].
    pub fn embedded() -> Result<Vec<Self>, HierarchyError> {
        let mut files: Vec<_> = ANCHORS.dirs().filter_map(|dir| dir.get_file(dir.path().join("region.toml"))).collect();
        files.sort_by_key(|file| file.path());
        files
            .into_iter()
            .map(|file| Self::from_toml(&file.path().display().to_string(), file.contents_utf8().unwrap_or_default()))
            .collect()
    }
}
