//! Trust: digests, signatures, certificates, paths, revocation and trust lists.

pub mod aead;
pub mod der;
pub mod digest;
pub mod ed25519;
pub mod random;
#[cfg(feature = "signing")]
pub mod signing;
pub mod sm2;

mod error;

pub use error::{Error, SignatureError};
