//! 签章: making seals, licence pages and sealed documents. Only what holds a private key needs this.
mod error;
mod package;
mod page;
mod picture;
mod seal;

use certs::{certificate::Certificate, signing::Sm2Signer};
use jiff::Timestamp;

pub use error::SealingError;
pub use package::seal_package;
pub use page::licence_package;
pub use picture::round_seal;
pub use seal::{SealPlan, make_seal};

use crate::{licence::LicenseFacts, limits::Limits};

/// A certificate with its private key.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    /// What others see.
    pub certificate: &'a Certificate,
    /// What only its owner has.
    pub key: &'a Sm2Signer,
}

/// One act of sealing.
#[derive(Clone, Copy)]
pub struct Sealing<'a> {
    /// The DER of a seal, as [`make_seal`] gives it, that lists the signer's certificate.
    pub seal: &'a [u8],
    /// Who seals.
    pub signer: Identity<'a>,
    /// 签章时间: the time that the signer claims.
    pub signed_at: Timestamp,
}

/// Makes a one-page OFD that shows a licence and states it in its custom data, and seals all of it.
///
/// # Errors
/// When the seal or the key is not one that can be used, see [`SealingError`].
pub fn seal_document(facts: &LicenseFacts, sealing: &Sealing<'_>) -> Result<Vec<u8>, SealingError> {
    let package = licence_package(facts, sealing.signed_at)?;
    seal_package(&package, sealing, &Limits::DEFAULT)
}
