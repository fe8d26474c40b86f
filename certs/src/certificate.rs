//! X.509 certificates: read once, tolerant of what real authorities issue, and judged nowhere in this file.

use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use pki_types::CertificateDer;
use pki_types::pem::PemObject as _;
use standards::code::CreditCode;
use x509_parser::extensions;
use x509_parser::oid_registry::asn1_rs::Oid;
use x509_parser::prelude::{ASN1Time, FromDer as _, ParsedExtension, X509Certificate, X509Extension};

use crate::der::{Element, tag};
use crate::key::PublicKey;
use crate::name::{self, Name};
use crate::{Error, SignatureError, digest, revocation};

/// The most bytes of one certificate.
pub const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;
/// The most bytes of a PEM text, and the most certificates in it.
pub const PEM_BYTES_MAX: usize = 4 * 1024 * 1024;
const PEM_CERTIFICATES_MAX: usize = 1024;
const DISTRIBUTION_POINTS: &str = "2.5.29.31";
const DISTRIBUTION_POINTS_MAX: usize = 64;

/// 证书 An X.509 certificate as it was received. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate(Arc<Facts>);

#[derive(PartialEq, Eq)]
struct Facts {
    der: Vec<u8>,
    signed: Range<usize>,
    signature_algorithm: String,
    signature: Vec<u8>,
    version: u32,
    serial: Vec<u8>,
    issuer: Name,
    subject: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    ca: bool,
    key_usage: Option<KeyUsage>,
    extended_key_usage: Option<ExtendedKeyUsage>,
    subject_key_identifier: Option<Vec<u8>>,
    authority_key_identifier: Option<Vec<u8>>,
    distribution_points: Vec<Vec<u8>>,
    extensions: Vec<String>,
    key_bits: Vec<u8>,
    public_key: Result<PublicKey, SignatureError>,
}

