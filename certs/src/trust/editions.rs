//! Past editions of a trust list: the folder keeps each, and the digests that link them prove which was in force when.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::folder::{TRUST_LIST_BYTES_MAX, read_file};
use super::{Edition, TrustList};
use crate::{Error, digest};

/// The folder of all editions beside the current list: `<version>.json` and `<version>.sig`.
pub const EDITIONS_FOLDER: &str = "editions";

/// Where a folder of trust keeps an edition.
pub(super) fn edition_path(dir: &Path, version: u64, extension: &str) -> PathBuf {
    dir.join(EDITIONS_FOLDER).join(format!("{version}.{extension}"))
}

/// The edition that was in force at `at`: the last one issued by then.
///
/// # Errors
/// [`Error::TrustBeforeFirst`], or as [`before`].
pub(super) fn in_force(dir: &Path, current: TrustList, at: Timestamp) -> Result<TrustList, Error> {
    let mut list = current;
    while list.issued_at > at {
        if list.version <= 1 {
            return Err(Error::TrustBeforeFirst { issued_at: list.issued_at, at });
        }
        list = before(dir, &list)?;
    }
    Ok(list)
}

/// The edition before `list`, believed because `list` names its digest; its own signature may be of a key that was replaced since.
///
/// # Errors
/// [`Error::TrustEditionMissing`], [`Error::TrustFork`], [`Error::TrustOrder`], [`Error::TrustLinkBroken`] where `list` names none.
fn before(dir: &Path, list: &TrustList) -> Result<TrustList, Error> {
    let version = list.version.saturating_sub(1);
    let bytes = match read_file(&edition_path(dir, version, "json"), TRUST_LIST_BYTES_MAX) {
        Err(Error::TrustFile { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Err(Error::TrustEditionMissing { version });
        }
        read => read?,
    };
    let named = list.previous.as_deref().ok_or(Error::TrustLinkBroken { offered: list.version })?;
    if named != hex::encode(digest::sha256(&[&bytes])) {
        return Err(Error::TrustFork { version });
    }
    let earlier = TrustList::from_believed(&bytes)?;
    if earlier.version != version || earlier.issued_at >= list.issued_at {
        return Err(Error::TrustOrder { version: list.version });
    }
    Ok(earlier)
}

impl TrustList {
    /// As [`Self::succeeds`], also over several editions at once where the folder that this list is from keeps those between.
    ///
    /// # Errors
    /// [`Error::TrustRollback`], [`Error::TrustLinkBroken`]; [`Error::TrustEditionMissing`], [`Error::TrustFork`],
    /// [`Error::TrustOrder`] for an edition between.
    pub fn succeeds_through(&self, known: Edition, dir: &Path) -> Result<(), Error> {
        if self.version <= known.version {
            return self.succeeds(known);
        }
        let mut list = self.clone();
        while list.version - known.version > 1 {
            list = before(dir, &list)?;
        }
        list.succeeds(known)
    }
}
