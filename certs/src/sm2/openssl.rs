//! The same verification by OpenSSL: the engine for whoever does not want ours.

use openssl::bn::BigNumContext;
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::pkey_ctx::PkeyCtx;

use super::Case;
use super::scalar::Claim;
use crate::SignatureError;

/// Judges by OpenSSL, after the same judgement of ranges: OpenSSL tells no number out of range from a wrong signature.
pub(super) fn judge(case: &Case<'_>) -> Result<(), SignatureError> {
    Claim::read(case)?;
    // An error of OpenSSL's is a refusal: what cannot be verified does not hold.
    if accepts(case).unwrap_or(false) { Ok(()) } else { Err(SignatureError::Mismatch) }
}

fn accepts(case: &Case<'_>) -> Result<bool, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::SM2)?;
    let point = EcPoint::from_bytes(&group, &case.key.sec1, &mut *BigNumContext::new()?)?;
    let key = PKey::from_ec_key(EcKey::from_public_key(&group, &point)?)?;
    let mut context = PkeyCtx::new(&key)?;
    context.verify_init()?;
    context.verify(case.digest, &case.signature.to_der())
}
