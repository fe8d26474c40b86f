//! GB/T 35275 and RFC 5652 `SignedData`: a borrowed reader that keeps every byte as stored, and decides nothing.

use crate::certificate::Certificate;
use crate::der::{DerFault, Element, Reader, tag};
use crate::name::magnitude;

mod attributes;
mod fault;

pub use attributes::{Attribute, Attributes};
use fault::reading;
pub use fault::{Part, SignedDataFault};

/// The most bytes of one `SignedData`, its content included.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most signers that one `SignedData` may have.
pub const SIGNERS_MAX: usize = 32;
/// The most certificates that one `SignedData` may carry.
pub const CERTIFICATES_MAX: usize = 256;
/// The most revocation lists that one `SignedData` may carry.
pub const LISTS_MAX: usize = 64;
/// The most attributes of one signer, signed and unsigned counted apart.
pub const ATTRIBUTES_MAX: usize = 64;

/// The content types of `SignedData` itself: GB/T 35275, PKCS #7 and RFC 5652.
const SIGNED_DATA: [&str; 2] = ["1.2.156.10197.6.1.4.2.2", "1.2.840.113549.1.7.2"];
/// Version 1 is GB/T 35275 and PKCS #7; 3 to 5 are RFC 5652, 5.1.
const VERSION_MAX: u32 = 5;

/// 签名数据 A `SignedData` in its `ContentInfo`, borrowed from the bytes that hold it.
///
/// It may have no signer at all: that is how bundles of certificates and revocation lists travel.
#[derive(Debug, Clone)]
pub struct SignedData<'a> {
    content_type: String,
    content: Option<&'a [u8]>,
    certificates: Vec<&'a [u8]>,
    lists: Vec<&'a [u8]>,
    signers: Vec<SignerInfo<'a>>,
}

/// 签名者信息 What one signer adds (GB/T 35275, RFC 5652 5.3).
#[derive(Debug, Clone)]
pub struct SignerInfo<'a> {
    id: SignerId<'a>,
    digest_algorithm: String,
    attributes: Option<Attributes<'a>>,
    signature_algorithm: String,
    signature: &'a [u8],
    unsigned_attributes: Option<Attributes<'a>>,
}

/// How a signer says which certificate is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignerId<'a> {
    /// By issuer and serial number: GB/T 35275 knows this way alone.
    Issued {
        /// The issuer's name in DER, as stored.
        issuer_raw: &'a [u8],
        /// The serial number, big-endian, without leading zeros.
        serial: &'a [u8],
    },
    /// By the certificate's subjectKeyIdentifier.
    SubjectKey(&'a [u8]),
}

impl<'a> SignedData<'a> {
    /// Reads a `ContentInfo` with a `SignedData` in DER, and nothing behind it.
    ///
    /// # Errors
    /// [`SignedDataFault`]; a limit is judged before what it limits is read.
    pub fn read(bytes: &'a [u8]) -> Result<Self, SignedDataFault> {
        if bytes.len() > BYTES_MAX {
            return Err(SignedDataFault::TooLong { bytes: bytes.len(), bytes_max: BYTES_MAX });
        }
        let mut info = reading(Part::ContentInfo, Element::only(bytes).and_then(|it| it.reader_of(tag::SEQUENCE)))?;
        let kind = reading(Part::ContentInfo, info.object_identifier())?;
        if !SIGNED_DATA.contains(&kind.as_str()) {
            return Err(SignedDataFault::NotSignedData { content_type: kind });
        }
        let wrapped = reading(Part::ContentInfo, only_within(&mut info, tag::CONTEXT_0))?;
        reading(Part::ContentInfo, info.end())?;
        let mut body = reading(Part::SignedData, wrapped.reader_of(tag::SEQUENCE))?;
        let version = reading(Part::SignedData, body.number())?;
        if !(1..=VERSION_MAX).contains(&version) {
            return Err(SignedDataFault::Version { version });
        }
        let digests = reading(Part::SignedData, body.expect(tag::SET))?;
        for digest in elements(Part::SignedData, digests, SIGNERS_MAX)? {
            // Each signer names its own: these are for readers who hash before they come to the signers.
            reading(Part::SignedData, algorithm(&mut Reader::new(digest.raw)))?;
        }
        let (content_type, content) = reading(Part::Content, content(&mut body))?;
        let mut optional = |part, tag, max| {
            let found = reading(part, body.optional(tag))?;
            found.map_or_else(|| Ok(Vec::new()), |set| elements(part, set, max))
        };
        let certificates = optional(Part::Certificates, tag::CONTEXT_0, CERTIFICATES_MAX)?;
        let lists = optional(Part::Lists, tag::CONTEXT_1, LISTS_MAX)?;
        let signers = reading(Part::Signers, body.expect(tag::SET))?;
        reading(Part::SignedData, body.end())?;
        let signers = elements(Part::Signers, signers, SIGNERS_MAX)?;
        Ok(SignedData {
            content_type,
            content,
            certificates: of_sequences(&certificates),
            lists: of_sequences(&lists),
            signers: signers.into_iter().map(SignerInfo::read).collect::<Result<_, _>>()?,
        })
    }

