//! Trust lists: believed by the pinned key alone, whole or not at all, and never backwards.
#![cfg(feature = "signing")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;
use std::path::Path;

use certs::revocation::{EvidenceKind, RevocationStatus};
use certs::signing::Sm2Signer;
use certs::trust::{EntryFault, ListedEntry, Purpose, Trust, TrustList};
use certs::{Error, SignatureError, sm2};
use common::{NOW, certificate, days, fresh, shared, trust, trust_key};
use jiff::{SignedDuration, Timestamp};

fn load(dir: &Path, key: &sm2::PublicKey, now: Timestamp) -> Result<Trust, Error> {
    Trust::from_signed_dir(&dir.join("trust"), key, now)
}

/// The shared hierarchy's list.
fn list() -> TrustList {
    Trust::signed_list(&shared().join("trust"), &trust_key(shared())).unwrap()
}

/// The list as it is read again after its keeper signed it.
fn signed(list: &TrustList) -> Result<TrustList, Error> {
    let keeper = Sm2Signer::from_pem_file(&shared().join("trust-key.key")).unwrap();
    let bytes = list.to_json().unwrap();
    TrustList::from_signed(&bytes, &keeper.sign(&bytes).unwrap().to_der(), keeper.public_key())
}

#[test]
fn nobody_is_trusted_without_a_list() {
    let trust = Trust::none();
    assert!(Purpose::ALL.into_iter().all(|purpose| trust.anchors(purpose).is_empty()));
    assert!(trust.edition().is_none() && trust.stale_since(NOW).is_none());
}

