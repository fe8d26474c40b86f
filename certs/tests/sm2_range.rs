//! An SM2 signature with r or s outside of 1..n-1 is refused wherever a signature is: as it stands, and in what carries one.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::fs;

use certs::certificate::Certificate;
use certs::der::{Element, Reader, write as der};
use certs::key::{PublicKey, SM2_WITH_SM3};
use certs::revocation::{RevocationList, RevocationStatus, status};
use certs::signing::Sm2Signer;
use certs::sm2::Signature;
use certs::trust::{LIST_FILE, Purpose, SIGNATURE_FILE, Trust, TrustList};
use certs::{Error, SignatureError};
use common::{NOW, certificate, shared, trust, trust_key};

/// 0, n, n + 1 and 2^256 - 1, each in the place of r and of s.
fn out_of_range(good: &Signature) -> Vec<Signature> {
    let order: [u8; 32] =
        hex::decode("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123").unwrap().try_into().unwrap();
    let mut above = order;
    above[31] += 1;
    let numbers = [[0; 32], order, above, [0xff; 32]];
    numbers.iter().flat_map(|bad| [Signature::new(*bad, *good.s()), Signature::new(*good.r(), *bad)]).collect()
}

/// The three parts of a certificate or revocation list, and its signature.
fn parts(whole: &[u8]) -> (Vec<u8>, Vec<u8>, Signature) {
    let mut outer: Reader<'_> = Element::only(whole).unwrap().reader();
    let (body, algorithm) = (outer.any().unwrap().raw.to_vec(), outer.any().unwrap().raw.to_vec());
    (body, algorithm, Signature::from_der(outer.bits().unwrap().bytes).unwrap())
}

fn with_signature(whole: &[u8], signature: &Signature) -> Vec<u8> {
    let (body, algorithm, _) = parts(whole);
    der::sequence(&[body, algorithm, der::bits(&signature.to_der())])
}

#[test]
fn by_a_key_itself() {
    let signer = Sm2Signer::generate().unwrap();
    let good = signer.sign(b"message").unwrap();
    let key = PublicKey::Sm2(Box::new(signer.public_key().clone()));
    assert_eq!(key.verify(SM2_WITH_SM3, b"message", &good.to_der()), Ok(()));
    for bad in out_of_range(&good) {
        assert_eq!(key.verify(SM2_WITH_SM3, b"message", &bad.to_der()), Err(SignatureError::OutOfRange), "{bad:?}");
        let raw = Signature::from_raw(&bad.to_raw()).unwrap();
        assert_eq!(signer.public_key().verify(b"message", &raw), Err(SignatureError::OutOfRange), "{bad:?}");
    }
}

#[test]
fn in_a_certificate_and_its_path() {
    let folder = shared().join("120000");
    let (signer, root) = (certificate(&folder, "signer"), certificate(&folder, "root"));
    let (.., good) = parts(signer.der());
    assert_eq!(with_signature(signer.der(), &good), signer.der());
    for bad in out_of_range(&good) {
        let forged = Certificate::from_der(with_signature(signer.der(), &bad)).unwrap();
        assert_eq!(forged.verify_signed_by(&root), Err(SignatureError::OutOfRange), "{bad:?}");
        let path = trust(shared()).path(&forged, Purpose::SealSigner, NOW);
        assert_eq!(path.map_err(|fault| fault.code()), Err("path.signature"), "{bad:?}");
    }
}

#[test]
fn in_a_revocation_list() {
    let folder = shared().join("120000");
    let (signer, root) = (certificate(&folder, "signer"), certificate(&folder, "root"));
    let list = RevocationList::from_der_or_pem(&fs::read(folder.join("root.crl")).unwrap()).unwrap();
    assert_eq!(status(&signer, &root, std::slice::from_ref(&list), NOW), RevocationStatus::Good);
    let (.., good) = parts(list.der());
    for bad in out_of_range(&good) {
        let forged = RevocationList::from_der(with_signature(list.der(), &bad)).unwrap();
        assert_eq!(forged.verify_signed_by(&root), Err(SignatureError::OutOfRange), "{bad:?}");
        let RevocationStatus::Unknown { why } = status(&signer, &root, &[forged], NOW) else { panic!("{bad:?}") };
        assert_eq!(why.code(), "revocation.not_authentic");
    }
}

#[test]
fn on_a_trust_list() {
    let folder = shared().join("trust");
    let [list, signature] = [LIST_FILE, SIGNATURE_FILE].map(|name| fs::read(folder.join(name)).unwrap());
    let key = trust_key(shared());
    assert!(Trust::signed_list(&folder, &key).is_ok());
    for bad in out_of_range(&Signature::from_der(&signature).unwrap()) {
        let refused = TrustList::from_signed(&list, &bad.to_der(), &key);
        assert!(matches!(refused, Err(Error::TrustSignature { source: SignatureError::OutOfRange })), "{bad:?}");
    }
}
