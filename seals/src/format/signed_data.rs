//! GB/T 35275 `SignedData` (Type="Sign"): a signature without a seal, over its attributes, its content, or Signature.xml itself.
use std::borrow::Cow;

use certs::{
    der::{Bits, Element, Reader},
    digest::DigestAlgorithm,
    key::{RSA_ENCRYPTION, RSA_WITH_SHA256},
    signed_data::{Attributes, SignedData, SignerInfo},
};
use jiff::Timestamp;

use super::{Parsed, Reading, Shape, SignatureValue, Signing};
use crate::{
    finding::{Finding, Role},
    note::Notes,
    report::Kind,
    time,
};

const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
/// The unsigned attribute with a time stamp over the signature value (RFC 3161, appendix A).
const TIME_STAMP: &str = "1.2.840.113549.1.9.16.2.14";

/// 数字签名 of a document, read and not yet verified.
#[derive(Debug)]
pub(crate) struct DataSignature<'a> {
    pub(crate) signing: Signing<'a>,
    digest: DigestAlgorithm,
    over: Over<'a>,
}

/// What the signature is over.
#[derive(Debug)]
enum Over<'a> {
    /// The attributes, which state the digest of the content; the content may lie outside.
    Attributes { signed: Vec<u8>, message_digest: &'a [u8], content: Option<&'a [u8]> },
    /// The content: Signature.xml, or its digest.
    Content(&'a [u8]),
    /// Signature.xml, or its digest, of which there is nothing inside.
    Document,
}

pub(super) fn reads(shape: Shape) -> bool {
    match shape.kind {
        Kind::SignedData => true,
        Kind::Seal | Kind::Ses => false,
    }
}

pub(super) fn read<'a>(root: Element<'a>, _: Shape, reading: &mut Reading<'_>) -> Result<Parsed<'a>, Finding> {
    let data = SignedData::read(root.raw)?;
    let [signer] = data.signers() else {
        return Err(Finding::SignerCount { count: data.signers().len() });
    };
    let unsupported =
        |algorithm: &str| Finding::AlgorithmUnsupported { role: Role::Signer, algorithm: algorithm.into() };
    let digest = signer.digest_algorithm();
    let digest = DigestAlgorithm::from_oid(digest).ok_or_else(|| unsupported(digest))?;
    let certificate = signer.certificate(&data).ok_or(Finding::SignerCertificateAbsent)?;
    let bits = Bits { bytes: signer.signature(), unused: 0 };
    let signature = SignatureValue::read(algorithm(signer, digest), bits, Role::Signer, reading.notes)?;
    let signed_at = signer.attributes().map(|it| signing_time(it, reading.notes)).transpose()?.flatten();
    let time_stamp = match signer.unsigned_attributes() {
        Some(attributes) => attributes.single(TIME_STAMP)?.map(|element| element.raw),
        None => None,
    };
    let over = match (signer.attributes(), data.content()) {
        (Some(attributes), content) => Over::Attributes {
            signed: attributes.signed_bytes(),
            message_digest: attributes
                .message_digest()?
                .ok_or(Finding::SignedAttributeMissing { attribute: "messageDigest" })?,
            content,
        },
        (None, Some(content)) => Over::Content(content),
        (None, None) => Over::Document,
    };
    let signing = Signing { signer: certificate, signed_at, signature, value: signer.signature(), time_stamp };
    Ok(Parsed::Data(DataSignature { signing, digest, over }))
}

/// Some products name the key's algorithm where the signature's belongs.
fn algorithm(signer: &SignerInfo<'_>, digest: DigestAlgorithm) -> String {
    match (signer.signature_algorithm(), digest) {
        (RSA_ENCRYPTION, DigestAlgorithm::Sha256) => RSA_WITH_SHA256.to_owned(),
        (named, _) => named.to_owned(),
    }
}

fn signing_time(attributes: &Attributes<'_>, notes: &mut Notes) -> Result<Option<Timestamp>, Finding> {
    let Some(value) = attributes.single(SIGNING_TIME)? else { return Ok(None) };
    time::read(&mut Reader::new(value.raw), time::Form::Either, notes).map(Some)
}

impl DataSignature<'_> {
    /// The bytes that the signature may be over; it must be over one of them. `None` where they lie in the document alone.
    pub(crate) fn signed(&self, document: Option<&[u8]>) -> Option<Vec<Cow<'_, [u8]>>> {
        match &self.over {
            Over::Attributes { signed, .. } => Some(vec![Cow::Borrowed(signed)]),
            Over::Content(content) => Some(vec![Cow::Borrowed(*content)]),
            Over::Document => {
                document.map(|document| vec![Cow::Owned(document.to_vec()), Cow::Owned(self.digest(document))])
            }
        }
    }

    /// Whether the signed statement is about this document. `None` where it is no statement but the document itself.
    ///
    /// Products sign Signature.xml or its digest; where that is hashed once more, it still names no other document.
    pub(crate) fn is_about(&self, document: &[u8]) -> Option<bool> {
        let is_document = |content: &[u8]| content == document || content == self.digest(document);
        match &self.over {
            Over::Attributes { message_digest, content: Some(content), .. } => {
                Some(is_document(content) && self.digest(content) == *message_digest)
            }
            Over::Attributes { message_digest, content: None, .. } => {
                let once = self.digest(document);
                Some(once == *message_digest || self.digest(&once) == *message_digest)
            }
            Over::Content(content) => Some(is_document(content)),
            Over::Document => None,
        }
    }

    /// The content that travels inside, judged against its own digest where no document is at hand.
    pub(crate) fn content_holds(&self) -> bool {
        match &self.over {
            Over::Attributes { message_digest, content: Some(content), .. } => self.digest(content) == *message_digest,
            Over::Attributes { content: None, .. } | Over::Content(_) | Over::Document => true,
        }
    }

    fn digest(&self, bytes: &[u8]) -> Vec<u8> {
        self.digest.digest(&[bytes]).to_vec()
    }
}
