//! What is still missing of the regions' data folders: everything at once, with file and line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use standards::DataError;
use standards::code::{ItemId, RegionCode};
use standards::division::Divisions;
use standards::item::Catalogue;
use standards::region::Regions;

use crate::folder::{self, Folder};
use crate::mapping_error::MappingError;
use crate::rows::ItemsFile;
use crate::scaffold::{FOLDERS, PLACEHOLDER};
use crate::{Adapter, Limits, compile};

const REGIONS: &str = "standards/data/regions.toml";
const DIVISIONS: &str = "standards/data/divisions.csv";

/// 缺项: one thing that a region still lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The file or folder, from the root of the sources on.
    pub file: String,
    /// The line, counted from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// What it lacks.
    pub lack: Lack,
}

/// What a region can lack. All of it is our own data, so the texts quote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// The rules are not complete, or wrong.
    #[error(transparent)]
    Mapping(MappingError),
    /// A file that every region has.
    #[error("the file is missing or cannot be read")]
    MissingFile,
    /// A file of the contract cannot be understood.
    #[error("{reason}")]
    Contract {
        /// Its stable code.
        code: &'static str,
        /// What its reader says.
        reason: String,
    },
    /// Something that only the region knows is still open.
    #[error("{count} × {PLACEHOLDER}")]
    Placeholder {
        /// In how many lines; the first of them is named.
        count: usize,
    },
    /// An item of the catalogue has no row, and nobody answers for that.
    #[error("{item} {name}")]
    ItemWithoutRow {
        /// The item.
        item: ItemId,
        /// Its name.
        name: String,
    },
    /// There is no message of the region to try the rules on.
    #[error("no message in samples/")]
    NoSample,
    /// A message of the region that its own rules refuse.
    #[error("{code} {path}")]
    SampleRefused {
        /// The code of the first fault.
        code: &'static str,
        /// Where in the message.
        path: String,
    },
    /// A folder of a region that is not among those that take part.
    #[error("{region}")]
    NotAParty {
        /// The region.
        region: String,
    },
    /// A region takes part that has no folder.
    #[error("{region} {name}")]
    WithoutFolder {
        /// The region.
        region: RegionCode,
        /// Its name in Chinese.
        name: String,
    },
}

impl Lack {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Mapping(error) => error.code(),
            Self::Contract { code, .. } => code,
            Self::MissingFile => "region.missing_file",
            Self::Placeholder { .. } => "region.placeholder",
            Self::ItemWithoutRow { .. } => "region.item_without_row",
            Self::NoSample => "region.no_sample",
            Self::SampleRefused { .. } => "region.sample_refused",
            Self::NotAParty { .. } => "region.not_a_party",
            Self::WithoutFolder { .. } => "region.without_folder",
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.file, self.lack),
            line => write!(formatter, "{}:{line}: {}", self.file, self.lack),
        }
    }
}

/// Everything that is missing below the root of the sources, region by region; empty when nothing is.
///
/// # Errors
/// A fault in the embedded catalogue (a test holds that there is none).
pub fn gaps(root: &Path) -> Result<Vec<Gap>, DataError> {
    let catalogue = Arc::new(Catalogue::embedded()?);
    let mut check = Check { root, catalogue, gaps: Vec::new(), open: BTreeSet::new() };
    let regions = check.contract(REGIONS, Regions::from_text);
    let divisions = check.contract(DIVISIONS, Divisions::from_text).map(Arc::new);
    let folders = check.folders();
    for name in folders.keys() {
        check.files_of(name);
        if let Some(regions) = &regions {
            check.takes_part(name, regions);
        }
    }
    for region in regions.iter().flat_map(Regions::iter) {
        if !folders.keys().any(|name| region_of(name) == region.code.as_str()) {
            let (region, name) = (region.code.clone(), region.name_zh.clone());
            check.find(REGIONS, 0, Lack::WithoutFolder { region, name });
        }
    }
    for folder in folders.values().flatten() {
        check.rules(folder, divisions.as_ref());
    }
    Ok(check.gaps)
}

/// The six digits that a folder's name begins with.
fn region_of(name: &str) -> &str {
    name.split('-').next().unwrap_or_default()
}

/// A check while it goes on.
struct Check<'a> {
    root: &'a Path,
    catalogue: Arc<Catalogue>,
    gaps: Vec<Gap>,
    /// The lines that are still to be filled in: what else is wrong with them is no news.
    open: BTreeSet<(String, usize)>,
}

