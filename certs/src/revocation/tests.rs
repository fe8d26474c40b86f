//! Lists of every kind, and what they say about a certificate as of a time.

use std::slice;

use super::*;
use crate::Error;
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

    /// A numbered list.
    fn numbered(&self, number: u64, made: i32, due: i32, revoked: &[Revocation]) -> RevocationList {
        let entries: Vec<_> = revoked.iter().map(|entry| (self.leaf.serial_magnitude().to_vec(), *entry)).collect();
        self.root.revocation_list(number, days(made), days(due), &entries).unwrap()
    }

    /// A list made on one day and due on another.
    fn list(&self, made: i32, due: i32, revoked: &[Revocation]) -> RevocationList {
        self.numbered(1, made, due, revoked)
    }

    /// The leaf with other extensions.
    fn altered_leaf(&self, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Certificate {
        Certificate::from_der(signed_again(self.leaf.der(), &self.root, |body| extensions(body, change))).unwrap()
    }

    fn altered(&self, list: &RevocationList, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> RevocationList {
        RevocationList::from_der(signed_again(list.der(), &self.root, change)).unwrap()
    }

    /// The list with an issuingDistributionPoint of these parts.
    fn partial(&self, list: &RevocationList, parts: &[Vec<u8>]) -> RevocationList {
        self.altered(list, |body| {
            extensions(body, |list| list.push(extension(&[2, 5, 29, 28], true, &der::sequence(parts))));
        })
    }

    /// A delta list with this number since a base of that number, made one day and due the next; the leaf's entry has this reason.
    fn delta(&self, number: u64, base: u8, made: i32, reason: Option<u8>) -> RevocationList {
        let entry = Revocation { at: days(made), reason: Some(Reason::Hold), invalidity_date: None };
        let entries: Vec<_> = reason.iter().map(|_| (self.leaf.serial_magnitude().to_vec(), entry)).collect();
        let list = self.root.revocation_list(number, days(made), days(made + 1), &entries).unwrap();
        self.altered(&list, |body| {
            extensions(body, |list| list.push(extension(&[2, 5, 29, 27], true, &der::unsigned(&[base]))));
            if let Some(reason) = reason {
                let code = extension(&[2, 5, 29, 21], false, &der::value(0x0a, &[reason]));
                let serial = der::unsigned(self.leaf.serial_magnitude());
                let position = body.len() - 2;
                body[position] = der::sequence(&[der::sequence(&[serial, date(made), der::sequence(&[code])])]);
            }
        })
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

fn date(day: i32) -> Vec<u8> {
    der::value(0x18, days(day).strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
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
    // Of two lists of one moment the one with the higher number does.
    let (first, second) = (scene.numbered(1, -1, 1, &[]), scene.numbered(2, -1, 1, &[revoked_on(-5)]));
    for lists in [[first.clone(), second.clone()], [second, first]] {
        assert_eq!(scene.judge(&lists, NOW), revoked_since(-5));
    }
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
    let forged = RevocationList::from_der(signed_again(good.der(), &stranger.root, |_| {})).unwrap();
    let cases: [(&str, Vec<RevocationList>); 7] = [
        ("revocation.no_list", vec![]),
        ("revocation.stale", vec![scene.list(-3, -1, &[])]),
        ("revocation.not_authentic", vec![forged]),
        // The same name with another key is another authority.
        ("revocation.no_list", vec![stranger.list(-1, 1, &[])]),
        (
            "revocation.delta_only",
            vec![scene.altered(&good, |body| {
                extensions(body, |list| list.push(extension(&[2, 5, 29, 27], true, &der::unsigned(&[2]))));
            })],
        ),
        ("revocation.partial_only", vec![scene.partial(&good, &[der::implicit(2, &[0xff])])]),
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
fn a_list_is_stale_from_the_second_after_its_next_one_was_due() {
    let scene = Scene::new();
    let list = [scene.list(-1, 1, &[])];
    let second = SignedDuration::from_secs(1);
    for (at, expected) in [(days(1) - second, "good"), (days(1), "good"), (days(1) + second, "revocation.stale")] {
        let found = match scene.judge(&list, at) {
            RevocationStatus::Unknown { why } => why.code(),
            RevocationStatus::Good => "good",
            RevocationStatus::Revoked { .. } => "revoked",
        };
        assert_eq!(found, expected, "{at}");
    }
    // A revocation counts from its second on.
    let list = [scene.list(-1, 1, &[revoked_on(-5)])];
    assert_eq!(scene.judge(&list, days(-5) - second), RevocationStatus::Good);
    assert_eq!(scene.judge(&list, days(-5)), revoked_since(-5));
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
fn a_date_since_when_the_key_is_doubted_counts_in_every_form_and_is_never_lost() {
    let scene = Scene::new();
    let with = |value: Vec<u8>| {
        let list = scene.list(-1, 1, &[revoked_on(-5)]);
        let der = signed_again(list.der(), &scene.root, |body| {
            let details = der::sequence(&[extension(&[2, 5, 29, 24], false, &value)]);
            let serial = der::unsigned(scene.leaf.serial_magnitude());
            let position = body.len() - 2;
            body[position] = der::sequence(&[der::sequence(&[serial, date(-5), details])]);
        });
        RevocationList::from_der(der)
    };
    let short = der::value(0x17, days(-20).strftime("%y%m%d%H%M%SZ").to_string().as_bytes());
    for value in [date(-20), short] {
        let status = scene.judge(&[with(value).unwrap()], NOW);
        assert!(matches!(status, RevocationStatus::Revoked { invalidity_date: Some(date), .. } if date == days(-20)));
    }
    assert!(matches!(with(der::null()), Err(Error::ListMalformed)), "what cannot be read is not passed over");
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

#[test]
fn a_delta_counts_over_its_base_alone() {
    let scene = Scene::new();
    let status = |lists: &[RevocationList]| scene.judge(lists, NOW);
    let hold = Revocation { reason: Some(Reason::Hold), ..revoked_on(-11) };
    let [base, suspended, lasting] =
        [&[][..], &[hold], &[revoked_on(-11)]].map(|entries| scene.numbered(5, -10, 10, entries));
    let (adds, says_nothing, removes) =
        (scene.delta(7, 5, 0, Some(6)), scene.delta(7, 5, 0, None), scene.delta(7, 5, 0, Some(8)));
    let on_hold = RevocationStatus::Revoked { at: NOW, reason: Some(Reason::Hold), invalidity_date: None };
    assert_eq!(status(&[base.clone(), adds.clone()]), on_hold);
    assert_eq!(status(&[base.clone(), says_nothing.clone()]), RevocationStatus::Good);
    assert_eq!(status(&[lasting.clone(), says_nothing.clone()]), revoked_since(-11));
    assert_eq!(status(&[lasting, removes.clone()]), revoked_since(-11), "nothing but a suspension can be lifted");
    assert_eq!(status(&[suspended.clone(), removes.clone()]), RevocationStatus::Good, "the suspension was lifted");
    // The evidence names both.
    let answer = answer(&scene.leaf, &scene.root.certificate, &[base, adds.clone()], &[], NOW);
    let kinds: Vec<_> = answer.evidence.iter().map(|it| (it.kind, it.number.as_ref().unwrap().as_u64())).collect();
    assert_eq!(kinds, [(EvidenceKind::Delta, Some(7)), (EvidenceKind::List, Some(5))]);
    // A complete list before the changes begin, after they end, or of another scope is no base.
    let too_old = scene.numbered(4, -10, -5, &[]);
    let too_new = scene.numbered(7, -1, 1, &[]);
    let narrow = scene.partial(&scene.numbered(5, -10, -5, &[]), &[der::implicit(1, &[0xff])]);
    for wrong in [&too_old, &narrow] {
        let code = scene.why(&[wrong.clone(), adds.clone()]);
        assert_eq!(code, "revocation.stale", "the delta is passed over, and the list by itself is old");
    }
    assert_eq!(status(&[too_new, adds.clone()]), RevocationStatus::Good, "the newer complete list decides alone");
    assert_eq!(scene.why(slice::from_ref(&adds)), "revocation.delta_only");
    assert_eq!(scene.why(&[adds.clone(), scene.delta(6, 5, -1, None)]), "revocation.delta_only", "a delta is no base");
    // In a complete list the reason removeFromCRL means nothing: the entry stands.
    let odd = scene.altered(&scene.delta(7, 5, 0, Some(8)), |body| extensions(body, |list| drop(list.pop())));
    assert!(matches!(status(&[odd]), RevocationStatus::Revoked { reason: None, .. }));
}

#[test]
fn a_list_for_a_part_counts_for_that_part() {
    let scene = Scene::new();
    let good = scene.list(-1, 1, &[]);
    let point = |name: &[u8]| der::value(0xA0, &der::value(0xA0, &der::implicit(6, name)));
    let at_point = scene.altered_leaf(|list| {
        let points = der::sequence(&[der::sequence(&[point(b"http://example.cn/1.crl")])]);
        list.push(extension(&[2, 5, 29, 31], false, &points));
    });
    let judge = |leaf: &Certificate, part: Vec<u8>| match status(
        leaf,
        &scene.root.certificate,
        &[scene.partial(&good, &[part])],
        NOW,
    ) {
        RevocationStatus::Unknown { why } => why.code(),
        RevocationStatus::Good => "good",
        RevocationStatus::Revoked { .. } => "revoked",
    };
    let cases = [
        ("end certificates", &scene.leaf, der::implicit(1, &[0xff]), "good"),
        ("authorities", &scene.leaf, der::implicit(2, &[0xff]), "revocation.partial_only"),
        ("authorities, said to be false", &scene.leaf, der::implicit(2, &[0]), "good"),
        ("some reasons", &scene.leaf, der::implicit(3, &[1, 0x40]), "revocation.partial_only"),
        ("other issuers too", &scene.leaf, der::implicit(4, &[0xff]), "revocation.partial_only"),
        ("attribute certificates", &scene.leaf, der::implicit(5, &[0xff]), "revocation.partial_only"),
        ("its own point", &at_point, point(b"http://example.cn/1.crl"), "good"),
        ("another point", &at_point, point(b"http://example.cn/2.crl"), "revocation.partial_only"),
        (
            "a point, for a certificate that names none",
            &scene.leaf,
            point(b"http://example.cn/1.crl"),
            "revocation.partial_only",
        ),
    ];
    for (what, leaf, part, expected) in cases {
        assert_eq!(judge(leaf, part), expected, "{what}");
    }
    // For some reasons only: what it names is revoked, what it does not name is open.
    let some = scene.partial(&scene.list(-1, 1, &[revoked_on(-5)]), &[der::implicit(3, &[1, 0x40])]);
    assert_eq!(scene.judge(&[some], NOW), revoked_since(-5));
}

#[test]
fn a_certificate_that_expired_is_judged_by_what_was_known_when_it_did() {
    let root = root("根");
    let leaf = root.issue(Profile::Signing, &subject("旧"), sm2(), period(-60, -30)).unwrap().certificate;
    let list = |made, due| root.revocation_list(1, days(made), days(due), &[]).unwrap();
    let judge = |lists: &[RevocationList]| status(&leaf, &root.certificate, lists, NOW);
    assert_eq!(judge(&[list(-35, -25), list(-1, 1)]), RevocationStatus::Good, "the list in force at its end");
    let gap = judge(&[list(-50, -40), list(-1, 1)]);
    assert_eq!(gap, RevocationStatus::Unknown { why: RevocationUnknown::ExpiredBeforeList });
    // expiredCertsOnCRL: this issuer keeps them on its lists.
    let keeps = |since: i32| {
        let der = signed_again(list(-1, 1).der(), &root, |body| {
            extensions(body, |list| list.push(extension(&[2, 5, 29, 60], false, &date(since))));
        });
        RevocationList::from_der(der).unwrap()
    };
    assert_eq!(judge(&[keeps(-100)]), RevocationStatus::Good);
    assert_eq!(judge(&[keeps(-10)]), RevocationStatus::Unknown { why: RevocationUnknown::ExpiredBeforeList });
    let revoked = (leaf.serial_magnitude().to_vec(), revoked_on(-33));
    let late = root.revocation_list(2, days(-29), days(-20), &[revoked]).unwrap();
    assert_eq!(judge(&[list(-35, -25), late]), revoked_since(-33), "the first list after its end still names it");
}

#[test]
fn a_key_in_wrong_hands_counts_from_then() {
    let at = |at, invalidity_date| Revocation { at, reason: Some(Reason::KeyCompromise), invalidity_date };
    assert_eq!(at(NOW, None).takes_effect_at(), NOW);
    assert_eq!(at(NOW, Some(days(-9))).takes_effect_at(), days(-9));
    assert_eq!(at(NOW, Some(days(9))).takes_effect_at(), NOW, "never later than the revocation itself");
}

#[test]
fn numbers_of_lists_are_compared_as_numbers() {
    let number = |bytes: &[u8]| ListNumber(bytes.to_vec());
    let rising = [number(&[]), number(&[9]), number(&[1, 0]), number(&[0xff; 8]), number(&[1; 9]), number(&[1; 20])];
    assert!(rising.is_sorted() && rising.windows(2).all(|pair| pair[0] != pair[1]));
    let shown: Vec<_> = rising.iter().take(5).map(ToString::to_string).collect();
    assert_eq!(shown, ["0", "9", "256", "18446744073709551615", "0x010101010101010101"]);
}
