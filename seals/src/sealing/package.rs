//! Sealing an OFD package: Signature.xml over every file, the seal beside it, the signature value over both.
use std::io::Write as _;

use base64::{Engine, engine::general_purpose::STANDARD};
use certs::digest;
use quick_xml::escape::escape;
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchiveWriter};

use super::{Sealing, SealingError, seal};
use crate::{
    container::{Package, SignatureList},
    finding::Finding,
    format::{self, Parsed, Reading},
    limits::Limits,
    note::Notes,
};

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMESPACE: &str = "xmlns:ofd=\"http://www.ofdspec.org/2016\"";

/// Where the picture of the seal is put on the first page: x, y, width and height in millimetres.
const STAMP: &str = "130 200 40 40";

/// DEFLATE level of what we write.
const LEVEL: u8 = 6;

/// Adds a seal signature that protects every file of the package but Signatures.xml, so that others can seal it after us.
///
/// # Errors
/// When the package or the seal cannot be read, the seal does not list the signer, or an earlier signature locks the package.
pub fn seal_package(package: &[u8], sealing: &Sealing<'_>, limits: &Limits) -> Result<Vec<u8>, SealingError> {
    check_seal(sealing, limits)?;
    let opened = Package::open(package, limits)?;
    let mut files: Vec<(String, Vec<u8>)> =
        opened.names().filter_map(|name| Some((name.to_owned(), opened.bytes(name)?.to_vec()))).collect();
    let list = add_to_list(&opened, &mut files, limits)?;

    let folder = format!("Doc_0/Signs/Sign_{}", list.next);
    let name = format!("{folder}/Signature.xml");
    let protected = files.iter().filter(|(name, _)| *name != list.name);
    let signature_xml = signature_xml(protected, &folder, sealing);
    let value =
        seal::sign(sealing.seal, signature_xml.as_bytes(), &format!("/{name}"), sealing.signer, sealing.signed_at)?;
    files.push((format!("{folder}/Seal.esl"), sealing.seal.to_vec()));
    files.push((name, signature_xml.into_bytes()));
    files.push((format!("{folder}/SignedValue.dat"), value));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    write_archive(&files)
}

fn check_seal(sealing: &Sealing<'_>, limits: &Limits) -> Result<(), SealingError> {
    let mut notes = Notes::default();
    let read = format::read(sealing.seal, &mut Reading { limits, notes: &mut notes });
    let Parsed::Seal(seal) = read.parsed? else {
        return Err(SealingError::NotASeal);
    };
    if seal.info.signers.lists(sealing.signer.certificate) { Ok(()) } else { Err(SealingError::SignerNotListed) }
}

/// Where the new signature is listed.
struct Listed {
    /// Name of Signatures.xml.
    name: String,
    /// The number of the new signature.
    next: usize,
}

/// Names the new signature in Signatures.xml, which is made and named in OFD.xml where there is none.
fn add_to_list(
    package: &Package<'_>,
    files: &mut Vec<(String, Vec<u8>)>,
    limits: &Limits,
) -> Result<Listed, SealingError> {
    const NAME: &str = "Doc_0/Signs/Signatures.xml";
    let SignatureList { root, list, count, locked } = package.signature_list(limits)?;
    if locked {
        return Err(SealingError::Locked);
    }
    let taken = |number: usize| package.bytes(&format!("Doc_0/Signs/Sign_{number}/Signature.xml")).is_some();
    // Of one number more than there are files, one is free.
    let next = (count..=count + package.names().count()).find(|number| !taken(*number)).unwrap_or(count);
    let item = |prefix: &str| {
        let base = format!("/Doc_0/Signs/Sign_{next}/Signature.xml");
        format!("<{prefix}Signature ID=\"{}\" Type=\"Seal\" BaseLoc=\"{base}\"/>", next + 1)
    };
    if let Some(name) = list {
        insert_before_last_end(files, &name, "Signatures", item)?;
        return Ok(Listed { name, next });
    }
    insert_before_last_end(files, &root, "DocBody", |prefix| {
        format!("<{prefix}Signatures>/{NAME}</{prefix}Signatures>")
    })?;
    let (number, item) = (next + 1, item("ofd:"));
    let list =
        format!("{XML}<ofd:Signatures {NAMESPACE}><ofd:MaxSignId>{number}</ofd:MaxSignId>{item}</ofd:Signatures>\n");
    files.push((NAME.to_owned(), list.into_bytes()));
    Ok(Listed { name: NAME.to_owned(), next })
}

