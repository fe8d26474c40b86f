//! `SignedData` of real products and of OpenSSL is read as stored; whatever is broken, too much or ambiguous is refused.
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

use certs::certificate::Certificate;
use certs::der::{DerFault, write as der};
use certs::digest::{DigestAlgorithm, sha256, sm3};
use certs::key::{ECDSA_WITH_SHA256, PublicKey, RSA_WITH_SHA256, SM2_SIGNING, SM2_WITH_SM3};
use certs::signed_data::{
    ATTRIBUTES_MAX, BYTES_MAX, CERTIFICATES_MAX, Part, SIGNERS_MAX, SignedData, SignedDataFault, SignerId,
};
use certs::sm2;
use common::{certificate, openssl, shared, text};
use proptest::prelude::*;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/seals/files");

const GB_DATA: [u64; 9] = [1, 2, 156, 10197, 6, 1, 4, 2, 1];
const GB_SIGNED_DATA: [u64; 9] = [1, 2, 156, 10197, 6, 1, 4, 2, 2];
const MESSAGE_DIGEST: [u64; 7] = [1, 2, 840, 113_549, 1, 9, 4];
const SIGNING_TIME: [u64; 7] = [1, 2, 840, 113_549, 1, 9, 5];

/// One entry of a package, by what its local header says, `None` where the package is absent.
fn entry(package: &str, name: &str) -> Option<Vec<u8>> {
    let path = Path::new(FOLDER).join(package);
    let Ok(bytes) = fs::read(&path) else {
        println!("skipped: {} is absent", path.display());
        return None;
    };
    let number = |at: usize, size: usize| bytes[at..at + size].iter().rev().fold(0, |n, b| n << 8 | usize::from(*b));
    let starts = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"PK\x03\x04"));
    let header = starts.into_iter().find(|at| bytes[at + 30..].starts_with(name.as_bytes())).expect("the entry");
    let start = header + 30 + number(header + 26, 2) + number(header + 28, 2);
    let packed = &bytes[start..start + number(header + 18, 4)];
    assert_eq!(number(header + 8, 2), 8, "deflate");
    Some(miniz_oxide::inflate::decompress_to_vec(packed).unwrap())
}

#[test]
fn attributes_of_a_real_product_are_signed_as_stored_and_not_in_the_order_of_der() {
    for number in 0..2 {
        let file = |name: &str| entry("gomain-topsec-cms-2022-09-03.ofd", &format!("Doc_0/Signs/Sign_{number}/{name}"));
        let (Some(bytes), Some(signature_xml)) = (file("SignedValue.dat"), file("Signature.xml")) else { return };
        let data = SignedData::read(&bytes).unwrap();
        assert_eq!((data.content_type(), data.content()), ("1.2.840.113549.1.7.1", None));
        assert_eq!((data.certificates().len(), data.lists().len()), (1, 0));
        let [signer] = data.signers() else { panic!("{}", data.signers().len()) };
        assert_eq!(signer.digest_algorithm(), DigestAlgorithm::Sm3.oid());
        assert_eq!(signer.signature_algorithm(), SM2_SIGNING);
        let attributes = signer.attributes().unwrap();
        // What the frame calls data of PKCS #7, the attribute calls data of GB/T 35275.
        assert_eq!(attributes.content_type().unwrap().as_deref(), Some("1.2.156.10197.6.1.4.2.1"));
        assert_eq!(attributes.message_digest().unwrap(), Some(&sm3(&[&signature_xml])[..]));
        assert_eq!(attributes.signing_time().unwrap().unwrap().to_string(), "2022-09-03T05:41:27Z");

        let certificate = signer.certificate(&data).unwrap();
        let key = certificate.public_key().unwrap();
        let message = attributes.signed_bytes();
        assert_eq!(key.verify(signer.signature_algorithm(), &message, signer.signature()), Ok(()));
        let mut sorted: Vec<_> = data_elements(&message);
        sorted.sort();
        let sorted = der::value(0x31, &sorted.concat());
        assert_ne!(sorted, message);
        assert!(key.verify(signer.signature_algorithm(), &sorted, signer.signature()).is_err());
    }
}

