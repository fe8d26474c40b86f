//! Editions of a trust list: each follows the one before, the archive proves which was in force when, and nothing is rewritten.
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
use std::path::PathBuf;

use certs::hierarchy::{self, HierarchyError};
use certs::revocation::{Reason, RevocationStatus};
use certs::signing::Sm2Signer;
use certs::trust::{
    EDITIONS_FOLDER, Edition, LIST_FILE, ListedEntry, Purpose, SIGNATURE_FILE, Trust, TrustList, publish,
};
use certs::{Error, sm2};
use common::{NOW, certificate, days, fresh, trust_key};
use jiff::Timestamp;
use tempfile::TempDir;

/// A hierarchy whose trust list has editions of day 0, 10 and 20; the second adds an anchor, the third takes it away again.
struct Scene {
    dir: TempDir,
    editions: Vec<Edition>,
}

impl Scene {
    fn new() -> Self {
        let dir = fresh();
        let mut scene = Self { dir, editions: Vec::new() };
        let first = scene.current();
        scene.editions.push(first.edition());
        let maker_ca = certificate(&scene.dir.path().join("120000"), "maker-ca");
        let mut second = first.next(days(10), days(100)).unwrap();
        second.regions[1].entries.push(ListedEntry::new(Some(Purpose::TimeStamp), &maker_ca));
        let second = publish(&scene.trust(), &second, &scene.keeper()).unwrap();
        scene.editions.push(second.edition());
        let mut third = second.next(days(20), days(110)).unwrap();
        third.regions[1].entries.pop();
        let third = publish(&scene.trust(), &third, &scene.keeper()).unwrap();
        scene.editions.push(third.edition());
        scene
    }

    fn trust(&self) -> PathBuf {
        self.dir.path().join("trust")
    }

    fn keeper(&self) -> Sm2Signer {
        Sm2Signer::from_pem_file(&self.dir.path().join("trust-key.key")).unwrap()
    }

    fn key(&self) -> sm2::PublicKey {
        trust_key(self.dir.path())
    }

    fn current(&self) -> TrustList {
        Trust::signed_list(&self.trust(), &self.key()).unwrap()
    }

    fn archived(&self, version: u64) -> PathBuf {
        self.trust().join(EDITIONS_FOLDER).join(format!("{version}.json"))
    }

    fn as_of(&self, at: Timestamp) -> Result<Trust, Error> {
        Trust::from_signed_dir_as_of(&self.trust(), &self.key(), days(30), at)
    }
}

#[test]
fn a_day_is_judged_under_the_edition_that_was_in_force() {
    let scene = Scene::new();
    for (at, edition, time_stamp_anchors) in [
        (NOW, 0, 3),
        (days(10) - jiff::SignedDuration::from_secs(1), 0, 3),
        (days(10), 1, 4),
        (days(19), 1, 4),
        (days(20), 2, 3),
        (days(25), 2, 3),
    ] {
        let trust = scene.as_of(at).unwrap();
        assert_eq!(trust.edition(), Some(scene.editions[edition]), "{at}");
        assert_eq!(trust.anchors(Purpose::TimeStamp).len(), time_stamp_anchors, "{at}");
        assert_eq!(trust.identity(), scene.as_of(at).unwrap().identity());
    }
    let early = scene.as_of(days(-1));
    assert!(matches!(early, Err(Error::TrustBeforeFirst { issued_at, at }) if issued_at == NOW && at == days(-1)));
    let now = Trust::from_signed_dir(&scene.trust(), &scene.key(), days(30)).unwrap();
    assert_eq!(now.identity(), scene.as_of(days(30)).unwrap().identity(), "today is a day as well");
}

