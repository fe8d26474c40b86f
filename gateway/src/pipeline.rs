//! From a request to a receipt: five arrows, one function each, and only it can make the type to its right.
//!
//! ```text
//! request --authenticate--> Submission --map--> MappedCase --verify--> Examined --recognise--> Decided --append--> Recorded
//! ```
//!
//! A recognition rests on a [`seals::VerifiedSeal`], which a report gives only where the whole document was found valid:
//!
//! ```
//! fn relied_on(found: &seals::VerificationReport) -> Option<&seals::VerifiedSeal> {
//!     found.verified()
//! }
//! ```
//!
//! What was found about one signature, whatever it says, is no such seal; the same function over it does not compile:
//!
//! ```compile_fail,E0599
//! fn relied_on(found: &seals::SignatureReport) -> Option<&seals::VerifiedSeal> {
//!     found.verified()
//! }
//! ```
//!
//! And even a verified seal is no recognition until [`recognise`] has found it to be the right one. Asking for it compiles,
//!
//! ```
//! fn seal_of(recognition: &gateway::pipeline::Recognition) -> Box<seals::VerifiedSeal> {
//!     Box::new(recognition.seal().clone())
//! }
//! ```
//!
//! making one of it does not:
//!
//! ```compile_fail,E0451
//! fn recognition_of(seal: Box<seals::VerifiedSeal>) -> gateway::pipeline::Recognition {
//!     gateway::pipeline::Recognition { seal }
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
pub(crate) use map::{check_edition, map};
pub use recognise::{
    Decided, ManualReview, POLICY_EDITION, Reason, Recognition, Refusal, Ruling, beijing_day, recognise,
};
pub use verify::{Examined, verify};
