//! The stable code of each finding.
use super::Finding;
use crate::container::EntryKind;

impl Finding {
    /// Stable code. Each has its text in both languages in `standards/problems/`.
    #[rustfmt::skip]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Der(_) => "format.der",
            Self::UnknownShape { .. } => "format.unknown_shape",
            Self::SealInsteadOfSignature => "format.seal_instead_of_signature",
            Self::NotASeal => "format.not_a_seal",
            Self::FormatUnsupported { .. } => "format.unsupported",
            Self::TimeUnreadable => "format.time",
            Self::CertificateUnreadable { .. } => "format.certificate",
            Self::SignatureUnreadable { .. } => "format.signature_encoding",
            Self::CertListType { .. } => "format.cert_list_type",
            Self::CriticalExtension { .. } => "format.critical_extension",
            Self::NotTolerated(note) => note.code(),
            Self::TooLarge { .. } => "format.too_large",
            Self::PictureSize { .. } => "format.picture_size",
            Self::NotRead => "format.not_read",
            Self::DocumentAbsent => "seal.document_absent",
            Self::Zip(fault) => fault.code(),
            Self::Xml { fault, .. } => fault.code(),
            Self::LocationOutside { .. } => "container.location_outside",
            Self::EntryMissing { .. } => "container.entry_missing",
            Self::TooManySignatures { .. } => "container.too_many_signatures",
            Self::SignatureListedTwice { .. } => "container.signature_listed_twice",
            Self::NoSignature => "container.no_signature",
            Self::ContainerUnsupported { .. } => "container.unsupported",
            Self::SignatureWrong { role } => role.of("seal.maker_signature_wrong", "seal.signature_wrong"),
            Self::KeyMalformed { .. } => "seal.key_malformed",
            Self::AlgorithmUnsupported { .. } => "seal.algorithm_unsupported",
            Self::AlgorithmMismatch { role, .. } => role.of("seal.maker_algorithm_mismatch", "seal.signer_algorithm_mismatch"),
            Self::SignedData(fault) => fault.code(),
            Self::SignerCount { .. } => "format.signer_count",
            Self::SignerCertificateAbsent => "seal.signer_certificate_absent",
            Self::SignedAttributeMissing { .. } => "format.attribute_missing",
            Self::UnknownIssuer { role, .. } => role.of("seal.maker_unknown_issuer", "seal.signer_unknown_issuer"),
            Self::TrustStale { .. } => "seal.trust_stale",
            Self::Version1 { role } => role.of("seal.maker_version_1", "seal.signer_version_1"),
            Self::PathBroken { role, .. } => role.of("seal.maker_path_broken", "seal.signer_path_broken"),
            Self::RevocationWithoutPath { role } => role.of("seal.maker_revocation_without_path", "seal.signer_revocation_without_path"),
            Self::RevocationUnknown { role, .. } => role.of("seal.maker_revocation_unknown", "seal.signer_revocation_unknown"),
            Self::Revoked { role, .. } => role.of("seal.maker_revoked", "seal.signer_revoked"),
            Self::NoProofOfExistence { .. } => "seal.no_proof_of_existence",
            Self::MakerRevokedNow { .. } => "seal.maker_revoked_now",
            Self::UsageForbidden { role } => role.of("seal.maker_usage_forbidden", "seal.signer_usage_forbidden"),
            Self::UsageUnstated { role } => role.of("seal.maker_usage_unstated", "seal.signer_usage_unstated"),
            Self::MakerNotYetValid { .. } => "seal.maker_not_yet_valid",
            Self::MakerExpired { .. } => "seal.maker_expired",
            Self::CreatedOutsideMakerPeriod { .. } => "seal.created_outside_maker_period",
            Self::CreatedOutsideMakerPeriodUnasked { .. } => "seal.created_outside_maker_period_unasked",
            Self::SealOutsidePeriod { .. } => "seal.outside_period",
            Self::SignedOutsidePeriod { .. } => "seal.signed_outside_signer_period",
            Self::SigningTimeUnknown => "seal.signing_time_unknown",
            Self::SignedInFuture { .. } => "seal.signed_in_future",
            Self::SignerNotInSeal => "seal.signer_not_in_seal",
            Self::DocumentChanged { .. } => "seal.document_changed",
            Self::ReferenceChanged { .. } => "reference.changed",
            Self::BrokenByLater { .. } => "reference.broken_by_later_signature",
            Self::ReferenceMissing { .. } => "reference.missing",
            Self::ReferenceNone => "reference.none",
            Self::ReferenceMethodWeak { .. } => "reference.method_weak",
            Self::ReferenceMethodUnknown { .. } => "reference.method_unknown",
            Self::SealFileMissing { .. } => "seal.file_missing",
            Self::SealFileDiffers { .. } => "seal.file_differs",
            Self::Uncovered { kind, .. } => uncovered(*kind),
            Self::UncoveredActions { .. } => "coverage.actions",
            Self::CoverageByOther { .. } => "coverage.by_other_signature",
            Self::CoverageOutsideArchive { .. } => "coverage.bytes_outside_archive",
            Self::CreatedAfterRevocation { .. } => "seal.created_after_revocation",
            Self::TimeStamp(fault) => fault.code(),
            Self::StampBeforeClaim { role, .. } => role.of("timestamp.before_making", "timestamp.before_signing"),
            Self::StampOutsidePeriod { role, .. } => role.of("timestamp.outside_maker_period", "timestamp.outside_signer_period"),
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
