//! Electronic seals: formats, containers, the steps of a verification and its report.
mod container;
mod finding;
mod format;
mod licence;
mod limits;
mod note;
mod report;
#[cfg(feature = "signing")]
pub mod sealing;
mod time;
mod verified;
mod verify;

pub use container::{NameFault, XmlFault, ZipFault};
pub use finding::{Finding, Role};
pub use licence::LicenseFacts;
pub use limits::Limits;
pub use note::Note;
pub use report::{Kind, SealName, SignatureReport, Step, StepOutcome, StepReport, Verdict, VerificationReport};
pub use verified::VerifiedSeal;
pub use verify::{Context, Policy, verify};
