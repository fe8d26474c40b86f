//! Lists of every kind, and what they say about a certificate as of a time.

use super::*;
use crate::der::write as der;
use crate::hierarchy::issue::{Identity, Profile};
use crate::workshop::{NOW, days, extensions, period, root, signed_again, sm2, subject};

struct Scene {
    root: Identity,
    leaf: Certificate,
}

impl Scene {
    fn new() -> Self {
        let root = root("根");
        let leaf = root.issue(Profile::Signing, &subject("签章者"), sm2(), period(-60, 60)).unwrap().certificate;
        Self { root, leaf }
    }

    /// A list made on one day and due on another.
    fn list(&self, made: i32, due: i32, revoked: &[Revocation]) -> RevocationList {
        let entries: Vec<_> = revoked.iter().map(|entry| (self.leaf.serial_magnitude().to_vec(), *entry)).collect();
        self.root.revocation_list(1, days(made), days(due), &entries).unwrap()
    }

    fn altered(&self, list: &RevocationList, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> RevocationList {
        RevocationList::from_der(signed_again(list.der(), &self.root, change)).unwrap()
    }

    fn judge(&self, lists: &[RevocationList], at: Timestamp) -> RevocationStatus {
        status(&self.leaf, &self.root.certificate, lists, at)
    }

    fn why(&self, lists: &[RevocationList]) -> &'static str {
        match self.judge(lists, NOW) {
            RevocationStatus::Unknown { why } => why.code(),
            known => panic!("{known:?}"),
        }
    }
}

fn revoked_on(day: i32) -> Revocation {
    Revocation { at: days(day), reason: Some(Reason::KeyCompromise), invalidity_date: None }
}

fn revoked_since(day: i32) -> RevocationStatus {
    RevocationStatus::Revoked { at: days(day), reason: Some(Reason::KeyCompromise), invalidity_date: None }
}

fn extension(oid: &[u64], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { der::boolean(true) } else { Vec::new() };
    der::sequence(&[der::oid(oid), critical, der::octets(value)])
}

#[test]
fn a_current_complete_list_decides() {
    let scene = Scene::new();
    assert_eq!(scene.judge(&[scene.list(-1, 1, &[])], NOW), RevocationStatus::Good);
    assert_eq!(scene.judge(&[scene.list(-1, 1, &[revoked_on(-5)])], NOW), revoked_since(-5));
    // Of two lists the newer one decides: a suspension can be lifted.
    let lists = [scene.list(-1, 1, &[]), scene.list(-3, 3, &[revoked_on(-5)])];
    assert_eq!(scene.judge(&lists, NOW), RevocationStatus::Good);
}

#[test]
fn a_past_day_is_judged_with_what_was_known_or_the_next_list() {
    let scene = Scene::new();
    let later = [scene.list(-1, 1, &[revoked_on(-5)])];
    assert_eq!(scene.judge(&later, days(-10)), RevocationStatus::Good, "not yet revoked then");
    assert_eq!(scene.judge(&later, days(-4)), revoked_since(-5), "revoked by then, as the next list says");
    let both = [scene.list(-12, -8, &[]), scene.list(-1, 1, &[revoked_on(-11)])];
    assert_eq!(scene.judge(&both, days(-10)), revoked_since(-11), "a revocation dated back counts from its date");
}

