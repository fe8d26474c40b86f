//! Public keys of certificates: SM2, P-256 or RSA, each with the one signature algorithm that goes with it.

use ring::signature::{ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm};
use x509_parser::oid_registry::asn1_rs::Oid;
use x509_parser::prelude::{FromDer as _, SubjectPublicKeyInfo};

use crate::der::{DerFault, Element, Reader, tag};
use crate::name::magnitude;
use crate::{Error, SignatureError, sm2};

/// SM2 with SM3 (GB/T 33560).
pub const SM2_WITH_SM3: &str = "1.2.156.10197.1.501";
/// SM2 signing: what GB/T 35275 `SignedData` names instead of [`SM2_WITH_SM3`].
pub const SM2_SIGNING: &str = "1.2.156.10197.1.301.1";
/// ECDSA with SHA-256.
pub const ECDSA_WITH_SHA256: &str = "1.2.840.10045.4.3.2";
/// RSA (PKCS #1 v1.5) with SHA-256.
pub const RSA_WITH_SHA256: &str = "1.2.840.113549.1.1.11";
/// RSA, the algorithm of keys: what signers of `SignedData` name instead of [`RSA_WITH_SHA256`].
pub const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";

const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const SM2_CURVE: &str = "1.2.156.10197.1.301";
const P256_CURVE: &str = "1.2.840.10045.3.1.7";

/// A public key that signatures are verified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// A point of the SM2 curve.
    Sm2(Box<sm2::PublicKey>),
    /// A point of P-256: 04 ‖ x ‖ y.
    P256(Vec<u8>),
    /// `RSAPublicKey` in DER; whether it has 2048 to 8192 bits is judged when a signature is.
    Rsa(Vec<u8>),
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`Error::KeyMalformed`], [`Error::KeyUnsupported`] for another algorithm or curve, [`Error::NotOnCurve`].
    pub fn from_spki(der: &[u8]) -> Result<Self, Error> {
        match SubjectPublicKeyInfo::from_der(der) {
            Ok(([], spki)) => Self::from_parsed(&spki),
            _ => Err(Error::KeyMalformed),
        }
    }

    /// Reads a `SubjectPublicKeyInfo` in PEM ("BEGIN PUBLIC KEY").
    ///
    /// # Errors
    /// As [`Self::from_spki`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, Error> {
        use pki_types::pem::PemObject as _;
        let der = pki_types::SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| Error::KeyMalformed)?;
        Self::from_spki(&der)
    }

    /// The bits of the curve, or of the RSA modulus; 0 where that cannot be read.
    pub fn bits(&self) -> usize {
        match self {
            Self::Sm2(_) | Self::P256(_) => 256,
            Self::Rsa(der) => {
                let modulus = Reader::new(der).sequence().and_then(|mut parts| parts.expect(tag::INTEGER));
                modulus.map_or(0, |modulus| {
                    let bytes = magnitude(modulus.value);
                    let zeros = bytes.first().map_or(0, |first| first.leading_zeros() as usize);
                    bytes.len() * 8 - zeros
                })
            }
        }
    }

    /// The kind of key for people: `SM2`, `P-256`, `RSA 2048`.
    pub fn kind(&self) -> String {
        match self {
            Self::Sm2(_) => "SM2".to_owned(),
            Self::P256(_) => "P-256".to_owned(),
            Self::Rsa(_) => format!("RSA {}", self.bits()),
        }
    }

    pub(crate) fn from_parsed(spki: &SubjectPublicKeyInfo<'_>) -> Result<Self, Error> {
        let bytes = spki.subject_public_key.data.as_ref();
        let algorithm = spki.algorithm.algorithm.to_id_string();
        let curve = || {
            let parameters = spki.algorithm.parameters.as_ref();
            parameters.and_then(|any| Oid::try_from(any).ok()).map(|oid| oid.to_id_string())
        };
        match algorithm.as_str() {
            RSA_ENCRYPTION if is_rsa_key(bytes) => Ok(Self::Rsa(bytes.to_vec())),
            RSA_ENCRYPTION => Err(Error::KeyMalformed),
            EC_PUBLIC_KEY => match curve().as_deref() {
                Some(SM2_CURVE) => Ok(Self::Sm2(Box::new(sm2::PublicKey::from_sec1(bytes)?))),
                Some(P256_CURVE) => p256_point(bytes).map(Self::P256),
                _ => Err(Error::KeyUnsupported { algorithm }),
            },
            _ => Err(Error::KeyUnsupported { algorithm }),
        }
    }

    /// Whether `signature` is of `message` by this key, under the signature algorithm with this dotted object identifier.
    ///
    /// # Errors
    /// [`SignatureError::Algorithm`] where the algorithm is not this key's, otherwise what is wrong with the signature.
    pub fn verify(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        match (self, algorithm) {
            (Self::Sm2(key), SM2_WITH_SM3 | SM2_SIGNING) => key.verify(message, &sm2::Signature::from_der(signature)?),
            (Self::P256(key), ECDSA_WITH_SHA256) => with_ring(&ECDSA_P256_SHA256_ASN1, key, message, signature),
            (Self::Rsa(key), RSA_WITH_SHA256) => with_ring(&RSA_PKCS1_2048_8192_SHA256, key, message, signature),
            (Self::Sm2(_) | Self::P256(_) | Self::Rsa(_), _) => Err(SignatureError::Algorithm),
        }
    }
}

