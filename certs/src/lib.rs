//! Trust: digests, signatures, certificates, paths, revocation, trust lists and time stamps.
//!
//! Everything received is read into a type once ([`certificate::Certificate`], [`revocation::RevocationList`], [`trust::TrustList`],
//! [`signed_data::SignedData`], [`time_stamp::TimeStampToken`]) and judged later, as of a time that the caller gives:
//! [`path::verify_path`] for the path, [`revocation::status`] for revocation, [`certificate::Certificate::judge_usage`] for key usage,
//! [`time_stamp::TimeStampToken::verify`] for time stamps. None of it reads a clock. SM2 is verified by our own arithmetic ([`sm2::engine`]); private keys are
//! behind the feature `signing`, which an auditor's tool does without.

pub mod aead;
pub mod certificate;
pub mod der;
pub mod digest;
pub mod ed25519;
pub mod error;
#[cfg(feature = "signing")]
pub mod hierarchy;
pub mod import;
pub mod key;
pub mod ocsp;
pub mod path;
pub mod random;
pub mod revocation;
pub mod signed_data;
#[cfg(feature = "signing")]
pub mod signing;
pub mod sm2;
pub mod time_stamp;
pub mod trust;

mod name;
#[cfg(test)]
#[cfg(feature = "signing")]
mod workshop;

pub use error::{Error, SignatureError};
pub use name::Name;
