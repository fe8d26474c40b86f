//! GB/T 35275 `SignedData` over a Signature.xml, in every form that products write.
use certs::{certificate::Certificate, der::write as der, digest::sm3, signing::Sm2Signer};
use jiff::Timestamp;

/// What the signature is over, and what of it is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Over attributes with the digest of Signature.xml, which is not inside.
    Attributes,
    /// The same without the attribute signingTime.
    AttributesWithoutTime,
    /// The same without the attribute messageDigest.
    AttributesWithoutDigest,
    /// The same with the digest of the digest.
    AttributesOverDigest,
    /// Over attributes; Signature.xml is inside.
    AttributesAndContent,
    /// Over attributes that are about something else than the content that is inside.
    AttributesAboutOther,
    /// Over Signature.xml, which is inside.
    Content,
    /// Over the digest of Signature.xml, which is inside.
    ContentDigest,
    /// Over another document, which is inside.
    OtherContent,
    /// Over Signature.xml, which is not inside.
    Detached,
    /// Over the digest of Signature.xml, which is not inside.
    DetachedDigest,
    /// Over another document, which is not inside.
    DetachedOther,
    /// As `Attributes`, twice over.
    TwoSigners,
    /// As `Attributes`, without the certificate.
    WithoutCertificate,
}

const DATA: [u64; 9] = [1, 2, 156, 10197, 6, 1, 4, 2, 1];
const SIGNED_DATA: [u64; 9] = [1, 2, 156, 10197, 6, 1, 4, 2, 2];
const SM3: [u64; 6] = [1, 2, 156, 10197, 1, 401];
/// What products name as signature algorithm.
const SM2_SIGNING: [u64; 7] = [1, 2, 156, 10197, 1, 301, 1];
const PKCS_9: [u64; 6] = [1, 2, 840, 113_549, 1, 9];
const TIME_STAMP: [u64; 9] = [1, 2, 840, 113_549, 1, 9, 16, 2, 14];

fn attribute(oid: &[u64], value: &[u8]) -> Vec<u8> {
    der::sequence(&[der::oid(oid), der::set_of_one(value)])
}

/// The attributes, in an order that is not that of DER, as products have it.
fn attributes(form: Form, original: &[u8], signed_at: Timestamp) -> Option<Vec<u8>> {
    let digest = match form {
        Form::AttributesOverDigest => sm3(&[&sm3(&[original])]),
        Form::AttributesAboutOther => sm3(&[b"another document"]),
        _ => sm3(&[original]),
    };
    let pkcs_9 = |number| [PKCS_9.as_slice(), &[number]].concat();
    let time = signed_at.strftime("%y%m%d%H%M%SZ").to_string();
    let digest = attribute(&pkcs_9(4), &der::octets(&digest));
    let time = attribute(&pkcs_9(5), &der::value(0x17, time.as_bytes()));
    let kind = attribute(&pkcs_9(3), &der::oid(&DATA));
    match form {
        Form::Content
        | Form::ContentDigest
        | Form::OtherContent
        | Form::Detached
        | Form::DetachedDigest
        | Form::DetachedOther => None,
        Form::AttributesWithoutTime => Some([digest, kind].concat()),
        Form::AttributesWithoutDigest => Some([time, kind].concat()),
        _ => Some([digest, time, kind].concat()),
    }
}

/// The value of a signature.
pub fn signed(
    form: Form,
    original: &[u8],
    signer: &Certificate,
    key: &Sm2Signer,
    signed_at: Timestamp,
    stamp: &dyn Fn(&[u8]) -> Option<Vec<u8>>,
) -> Vec<u8> {
    let digest = sm3(&[original]);
    let attributes = attributes(form, original, signed_at);
    let (over, content): (&[u8], Option<&[u8]>) = match form {
        Form::Content | Form::AttributesAndContent | Form::AttributesAboutOther => (original, Some(original)),
        Form::ContentDigest => (&digest, Some(&digest)),
        Form::OtherContent => (b"another document", Some(b"another document")),
        Form::DetachedDigest => (&digest, None),
        Form::DetachedOther => (b"another document", None),
        _ => (original, None),
    };
    let message = attributes.as_ref().map_or(over.to_vec(), |attributes| der::value(0x31, attributes));
    let value = key.sign(&message).unwrap().to_der();
    let algorithm = |oid: &[u64]| der::sequence(&[der::oid(oid), der::null()]);
    let issuer = der::sequence(&[signer.issuer().der().to_vec(), der::unsigned(&[super::SIGNER])]);
    let mut info = vec![der::unsigned(&[1]), issuer, algorithm(&SM3)];
    info.extend(attributes.map(|attributes| der::value(0xA0, &attributes)));
    info.extend([algorithm(&SM2_SIGNING), der::octets(&value)]);
    info.extend(stamp(&value).map(|token| der::value(0xA1, &attribute(&TIME_STAMP, &token))));
    let info = der::sequence(&info);
    let infos = if form == Form::TwoSigners { [info.clone(), info].concat() } else { info };
    let mut inside = vec![der::oid(&DATA)];
    inside.extend(content.map(|content| der::explicit(0, &der::octets(content))));
    let certificates = if form == Form::WithoutCertificate { &[] } else { signer.der() };
    let body = der::sequence(&[
        der::unsigned(&[1]),
        der::set_of_one(&algorithm(&SM3)),
        der::sequence(&inside),
        der::value(0xA0, certificates),
        der::value(0x31, &infos),
    ]);
    der::sequence(&[der::oid(&SIGNED_DATA), der::explicit(0, &body)])
}
