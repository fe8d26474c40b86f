//! Where a mirror keeps files until they are proven: what is read of the source is copied on the way.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::is_absent;
use crate::LedgerError;
use crate::audit::Directory;
use crate::tile::{PublicFile, PublicFiles, TILE_WIDTH, TileId};

/// In the folder of the copy; gone when a run is done.
const STAGING: &str = ".staging";

/// The files of the copy, those of an interrupted run, and those of the source, in this order.
pub(super) struct Staging<'run, S> {
    copy: PathBuf,
    folder: PathBuf,
    source: &'run S,
    /// Names files while they are written, and counts them.
    written: AtomicU64,
}

impl<'run, S> Staging<'run, S> {
    /// Goes on with what an interrupted run left.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(super) fn open(copy: &Path, source: &'run S) -> Result<Self, LedgerError> {
        let folder = copy.join(STAGING);
        let staging = Self { copy: copy.to_owned(), folder, source, written: AtomicU64::new(0) };
        remove(&staging.writing())?;
        fs::create_dir_all(staging.writing()).map_err(LedgerError::io("make", staging.writing()))?;
        Ok(staging)
    }

    /// Files that were copied from the source.
    pub(super) fn fetched(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Throws away what was copied, because something of it is wrong.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(super) fn discard(&self) -> Result<(), LedgerError> {
        remove(&self.folder)
    }

    /// Moves the files that the tree of `size` entries has into the copy, and waits until the disk has all of them.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(super) fn settle(&self, size: u64) -> Result<(), LedgerError> {
        remove(&self.writing())?;
        for path in files_below(&self.folder)? {
            let name = path.strip_prefix(&self.folder).unwrap_or(&path);
            if id_of(name)
                .is_some_and(|id| TileId::at_size(id.level, id.index, size).is_some_and(|now| id.width <= now.width))
            {
                let to = self.copy.join(name);
                fs::create_dir_all(to.parent().unwrap_or(&self.copy)).map_err(LedgerError::io("make", &to))?;
                fs::rename(&path, &to).map_err(LedgerError::io("move", &to))?;
            }
        }
        let synced = File::open(&self.copy).and_then(|folder| Ok(rustix::fs::syncfs(folder)?));
        synced.map_err(LedgerError::io("sync", &self.copy))
    }

    /// Removes what is of no use any more: partial files of places whose full file is there, and what lay aside.
    ///
    /// # Errors
    /// [`LedgerError::Io`]
    pub(super) fn tidy(&self, size: u64) -> Result<(), LedgerError> {
        remove(&self.folder)?;
        for path in files_below(&self.copy)? {
            let name = path.strip_prefix(&self.copy).unwrap_or(&path);
            let id = id_of(name).filter(|id| id.width < TILE_WIDTH);
            let Some(id) = id.filter(|id| TileId::at_size(id.level, id.index, size) == Some(id.full())) else {
                continue;
            };
            let full = if is_bundle(name) { id.full().bundle_path() } else { id.full().path() };
            if let Some(folder) = path.parent().filter(|_| self.copy.join(full).exists()) {
                remove(folder)?;
            }
        }
        Ok(())
    }

    fn writing(&self) -> PathBuf {
        self.folder.join("writing")
    }

    /// Writes a file whole or not at all; whether the disk has it is seen to when all are there.
    fn keep(&self, path: &str, bytes: &[u8]) -> Result<(), LedgerError> {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let (writing, whole) = (self.writing().join(number.to_string()), self.folder.join(path));
        let write = || {
            fs::write(&writing, bytes)?;
            fs::create_dir_all(whole.parent().unwrap_or(&self.folder))?;
            fs::rename(&writing, &whole)
        };
        write().map_err(LedgerError::io("write", &whole))
    }
}

impl<S: PublicFiles> PublicFiles for Staging<'_, S> {
    fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, LedgerError> {
        for folder in [&self.copy, &self.folder] {
            if let Some(bytes) = Directory::new(folder).read(path, bytes_max)? {
                return Ok(Some(bytes));
            }
        }
        let bytes = self.source.read(path, bytes_max)?;
        if let Some(bytes) = &bytes {
            self.keep(path, bytes)?;
        }
        Ok(bytes)
    }
}

fn id_of(name: &Path) -> Option<TileId> {
    match PublicFile::from_path(name.to_str()?)? {
        PublicFile::Tile(id) | PublicFile::Bundle(id) => Some(id),
        PublicFile::Checkpoint => None,
    }
}

fn is_bundle(name: &Path) -> bool {
    name.starts_with("tile/entries")
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>, LedgerError> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(&folder).map_err(LedgerError::io("list", &folder))? {
            let item = item.map_err(LedgerError::io("list", &folder))?;
            let is_folder = item.file_type().map_err(LedgerError::io("list", &folder))?.is_dir();
            if is_folder { folders.push(item.path()) } else { files.push(item.path()) }
        }
    }
    Ok(files)
}

fn remove(folder: &Path) -> Result<(), LedgerError> {
    match fs::remove_dir_all(folder) {
        Err(error) if !is_absent(&error) => Err(LedgerError::io("remove", folder)(error)),
        _ => Ok(()),
    }
}
