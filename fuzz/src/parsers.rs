//! Targets of single parsers.
use certs::{
    certificate::Certificate,
    ocsp::OcspResponse,
    revocation::RevocationList,
    signed_data::{SignedData, SignerInfo},
};
use seals::Limits;

/// The DER of seals, seal signatures and `SignedData`.
pub fn seal(bytes: &[u8]) {
    assert_eq!(seals::fuzzing::seal(bytes), seals::fuzzing::seal(bytes));
}

/// The XML of a package.
pub fn ofd_xml(bytes: &[u8]) {
    assert_eq!(seals::fuzzing::xml(bytes), seals::fuzzing::xml(bytes));
}

/// An archive: what is accepted keeps its limits, and no two names are one.
pub fn archive(bytes: &[u8]) {
    let Ok(files) = seals::fuzzing::files(bytes) else { return };
    let limits = Limits::DEFAULT;
    assert!(files.len() <= limits.entries_max);
    assert!(files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() <= limits.package_bytes_max);
    let mut names: Vec<String> = files.iter().map(|(name, _)| name.to_lowercase()).collect();
    assert!(names.iter().all(|name| !name.starts_with('/') && !name.split('/').any(|part| part == "..")));
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
}

/// A certificate: what was read is what was given.
pub fn certificate(bytes: &[u8]) {
    let Ok(certificate) = Certificate::from_der(bytes.to_vec()) else { return };
    assert_eq!(certificate.der(), bytes);
    assert!(Certificate::from_pem(certificate.to_pem().as_bytes()).is_ok_and(|again| again == certificate));
    let _ = (certificate.subject().to_string(), certificate.organisation_code(), certificate.public_key().is_ok());
    let _ = certificate.verify_signed_by(&certificate);
}

/// A revocation list, in DER or PEM.
pub fn crl(bytes: &[u8]) {
    let Ok(list) = RevocationList::from_der_or_pem(bytes) else { return };
    let _ = (list.issuer().to_string(), list.this_update(), list.next_update(), list.revoked().count());
}

/// `SignedData`: everything that was read lies within what was given.
pub fn signed_data(bytes: &[u8]) {
    let Ok(data) = SignedData::read(bytes) else { return };
    let given = bytes.as_ptr_range();
    let within = |part: &[u8]| part.is_empty() || given.contains(&part.as_ptr());
    assert!(data.content().is_none_or(within));
    assert!(data.certificates().iter().chain(data.lists()).all(|part| within(part)));
    for signer in data.signers() {
        judge_signer(signer, &data);
    }
}

fn judge_signer(signer: &SignerInfo<'_>, data: &SignedData<'_>) {
    let certificate = signer.certificate(data);
    assert!(certificate.is_none_or(|certificate| signer.id().names(&certificate)));
    if let Some(attributes) = signer.attributes() {
        // As stored, but for the tag: never encoded again.
        let signed = attributes.signed_bytes();
        assert_eq!(signed.first(), Some(&0x31));
        assert_eq!(signed.get(1..), attributes.raw().get(1..));
    }
}

/// An OCSP response.
pub fn ocsp(bytes: &[u8]) {
    let Ok(response) = OcspResponse::from_der(bytes) else { return };
    let _ = (response.produced_at(), format!("{:?}", response.statuses()));
}
