//! A private key of any kind that certificates have: SM2, P-256 or RSA.

use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::sign::Signer;

use super::{SigningError, Sm2Signer};
use crate::der::write as der;
use crate::digest::{self, DigestAlgorithm};

/// A private key that certificates are made for and with.
pub(crate) enum Key {
    Sm2(Box<Sm2Signer>),
    P256(PKey<Private>),
    Rsa(PKey<Private>),
}

impl Key {
    pub(crate) fn generate_sm2() -> Result<Self, SigningError> {
        Ok(Self::Sm2(Box::new(Sm2Signer::generate()?)))
    }

    pub(crate) fn generate_p256() -> Result<Self, SigningError> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        Ok(Self::P256(PKey::from_ec_key(EcKey::generate(&group)?)?))
    }

    /// The key in a PKCS#8 PEM text, of whichever of the kinds it is.
    pub(crate) fn from_pem(text: &[u8]) -> Result<Self, SigningError> {
        if let Ok(signer) = Sm2Signer::from_pem(text) {
            return Ok(Self::Sm2(Box::new(signer)));
        }
        let key = PKey::private_key_from_pem(text)?;
        if key.id() == Id::RSA {
            return Ok(Self::Rsa(key));
        }
        match key.ec_key() {
            Ok(ec) if ec.group().curve_name() == Some(Nid::X9_62_PRIME256V1) => Ok(Self::P256(key)),
            _ => Err(SigningError::Kind { expected: "SM2, P-256 or RSA" }),
        }
    }

    pub(crate) fn to_pem(&self) -> Result<Vec<u8>, SigningError> {
        match self {
            Self::Sm2(signer) => signer.to_pem(),
            Self::P256(key) | Self::Rsa(key) => Ok(key.private_key_to_pem_pkcs8()?),
        }
    }

    /// The public half as `SubjectPublicKeyInfo` DER.
    pub(crate) fn spki(&self) -> Result<Vec<u8>, SigningError> {
        match self {
            Self::Sm2(signer) => signer.public_to_der(),
            Self::P256(key) | Self::Rsa(key) => Ok(key.public_key_to_der()?),
        }
    }

    /// RFC 7093, method 1: the first 160 bits of SHA-256 over the key's bits, which end its `SubjectPublicKeyInfo`.
    pub(crate) fn identifier(&self) -> Result<Vec<u8>, SigningError> {
        let spki = self.spki()?;
        let point = spki.last_chunk::<65>().map_or(&spki[..], |point| point);
        Ok(digest::sha256(&[point]).into_iter().take(20).collect())
    }

    /// The digest that goes with the key.
    pub(crate) fn digest_algorithm(&self) -> DigestAlgorithm {
        match self {
            Self::Sm2(_) => DigestAlgorithm::Sm3,
            Self::P256(_) | Self::Rsa(_) => DigestAlgorithm::Sha256,
        }
    }

    /// `AlgorithmIdentifier` of the signatures.
    pub(crate) fn algorithm(&self) -> Vec<u8> {
        match self {
            Self::Sm2(_) => der::sequence(&[der::oid(&[1, 2, 156, 10197, 1, 501])]),
            Self::P256(_) => der::sequence(&[der::oid(&[1, 2, 840, 10045, 4, 3, 2])]),
            Self::Rsa(_) => der::sequence(&[der::oid(&[1, 2, 840, 113_549, 1, 1, 11]), der::null()]),
        }
    }

    /// The signature alone.
    pub(crate) fn signature(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        match self {
            Self::Sm2(signer) => Ok(signer.sign(message)?.to_der()),
            Self::P256(key) | Self::Rsa(key) => {
                let mut signer = Signer::new(MessageDigest::sha256(), key)?;
                signer.update(message)?;
                Ok(signer.sign_to_vec()?)
            }
        }
    }

    /// SEQUENCE { body, algorithm, signature }: the form of certificates and lists alike.
    pub(crate) fn sign(&self, body: &[u8]) -> Result<Vec<u8>, SigningError> {
        Ok(der::sequence(&[body, &self.algorithm(), &der::bits(&self.signature(body)?)]))
    }
}
