//! What each finding weighs under each policy, and what ETSI EN 319 102-1 calls it: one row a code.
//!
//! A code alone decides: whoever has the codes of a report can judge it again under another policy, without the document.
use serde::Serialize;

/// 权重: what a finding means for its step. Ordered from light to heavy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Worth knowing, and nothing more.
    Hint,
    /// The step cannot be judged.
    Indeterminate,
    /// The step fails.
    Fail,
}

/// Sub-indications of ETSI EN 319 102-1 V1.3.1, tables 5 and 6, as far as our findings have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubIndication {
    /// The signature does not conform to its format.
    FormatFailure,
    /// The hash of a signed object is not the one that was signed.
    HashFailure,
    /// The signature value does not verify.
    SigCryptoFailure,
    /// The certificate had been revoked when it signed.
    Revoked,
    /// The certificate had expired when it signed.
    Expired,
    /// The certificate was not yet valid when it signed.
    NotYetValid,
    /// A constraint of the policy on the signature is not met.
    SigConstraintsFailure,
    /// A constraint on the certificates of the path is not met.
    ChainConstraintsFailure,
    /// The path was found and does not hold.
    CertificateChainGeneralFailure,
    /// An algorithm is not one that the policy relies on.
    CryptoConstraintsFailure,
    /// No path to a trust anchor was found.
    NoCertificateChainFound,
    /// The certificate was revoked, and nothing proves that the signature is older.
    RevokedNoPoe,
    /// The certificate's period does not contain the time at which the signature is known to exist.
    OutOfBoundsNoPoe,
    /// A time stamp is older than what it should follow.
    TimestampOrderFailure,
    /// What was signed is not there.
    SignedDataNotFound,
    /// The signer's certificate is not there.
    NoSigningCertificateFound,
    /// Something may become known later: revocation data, a trust list.
    TryLater,
    /// None of the others.
    Generic,
}

/// 判定表的一行: one code, what it weighs, and its name in ETSI's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FindingRow {
    /// The stable code; its texts are in `standards::problem`.
    pub code: &'static str,
    /// What it weighs for a person who reads the document.
    pub reading: Weight,
    /// What it weighs for a decision on mutual recognition.
    pub recognition: Weight,
    /// What ETSI EN 319 102-1 calls it.
    pub sub_indication: SubIndication,
}

impl FindingRow {
    /// What is not in a table fails: a finding that nobody weighed is no reason to believe anything.
    const UNKNOWN: FindingRow = FindingRow {
        code: "",
        reading: Weight::Fail,
        recognition: Weight::Fail,
        sub_indication: SubIndication::Generic,
    };