/// 04 ‖ x ‖ y of a point, from these bytes or from the compressed form.
fn p256_point(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    use p256::elliptic_curve::sec1::ToSec1Point as _;
    let point = p256::PublicKey::from_sec1_bytes(bytes).map_err(|_| Error::NotOnCurve)?;
    Ok(point.to_sec1_point(false).as_bytes().to_vec())
}

/// Whether the bytes are an `RSAPublicKey` (RFC 8017, A.1.1): two odd positive numbers, the exponent at least 3.
fn is_rsa_key(der: &[u8]) -> bool {
    let read = || {
        let mut parts = Element::only(der)?.reader_of(tag::SEQUENCE)?;
        let numbers = [parts.expect(tag::INTEGER)?.value, parts.expect(tag::INTEGER)?.value];
        parts.end()?;
        Ok::<_, DerFault>(numbers)
    };
    let is_odd = |number: &[u8]| {
        number.first().is_some_and(|first| first & 0x80 == 0) && number.last().is_some_and(|last| last & 1 == 1)
    };
    read().is_ok_and(|[modulus, exponent]| is_odd(modulus) && is_odd(exponent) && magnitude(exponent) != [1])
}

fn with_ring(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    UnparsedPublicKey::new(algorithm, key).verify(message, signature).map_err(|_| SignatureError::Mismatch)
}

#[cfg(test)]
#[cfg(feature = "signing")]
mod tests {
    use openssl::ec::{EcGroup, EcKey};
    use openssl::hash::MessageDigest;
    use openssl::nid::Nid;
    use openssl::pkey::{PKey, Private};
    use openssl::rsa::Rsa;
    use openssl::sign::Signer;

    use super::*;
    use crate::der::write;
    use crate::signing::Sm2Signer;

