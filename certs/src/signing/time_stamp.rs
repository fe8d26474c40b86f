//! A time-stamp authority: makes the tokens of GB/T 20520 and RFC 3161.

use jiff::Timestamp;

use super::SigningError;
use super::key::Key;
use crate::certificate::Certificate;
use crate::der::write as der;
use crate::digest::{self, DigestAlgorithm};

const SIGNED_DATA: [u64; 7] = [1, 2, 840, 113_549, 1, 7, 2];
const INFO: [u64; 9] = [1, 2, 840, 113_549, 1, 9, 16, 1, 4];
const CONTENT_TYPE: [u64; 7] = [1, 2, 840, 113_549, 1, 9, 3];
const MESSAGE_DIGEST: [u64; 7] = [1, 2, 840, 113_549, 1, 9, 4];
const SIGNING_CERTIFICATE_V2: [u64; 9] = [1, 2, 840, 113_549, 1, 9, 16, 2, 47];
/// The policy that tokens name, under the arc for examples: these tokens are for development and promise nothing.
const POLICY: [u64; 3] = [2, 999, 1];
/// Bytes of a token's number.
const SERIAL_BYTES: usize = 16;
/// Seconds that the clock may be off.
const ACCURACY_SECONDS: u8 = 1;

/// A time-stamp authority in memory: a private key and its certificate.
pub struct TimeStampAuthority {
    certificate: Certificate,
    key: Key,
}

impl TimeStampAuthority {
    /// The authority whose certificate is the first in one PEM text and whose key is in the other (SM2, P-256 or RSA).
    ///
    /// # Errors
    /// When there is no certificate, or the key is not its own.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, SigningError> {
        let other = |_| SigningError::Kind { expected: "of the certificate" };
        let certificate = Certificate::from_pem(certificate).map_err(other)?;
        Self::new(certificate, Key::from_pem(key)?)
    }

    pub(crate) fn new(certificate: Certificate, key: Key) -> Result<Self, SigningError> {
        let public = crate::key::PublicKey::from_spki(&key.spki()?);
        match (public, certificate.public_key()) {
            (Ok(own), Ok(certified)) if own == *certified => Ok(Self { certificate, key }),
            _ => Err(SigningError::Kind { expected: "of the certificate" }),
        }
    }

    /// The certificate that travels with every token.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// A token that says that `covered` existed at `at`, by the digest that goes with the key. `nonce` is the request's, big-endian.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn stamp(&self, covered: &[u8], at: Timestamp, nonce: Option<&[u8]>) -> Result<Vec<u8>, SigningError> {
        self.token(&info(self.key.digest_algorithm(), covered, at, nonce))
    }

    /// A token around any statement.
    fn token(&self, info: &[u8]) -> Result<Vec<u8>, SigningError> {
        let signer = self.signer(&self.attributes(info))?;
        Ok(self.signed_data(&INFO, info, self.certificate.der(), &[signer]))
    }

    /// `ContentInfo` with `SignedData`; version 3 says that the content is no plain data.
    fn signed_data(&self, content_type: &[u64], content: &[u8], certificate: &[u8], signers: &[Vec<u8>]) -> Vec<u8> {
        let body = der::sequence(&[
            der::unsigned(&[3]),
            der::set_of_one(&digest_identifier(self.key.digest_algorithm())),
            der::sequence(&[der::oid(content_type), der::explicit(0, &der::octets(content))]),
            der::value(0xA0, certificate),
            der::set_of(signers.to_vec()),
        ]);
        der::sequence(&[der::oid(&SIGNED_DATA), der::explicit(0, &body)])
    }

    /// The signed attributes of a token: RFC 5652, 11 and RFC 5816.
    fn attributes(&self, info: &[u8]) -> Vec<Vec<u8>> {
        let algorithm = self.key.digest_algorithm();
        let digest = |bytes| der::octets(&algorithm.digest(&[bytes]));
        let named = der::sequence(&[digest_identifier(algorithm), digest(self.certificate.der())]);
        let named = der::sequence(&[der::sequence(&[named])]);
        vec![
            attribute(&CONTENT_TYPE, &der::oid(&INFO)),
            attribute(&MESSAGE_DIGEST, &digest(info)),
            attribute(&SIGNING_CERTIFICATE_V2, &named),
        ]
    }

    /// `SignerInfo` over these attributes.
    fn signer(&self, attributes: &[Vec<u8>]) -> Result<Vec<u8>, SigningError> {
        let signed = der::set_of(attributes.to_vec());
        let signature = self.key.signature(&signed)?;
        let issuer = self.certificate.issuer().der().to_vec();
        let serial = der::unsigned(self.certificate.serial_magnitude());
        // [0] IMPLICIT: the same bytes under another tag.
        let stored = [&[0xA0], signed.get(1..).unwrap_or_default()].concat();
        Ok(der::sequence(&[
            der::unsigned(&[1]),
            der::sequence(&[issuer, serial]),
            digest_identifier(self.key.digest_algorithm()),
            stored,
            self.key.algorithm(),
            der::octets(&signature),
        ]))
    }
}

/// `TSTInfo` (RFC 3161, 2.4.2).
fn info(algorithm: DigestAlgorithm, covered: &[u8], at: Timestamp, nonce: Option<&[u8]>) -> Vec<u8> {
    let imprint = algorithm.digest(&[covered]);
    let time = at.strftime("%Y%m%d%H%M%SZ").to_string();
    // Unique as RFC 3161 asks: two tokens of one number would say the very same.
    let serial = digest::sha256(&[&imprint, time.as_bytes(), nonce.unwrap_or_default()]);
    let serial: Vec<u8> = serial.into_iter().take(SERIAL_BYTES).collect();
    let mut parts = vec![
        der::unsigned(&[1]),
        der::oid(&POLICY),
        der::sequence(&[digest_identifier(algorithm), der::octets(&imprint)]),
        der::unsigned(&serial),
        der::value(0x18, time.as_bytes()),
        der::sequence(&[der::unsigned(&[ACCURACY_SECONDS])]),
    ];
    parts.extend(nonce.map(der::unsigned));
    der::sequence(&parts)
}

fn attribute(oid: &[u64], value: &[u8]) -> Vec<u8> {
    der::sequence(&[der::oid(oid), der::set_of_one(value)])
}

fn digest_identifier(algorithm: DigestAlgorithm) -> Vec<u8> {
    der::sequence(&[match algorithm {
        DigestAlgorithm::Sm3 => der::oid(&[1, 2, 156, 10197, 1, 401]),
        DigestAlgorithm::Sha256 => der::oid(&[2, 16, 840, 1, 101, 3, 4, 2, 1]),
    }])
}

#[cfg(test)]
mod tests;