#[test]
fn a_list_is_believed_by_the_pinned_key_alone() {
    let stranger = Sm2Signer::generate().unwrap();
    let refused = load(shared(), stranger.public_key(), NOW);
    assert!(matches!(refused, Err(Error::TrustSignature { source: SignatureError::Mismatch })), "{refused:?}");

    let dir = fresh();
    let path = dir.path().join("trust/trust-list.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("JJJ-071", "JJJ-033", 1)).unwrap();
    let refused = load(dir.path(), &trust_key(dir.path()), NOW);
    assert!(matches!(refused, Err(Error::TrustSignature { .. })), "one altered item: {refused:?}");
    fs::remove_file(dir.path().join("trust/trust-list.sig")).unwrap();
    assert!(matches!(load(dir.path(), &trust_key(dir.path()), NOW), Err(Error::TrustFile { .. })));
}

#[test]
fn a_list_tells_its_age_and_cannot_come_from_the_future() {
    let trust = trust(shared());
    // To the second, on both sides.
    let second = SignedDuration::from_secs(1);
    for (at, since) in [
        (days(90) - second, None),
        (days(90), None),
        (days(90) + SignedDuration::from_nanos(1), Some(days(90))),
        (days(90) + second, Some(days(90))),
        (days(91), Some(days(90))),
    ] {
        assert_eq!(trust.stale_since(at), since, "{at}");
    }
    let early = NOW - SignedDuration::from_secs(300);
    assert!(load(shared(), &trust_key(shared()), early).is_ok(), "clocks differ a little");
    let too_early = load(shared(), &trust_key(shared()), early - second);
    assert!(matches!(too_early, Err(Error::TrustListFromFuture { .. })), "{too_early:?}");
    let early = load(shared(), &trust_key(shared()), days(-1));
    assert!(matches!(early, Err(Error::TrustListFromFuture { issued_at }) if issued_at == NOW), "{early:?}");
    let mut backwards = list();
    backwards.next_update = backwards.issued_at;
    assert!(matches!(signed(&backwards), Err(Error::TrustListPeriod { .. })));
}

#[test]
fn an_edition_follows_only_its_own_predecessor() {
    let first = list();
    let known = first.edition();
    assert_eq!(known.to_string().split_once('-').unwrap().0, "1");
    assert!(first.succeeds(known).is_ok(), "the same list again");

    let offer = |version, previous: Option<String>| {
        let mut next = first.clone();
        (next.version, next.previous) = (version, previous);
        signed(&next).unwrap().succeeds(known)
    };
    let digest = hex::encode(known.digest);
    assert!(offer(2, Some(digest.clone())).is_ok());
    assert!(matches!(offer(2, None), Err(Error::TrustLinkBroken { offered: 2 })));
    assert!(matches!(offer(2, Some(digest.replace(&digest[..1], "x"))), Err(Error::TrustLinkBroken { .. })));
    assert!(matches!(offer(3, Some(digest.clone())), Err(Error::TrustGap { known: 1, offered: 3 })));
    assert!(matches!(offer(1, Some(digest)), Err(Error::TrustRollback { known: 1, offered: 1 })), "another first list");
    assert!(matches!(offer(0, None), Err(Error::TrustRollback { known: 1, offered: 0 })));
}

#[test]
fn a_bad_entry_is_named_and_the_whole_list_refused() {
    let folder = shared().join("120000");
    let entry = |purpose, name: &str| ListedEntry::new(purpose, &certificate(&folder, name));
    let organisation = || Some("11120000FAKE00021Q".parse().unwrap());
    let other = || Some("11110000FAKE00013R".parse().unwrap());
    let signer = entry(Some(Purpose::SealSigner), "signer");
    let cases = [
        (EntryFault::NotBase64, ListedEntry { certificate: "%".to_owned(), ..signer.clone() }),
        (EntryFault::Certificate, ListedEntry { certificate: "MAA=".to_owned(), ..signer.clone() }),
        (EntryFault::NoPurpose, entry(None, "signer")),
        (
            EntryFault::AuthorityWithRow,
            ListedEntry { organisation: organisation(), ..entry(Some(Purpose::SealSigner), "root") },
        ),
        (EntryFault::SignerWithoutOrganisation, signer.clone()),
        (EntryFault::OtherOrganisation, ListedEntry { organisation: other(), ..signer.clone() }),
        (EntryFault::Twice, ListedEntry { organisation: organisation(), ..signer.clone() }),
        (EntryFault::Twice, ListedEntry { not_after: Some(NOW), ..entry(Some(Purpose::SealSigner), "root") }),
        (
            EntryFault::Period,
            ListedEntry { not_before: Some(days(1)), not_after: Some(NOW), ..entry(Some(Purpose::TimeStamp), "root") },
        ),
        (EntryFault::PeriodWithoutAnchor, ListedEntry { not_after: Some(NOW), ..entry(None, "maker-ca") }),
        (
            EntryFault::PeriodWithoutAnchor,
            ListedEntry { organisation: organisation(), not_before: Some(NOW), ..signer },
        ),
    ];
    for (expected, bad) in cases {
        let mut list = list();
        list.regions[1].entries.push(bad);
        let place = list.regions[1].entries.len();
        let refused = Trust::from_list(&signed(&list).unwrap(), Vec::new());
        let Err(Error::TrustEntry { region, index, fault }) = refused else { panic!("{expected:?}: {refused:?}") };
        assert_eq!((region.as_str(), index, fault), ("120000", place, expected));
    }
    let mut twice = list();
    twice.regions.push(twice.regions[0].clone());
    assert!(matches!(Trust::from_list(&twice, Vec::new()), Err(Error::TrustRegionTwice { .. })));
}

#[test]
fn an_intermediate_is_no_anchor() {
    let mut list = list();
    let maker_ca = certificate(&shared().join("120000"), "maker-ca");
    list.regions[1].entries.push(ListedEntry::new(None, &maker_ca));
    let trust = Trust::from_list(&signed(&list).unwrap(), Vec::new()).unwrap();
    assert_eq!(trust.intermediates(), std::slice::from_ref(&maker_ca));
    assert!(!trust.anchors(Purpose::SealSigner).contains(&maker_ca.clone().into()));
}

/// An authority that is trusted for one thing is trusted for nothing else: above all, not one for TLS for seals, nor one of seals for TLS.
#[test]
fn each_certificate_has_a_path_for_the_purposes_of_its_own_authority_alone() {
    use Purpose::{PartnerMessage, SealMaker, SealSigner, TimeStamp, TlsClient};
    let trust = trust(shared());
    let of_root = [PartnerMessage, SealSigner, TimeStamp];
    let matrix: [(&str, &[Purpose], &[Purpose]); 6] = [
        ("client", &[TlsClient], &[TlsClient]),
        ("maker", &[SealMaker], &[]),
        ("signer", &of_root, &[SealSigner]),
        ("signer-revoked", &of_root, &[SealSigner]),
        ("message", &of_root, &[PartnerMessage]),
        ("tsa", &of_root, &[TimeStamp]),
    ];
    for region in ["110000", "120000", "130000"] {
        for (name, with_path, listed) in matrix {
            let leaf = certificate(&shared().join(region), name);
            for purpose in Purpose::ALL {
                let path = trust.path(&leaf, purpose, NOW);
                assert_eq!(path.is_ok(), with_path.contains(&purpose), "{region} {name} {purpose:?}: {path:?}");
                assert_eq!(
                    trust.row(purpose, &leaf).is_some(),
                    listed.contains(&purpose),
                    "{region} {name} {purpose:?}"
                );
            }
        }
    }
}

#[test]
fn a_list_with_unknown_members_or_none_of_json_is_refused() {
    let keeper = Sm2Signer::from_pem_file(&shared().join("trust-key.key")).unwrap();
    let good = String::from_utf8(list().to_json().unwrap()).unwrap();
    for bad in [good.replacen("\"version\"", "\"vension\"", 1), good.replace('}', ""), String::new()] {
        let signature = keeper.sign(bad.as_bytes()).unwrap().to_der();
        let refused = TrustList::from_signed(bad.as_bytes(), &signature, keeper.public_key());
        assert!(matches!(refused, Err(Error::TrustListMalformed { .. })), "{refused:?}");
    }
}

#[test]
fn a_folder_of_bare_anchors_is_trusted_for_everything_and_names_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let region = shared().join("120000");
    fs::copy(region.join("root.pem"), dir.path().join("root.pem")).unwrap();
    fs::write(dir.path().join("maker-ca.der"), certificate(&region, "maker-ca").der()).unwrap();
    fs::copy(region.join("root.crl"), dir.path().join("root.crl")).unwrap();
    fs::write(dir.path().join("notes.txt"), "passed over").unwrap();
    let trust = Trust::from_anchor_dir(dir.path()).unwrap();
    for (name, purpose) in [("signer", Purpose::SealSigner), ("maker", Purpose::SealMaker)] {
        let leaf = certificate(&region, name);
        assert!(trust.path(&leaf, purpose, NOW).is_ok(), "{name}");
        assert!(trust.signer_row(&leaf).is_none());
    }
    assert_eq!(trust.revocation_lists().len(), 1);
    assert!(trust.edition().is_none());

    fs::copy(shared().join("trust-key.pub.pem"), dir.path().join("zz.pem")).unwrap();
    let refused = Trust::from_anchor_dir(dir.path());
    assert!(matches!(&refused, Err(Error::TrustFileContent { path, .. }) if path.ends_with("zz.pem")), "{refused:?}");
    fs::write(dir.path().join("zz.pem"), vec![b'-'; 5 << 20]).unwrap();
    assert!(matches!(Trust::from_anchor_dir(dir.path()), Err(Error::TrustFileTooLong { .. })));
    assert!(matches!(Trust::from_anchor_dir(Path::new("/no/such/folder")), Err(Error::TrustFile { .. })));
}