    /// The row of a code.
    pub(crate) fn of(rows: &'static [FindingRow], code: &str) -> &'static FindingRow {
        rows.iter().find(|row| row.code == code).unwrap_or(&FindingRow::UNKNOWN)
    }
}

use SubIndication::{
    CertificateChainGeneralFailure as BrokenPath, ChainConstraintsFailure as Chain, CryptoConstraintsFailure as Crypto,
    FormatFailure as Format, Generic, HashFailure as Digest, NoCertificateChainFound as NoPath,
    OutOfBoundsNoPoe as Bounds, RevokedNoPoe as NoProof, SigConstraintsFailure as Constraints,
    SigCryptoFailure as Arithmetic, SignedDataNotFound as Absent, TimestampOrderFailure as Order, TryLater as Later,
};
use Weight::{Fail, Hint, Indeterminate};

/// The same under both policies.
const fn always(weight: Weight, code: &'static str, sub_indication: SubIndication) -> FindingRow {
    FindingRow { code, reading: weight, recognition: weight, sub_indication }
}

/// A hint for a reader that forbids a recognition.
const fn strictly(code: &'static str, sub_indication: SubIndication) -> FindingRow {
    FindingRow { code, reading: Hint, recognition: Fail, sub_indication }
}

/// Every finding, in the order of the documentation.
#[rustfmt::skip]
pub(crate) const FINDINGS: &[FindingRow] = &[
    // Reading
    always(Fail, "format.der", Format),
    always(Fail, "format.unknown_shape", Format),
    always(Fail, "format.seal_instead_of_signature", Format),
    always(Fail, "format.not_a_seal", Format),
    always(Indeterminate, "format.unsupported", Generic),
    always(Fail, "format.time", Format),
    always(Fail, "format.certificate", Format),
    always(Fail, "format.signature_encoding", Format),
    always(Fail, "format.cert_list_type", Format),
    always(Fail, "format.too_large", Format),
    always(Fail, "format.picture_size", Format),
    always(Indeterminate, "format.not_read", Generic),
    always(Indeterminate, "format.critical_extension", Constraints),
    // What a strict reading refuses; a tolerant one only notes it.
    always(Fail, "format.normalised_integer", Format),
    always(Fail, "format.raw_signature", Format),
    always(Fail, "format.padded_bit_string", Format),
    always(Fail, "format.local_time", Format),
    always(Fail, "format.short_year", Format),
    always(Fail, "format.cert_list_type_3", Format),
    always(Fail, "format.header_version_2", Format),
    always(Fail, "format.other_time_type", Format),
    always(Fail, "format.text_time_info", Format),
    always(Fail, "format.nul_padded_name", Format),
    always(Fail, "format.root_relative_location", Format),
    // The container
    always(Fail, "container.archive_unreadable", Format),
    always(Fail, "container.compression_method", Format),
    always(Fail, "container.directory_inconsistent", Format),
    always(Fail, "container.duplicate_name", Format),
    always(Fail, "container.encrypted", Format),
    always(Fail, "container.entry_corrupt", Format),
    always(Fail, "container.entry_missing", Format),
    always(Fail, "container.entry_too_large", Format),
    always(Fail, "container.entry_type", Format),
    always(Fail, "container.hidden_archive", Format),
    always(Fail, "container.hostile_name", Format),
    always(Fail, "container.local_mismatch", Format),
    always(Fail, "container.location_outside", Format),
    always(Fail, "container.multi_disk", Format),
    always(Fail, "container.no_signature", Format),
    always(Fail, "container.overlap", Format),
    always(Fail, "container.package_too_large", Format),
    always(Fail, "container.ratio", Format),
    always(Fail, "container.second_name", Format),
    always(Fail, "container.signature_listed_twice", Format),
    always(Fail, "container.too_many_entries", Format),
    always(Fail, "container.too_many_signatures", Format),
    always(Fail, "container.unrecognised", Format),
    always(Indeterminate, "container.unsupported", Generic),
    always(Fail, "container.xml_doctype", Format),
    always(Fail, "container.xml_entity", Format),
    always(Fail, "container.xml_illegal_character", Format),
    always(Fail, "container.xml_limit", Format),
    always(Fail, "container.xml_malformed", Format),
    always(Fail, "container.xml_missing", Format),
    always(Fail, "container.xml_namespace", Format),
    always(Fail, "container.xml_not_utf8", Format),
    always(Fail, "container.xml_outside_root", Format),
    always(Fail, "container.xml_processing_instruction", Format),
    always(Fail, "container.xml_repeated", Format),
    always(Fail, "container.xml_root", Format),
    always(Fail, "container.zip64", Format),
    // Arithmetic
    always(Fail, "seal.maker_signature_wrong", Arithmetic),
    always(Fail, "seal.signature_wrong", Arithmetic),
    always(Fail, "seal.key_malformed", Arithmetic),
    always(Indeterminate, "seal.algorithm_unsupported", Crypto),
    always(Fail, "seal.maker_algorithm_mismatch", Arithmetic),
    always(Fail, "seal.signer_algorithm_mismatch", Arithmetic),
    // SignedData
    always(Fail, "signed_data.too_long", Format),
    always(Fail, "signed_data.too_many", Format),
    always(Fail, "signed_data.malformed", Format),
    always(Fail, "signed_data.indefinite", Format),
    always(Fail, "signed_data.other_content", Format),
    always(Fail, "signed_data.version", Format),
    always(Fail, "signed_data.attribute_not_single", Format),
    always(Indeterminate, "format.signer_count", Format),
    always(Fail, "format.attribute_missing", Format),
    always(Indeterminate, "seal.signer_certificate_absent", SubIndication::NoSigningCertificateFound),
    // Paths and revocation
    always(Indeterminate, "seal.maker_unknown_issuer", NoPath),
    always(Indeterminate, "seal.signer_unknown_issuer", NoPath),
    always(Indeterminate, "seal.trust_stale", Later),
    always(Indeterminate, "seal.maker_version_1", NoPath),
    always(Indeterminate, "seal.signer_version_1", NoPath),
    always(Fail, "seal.maker_path_broken", BrokenPath),
    always(Fail, "seal.signer_path_broken", BrokenPath),
    always(Indeterminate, "seal.maker_revocation_without_path", NoPath),
    always(Indeterminate, "seal.signer_revocation_without_path", NoPath),
    always(Indeterminate, "seal.maker_revocation_unknown", Later),
    always(Indeterminate, "seal.signer_revocation_unknown", Later),
    // GB/T 38540-2020 7.3 d) makes a revoked maker a hint; the proof of existence that lacks beside it leaves it open.
    strictly("seal.maker_revoked", SubIndication::Revoked),
    always(Fail, "seal.maker_revoked_now", SubIndication::Revoked),
    always(Fail, "seal.signer_revoked", SubIndication::Revoked),
    always(Indeterminate, "seal.no_proof_of_existence", NoProof),
    always(Fail, "seal.maker_usage_forbidden", Chain),
    always(Fail, "seal.signer_usage_forbidden", Chain),
    always(Hint, "seal.maker_usage_unstated", Chain),
    always(Hint, "seal.signer_usage_unstated", Chain),
    // Periods
    always(Fail, "seal.maker_not_yet_valid", SubIndication::NotYetValid),
    always(Hint, "seal.maker_expired", SubIndication::Expired),
    always(Fail, "seal.created_outside_maker_period", Chain),
    always(Hint, "seal.created_outside_maker_period_unasked", Chain),
    always(Fail, "seal.created_after_revocation", SubIndication::Revoked),
    always(Fail, "seal.outside_period", Constraints),
    always(Fail, "seal.signed_outside_signer_period", Bounds),
    always(Indeterminate, "seal.signing_time_unknown", Constraints),
    always(Fail, "seal.signed_in_future", Constraints),
    // The document
    always(Fail, "seal.signer_not_in_seal", Constraints),
    always(Indeterminate, "seal.document_absent", Absent),
    always(Fail, "seal.document_changed", Digest),
    always(Fail, "reference.changed", Digest),
    always(Hint, "reference.broken_by_later_signature", Digest),
    always(Fail, "reference.missing", Absent),
    always(Fail, "reference.none", Absent),
    always(Fail, "reference.method_weak", Crypto),
    always(Indeterminate, "reference.method_unknown", Crypto),
    always(Fail, "seal.file_missing", Absent),
    always(Fail, "seal.file_differs", Digest),
    strictly("coverage.page", Constraints),
    strictly("coverage.template", Constraints),
    strictly("coverage.resource", Constraints),
    strictly("coverage.annotation", Constraints),
    strictly("coverage.attachment", Constraints),
    strictly("coverage.custom_data", Constraints),
    strictly("coverage.structure", Constraints),
    strictly("coverage.gap", Constraints),
    strictly("coverage.actions", Constraints),
    strictly("coverage.by_other_signature", Constraints),
    strictly("coverage.bytes_outside_archive", Format),
    // Time stamps
    always(Fail, "timestamp.malformed", Format),
    always(Fail, "timestamp.not_granted", Format),
    always(Fail, "timestamp.other_content", Format),
    always(Fail, "timestamp.info_malformed", Format),
    always(Fail, "timestamp.accuracy", Format),
    always(Fail, "timestamp.weak_digest", Crypto),
    always(Indeterminate, "timestamp.unknown_algorithm", Crypto),
    always(Fail, "timestamp.critical_extension", Format),
    always(Fail, "timestamp.signers", Format),
    always(Fail, "timestamp.other_bytes", Digest),
    always(Fail, "timestamp.from_future", Order),
    always(Fail, "timestamp.attribute_missing", Format),
    always(Fail, "timestamp.content_type", Format),
    always(Fail, "timestamp.message_digest", Digest),
    always(Indeterminate, "timestamp.authority_missing", SubIndication::NoSigningCertificateFound),
    always(Fail, "timestamp.other_certificate", Format),
    always(Fail, "timestamp.signature", Arithmetic),
    always(Fail, "timestamp.authority_usage", Chain),
    always(Fail, "timestamp.authority_usage_not_critical", Chain),
    always(Fail, "timestamp.authority_key_usage", Chain),
    always(Fail, "timestamp.authority_period", Chain),
    always(Indeterminate, "timestamp.trust_stale", Later),
    always(Indeterminate, "timestamp.authority_unknown", NoPath),
    always(Fail, "timestamp.authority_path", BrokenPath),
    always(Fail, "timestamp.authority_revoked", SubIndication::Revoked),
    always(Fail, "timestamp.authority_compromised", SubIndication::Revoked),
    always(Indeterminate, "timestamp.authority_revocation_unknown", Later),
    always(Fail, "timestamp.before_signing", Order),
    always(Fail, "timestamp.before_making", Order),
    always(Fail, "timestamp.outside_signer_period", Bounds),
    // The clauses are silent on the maker, and nothing else proves that the seal is as old as it says.
    always(Indeterminate, "timestamp.outside_maker_period", Bounds),
];
