//! Steps that look at the document: its format, what is protected, and what is not.
use certs::digest::DigestAlgorithm;

use super::{
    coverage,
    subject::{PackageSide, Subject},
};
use crate::{
    container::SignedFile,
    finding::{Finding, Role},
    format::{DataSignature, Parsed, SealSignature, SignatureValue, Signing},
    report::Judgement,
};

/// The layout, what it calls critical, and in a strict reading every tolerance too.
pub(super) fn format(subject: &Subject<'_>) -> Judgement {
    let parsed = match &subject.parsed {
        Err(finding) => return finding.clone().into(),
        Ok(Parsed::Seal(_)) if subject.package.is_some() => return Finding::SealInsteadOfSignature.into(),
        Ok(parsed) => parsed,
    };
    let refused = subject.notes.first_tolerance().filter(|_| subject.context.policy.strict);
    let version = subject.shape.map_or(String::new(), |shape| format!("version {}", shape.version));
    let mut findings: Vec<_> = refused.map(Finding::NotTolerated).into_iter().collect();
    findings.extend(critical_extensions(parsed));
    Judgement::all(version, findings)
}

/// None is known, in the seal nor in the signature.
fn critical_extensions(parsed: &Parsed<'_>) -> impl Iterator<Item = Finding> {
    let of_seal = parsed.seal().and_then(|seal| seal.info.critical_extension.clone());
    let of_signature = parsed.seal_signature().and_then(|signature| signature.critical_extension.clone());
    let found = [(Role::Maker, of_seal), (Role::Signer, of_signature)];
    found.into_iter().filter_map(|(role, extension)| Some(Finding::CriticalExtension { role, extension: extension? }))
}

/// The digest that was signed is that of Signature.xml.
pub(super) fn document_digest(subject: &Subject<'_>, signing: &Signing<'_>) -> Judgement {
    let changed = |entry: &str| Finding::DocumentChanged { entry: entry.to_owned() }.into();
    let holds = subject.data_signature().is_none_or(DataSignature::content_holds);
    let Some(side) = &subject.package else {
        return if holds { Finding::DocumentAbsent.into() } else { changed("SignedData") };
    };
    let name = side.file.name.as_str();
    let found = match (subject.data_signature(), subject.seal_signature()) {
        (Some(data), _) => match data.is_about(side.original()) {
            None => return Judgement::NotApplicable,
            Some(is_about) => is_about.then(|| format!("the content is {name} or its digest")),
        },
        (None, Some(signature)) => algorithms(signing).iter().find_map(|algorithm| {
            let digest = side.package.digest(*algorithm, name)?;
            (digest.as_slice() == signature.document_digest).then(|| format!("{algorithm:?} {}", hex::encode(digest)))
        }),
        (None, None) => None,
    };
    found.map_or_else(|| changed(name), Judgement::pass)
}

/// Plain SM3 in every real file; the digest has no algorithm identifier of its own. Whoever signs with RSA hashes with SHA-256.
fn algorithms(signing: &Signing<'_>) -> &'static [DigestAlgorithm] {
    match signing.signature {
        SignatureValue::Sm2(_) => &[DigestAlgorithm::Sm3],
        SignatureValue::Other { .. } => &[DigestAlgorithm::Sm3, DigestAlgorithm::Sha256],
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
    side.package.digest_each(algorithm, file.references.iter().filter_map(|reference| reference.file.as_ref().ok()));
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
    let explained = broken_by_later(side, &changed);
    if !changed.is_empty() {
        findings.push(Finding::ReferenceChanged { names: changed });
    }
    if !missing.is_empty() {
        findings.push(Finding::ReferenceMissing { names: missing });
    }
    findings.extend(explained);
    Judgement::all(format!("{} files", file.references.len()), findings)
}

/// Products that lock Signatures.xml with the first signature break it by adding a second, which changes that file and no other, and
/// protects the first signature. It is broken all the same: only, nobody needs to look for a forger.
fn broken_by_later(side: &PackageSide<'_>, changed: &[String]) -> Option<Finding> {
    let only_list = changed.iter().all(|name| side.lists.contains(name)) && !changed.is_empty();
    let own = &side.file.name;
    let protects = |later: &&&SignedFile| {
        let algorithm = check_method(later.method.as_deref()).ok();
        let now = algorithm.and_then(|algorithm| side.package.digest(algorithm, own)).map(<[u8; 32]>::as_slice);
        let mut references = later.references.iter();
        now.is_some() && references.any(|it| it.file.as_ref() == Ok(own) && it.digest.as_deref() == now)
    };
    let later = only_list.then(|| side.later.iter().find(protects)).flatten()?;
    Some(Finding::BrokenByLater { entry: later.name.clone() })
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
    let mut findings = coverage::findings(side.coverage);
    let parts = side.package.outside.clone();
    if !parts.is_empty() {
        findings.push(Finding::CoverageOutsideArchive { bytes: parts.iter().map(|it| it.bytes).sum(), parts });
    }
    // Another authority's seal over the rest says nothing about this one's.
    let by_other = side.coverage.iter().filter(|it| it.is_outside(side.index) && !it.is_uncovered());
    let by_other: Vec<_> = by_other.map(|it| it.entry.clone()).collect();
    if !by_other.is_empty() {
        findings.push(Finding::CoverageByOther { names: by_other });
    }
    Judgement::all("every file is protected", findings)
}
