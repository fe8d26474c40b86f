//! Request to submission: who sent it, and that nobody changed or repeated it.

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use standards::code::RegionCode;

use crate::exchange::{digest, guard, partner, signature};
use crate::gateway::Gateway;
use crate::problem::Problem;

/// Characters of an idempotency key.
const KEY_LENGTH_MAX: usize = 128;

/// 已认证请求: a changing request of one partner, signed by it and whole. Made by [`authenticate`] alone.
#[derive(Debug)]
pub struct Submission {
    partner: RegionCode,
    idempotency_key: String,
    target_uri: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Submission {
    /// The region that sent it.
    pub fn partner(&self) -> &RegionCode {
        &self.partner
    }

    /// Its idempotency key.
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// `@target-uri` as it was signed.
    pub fn target_uri(&self) -> &str {
        &self.target_uri
    }

    /// Its header fields.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Its body, which the signed digest covers.
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

/// Finds out who sent a request that is to change something.
///
/// # Errors
/// What is wrong: a stale trust list, client certificate, digest, signature, time, nonce, key, or two partners in one request.
pub fn authenticate(gateway: &Gateway, parts: &Parts, body: Bytes) -> Result<Submission, Problem> {
    // A stale list tells nobody who was removed since: nothing is changed on its word, a delivery no more than a decision.
    let (trust, now) = (gateway.fresh_trust()?, gateway.now());
    let partner = partner::of_connection(&parts.extensions, trust, now)?;
    let idempotency_key = idempotency_key(&parts.headers)?;
    digest::judge(&parts.headers, &body)?;
    let target_uri = target_uri(parts)?;
    let target = signature::Target { method: parts.method.as_str(), uri: &target_uri };
    let row = signature::judge(target, &parts.headers, trust, gateway.nonces(), now)?;
    if row.region != partner {
        return Err(Problem::IdentitiesDiffer);
    }
    Ok(Submission { partner, idempotency_key, target_uri, headers: parts.headers.clone(), body })
}

fn target_uri(parts: &Parts) -> Result<String, Problem> {
    let authority = guard::authority(parts.version, &parts.uri, &parts.headers)?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    Ok(format!("https://{authority}{path}"))
}

fn idempotency_key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut lines = headers.get_all("idempotency-key").iter();
    let key = match (lines.next(), lines.next()) {
        (None, _) => return Err(Problem::IdempotencyKeyMissing),
        (Some(key), None) => key.to_str().map_err(|_| Problem::IdempotencyKeyMalformed)?,
        (Some(_), Some(_)) => return Err(Problem::IdempotencyKeyMalformed),
    };
    let good = (1..=KEY_LENGTH_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if good { Ok(key.to_owned()) } else { Err(Problem::IdempotencyKeyMalformed) }
}
