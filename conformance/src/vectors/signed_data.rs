//! `SignedData` of GB/T 35275 and RFC 5652, written field by field: signatures without a seal, and time stamps.
use certs::certificate::Certificate;
use certs::der::{tag, write as der};
use certs::digest::sm3;
use certs::signing::Sm2Signer;
use jiff::Timestamp;

use super::forge::{SM3, Signing, generalized_time, utc_time};
use super::seal::{AS_IT_IS, Cast, Edit, Fields};
use super::{Forged, cannot, hours};

const GM_DATA: &[u64] = &[1, 2, 156, 10197, 6, 1, 4, 2, 1];
const GM_SIGNED_DATA: &[u64] = &[1, 2, 156, 10197, 6, 1, 4, 2, 2];
const SIGNED_DATA: &[u64] = &[1, 2, 840, 113_549, 1, 7, 2];
const STATEMENT: &[u64] = &[1, 2, 840, 113_549, 1, 9, 16, 1, 4];
const CONTENT_TYPE: &[u64] = &[1, 2, 840, 113_549, 1, 9, 3];
const MESSAGE_DIGEST: &[u64] = &[1, 2, 840, 113_549, 1, 9, 4];
const SIGNING_TIME: &[u64] = &[1, 2, 840, 113_549, 1, 9, 5];
const SIGNING_CERTIFICATE: &[u64] = &[1, 2, 840, 113_549, 1, 9, 16, 2, 47];
const TIME_STAMP: &[u64] = &[1, 2, 840, 113_549, 1, 9, 16, 2, 14];

/// Constructed context tag \[1\].
const CONTEXT_1: u8 = 0xA1;

/// What a signature without a seal is over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// Attributes with the digest of Signature.xml.
    Attributes,
    /// Signature.xml, which is inside.
    Content,
    /// The digest of Signature.xml, which is inside.
    Digest,
    /// Another document, which is inside.
    OtherContent,
}

/// What a signature without a seal is to say.
#[derive(Clone)]
pub(super) struct DataPlan {
    pub(super) over: Over,
    /// Changes the attributes before the signer signs.
    pub(super) edit_attributes: Edit,
    /// Changes `SignerInfo` after the signer signed.
    pub(super) edit_signer: Edit,
    /// Changes `SignedData` after the signer signed.
    pub(super) edit: Edit,
}

impl Default for DataPlan {
    fn default() -> Self {
        DataPlan { over: Over::Attributes, edit_attributes: AS_IT_IS, edit_signer: AS_IT_IS, edit: AS_IT_IS }
    }
}

/// What is the same of both kinds, to be put together.
struct Envelope<'a> {
    kind: &'static [u64],
    content_type: &'static [u64],
    content: Option<&'a [u8]>,
    attributes: Option<Fields>,
    certificate: &'a [u8],
    key: &'a Sm2Signer,
    signing: &'a Signing,
    edit_signer: Edit,
    edit: Edit,
}

fn algorithm(oid: &[u64]) -> Vec<u8> {
    der::sequence(&[der::oid(oid)])
}

/// An attribute with one value.
pub(super) fn attribute(oid: &[u64], value: &[u8]) -> Vec<u8> {
    der::sequence(&[der::oid(oid), der::set_of_one(value)])
}

/// The messageDigest of these bytes.
pub(super) fn message_digest(bytes: &[u8]) -> Vec<u8> {
    attribute(MESSAGE_DIGEST, &der::octets(&sm3(&[bytes])))
}

impl Envelope<'_> {
    /// `ContentInfo`. `stamp` makes an unsigned attribute from the signature value.
    fn seal(self, cast: &Cast, original: &[u8], stamp: Option<&StampPlan>) -> Forged<Vec<u8>> {
        let certificate = Certificate::from_der(self.certificate.to_vec()).map_err(|error| cannot(error.code()))?;
        let serial = hex::decode(certificate.serial()).unwrap_or_default();
        let identifier = der::sequence(&[certificate.issuer().der().to_vec(), der::unsigned(&serial)]);
        let attributes = self.attributes.map(|attributes| attributes.concat());
        let message = attributes.as_ref().map(|attributes| der::value(0x31, attributes));
        let message = message.as_deref().or(self.content).unwrap_or(original);
        // A BIT STRING without its first octet: here signatures are OCTET STRINGs.
        let bits = self.signing.sign(self.key, &cast.stranger, message)?;
        let value = bits.get(3..).unwrap_or_default();
        let mut signer = vec![der::unsigned(&[1]), identifier, algorithm(SM3)];
        signer.extend(attributes.map(|attributes| der::value(tag::CONTEXT_0, &attributes)));
        signer.extend([algorithm(self.signing.algorithm), der::octets(value)]);
        if let Some(stamp) = stamp {
            let token = attribute(TIME_STAMP, &stamp.token(cast, value)?);
            signer.push(der::value(CONTEXT_1, &token));
        }
        (self.edit_signer)(&mut signer, cast);
        let mut inside = vec![der::oid(self.content_type)];
        inside.extend(self.content.map(|content| der::explicit(0, &der::octets(content))));
        let mut data = vec![
            der::unsigned(&[if self.kind == GM_SIGNED_DATA { 1 } else { 3 }]),
            der::set_of_one(&algorithm(SM3)),
            der::sequence(&inside),
            der::value(tag::CONTEXT_0, self.certificate),
            der::set_of_one(&der::sequence(&signer)),
        ];
        (self.edit)(&mut data, cast);
        Ok(der::sequence(&[der::oid(self.kind), der::explicit(0, &der::sequence(&data))]))
    }
}

