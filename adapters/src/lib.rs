//! Provincial message to standard model and back; the rules are data, one folder a region.
//!
//! A region is a folder `regions/<code>-<name>` with `mapping.toml` (how a message is written, and one rule for each field),
//! `codes.toml` (its code tables) and `items.toml` (its own catalogue of the same-standard items). Everything in it is checked when
//! it is loaded. The dialects are modelled on public schemas of real vendors and ministries; they are not the real interfaces
//! of the three governments, which are not public.
//!
//! ```
//! use adapters::{Adapters, Limits};
//!
//! let adapters = Adapters::embedded()?;
//! let tianjin = adapters.adapter(&"120000".parse()?).ok_or("no such region")?;
//! let message = include_bytes!("../regions/120000-tianjin/samples/granted.xml");
//! let mapped = tianjin.read(message, &Limits::MESSAGE).map_err(|faults| format!("{faults:?}"))?;
//! assert_eq!(mapped.message.case().ok_or("no conclusion")?.item.as_str(), "JJJ-033");
//!
//! let beijing = adapters.adapter(&"110000".parse()?).ok_or("no such region")?;
//! let written = beijing.write(&mapped.message).map_err(|faults| format!("{faults:?}"))?;
//! assert_eq!(written.content_type, "application/json");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod completeness;
pub mod drift;
pub mod encoding;
pub mod explanation;
pub mod fault;
pub mod json;
pub mod leaf;
pub mod limits;
pub mod losses;
pub mod mapping;
pub mod mapping_error;
pub mod scaffold;
pub mod schema;
pub mod tables;
pub mod transform;
pub mod translation;
pub mod wire;
pub mod xml;

mod adapter;
mod compile;
mod folder;
mod index;
mod reading;
mod rows;
mod time;
mod writing;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use standards::code::RegionCode;
use standards::division::Divisions;
use standards::item::Catalogue;

pub use adapter::Adapter;
pub use explanation::{Fidelity, FieldOrigin, Note};
pub use fault::{Fault, Finding};
pub use limits::Limits;
pub use losses::{Loss, LossReason};
pub use mapping_error::{MappingError, MappingFault, MappingFaults};
pub use reading::{Concluded, Mapped};
pub use translation::{Route, Translation, TranslationFault};
pub use writing::Written;

/// 适配器集: the adapters of all regions, compiled once.
#[derive(Debug)]
pub struct Adapters {
    by_region: BTreeMap<RegionCode, Adapter>,
    edition: String,
}

impl Adapters {
    /// The adapters of the regions that are part of the program.
    ///
    /// # Errors
    /// Everything that is wrong with the embedded folders (a test holds that nothing is).
    pub fn embedded() -> Result<Self, MappingFaults> {
        Self::compile(&folder::embedded(), Vec::new())
    }

    /// The adapters of the regions in a directory, one folder each.
    ///
    /// # Errors
    /// Everything that is wrong with any of the folders, each with its file and line.
    pub fn load(directory: &Path) -> Result<Self, MappingFaults> {
        let mut faults = Vec::new();
        let folders = folder::in_directory(directory, &mut faults);
        Self::compile(&folders, faults)
    }

    /// The same, with other divisions than those that are part of the program: a new region brings its own.
    ///
    /// # Errors
    /// As [`Adapters::load`].
    pub fn load_with(directory: &Path, divisions: Divisions) -> Result<Self, MappingFaults> {
        let mut faults = Vec::new();
        let folders = folder::in_directory(directory, &mut faults);
        Self::compile_with(&folders, &Arc::new(divisions), faults)
    }

    fn compile(folders: &[folder::Folder], faults: Vec<MappingFault>) -> Result<Self, MappingFaults> {
        let divisions = Divisions::embedded().map_err(|error| contract(&error))?;
        Self::compile_with(folders, &Arc::new(divisions), faults)
    }

    fn compile_with(
        folders: &[folder::Folder],
        divisions: &Arc<Divisions>,
        mut faults: Vec<MappingFault>,
    ) -> Result<Self, MappingFaults> {
        let catalogue = Arc::new(Catalogue::embedded().map_err(|error| contract(&error))?);
        let mut by_region = BTreeMap::new();
        for folder in folders {
            let Some(mapping) = compile::compile(folder, &catalogue, &mut faults) else { continue };
            let region = mapping.region.clone();
            let adapter = Adapter { mapping, catalogue: Arc::clone(&catalogue), divisions: Arc::clone(divisions) };
            if by_region.insert(region.clone(), adapter).is_some() {
                let error = MappingError::RegionTwice { region: region.to_string() };
                faults.push(MappingFault { file: folder.name.clone(), line: 0, error });
            }
        }
        if folders.is_empty() && faults.is_empty() {
            faults.push(of_all(MappingError::NoRegion));
        }
        if !faults.is_empty() {
            return Err(MappingFaults(faults));
        }
        let editions: Vec<String> =
            by_region.iter().map(|(region, adapter)| format!("{region}@{}", adapter.mapping.edition)).collect();
        Ok(Self { by_region, edition: editions.join(" ") })
    }

    /// The editions of all regions in one text, such as `110000@2026.2 120000@2026.2`: what a decision was made under.
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// The adapter of a region, where there is one.
    pub fn adapter(&self, region: &RegionCode) -> Option<&Adapter> {
        self.by_region.get(region)
    }

    /// All adapters, in the order of their regions' codes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Adapter> {
        self.by_region.values()
    }
}

fn of_all(error: MappingError) -> MappingFault {
    MappingFault { file: "regions".to_owned(), line: 0, error }
}

fn contract(error: &standards::DataError) -> MappingFaults {
    MappingFaults(vec![of_all(MappingError::Contract { reason: error.to_string() })])
}
