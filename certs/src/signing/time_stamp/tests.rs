//! Tokens that are right, and tokens with just one fault each, properly signed where the fault is not the signature.

use jiff::SignedDuration;

use super::*;
use crate::hierarchy::issue::{Identity, Profile};
use crate::revocation::{Reason, Revocation, RevocationList};
use crate::time_stamp::{TimeStampFault, TimeStampToken, VerifiedTimeStamp};
use crate::trust::{ListedEntry, ListedRegion, Purpose, Trust, TrustList};
use crate::workshop::{NOW, content, days, elements, extensions, period, root, signed_again, sm2, subject};

mod authority;
mod mutations;

const COVERED: &[u8] = b"the value of a signature";

/// A change of the parts of a SEQUENCE.
type Change<'a> = &'a dyn Fn(&mut Vec<Vec<u8>>);

/// A root, its authority for time stamps, and who believes them.
struct Scene {
    root: Identity,
    authority: TimeStampAuthority,
}

impl Scene {
    fn new() -> Self {
        Self::with_key(sm2())
    }

    fn with_key(key: Key) -> Self {
        let root = root("根");
        let tsa = root.issue(Profile::TimeStamping, &subject("时间戳"), key, period(-10, 100)).unwrap();
        Self { root, authority: TimeStampAuthority::new(tsa.certificate, tsa.key).unwrap() }
    }

    /// The same authority with its certificate changed and properly issued again.
    fn recertified(mut self, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Self {
        let der = signed_again(self.authority.certificate.der(), &self.root, change);
        self.authority.certificate = Certificate::from_der(der).unwrap();
        self
    }

    fn list(&self, made: i32, due: i32, revoked: &[Revocation]) -> RevocationList {
        let serial = self.authority.certificate.serial_magnitude();
        let entries: Vec<_> = revoked.iter().map(|entry| (serial.to_vec(), *entry)).collect();
        self.root.revocation_list(1, days(made), days(due), &entries).unwrap()
    }

    fn trust(&self, lists: Vec<RevocationList>) -> Trust {
        Self::trust_in(&[&self.root.certificate, &self.authority.certificate], lists)
    }

    /// Trust in the root alone: the authority's certificate counts only as it travels along.
    fn trust_in_root(&self) -> Trust {
        Self::trust_in(&[&self.root.certificate], vec![self.list(-1, 30, &[])])
    }

    fn trust_in(certificates: &[&Certificate], lists: Vec<RevocationList>) -> Trust {
        let entry = |certificate: &&Certificate| ListedEntry::new(Some(Purpose::TimeStamp), certificate);
        let entries = certificates.iter().map(entry).collect();
        let regions = vec![ListedRegion { code: "120000".parse().unwrap(), entries }];
        Trust::from_list(&TrustList::new(1, days(-50), days(50), regions), lists).unwrap()
    }

    fn judge(&self, token: &[u8], at: Timestamp) -> Result<VerifiedTimeStamp, TimeStampFault> {
        TimeStampToken::read(token)?.verify(COVERED, &self.trust(vec![self.list(-1, 30, &[])]), at)
    }

    fn code(&self, token: &[u8]) -> &'static str {
        self.judge(token, NOW).err().map_or("good", |fault| fault.code())
    }

    fn info(&self) -> Vec<u8> {
        info(self.authority.key.digest_algorithm(), COVERED, NOW, None)
    }

    /// A token with this statement, its parts changed before they are signed.
    fn stating(&self, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
        self.authority.token(&changed(&self.info(), change)).unwrap()
    }

    /// A token whose signed attributes are changed before they are signed.
    fn attributed(&self, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
        let mut attributes = self.authority.attributes(&self.info());
        change(&mut attributes);
        self.signed_by(&[self.authority.signer(&attributes).unwrap()])
    }

    fn signed_by(&self, signers: &[Vec<u8>]) -> Vec<u8> {
        self.authority.signed_data(&INFO, &self.info(), self.authority.certificate.der(), signers)
    }

    fn signer(&self) -> Vec<u8> {
        self.authority.signer(&self.authority.attributes(&self.info())).unwrap()
    }
}

/// A SEQUENCE with its parts changed.
fn changed(sequence: &[u8], change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut parts = elements(content(sequence));
    change(&mut parts);
    der::sequence(&parts)
}

fn rsa() -> Key {
    Key::Rsa(openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap())
}

