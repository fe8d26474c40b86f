//! 敌意语料: a corpus of documents that are each wrong in their own way, with what a verifier must say of each.
//!
//! A scene is a few lines of a table: what is made wrong, and everything that must be found. [`write()`] makes the corpus anew under
//! fresh keys, which are thrown away; [`manifest::Manifest`] reads one and [`manifest::Vector`] judges it. So scenes, files and verifier
//! are held together, and anybody else's verifier can be tried on the files.
mod archive;
mod deflate;
mod forge;
pub mod manifest;
mod ocsp;
mod package;
mod scenes;
mod seal;
mod signed_data;
mod world;

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use seals::Policy;

use crate::error::SuiteError;
use manifest::{Manifest, PolicyName, Vector};
use world::World;

/// What the makers of vectors give.
type Forged<T> = Result<T, SuiteError>;

/// The time of judging, where a scene does not say another one.
const NOW: &str = "2026-11-22T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// So many hours after [`NOW`].
fn hours(count: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_hours(count)
}

fn cannot(cause: &str) -> SuiteError {
    SuiteError::Sealing { cause: cause.to_owned() }
}

/// One row of the tables: what is made wrong, and everything that must be found.
struct Scene {
    /// The folder of the vector.
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    make: fn(&mut World),
    verdict: &'static str,
    finds: &'static [&'static str],
}

impl Scene {
    fn world(&self) -> World {
        let mut world = World::default();
        (self.make)(&mut world);
        world
    }

    fn vector(&self, world: &World) -> Vector {
        Vector {
            name: self.name.to_owned(),
            file: world.form.file().to_owned(),
            zh: self.zh.to_owned(),
            en: self.en.to_owned(),
            policy: match world.policy {
                Policy::Reading => PolicyName::Reading,
                Policy::Recognition => PolicyName::Recognition,
            },
            strict: world.strict,
            at: world.judged_at,
            verdict: self.verdict.to_owned(),
            finds: self.finds.iter().map(|line| (*line).to_owned()).collect(),
        }
    }
}

/// The manifest that the table of scenes asks for.
pub fn manifest() -> Manifest {
    Manifest { vectors: scenes::all().map(|scene| scene.vector(&scene.world())).collect() }
}

/// Writes the corpus into a folder. A vector that is there already is kept, so that a new scene does not change all the others:
/// whoever wants one made anew removes its folder first. Gives the names of the vectors that were made.
///
/// # Errors
/// Where a file cannot be written or a key cannot be used.
pub fn write(folder: &Path) -> Result<Vec<&'static str>, SuiteError> {
    let mut made = Vec::new();
    for scene in scenes::all() {
        let home = folder.join(scene.name);
        if home.exists() {
            continue;
        }
        let files = scene.world().make()?;
        fs::create_dir_all(&home).map_err(|cause| unwritable(&home, cause))?;
        for (name, bytes) in files {
            let path = home.join(name);
            fs::write(&path, bytes).map_err(|cause| unwritable(&path, cause))?;
        }
        made.push(scene.name);
    }
    let path = folder.join(manifest::FILE);
    let text = toml::to_string(&manifest()).map_err(|error| cannot(&error.to_string()))?;
    fs::write(&path, text).map_err(|cause| unwritable(&path, cause))?;
    Ok(made)
}

fn unwritable(path: &Path, cause: std::io::Error) -> SuiteError {
    SuiteError::Report { path: path.to_owned(), cause }
}
