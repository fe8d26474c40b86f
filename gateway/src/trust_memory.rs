//! What was last believed, kept over restarts, so that nothing older takes its place: the edition of the trust list, and the number of
//! each authority's revocation list.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use certs::revocation::ListNumber;
use certs::trust::{Edition, Trust, TrustList};

/// Why a trust list or a revocation list may not take the place of the one that was believed before.
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

/// Lets `list`, which lies in `folder`, take the place of the one remembered at `path`, durably, before anything is decided under it.
/// Several editions may be taken at once where the folder's archive links them.
///
/// # Errors
/// See [`TrustMemoryFault`]; the memory is then as before.
pub(crate) fn advance(path: &Path, list: &TrustList, folder: &Path) -> Result<(), TrustMemoryFault> {
    let failed = |error| TrustMemoryFault::File(path.display().to_string(), error);
    match fs::read_to_string(path) {
        Ok(text) => {
            let known = parse(&text).ok_or_else(|| TrustMemoryFault::Unreadable(path.display().to_string()))?;
            list.succeeds_through(known, folder)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let Edition { version, digest } = list.edition();
    replace(path, &format!("{version} {}\n", hex::encode(digest))).map_err(failed)
}

/// Lets the revocation lists of `trust` take the place of those remembered at `path`: for no authority may the highest number fall.
///
/// # Errors
/// See [`TrustMemoryFault`]; the memory is then as before.
pub(crate) fn advance_lists(path: &Path, trust: &Trust) -> Result<(), TrustMemoryFault> {
    let failed = |error| TrustMemoryFault::File(path.display().to_string(), error);
    let mut numbers = match fs::read_to_string(path) {
        Ok(text) => text
            .lines()
            .map(parse_number)
            .collect::<Option<BTreeMap<_, _>>>()
            .ok_or_else(|| TrustMemoryFault::Unreadable(path.display().to_string()))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => return Err(failed(error)),
    };
    for (authority, offered) in trust.list_numbers() {
        match numbers.insert(authority, offered.clone()) {
            Some(known) if offered < known => return Err(certs::Error::ListRollback { known, offered }.into()),
            Some(_) | None => {}
        }
    }
    let lines = numbers.iter().map(|(authority, number)| format!("{} {}\n", hex::encode(authority), number.to_hex()));
    replace(path, &lines.collect::<String>()).map_err(failed)
}

fn parse_number(line: &str) -> Option<([u8; 32], ListNumber)> {
    let (authority, number) = line.split_once(' ')?;
    Some((hex::decode(authority).ok()?.try_into().ok()?, ListNumber::from_hex(number)?))
}

/// Writes a small file so that a power cut leaves the old one or the new one.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let partial = path.with_extension("partial");
    let mut file = File::create(&partial)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    // Without this the memory of an older list could come back.
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
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
    use certs::revocation::Reason;
    use certs::signing::Sm2Signer;
    use certs::trust::publish;
    use jiff::Timestamp;

    fn day(number: i32) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24) * (365 * 50 + number)
    }

    fn list(folder: &Path) -> TrustList {
        hierarchy::init(folder, day(0), &RegionOrganisations::embedded().unwrap()).unwrap();
        let pem = fs::read(folder.join("trust-key.pub.pem")).unwrap();
        let PublicKey::Sm2(key) = PublicKey::from_pem(&pem).unwrap() else { panic!("not an SM2 key") };
        Trust::signed_list(&folder.join("trust"), &key).unwrap()
    }

    #[test]
    fn the_same_list_is_believed_again_and_another_of_its_version_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let memory = folder.path().join("trust-edition");
        let (one, other) = (list(&folder.path().join("one")), list(&folder.path().join("other")));
        advance(&memory, &one, folder.path()).unwrap();
        advance(&memory, &one, folder.path()).unwrap();
        assert!(matches!(advance(&memory, &other, folder.path()), Err(TrustMemoryFault::Succession(_))));
        advance(&memory, &one, folder.path()).unwrap();
    }

    #[test]
    fn an_older_list_is_a_rollback() {
        let folder = tempfile::tempdir().unwrap();
        let memory = folder.path().join("trust-edition");
        let list = list(&folder.path().join("pki"));
        fs::write(&memory, format!("{} {}\n", list.edition().version + 1, "00".repeat(32))).unwrap();
        let Err(TrustMemoryFault::Succession(error)) = advance(&memory, &list, folder.path()) else {
            panic!("believed")
        };
        assert_eq!(error.code(), "trust.rollback");
    }

    #[test]
    fn a_gateway_that_missed_editions_takes_them_from_the_archive() {
        let folder = tempfile::tempdir().unwrap();
        let (memory, pki) = (folder.path().join("trust-edition"), folder.path().join("pki"));
        let first = list(&pki);
        advance(&memory, &first, &pki.join("trust")).unwrap();
        let keeper = Sm2Signer::from_pem_file(&pki.join("trust-key.key")).unwrap();
        let publish = |list: &TrustList, number| {
            publish(&pki.join("trust"), &list.next(day(number), day(number + 90)).unwrap(), &keeper).unwrap()
        };
        let third = publish(&publish(&first, 1), 2);
        let archived = pki.join("trust/editions/2.json");
        let kept = fs::read(&archived).unwrap();
        fs::remove_file(&archived).unwrap();
        let Err(TrustMemoryFault::Succession(error)) = advance(&memory, &third, &pki.join("trust")) else {
            panic!("believed without the edition between")
        };
        assert_eq!(error.code(), "trust.edition_missing");
        fs::write(&archived, kept).unwrap();
        advance(&memory, &third, &pki.join("trust")).unwrap();
        let back = advance(&memory, &first, &pki.join("trust"));
        assert!(matches!(back, Err(TrustMemoryFault::Succession(error)) if error.code() == "trust.rollback"));
    }

    #[test]
    fn an_older_revocation_list_of_an_authority_is_a_rollback() {
        let folder = tempfile::tempdir().unwrap();
        let (memory, pki) = (folder.path().join("revocation-lists"), folder.path().join("pki"));
        let _ = list(&pki);
        let pem = fs::read(pki.join("trust-key.pub.pem")).unwrap();
        let PublicKey::Sm2(key) = PublicKey::from_pem(&pem).unwrap() else { panic!("not an SM2 key") };
        let advance = || advance_lists(&memory, &Trust::from_signed_dir(&pki.join("trust"), &key, day(9)).unwrap());
        let lists = pki.join("trust/crls");
        let first = fs::read(lists.join("120000-root.crl")).unwrap();
        advance().unwrap();
        hierarchy::revoke(&pki, &"120000".parse().unwrap(), "message", day(3), Reason::KeyCompromise).unwrap();
        advance().unwrap();
        // Whoever puts the first list back would bring the revoked key back.
        for entry in fs::read_dir(&lists).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("120000-root") {
                fs::remove_file(path).unwrap();
            }
        }
        advance().unwrap();
        fs::write(lists.join("120000-root.crl"), first).unwrap();
        let Err(TrustMemoryFault::Succession(error)) = advance() else { panic!("believed") };
        assert_eq!(error.code(), "revocation.rollback");
        fs::write(&memory, "zz").unwrap();
        assert!(matches!(advance(), Err(TrustMemoryFault::Unreadable(_))));
    }

    #[test]
    fn a_damaged_memory_believes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let memory = folder.path().join("trust-edition");
        let list = list(&folder.path().join("pki"));
        for damage in ["", "1", "1 zz", "one 00"] {
            fs::write(&memory, damage).unwrap();
            assert!(
                matches!(advance(&memory, &list, folder.path()), Err(TrustMemoryFault::Unreadable(_))),
                "{damage:?}"
            );
        }
    }
}