#[test]
fn a_token_by_a_key_of_every_kind_holds_and_says_who_and_when() {
    for key in [sm2(), Key::generate_p256().unwrap(), rsa()] {
        let algorithm = key.digest_algorithm();
        let scene = Scene::with_key(key);
        let bytes = scene.authority.stamp(COVERED, NOW, Some(&[0, 0x80, 7])).unwrap();
        let token = TimeStampToken::read(&bytes).unwrap();
        assert_eq!(token.imprint(), (algorithm, &algorithm.digest(&[COVERED])[..]));
        assert_eq!(token.nonce(), Some(&[0x80, 7][..]));
        let stamp = scene.judge(&bytes, days(20)).unwrap();
        assert_eq!((stamp.made_at(), stamp.accuracy()), (NOW, Some(SignedDuration::from_secs(1))));
        assert_eq!(stamp.authority(), scene.authority.certificate());
        assert_eq!(stamp.path().certificates(), [scene.authority.certificate.clone(), scene.root.certificate.clone()]);
        assert_eq!(stamp.serial(), token.serial());
        assert_eq!(stamp.serial().len(), 2 * SERIAL_BYTES);
        assert_eq!(stamp.evidence().len(), 1);
    }
}

#[test]
fn an_authority_needs_the_key_of_its_certificate() {
    let scene = Scene::new();
    let (pem, own) = (scene.authority.certificate.to_pem(), scene.authority.key.to_pem().unwrap());
    let again = TimeStampAuthority::from_pem(pem.as_bytes(), &own).unwrap();
    assert_eq!(scene.code(&again.stamp(COVERED, NOW, None).unwrap()), "good");
    for key in [sm2(), rsa()] {
        let other = TimeStampAuthority::from_pem(pem.as_bytes(), &key.to_pem().unwrap());
        assert!(matches!(other, Err(SigningError::Kind { .. })));
    }
    assert!(TimeStampAuthority::from_pem(b"nothing", &own).is_err());
}

#[test]
fn a_response_is_as_good_as_the_token_in_it() {
    let scene = Scene::new();
    let token = scene.authority.stamp(COVERED, NOW, None).unwrap();
    let response = |status: u8, parts: &[Vec<u8>]| {
        let status = der::sequence(&[der::unsigned(&[status]), der::sequence(&[der::utf8("granted?")])]);
        der::sequence(&[&[status], parts].concat())
    };
    for granted in [0, 1] {
        assert_eq!(scene.code(&response(granted, std::slice::from_ref(&token))), "good");
    }
    assert_eq!(scene.code(&response(2, &[])), "timestamp.not_granted");
    assert_eq!(scene.code(&response(0, &[])), "timestamp.not_granted");
    assert_eq!(scene.code(&response(2, std::slice::from_ref(&token))), "timestamp.not_granted");
    assert_eq!(scene.code(&response(0, &[token.clone(), der::null()])), "timestamp.info_malformed");
    assert_eq!(scene.code(&der::sequence(&[der::sequence(&[der::null()]), token])), "timestamp.info_malformed");
}

#[test]
fn a_token_in_the_frame_of_gbt_35275_is_one_too() {
    let scene = Scene::new();
    let token = scene.authority.stamp(COVERED, NOW, None).unwrap();
    let framed = changed(&token, |parts| parts[0] = der::oid(&[1, 2, 156, 10197, 6, 1, 4, 2, 2]));
    assert_eq!(scene.code(&framed), "good");
}

#[test]
fn a_token_about_other_bytes_or_of_the_future_proves_nothing() {
    let scene = Scene::new();
    let other = scene.authority.stamp(b"another signature", NOW, None).unwrap();
    assert_eq!(scene.code(&other), "timestamp.other_bytes");
    let token = scene.authority.stamp(COVERED, NOW, None).unwrap();
    let seconds = SignedDuration::from_secs;
    assert!(scene.judge(&token, NOW - seconds(300)).is_ok(), "clocks differ a little");
    let early = scene.judge(&token, NOW - seconds(301)).unwrap_err();
    assert_eq!(early, TimeStampFault::FromFuture { made_at: NOW, at: NOW - seconds(301) });
}

