//! Steps that look at the document: its format, what is protected, and what is not.
use certs::digest::DigestAlgorithm;

use super::{PackageSide, Subject};
use crate::{
    finding::Finding,
    format::{Parsed, Seal, SealSignature},
    report::Judgement,
};

/// The layout, and in a strict reading every tolerance too.
pub(super) fn format(subject: &Subject<'_>) -> Judgement {
    match (&subject.parsed, subject.notes.first_tolerance()) {
        (Err(finding), _) => finding.clone().into(),
        (Ok(Parsed::Seal(_)), _) if subject.package.is_some() => Finding::SealInsteadOfSignature.into(),
        (Ok(_), Some(note)) if subject.context.policy.strict => Finding::NotTolerated(note).into(),
        (Ok(_), _) => {
            Judgement::pass(subject.shape.map_or(String::new(), |shape| format!("version {}", shape.version)))
        }
    }
}

/// The digest in the seal signature is that of Signature.xml.
pub(super) fn document_digest(subject: &Subject<'_>, signature: &SealSignature<'_>) -> Judgement {
    let Some(side) = &subject.package else {
        return Finding::DocumentAbsent.into();
    };
    // Plain SM3 in every real file; the digest has no algorithm identifier of its own.
    match side.package.digest(DigestAlgorithm::Sm3, &side.file.name) {
        Some(digest) if digest.as_slice() == signature.document_digest => {
            Judgement::pass(format!("SM3 {}", hex::encode(digest)))
        }
        _ => Finding::DocumentChanged { entry: side.file.name.clone() }.into(),
    }
}

/// Every protected file has the digest that Signature.xml states.
pub(super) fn references(_: &Subject<'_>, side: &PackageSide<'_>) -> Judgement {
    let file = side.file;
    if file.references.is_empty() {
        return Finding::ReferenceNone.into();
    }
    let algorithm = match check_method(file.method.as_deref()) {
        Ok(algorithm) => algorithm,
        Err(finding) => return finding.into(),
    };
    let mut changed = Vec::new();
    let mut missing = Vec::new();
    for reference in &file.references {
        match &reference.file {
            Ok(name) => {
                let digest = side.package.digest(algorithm, name).map(<[u8; 32]>::as_slice);
                if digest.is_none() || digest != reference.digest.as_deref() {
                    changed.push(name.clone());
                }
            }
            Err(written) => missing.push(written.clone()),
        }
    }
    let mut findings = Vec::new();
    if !changed.is_empty() {
        findings.push(Finding::ReferenceChanged { names: changed });
    }
    if !missing.is_empty() {
        findings.push(Finding::ReferenceMissing { names: missing });
    }
    Judgement::all(format!("{} files", file.references.len()), findings)
}

/// `CheckMethod`, as products write it: an object identifier, or a name in any case.
fn check_method(method: Option<&str>) -> Result<DigestAlgorithm, Finding> {
    // GB/T 33190 table 18.2: MD5 where none is written.
    let written = method.unwrap_or("MD5");
    if let Some(algorithm) = DigestAlgorithm::from_oid(written) {
        return Ok(algorithm);
    }
    let method = written.to_owned();
    match written.to_ascii_uppercase().as_str() {
        "SM3" => Ok(DigestAlgorithm::Sm3),
        "SHA256" | "SHA-256" => Ok(DigestAlgorithm::Sha256),
        "MD5" | "SHA1" | "SHA-1" => Err(Finding::ReferenceMethodWeak { method }),
        _ => Err(Finding::ReferenceMethodUnknown { method }),
    }
}

/// Seal.esl, when it is named, is the embedded seal byte for byte.
pub(super) fn seal_file(subject: &Subject<'_>, signature: &SealSignature<'_>) -> Judgement {
    let Some((side, name)) = subject.package.as_ref().and_then(|side| Some((side, side.file.seal.as_ref()?))) else {
        return Judgement::NotApplicable;
    };
    match side.package.bytes(name) {
        Some(bytes) if bytes == signature.seal.raw => Judgement::pass(name.clone()),
        Some(_) => Finding::SealFileDiffers { name: name.clone() }.into(),
        None => Finding::SealFileMissing { name: name.clone() }.into(),
    }
}

/// What lies outside the signature can be changed while every other step passes.
pub(super) fn coverage(_: &Subject<'_>, side: &PackageSide<'_>) -> Judgement {
    let bytes = side.package.bytes_outside;
    let mut findings = Vec::new();
    if !side.uncovered.is_empty() {
        findings.push(Finding::CoverageGap { names: side.uncovered.to_vec() });
    }
    if bytes > 0 {
        findings.push(Finding::CoverageOutsideArchive { bytes });
    }
    // Another authority's seal over the rest says nothing about this one's.
    let by_other: Vec<String> = side.outside.iter().filter(|name| !side.uncovered.contains(name)).cloned().collect();
    if !by_other.is_empty() {
        findings.push(Finding::CoverageByOther { names: by_other });
    }
    Judgement::all("every file is protected", findings)
}

pub(super) fn timestamp(subject: &Subject<'_>, seal: &Seal<'_>) -> Judgement {
    let on_signature = subject.signature().is_some_and(|signature| signature.time_stamp.is_some());
    if on_signature || seal.time_stamp.is_some() {
        Finding::TimestampUnsupported.into()
    } else {
        Judgement::NotApplicable
    }
}
