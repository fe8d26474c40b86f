//! Publishing an edition of a trust list: signed, archived, and only then put in the place of the one before.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use super::editions::edition_path;
use super::{EDITIONS_FOLDER, LIST_FILE, SIGNATURE_FILE, Trust, TrustList};
use crate::Error;
use crate::hierarchy::HierarchyError;
use crate::signing::Sm2Signer;

/// Signs a list and makes it the current edition of a folder of trust; `editions/` keeps it and the one before for ever.
///
/// # Errors
/// When an entry is unusable, the list does not follow the folder's present one (which `key` must have signed), or a file cannot be
/// written. The present edition then stays.
pub fn publish(dir: &Path, list: &TrustList, key: &Sm2Signer) -> Result<TrustList, HierarchyError> {
    let bytes = list.to_json()?;
    let signature = key.sign(&bytes).map_err(HierarchyError::Key)?.to_der();
    let published = TrustList::from_signed(&bytes, &signature, key.public_key())?;
    Trust::from_list(&published, Vec::new())?;
    let folder = dir.join(EDITIONS_FOLDER);
    fs::create_dir_all(&folder).map_err(|source| HierarchyError::File { path: folder.clone(), source })?;
    if dir.join(LIST_FILE).exists() {
        let present = Trust::signed_list(dir, key.public_key())?;
        published.succeeds(present.edition())?;
        if published.edition() != present.edition() && published.issued_at <= present.issued_at {
            return Err(Error::TrustOrder { version: published.version }.into());
        }
        // A folder from before there were archives gets its first entry now.
        for (name, extension) in [(LIST_FILE, "json"), (SIGNATURE_FILE, "sig")] {
            let (from, to) = (dir.join(name), edition_path(dir, present.version, extension));
            if to.exists() {
                continue;
            }
            let bytes = fs::read(&from).map_err(|source| HierarchyError::File { path: from, source })?;
            replace(&to, &bytes)?;
        }
    }
    replace(&edition_path(dir, published.version, "json"), &bytes)?;
    replace(&edition_path(dir, published.version, "sig"), &signature)?;
    // Between these two the list's signature is found in the archive ([`Trust::signed_list`]).
    replace(&dir.join(LIST_FILE), &bytes)?;
    replace(&dir.join(SIGNATURE_FILE), &signature)?;
    Ok(published)
}

/// Writes a file so that a reader, even after a power cut, sees the old one or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), HierarchyError> {
    let failed = |source: io::Error| HierarchyError::File { path: path.to_owned(), source };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = path.with_file_name(name);
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&partial, path)).map_err(failed)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all()).map_err(failed)
}
