//! GM/T 0031-2014: header version 1, and 2 as vendors write it; superseded and still in real use.
use super::{Parsed, Reading, Seal, SealSignature, Shape, SignatureValue, SignerList, Signing, parts};
use crate::{
    finding::{Finding, Role},
    note::Note,
    report::Kind,
    time::{self, Year},
};
use certs::der::{DerFault, Element, Reader, tag};

pub(super) fn reads(shape: Shape) -> bool {
    let is_ses = match shape.kind {
        Kind::Seal | Kind::Ses => true,
        Kind::SignedData => false,
    };
    is_ses && (1..=2).contains(&shape.version) && shape.fields == 2
}

pub(super) fn read<'a>(root: Element<'a>, shape: Shape, reading: &mut Reading<'_>) -> Result<Parsed<'a>, Finding> {
    if shape.version == 2 {
        reading.notes.add(Note::HeaderVersion2);
    }
    match shape.kind {
        Kind::Seal => seal(root, reading).map(Parsed::Seal),
        Kind::Ses | Kind::SignedData => signature(root, reading).map(|it| Parsed::Signature(Box::new(it))),
    }
}

/// `SES_Signature`: the certificate and the algorithm are inside what is signed.
fn signature<'a>(root: Element<'a>, reading: &mut Reading<'_>) -> Result<SealSignature<'a>, Finding> {
    let mut outer = root.reader();
    let tbs_element = outer.expect(tag::SEQUENCE)?;
    let value = outer.bits()?;
    outer.end()?;

    let mut tbs = tbs_element.reader();
    tbs.number()?;
    let seal = seal(tbs.expect(tag::SEQUENCE)?, reading)?;
    let time_info = tbs.bits()?.bytes;
    let document_digest = parts::document_digest(tbs.bits()?, reading.notes);
    let property = tbs.text(tag::IA5_STRING)?;
    let signer = parts::certificate(tbs.octets()?, Role::Signer, reading.notes)?;
    let algorithm = tbs.object_identifier()?;
    tbs.end()?;

    let signature = SignatureValue::read(algorithm, value, Role::Signer, reading.notes)?;
    // A time as text, or a time stamp: then only that says when.
    let signed_at =
        std::str::from_utf8(time_info).ok().and_then(|text| time::from_text(text, Year::Four, reading.notes).ok());
    if signed_at.is_some() {
        reading.notes.add(Note::TextTimeInfo);
    }
    let time_stamp = signed_at.is_none().then_some(time_info);
    let signing = Signing { signer, signed_at, signature, value: value.bytes, time_stamp };
    // This layout has no extensions beside those of the seal.
    let critical_extension = None;
    Ok(SealSignature { seal, signing, document_digest, property, critical_extension, signed: tbs_element.raw })
}

/// `SESeal`.
fn seal<'a>(root: Element<'a>, reading: &mut Reading<'_>) -> Result<Seal<'a>, Finding> {
    let mut outer = root.reader();
    let info_element = outer.expect(tag::SEQUENCE)?;
    let mut sign_info = outer.sequence()?;
    outer.end()?;
    let certificate = sign_info.expect(tag::OCTET_STRING)?;
    let algorithm_element = sign_info.any()?;
    let value = sign_info.bits()?;
    sign_info.end()?;
    let maker = parts::certificate(certificate.value, Role::Maker, reading.notes)?;
    let algorithm = Reader::new(algorithm_element.raw).object_identifier()?;
    let signature = SignatureValue::read(algorithm, value, Role::Maker, reading.notes)?;

    let info = parts::seal_info(&info_element, signers, reading)?;
    Ok(Seal {
        raw: root.raw,
        info,
        maker,
        signed: sequence(&[info_element.raw, certificate.raw, algorithm_element.raw])?,
        signature,
        value: value.bytes,
        time_stamp: None,
    })
}

/// certList, which has no type: whole certificates alone.
fn signers<'a>(property: &mut Reader<'a>, reading: &mut Reading<'_>) -> Result<SignerList<'a>, Finding> {
    let list = property.expect(tag::SEQUENCE)?;
    Ok(parts::certificates(&list, reading.limits)?)
}

/// The maker signs SEQUENCE { esealInfo, cert, signatureAlgorithm }, which is nowhere stored as such.
fn sequence(parts: &[&[u8]]) -> Result<Vec<u8>, DerFault> {
    let content = parts.concat();
    let length = u32::try_from(content.len()).map_err(|_| DerFault::Truncated)?.to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|octet| *octet == 0).collect();
    let mut bytes = vec![tag::SEQUENCE];
    match significant.as_slice() {
        [] => bytes.push(0),
        [short] if *short < 0x80 => bytes.push(*short),
        long => {
            bytes.push(0x80 | u8::try_from(long.len()).map_err(|_| DerFault::Truncated)?);
            bytes.extend(long);
        }
    }
    bytes.extend(content);
    Ok(bytes)
}
