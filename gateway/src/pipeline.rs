//! From a request to a receipt: five arrows, one function each, and only it can make the type to its right.
//!
//! ```text
//! request --authenticate--> Submission --map--> MappedCase --verify--> Examined --recognise--> Decided --append--> Recorded
//! ```
//!
//! A recognition rests on a [`seals::VerifiedSeal`], and there is one way to it: a verification that found the document valid.
//!
//! ```
//! fn rests_on(recognition: &gateway::pipeline::Recognition) -> &seals::VerifiedSeal {
//!     recognition.seal()
//! }
//! ```
//!
//! What a report says of a signature is not enough, whatever it says: this does not compile.
//!
//! ```compile_fail,E0451
//! fn rests_on(report: &seals::SignatureReport) -> gateway::pipeline::Recognition {
//!     gateway::pipeline::Recognition { seal: report.clone() }
//! }
//! ```

mod append;
mod authenticate;
mod map;
mod recognise;
mod verify;

pub use append::Recorded;
pub(crate) use append::{Shelf, append, owed_tag, record};
pub use authenticate::{Submission, authenticate};
pub use map::MappedCase;
pub(crate) use map::map;
pub use recognise::{
    Decided, ManualReview, POLICY_EDITION, Reason, Recognition, Refusal, Ruling, beijing_day, recognise,
};
pub use verify::{Examined, verify};
