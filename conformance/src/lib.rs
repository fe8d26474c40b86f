//! Conformance suites for each region, and the client that runs them against any gateway.
//!
//! A suite is plain text (`suites/<code>-<name>/*.scenario`) in the region's own dialect; what must come back is written
//! there too, so that nothing under test supplies its own expectations. [`run::Run`] plays it, [`report::Report`] tells.

pub mod bench;
mod block;
pub mod client;
pub mod document;
pub mod error;
mod expect;
pub mod field;
pub mod launch;
pub mod misuse;
pub mod multipart;
mod package;
pub mod parcel;
pub mod partner;
pub mod receipt;
pub mod rehearsal;
pub mod report;
pub mod request;
pub mod run;
pub mod scenario;
pub mod session;
pub mod signature;
mod story;
pub mod suite;
pub mod tamper;
pub mod vectors;
pub mod verdict;
pub mod wire;

pub use error::SuiteError;
