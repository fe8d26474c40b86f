//! Which certificate a token names as its signer's (RFC 2634 5.4, RFC 5035 4).

use super::info::digest_algorithm;
use super::{TimeStampFault, within};
use crate::certificate::Certificate;
use crate::der::{DerFault, Element, Reader, tag};
use crate::digest::{DigestAlgorithm, sha1_of_certificate};
use crate::name::magnitude;
use crate::signed_data::{Attributes, algorithm};

/// The attributes signingCertificate and signingCertificateV2.
const ATTRIBUTES: [(&str, Edition); 2] =
    [("1.2.840.113549.1.9.16.2.12", Edition::First), ("1.2.840.113549.1.9.16.2.47", Edition::Second)];
/// `GeneralName` directoryName.
const DIRECTORY_NAME: u8 = 0xA4;

/// The two forms of a name.
#[derive(Clone, Copy)]
enum Edition {
    /// `ESSCertID`: by SHA-1.
    First,
    /// `ESSCertIDv2`: by the digest that it states, SHA-256 where it states none.
    Second,
}

/// Where the token names its signer's certificate by digest, it must be this one: otherwise another certificate of the same key,
/// with other rights, could be put in its place.
pub(super) fn check_named(attributes: &Attributes<'_>, authority: &Certificate) -> Result<(), TimeStampFault> {
    for (oid, edition) in ATTRIBUTES {
        let Some(value) = attributes.single(oid)? else { continue };
        let malformed = |_| TimeStampFault::InfoMalformed { part: "signingCertificate" };
        let all = value.reader_of(tag::SEQUENCE).and_then(|mut fields| fields.sequence());
        // The first is the signer's; others would limit the path.
        let first = all
            .and_then(|mut all| all.any())
            .and_then(|first| within(first.raw, |name| NamedCertificate::read(name, edition)))
            .map_err(malformed)?;
        if !first.is(authority)? {
            return Err(TimeStampFault::OtherCertificate);
        }
    }
    Ok(())
}

/// A certificate as a token names it.
struct NamedCertificate<'a> {
    /// The dotted digest algorithm, `None` for SHA-1.
    algorithm: Option<String>,
    digest: &'a [u8],
    issued: Option<Issued<'a>>,
}

/// `IssuerSerial`.
struct Issued<'a> {
    /// The issuer's name in DER, where it is a distinguished name.
    issuer: Option<&'a [u8]>,
    serial: &'a [u8],
}

impl<'a> NamedCertificate<'a> {
    fn read(fields: &mut Reader<'a>, edition: Edition) -> Result<Self, DerFault> {
        let stated = fields.peek_tag() == Some(tag::SEQUENCE);
        let algorithm = match edition {
            Edition::First => None,
            Edition::Second if stated => Some(algorithm(fields)?),
            Edition::Second => Some(DigestAlgorithm::Sha256.oid().to_owned()),
        };
        Ok(Self { algorithm, digest: fields.octets()?, issued: Issued::read(fields)? })
    }

    fn is(&self, certificate: &Certificate) -> Result<bool, TimeStampFault> {
        let same_digest = match self.algorithm.as_deref() {
            None => sha1_of_certificate(certificate.der()) == self.digest,
            Some(oid) => digest_algorithm(oid)?.digest(&[certificate.der()]) == self.digest,
        };
        Ok(same_digest && self.issued.as_ref().is_none_or(|issued| issued.is_of(certificate)))
    }
}

impl<'a> Issued<'a> {
    fn read(fields: &mut Reader<'a>) -> Result<Option<Self>, DerFault> {
        let Some(element) = fields.optional(tag::SEQUENCE)? else { return Ok(None) };
        let mut fields = element.reader();
        let name = fields.sequence()?.optional(DIRECTORY_NAME)?;
        let issuer = name.map(|name| Element::only(name.value)).transpose()?.map(|name| name.raw);
        let serial = magnitude(fields.expect(tag::INTEGER)?.value);
        fields.end()?;
        Ok(Some(Self { issuer, serial }))
    }

    fn is_of(&self, certificate: &Certificate) -> bool {
        certificate.serial_magnitude() == self.serial
            && self.issuer.is_none_or(|issuer| certificate.issuer().der() == issuer)
    }
}
