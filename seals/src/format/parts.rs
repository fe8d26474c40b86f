//! The parts of a seal that every version lays out alike.
use certs::certificate::Certificate;
use certs::der::{Bits, DerFault, Element, Reader, tag};

use super::{Reading, SealInfo, SignerList};
use crate::{
    finding::{Finding, Role},
    limits::Limits,
    note::{Note, Notes},
    time::{self, Form},
};

/// `SES_SealInfo`; `signers` reads the list of those who may use the seal, which the versions lay out differently.
pub(super) fn seal_info<'a>(
    info: &Element<'a>,
    signers: fn(&mut Reader<'a>, &mut Reading<'_>) -> Result<SignerList<'a>, Finding>,
    reading: &mut Reading<'_>,
) -> Result<SealInfo<'a>, Finding> {
    let mut info = info.reader();
    let version = header(&mut info)?;
    let id = info.text(tag::IA5_STRING)?;
    let mut property = info.sequence()?;
    picture(&mut info, reading.limits)?;
    let critical_extension = match info.optional(tag::SEQUENCE)? {
        Some(list) => critical_extension(&list, reading.limits)?,
        None => None,
    };
    info.end()?;

    property.number()?;
    let name = name(&mut property, reading.notes)?;
    let signers = signers(&mut property, reading)?;
    let form = if version <= 2 { Form::Utc } else { Form::Generalized };
    let created_at = time::read(&mut property, form, reading.notes)?;
    let valid_from = time::read(&mut property, form, reading.notes)?;
    let valid_until = time::read(&mut property, form, reading.notes)?;
    property.end()?;
    Ok(SealInfo { version, id, name, signers, created_at, valid_from, valid_until, critical_extension })
}

/// `SES_Header`: "ES", version, vendor.
fn header(info: &mut Reader<'_>) -> Result<u32, Finding> {
    let mut header = info.sequence()?;
    let id = header.text(tag::IA5_STRING)?;
    let version = header.number()?;
    header.text(tag::IA5_STRING)?;
    header.end()?;
    if id == "ES" { Ok(version) } else { Err(Finding::NotASeal) }
}

/// The name of a seal. One product fills a buffer of fixed size with NUL.
fn name<'a>(property: &mut Reader<'a>, notes: &mut Notes) -> Result<&'a str, DerFault> {
    let value = property.expect(tag::UTF8_STRING)?.value;
    let padded = std::str::from_utf8(value).map_err(|_| DerFault::Text)?;
    let name = padded.trim_end_matches('\0');
    if name.len() < padded.len() {
        notes.add(Note::NulPaddedName);
    }
    if name.contains('\0') { Err(DerFault::Text) } else { Ok(name) }
}

/// `SES_ESPictrueInfo` (so spelt): type, data, width and height. The picture is neither shown nor decoded here: whoever does is spared
/// one that is too large, or that covers the page.
fn picture(info: &mut Reader<'_>, limits: &Limits) -> Result<(), Finding> {
    let mut picture = info.sequence()?;
    picture.text(tag::IA5_STRING)?;
    let (bytes, bytes_max) = (picture.octets()?.len(), limits.picture_bytes_max);
    let (width_mm, height_mm, mm_max) = (picture.number()?, picture.number()?, limits.picture_mm_max);
    picture.end()?;
    if bytes > bytes_max {
        return Err(Finding::TooLarge { what: "the picture of the seal", bytes, bytes_max });
    }
    let fits = [width_mm, height_mm].iter().all(|side| (1..=mm_max).contains(side));
    if fits { Ok(()) } else { Err(Finding::PictureSize { width_mm, height_mm, mm_max }) }
}

/// `ExtensionDatas`, none of which is known: the identifier of the first one that is critical.
pub(super) fn critical_extension(list: &Element<'_>, limits: &Limits) -> Result<Option<String>, DerFault> {
    let mut critical = None;
    for extension in list.children(limits.der_list_max)? {
        let mut extension = Reader::new(extension.raw).sequence()?;
        let identifier = extension.object_identifier()?;
        if extension.optional(tag::BOOLEAN)?.is_some_and(|flag| flag.value != [0]) {
            critical.get_or_insert(identifier);
        }
        extension.octets()?;
        extension.end()?;
    }
    Ok(critical)
}

/// A list of whole certificates, each in an OCTET STRING or, as GM/T 0031-2014 can be read, bare.
pub(super) fn certificates<'a>(list: &Element<'a>, limits: &Limits) -> Result<SignerList<'a>, DerFault> {
    let items = list.children(limits.der_list_max)?.into_iter().map(|item| match item.tag {
        tag::OCTET_STRING => Ok(item.value),
        tag::SEQUENCE => Ok(item.raw),
        got => Err(DerFault::Tag { expected: tag::OCTET_STRING, got }),
    });
    items.collect::<Result<_, _>>().map(SignerList::Certificates)
}

/// A list of digests of certificates.
pub(super) fn digests<'a>(list: &Element<'a>, limits: &Limits) -> Result<SignerList<'a>, DerFault> {
    let items = list.children(limits.der_list_max)?.into_iter().map(|item| {
        let mut item = Reader::new(item.raw).sequence()?;
        let digest = (item.text(tag::PRINTABLE_STRING)?, item.octets()?);
        item.end()?;
        Ok(digest)
    });
    items.collect::<Result<_, DerFault>>().map(SignerList::Digests)
}

pub(super) fn certificate(bytes: &[u8], role: Role, notes: &mut Notes) -> Result<Certificate, Finding> {
    let certificate = Certificate::from_der(bytes.to_vec()).map_err(|_| Finding::CertificateUnreadable { role })?;
    if certificate.version() == 1 {
        notes.add(Note::Version1Certificate);
    }
    Ok(certificate)
}

/// 原文杂凑值. Where an encoder stripped trailing zero bits, they are put back.
pub(super) fn document_digest(bits: Bits<'_>, notes: &mut Notes) -> Vec<u8> {
    const DIGEST_BYTES: usize = 32;
    let mut digest = bits.bytes.to_vec();
    if bits.unused > 0 {
        notes.add(Note::PaddedBitString);
        digest.resize(digest.len().max(DIGEST_BYTES), 0);
    }
    digest
}

/// The token within timeStamp \[0\] BIT STRING, which products tag explicitly and implicitly.
pub(super) fn time_stamp<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a [u8]>, DerFault> {
    if let Some(explicit) = reader.optional(tag::CONTEXT_0)? {
        let mut inside = explicit.reader();
        let token = inside.bits()?.bytes;
        return inside.end().map(|()| Some(token));
    }
    match reader.optional(tag::PRIMITIVE_0)?.map(|element| element.value) {
        None => Ok(None),
        Some([0, token @ ..]) => Ok(Some(token)),
        Some(_) => Err(DerFault::BitString),
    }
}
