//! The suites: a folder a region, one file a scenario, with the messages and documents that the scenarios name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use serde::Deserialize;
use standards::code::RegionCode;

use crate::error::SuiteError;
use crate::scenario::{self, Change, Scenario};

/// The folder of the scenarios that every region plays with its own messages and documents.
const EVERY_REGION: &str = "every-region";

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/suites");

/// 套件: the scenarios of one region.
#[derive(Debug)]
pub struct Suite {
    /// The region whose dialect it speaks.
    pub region: RegionCode,
    /// The folder's name: the code, a hyphen, the name.
    pub name: String,
    /// The scenarios with their files, by name.
    pub scenarios: Vec<(PathBuf, Scenario)>,
    folder: PathBuf,
    files: Files,
}

/// What a suite says of itself in `suite.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The region that its scenarios send to where any other would do.
    another: RegionCode,
    /// A region that has nothing to do with such a submission.
    third: RegionCode,
}

/// The text of each file, by its path.
type Files = BTreeMap<PathBuf, String>;

impl Suite {
    /// The suite of `region` that this program was built with.
    ///
    /// # Errors
    /// When there is none, or a scenario cannot be understood.
    pub fn embedded(region: &RegionCode) -> Result<Self, SuiteError> {
        let mut files = Files::new();
        collect_embedded(&EMBEDDED, &mut files);
        Self::from_files(Path::new("conformance/suites"), files, region)
    }

    /// The suite of `region` in the folder `suites`.
    ///
    /// # Errors
    /// When there is none, or a scenario cannot be understood.
    pub fn load(suites: &Path, region: &RegionCode) -> Result<Self, SuiteError> {
        let mut files = Files::new();
        collect(suites, &mut files)?;
        Self::from_files(suites, files, region)
    }

    /// The region's folder is the one whose name begins with its code.
    fn from_files(suites: &Path, files: Files, region: &RegionCode) -> Result<Self, SuiteError> {
        let prefix = format!("{region}-");
        let folders =
            files.keys().filter_map(|path| Some(path.strip_prefix(suites).ok()?.iter().next()?.to_str()?.to_owned()));
        let name = folders.into_iter().find(|name| name.starts_with(&prefix));
        let none = || SuiteError::NoSuite { folder: suites.to_owned(), region: region.to_string() };
        let name = name.ok_or_else(none)?;
        let folder = suites.join(&name);
        let mut suite = Self { region: region.clone(), name, scenarios: Vec::new(), folder, files };
        let settings = suite.settings()?;
        suite.scenarios = suite.parse_all(&[suites.join(EVERY_REGION), suite.folder.clone()], &settings)?;
        if suite.scenarios.is_empty() {
            return Err(SuiteError::EmptySuite { folder: suite.folder });
        }
        Ok(suite)
    }

    /// Reads the scenarios of these folders, by name. `{own}`, `{another}` and `{third}` in their texts stand for regions.
    fn parse_all(&self, folders: &[PathBuf], settings: &Settings) -> Result<Vec<(PathBuf, Scenario)>, SuiteError> {
        let mut scenarios = Vec::new();
        for (file, text) in &self.files {
            let here = file.parent().is_some_and(|parent| folders.iter().any(|folder| folder == parent));
            if here && file.extension().is_some_and(|end| end == "scenario") {
                let stem = file.file_stem().unwrap_or_default().to_string_lossy();
                let regions = [("{own}", &self.region), ("{another}", &settings.another), ("{third}", &settings.third)];
                let text =
                    regions.iter().fold(text.clone(), |text, (name, region)| text.replace(name, region.as_str()));
                let at = |(line, fault)| SuiteError::Scenario { file: file.clone(), line, fault };
                scenarios.push((file.clone(), scenario::parse(&stem, &text).map_err(at)?));
            }
        }
        scenarios.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
        Ok(scenarios)
    }

    fn settings(&self) -> Result<Settings, SuiteError> {
        let (file, text) = self.file("", "suite.toml")?;
        toml::from_str(text).map_err(|cause| SuiteError::Facts { file, cause })
    }

    /// A message of the suite by its name, as the suite's authors wrote it, with its media type.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn message(&self, name: &str) -> Result<(&str, &'static str), SuiteError> {
        let json = self.file("messages", &format!("{name}.json")).map(|(_, text)| (text, "application/json"));
        json.or_else(|_| self.file("messages", &format!("{name}.xml")).map(|(_, text)| (text, "application/xml")))
    }

    /// A document's facts, and the file that they stand in.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn document(&self, name: &str) -> Result<(PathBuf, &str), SuiteError> {
        self.file("documents", &format!("{name}.toml"))
    }

    fn file(&self, folder: &str, name: &str) -> Result<(PathBuf, &str), SuiteError> {
        let path = self.folder.join(folder).join(name);
        match self.files.get(&path) {
            Some(text) => Ok((path, text)),
            None => Err(SuiteError::Unreadable { path, cause: std::io::ErrorKind::NotFound.into() }),
        }
    }
}

/// The message with its changes, each of which must fit exactly once: a change that fits nowhere would test nothing.
///
/// # Errors
/// When one of them does not.
pub fn changed(file: &Path, message: &str, changes: &[Change]) -> Result<String, SuiteError> {
    changes.iter().try_fold(message.to_owned(), |message, change| match message.matches(&change.from).count() {
        1 => Ok(message.replacen(&change.from, &change.to, 1)),
        times => Err(SuiteError::Change { file: file.to_owned(), line: change.line, text: change.from.clone(), times }),
    })
}

fn collect_embedded(folder: &Dir<'_>, files: &mut Files) {
    for file in folder.files() {
        if let Some(text) = file.contents_utf8() {
            files.insert(Path::new("conformance/suites").join(file.path()), text.to_owned());
        }
    }
    for folder in folder.dirs() {
        collect_embedded(folder, files);
    }
}

fn collect(folder: &Path, files: &mut Files) -> Result<(), SuiteError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |cause| SuiteError::Unreadable { path, cause }
    };
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
            files.insert(path, text);
        }
    }
    Ok(())
}
