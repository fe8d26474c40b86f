//! Which files of a folder are documents to verify.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use crate::error::AuditError;

/// Extensions of what can carry a seal, in lower case.
const EXTENSIONS: [&str; 3] = ["ofd", "esl", "dat"];
/// Folders inside folders: deeper than any archive that people keep, and an end where a mount loops.
const DEPTH_MAX: usize = 64;

/// What a walk comes by, in the order of the names.
#[derive(Debug)]
pub(super) enum Found {
    /// To be verified.
    Document(PathBuf),
    /// A file that is no document by its name, or a symbolic link: neither is opened.
    Passed,
    /// A folder that cannot be read.
    Unreadable(AuditError),
}

/// The documents under some paths. A file that is named is taken whatever it is called; of a folder those files that are called
/// `*.ofd`, `*.esl` or `*.dat`, in all its folders. Only the names of one folder after another are held in memory.
pub(super) struct Documents {
    /// Each with its depth: 0 is named by the caller.
    waiting: VecDeque<(PathBuf, usize)>,
}

impl Documents {
    pub(super) fn under(paths: &[PathBuf]) -> Self {
        Self { waiting: paths.iter().map(|path| (path.clone(), 0)).collect() }
    }

    fn open(&mut self, folder: &Path, depth: usize) -> Result<(), AuditError> {
        if depth == DEPTH_MAX {
            return Err(AuditError::TooDeep { name: folder.display().to_string(), depth_max: DEPTH_MAX });
        }
        let entries = std::fs::read_dir(folder).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<PathBuf>>>()
        });
        let mut paths = entries.map_err(|source| unreadable(folder, source))?;
        paths.sort_unstable();
        // Depth first: a folder's content stands where its name stands.
        paths.into_iter().rev().for_each(|path| self.waiting.push_front((path, depth + 1)));
        Ok(())
    }
}

impl Iterator for Documents {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let (path, depth) = self.waiting.pop_front()?;
            let named = depth == 0;
            let metadata = if named { path.metadata() } else { path.symlink_metadata() };
            let kind = match metadata {
                Ok(metadata) => metadata.file_type(),
                Err(source) => return Some(Found::Unreadable(unreadable(&path, source))),
            };
            if kind.is_dir() {
                if let Err(error) = self.open(&path, depth) {
                    return Some(Found::Unreadable(error));
                }
            } else if named || (kind.is_file() && is_document(&path)) {
                return Some(Found::Document(path));
            } else {
                return Some(Found::Passed);
            }
        }
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> AuditError {
    AuditError::Unreadable { name: path.display().to_string(), source }
}

fn is_document(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_folder_gives_its_documents_in_order_and_passes_over_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["b/2.ESL", "b/1.dat", "a.ofd", "c.OFD", "readme.md", "b/ofd"] {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"").unwrap();
        }
        std::os::unix::fs::symlink(root.join("a.ofd"), root.join("link.ofd")).unwrap();
        std::os::unix::fs::symlink(root, root.join("loop")).unwrap();

        let found: Vec<Found> = Documents::under(&[root.to_owned()]).collect();
        let documents: Vec<_> = found
            .iter()
            .filter_map(|found| match found {
                Found::Document(path) => Some(path.strip_prefix(root).unwrap().to_str().unwrap()),
                Found::Passed | Found::Unreadable(_) => None,
            })
            .collect();
        assert_eq!(documents, ["a.ofd", "b/1.dat", "b/2.ESL", "c.OFD"]);
        assert_eq!(found.iter().filter(|found| matches!(found, Found::Passed)).count(), 4);
    }

    #[test]
    fn a_file_that_is_named_is_taken_whatever_it_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("licence");
        fs::write(&path, b"").unwrap();
        let missing = folder.path().join("missing");
        let found: Vec<Found> = Documents::under(&[path, missing]).collect();
        assert!(matches!(found.as_slice(), [Found::Document(_), Found::Unreadable(_)]), "{found:?}");
    }
}
