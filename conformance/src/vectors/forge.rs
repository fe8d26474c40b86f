//! Keys, certificates and revocation lists of a vector, each part of which can be made wrong.
use certs::der::{tag, write as der};
use certs::digest::sm3;
use certs::signing::Sm2Signer;
use jiff::Timestamp;

use super::{Forged, cannot};

/// SM2 with SM3.
pub(super) const SM2_WITH_SM3: &[u64] = &[1, 2, 156, 10197, 1, 501];
/// ECDSA with SHA-256: what an SM2 key never makes.
pub(super) const ECDSA_WITH_SHA256: &[u64] = &[1, 2, 840, 10045, 4, 3, 2];
/// SM3.
pub(super) const SM3: &[u64] = &[1, 2, 156, 10197, 1, 401];
/// The identity of GB/T 35276.
pub(super) const DEFAULT_USER_ID: &[u8] = b"1234567812345678";

/// keyUsage bits, the first bit leftmost.
pub(super) const SIGNING: u8 = 0b1100_0000;
pub(super) const ENCIPHERMENT: u8 = 0b0010_0000;
pub(super) const ISSUING: u8 = 0b0000_0110;

/// The purpose of a time-stamp authority's certificate.
pub(super) const TIME_STAMPING: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 8];

/// The name of the one authority of every vector.
pub(super) const ROOT: &str = "Vector Root";
/// The organisation behind the seals; a valid code that nobody has.
pub(super) const ORGANISATION: &str = "11120000FAKE00021Q";

/// Whose key signs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hand {
    /// The key of the certificate that is named.
    Own,
    /// A key that nobody certified.
    Stranger,
}

/// How the two numbers of a signature are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// SEQUENCE { r, s } in DER.
    Der,
    /// r ‖ s.
    Raw,
    /// INTEGERs without the zero that keeps them positive.
    Negative,
    /// INTEGERs with one zero too many.
    Padded,
    /// The zero bits at the end of the BIT STRING are left away.
    Stripped,
    /// SEQUENCE { r, s, NULL }.
    Extended,
    /// SEQUENCE { 0, 0 }.
    Zero,
}

/// How something is signed.
#[derive(Clone)]
pub(super) struct Signing {
    pub(super) hand: Hand,
    pub(super) user_id: &'static [u8],
    pub(super) form: Form,
    /// The algorithm that is written beside the signature; the signature is SM2 whatever it says.
    pub(super) algorithm: &'static [u64],
}

impl Default for Signing {
    fn default() -> Self {
        Self { hand: Hand::Own, user_id: DEFAULT_USER_ID, form: Form::Der, algorithm: SM2_WITH_SM3 }
    }
}

impl Signing {
    /// The signature over a message, as a complete BIT STRING.
    pub(super) fn sign(&self, own: &Sm2Signer, stranger: &Sm2Signer, message: &[u8]) -> Forged<Vec<u8>> {
        let key = match self.hand {
            Hand::Own => own,
            Hand::Stranger => stranger,
        };
        let e = digest(key, self.user_id, message);
        // A form that only some signatures can have is met after a few hundred of them.
        loop {
            let signature = key.sign_digest(&e).map_err(|error| cannot(error.code()))?;
            let (r, s) = (signature.r(), signature.s());
            let high = |number: &[u8; 32]| number.first().is_some_and(|first| first & 0x80 != 0);
            return Ok(match self.form {
                Form::Der => der::bits(&signature.to_der()),
                Form::Raw => der::bits(&signature.to_raw()),
                Form::Negative if high(r) || high(s) => der::bits(&pair(&[integer(&[], r), integer(&[], s)])),
                Form::Padded => der::bits(&pair(&[integer(&[0, 0], r), integer(&[0], s)])),
                Form::Extended => der::bits(&pair(&[der::unsigned(r), der::unsigned(s), der::null()])),
                Form::Zero => der::bits(&pair(&[der::unsigned(&[]), der::unsigned(&[])])),
                Form::Stripped if s.last() == Some(&0) => stripped(&signature.to_der()),
                Form::Negative | Form::Stripped => continue,
            });
        }
    }
}

fn pair(numbers: &[Vec<u8>]) -> Vec<u8> {
    der::sequence(numbers)
}

fn integer(zeros: &[u8], number: &[u8; 32]) -> Vec<u8> {
    der::value(tag::INTEGER, &[zeros, number.as_slice()].concat())
}

