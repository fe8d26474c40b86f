//! `POST /v1/verify`: a document in, its verification report out; nothing is recorded.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use seals::{Context, Limits, Policy};

use super::query;
use crate::gateway::Gateway;
use crate::problem::Problem;

pub(super) async fn verify(State(gateway): State<Gateway>, parts: Parts, body: Bytes) -> Result<Response, Problem> {
    let [policy] = query::read(&parts.uri, ["policy"])?;
    let policy = match policy {
        None | Some("recognition") => Policy::Recognition,
        Some("reading") => Policy::Reading,
        Some(_) => return Err(Problem::QueryMalformed { name: "policy" }),
    };
    if body.is_empty() {
        return Err(Problem::DocumentMissing);
    }
    let report = gateway
        .examine(move |gateway| {
            let trust = gateway.fresh_trust()?;
            let context = Context::new(trust, policy, gateway.now(), &Limits::DEFAULT);
            let context = context.with_cache(gateway.seal_cache());
            Ok(seals::verify(&body, &context))
        })
        .await??;
    Ok(Json(report).into_response())
}
