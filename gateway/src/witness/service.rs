//! The witness as a server: `POST /add-checkpoint` (C2SP tlog-witness), its cosigned checkpoints, and its health.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use ledger::witness::{AddCheckpoint, REQUEST_BYTES_MAX, Refused, Witness};
use serde::Serialize;

use crate::config::Limits;
use crate::exchange::document::{self, TraceId};
use crate::exchange::guard;
use crate::gateway::Clock;
use crate::problem::Problem;

/// What the protocol calls a size in an answer.
const SIZE_TYPE: &str = "text/x.tlog.size";

/// What every request shares.
#[derive(Clone)]
struct Service {
    witness: Arc<Witness>,
    clock: Clock,
    body_deadline: Duration,
}

/// 见证方健康状况.
#[derive(Serialize)]
struct Health<'a> {
    status: &'static str,
    witness: &'a str,
    logs: Vec<LogHealth<'a>>,
}

#[derive(Serialize)]
struct LogHealth<'a> {
    origin: &'a str,
    /// Entries of the checkpoint that was signed last.
    size: u64,
}

/// The router of a witness.
pub fn router(witness: Arc<Witness>, clock: Clock, limits: &Limits) -> Router {
    let service = Service { witness, clock, body_deadline: limits.body };
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{log}/checkpoint", get(checkpoint))
        .route("/health", get(health))
        .fallback(async || Problem::OperationUnknown)
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(service.clone(), admit))
        .with_state(service)
}

/// Judges framing and body, runs the handler, and renders its problem.
async fn admit(State(service): State<Service>, request: Request, next: Next) -> Response {
    let trace = TraceId::new();
    let mut response = match guard::with_body(request, REQUEST_BYTES_MAX, service.body_deadline).await {
        Ok(request) => next.run(request).await,
        Err(problem) => guard::closing(problem),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        tracing::info!(code = problem.code(), trace = %trace, "refused");
        let close = response.headers().get(header::CONNECTION).cloned();
        response = document::render(&problem, &trace);
        if let Some(close) = close {
            response.headers_mut().insert(header::CONNECTION, close);
        }
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Signs on a thread that may wait for the disk.
async fn add_checkpoint(State(service): State<Service>, body: Bytes) -> Result<Response, Problem> {
    let Service { witness, clock, .. } = service;
    let added = tokio::task::spawn_blocking(move || {
        let request = AddCheckpoint::from_body(&body)?;
        witness.add(&request, clock())
    });
    match added.await.map_err(|_| Problem::Busy)? {
        Ok(line) => Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], line).into_response()),
        Err(refused) => refuse(refused),
    }
}

/// The answer of the protocol: where it asks for a size it is the size, else a problem document, which it leaves open.
fn refuse(refused: Refused) -> Result<Response, Problem> {
    let problem = Problem::NotWitnessed(refused.clone());
    match refused {
        Refused::OtherTree { size } => {
            tracing::error!(code = problem.code(), size, "a log signed two trees of one size; both notes are kept");
            Ok(conflict(problem.status(), size))
        }
        Refused::OtherSize { size } => Ok(conflict(problem.status(), size)),
        Refused::Inconsistent => {
            tracing::warn!(code = problem.code(), "a log signed a tree that does not follow from the last");
            Err(problem)
        }
        Refused::Storage(error) => {
            tracing::error!(code = error.code(), "{error}");
            Err(problem)
        }
        Refused::Malformed | Refused::NotSigned | Refused::UnknownLog => Err(problem),
    }
}

fn conflict(status: StatusCode, size: u64) -> Response {
    (status, [(header::CONTENT_TYPE, SIZE_TYPE)], format!("{size}\n")).into_response()
}

/// The newest checkpoint that was signed of the log whose origin has this SHA-256, as C2SP tlog-mirror lays it out.
async fn checkpoint(State(service): State<Service>, Path(log): Path<String>) -> Result<Response, Problem> {
    let origins = service.witness.logs().map(|(origin, _)| origin);
    let mut origins = origins.filter(|origin| hex::encode(certs::digest::sha256(&[origin.as_bytes()])) == log);
    let note = origins.next().and_then(|origin| service.witness.latest(origin)).ok_or(Problem::OperationUnknown)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

async fn health(State(service): State<Service>) -> Response {
    let witness = &service.witness;
    let logs = witness.logs().map(|(origin, size)| LogHealth { origin, size }).collect();
    Json(Health { status: "ok", witness: witness.key().name(), logs }).into_response()
}
