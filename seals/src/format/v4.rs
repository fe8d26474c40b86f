//! GB/T 38540-2020: seals and seal signatures of header version 4, the layout in force.
use super::{Parsed, Reading, Seal, SealSignature, Shape, SignatureValue, SignerList, Signing, parts};
use crate::{
    finding::{Finding, Role},
    limits::Limits,
    note::Note,
    report::Kind,
    time::{self, Form},
};
use certs::der::{DerFault, Element, Reader, tag};

pub(super) fn reads(shape: Shape) -> bool {
    let fields_fit = match shape.kind {
        Kind::Seal => shape.fields == 4,
        Kind::Ses => shape.fields == 4 || shape.fields == 5,
        Kind::SignedData => false,
    };
    shape.version == 4 && fields_fit
}

pub(super) fn read<'a>(root: Element<'a>, shape: Shape, reading: &mut Reading<'_>) -> Result<Parsed<'a>, Finding> {
    match shape.kind {
        Kind::Seal => seal(root, reading).map(Parsed::Seal),
        Kind::Ses | Kind::SignedData => signature(root, reading).map(|it| Parsed::Signature(Box::new(it))),
    }
}

/// `SES_Signature`.
fn signature<'a>(root: Element<'a>, reading: &mut Reading<'_>) -> Result<SealSignature<'a>, Finding> {
    let mut outer = root.reader();
    let tbs_element = outer.expect(tag::SEQUENCE)?;
    let signer = parts::certificate(outer.octets()?, Role::Signer, reading.notes)?;
    let algorithm = outer.object_identifier()?;
    let value = outer.bits()?;
    let signature = SignatureValue::read(algorithm, value, Role::Signer, reading.notes)?;
    let time_stamp = parts::time_stamp(&mut outer)?;
    outer.end()?;

    let mut tbs = tbs_element.reader();
    tbs.number()?;
    let seal = seal(tbs.expect(tag::SEQUENCE)?, reading)?;
    let signed_at = time::read(&mut tbs, Form::Generalized, reading.notes)?;
    let document_digest = parts::document_digest(tbs.bits()?, reading.notes);
    let property = tbs.text(tag::IA5_STRING)?;
    let critical_extension = match tbs.optional(tag::CONTEXT_0)? {
        Some(tagged) => tagged_critical_extension(&tagged, reading.limits)?,
        None => None,
    };
    tbs.end()?;
    let signing = Signing { signer, signed_at: Some(signed_at), signature, value: value.bytes, time_stamp };
    Ok(SealSignature { seal, signing, document_digest, property, critical_extension, signed: tbs_element.raw })
}

/// `SESeal`.
pub(super) fn seal<'a>(root: Element<'a>, reading: &mut Reading<'_>) -> Result<Seal<'a>, Finding> {
    let mut outer = root.reader();
    let info_element = outer.expect(tag::SEQUENCE)?;
    let maker = parts::certificate(outer.octets()?, Role::Maker, reading.notes)?;
    let algorithm = outer.object_identifier()?;
    let value = outer.bits()?;
    let signature = SignatureValue::read(algorithm, value, Role::Maker, reading.notes)?;
    let time_stamp = parts::time_stamp(&mut outer)?;
    outer.end()?;

    let info = parts::seal_info(&info_element, signers, reading)?;
    Ok(Seal {
        raw: root.raw,
        info,
        maker,
        // GB/T 38540-2020 6.2: the maker signs the DER of eSealInfo alone.
        signed: info_element.raw.to_vec(),
        signature,
        value: value.bytes,
        time_stamp,
    })
}

/// certListType and certList: the list is not tagged, the type alone tells what is in it.
fn signers<'a>(property: &mut Reader<'a>, reading: &mut Reading<'_>) -> Result<SignerList<'a>, Finding> {
    let list_type = property.number()?;
    let list = property.expect(tag::SEQUENCE)?;
    match list_type {
        1 => {}
        2 => return Ok(parts::digests(&list, reading.limits)?),
        3 => reading.notes.add(Note::CertListType3),
        found => return Err(Finding::CertListType { found }),
    }
    Ok(parts::certificates(&list, reading.limits)?)
}

/// extDatas \[0\] of `TBS_Sign`, which products tag explicitly (around a SEQUENCE) and implicitly (around its elements).
fn tagged_critical_extension(tagged: &Element<'_>, limits: &Limits) -> Result<Option<String>, DerFault> {
    match tagged.children(limits.der_list_max)?.as_slice() {
        [only] if only.reader().peek_tag() != Some(tag::OBJECT_IDENTIFIER) => parts::critical_extension(only, limits),
        _ => parts::critical_extension(tagged, limits),
    }
}
