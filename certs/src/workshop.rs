//! For tests: identities made on the spot, and certificates and lists altered and properly signed again.

use jiff::{SignedDuration, Timestamp};
use x509_parser::asn1_rs::{Any, FromDer as _};

use crate::der::write as der;
use crate::hierarchy::issue::{Identity, Period, Subject};
use crate::signing::key::Key;

pub(crate) const NOW: Timestamp = Timestamp::constant(1_780_300_800, 0);

pub(crate) fn days(number: i32) -> Timestamp {
    NOW + SignedDuration::from_hours(24) * number
}

pub(crate) fn period(from: i32, to: i32) -> Period {
    Period { not_before: days(from), not_after: days(to) }
}

pub(crate) fn subject(name: &str) -> Subject<'_> {
    Subject { common_name: name.to_owned(), organisation: "测试", code: None }
}

pub(crate) fn sm2() -> Key {
    Key::generate_sm2().unwrap()
}

pub(crate) fn root(name: &str) -> Identity {
    Identity::root(&subject(name), sm2(), period(-100, 1000)).unwrap()
}

/// The complete values that a constructed value holds.
pub(crate) fn elements(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    while let Ok((rest, _)) = Any::from_der(bytes) {
        out.push(bytes[..bytes.len() - rest.len()].to_vec());
        bytes = rest;
    }
    out
}

pub(crate) fn content(value: &[u8]) -> &[u8] {
    Any::from_der(value).unwrap().1.data
}

/// A certificate or revocation list with its body changed, signed again by `issuer` under the algorithm that the body then names.
pub(crate) fn signed_again(whole: &[u8], issuer: &Identity, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut body = elements(content(&elements(content(whole))[0]));
    change(&mut body);
    // The algorithm is the first SEQUENCE in both.
    let algorithm = body.iter().find(|part| part[0] == 0x30).unwrap().clone();
    let body = der::sequence(&body);
    let signature = elements(content(&issuer.key.sign(&body).unwrap()))[2].clone();
    der::sequence(&[body, algorithm, signature])
}

/// Changes the list of extensions, which ends the body.
pub(crate) fn extensions(body: &mut [Vec<u8>], change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let ending = body.last_mut().unwrap();
    let mut list = elements(content(content(ending)));
    change(&mut list);
    *ending = der::value(ending[0], &der::sequence(&list));
}
