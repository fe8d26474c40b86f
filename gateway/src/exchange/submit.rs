//! `POST /v1/recognitions?to=…`: a result, submitted for recognition.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use standards::code::RegionCode;

use super::{answer, multipart, query};
use crate::gateway::Gateway;
use crate::pipeline::{Shelf, append, authenticate, beijing_day, map, recognise, verify};
use crate::problem::Problem;

pub(super) async fn submit(State(gateway): State<Gateway>, parts: Parts, body: Bytes) -> Result<Response, Problem> {
    let [to] = query::read(&parts.uri, ["to"])?;
    let to: RegionCode = query::required(to, "to")?;
    let submission = authenticate(&gateway, &parts, body)?;
    let content = multipart::read(submission.headers(), submission.body().clone(), &gateway.config().limits).await?;
    let shelf = Shelf::of(gateway.ledger(), &submission, &to, &content);
    let recorded = if let Some(recorded) = shelf.repeated(&gateway, submission.partner()).await? {
        recorded
    } else {
        gateway.fresh_trust()?;
        let decided = gateway
            .examine(move |gateway| {
                let now = gateway.now();
                let (adapters, catalogue) = (gateway.adapters(), gateway.catalogue());
                let mapped = map(&submission, content, &to, adapters, catalogue, gateway.regions(), beijing_day(now))?;
                let examined = verify(mapped, gateway.fresh_trust()?, now, gateway.seal_cache());
                Ok(recognise(examined, catalogue, beijing_day(now)))
            })
            .await??;
        append(&gateway, shelf, decided).await?
    };
    created(recorded.number(), answer::of(recorded.number(), recorded.receipt())?)
}

/// A 201 whose body is the same bytes for the same receipt, now and at every repeat.
pub(super) fn created(number: u64, body: String) -> Result<Response, Problem> {
    let location =
        HeaderValue::from_str(&format!("/v1/recognitions/{number}")).map_err(|_| Problem::LedgerUnavailable)?;
    let json = HeaderValue::from_static("application/json");
    Ok((StatusCode::CREATED, [(header::LOCATION, location), (header::CONTENT_TYPE, json)], body).into_response())
}