#[test]
fn the_archive_is_believed_by_its_links_alone() {
    let scene = Scene::new();
    let text = fs::read_to_string(scene.archived(1)).unwrap();
    // Signed by the keeper, and still not the edition that was published then.
    fs::write(scene.archived(1), text.replacen("JJJ-071", "JJJ-033", 1)).unwrap();
    assert!(matches!(scene.as_of(NOW), Err(Error::TrustFork { version: 1 })));
    assert!(scene.as_of(days(15)).is_ok(), "the edition after it is not touched");
    fs::remove_file(scene.archived(1)).unwrap();
    assert!(matches!(scene.as_of(NOW), Err(Error::TrustEditionMissing { version: 1 })));
    fs::write(scene.archived(1), text).unwrap();
    fs::remove_file(scene.archived(2)).unwrap();
    assert!(matches!(scene.as_of(NOW), Err(Error::TrustEditionMissing { version: 2 })));
    assert!(scene.as_of(days(20)).is_ok());
}

#[test]
fn several_editions_can_be_taken_at_once_where_the_archive_links_them() {
    let scene = Scene::new();
    let (current, folder) = (scene.current(), scene.trust());
    for known in &scene.editions {
        current.succeeds_through(*known, &folder).unwrap();
    }
    let [first, second, third] = scene.editions[..] else { panic!("three editions") };
    let other = |edition: Edition| Edition { digest: [7; 32], ..edition };
    assert!(matches!(current.succeeds_through(other(first), &folder), Err(Error::TrustLinkBroken { offered: 2 })));
    assert!(matches!(current.succeeds_through(other(second), &folder), Err(Error::TrustLinkBroken { offered: 3 })));
    assert!(matches!(current.succeeds_through(other(third), &folder), Err(Error::TrustRollback { .. })));
    let later = Edition { version: 4, ..third };
    assert!(matches!(current.succeeds_through(later, &folder), Err(Error::TrustRollback { known: 4, offered: 3 })));
    fs::remove_file(scene.archived(2)).unwrap();
    assert!(matches!(current.succeeds_through(first, &folder), Err(Error::TrustEditionMissing { version: 2 })));
    assert!(current.succeeds_through(second, &folder).is_ok(), "nothing lies between");
}

#[test]
fn what_does_not_follow_is_not_published() {
    let scene = Scene::new();
    let before = fs::read(scene.trust().join(LIST_FILE)).unwrap();
    let refused = |list: &TrustList, key: &Sm2Signer| match publish(&scene.trust(), list, key) {
        Err(HierarchyError::Content(error)) => error.code(),
        other => panic!("{other:?}"),
    };
    let current = scene.current();
    let next = current.next(days(30), days(60)).unwrap();
    let mut unlinked = next.clone();
    unlinked.previous = None;
    assert_eq!(refused(&unlinked, &scene.keeper()), "trust.link_broken");
    assert_eq!(refused(&current.next(days(30), days(29)).unwrap(), &scene.keeper()), "trust.list_period");
    assert_eq!(refused(&next, &Sm2Signer::generate().unwrap()), "trust.signature");
    let mut unusable = next.clone();
    unusable.regions[0].entries[0].certificate = "MAA=".to_owned();
    assert_eq!(refused(&unusable, &scene.keeper()), "trust.entry");
    assert!(matches!(current.next(days(20), days(60)), Err(Error::TrustOrder { version: 4 })), "not later");
    assert_eq!(fs::read(scene.trust().join(LIST_FILE)).unwrap(), before);
    publish(&scene.trust(), &next, &scene.keeper()).unwrap();
    assert_eq!(scene.current().version, 4);
}

#[test]
fn an_edition_that_is_not_later_than_the_one_before_is_not_published() {
    let scene = Scene::new();
    let mut next = scene.current().next(days(30), days(60)).unwrap();
    next.issued_at = days(20);
    let refused = publish(&scene.trust(), &next, &scene.keeper());
    assert!(matches!(refused, Err(HierarchyError::Content(Error::TrustOrder { version: 4 }))), "{refused:?}");
    assert_eq!(scene.current().version, 3);
}

