//! The edition of the trust list that was last believed, kept over restarts: an older list, or another of the same version, is refused.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use certs::trust::{Edition, TrustList};

/// Why a trust list may not take the place of the one that was believed before.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrustMemoryFault {
    /// It does not follow the one before; says how.
    #[error("{0} ({code})", code = .0.code())]
    Succession(#[from] certs::Error),
    /// The memory cannot be read or written.
    #[error("the edition last believed cannot be kept in {path}: {kind}", path = .0, kind = .1.kind())]
    File(String, io::Error),
    /// The memory holds something else than an edition; nothing is believed until a person has looked.
    #[error("{0} does not hold an edition: restore it, or remove it to believe the present list anew")]
    Unreadable(String),
}

/// Lets `list` take the place of the one remembered at `path`, durably, before anything is decided under it.
///
/// # Errors
/// See [`TrustMemoryFault`]; the memory is then as before.
pub(crate) fn advance(path: &Path, list: &TrustList) -> Result<(), TrustMemoryFault> {
    let failed = |error| TrustMemoryFault::File(path.display().to_string(), error);
    match fs::read_to_string(path) {
        Ok(text) => {
            let known = parse(&text).ok_or_else(|| TrustMemoryFault::Unreadable(path.display().to_string()))?;
            list.succeeds(known)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let Edition { version, digest } = list.edition();
    let partial = path.with_extension("partial");
    let written = File::create(&partial).and_then(|mut file| {
        writeln!(file, "{version} {}", hex::encode(digest))?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&partial, path)).map_err(failed)
}

fn parse(text: &str) -> Option<Edition> {
    let (version, digest) = text.trim_end().split_once(' ')?;
    Some(Edition { version: version.parse().ok()?, digest: hex::decode(digest).ok()?.try_into().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use certs::hierarchy::{self, RegionOrganisations};
    use certs::key::PublicKey;
    use certs::trust::Trust;
    use jiff::Timestamp;

    fn list(folder: &Path) -> TrustList {
        let regions = RegionOrganisations::embedded().unwrap();
        hierarchy::init(folder, Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * 365 * 50), &regions)
            .unwrap();
        let pem = fs::read(folder.join("trust-key.pub.pem")).unwrap();
        let PublicKey::Sm2(key) = PublicKey::from_pem(&pem).unwrap() else { panic!("not an SM2 key") };
        Trust::signed_list(&folder.join("trust"), &key).unwrap()
    }

    #[test]
    fn the_same_list_is_believed_again_and_another_of_its_version_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let memory = folder.path().join("trust-edition");
        let (one, other) = (list(&folder.path().join("one")), list(&folder.path().join("other")));
        advance(&memory, &one).unwrap();
        advance(&memory, &one).unwrap();
        assert!(matches!(advance(&memory, &other), Err(TrustMemoryFault::Succession(_))));
        advance(&memory, &one).unwrap();
    }

    #[test]
    fn an_older_list_is_a_rollback() {
        let folder = tempfile::tempdir().unwrap();
        let memory = folder.path().join("trust-edition");
        let list = list(&folder.path().join("pki"));
        fs::write(&memory, format!("{} {}\n", list.edition().version + 1, "00".repeat(32))).unwrap();
        let Err(TrustMemoryFault::Succession(error)) = advance(&memory, &list) else { panic!("believed") };
        assert_eq!(error.code(), "trust.rollback");
    }

    #[test]
    fn a_damaged_memory_believes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let memory = folder.path().join("trust-edition");
        let list = list(&folder.path().join("pki"));
        for damage in ["", "1", "1 zz", "one 00"] {
            fs::write(&memory, damage).unwrap();
            assert!(matches!(advance(&memory, &list), Err(TrustMemoryFault::Unreadable(_))), "{damage:?}");
        }
    }
}