/// The complete values within one value.
fn data_elements(whole: &[u8]) -> Vec<Vec<u8>> {
    let children = certs::der::Element::only(whole).unwrap().children(64).unwrap();
    children.into_iter().map(|child| child.raw.to_vec()).collect()
}

#[test]
fn a_real_product_signs_the_digest_of_the_document_as_content_without_attributes() {
    let file = |name: &str| entry("gov-shandong-zibo-TAMPERED-keyword.ofd", &format!("Doc_0/Signs/Sign_3/{name}"));
    let (Some(bytes), Some(signature_xml)) = (file("SignedValue.dat"), file("Signature.xml")) else { return };
    let data = SignedData::read(&bytes).unwrap();
    assert_eq!(data.content_type(), "1.2.156.10197.6.1.4.2.1");
    assert_eq!(data.content(), Some(&sm3(&[&signature_xml])[..]));
    let [signer] = data.signers() else { panic!("{}", data.signers().len()) };
    assert!(signer.attributes().is_none() && signer.unsigned_attributes().is_none());
    assert_eq!(signer.signature_algorithm(), SM2_WITH_SM3);
    let certificate = signer.certificate(&data).unwrap();
    let PublicKey::Sm2(key) = certificate.public_key().unwrap() else { panic!("{certificate:?}") };
    let signature = sm2::Signature::from_raw(signer.signature()).unwrap();
    assert_eq!(key.verify(data.content().unwrap(), &signature), Ok(()));
}

/// What OpenSSL signs with a fresh key of this kind, and the message.
fn signed_by_openssl(work: &Path, kind: &[&str], options: &[&str]) -> Option<Vec<u8>> {
    let path = |name: &str| text(work.join(name));
    let (key, certificate, message, out) = (path("key"), path("certificate"), path("message"), path("out"));
    fs::write(&message, b"message").unwrap();
    let request = ["req", "-x509", "-nodes", "-subj", "/CN=CMS", "-days", "30", "-keyout", &key, "-out", &certificate];
    let made = openssl(&[&request, kind].concat())?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let files = ["-signer", &certificate, "-inkey", &key, "-in", &message, "-out", &out];
    let general = ["cms", "-sign", "-binary", "-outform", "DER", "-md", "sha256"];
    let made = openssl(&[&general, options, &files].concat())?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(fs::read(out).unwrap())
}

