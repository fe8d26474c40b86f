//! HTTP Message Signatures (RFC 9421) of changing requests: one label, five components, three parameters, the key from the trust list.

use std::fmt::Write as _;

use axum::http::HeaderMap;
use certs::trust::{Row, Trust};
use certs::{key, sm2};
use jiff::Timestamp;
use sfv::{BareItem, Dictionary, FieldType as _, InnerList, ListEntry};

use super::digest::dictionary;
use super::nonces::Nonces;
use super::partner::{Standing, standing};
use crate::problem::Problem;

/// The label of the one signature.
const LABEL: &str = "sig";
/// What must be covered, no more and no less, in any order.
const COVERED: [&str; 5] = ["@method", "@target-uri", "content-digest", "idempotency-key", "content-type"];
/// Characters of a nonce.
const NONCE_LENGTH: std::ops::RangeInclusive<usize> = 16..=128;

/// The request as it is signed, apart from its fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    /// `POST`.
    pub(crate) method: &'a str,
    /// `https://host/path?query` as the client wrote it.
    pub(crate) uri: &'a str,
}

/// The parameters of a signature.
struct Parameters<'a> {
    created: Timestamp,
    nonce: &'a str,
    key_id: &'a str,
}

/// Judges the signature of a request and answers the row of the trust list whose key made it.
///
/// # Errors
/// What is wrong, cheap judgements first; the nonce is remembered only when everything else is right.
pub(crate) fn judge<'t>(
    target: Target<'_>,
    headers: &HeaderMap,
    trust: &'t Trust,
    nonces: &Nonces,
    now: Timestamp,
) -> Result<&'t Row, Problem> {
    let inputs =
        dictionary(headers, "signature-input", &Problem::SignatureMalformed)?.ok_or(Problem::SignatureMissing)?;
    let signatures =
        dictionary(headers, "signature", &Problem::SignatureMalformed)?.ok_or(Problem::SignatureMissing)?;
    let ListEntry::InnerList(input) = only(&inputs)? else { return Err(Problem::SignatureMalformed) };
    let ListEntry::Item(signature) = only(&signatures)? else { return Err(Problem::SignatureMalformed) };
    let BareItem::ByteSequence(signature) = &signature.bare_item else { return Err(Problem::SignatureMalformed) };
    let components = components(input)?;
    let parameters = parameters(input)?;
    nonces.judge_created(parameters.created, now)?;
    let row = trust.message_key(parameters.key_id).ok_or(Problem::KeyUnknown)?;
    if !row.certificate.is_in_period(parameters.created) {
        return Err(Problem::KeyNotValid);
    }
    match standing(&row.certificate, trust, now) {
        Standing::Good => {}
        Standing::Revoked => return Err(Problem::KeyNotValid),
        Standing::Unknown { code } => return Err(Problem::RevocationUnknown { code }),
    }
    let base = base(target, headers, &components, input)?;
    verify(row, base.as_bytes(), signature)?;
    nonces.remember(parameters.key_id, parameters.nonce, parameters.created, now)?;
    Ok(row)
}

/// The key's row decides the algorithm: there is no `alg` parameter that an attacker could choose.
fn verify(row: &Row, base: &[u8], signature: &[u8]) -> Result<(), Problem> {
    match row.certificate.public_key().map_err(|_| Problem::KeyNotValid)? {
        key::PublicKey::Sm2(key) => {
            let signature = sm2::Signature::from_raw(signature).map_err(|_| Problem::SignatureWrong)?;
            key.verify(base, &signature).map_err(|_| Problem::SignatureWrong)
        }
        // P-256 for peers without SM2 comes with the trust list that names such a key.
        _ => Err(Problem::KeyNotValid),
    }
}

fn only(fields: &Dictionary) -> Result<&ListEntry, Problem> {
    let mut members = fields.iter();
    match (members.next(), members.next()) {
        (Some((label, member)), None) if label.as_str() == LABEL => Ok(member),
        _ => Err(Problem::SignatureMalformed),
    }
}

fn components(input: &InnerList) -> Result<Vec<&str>, Problem> {
    let names: Option<Vec<&str>> = input
        .items
        .iter()
        .map(|item| match &item.bare_item {
            BareItem::String(name) if item.params.is_empty() => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let names = names.ok_or(Problem::SignatureComponents)?;
    let exact = names.len() == COVERED.len() && COVERED.iter().all(|covered| names.contains(covered));
    if exact { Ok(names) } else { Err(Problem::SignatureComponents) }
}

fn parameters(input: &InnerList) -> Result<Parameters<'_>, Problem> {
    let wrong = |name| Problem::SignatureParameter { name };
    let (mut created, mut nonce, mut key_id) = (None, None, None);
    for (name, value) in &input.params {
        match (name.as_str(), value) {
            ("created", BareItem::Integer(seconds)) => created = Timestamp::from_second(i64::from(*seconds)).ok(),
            ("nonce", BareItem::String(text)) => {
                nonce = Some(text.as_str()).filter(|text| NONCE_LENGTH.contains(&text.len()));
            }
            ("keyid", BareItem::String(text)) => key_id = Some(text.as_str()),
            ("alg", _) => return Err(wrong("alg")),
            ("expires", _) => return Err(wrong("expires")),
            ("tag", _) => return Err(wrong("tag")),
            ("created", _) => return Err(wrong("created")),
            ("nonce", _) => return Err(wrong("nonce")),
            ("keyid", _) => return Err(wrong("keyid")),
            _ => return Err(wrong("other")),
        }
    }
    Ok(Parameters {
        created: created.ok_or(wrong("created"))?,
        nonce: nonce.ok_or(wrong("nonce"))?,
        key_id: key_id.ok_or(wrong("keyid"))?,
    })
}

/// The signature base (RFC 9421 2.5): a line for each component in the order of the input, then the input itself.
fn base(target: Target<'_>, headers: &HeaderMap, components: &[&str], input: &InnerList) -> Result<String, Problem> {
    let mut base = String::new();
    for name in components {
        let value = match *name {
            "@method" => target.method,
            "@target-uri" => target.uri,
            field => one_line(headers, field)?,
        };
        // Writing to a String does not fail.
        let _ = writeln!(base, "\"{name}\": {value}");
    }
    // A list of one inner list is written as the inner list itself.
    let input = vec![ListEntry::InnerList(input.clone())].serialize().ok_or(Problem::SignatureMalformed)?;
    Ok(format!("{base}\"@signature-params\": {input}"))
}

/// The value of a covered field: it must be there, once.
fn one_line<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Problem> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (Some(line), None) => line.to_str().map(str::trim).map_err(|_| Problem::SignatureMalformed),
        _ => Err(Problem::SignatureComponents),
    }
}
