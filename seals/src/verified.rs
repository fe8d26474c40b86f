//! 已验签章: a seal signature that a verification under the recognition policy found VALID.
use certs::trust::{SignerRow, Trust};
use jiff::Timestamp;
use standards::code::CreditCode;

use crate::{format::SealSignature, licence::LicenseFacts};

/// 已验签章: what may be relied on about one seal of a document.
///
/// It cannot be made, only received from [`crate::VerificationReport::verified_seals`]. That a seal is genuine does not make it the
/// right one: the organisation and the licence are for the caller to compare.
///
/// ```
/// fn rely_on(report: &seals::VerificationReport) -> Option<&seals::VerifiedSeal> {
///     report.verified()
/// }
/// ```
///
/// What was not verified does not become one:
///
/// ```compile_fail,E0599
/// fn rely_on(report: &seals::VerificationReport) -> Option<&seals::VerifiedSeal> {
///     report.signatures().first()?.verified()
/// }
/// ```
///
/// ```compile_fail,E0451
/// fn forge(genuine: seals::VerifiedSeal) -> seals::VerifiedSeal {
///     seals::VerifiedSeal { licence: None, ..genuine }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct VerifiedSeal {
    index: usize,
    seal_id: String,
    seal_name: String,
    signer: String,
    signer_fingerprint: [u8; 32],
    certified: Option<CreditCode>,
    row: Option<SignerRow>,
    signed_at: Timestamp,
    document_digest: [u8; 32],
    licence: Option<LicenseFacts>,
}

impl VerifiedSeal {
    /// For the verification alone.
    pub(crate) fn new(
        index: usize,
        signature: &SealSignature<'_>,
        signed_at: Timestamp,
        licence: Option<LicenseFacts>,
        document_digest: [u8; 32],
        trust: &Trust,
    ) -> Self {
        let (seal, signer) = (&signature.seal.info, &signature.signing.signer);
        VerifiedSeal {
            index,
            seal_id: seal.id.to_owned(),
            seal_name: seal.name.to_owned(),
            signer: signer.subject().to_string(),
            signer_fingerprint: signer.fingerprint(),
            certified: signer.organisation_code(),
            row: trust.signer_row(signer),
            signed_at,
            document_digest,
            licence,
        }
    }

    /// From 1, in the order of the document's signatures.
    pub fn index(&self) -> usize {
        self.index
    }

    /// 印章标识 esID.
    pub fn seal_id(&self) -> &str {
        &self.seal_id
    }

    /// 印章名称.
    pub fn seal_name(&self) -> &str {
        &self.seal_name
    }

    /// Subject of the signer's certificate, in one line.
    pub fn signer(&self) -> &str {
        &self.signer
    }

    /// SHA-256 of the signer's certificate.
    pub fn signer_fingerprint(&self) -> &[u8; 32] {
        &self.signer_fingerprint
    }

    /// 签章者 organisation: the credit code in the certificate, or in the trust list's row for it. `None` where neither says, or where
    /// the two disagree: then nobody can say whose seal it is.
    pub fn organisation(&self) -> Option<&CreditCode> {
        let listed = self.row.as_ref().and_then(|row| row.organisation.as_ref());
        match (self.certified.as_ref(), listed) {
            (Some(certified), Some(listed)) => (certified == listed).then_some(certified),
            (certified, listed) => certified.or(listed),
        }
    }

    /// The trust list's row of the signer, with the items that it is competent for.
    pub fn row(&self) -> Option<&SignerRow> {
        self.row.as_ref()
    }

    /// The signing time, which is a claim unless a time stamp says it.
    pub fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// SHA-256 of the whole document as it was verified.
    pub fn document_digest(&self) -> &[u8; 32] {
        &self.document_digest
    }

    /// The licence as the document states it, where this seal protects the statement.
    pub fn licence_facts(&self) -> Option<&LicenseFacts> {
        self.licence.as_ref()
    }
}
