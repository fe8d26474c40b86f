//! Seals and seal signatures of each layout, written field by field: independent of the code that seals and of the code that judges.
use certs::der::{tag, write as der};
use certs::digest::sm3;
use certs::signing::Sm2Signer;
use jiff::Timestamp;

use super::forge::{SM3, Signing, generalized_time, utc_time};
use super::signed_data::StampPlan;
use super::{Forged, hours};

/// The fields of one SEQUENCE, to be changed.
pub(super) type Fields = Vec<Vec<u8>>;

/// Changes fields; gets the certificates that are at hand.
pub(super) type Edit = fn(&mut Fields, &Cast);

/// Changes nothing.
pub(super) const AS_IT_IS: Edit = |_, _| {};

/// Puts another field in the place of this one.
pub(super) fn put(fields: &mut [Vec<u8>], index: usize, field: Vec<u8>) {
    if let Some(place) = fields.get_mut(index) {
        *place = field;
    }
}

/// Keys and certificates of a vector. Every certificate is DER.
pub(super) struct Cast {
    pub(super) root: Sm2Signer,
    pub(super) maker_key: Sm2Signer,
    pub(super) signer_key: Sm2Signer,
    pub(super) stranger: Sm2Signer,
    pub(super) anchor: Vec<u8>,
    pub(super) maker: Vec<u8>,
    pub(super) signer: Vec<u8>,
    /// The time-stamp authority's.
    pub(super) authority: Vec<u8>,
    pub(super) authority_key: Sm2Signer,
    /// Another certificate of the signer's key.
    pub(super) twin: Vec<u8>,
    /// A genuine certificate of somebody else, the stranger's.
    pub(super) other: Vec<u8>,
}

/// The layouts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// GM/T 0031-2014, with this version in the header.
    V1(u8),
    /// GB/T 38540-2020.
    V4,
    /// GM/T 0031-2025.
    V5,
}

impl Layout {
    fn version(self) -> u8 {
        match self {
            Layout::V1(version) => version,
            Layout::V4 => 4,
            Layout::V5 => 5,
        }
    }
}

/// How the seal names who may use it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Listing {
    /// certListType 1.
    Certificates,
    /// certListType 2.
    Digests,
}

/// What a seal is to say.
#[derive(Clone)]
pub(super) struct SealPlan {
    pub(super) layout: Layout,
    pub(super) listing: Listing,
    pub(super) created_at: Timestamp,
    pub(super) valid_from: Timestamp,
    pub(super) valid_until: Timestamp,
    pub(super) signing: Signing,
    /// The time stamp that the maker had made; only version 5 has room for it.
    pub(super) stamp: Option<StampPlan>,
    /// Changes `SES_ESPropertyInfo` before the maker signs.
    pub(super) edit_property: Edit,
    /// Changes `SES_SealInfo` before the maker signs.
    pub(super) edit_info: Edit,
    /// Changes `SESeal` after the maker signed.
    pub(super) edit: Edit,
}

impl Default for SealPlan {
    fn default() -> Self {
        SealPlan {
            layout: Layout::V4,
            listing: Listing::Certificates,
            created_at: super::at("2025-01-01T00:00:00Z"),
            valid_from: super::at("2024-06-01T00:00:00Z"),
            valid_until: super::at("2029-01-01T00:00:00Z"),
            signing: Signing::default(),
            stamp: None,
            edit_property: AS_IT_IS,
            edit_info: AS_IT_IS,
            edit: AS_IT_IS,
        }
    }
}

/// A picture of one transparent pixel: vectors are small.
const PICTURE: &str = "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082";

fn number(number: u8) -> Vec<u8> {
    der::unsigned(&[number])
}

fn ia5(text: &str) -> Vec<u8> {
    der::value(tag::IA5_STRING, text.as_bytes())
}

impl SealPlan {
    /// The DER of the seal.
    pub(super) fn make(&self, cast: &Cast) -> Forged<Vec<u8>> {
        let mut info = vec![
            der::sequence(&[ia5("ES"), number(self.layout.version()), ia5("vectors")]),
            ia5("12000000000001"),
            der::sequence(&self.property(cast)),
            der::sequence(&[
                ia5("png"),
                der::octets(&hex::decode(PICTURE).unwrap_or_default()),
                number(40),
                number(40),
            ]),
        ];
        (self.edit_info)(&mut info, cast);
        let info = der::sequence(&info);
        let certificate = der::octets(&cast.maker);
        let algorithm = der::oid(self.signing.algorithm);
        let sign = |message: &[u8]| self.signing.sign(&cast.maker_key, &cast.stranger, message);
        let mut fields = match self.layout {
            Layout::V1(_) => {
                let signature = sign(&der::sequence(&[&info, &certificate, &algorithm]))?;
                vec![info, der::sequence(&[certificate, algorithm, signature])]
            }
            Layout::V4 | Layout::V5 => {
                let signature = sign(&info)?;
                let stamp = stamp(self.stamp.as_ref(), cast, &signature)?;
                [vec![info, certificate, algorithm, signature], stamp].concat()
            }
        };
        (self.edit)(&mut fields, cast);
        Ok(der::sequence(&fields))
    }