#[test]
fn nothing_is_concluded_from_what_cannot_be_believed() {
    let scene = Scene::new();
    let stranger = Scene::new();
    let good = scene.list(-1, 1, &[]);
    let cases: [(&str, Vec<RevocationList>); 6] = [
        ("revocation.no_list", vec![]),
        ("revocation.stale", vec![scene.list(-3, -1, &[])]),
        ("revocation.not_authentic", vec![stranger.list(-1, 1, &[])]),
        (
            "revocation.delta_only",
            vec![scene.altered(&good, |body| {
                extensions(body, |list| list.push(extension(&[2, 5, 29, 27], true, &der::unsigned(&[1]))));
            })],
        ),
        (
            "revocation.partial_only",
            vec![scene.altered(&good, |body| {
                // issuingDistributionPoint with onlyContainsCACerts
                let point = der::sequence(&[der::implicit(2, &[0xff])]);
                extensions(body, |list| list.push(extension(&[2, 5, 29, 28], true, &point)));
            })],
        ),
        (
            "revocation.partial_only",
            vec![scene.altered(&good, |body| {
                extensions(body, |list| list.push(extension(&[1, 2, 3, 4], true, &der::null())));
            })],
        ),
    ];
    for (expected, lists) in cases {
        assert_eq!(scene.why(&lists), expected);
        // A list that counts beside it is not held back.
        assert_eq!(scene.judge(&[lists, vec![good.clone()]].concat(), NOW), RevocationStatus::Good, "{expected}");
    }
}

#[test]
fn a_stale_list_still_proves_the_revocations_that_it_names() {
    let scene = Scene::new();
    assert_eq!(scene.judge(&[scene.list(-3, -1, &[revoked_on(-5)])], NOW), revoked_since(-5));
}

#[test]
fn a_list_made_after_the_certificate_expired_says_nothing() {
    let root = root("根");
    let leaf = root.issue(Profile::Signing, &subject("旧"), sm2(), period(-60, -30)).unwrap().certificate;
    let list = root.revocation_list(1, days(-1), days(1), &[]).unwrap();
    let status = status(&leaf, &root.certificate, &[list], NOW);
    assert_eq!(status, RevocationStatus::Unknown { why: RevocationUnknown::ExpiredBeforeList });
}

#[test]
fn an_issuer_that_may_not_sign_lists_is_not_believed() {
    let scene = Scene::new();
    let certificate = signed_again(scene.root.certificate.der(), &scene.root, |body| {
        // keyCertSign alone
        let usage = extension(&[2, 5, 29, 15], true, &der::value(0x03, &[2, 0b0000_0100]));
        extensions(body, |list| list[1] = usage);
    });
    let issuer = Certificate::from_der(certificate).unwrap();
    let found = status(&scene.leaf, &issuer, &[scene.list(-1, 1, &[])], NOW);
    let RevocationStatus::Unknown { why } = found else { panic!("{found:?}") };
    assert_eq!(why.code(), "revocation.issuer_may_not");
}

#[test]
fn reason_and_invalidity_date_are_read() {
    let scene = Scene::new();
    let list = scene.altered(&scene.list(-1, 1, &[revoked_on(-5)]), |body| {
        let date = |day: i32| der::value(0x18, days(day).strftime("%Y%m%d%H%M%SZ").to_string().as_bytes());
        let details = der::sequence(&[
            extension(&[2, 5, 29, 21], false, &der::value(0x0a, &[9])),
            extension(&[2, 5, 29, 24], false, &date(-20)),
        ]);
        let serial = der::unsigned(scene.leaf.serial_magnitude());
        let position = body.len() - 2;
        body[position] = der::sequence(&[der::sequence(&[serial, date(-5), details])]);
    });
    assert_eq!(
        scene.judge(&[list], NOW),
        RevocationStatus::Revoked {
            at: days(-5),
            reason: Some(Reason::PrivilegeWithdrawn),
            invalidity_date: Some(days(-20))
        }
    );
}

#[test]
fn bytes_that_are_no_list_are_refused() {
    let list = Scene::new().list(-1, 1, &[revoked_on(-5)]);
    let whole = list.der();
    for wrong in [&whole[..whole.len() - 1], &[whole, &[0]].concat(), b"", b"-----BEGIN X509 CRL-----"] {
        assert!(matches!(RevocationList::from_der_or_pem(wrong), Err(Error::ListMalformed)));
    }
    let too_long = RevocationList::from_der(vec![0x30; LIST_BYTES_MAX + 1]);
    assert!(matches!(too_long, Err(Error::ListTooLong { .. })), "{too_long:?}");
}
