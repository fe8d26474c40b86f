//! 制章: seals and seal signatures of GB/T 38540-2020, written as strictly as the standard asks.
use certs::{
    certificate::Certificate,
    der::{tag, write as der},
    digest,
};
use jiff::Timestamp;

use super::{Identity, SealingError};

/// SM2 with SM3, 1.2.156.10197.1.501.
const SM2_WITH_SM3: [u64; 6] = [1, 2, 156, 10197, 1, 501];

/// The version that GB/T 38540-2020 gives seals and seal signatures.
const VERSION: u8 = 4;

/// What a seal is to say.
#[derive(Clone, Debug)]
pub struct SealPlan<'a> {
    /// 印章标识 esID, ASCII.
    pub id: &'a str,
    /// 印章名称.
    pub name: &'a str,
    /// Who may use it: their certificates are listed whole (certListType 1).
    pub signers: &'a [Certificate],
    /// When it is made.
    pub created_at: Timestamp,
    /// Start of its period.
    pub valid_from: Timestamp,
    /// End of its period.
    pub valid_until: Timestamp,
    /// The picture, PNG, as [`super::round_seal`] gives one.
    pub picture: &'a [u8],
    /// Width and height of the picture on paper, in millimetres.
    pub size_mm: u8,
}

/// Makes a seal: the DER of `SESeal`, signed by the maker.
///
/// # Errors
/// [`SealingError::Text`] where the identifier is not ASCII, [`SealingError::Signing`] where the key fails.
pub fn make_seal(plan: &SealPlan<'_>, maker: Identity<'_>) -> Result<Vec<u8>, SealingError> {
    let header = der::sequence(&[ia5("ES", "header")?, number(VERSION), ia5("tongbiao", "vendor")?]);
    let certificates: Vec<Vec<u8>> = plan.signers.iter().map(|signer| der::octets(signer.der())).collect();
    let property = der::sequence(&[
        // 3: 电子公章, the seal of an organisation.
        number(3),
        der::utf8(plan.name),
        number(1),
        der::sequence(&certificates),
        time(plan.created_at),
        time(plan.valid_from),
        time(plan.valid_until),
    ]);
    let size = number(plan.size_mm);
    let picture = der::sequence(&[ia5("png", "picture type")?, der::octets(plan.picture), size.clone(), size]);
    let info = der::sequence(&[header, ia5(plan.id, "seal identifier")?, property, picture]);
    let signature = maker.key.sign(&info)?;
    Ok(der::sequence(&[
        info,
        der::octets(maker.certificate.der()),
        der::oid(&SM2_WITH_SM3),
        der::bits(&signature.to_der()),
    ]))
}

/// Makes a seal signature over the bytes of a Signature.xml: the DER of `SES_Signature`.
pub(super) fn sign(
    seal: &[u8],
    original: &[u8],
    property: &str,
    signer: Identity<'_>,
    signed_at: Timestamp,
) -> Result<Vec<u8>, SealingError> {
    let tbs = der::sequence(&[
        number(VERSION),
        seal.to_vec(),
        time(signed_at),
        der::bits(&digest::sm3(&[original])),
        ia5(property, "location of the signature")?,
    ]);
    let signature = signer.key.sign(&tbs)?;
    Ok(der::sequence(&[
        tbs,
        der::octets(signer.certificate.der()),
        der::oid(&SM2_WITH_SM3),
        der::bits(&signature.to_der()),
    ]))
}

fn number(number: u8) -> Vec<u8> {
    der::unsigned(&[number])
}

fn ia5(text: &str, what: &'static str) -> Result<Vec<u8>, SealingError> {
    let holds = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if holds { Ok(der::value(tag::IA5_STRING, text.as_bytes())) } else { Err(SealingError::Text { what }) }
}

/// `GeneralizedTime`, in UTC, to the second.
fn time(at: Timestamp) -> Vec<u8> {
    der::value(tag::GENERALIZED_TIME, at.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
}
