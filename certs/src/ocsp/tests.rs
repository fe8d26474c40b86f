//! Who may answer for an issuer, and what of several answers counts.

use super::*;
use crate::der::write as der;
use crate::hierarchy::issue::{Identity, Profile};
use crate::revocation::{RevocationList, RevocationStatus, answer};
use crate::workshop::{NOW, content, days, elements, extensions, period, root, signed_again, sm2, subject};

const INVALIDITY: [u64; 4] = [2, 5, 29, 24];

fn extension(oid: &[u64], value: &[u8]) -> Vec<u8> {
    der::sequence(&[der::oid(oid), der::octets(value)])
}

fn date(day: i32) -> Vec<u8> {
    der::value(tag::GENERALIZED_TIME, days(day).strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
}

fn end(issuer: &Identity, name: &str) -> Identity {
    issuer.issue(Profile::Signing, &subject(name), sm2(), period(-60, 60)).unwrap()
}

/// An end certificate with `extKeyUsage` `OCSPSigning`, and with id-pkix-ocsp-nocheck where it is not to be looked up.
fn responder(issuer: &Identity, no_check: bool) -> Identity {
    let plain = end(issuer, "应答者");
    let certificate = signed_again(plain.certificate.der(), issuer, |body| {
        extensions(body, |list| {
            let purposes = der::sequence(&[der::oid(&[1, 3, 6, 1, 5, 5, 7, 3, 9])]);
            list.push(extension(&[2, 5, 29, 37], &purposes));
            if no_check {
                list.push(extension(&[1, 3, 6, 1, 5, 5, 7, 48, 1, 5], &der::null()));
            }
        });
    });
    Identity { certificate: Certificate::from_der(certificate).unwrap(), ..plain }
}

fn good() -> Vec<u8> {
    der::implicit(0, &[])
}

fn unknown() -> Vec<u8> {
    der::implicit(2, &[])
}

fn revoked(day: i32) -> Vec<u8> {
    der::explicit(1, &date(day))
}

/// What is said about a certificate of `issuer` as of a day, for ten days, with these extensions.
fn told(about: &Identity, issuer: &Identity, said: Vec<u8>, day: i32, own: &[Vec<u8>]) -> Vec<u8> {
    let hash = der::sequence(&[der::oid(&[2, 16, 840, 1, 101, 3, 4, 2, 1]), der::null()]);
    let digest = |bytes: &[u8]| der::octets(&digest::sha256(&[bytes]));
    let id = der::sequence(&[
        hash,
        digest(issuer.certificate.subject().der()),
        digest(issuer.certificate.key_bits()),
        der::unsigned(about.certificate.serial_magnitude()),
    ]);
    let mut parts = vec![id, said, date(day), der::explicit(0, &date(day + 10))];
    if !own.is_empty() {
        parts.push(der::explicit(1, &der::sequence(own)));
    }
    der::sequence(&parts)
}

fn response(signer: &Identity, produced: i32, told: &[Vec<u8>], along: &[&Certificate]) -> OcspResponse {
    let name = der::explicit(1, signer.certificate.subject().der());
    let data = der::sequence(&[name, date(produced), der::sequence(told)]);
    let mut parts = elements(content(&signer.key.sign(&data).unwrap()));
    let along: Vec<_> = along.iter().map(|certificate| certificate.der().to_vec()).collect();
    parts.push(der::explicit(0, &der::sequence(&along)));
    let basic = der::sequence(&[der::oid(&[1, 3, 6, 1, 5, 5, 7, 48, 1, 1]), der::octets(&der::sequence(&parts))]);
    let whole = der::sequence(&[der::value(tag::ENUMERATED, &[0]), der::explicit(0, &basic)]);
    OcspResponse::from_der(&whole).unwrap()
}

/// A list made on a day, for twenty days, with these revoked since a day for a reason.
fn list(issuer: &Identity, made: i32, revoked: &[(&Identity, i32, Reason)]) -> RevocationList {
    let entries: Vec<_> = revoked
        .iter()
        .map(|(who, day, reason)| {
            let entry = Revocation { at: days(*day), reason: Some(*reason), invalidity_date: None };
            (who.certificate.serial_magnitude().to_vec(), entry)
        })
        .collect();
    issuer.revocation_list(1, days(made), days(made + 20), &entries).unwrap()
}

fn judge(about: &Identity, issuer: &Identity, lists: &[RevocationList], responses: &[OcspResponse]) -> String {
    match answer(&about.certificate, &issuer.certificate, lists, responses, NOW).status {
        RevocationStatus::Good => "good".to_owned(),
        RevocationStatus::Revoked { at, invalidity_date, .. } => {
            let since = Revocation { at, reason: None, invalidity_date }.takes_effect_at();
            format!("revoked {}", since.duration_since(NOW).as_hours() / 24)
        }
        RevocationStatus::Unknown { why } => why.code().to_owned(),
    }
}

/// Each answer says that the leaf was revoked, the list that it was not: so it shows which of the two is believed.
#[test]
fn a_responder_that_was_revoked_cannot_answer_under_an_earlier_date() {
    let root = root("根");
    let (leaf, asked) = (end(&root, "签章者"), responder(&root, false));
    let said = [response(&asked, -5, &[told(&leaf, &root, revoked(-9), -5, &[])], &[&asked.certificate])];
    let cases = [
        ("never revoked", None, "revoked -9"),
        ("replaced later", Some((-3, Reason::Superseded)), "revoked -9"),
        ("replaced before", Some((-7, Reason::Superseded)), "good"),
        ("its key was stolen", Some((-3, Reason::KeyCompromise)), "good"),
        ("suspended", Some((-3, Reason::Hold)), "good"),
    ];
    for (what, revocation, expected) in cases {
        let revoked: Vec<_> = revocation.map(|(day, reason)| (&asked, day, reason)).into_iter().collect();
        assert_eq!(judge(&leaf, &root, &[list(&root, -1, &revoked)], &said), expected, "{what}");
    }
    assert_eq!(judge(&leaf, &root, &[], &said), "revocation.responder_not_entitled", "nobody vouches for it");
}

#[test]
fn a_responder_cannot_speak_about_days_after_it_answered() {
    let root = root("根");
    let (leaf, responder) = (end(&root, "签章者"), responder(&root, true));
    for (produced, expected) in [(-1, "good"), (-5, "revocation.responder_not_entitled")] {
        let said = response(&responder, produced, &[told(&leaf, &root, good(), -1, &[])], &[&responder.certificate]);
        assert_eq!(judge(&leaf, &root, &[], &[said]), expected, "answered on day {produced}");
    }
}

#[test]
fn who_may_answer_for_one_issuer_is_judged_anew_for_another() {
    let (one, other) = (root("甲"), root("乙"));
    let (of_one, of_other) = (end(&one, "甲一"), end(&other, "乙一"));
    // The other authority entitled the first one's key, and took that back.
    let lent = responder(&other, false);
    let certificate = signed_again(lent.certificate.der(), &other, |body| {
        let own = elements(content(&elements(content(one.certificate.der()))[0]));
        body[6] = own[6].clone();
    });
    let lent = Identity { certificate: Certificate::from_der(certificate).unwrap(), ..lent };
    let told = [told(&of_one, &one, good(), -2, &[]), told(&of_other, &other, revoked(-9), -2, &[])];
    let said = [response(&one, -2, &told, &[&lent.certificate])];
    let taken_back = [list(&other, -1, &[(&lent, -5, Reason::Superseded)])];
    assert_eq!(judge(&of_one, &one, &[], &said), "good");
    assert_eq!(judge(&of_other, &other, &taken_back, &said), "good", "the list, which is believed");
    assert_eq!(judge(&of_other, &other, &[list(&other, -1, &[])], &said), "revoked -9", "while it was entitled");
}

#[test]
fn of_several_certificates_of_one_key_the_entitled_one_answers() {
    let root = root("根");
    let (leaf, entitled) = (end(&root, "签章者"), responder(&root, true));
    let plain = signed_again(entitled.certificate.der(), &root, |body| extensions(body, |list| list.truncate(3)));
    let plain = Certificate::from_der(plain).unwrap();
    let told = [told(&leaf, &root, good(), -1, &[])];
    for along in [vec![&plain, &entitled.certificate], vec![&entitled.certificate, &plain]] {
        assert_eq!(judge(&leaf, &root, &[], &[response(&entitled, -1, &told, &along)]), "good");
    }
    let alone = response(&entitled, -1, &told, &[&plain]);
    assert_eq!(judge(&leaf, &root, &[], &[alone]), "revocation.responder_not_entitled");
}

#[test]
fn the_date_since_when_a_key_is_doubted_is_read_from_an_answer_too() {
    let root = root("根");
    let leaf = end(&root, "签章者");
    let said = |own: &[Vec<u8>]| [response(&root, -1, &[told(&leaf, &root, revoked(-5), -1, own)], &[])];
    assert_eq!(judge(&leaf, &root, &[], &said(&[])), "revoked -5");
    assert_eq!(judge(&leaf, &root, &[], &said(&[extension(&INVALIDITY, &date(-20))])), "revoked -20");
}

#[test]
fn of_answers_of_one_moment_the_graver_counts() {
    let root = root("根");
    let leaf = end(&root, "签章者");
    let said = |said: Vec<Vec<u8>>| {
        let told: Vec<_> = said.into_iter().map(|said| told(&leaf, &root, said, -1, &[])).collect();
        response(&root, -1, &told, &[])
    };
    for answers in [vec![good(), revoked(-5)], vec![revoked(-5), good()], vec![unknown(), revoked(-5)]] {
        assert_eq!(judge(&leaf, &root, &[], &[said(answers.clone())]), "revoked -5", "in one response");
        let apart: Vec<_> = answers.into_iter().map(|answer| said(vec![answer])).collect();
        assert_eq!(judge(&leaf, &root, &[], &apart), "revoked -5", "in two");
    }
    assert_eq!(judge(&leaf, &root, &[], &[said(vec![good(), unknown()])]), "revocation.unknown_to_responder");
}

#[test]
fn a_responder_that_no_longer_knows_the_certificate_takes_its_older_answer_back() {
    let root = root("根");
    let leaf = end(&root, "签章者");
    let said = |said, day| response(&root, day, &[told(&leaf, &root, said, day, &[])], &[]);
    let (older, newer) = (said(good(), -3), said(unknown(), -1));
    assert_eq!(judge(&leaf, &root, &[], std::slice::from_ref(&older)), "good");
    assert_eq!(judge(&leaf, &root, &[], &[older, newer]), "revocation.unknown_to_responder");
}