impl DataPlan {
    /// The DER of the signature over a Signature.xml.
    pub(super) fn make(
        &self,
        cast: &Cast,
        signing: &Signing,
        signed_at: Timestamp,
        xml: &[u8],
        stamp: Option<&StampPlan>,
    ) -> Forged<Vec<u8>> {
        let digest = sm3(&[xml]);
        let content: Option<&[u8]> = match self.over {
            Over::Attributes => None,
            Over::Content => Some(xml),
            Over::Digest => Some(&digest),
            Over::OtherContent => Some(b"another document"),
        };
        // In an order that is not that of DER, as products have it.
        let mut attributes = content.is_none().then(|| {
            let (kind, time) = (der::oid(GM_DATA), utc_time(signed_at));
            vec![message_digest(xml), attribute(SIGNING_TIME, &time), attribute(CONTENT_TYPE, &kind)]
        });
        if let Some(attributes) = &mut attributes {
            (self.edit_attributes)(attributes, cast);
        }
        let envelope = Envelope {
            kind: GM_SIGNED_DATA,
            content_type: GM_DATA,
            content,
            attributes,
            certificate: &cast.signer,
            key: &cast.signer_key,
            signing,
            edit_signer: self.edit_signer,
            edit: self.edit,
        };
        envelope.seal(cast, xml, stamp)
    }
}

/// What a time stamp is to say.
#[derive(Clone)]
pub(super) struct StampPlan {
    pub(super) made_at: Timestamp,
    /// Whether it is about other bytes than those that it stands beside.
    pub(super) about_other: bool,
    pub(super) signing: Signing,
    /// Changes `TSTInfo` before the authority signs.
    pub(super) edit_statement: Edit,
    /// Changes the attributes before the authority signs.
    pub(super) edit_attributes: Edit,
    /// Changes `SignerInfo` after the authority signed.
    pub(super) edit_signer: Edit,
    /// Changes `SignedData` after the authority signed.
    pub(super) edit: Edit,
}

impl Default for StampPlan {
    fn default() -> Self {
        StampPlan {
            made_at: hours(-24) + jiff::SignedDuration::from_secs(5),
            about_other: false,
            signing: Signing::default(),
            edit_statement: AS_IT_IS,
            edit_attributes: AS_IT_IS,
            edit_signer: AS_IT_IS,
            edit: AS_IT_IS,
        }
    }
}

impl StampPlan {
    /// The DER of the token over these bytes.
    pub(super) fn token(&self, cast: &Cast, covered: &[u8]) -> Forged<Vec<u8>> {
        let imprint = if self.about_other { sm3(&[b"other bytes"]) } else { sm3(&[covered]) };
        let mut statement = vec![
            der::unsigned(&[1]),
            der::oid(&[1, 2, 3]),
            der::sequence(&[algorithm(SM3), der::octets(&imprint)]),
            der::unsigned(&[77]),
            generalized_time(self.made_at),
        ];
        (self.edit_statement)(&mut statement, cast);
        let statement = der::sequence(&statement);
        let named = der::sequence(&[algorithm(SM3), der::octets(&sm3(&[&cast.authority]))]);
        let mut attributes = vec![
            attribute(CONTENT_TYPE, &der::oid(STATEMENT)),
            message_digest(&statement),
            attribute(SIGNING_CERTIFICATE, &der::sequence(&[der::sequence(&[named])])),
        ];
        (self.edit_attributes)(&mut attributes, cast);
        let envelope = Envelope {
            kind: SIGNED_DATA,
            content_type: STATEMENT,
            content: Some(&statement),
            attributes: Some(attributes),
            certificate: &cast.authority,
            key: &cast.authority_key,
            signing: &self.signing,
            edit_signer: self.edit_signer,
            edit: self.edit,
        };
        envelope.seal(cast, &statement, None)
    }
}