#[test]
fn weak_digests_are_refused_and_unknown_ones_left_open() {
    let scene = Scene::new();
    let imprint = |oid: &[u64], size: usize| {
        let imprint = der::sequence(&[der::sequence(&[der::oid(oid), der::null()]), der::octets(&vec![7; size])]);
        scene.stating(|parts| parts[2] = imprint)
    };
    let cases: [(&[u64], usize, &str, bool); 5] = [
        (&[1, 3, 14, 3, 2, 26], 20, "timestamp.weak_digest", false),
        (&[1, 2, 840, 113_549, 2, 5], 16, "timestamp.weak_digest", false),
        (&[2, 16, 840, 1, 101, 3, 4, 2, 3], 64, "timestamp.unknown_algorithm", true),
        (&[2, 16, 840, 1, 101, 3, 4, 2, 1], 31, "timestamp.info_malformed", false),
        (&[2, 16, 840, 1, 101, 3, 4, 2, 1], 32, "timestamp.other_bytes", false),
    ];
    for (oid, size, code, open) in cases {
        let fault = scene.judge(&imprint(oid, size), NOW).unwrap_err();
        assert_eq!((fault.code(), fault.is_indeterminate()), (code, open), "{oid:?}");
    }
    let sha256 = scene.authority.token(&info(DigestAlgorithm::Sha256, COVERED, NOW, None)).unwrap();
    assert_eq!(scene.code(&sha256), "good", "the imprint's digest is the asker's choice");
}

