//! The public files of a log in a directory, and what else lies there.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::LogReport;
use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::companion;
use crate::tile::{BUNDLE_BYTES_MAX, PublicFile, PublicFiles, TileId, entries_of_bundle};

/// The public files of a log in a directory.
#[derive(Debug, Clone)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// The directory that holds `checkpoint` and `tile/`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// A folder in it.
    #[must_use]
    pub fn folder(&self, name: &str) -> Self {
        Self::new(self.root.join(name))
    }

    /// Hands `visit` the path of each file, relative to the directory, with `/` between its parts.
    fn walk(&self, visit: &mut impl FnMut(&str) -> Result<(), LedgerError>) -> Result<(), LedgerError> {
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for item in fs::read_dir(&folder).map_err(LedgerError::io("list", &folder))? {
                let path = item.map_err(LedgerError::io("list", &folder))?.path();
                if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
                    folders.push(path);
                } else {
                    visit(&path.strip_prefix(&self.root).unwrap_or(&path).to_string_lossy())?;
                }
            }
        }
        Ok(())
    }
}

/// Looks at every file of the directory that the check of entries and tiles did not read: older partial tiles and bundles
/// must be the beginning of those that replaced them, and nothing else may lie there.
///
/// # Errors
/// [`LedgerError::Io`] when a file or folder cannot be read.
pub fn audit_leftovers(
    directory: &Directory,
    checkpoint: &Checkpoint,
    report: &mut LogReport,
) -> Result<(), LedgerError> {
    directory.walk(&mut |path| {
        let (id, bundle) = match PublicFile::from_path(path) {
            Some(PublicFile::Checkpoint) => return Ok(()),
            Some(PublicFile::Tile(id)) => (id, false),
            Some(PublicFile::Bundle(id)) => (id, true),
            // Judged as what it is: the companion's.
            None if path.split('/').next() == Some(companion::FOLDER) => return Ok(()),
            None => {
                report.find(LedgerError::FileUnexpected { path: path.to_owned() });
                return Ok(());
            }
        };
        match TileId::at_size(id.level, id.index, checkpoint.size) {
            Some(now) if id.width < now.width => compare_partial(directory, path, now, bundle, report)?,
            Some(now) if id.width == now.width => {}
            _ => report.files_ahead += 1,
        }
        Ok(())
    })
}

fn compare_partial(
    directory: &Directory,
    path: &str,
    now: TileId,
    bundle: bool,
    report: &mut LogReport,
) -> Result<(), LedgerError> {
    let successor = if bundle { now.bundle_path() } else { now.path() };
    let (Some(partial), Some(whole)) =
        (directory.read(path, BUNDLE_BYTES_MAX)?, directory.read(&successor, BUNDLE_BYTES_MAX)?)
    else {
        // A file that vanished meanwhile makes no finding; a missing successor is one already.
        return Ok(());
    };
    let width = PublicFile::from_path(path).map_or(0, |file| match file {
        PublicFile::Tile(id) | PublicFile::Bundle(id) => id.width as usize,
        PublicFile::Checkpoint => 0,
    });
    let count = if bundle { entries_of_bundle(&partial).take_while(Result::is_ok).count() } else { partial.len() / 32 };
    if count != width || !whole.starts_with(&partial) {
        report.find(LedgerError::PartialDiffers { path: path.to_owned() });
    }
    Ok(())
}

impl PublicFiles for Directory {
    fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, LedgerError> {
        read_at_most(&self.root.join(path), bytes_max).map_err(LedgerError::io("read", self.root.join(path)))?.map_or(
            Ok(None),
            |bytes| {
                let fits = bytes.len() <= bytes_max;
                if fits { Ok(Some(bytes)) } else { Err(LedgerError::FileTooLong { path: path.to_owned(), bytes_max }) }
            },
        )
    }
}

/// The file's bytes, one more than allowed where it is too long; `None` where there is none.
fn read_at_most(path: &Path, bytes_max: usize) -> io::Result<Option<Vec<u8>>> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        // `000.p/3` cannot exist where `000.p` is a file.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let expected = usize::try_from(file.metadata()?.len()).unwrap_or(bytes_max).min(bytes_max);
    let mut bytes = Vec::with_capacity(expected + 1);
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