impl Certificate {
    /// Reads one certificate in DER.
    ///
    /// # Errors
    /// [`Error::CertificateTooLong`], or [`Error::CertificateMalformed`] naming the part that cannot be read.
    pub fn from_der(der: Vec<u8>) -> Result<Self, Error> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(Error::CertificateTooLong { bytes: der.len(), bytes_max: CERTIFICATE_BYTES_MAX });
        }
        let malformed = |part| Error::CertificateMalformed { part };
        let parsed = match X509Certificate::from_der(&der) {
            Ok(([], parsed)) => parsed,
            Ok(_) => return Err(malformed("trailing bytes")),
            Err(_) => return Err(malformed("structure")),
        };
        let constraints = parsed.basic_constraints().map_err(|_| malformed("basicConstraints"))?;
        let key_usage = parsed.key_usage().map_err(|_| malformed("keyUsage"))?;
        // Unreadable is as good as absent: nothing is ever allowed by that, and seals do not ask.
        let extended = parsed.extended_key_usage().ok().flatten();
        let facts = Facts {
            signed: signed_range(&der, parsed.tbs_certificate.as_ref()).ok_or(malformed("structure"))?,
            signature_algorithm: parsed.signature_algorithm.algorithm.to_id_string(),
            signature: parsed.signature_value.data.to_vec(),
            version: parsed.version().0.saturating_add(1),
            serial: name::magnitude(parsed.raw_serial()).to_vec(),
            issuer: Name::read(parsed.issuer()),
            subject: Name::read(parsed.subject()),
            not_before: timestamp(parsed.validity().not_before).ok_or(malformed("notBefore"))?,
            not_after: timestamp(parsed.validity().not_after).ok_or(malformed("notAfter"))?,
            ca: constraints.is_some_and(|constraints| constraints.value.ca),
            key_usage: key_usage.map(|usage| KeyUsage(usage.value.flags)),
            extended_key_usage: extended.map(|usage| ExtendedKeyUsage::read(usage.critical, usage.value)),
            subject_key_identifier: subject_key_identifier(parsed.extensions()),
            authority_key_identifier: authority_key_identifier(parsed.extensions()),
            distribution_points: distribution_points(parsed.extensions()).unwrap_or_default(),
            extensions: parsed.extensions().iter().map(|extension| extension.oid.to_id_string()).collect(),
            key_bits: parsed.public_key().subject_public_key.data.to_vec(),
            public_key: PublicKey::from_parsed(parsed.public_key()).map_err(|error| match error {
                Error::KeyUnsupported { .. } => SignatureError::Algorithm,
                _ => SignatureError::Key,
            }),
            der: Vec::new(),
        };
        Ok(Self(Arc::new(Facts { der, ..facts })))
    }

    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// [`Error::NoPem`] where there is none, otherwise as [`Self::from_der`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, Error> {
        Self::all_from_pem(pem)?.into_iter().next().ok_or(Error::NoPem)
    }

    /// Reads every certificate of a PEM text, in order; other things in it are passed over.
    ///
    /// # Errors
    /// When the text or a certificate in it is malformed or over its limit.
    pub fn all_from_pem(pem: &[u8]) -> Result<Vec<Self>, Error> {
        if pem.len() > PEM_BYTES_MAX {
            return Err(Error::CertificateTooLong { bytes: pem.len(), bytes_max: PEM_BYTES_MAX });
        }
        CertificateDer::pem_slice_iter(pem)
            .take(PEM_CERTIFICATES_MAX)
            .map(|der| Self::from_der(der.map_err(|_| Error::NoPem)?.to_vec()))
            .collect()
    }

    /// The bytes as received.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The certificate in PEM.
    pub fn to_pem(&self) -> String {
        name::pem("CERTIFICATE", self.der())
    }

    /// Whom the certificate is for.
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// Who issued it.
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// The serial number in lower-case hexadecimal, without leading zeros.
    pub fn serial(&self) -> String {
        hex::encode(&self.0.serial)
    }

    pub(crate) fn serial_magnitude(&self) -> &[u8] {
        &self.0.serial
    }

    /// The first moment of its period.
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// The last moment of its period.
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// Whether a moment is within its period, both ends included.
    pub fn is_in_period(&self, at: Timestamp) -> bool {
        self.0.not_before <= at && at <= self.0.not_after
    }

    /// 1, 2 or 3. Version 1 certificates, which know no extensions, still occur.
    pub fn version(&self) -> u32 {
        self.0.version
    }

    /// Whether basicConstraints says that this is an authority's certificate.
    pub fn is_ca(&self) -> bool {
        self.0.ca
    }

    /// Whether issuer and subject are the same name: a root, or a certificate that only claims to be one.
    pub fn is_self_issued(&self) -> bool {
        self.0.issuer == self.0.subject
    }

    /// The key that the authorityKeyIdentifier says signed the certificate: the issuer's [`Self::subject_key_identifier`].
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.0.authority_key_identifier.as_deref()
    }

    /// The names of the places where its issuer publishes complete lists about it, each in DER (RFC 5280, 4.2.1.13).
    pub(crate) fn distribution_points(&self) -> &[Vec<u8>] {
        &self.0.distribution_points
    }

    /// The bits of the public key, by which OCSP names it.
    pub(crate) fn key_bits(&self) -> &[u8] {
        &self.0.key_bits
    }

    /// Whether it has an extension with this dotted identifier.
    pub fn has_extension(&self, oid: &str) -> bool {
        self.0.extensions.iter().any(|own| own == oid)
    }

    /// Whether `issuer` could have issued this certificate: it has the issuer's name, and not another key than the identifiers name.
    /// Only a signature proves that it did.
    pub fn names_as_issuer(&self, issuer: &Self) -> bool {
        let other_key =
            self.authority_key_identifier().zip(issuer.subject_key_identifier()).is_some_and(|(a, s)| a != s);
        self.issuer() == issuer.subject() && !other_key
    }

    /// What the key may be used for, `None` where the certificate does not say.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.key_usage
    }

    /// What extKeyUsage limits the key to, `None` where the certificate does not say.
    pub fn extended_key_usage(&self) -> Option<&ExtendedKeyUsage> {
        self.0.extended_key_usage.as_ref()
    }

    /// The subjectKeyIdentifier, by which signers may name the certificate.
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.0.subject_key_identifier.as_deref()
    }

    /// How keyUsage judges one use of the key.
    pub fn judge_usage(&self, usage: Use) -> UsageVerdict {
        match self.key_usage() {
            None => UsageVerdict::Unstated,
            Some(allowed) if allowed.allows(usage) => UsageVerdict::Allowed,
            Some(_) => UsageVerdict::Forbidden,
        }
    }

    /// The public key.
    ///
    /// # Errors
    /// [`SignatureError::Algorithm`] where it is of a kind that is not supported, [`SignatureError::Key`] where it is of a supported
    /// kind and no key.
    pub fn public_key(&self) -> Result<&PublicKey, SignatureError> {
        self.0.public_key.as_ref().map_err(|fault| *fault)
    }

    /// Whether `issuer`'s key signed this certificate. This alone is no path: see [`crate::path`].
    ///
    /// # Errors
    /// What is wrong with the signature.
    pub fn verify_signed_by(&self, issuer: &Self) -> Result<(), SignatureError> {
        let signed = self.0.der.get(self.0.signed.clone()).unwrap_or_default();
        issuer.public_key()?.verify(&self.0.signature_algorithm, signed, &self.0.signature)
    }

    /// The credit code of the organisation that the certificate is for: from organizationIdentifier (2.5.4.97, also with a prefix
    /// such as `GOVCN-`), then serialNumber, then OU, then the beginning of O, where government seals of production carry it.
    pub fn organisation_code(&self) -> Option<CreditCode> {
        self.0.subject.credit_code()
    }

    /// SHA-256 of the bytes.
    pub fn fingerprint(&self) -> [u8; 32] {
        digest::sha256(&[&self.0.der])
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({}, serial {})", self.subject(), self.serial())
    }
}

