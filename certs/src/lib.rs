//! Trust: digests, signatures, certificates, paths, revocation and trust lists.

pub mod aead;
pub mod certificate;
pub mod der;
pub mod digest;
pub mod ed25519;
pub mod error;
#[cfg(feature = "signing")]
pub mod hierarchy;
pub mod key;
pub mod path;
pub mod random;
pub mod revocation;
#[cfg(feature = "signing")]
pub mod signing;
pub mod sm2;
pub mod trust;

mod name;
#[cfg(test)]
#[cfg(feature = "signing")]
mod workshop;

pub use error::{Error, SignatureError};
pub use name::Name;
