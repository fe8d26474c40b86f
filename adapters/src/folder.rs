//! The folders of the regions as files in memory, from the program itself or from a directory.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::mapping_error::{MappingError, MappingFault};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/regions");

/// Largest rule file, in bytes: the longest of ours is a hundredth of it.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The files that make up a region; samples beside them are for people and tests.
pub(crate) const FILES: [&str; 3] = ["mapping.toml", "codes.toml", "items.toml"];

/// One region's folder: its name, and its files by name.
pub(crate) struct Folder {
    pub(crate) name: String,
    pub(crate) files: BTreeMap<&'static str, String>,
}

/// The folders that are part of the program.
pub(crate) fn embedded() -> Vec<Folder> {
    EMBEDDED
        .dirs()
        .map(|dir| {
            let text = |file: &str| EMBEDDED.get_file(dir.path().join(file))?.contents_utf8().map(str::to_owned);
            Folder {
                name: dir.path().to_string_lossy().into_owned(),
                files: FILES.into_iter().filter_map(|file| Some((file, text(file)?))).collect(),
            }
        })
        .collect()
}

/// The folders of a directory, in the order of their names. Names that begin with a dot are left alone.
pub(crate) fn in_directory(directory: &Path, faults: &mut Vec<MappingFault>) -> Vec<Folder> {
    let unreadable = |file: &Path, error: &std::io::Error| MappingFault {
        file: file.display().to_string(),
        line: 0,
        error: MappingError::Unreadable { kind: error.kind() },
    };
    let entries = match fs::read_dir(directory).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Ok(entries) => entries,
        Err(error) => {
            faults.push(unreadable(directory, &error));
            return Vec::new();
        }
    };
    let mut folders = Vec::new();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || !entry.path().is_dir() {
            continue;
        }
        let mut files = BTreeMap::new();
        for file in FILES {
            let path = entry.path().join(file);
            match read_file(&path) {
                Ok(text) => {
                    files.insert(file, text);
                }
                // A missing file is reported with the others when the folder is compiled.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => faults.push(unreadable(&path, &error)),
            }
        }
        folders.push(Folder { name, files });
    }
    folders.sort_by(|a, b| a.name.cmp(&b.name));
    folders
}

/// Reads a file of rules, up to its limit.
pub(crate) fn read_file(path: &Path) -> std::io::Result<String> {
    String::from_utf8(read_bytes(path)?).map_err(|_| std::io::ErrorKind::InvalidData.into())
}

/// Reads a file in whatever encoding, up to the same limit.
pub(crate) fn read_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if read as u64 > FILE_BYTES_MAX { Err(std::io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}