/// Inserts text before the last end tag of this local name, in the tag's own namespace prefix: naive viewers do not understand a
/// declaration inside. The rest of the file stays as it is.
fn insert_before_last_end(
    files: &mut [(String, Vec<u8>)],
    file: &str,
    element: &str,
    text: impl Fn(&str) -> String,
) -> Result<(), SealingError> {
    let missing = || SealingError::Unreadable(Finding::EntryMissing { name: file.to_owned() });
    let (_, bytes) = files.iter_mut().find(|(name, _)| name == file).ok_or_else(missing)?;
    let xml = std::str::from_utf8(bytes).map_err(|_| missing())?;
    let mut ends = xml.rmatch_indices("</").filter_map(|(at, _)| {
        let name = xml.get(at + 2..)?.split('>').next()?.trim_end();
        let prefix = name.strip_suffix(element)?;
        (prefix.is_empty() || prefix.ends_with(':')).then_some((at, prefix))
    });
    let (at, prefix) = ends.next().ok_or_else(missing)?;
    let (before, after) = xml.split_at_checked(at).ok_or_else(missing)?;
    *bytes = [before, &text(prefix), after].concat().into_bytes();
    Ok(())
}

fn signature_xml<'f>(
    protected: impl Iterator<Item = &'f (String, Vec<u8>)>,
    folder: &str,
    sealing: &Sealing<'_>,
) -> String {
    let mut references = String::new();
    for (name, bytes) in protected {
        let value = STANDARD.encode(digest::sm3(&[bytes]));
        let name = escape(name.as_str());
        references.extend(["<ofd:Reference FileRef=\"/", &name, "\"><ofd:CheckValue>", &value]);
        references.push_str("</ofd:CheckValue></ofd:Reference>");
    }
    let signed_at = sealing.signed_at.strftime("%Y%m%d%H%M%SZ");
    format!(
        "{XML}<ofd:Signature {NAMESPACE}><ofd:SignedInfo>\
         <ofd:Provider ProviderName=\"tongbiao\" Version=\"{}\" Company=\"tongbiao\"/>\
         <ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod>\
         <ofd:SignatureDateTime>{signed_at}</ofd:SignatureDateTime>\
         <ofd:References CheckMethod=\"1.2.156.10197.1.401\">{references}</ofd:References>\
         <ofd:StampAnnot ID=\"1\" PageRef=\"1\" Boundary=\"{STAMP}\"/>\
         <ofd:Seal><ofd:BaseLoc>/{folder}/Seal.esl</ofd:BaseLoc></ofd:Seal></ofd:SignedInfo>\
         <ofd:SignedValue>/{folder}/SignedValue.dat</ofd:SignedValue></ofd:Signature>\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// Writes an archive of these files, deflated, without times: the same files give the same bytes.
pub(super) fn write_archive(files: &[(&str, &[u8])]) -> Result<Vec<u8>, SealingError> {
    let write = || -> Result<Vec<u8>, rawzip::Error> {
        let mut archive = ZipArchiveWriter::new(Vec::new());
        for (name, bytes) in files {
            let (mut entry, _) = archive.new_file(*name).compression_method(CompressionMethod::DEFLATE).start()?;
            entry.write_all(&miniz_oxide::deflate::compress_to_vec(bytes, LEVEL))?;
            entry.finish(DataDescriptorOutput::new(rawzip::crc32(bytes), bytes.len() as u64))?;
        }
        archive.finish()
    };
    write().map_err(|_| SealingError::Writing { what: "the archive" })
}
