//! The files of the commands: never more read than a limit, nothing overwritten unasked.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use certs::certificate::Certificate;

use super::CommandError;

/// Upper bound of a file that people write by hand, and of a certificate, in bytes.
pub(super) const SMALL_FILE_BYTES_MAX: u64 = 64 * 1024;

/// Whether an output that is there already may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existing {
    /// It stays, and the command fails.
    Keep,
    /// It is replaced at once: a reader sees the old file or the new one.
    Replace,
}

/// Reads a file of at most `limit_bytes`.
pub(super) fn read(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, CommandError> {
    let unreadable = |source| CommandError::Unreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let opened = File::open(path).map_err(unreadable)?;
    opened.take(limit_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit_bytes) {
        Ok(bytes)
    } else {
        Err(CommandError::TooLong { path: path.to_owned(), limit_bytes })
    }
}

/// Reads a short text in UTF-8.
pub(super) fn read_text(path: &Path) -> Result<String, CommandError> {
    String::from_utf8(read(path, SMALL_FILE_BYTES_MAX)?).map_err(|_| CommandError::Unreadable {
        path: path.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"),
    })
}

/// Reads a certificate in PEM.
pub(super) fn read_certificate(path: &Path) -> Result<Certificate, CommandError> {
    let bytes = read(path, SMALL_FILE_BYTES_MAX)?;
    Certificate::from_pem(&bytes).map_err(|source| CommandError::Certificate { path: path.to_owned(), source })
}

/// Writes an output file, whole or not at all.
pub(super) fn write(path: &Path, bytes: &[u8], existing: Existing) -> Result<(), CommandError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => CommandError::Exists { path: path.to_owned() },
        _ => CommandError::CannotCreate { path: path.to_owned(), source },
    };
    match existing {
        Existing::Keep => write_new(path, bytes).map_err(failed),
        Existing::Replace => {
            let mut partial = path.as_os_str().to_owned();
            partial.push(".partial");
            let partial = Path::new(&partial);
            write_new(partial, bytes).and_then(|()| fs::rename(partial, path)).map_err(failed)
        }
    }
}

/// Writes a file that is not there yet; what could not be finished is removed.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes).inspect_err(|_| {
        // Why it could not be written is what people need to know, not that its remains could not be removed.
        let _ = fs::remove_file(path);
    })
}