impl Check<'_> {
    fn find(&mut self, file: impl Into<String>, line: usize, lack: Lack) {
        self.gaps.push(Gap { file: file.into(), line, lack });
    }

    /// A file of the contract, understood.
    fn contract<T>(&mut self, file: &str, read: impl Fn(&str) -> Result<T, DataError>) -> Option<T> {
        let Ok(text) = folder::read_file(&self.root.join(file)) else {
            self.find(file, 0, Lack::MissingFile);
            return None;
        };
        match read(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.find(file, 0, Lack::Contract { code: error.code(), reason: error.to_string() });
                None
            }
        }
    }

    /// The regions' folders by name, wherever there is one; with its rules, where there are any.
    fn folders(&mut self) -> BTreeMap<String, Option<Folder>> {
        let mut names = BTreeMap::new();
        for (parent, _) in FOLDERS {
            // What cannot be read is found file by file.
            for entry in fs::read_dir(self.root.join(parent)).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if region_of(&name).parse::<RegionCode>().is_ok() && entry.path().is_dir() {
                    names.insert(name, None);
                }
            }
        }
        let (parent, mut faults) = ("adapters/regions", Vec::new());
        for folder in folder::in_directory(&self.root.join(parent), &mut faults) {
            names.insert(folder.name.clone(), Some(folder));
        }
        for fault in faults {
            self.find(fault.file, fault.line, Lack::Mapping(fault.error));
        }
        names
    }

    fn files_of(&mut self, name: &str) {
        for (parent, files) in FOLDERS {
            for file in files {
                let path = format!("{parent}/{name}/{file}");
                match folder::read_file(&self.root.join(&path)) {
                    Ok(text) => self.placeholders(&path, &text),
                    Err(_) => self.find(path, 0, Lack::MissingFile),
                }
            }
        }
    }

    fn placeholders(&mut self, path: &str, text: &str) {
        let is_open = |line: &str| !line.trim_start().starts_with('#') && line.contains(PLACEHOLDER);
        let lines = (1..).zip(text.lines()).filter(|(_, line)| is_open(line)).map(|(number, _)| number);
        let open: Vec<usize> = lines.collect();
        if let Some(first) = open.first() {
            self.find(path, *first, Lack::Placeholder { count: open.len() });
        }
        self.open.extend(open.into_iter().map(|line| (path.to_owned(), line)));
    }

    fn takes_part(&mut self, name: &str, regions: &Regions) {
        let code = region_of(name);
        if !regions.iter().any(|region| region.code.as_str() == code) {
            self.find(REGIONS, 0, Lack::NotAParty { region: code.to_owned() });
        }
    }

    /// What the rules of a region lack, and whether they read its own messages.
    fn rules(&mut self, folder: &Folder, divisions: Option<&Arc<Divisions>>) {
        let mut faults = Vec::new();
        let catalogue = Arc::clone(&self.catalogue);
        let mapping = compile::compile(folder, &catalogue, &mut faults);
        for fault in faults {
            let file = format!("adapters/regions/{}", fault.file);
            // A missing file is found with those of the other folders.
            let is_known = fault.error == MappingError::MissingFile || self.open.contains(&(file.clone(), fault.line));
            if !is_known {
                self.find(file, fault.line, Lack::Mapping(fault.error));
            }
        }
        self.items(folder);
        let Some(divisions) = divisions else { return };
        let adapter = mapping.map(|mapping| Adapter { mapping, catalogue, divisions: Arc::clone(divisions) });
        self.samples(&folder.name, adapter.as_ref());
    }

    fn items(&mut self, folder: &Folder) {
        let Some(Ok(written)) = folder.files.get("items.toml").map(|text| toml::from_str::<ItemsFile>(text)) else {
            return;
        };
        let rows = written.item.iter().map(|row| row.item.get_ref().as_str());
        let declared = written.known_difference.iter().filter(|known| known.field.get_ref() == "item");
        let answered: BTreeSet<&str> = rows.chain(declared.map(|known| known.item.get_ref().as_str())).collect();
        let catalogue = Arc::clone(&self.catalogue);
        for item in catalogue.items().filter(|item| !answered.contains(item.id.as_str())) {
            let lack = Lack::ItemWithoutRow { item: item.id.clone(), name: item.name.clone() };
            self.find(format!("adapters/regions/{}/items.toml", folder.name), 0, lack);
        }
    }

    fn samples(&mut self, region: &str, adapter: Option<&Adapter>) {
        let folder = format!("adapters/regions/{region}/samples");
        let entries = fs::read_dir(self.root.join(&folder)).into_iter().flatten().flatten();
        let is_message = |path: &Path| {
            let extension = path.extension().and_then(|extension| extension.to_str());
            extension.is_some_and(|extension| ["json", "xml"].contains(&extension))
        };
        let mut messages: Vec<_> = entries.map(|entry| entry.path()).filter(|path| is_message(path)).collect();
        messages.sort();
        if messages.is_empty() {
            self.find(folder.clone(), 0, Lack::NoSample);
        }
        let Some(adapter) = adapter else { return };
        for path in messages {
            let file = format!("{folder}/{}", path.file_name().unwrap_or_default().to_string_lossy());
            let Ok(message) = folder::read_bytes(&path) else {
                self.find(file, 0, Lack::MissingFile);
                continue;
            };
            if let Err(faults) = adapter.read(&message, &Limits::MESSAGE)
                && let Some(fault) = faults.first()
            {
                self.find(file, 0, Lack::SampleRefused { code: fault.code(), path: fault.path.clone() });
            }
        }
    }
}