    /// The dotted type of what is signed.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// What is signed, `None` where it lies elsewhere (a detached signature).
    pub fn content(&self) -> Option<&'a [u8]> {
        self.content
    }

    /// The certificates that travel along, each in DER as stored. Nothing vouches for them.
    pub fn certificates(&self) -> &[&'a [u8]] {
        &self.certificates
    }

    /// The revocation lists that travel along, each in DER as stored.
    pub fn lists(&self) -> &[&'a [u8]] {
        &self.lists
    }

    /// The signers, in the order in which they are stored.
    pub fn signers(&self) -> &[SignerInfo<'a>] {
        &self.signers
    }
}

impl<'a> SignerInfo<'a> {
    fn read(element: Element<'a>) -> Result<Self, SignedDataFault> {
        let mut fields = reading(Part::Signer, element.reader_of(tag::SEQUENCE))?;
        // 1 with issuer and serial number, 3 with a key identifier: the identifier itself tells.
        reading(Part::Signer, fields.number())?;
        let id = reading(Part::Signer, SignerId::read(&mut fields))?;
        let digest_algorithm = reading(Part::Signer, algorithm(&mut fields))?;
        let signed = reading(Part::Signer, fields.optional(tag::CONTEXT_0))?;
        let signature_algorithm = reading(Part::Signer, algorithm(&mut fields))?;
        let signature = reading(Part::Signer, fields.octets())?;
        let unsigned = reading(Part::Signer, fields.optional(tag::CONTEXT_1))?;
        reading(Part::Signer, fields.end())?;
        Ok(SignerInfo {
            id,
            digest_algorithm,
            attributes: signed.map(Attributes::read).transpose()?,
            signature_algorithm,
            signature,
            unsigned_attributes: unsigned.map(Attributes::read).transpose()?,
        })
    }

    /// How the signer names its certificate.
    pub fn id(&self) -> SignerId<'a> {
        self.id
    }

    /// The dotted algorithm of the message digest.
    pub fn digest_algorithm(&self) -> &str {
        &self.digest_algorithm
    }

    /// The signed attributes, `None` where the signature is over the content itself.
    pub fn attributes(&self) -> Option<&Attributes<'a>> {
        self.attributes.as_ref()
    }

    /// The dotted algorithm of the signature; some products name the key's algorithm here.
    pub fn signature_algorithm(&self) -> &str {
        &self.signature_algorithm
    }

    /// The signature value, as stored.
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// Attributes that the signature does not cover: a time stamp over it, for example.
    pub fn unsigned_attributes(&self) -> Option<&Attributes<'a>> {
        self.unsigned_attributes.as_ref()
    }

    /// The first certificate of `data` that the signer names; those that cannot be read are passed over.
    pub fn certificate(&self, data: &SignedData<'_>) -> Option<Certificate> {
        let read = |der: &&[u8]| Certificate::from_der(der.to_vec()).ok();
        data.certificates.iter().filter_map(read).find(|certificate| self.id.names(certificate))
    }
}

impl<'a> SignerId<'a> {
    fn read(fields: &mut Reader<'a>) -> Result<Self, DerFault> {
        if let Some(key) = fields.optional(tag::PRIMITIVE_0)? {
            return Ok(SignerId::SubjectKey(key.value));
        }
        let mut issued = fields.sequence()?;
        let issuer_raw = issued.expect(tag::SEQUENCE)?.raw;
        let serial = magnitude(issued.expect(tag::INTEGER)?.value);
        issued.end()?;
        Ok(SignerId::Issued { issuer_raw, serial })
    }

    /// Whether the signer names this certificate.
    pub fn names(&self, certificate: &Certificate) -> bool {
        match self {
            SignerId::Issued { issuer_raw, serial } => {
                certificate.issuer().der() == *issuer_raw && certificate.serial_magnitude() == *serial
            }
            SignerId::SubjectKey(key) => certificate.subject_key_identifier() == Some(*key),
        }
    }
}

/// `EncapsulatedContentInfo`: PKCS #7 allows anything as content, everybody writes an OCTET STRING.
fn content<'a>(body: &mut Reader<'a>) -> Result<(String, Option<&'a [u8]>), DerFault> {
    let mut fields = body.sequence()?;
    let content_type = fields.object_identifier()?;
    let content = if fields.is_empty() {
        None
    } else {
        let wrapped = only_within(&mut fields, tag::CONTEXT_0)?;
        Some(Reader::new(wrapped.raw).octets()?)
    };
    fields.end()?;
    Ok((content_type, content))
}

/// The one element within the next element, which must have this tag.
fn only_within<'a>(reader: &mut Reader<'a>, tag: u8) -> Result<Element<'a>, DerFault> {
    Element::only(reader.expect(tag)?.value)
}

/// The dotted identifier of an `AlgorithmIdentifier`; its parameters, where there are any, are one element.
pub(crate) fn algorithm(reader: &mut Reader<'_>) -> Result<String, DerFault> {
    let mut fields = reader.sequence()?;
    let oid = fields.object_identifier()?;
    if !fields.is_empty() {
        fields.any()?;
    }
    fields.end()?;
    Ok(oid)
}

fn elements(part: Part, set: Element<'_>, max: usize) -> Result<Vec<Element<'_>>, SignedDataFault> {
    reading(part, set.children(max))
}

/// Certificates and lists of X.509 are SEQUENCEs; other kinds have tags of their own and nobody here uses them.
fn of_sequences<'a>(elements: &[Element<'a>]) -> Vec<&'a [u8]> {
    elements.iter().filter(|element| element.tag == tag::SEQUENCE).map(|element| element.raw).collect()
}