#[test]
fn what_openssl_signs_is_read_and_verified() {
    let work = tempfile::tempdir().unwrap();
    let rsa = (["-newkey", "rsa:2048"].as_slice(), RSA_WITH_SHA256, "1.2.840.113549.1.1.1");
    let p256 =
        (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"].as_slice(), ECDSA_WITH_SHA256, ECDSA_WITH_SHA256);
    for (kind, algorithm, named) in [rsa, p256] {
        for options in [&[][..], &["-nodetach"], &["-noattr"], &["-nodetach", "-noattr"], &["-keyid"]] {
            let Some(bytes) = signed_by_openssl(work.path(), kind, options) else { return };
            let data = SignedData::read(&bytes).unwrap();
            assert_eq!(data.content_type(), "1.2.840.113549.1.7.1");
            assert_eq!(data.content(), options.contains(&"-nodetach").then_some(&b"message"[..]));
            let [signer] = data.signers() else { panic!("{options:?}") };
            assert_eq!(matches!(signer.id(), SignerId::SubjectKey(_)), options.contains(&"-keyid"));
            assert_eq!(signer.digest_algorithm(), DigestAlgorithm::Sha256.oid());
            assert_eq!(signer.signature_algorithm(), named);
            let message = match signer.attributes() {
                None => b"message".to_vec(),
                Some(attributes) => {
                    assert_eq!(attributes.message_digest().unwrap(), Some(&sha256(&[b"message"])[..]));
                    assert!(attributes.signing_time().unwrap().is_some());
                    attributes.signed_bytes()
                }
            };
            assert_eq!(signer.attributes().is_none(), options.contains(&"-noattr"));
            let certificate = signer.certificate(&data).unwrap();
            let key = certificate.public_key().unwrap();
            assert_eq!(key.verify(algorithm, &message, signer.signature()), Ok(()), "{options:?}");
            let other = [&message[..], b"."].concat();
            assert!(key.verify(algorithm, &other, signer.signature()).is_err());
        }
    }
    let streamed = signed_by_openssl(work.path(), rsa.0, &["-nodetach", "-stream"]).unwrap();
    assert_eq!(SignedData::read(&streamed).unwrap_err().code(), "signed_data.indefinite", "BER has many spellings");
}

#[test]
fn a_bundle_of_certificates_and_lists_has_no_signer() {
    let work = tempfile::tempdir().unwrap();
    let (folder, out) = (shared().join("120000"), text(work.path().join("bundle")));
    let [root, maker_ca, list] = ["root.pem", "maker-ca.pem", "root.crl"].map(|name| text(folder.join(name)));
    let files = ["-in", &list, "-certfile", &root, "-certfile", &maker_ca, "-out", &out];
    let Some(made) = openssl(&[&["crl2pkcs7", "-outform", "DER"], &files[..]].concat()) else { return };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let bytes = fs::read(out).unwrap();
    let data = SignedData::read(&bytes).unwrap();
    let expected = ["root", "maker-ca"].map(|name| certificate(&folder, name).der().to_vec());
    assert_eq!(data.certificates(), expected);
    assert_eq!((data.lists().len(), data.signers().len()), (1, 0));
}

/// The parts of a `SignedData` of GB/T 35275, to be changed by a test.
struct Parts {
    kind: Vec<u64>,
    version: Vec<u8>,
    content: Vec<u8>,
    certificates: Vec<Vec<u8>>,
    id: Vec<u8>,
    attributes: Vec<Vec<u8>>,
    signers: usize,
    ending: Vec<u8>,
}

fn attribute(oid: &[u64], values: &[Vec<u8>]) -> Vec<u8> {
    der::sequence(&[der::oid(oid), der::value(0x31, &values.concat())])
}

impl Parts {
    fn good() -> Self {
        let sm2_data = der::sequence(&[der::oid(&GB_DATA), der::explicit(0, &der::octets(b"content"))]);
        Parts {
            kind: GB_SIGNED_DATA.to_vec(),
            version: der::unsigned(&[1]),
            content: sm2_data,
            certificates: vec![der::sequence(&[der::null()])],
            id: der::sequence(&[der::sequence::<Vec<u8>>(&[]), der::unsigned(&[0x80, 1])]),
            attributes: vec![
                attribute(&MESSAGE_DIGEST, &[der::octets(&[7; 32])]),
                attribute(&SIGNING_TIME, &[der::value(0x17, b"220903054127Z")]),
            ],
            signers: 1,
            ending: Vec::new(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let sm3 = der::sequence(&[der::oid(&[1, 2, 156, 10197, 1, 401]), der::null()]);
        let signer = der::sequence(&[
            der::unsigned(&[1]),
            self.id.clone(),
            sm3.clone(),
            der::value(0xA0, &self.attributes.concat()),
            der::sequence(&[der::oid(&[1, 2, 156, 10197, 1, 501])]),
            der::octets(b"signature"),
        ]);
        let body = der::sequence(&[
            self.version.clone(),
            der::set_of_one(&sm3),
            self.content.clone(),
            der::value(0xA0, &self.certificates.concat()),
            der::value(0x31, &signer.repeat(self.signers)),
        ]);
        [der::sequence(&[der::oid(&self.kind), der::explicit(0, &body)]), self.ending.clone()].concat()
    }
}

#[test]
fn everything_is_given_back_as_stored() {
    let bytes = Parts::good().bytes();
    let data = SignedData::read(&bytes).unwrap();
    assert_eq!(data.content(), Some(&b"content"[..]));
    assert_eq!(data.certificates(), [der::sequence(&[der::null()])]);
    let [signer] = data.signers() else { panic!() };
    assert_eq!(signer.id(), SignerId::Issued { issuer_raw: &[0x30, 0], serial: &[0x80, 1] });
    assert_eq!(signer.signature(), b"signature");
    let attributes = signer.attributes().unwrap();
    assert_eq!(attributes.raw()[0], 0xA0);
    assert_eq!(attributes.signed_bytes()[..1], [0x31]);
    assert_eq!(attributes.signed_bytes()[1..], attributes.raw()[1..]);
    assert_eq!(attributes.all().len(), 2);
    assert_eq!(attributes.content_type().unwrap(), None);
    assert!(signer.certificate(&data).is_none(), "what travels along is no certificate");
}

#[test]
fn a_signer_names_one_of_the_certificates_that_travel_along() {
    let folder = shared().join("120000");
    let all = ["root", "maker", "message", "signer"].map(|name| certificate(&folder, name));
    let [_, maker, message, signer] = &all;
    let serial = |certificate: &Certificate| der::unsigned(&hex::decode(certificate.serial()).unwrap());
    let issued = |issuer: &[u8], serial: Vec<u8>| der::sequence(&[issuer, &serial]);
    let key = |certificate: &Certificate| der::implicit(0, certificate.subject_key_identifier().unwrap());
    let cases = [
        (issued(signer.issuer().der(), serial(signer)), Some(signer)),
        (issued(message.issuer().der(), serial(message)), Some(message)),
        (issued(maker.issuer().der(), serial(signer)), None),
        (issued(signer.issuer().der(), der::unsigned(&[1])), None),
        (key(maker), Some(maker)),
        (der::implicit(0, b"no such key"), None),
    ];
    for (number, (id, expected)) in cases.into_iter().enumerate() {
        let certificates = all.iter().map(|certificate| certificate.der().to_vec());
        // What cannot be read is passed over, and so are other kinds of certificates.
        let certificates =
            [der::sequence(&[der::null()]), der::value(0xA1, b"")].into_iter().chain(certificates).collect();
        let bytes = Parts { certificates, id, ..Parts::good() }.bytes();
        let data = SignedData::read(&bytes).unwrap();
        assert_eq!(data.certificates().len(), all.len() + 1);
        assert_eq!(data.signers()[0].certificate(&data).as_ref(), expected, "case {number}");
    }
}

#[test]
fn what_is_broken_or_too_much_is_refused_and_named() {
    let digest = attribute(&MESSAGE_DIGEST, &[der::octets(&[7; 32])]);
    let malformed = |part, fault| SignedDataFault::Malformed { part, fault };
    let good = Parts::good;
    let cases: [(Parts, SignedDataFault); 10] = [
        (
            Parts { kind: GB_DATA.to_vec(), ..good() },
            SignedDataFault::NotSignedData { content_type: "1.2.156.10197.6.1.4.2.1".to_owned() },
        ),
        (Parts { version: der::unsigned(&[0]), ..good() }, SignedDataFault::Version { version: 0 }),
        (Parts { version: der::unsigned(&[6]), ..good() }, SignedDataFault::Version { version: 6 }),
        (Parts { version: der::null(), ..good() }, malformed(Part::SignedData, DerFault::Tag { expected: 2, got: 5 })),
        (Parts { ending: vec![0], ..good() }, malformed(Part::ContentInfo, DerFault::Trailing(1))),
        (
            Parts { content: der::sequence(&[der::oid(&GB_DATA), der::explicit(0, &der::null())]), ..good() },
            malformed(Part::Content, DerFault::Tag { expected: 4, got: 5 }),
        ),
        (
            Parts { certificates: vec![der::sequence(&[der::null()]); CERTIFICATES_MAX + 1], ..good() },
            SignedDataFault::TooMany { part: Part::Certificates, max: CERTIFICATES_MAX },
        ),
        (
            Parts { attributes: vec![digest.clone(); ATTRIBUTES_MAX + 1], ..good() },
            SignedDataFault::TooMany { part: Part::Attributes, max: ATTRIBUTES_MAX },
        ),
        (
            Parts { signers: SIGNERS_MAX + 1, ..good() },
            SignedDataFault::TooMany { part: Part::Signers, max: SIGNERS_MAX },
        ),
        (
            Parts { attributes: vec![der::sequence(&[digest])], ..good() },
            malformed(Part::Attributes, DerFault::Tag { expected: 6, got: 0x30 }),
        ),
    ];
    for (parts, expected) in cases {
        assert_eq!(SignedData::read(&parts.bytes()).unwrap_err(), expected);
    }
    let huge = |content: usize| {
        let content = der::explicit(0, &der::octets(&vec![7; content]));
        Parts { content: der::sequence(&[der::oid(&GB_DATA), content]), ..good() }.bytes()
    };
    let frame = huge(BYTES_MAX / 2).len() - BYTES_MAX / 2;
    assert!(SignedData::read(&huge(BYTES_MAX - frame)).is_ok(), "just as long as allowed");
    assert_eq!(SignedData::read(&huge(BYTES_MAX - frame + 1)).unwrap_err().code(), "signed_data.too_long");
    let whole = Parts::good().bytes();
    for length in 0..whole.len() {
        assert!(SignedData::read(&whole[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn an_attribute_with_two_readings_has_none() {
    let digest = |values: &[Vec<u8>]| attribute(&MESSAGE_DIGEST, values);
    let value = || der::octets(&[7; 32]);
    let cases = [
        (vec![digest(&[value()]), digest(&[value()])], "signed_data.attribute_not_single"),
        (vec![digest(&[value(), value()])], "signed_data.attribute_not_single"),
        (vec![digest(&[])], "signed_data.attribute_not_single"),
        (vec![digest(&[der::null()])], "signed_data.malformed"),
    ];
    for (attributes, code) in cases {
        let bytes = Parts { attributes, ..Parts::good() }.bytes();
        let data = SignedData::read(&bytes).unwrap();
        let attributes = data.signers()[0].attributes().unwrap();
        assert_eq!(attributes.message_digest().unwrap_err().code(), code);
        assert_eq!(attributes.signing_time(), Ok(None));
    }
    let late = [attribute(&SIGNING_TIME, &[der::value(0x17, b"220903054127+0800")])];
    let bytes = Parts { attributes: late.to_vec(), ..Parts::good() }.bytes();
    let time = SignedData::read(&bytes).unwrap().signers()[0].attributes().unwrap().signing_time();
    assert_eq!(time, Err(SignedDataFault::Malformed { part: Part::Attributes, fault: DerFault::Time }));
}

/// Asks everything that can be asked; what is given back lies within the bytes.
fn explore(bytes: &[u8]) {
    let Ok(data) = SignedData::read(bytes) else { return };
    for signer in data.signers() {
        let _ = signer.certificate(&data);
        for attributes in [signer.attributes(), signer.unsigned_attributes()].into_iter().flatten() {
            assert_eq!(attributes.signed_bytes().len(), attributes.raw().len());
            let _ = (attributes.content_type(), attributes.message_digest(), attributes.signing_time());
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        explore(&bytes);
    }

    #[test]
    fn altered_signed_data_is_read_or_refused(position: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let mut bytes = Parts::good().bytes();
        let position = position.index(bytes.len());
        bytes[position] = byte;
        explore(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        explore(&bytes);
    }
}
