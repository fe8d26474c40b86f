//! The stable code of each finding.
use super::Finding;
use crate::container::EntryKind;

impl Finding {
    /// Stable code. Each has its text in both languages in `standards/problems/`.
    #[rustfmt::skip]
    pub fn code(&self) -> &'static str {
        use Finding as F;
        match self {
            F::Der(_) => "format.der",
            F::UnknownShape { .. } => "format.unknown_shape",
            F::SealInsteadOfSignature => "format.seal_instead_of_signature",
            F::NotASeal => "format.not_a_seal",
            F::FormatUnsupported { .. } => "format.unsupported",
            F::TimeUnreadable => "format.time",
            F::CertificateUnreadable { .. } => "format.certificate",
            F::SignatureUnreadable { .. } => "format.signature_encoding",
            F::CertListType { .. } => "format.cert_list_type",
            F::CriticalExtension { .. } => "format.critical_extension",
            F::NotTolerated(note) => note.code(),
            F::TooLarge { .. } => "format.too_large",
            F::PictureSize { .. } => "format.picture_size",
            F::NotRead => "format.not_read",
            F::DocumentAbsent => "seal.document_absent",
            F::Zip(fault) => fault.code(),
            F::Xml { fault, .. } => fault.code(),
            F::LocationOutside { .. } => "container.location_outside",
            F::EntryMissing { .. } => "container.entry_missing",
            F::TooManySignatures { .. } => "container.too_many_signatures",
            F::SignatureListedTwice { .. } => "container.signature_listed_twice",
            F::NoSignature => "container.no_signature",
            F::ContainerUnsupported { .. } => "container.unsupported",
            F::SignatureWrong { role } => role.of("seal.maker_signature_wrong", "seal.signature_wrong"),
            F::KeyMalformed { .. } => "seal.key_malformed",
            F::AlgorithmUnsupported { .. } => "seal.algorithm_unsupported",
            F::AlgorithmMismatch { role, .. } => role.of("seal.maker_algorithm_mismatch", "seal.signer_algorithm_mismatch"),
            F::SignedData(fault) => fault.code(),
            F::SignerCount { .. } => "format.signer_count",
            F::SignerCertificateAbsent => "seal.signer_certificate_absent",
            F::SignedAttributeMissing { .. } => "format.attribute_missing",
            F::UnknownIssuer { role, .. } => role.of("seal.maker_unknown_issuer", "seal.signer_unknown_issuer"),
            F::TrustStale { .. } => "seal.trust_stale",
            F::Version1 { role } => role.of("seal.maker_version_1", "seal.signer_version_1"),
            F::PathBroken { role, .. } => role.of("seal.maker_path_broken", "seal.signer_path_broken"),
            F::RevocationWithoutPath { role } => role.of("seal.maker_revocation_without_path", "seal.signer_revocation_without_path"),
            F::RevocationUnknown { role, .. } => role.of("seal.maker_revocation_unknown", "seal.signer_revocation_unknown"),
            F::Revoked { role, .. } => role.of("seal.maker_revoked", "seal.signer_revoked"),
            F::NoProofOfExistence { .. } => "seal.no_proof_of_existence",
            F::MakerRevokedNow { .. } => "seal.maker_revoked_now",
            F::UsageForbidden { role } => role.of("seal.maker_usage_forbidden", "seal.signer_usage_forbidden"),
            F::UsageUnstated { role } => role.of("seal.maker_usage_unstated", "seal.signer_usage_unstated"),
            F::MakerNotYetValid { .. } => "seal.maker_not_yet_valid",
            F::MakerExpired { .. } => "seal.maker_expired",
            F::CreatedOutsideMakerPeriod { .. } => "seal.created_outside_maker_period",
            F::CreatedOutsideMakerPeriodUnasked { .. } => "seal.created_outside_maker_period_unasked",
            F::SealOutsidePeriod { .. } => "seal.outside_period",
            F::SignedOutsidePeriod { .. } => "seal.signed_outside_signer_period",
            F::SigningTimeUnknown => "seal.signing_time_unknown",
            F::SignedInFuture { .. } => "seal.signed_in_future",
            F::SignerNotInSeal => "seal.signer_not_in_seal",
            F::DocumentChanged { .. } => "seal.document_changed",
            F::ReferenceChanged { .. } => "reference.changed",
            F::BrokenByLater { .. } => "reference.broken_by_later_signature",
            F::ReferenceMissing { .. } => "reference.missing",
            F::ReferenceNone => "reference.none",
            F::ReferenceMethodWeak { .. } => "reference.method_weak",
            F::ReferenceMethodUnknown { .. } => "reference.method_unknown",
            F::SealFileMissing { .. } => "seal.file_missing",
            F::SealFileDiffers { .. } => "seal.file_differs",
            F::Uncovered { kind, .. } => uncovered(*kind),
            F::UncoveredActions { .. } => "coverage.actions",
            F::CoverageByOther { .. } => "coverage.by_other_signature",
            F::CoverageOutsideArchive { .. } => "coverage.bytes_outside_archive",
            F::CreatedAfterRevocation { .. } => "seal.created_after_revocation",
            F::TimeStamp(fault) => fault.code(),
            F::StampBeforeClaim { role, .. } => role.of("timestamp.before_making", "timestamp.before_signing"),
            F::StampOutsidePeriod { role, .. } => role.of("timestamp.outside_maker_period", "timestamp.outside_signer_period"),
        }
    }
}

fn uncovered(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Page => "coverage.page",
        EntryKind::Template => "coverage.template",
        EntryKind::Resource => "coverage.resource",
        EntryKind::Annotation => "coverage.annotation",
        EntryKind::Attachment => "coverage.attachment",
        EntryKind::CustomData => "coverage.custom_data",
        EntryKind::Structure => "coverage.structure",
        // A signature's own files are never found missing.
        EntryKind::Signature | EntryKind::Other => "coverage.gap",
    }
}