/// As OpenSSL writes a BIT STRING without `ASN1_STRING_FLAG_BITS_LEFT`.
fn stripped(bytes: &[u8]) -> Vec<u8> {
    let kept = bytes.len() - bytes.iter().rev().take_while(|byte| **byte == 0).count();
    let kept = bytes.get(..kept).unwrap_or_default();
    let unused = kept.last().map_or(0, |last| last.trailing_zeros());
    der::value(tag::BIT_STRING, &[&[u8::try_from(unused).unwrap_or(0)], kept].concat())
}

/// e of GB/T 32918.2 with any identity; written here again, so that vectors do not lean on what they test.
fn digest(key: &Sm2Signer, user_id: &[u8], message: &[u8]) -> [u8; 32] {
    const CURVE: [&str; 4] = [
        "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC",
        "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93",
        "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7",
        "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0",
    ];
    let bits = u16::try_from(user_id.len() * 8).unwrap_or(u16::MAX).to_be_bytes();
    let curve: Vec<u8> = CURVE.iter().flat_map(|number| hex::decode(number).unwrap_or_default()).collect();
    let sec1 = key.public_key().to_sec1();
    let point = sec1.get(1..).unwrap_or_default();
    let z = sm3(&[&bits, user_id, &curve, point]);
    sm3(&[&z, message])
}

/// What a certificate is to say.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) name: &'static str,
    pub(super) organisation: &'static str,
    pub(super) issuer: &'static str,
    pub(super) serial: u8,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) usage: Option<u8>,
    /// What basicConstraints says of it, where it has any.
    pub(super) authority: bool,
    /// X.509 version: 3, or 1, which has no extensions.
    pub(super) version: u8,
    /// A further, critical extension that nobody knows.
    pub(super) unknown_extension: bool,
    /// extendedKeyUsage: whether it is critical, and the purposes.
    pub(super) extended_usage: Option<(bool, &'static [&'static [u64]])>,
    /// How its issuer signs it.
    pub(super) signing: Signing,
}

impl Plan {
    pub(super) fn new(name: &'static str, serial: u8) -> Self {
        Plan {
            name,
            organisation: ORGANISATION,
            issuer: ROOT,
            serial,
            not_before: super::at("2024-01-01T00:00:00Z"),
            not_after: super::at("2030-01-01T00:00:00Z"),
            usage: Some(SIGNING),
            authority: false,
            version: 3,
            unknown_extension: false,
            extended_usage: None,
            signing: Signing::default(),
        }
    }

    /// The certificate over `key`, signed by `issuer`.
    pub(super) fn issue(&self, key: &Sm2Signer, issuer: &Sm2Signer, stranger: &Sm2Signer) -> Forged<Vec<u8>> {
        let spki = der::sequence(&[
            der::sequence(&[der::oid(&[1, 2, 840, 10045, 2, 1]), der::oid(&[1, 2, 156, 10197, 1, 301])]),
            der::bits(&key.public_key().to_sec1()),
        ]);
        let mut parts = vec![
            der::unsigned(&[self.serial]),
            der::sequence(&[der::oid(self.signing.algorithm)]),
            name(self.issuer, ROOT),
            der::sequence(&[utc_time(self.not_before), utc_time(self.not_after)]),
            name(self.name, self.organisation),
            spki,
        ];
        if self.version > 1 {
            parts.insert(0, der::explicit(0, &der::unsigned(&[self.version - 1])));
            parts.push(der::explicit(3, &der::sequence(&self.extensions())));
        }
        signed(&der::sequence(&parts), &self.signing, issuer, stranger)
    }

    fn extensions(&self) -> Vec<Vec<u8>> {
        let mut extensions = Vec::new();
        if self.authority {
            extensions.push(extension(&[2, 5, 29, 19], true, &der::sequence(&[der::boolean(true)])));
        }
        if let Some(usage) = self.usage {
            let unused = u8::try_from(usage.trailing_zeros()).unwrap_or(0);
            extensions.push(extension(&[2, 5, 29, 15], true, &der::value(tag::BIT_STRING, &[unused, usage])));
        }
        if let Some((critical, purposes)) = self.extended_usage {
            let purposes: Vec<_> = purposes.iter().map(|purpose| der::oid(purpose)).collect();
            extensions.push(extension(&[2, 5, 29, 37], critical, &der::sequence(&purposes)));
        }
        if self.unknown_extension {
            extensions.push(extension(&[1, 2, 3, 4], true, &der::null()));
        }
        if extensions.is_empty() {
            // A list of extensions cannot be empty.
            extensions.push(extension(&[1, 2, 3, 5], false, &der::null()));
        }
        extensions
    }
}

