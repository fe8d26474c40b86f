//! Evidence: what a decision rests on, kept encrypted beside its entry, and the salt that ties the two together.

pub mod erasure;
pub mod export;
pub mod review;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use standards::division::Divisions;
use standards::entry::Commitment;
use standards::field::Fields;
use standards::item::Catalogue;
use standards::message::{Message, MessageKind};

use crate::pipeline::Examined;
use crate::problem::Problem;

/// 盐: 256 random bits of one record. Without it a commitment can be compared with nothing, with it each can be opened.
#[derive(Clone)]
pub struct Salt([u8; 32]);

impl Salt {
    /// A new one.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new() -> Result<Self, certs::Error> {
        certs::random::array().map(Self)
    }

    /// What is kept of it.
    fn from_hex(text: &str) -> Option<Self> {
        hex::decode(text).ok()?.try_into().ok().map(Self)
    }

    fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// The salt in what [`of_conflict`] wrote.
    fn from_conflict(bytes: &[u8]) -> Option<Self> {
        let kept: BTreeMap<String, String> = serde_json::from_slice(bytes).ok()?;
        Self::from_hex(kept.get("salt")?)
    }

    /// The commitment to some values under a name: HMAC-SHA-256 over the name and each value, each preceded by its length as eight
    /// bytes, little-endian.
    pub fn commit(&self, name: &str, values: &[&[u8]]) -> Commitment {
        let mut all = vec![name.as_bytes()];
        all.extend(values);
        let lengths: Vec<[u8; 8]> = all.iter().map(|value| (value.len() as u64).to_le_bytes()).collect();
        let parts: Vec<&[u8]> =
            lengths.iter().zip(all).flat_map(|(length, value)| [length.as_slice(), value]).collect();
        Commitment(certs::digest::hmac_sha256(&self.0, &parts))
    }
}

/// 证据: the original message and document, what was read of them, and the report.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    salt: String,
    message_type: String,
    message: String,
    document: String,
    fields: BTreeMap<String, String>,
    report: String,
}

impl Evidence {
    pub(crate) fn new(salt: &Salt, examined: &Examined) -> Self {
        let (parts, fields) = (examined.mapped().parts(), examined.mapped().message().fields());
        Self {
            salt: salt.to_hex(),
            message_type: parts.message.media_type.to_owned(),
            message: STANDARD.encode(&parts.message.bytes),
            document: STANDARD.encode(&parts.document.bytes),
            fields: fields.iter().map(|(path, text)| (path.into_owned(), text.to_owned())).collect(),
            report: serde_json::to_string(examined.report()).unwrap_or_default(),
        }
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Problem> {
        serde_json::to_vec(self).map_err(|_| Problem::LedgerUnavailable)
    }

    /// Reads what was kept beside an entry.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Problem> {
        serde_json::from_slice(bytes).map_err(|_| Problem::EvidenceDamaged)
    }

    /// The message as it was sent.
    fn message(&self) -> Result<Vec<u8>, Problem> {
        STANDARD.decode(&self.message).map_err(|_| Problem::EvidenceDamaged)
    }

    fn salt(&self) -> Option<Salt> {
        Salt::from_hex(&self.salt)
    }

    /// The document as it was sent.
    pub(crate) fn document(&self) -> Result<Vec<u8>, Problem> {
        STANDARD.decode(&self.document).map_err(|_| Problem::EvidenceDamaged)
    }

    /// The message as it was read then: the conclusion of the case.
    pub(crate) fn conclusion(&self, catalogue: &Catalogue, divisions: &Divisions) -> Result<Message, Problem> {
        let fields: Fields = self.fields.iter().map(|(path, text)| (path.clone(), text.clone())).collect();
        Message::from_fields(MessageKind::Conclusion, fields, catalogue, divisions)
            .map_err(|_| Problem::EvidenceDamaged)
    }
}

/// What is kept beside a conflict: what opens its commitments.
pub(crate) fn of_conflict(salt: &Salt) -> Vec<u8> {
    format!("{{\"salt\":\"{}\"}}", salt.to_hex()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_depends_on_salt_name_and_where_values_end() {
        let (one, other) = (Salt([1; 32]), Salt([2; 32]));
        let commitments = [
            one.commit("case", &[b"ab", b"c"]),
            one.commit("case", &[b"a", b"bc"]),
            one.commit("license", &[b"ab", b"c"]),
            other.commit("case", &[b"ab", b"c"]),
        ];
        for (index, commitment) in commitments.iter().enumerate() {
            assert_eq!(commitments.iter().position(|it| it == commitment), Some(index));
        }
        assert_eq!(one.commit("case", &[b"ab", b"c"]), commitments[0]);
    }
}