#[test]
fn statements_that_are_not_as_the_standard_says_are_refused() {
    let scene = Scene::new();
    let malformed = "timestamp.info_malformed";
    let extension = |critical| {
        let extension = der::sequence(&[der::oid(&[1, 2, 3]), der::boolean(critical), der::octets(b"")]);
        der::value(0xA1, &extension)
    };
    let cases: [(&str, Change<'_>); 18] = [
        (malformed, &|parts| parts[0] = der::unsigned(&[2])),
        (malformed, &|parts| parts[1] = der::null()),
        (malformed, &|parts| parts[3] = der::value(0x02, &[0x80])),
        (malformed, &|parts| parts[3] = der::unsigned(&[1; 21])),
        (malformed, &|parts| parts[4] = der::value(0x17, b"260601080000Z")),
        (malformed, &|parts| parts[4] = der::value(0x18, b"20260601080000")),
        (malformed, &|parts| parts[4] = der::value(0x18, b"20260601080000.0Z")),
        (malformed, &|parts| parts.push(der::octets(b"more"))),
        (malformed, &|parts| parts.push(der::value(0x01, &[1]))),
        (malformed, &|parts| parts.push(der::unsigned(&[1; 65]))),
        (malformed, &|parts| drop(parts.remove(3))),
        ("timestamp.critical_extension", &|parts| parts.push(extension(true))),
        ("good", &|parts| parts.push(extension(false))),
        ("good", &|parts| parts[3] = der::unsigned(&[0xFF; 20])),
        ("good", &|parts| parts.push(der::unsigned(&[1; 64]))),
        ("good", &|parts| parts[4] = der::value(0x18, b"20260601080000.5Z")),
        ("good", &|parts| parts.extend([der::boolean(true), der::unsigned(&[9]), der::explicit(0, &der::null())])),
        ("good", &|parts| drop(parts.remove(5))),
    ];
    for (number, (code, change)) in cases.into_iter().enumerate() {
        assert_eq!(scene.code(&scene.stating(change)), code, "case {number}");
    }
}

#[test]
fn a_nonsensical_accuracy_is_refused() {
    let scene = Scene::new();
    let micros = SignedDuration::from_micros;
    let number = |tag, digits: &[u8]| der::value(tag, digits);
    let cases: [(Vec<Vec<u8>>, Option<SignedDuration>); 15] = [
        (vec![], Some(micros(0))),
        (vec![number(2, &[5])], Some(micros(5_000_000))),
        (vec![number(0x80, &[0x03, 0xE7])], Some(micros(999_000))),
        (vec![number(0x80, &[0x00, 0x80]), number(0x81, &[1])], Some(micros(128_001))),
        (vec![number(2, &[0x0E, 0x10])], Some(micros(3_600_000_000))),
        (vec![number(2, &[0x0E, 0x11])], None),
        (vec![number(2, &[0xFF])], None),
        (vec![number(2, &[1]), number(0x81, &[0x03, 0xE7])], Some(micros(1_000_999))),
        (vec![number(0x80, &[0])], None),
        (vec![number(0x80, &[0, 0x7F])], None),
        (vec![number(0x80, &[])], None),
        (vec![number(0x80, &[0x03, 0xE8])], None),
        (vec![number(0x80, &[0xFF])], None),
        (vec![number(0x81, &[1]), number(0x80, &[1])], None),
        (vec![number(2, &[1]), number(2, &[1])], None),
    ];
    for (parts, expected) in cases {
        let token = scene.stating(|info| info[5] = der::sequence(&parts));
        match (scene.judge(&token, NOW), expected) {
            (Ok(stamp), Some(_)) => assert_eq!(stamp.accuracy(), expected),
            (Err(fault), None) => assert_eq!(fault, TimeStampFault::Accuracy),
            (other, _) => panic!("{parts:02x?}: {other:?}"),
        }
    }
}

#[test]
fn one_signer_signs_just_this_statement() {
    let scene = Scene::new();
    let other = |bytes: &[u8]| attribute(&MESSAGE_DIGEST, &der::octets(&digest::sm3(&[bytes])));
    let data = attribute(&CONTENT_TYPE, &der::oid(&[1, 2, 840, 113_549, 1, 7, 1]));
    let missing = "timestamp.attribute_missing";
    let cases = [
        ("timestamp.signers", scene.signed_by(&[])),
        ("timestamp.signers", scene.signed_by(&[scene.signer(), scene.signer()])),
        (missing, scene.attributed(|attributes| drop(attributes.remove(0)))),
        (missing, scene.attributed(|attributes| drop(attributes.remove(1)))),
        (missing, scene.signed_by(&[changed(&scene.signer(), |parts| drop(parts.remove(3)))])),
        ("timestamp.content_type", scene.attributed(|attributes| attributes[0] = data)),
        ("timestamp.message_digest", scene.attributed(|attributes| attributes[1] = other(b"another statement"))),
        ("timestamp.malformed", scene.attributed(|attributes| attributes.push(other(b"another statement")))),
        (
            "timestamp.signature",
            scene.signed_by(&[changed(&scene.signer(), |parts| {
                parts[3] = [&[0xA0], &der::set_of(scene.authority.attributes(&scene.info()))[1..]].concat();
                parts[5] = der::octets(&scene.authority.key.signature(b"other bytes").unwrap());
            })]),
        ),
        (
            "timestamp.other_content",
            scene.authority.signed_data(&[1, 2, 840, 113_549, 1, 7, 1], &scene.info(), &[], &[scene.signer()]),
        ),
    ];
    for (number, (code, token)) in cases.into_iter().enumerate() {
        assert_eq!(scene.code(&token), code, "case {number}");
    }
    assert_eq!(scene.code(b"no token"), "timestamp.malformed");
}

#[test]
fn an_algorithm_that_is_not_the_keys_never_holds() {
    let (sm2, p256) = (Scene::new(), Scene::with_key(Key::generate_p256().unwrap()));
    let signer = |scene: &Scene, algorithm: &[u64], digest: DigestAlgorithm| {
        changed(&scene.signer(), |parts| {
            parts[2] = digest_identifier(digest);
            parts[4] = der::sequence(&[der::oid(algorithm)]);
        })
    };
    let (sm2_signing, ecdsa) = ([1, 2, 156, 10197, 1, 301, 1], [1, 2, 840, 10045, 4, 3, 2]);
    let by_sm2 = |algorithm: &[u64], digest| sm2.code(&sm2.signed_by(&[signer(&sm2, algorithm, digest)]));
    assert_eq!(by_sm2(&sm2_signing, DigestAlgorithm::Sm3), "good", "GB/T 35275 names the key's algorithm");
    assert_eq!(by_sm2(&ecdsa, DigestAlgorithm::Sm3), "timestamp.unknown_algorithm");
    assert_eq!(by_sm2(&sm2_signing, DigestAlgorithm::Sha256), "timestamp.message_digest");
    let crossed = signer(&p256, &[1, 2, 840, 113_549, 1, 1, 11], DigestAlgorithm::Sha256);
    assert_eq!(p256.code(&p256.signed_by(&[crossed])), "timestamp.signature");
    let weak = changed(&p256.signer(), |parts| parts[2] = der::sequence(&[der::oid(&[1, 3, 14, 3, 2, 26])]));
    assert_eq!(p256.code(&p256.signed_by(&[weak])), "timestamp.weak_digest");
}
