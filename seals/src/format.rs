//! The formats of seals and seal signatures, told apart by their shape.
mod parts;
mod signature_value;
mod signed_data;
mod v1;
mod v4;
mod v5;

use certs::der::{DerFault, Element, tag};
use certs::{certificate::Certificate, digest::DigestAlgorithm};
use jiff::Timestamp;

pub(crate) use signature_value::SignatureValue;
pub(crate) use signed_data::DataSignature;

use crate::{finding::Finding, limits::Limits, note::Notes, report::Kind};

/// 电子印章, read and not yet verified. Borrowed from the bytes that hold it.
#[derive(Debug)]
pub(crate) struct Seal<'a> {
    /// The whole `SESeal` as stored: what Seal.esl must equal.
    pub(crate) raw: &'a [u8],
    pub(crate) info: SealInfo<'a>,
    pub(crate) maker: Certificate,
    /// The bytes that the maker signed.
    pub(crate) signed: Vec<u8>,
    pub(crate) signature: SignatureValue<'a>,
    /// The octets of the signature value, as stored: what a time stamp is over.
    pub(crate) value: &'a [u8],
    pub(crate) time_stamp: Option<&'a [u8]>,
}

/// 印章信息 `SES_SealInfo`: what a seal says of itself.
#[derive(Debug)]
pub(crate) struct SealInfo<'a> {
    /// Header version: it decides the profile that the seal is judged by.
    pub(crate) version: u32,
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) signers: SignerList<'a>,
    pub(crate) created_at: Timestamp,
    pub(crate) valid_from: Timestamp,
    pub(crate) valid_until: Timestamp,
    /// The identifier of the first critical extension in extDatas; none is known here.
    pub(crate) critical_extension: Option<String>,
}

/// 签章者证书信息列表: who may use the seal.
#[derive(Debug)]
pub(crate) enum SignerList<'a> {
    Certificates(Vec<&'a [u8]>),
    /// Name of the digest algorithm, and the digest.
    Digests(Vec<(&'a str, &'a [u8])>),
}

impl SignerList<'_> {
    /// Whether a certificate may use the seal: listed byte for byte, or by its digest (GB/T 38540-2020 7.3 c)).
    pub(crate) fn lists(&self, certificate: &Certificate) -> bool {
        let der = certificate.der();
        match self {
            SignerList::Certificates(certificates) => certificates.contains(&der),
            SignerList::Digests(digests) => {
                // Once, however long the list is.
                let of_certificate = [DigestAlgorithm::Sm3, DigestAlgorithm::Sha256]
                    .map(|algorithm| (algorithm, algorithm.digest(&[der])));
                digests.iter().any(|(written, digest)| {
                    // Products write the algorithm as object identifier or as name.
                    let sm3 = written.eq_ignore_ascii_case("SM3").then_some(DigestAlgorithm::Sm3);
                    let algorithm = sm3.or_else(|| DigestAlgorithm::from_oid(written));
                    of_certificate.iter().any(|(known, own)| algorithm == Some(*known) && own.as_slice() == *digest)
                })
            }
        }
    }
}

/// 电子签章数据, read and not yet verified.
#[derive(Debug)]
pub(crate) struct SealSignature<'a> {
    pub(crate) seal: Seal<'a>,
    pub(crate) signing: Signing<'a>,
    /// 原文杂凑值: digest of Signature.xml.
    pub(crate) document_digest: Vec<u8>,
    pub(crate) property: &'a str,
    /// As [`SealInfo::critical_extension`], in the extDatas of `TBS_Sign`.
    pub(crate) critical_extension: Option<String>,
    /// `TBS_Sign` as stored: what the signer signed.
    pub(crate) signed: &'a [u8],
}

/// What every signature of a document has, with a seal or without.
#[derive(Debug)]
pub(crate) struct Signing<'a> {
    pub(crate) signer: Certificate,
    /// The claimed signing time. `None` where the signature itself does not say it.
    pub(crate) signed_at: Option<Timestamp>,
    pub(crate) signature: SignatureValue<'a>,
    /// The octets of the signature value, as stored.
    pub(crate) value: &'a [u8],
    /// A time stamp, and nothing around it.
    pub(crate) time_stamp: Option<&'a [u8]>,
}

/// What a format gives.
#[derive(Debug)]
pub(crate) enum Parsed<'a> {
    Seal(Seal<'a>),
    Signature(Box<SealSignature<'a>>),
    Data(DataSignature<'a>),
}

impl<'a> Parsed<'a> {
    pub(crate) fn seal(&self) -> Option<&Seal<'a>> {
        match self {
            Parsed::Seal(seal) => Some(seal),
            Parsed::Signature(signature) => Some(&signature.seal),
            Parsed::Data(_) => None,
        }
    }

    pub(crate) fn seal_signature(&self) -> Option<&SealSignature<'a>> {
        match self {
            Parsed::Signature(signature) => Some(signature),
            Parsed::Seal(_) | Parsed::Data(_) => None,
        }
    }

    pub(crate) fn signing(&self) -> Option<&Signing<'a>> {
        match self {
            Parsed::Seal(_) => None,
            Parsed::Signature(signature) => Some(&signature.signing),
            Parsed::Data(data) => Some(&data.signing),
        }
    }
}