#[test]
fn a_file_of_several_revocation_lists_gives_them_all() {
    let dir = fresh();
    let folder = dir.path().join("trust/crls");
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let all = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect::<String>();
    let before = trust(dir.path()).revocation_lists().len();
    for path in &files {
        fs::remove_file(path).unwrap();
    }
    fs::write(folder.join("all.crl"), &all).unwrap();
    assert_eq!(trust(dir.path()).revocation_lists().len(), before);
    fs::write(folder.join("all.crl"), &all[..all.len() - 30]).unwrap();
    let refused = load(dir.path(), &trust_key(dir.path()), NOW);
    assert!(matches!(refused, Err(Error::TrustFileContent { .. })), "the last one breaks off: {refused:?}");
}

#[test]
fn trust_has_one_identity_and_every_change_gives_it_another() {
    let same = [trust(shared()), trust(shared())].map(|trust| trust.identity());
    assert_eq!(same[0], same[1]);
    let other_list = {
        let mut list = list();
        list.regions[0].entries.pop();
        signed(&list).unwrap()
    };
    let lists = || trust(shared()).revocation_lists().to_vec();
    let others = [
        Trust::none(),
        Trust::from_list(&list(), Vec::new()).unwrap(),
        Trust::from_list(&list(), lists().split_off(1)).unwrap(),
        Trust::from_list(&other_list, lists()).unwrap(),
    ];
    let identities: std::collections::BTreeSet<_> = others.iter().map(Trust::identity).chain([same[0]]).collect();
    assert_eq!(identities.len(), others.len() + 1);
    assert_eq!(Trust::from_list(&list(), lists()).unwrap().identity(), same[0]);
}