    fn ec(curve: Nid) -> PKey<Private> {
        PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn rsa_and_p256_signatures_of_openssl_are_verified_with_their_own_algorithm_alone() {
        let keys = [
            (PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(), RSA_WITH_SHA256),
            (ec(Nid::X9_62_PRIME256V1), ECDSA_WITH_SHA256),
        ];
        for (private, algorithm) in keys {
            let mut signer = Signer::new(MessageDigest::sha256(), &private).unwrap();
            signer.update(b"message").unwrap();
            let signature = signer.sign_to_vec().unwrap();
            let public = PublicKey::from_spki(&private.public_key_to_der().unwrap()).unwrap();
            assert_eq!(PublicKey::from_pem(&private.public_key_to_pem().unwrap()).unwrap(), public);
            assert!(["RSA 2048", "P-256"].contains(&public.kind().as_str()), "{}", public.kind());
            assert_eq!(public.verify(algorithm, b"message", &signature), Ok(()));
            assert_eq!(public.verify(algorithm, b"massage", &signature), Err(SignatureError::Mismatch));
            for other in [RSA_WITH_SHA256, ECDSA_WITH_SHA256, SM2_WITH_SM3, SM2_SIGNING] {
                let expected = if other == algorithm { Ok(()) } else { Err(SignatureError::Algorithm) };
                assert_eq!(public.verify(other, b"message", &signature), expected);
            }
        }
    }

    #[test]
    fn rsa_keys_of_2048_bits_and_more_are_good_for_sha256_alone() {
        let sign = |private: &PKey<Private>, digest| {
            let mut signer = Signer::new(digest, private).unwrap();
            signer.update(b"message").unwrap();
            signer.sign_to_vec().unwrap()
        };
        for (bits, expected) in [
            (1024, Err(SignatureError::Mismatch)),
            (2040, Err(SignatureError::Mismatch)),
            (2048, Ok(())),
            (3072, Ok(())),
            (4096, Ok(())),
        ] {
            let private = PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap();
            let public = PublicKey::from_spki(&private.public_key_to_der().unwrap()).unwrap();
            let verify = |digest| public.verify(RSA_WITH_SHA256, b"message", &sign(&private, digest));
            assert_eq!(verify(MessageDigest::sha256()), expected, "{bits} bits");
            for other in [MessageDigest::sha1(), MessageDigest::sha512()] {
                assert_eq!(verify(other), Err(SignatureError::Mismatch), "{bits} bits");
            }
        }
    }

    #[test]
    fn sm2_goes_by_both_of_its_identifiers() {
        let signer = Sm2Signer::generate().unwrap();
        let public = PublicKey::from_spki(&signer.public_to_der().unwrap()).unwrap();
        let signature = signer.sign(b"message").unwrap();
        for algorithm in [SM2_WITH_SM3, SM2_SIGNING] {
            assert_eq!(public.verify(algorithm, b"message", &signature.to_der()), Ok(()));
        }
        assert_eq!(public.verify(SM2_WITH_SM3, b"message", &signature.to_raw()), Err(SignatureError::NotDer));
    }

    /// A `SubjectPublicKeyInfo` with other bits in the place of the key's.
    fn with_bits(private: &PKey<Private>, bits: &[u8]) -> Vec<u8> {
        let der = private.public_key_to_der().unwrap();
        let algorithm = Reader::new(&der).sequence().unwrap().any().unwrap().raw.to_vec();
        write::sequence(&[algorithm, write::bits(bits)])
    }

    #[test]
    fn a_key_that_is_none_is_told_apart_from_one_of_another_kind() {
        let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let number = |bytes: &[u8]| write::value(tag::INTEGER, bytes);
        let pair = |modulus: &[u8], exponent: &[u8]| write::sequence(&[number(modulus), number(exponent)]);
        let good = rsa.rsa().unwrap().public_key_to_der_pkcs1().unwrap();
        let odd = [&[0, 0xff][..], &[1; 255]].concat();
        let even = [&odd[..256], &[2]].concat();
        assert!(PublicKey::from_spki(&with_bits(&rsa, &pair(&odd, &[1, 0, 1]))).is_ok());
        for wrong in [
            b"".to_vec(),
            good[1..].to_vec(),
            [&good[..], &[0]].concat(),
            write::sequence(&[number(&odd)]),
            write::sequence(&[number(&odd), number(&[3]), number(&[3])]),
            pair(&even, &[3]),
            pair(&odd[1..], &[3]),
            pair(&odd, &[2]),
            pair(&odd, &[1]),
            pair(&odd, &[]),
            pair(&[], &[3]),
        ] {
            let read = PublicKey::from_spki(&with_bits(&rsa, &wrong));
            assert!(matches!(read, Err(Error::KeyMalformed)), "{}", hex::encode(wrong));
        }

        let p256 = ec(Nid::X9_62_PRIME256V1);
        let PublicKey::P256(point) = PublicKey::from_spki(&p256.public_key_to_der().unwrap()).unwrap() else {
            panic!("P-256")
        };
        let compressed = [&[2 + (point[64] & 1)][..], &point[1..33]].concat();
        let read = PublicKey::from_spki(&with_bits(&p256, &compressed)).unwrap();
        assert_eq!(read, PublicKey::P256(point.clone()), "the one point in both forms");
        let mut off_curve = point.clone();
        off_curve[64] ^= 1;
        for wrong in [&off_curve[..], &point[..64], &[0], &[], &[4; 65]] {
            let read = PublicKey::from_spki(&with_bits(&p256, wrong));
            assert!(matches!(read, Err(Error::NotOnCurve)), "{wrong:02x?}");
        }
    }

    #[test]
    fn other_keys_are_named_as_unsupported_and_broken_ones_refused() {
        let p384 = PublicKey::from_spki(&ec(Nid::SECP384R1).public_key_to_der().unwrap());
        assert!(matches!(p384, Err(Error::KeyUnsupported { algorithm }) if algorithm == EC_PUBLIC_KEY));
        let mut spki = Sm2Signer::generate().unwrap().public_to_der().unwrap();
        *spki.last_mut().unwrap() ^= 1;
        assert!(matches!(PublicKey::from_spki(&spki), Err(Error::NotOnCurve)));
        spki.push(0);
        assert!(matches!(PublicKey::from_spki(&spki), Err(Error::KeyMalformed)));
        assert!(matches!(PublicKey::from_pem(b"nothing"), Err(Error::KeyMalformed)));
    }
}