/// What a reader needs beside the bytes: the limits, and where to note what it tolerated.
pub(crate) struct Reading<'r> {
    pub(crate) limits: &'r Limits,
    pub(crate) notes: &'r mut Notes,
}

/// What the outermost elements tell before anything is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) kind: Kind,
    /// Fields of the outermost SEQUENCE.
    pub(crate) fields: usize,
    /// Version in the seal's header; 1 for `SignedData`, which has none.
    pub(crate) version: u32,
}

/// One row of the table: a reader and the shapes that it reads.
struct Format {
    /// The standard that it is laid down in.
    standard: &'static str,
    /// What tells it from the others.
    told_by: &'static str,
    reads: fn(Shape) -> bool,
    read: for<'a> fn(Element<'a>, Shape, &mut Reading<'_>) -> Result<Parsed<'a>, Finding>,
}

/// All formats. A new one is one file and one row.
const FORMATS: [Format; 4] = [
    Format {
        standard: "GB/T 38540-2020",
        told_by: "header version 4; a seal of 4 fields, a seal signature of 4 or 5",
        reads: v4::reads,
        read: v4::read,
    },
    Format {
        standard: "GM/T 0031-2014",
        told_by: "header version 1, or 2 as vendors write it; a seal or seal signature of 2 fields",
        reads: v1::reads,
        read: v1::read,
    },
    Format {
        standard: "GM/T 0031-2025",
        told_by: "header version 5; a seal or seal signature of 4 or 5 fields",
        reads: v5::reads,
        read: v5::read,
    },
    Format {
        standard: "GB/T 35275-2017",
        told_by: "an object identifier first: SignedData of GB/T 35275 or RFC 5652",
        reads: signed_data::reads,
        read: signed_data::read,
    },
];

/// Each format by its standard, and what tells it from the others.
pub(crate) fn standards() -> impl Iterator<Item = (&'static str, &'static str)> {
    FORMATS.iter().map(|format| (format.standard, format.told_by))
}

/// The outcome of reading: the shape is known even where the rest could not be read.
pub(crate) struct Read<'a> {
    pub(crate) shape: Option<Shape>,
    pub(crate) parsed: Result<Parsed<'a>, Finding>,
}

/// Reads whatever the bytes are.
pub(crate) fn read<'a>(bytes: &'a [u8], reading: &mut Reading<'_>) -> Read<'a> {
    if bytes.len() > reading.limits.seal_bytes_max {
        let bytes_max = reading.limits.seal_bytes_max;
        let finding = Finding::TooLarge { what: "the signature value", bytes: bytes.len(), bytes_max };
        return Read { shape: None, parsed: Err(finding) };
    }
    let shaped = Element::only(bytes).map_err(Finding::from).and_then(|root| Ok((root, shape(&root)?)));
    match shaped {
        Ok((root, shape)) => Read { shape: Some(shape), parsed: read_as(root, shape, reading) },
        Err(finding) => Read { shape: None, parsed: Err(finding) },
    }
}

fn read_as<'a>(root: Element<'a>, shape: Shape, reading: &mut Reading<'_>) -> Result<Parsed<'a>, Finding> {
    match FORMATS.iter().find(|format| (format.reads)(shape)) {
        Some(format) => (format.read)(root, shape, reading),
        None if [1, 2, 4, 5].contains(&shape.version) => Err(Finding::UnknownShape { fields: shape.fields }),
        None => Err(Finding::FormatUnsupported { what: "a seal of another version than 1, 2, 4 and 5" }),
    }
}

/// Most fields that any layout has outermost; more is no seal.
const FIELDS_MAX: usize = 5;

fn shape(root: &Element<'_>) -> Result<Shape, Finding> {
    if root.tag != tag::SEQUENCE {
        return Err(DerFault::Tag { expected: tag::SEQUENCE, got: root.tag }.into());
    }
    let children = root.children(FIELDS_MAX)?;
    let fields = children.len();
    let first = children.first().ok_or(DerFault::Missing)?;
    match (first.tag, first.reader().peek_tag()) {
        (tag::OBJECT_IDENTIFIER, _) => Ok(Shape { kind: Kind::SignedData, fields, version: 1 }),
        // TBS_Sign begins with its version, SES_SealInfo with its header.
        (tag::SEQUENCE, Some(tag::INTEGER)) => {
            let mut tbs = first.reader();
            tbs.any()?;
            let info = tbs.sequence()?.sequence()?;
            Ok(Shape { kind: Kind::Ses, fields, version: header_version(info)? })
        }
        (tag::SEQUENCE, Some(tag::SEQUENCE)) => {
            Ok(Shape { kind: Kind::Seal, fields, version: header_version(first.reader())? })
        }
        _ => Err(Finding::UnknownShape { fields }),
    }
}

fn header_version(mut info: certs::der::Reader<'_>) -> Result<u32, DerFault> {
    let mut header = info.sequence()?;
    header.any()?;
    header.number()
}