#[test]
fn trust_answers_with_the_list_that_it_rests_on() {
    let trust = trust(shared());
    let folder = shared().join("120000");
    let path = trust.path(&certificate(&folder, "signer-revoked"), Purpose::SealSigner, NOW).unwrap();
    let (leaf, issuer) = path.issued().next().unwrap();
    let answer = trust.status(leaf, issuer, NOW);
    assert!(matches!(answer.status, RevocationStatus::Revoked { at, .. } if at == days(-2)), "{answer:?}");
    let [evidence] = &answer.evidence[..] else { panic!("{answer:?}") };
    assert_eq!((evidence.kind, evidence.this_update, evidence.next_update), (EvidenceKind::List, NOW, Some(days(90))));
    assert_eq!(
        (evidence.issuer.as_str(), evidence.number.as_ref().unwrap().to_string()),
        (&*issuer.subject().to_string(), "1".to_owned())
    );
    let listed = trust.revocation_lists().iter().find(|list| list.digest() == evidence.digest).unwrap();
    assert_eq!(listed.issuer(), issuer.subject());
    assert_eq!(Trust::none().status(leaf, issuer, NOW).evidence, []);
}

#[test]
fn an_anchor_with_a_period_counts_only_for_paths_judged_in_it() {
    let folder = shared().join("120000");
    let mut list = list();
    let root = certificate(&folder, "root");
    let anchor =
        list.regions[1].entries.iter_mut().find(|entry| **entry == ListedEntry::new(Some(Purpose::SealSigner), &root));
    let anchor = anchor.unwrap();
    (anchor.not_before, anchor.not_after) = (Some(days(10)), Some(days(20)));
    let rotated = Trust::from_list(&signed(&list).unwrap(), Vec::new()).unwrap();
    let signer = certificate(&folder, "signer");
    let kept = rotated.path(&signer, Purpose::SealSigner, days(15)).unwrap();
    for (day, counts) in [(9, false), (10, true), (20, true), (21, false)] {
        let found = rotated.path(&signer, Purpose::SealSigner, days(day));
        let code = found.as_ref().map_err(certs::path::PathError::code).err();
        assert_eq!(code, (!counts).then_some("path.issuer_unknown"), "{day}");
        assert_eq!(rotated.holds(&kept, Purpose::SealSigner, days(day)), counts, "{day}");
        assert!(!rotated.holds(&kept, Purpose::SealMaker, days(day)), "another purpose");
    }
    assert!(
        rotated.path(&certificate(&folder, "message"), Purpose::PartnerMessage, NOW).is_ok(),
        "another purpose's anchor stays"
    );
}
