//! Electronic seals: formats, containers, the steps of a verification and its report.
mod cache;
mod container;
mod finding;
mod format;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod licence;
mod limits;
mod note;
mod policy;
mod report;
#[cfg(feature = "signing")]
pub mod sealing;
mod step;
mod time;
mod verified;
mod verify;

pub use cache::SealCache;
pub use container::{EntryKind, NameFault, OutsideBytes, OutsidePlace, XmlFault, ZipFault};
pub use finding::{Finding, FindingRow, Role, SubIndication, Weight};
pub use licence::LicenseFacts;
pub use limits::Limits;
pub use note::Note;
pub use policy::{AppliedPolicy, Policy, PolicyEdition};
pub use report::{
    CertificateFacts, EvidenceReport, Indication, Kind, MainIndication, SealFacts, SealName, Sentence, SignatureFacts,
    SignatureReport, StampFacts, StepOutcome, StepReport, TimeSource, TrustReport, Verdict, VerificationReport,
};
pub use step::{Profile, Step};
pub use verified::VerifiedSeal;
pub use verify::{Context, CoverageEntry, verify};

/// 判定表: every finding, what it weighs under each policy of the newest edition, and its name in the terms of ETSI EN 319 102-1.
pub fn finding_table() -> &'static [FindingRow] {
    finding::FINDINGS
}

/// 格式表: every format that is judged, by its standard, with what tells it from the others.
pub fn formats() -> impl Iterator<Item = (&'static str, &'static str)> {
    format::standards()
}