#[test]
fn a_power_cut_between_list_and_signature_does_no_harm() {
    let scene = Scene::new();
    let signature = scene.trust().join(SIGNATURE_FILE);
    let before = fs::read(&signature).unwrap();
    let next = scene.current().next(days(30), days(60)).unwrap();
    let fourth = publish(&scene.trust(), &next, &scene.keeper()).unwrap();
    fs::write(&signature, &before).unwrap();
    assert_eq!(scene.current().edition(), fourth.edition(), "the archive has its signature");
    let kept = fs::read(scene.trust().join(EDITIONS_FOLDER).join("4.sig")).unwrap();
    let fifth = publish(&scene.trust(), &fourth.next(days(40), days(70)).unwrap(), &scene.keeper()).unwrap();
    assert_eq!(scene.current().edition(), fifth.edition());
    assert_eq!(fs::read(scene.trust().join(EDITIONS_FOLDER).join("4.sig")).unwrap(), kept, "and it stays there");
    // Another list in its place has no signature in the archive either.
    let list = scene.trust().join(LIST_FILE);
    let text = fs::read_to_string(&list).unwrap();
    for version in ["5", "4", "99", "18446744073709551616"] {
        let other = text.replacen("\"version\": 5", &format!("\"version\": {version}"), 1) + " ";
        fs::write(&list, other).unwrap();
        let refused = Trust::signed_list(&scene.trust(), &scene.key());
        assert!(matches!(refused, Err(Error::TrustSignature { .. })), "{version}: {refused:?}");
    }
}

#[test]
fn a_folder_from_before_there_were_archives_gets_one() {
    let dir = fresh();
    let trust = dir.path().join("trust");
    fs::remove_dir_all(trust.join(EDITIONS_FOLDER)).unwrap();
    let kept = [LIST_FILE, SIGNATURE_FILE].map(|name| fs::read(trust.join(name)).unwrap());
    let keeper = Sm2Signer::from_pem_file(&dir.path().join("trust-key.key")).unwrap();
    let first = Trust::signed_list(&trust, &trust_key(dir.path())).unwrap();
    publish(&trust, &first.next(days(1), days(91)).unwrap(), &keeper).unwrap();
    let archived = ["1.json", "1.sig"].map(|name| fs::read(trust.join(EDITIONS_FOLDER).join(name)).unwrap());
    assert_eq!(archived, kept);
    assert!(
        fs::read_dir(&trust).unwrap().all(|entry| entry.unwrap().path().extension().is_none_or(|e| e != "partial"))
    );
}

#[test]
fn revocation_data_is_that_of_the_day() {
    let dir = fresh();
    let region = "120000".parse().unwrap();
    hierarchy::revoke(dir.path(), &region, "signer", days(5), Reason::Superseded).unwrap();
    let folder = dir.path().join("120000");
    let (signer, root) = (certificate(&folder, "signer"), certificate(&folder, "root"));
    let as_of =
        |at| Trust::from_signed_dir_as_of(&dir.path().join("trust"), &trust_key(dir.path()), days(30), at).unwrap();
    let then = as_of(days(4)).status(&signer, &root, days(4));
    assert_eq!((then.status, then.evidence[0].this_update), (RevocationStatus::Good, NOW));
    let now = as_of(days(6)).status(&signer, &root, days(6));
    assert!(matches!(now.status, RevocationStatus::Revoked { at, .. } if at == days(5)), "{now:?}");
    let number = now.evidence[0].number.as_ref().unwrap().to_string();
    assert_eq!((number.as_str(), now.evidence[0].this_update), ("2", days(5)));
    // Of what was made later only the first can matter: the archive may grow, and the day stays as it is.
    hierarchy::revoke(dir.path(), &region, "message", days(12), Reason::Superseded).unwrap();
    let before = as_of(days(6)).identity();
    hierarchy::revoke(dir.path(), &region, "signer-other", days(13), Reason::Superseded).unwrap();
    assert_eq!(as_of(days(6)).identity(), before);
    assert_ne!(as_of(days(13)).identity(), before);
}