/// SEQUENCE { body, algorithm, signature }.
fn signed(body: &[u8], signing: &Signing, issuer: &Sm2Signer, stranger: &Sm2Signer) -> Forged<Vec<u8>> {
    let signature = signing.sign(issuer, stranger, body)?;
    Ok(der::sequence(&[body.to_vec(), der::sequence(&[der::oid(signing.algorithm)]), signature]))
}

fn extension(oid: &[u64], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { der::boolean(true) } else { Vec::new() };
    der::sequence(&[der::oid(oid), critical, der::octets(value)])
}

pub(super) fn name(common_name: &str, organisation: &str) -> Vec<u8> {
    let attribute = |oid: &[u64], text: &str| der::set_of_one(&der::sequence(&[der::oid(oid), der::utf8(text)]));
    let organisation = if common_name == ROOT { ROOT } else { organisation };
    der::sequence(&[attribute(&[2, 5, 4, 3], common_name), attribute(&[2, 5, 4, 97], organisation)])
}

/// `UTCTime`.
pub(super) fn utc_time(at: Timestamp) -> Vec<u8> {
    der::value(tag::UTC_TIME, at.strftime("%y%m%d%H%M%SZ").to_string().as_bytes())
}

/// `GeneralizedTime`.
pub(super) fn generalized_time(at: Timestamp) -> Vec<u8> {
    der::value(tag::GENERALIZED_TIME, at.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
}

/// One entry of a revocation list.
#[derive(Clone)]
pub(super) struct Revoked {
    pub(super) serial: u8,
    pub(super) since: Timestamp,
    /// reasonCode.
    pub(super) reason: Option<u8>,
    /// invalidityDate.
    pub(super) invalid_from: Option<Timestamp>,
}

impl Revoked {
    pub(super) fn since(serial: u8, since: Timestamp) -> Self {
        Revoked { serial, since, reason: None, invalid_from: None }
    }

    fn to_der(&self) -> Vec<u8> {
        let mut extensions = Vec::new();
        if let Some(reason) = self.reason {
            extensions.push(extension(&[2, 5, 29, 21], false, &der::value(0x0A, &[reason])));
        }
        if let Some(from) = self.invalid_from {
            extensions.push(extension(&[2, 5, 29, 24], false, &generalized_time(from)));
        }
        let mut parts = vec![der::unsigned(&[self.serial]), utc_time(self.since)];
        if !extensions.is_empty() {
            parts.push(der::sequence(&extensions));
        }
        der::sequence(&parts)
    }
}

/// What a revocation list is to say.
#[derive(Clone)]
pub(super) struct ListPlan {
    pub(super) number: u8,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Timestamp,
    pub(super) revoked: Vec<Revoked>,
    /// Whether it only tells what changed since list 1.
    pub(super) delta: bool,
    /// Whether it speaks of end certificates alone (issuingDistributionPoint).
    pub(super) partial: bool,
    pub(super) signing: Signing,
}

impl Default for ListPlan {
    fn default() -> Self {
        ListPlan {
            number: 7,
            this_update: super::hours(-1),
            next_update: super::hours(100),
            revoked: Vec::new(),
            delta: false,
            partial: false,
            signing: Signing::default(),
        }
    }
}

impl ListPlan {
    pub(super) fn issue(&self, issuer: &Sm2Signer, stranger: &Sm2Signer) -> Forged<Vec<u8>> {
        let mut parts = vec![
            der::unsigned(&[1]),
            der::sequence(&[der::oid(self.signing.algorithm)]),
            name(ROOT, ROOT),
            utc_time(self.this_update),
            utc_time(self.next_update),
        ];
        if !self.revoked.is_empty() {
            parts.push(der::sequence(&self.revoked.iter().map(Revoked::to_der).collect::<Vec<_>>()));
        }
        let mut extensions = vec![extension(&[2, 5, 29, 20], false, &der::unsigned(&[self.number]))];
        if self.delta {
            extensions.push(extension(&[2, 5, 29, 27], true, &der::unsigned(&[1])));
        }
        if self.partial {
            extensions.push(extension(&[2, 5, 29, 28], true, &der::sequence(&[der::implicit(2, &[0xFF])])));
        }
        parts.push(der::explicit(0, &der::sequence(&extensions)));
        signed(&der::sequence(&parts), &self.signing, issuer, stranger)
    }
}
