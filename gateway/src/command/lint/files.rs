//! The files that are checked: those that are named, and those of four extensions in the folders that are named.

use std::fs;
use std::path::{Path, PathBuf};

use standards::lint::LintFinding;

use super::super::CommandError;
use super::report::Trouble;

/// Files of one run.
const FILES_MAX: usize = 100_000;
/// Folders inside each other.
const DEPTH_MAX: usize = 16;
const EXTENSIONS: [&str; 5] = ["csv", "xml", "json", "jsonl", "ndjson"];

/// What was found under a path.
pub(super) enum Found {
    /// A file to check.
    File(PathBuf),
    /// What could not be looked into, and why.
    Unread(PathBuf, Trouble),
    /// A file of a folder that is of none of our extensions, or a symbolic link.
    Passed,
}

/// Everything under the paths, each folder in the order of its names. Links inside folders are not followed: they may lead in circles.
pub(super) fn under(paths: &[PathBuf]) -> Vec<Found> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            folder(path, 0, &mut found);
            if found.iter().skip(before).all(|found| matches!(found, Found::Passed)) {
                found.push(Found::Unread(path.clone(), (&LintFinding::NoFile).into()));
            }
        } else {
            found.push(Found::File(path.clone()));
        }
    }
    found
}

fn folder(path: &Path, depth: usize, found: &mut Vec<Found>) {
    let mut unread = |finding: LintFinding| found.push(Found::Unread(path.to_owned(), (&finding).into()));
    if depth >= DEPTH_MAX {
        return unread(LintFinding::FolderTooDeep { max: DEPTH_MAX });
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(source) => {
            let trouble = (&CommandError::Unreadable { path: path.to_owned(), source }).into();
            return found.push(Found::Unread(path.to_owned(), trouble));
        }
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if found.len() >= FILES_MAX {
            let finding = LintFinding::TooManyFiles { max: FILES_MAX };
            return found.push(Found::Unread(path.to_owned(), (&finding).into()));
        }
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => folder(&path, depth + 1, found),
            Ok(kind) if kind.is_file() && is_ours(&path) => found.push(Found::File(path)),
            _ => found.push(Found::Passed),
        }
    }
}

/// The extension in small letters.
pub(super) fn extension(path: &Path) -> String {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_ascii_lowercase()
}

fn is_ours(path: &Path) -> bool {
    EXTENSIONS.contains(&extension(path).as_str())
}