/// What a key may be used for (RFC 5280, 4.2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    fn bit(self, number: u16) -> bool {
        self.0 & (1 << number) != 0
    }

    /// Whether one use is allowed.
    pub fn allows(self, usage: Use) -> bool {
        match usage {
            Use::Signing => self.bit(0) || self.bit(1),
            Use::IssuingCertificates => self.bit(5),
            Use::IssuingLists => self.bit(6),
        }
    }
}

/// A use of a key that keyUsage has a word on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// digitalSignature or nonRepudiation: seals, messages, TLS.
    Signing,
    /// keyCertSign.
    IssuingCertificates,
    /// cRLSign.
    IssuingLists,
}

/// How keyUsage judges one use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageVerdict {
    /// keyUsage names the use.
    Allowed,
    /// There is no keyUsage: a hint, no failure.
    Unstated,
    /// keyUsage is there and does not name the use.
    Forbidden,
}

/// What a key is limited to (RFC 5280, 4.2.1.12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedKeyUsage {
    critical: bool,
    purposes: Vec<String>,
}

impl ExtendedKeyUsage {
    fn read(critical: bool, parsed: &extensions::ExtendedKeyUsage<'_>) -> Self {
        let named = [
            (parsed.any, "2.5.29.37.0"),
            (parsed.server_auth, "1.3.6.1.5.5.7.3.1"),
            (parsed.client_auth, "1.3.6.1.5.5.7.3.2"),
            (parsed.code_signing, "1.3.6.1.5.5.7.3.3"),
            (parsed.email_protection, "1.3.6.1.5.5.7.3.4"),
            (parsed.time_stamping, "1.3.6.1.5.5.7.3.8"),
            (parsed.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
        ];
        let mut purposes: Vec<_> =
            named.into_iter().filter(|(there, _)| *there).map(|(_, oid)| oid.to_owned()).collect();
        purposes.extend(parsed.other.iter().map(Oid::to_id_string));
        Self { critical, purposes }
    }

    /// Whether a reader who does not understand it must refuse the certificate.
    pub fn is_critical(&self) -> bool {
        self.critical
    }

    /// The dotted purposes that the key is limited to.
    pub fn purposes(&self) -> &[String] {
        &self.purposes
    }
}

fn subject_key_identifier(extensions: &[X509Extension<'_>]) -> Option<Vec<u8>> {
    extensions.iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0.to_vec()),
        _ => None,
    })
}

/// Points for some reasons only, or of another issuer's lists, are left out; so is what cannot be read: no list is then for it.
fn distribution_points(extensions: &[X509Extension<'_>]) -> Option<Vec<Vec<u8>>> {
    let extension = extensions.iter().find(|extension| extension.oid.to_id_string() == DISTRIBUTION_POINTS)?;
    let mut names = Vec::new();
    for point in Element::only(extension.value).ok()?.children(DISTRIBUTION_POINTS_MAX).ok()? {
        if let [name] = &point.children(3).ok()?[..]
            && name.tag == tag::CONTEXT_0
        {
            names.extend(revocation::point_names(name).ok()?);
        }
    }
    Some(names)
}

/// The key identifier of an authorityKeyIdentifier, of a certificate or a revocation list.
pub(crate) fn authority_key_identifier(extensions: &[X509Extension<'_>]) -> Option<Vec<u8>> {
    extensions.iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(identifier) => Some(identifier.key_identifier.as_ref()?.0.to_vec()),
        _ => None,
    })
}

pub(crate) fn timestamp(time: ASN1Time) -> Option<Timestamp> {
    Timestamp::from_second(time.timestamp()).ok()
}

/// Where the signed part lies within the whole.
pub(crate) fn signed_range(whole: &[u8], part: &[u8]) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let range = start..start.checked_add(part.len())?;
    (whole.get(range.clone())? == part).then_some(range)
}