    /// `SES_ESPropertyInfo`.
    fn property(&self, cast: &Cast) -> Fields {
        let time = match self.layout {
            Layout::V1(_) => utc_time,
            Layout::V4 | Layout::V5 => generalized_time,
        };
        let (kind, list) = match self.listing {
            Listing::Certificates => (1, der::octets(&cast.signer)),
            Listing::Digests => {
                let algorithm = SM3.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
                let algorithm = der::value(tag::PRINTABLE_STRING, algorithm.as_bytes());
                (2, der::sequence(&[algorithm, der::octets(&sm3(&[&cast.signer]))]))
            }
        };
        let mut fields = vec![number(3), der::utf8("语料测试专用章(虚构)")];
        if !matches!(self.layout, Layout::V1(_)) {
            fields.push(number(kind));
        }
        fields.extend([der::sequence(&[list]), time(self.created_at), time(self.valid_from), time(self.valid_until)]);
        (self.edit_property)(&mut fields, cast);
        fields
    }
}

/// timeStamp \[0\] over a signature value, which is given as a complete BIT STRING.
fn stamp(plan: Option<&StampPlan>, cast: &Cast, signature: &[u8]) -> Forged<Fields> {
    let token = plan.map(|plan| plan.token(cast, signature.get(3..).unwrap_or_default())).transpose()?;
    Ok(token.map(|token| der::explicit(0, &der::bits(&token))).into_iter().collect())
}

/// What a seal signature is to say.
#[derive(Clone)]
pub(super) struct SignaturePlan {
    pub(super) signed_at: Timestamp,
    /// Another propertyInfo than the location of the Signature.xml.
    pub(super) property: Option<&'static str>,
    pub(super) signing: Signing,
    /// The time stamp that the signer had made.
    pub(super) stamp: Option<StampPlan>,
    /// Changes `TBS_Sign` before the signer signs.
    pub(super) edit_tbs: Edit,
    /// Changes `SES_Signature` after the signer signed.
    pub(super) edit: Edit,
}

impl Default for SignaturePlan {
    fn default() -> Self {
        SignaturePlan {
            signed_at: hours(-24),
            property: None,
            signing: Signing::default(),
            stamp: None,
            edit_tbs: AS_IT_IS,
            edit: AS_IT_IS,
        }
    }
}

impl SignaturePlan {
    /// The DER of the seal signature over a Signature.xml.
    pub(super) fn make(&self, layout: Layout, cast: &Cast, seal: &[u8], location: &str, xml: &[u8]) -> Forged<Vec<u8>> {
        let property = ia5(self.property.unwrap_or(location));
        let digest = der::bits(&sm3(&[xml]));
        let certificate = der::octets(&cast.signer);
        let algorithm = der::oid(self.signing.algorithm);
        let mut tbs = match layout {
            Layout::V1(version) => {
                let text = self.signed_at.strftime("%Y%m%d%H%M%SZ").to_string();
                // The signature does not exist yet: the stamp of this layout is over the document's digest.
                let time = match &self.stamp {
                    Some(stamp) => der::bits(&stamp.token(cast, &sm3(&[xml]))?),
                    None => der::bits(text.as_bytes()),
                };
                vec![number(version), seal.to_vec(), time, digest, property, certificate.clone(), algorithm.clone()]
            }
            Layout::V4 | Layout::V5 => {
                vec![number(layout.version()), seal.to_vec(), generalized_time(self.signed_at), digest, property]
            }
        };
        (self.edit_tbs)(&mut tbs, cast);
        let tbs = der::sequence(&tbs);
        let signature = self.signing.sign(&cast.signer_key, &cast.stranger, &tbs)?;
        let mut fields = match layout {
            Layout::V1(_) => vec![tbs, signature],
            Layout::V4 | Layout::V5 => {
                let stamp = stamp(self.stamp.as_ref(), cast, &signature)?;
                [vec![tbs, certificate, algorithm, signature], stamp].concat()
            }
        };
        (self.edit)(&mut fields, cast);
        Ok(der::sequence(&fields))
    }
}
