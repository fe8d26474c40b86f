//! The check of a whole log from its public files alone: every entry and tile, up to the root of the checkpoint.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::merkle::{Hash, leaf_hash};
use crate::tile::{
    BUNDLE_BYTES_MAX, Edge, PublicFile, PublicFiles, TILE_BYTES_MAX, TILE_WIDTH, Tile, TileId, entries_of_bundle,
};

/// Findings that a report keeps; a log of another tree would fill the memory otherwise.
const FINDINGS_MAX: usize = 100;

/// What the check of a whole log found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogReport {
    /// Entries read and hashed.
    pub entries: u64,
    /// Tiles of hashes compared.
    pub tiles: u64,
    /// Files that lie behind the checkpoint's size: published for a checkpoint that is still to come, not checked.
    pub files_ahead: u64,
    /// The root over the entries; `None` where they could not all be read.
    pub root: Option<Hash>,
    /// Everything wrong, at most 100.
    pub findings: Vec<LedgerError>,
}

impl LogReport {
    fn find(&mut self, finding: LedgerError) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}

/// Derives the root of the checkpoint's tree from the entries, and compares each tile on the way.
///
/// Memory stays flat: one bundle and one tile a level. `visit` is handed each entry whose hash is right.
///
/// # Errors
/// [`LedgerError::Io`] when a file cannot be read; what is wrong with the log is in the report.
pub fn audit_files(
    files: &impl PublicFiles,
    checkpoint: &Checkpoint,
    mut visit: impl FnMut(u64, &[u8]),
) -> Result<LogReport, LedgerError> {
    let mut report = LogReport::default();
    let mut edge = Edge::default();
    while let Some(id) = TileId::at_size(0, edge.size() / u64::from(TILE_WIDTH), checkpoint.size) {
        if edge.size() >= checkpoint.size {
            break;
        }
        let tile = read_tile(files, id, &mut report)?;
        let Some(leaves) = leaves_of_bundle(files, id, tile.as_ref(), &mut report, &mut visit)? else {
            return Ok(report);
        };
        for leaf in leaves {
            let mut full = Vec::new();
            edge.push(leaf, |id, tile| {
                full.push((id, tile));
                Ok(())
            })?;
            for (id, tile) in full.iter().filter(|(id, _)| id.level > 0) {
                compare_tile(files, *id, tile, &mut report)?;
            }
        }
    }
    for (id, tile) in edge.partial_tiles().filter(|(id, _)| id.level > 0) {
        compare_tile(files, id, tile, &mut report)?;
    }
    report.root = Some(edge.root());
    if edge.root() != checkpoint.root {
        report.find(LedgerError::RootDiffers { size: checkpoint.size });
    }
    Ok(report)
}

/// As [`audit_files`], and looks at every other file of the directory too: older partial tiles and bundles must be the
/// beginning of those that replaced them, and nothing else may lie there.
///
/// # Errors
/// [`LedgerError::Io`] when a file or folder cannot be read.
pub fn audit_directory(
    directory: &Directory,
    checkpoint: &Checkpoint,
    visit: impl FnMut(u64, &[u8]),
) -> Result<LogReport, LedgerError> {
    let mut report = audit_files(directory, checkpoint, visit)?;
    directory.walk(&mut |path| {
        let (id, bundle) = match PublicFile::from_path(path) {
            Some(PublicFile::Checkpoint) => return Ok(()),
            Some(PublicFile::Tile(id)) => (id, false),
            Some(PublicFile::Bundle(id)) => (id, true),
            None => {
                report.find(LedgerError::FileUnexpected { path: path.to_owned() });
                return Ok(());
            }
        };
        match TileId::at_size(id.level, id.index, checkpoint.size) {
            Some(now) if id.width < now.width => compare_partial(directory, path, now, bundle, &mut report)?,
            Some(now) if id.width == now.width => {}
            _ => report.files_ahead += 1,
        }
        Ok(())
    })?;
    Ok(report)
}

/// The tile of hashes, cut to its width where only the full one is there; `None` with a finding where there is none.
fn read_tile(files: &impl PublicFiles, id: TileId, report: &mut LogReport) -> Result<Option<Tile>, LedgerError> {
    let mut bytes = files.read(&id.path(), TILE_BYTES_MAX)?;
    if bytes.is_none() && id.width < TILE_WIDTH {
        bytes = files.read(&id.full().path(), TILE_BYTES_MAX)?;
        if let Some(bytes) = &mut bytes {
            bytes.truncate(id.width as usize * 32);
        }
    }
    let tile = bytes.ok_or_else(|| LedgerError::FileMissing { path: id.path() });
    match tile.and_then(|bytes| Tile::from_bytes(id, &bytes)) {
        Ok(tile) => {
            report.tiles += 1;
            Ok(Some(tile))
        }
        Err(finding) => {
            report.find(finding);
            Ok(None)
        }
    }
}

/// The leaf hashes of a bundle: the entries' own, but the tile's where they differ, so that one bad entry is one finding
/// and not a wrong root besides. `None` where neither bundle nor tile can be read.
fn leaves_of_bundle(
    files: &impl PublicFiles,
    id: TileId,
    tile: Option<&Tile>,
    report: &mut LogReport,
    visit: &mut impl FnMut(u64, &[u8]),
) -> Result<Option<Vec<Hash>>, LedgerError> {
    let path = id.bundle_path();
    let mut bytes = files.read(&path, BUNDLE_BYTES_MAX)?;
    let mut cut = false;
    if bytes.is_none() && id.width < TILE_WIDTH {
        bytes = files.read(&id.full().bundle_path(), BUNDLE_BYTES_MAX)?;
        cut = true;
    }
    let Some(bytes) = bytes else {
        report.find(LedgerError::FileMissing { path });
        return Ok(tile.map(|tile| tile.hashes().to_vec()));
    };
    let mut leaves = Vec::new();
    let first = id.index * u64::from(TILE_WIDTH);
    let mut entries = entries_of_bundle(&bytes);
    for (position, index) in (0..id.width as usize).zip(first..) {
        let Some(Ok(entry)) = entries.next() else {
            report.find(LedgerError::BundleCutShort { path, index });
            return Ok(tile.map(|tile| tile.hashes().to_vec()));
        };
        let leaf = leaf_hash(entry);
        match tile.and_then(|tile| tile.hashes().get(position)) {
            Some(expected) if *expected != leaf => {
                report.find(LedgerError::EntryDiffers { index, path: path.clone() });
                leaves.push(*expected);
            }
            _ => {
                report.entries += 1;
                visit(index, entry);
                leaves.push(leaf);
            }
        }
    }
    if !cut && entries.next().is_some() {
        report.find(LedgerError::BundleSurplus { path });
    }
    Ok(Some(leaves))
}

/// Compares a tile above the leaves with what its children lead to.
fn compare_tile(
    files: &impl PublicFiles,
    id: TileId,
    derived: &Tile,
    report: &mut LogReport,
) -> Result<(), LedgerError> {
    let Some(tile) = read_tile(files, id, report)? else { return Ok(()) };
    for (position, (stored, expected)) in tile.hashes().iter().zip(derived.hashes()).enumerate() {
        if stored != expected {
            report.find(LedgerError::TileDiffers { path: id.path(), position });
        }
    }
    Ok(())
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
    let mut bytes = Vec::new();
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
