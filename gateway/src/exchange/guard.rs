//! What happens to every request before its handler runs, and to every answer after.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::LengthLimitError;

use crate::exchange::document::{self, TraceId};
use crate::exchange::operations::{Audience, Operation};
use crate::gateway::Gateway;
use crate::problem::Problem;
use crate::server::{Framing, Peer};

/// Judges the request's framing, host and body, runs the handler, renders its problem, and counts.
pub(super) async fn guard(
    State((gateway, operation)): State<(Gateway, &'static Operation)>,
    request: Request,
    next: Next,
) -> Response {
    let started = tokio::time::Instant::now();
    let trace = TraceId::new();
    let answered = match admit(&gateway, operation, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => closing(problem),
    };
    let response = finish(answered, operation, &trace);
    gateway.metrics().answered(operation.name, response.status(), started.elapsed());
    response
}

/// A refusal before the body was read: what follows on this connection cannot be told from it.
pub(crate) fn closing(problem: Problem) -> Response {
    let mut refused = problem.into_response();
    refused.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    refused
}

async fn admit(gateway: &Gateway, operation: &Operation, request: Request) -> Result<Request, Problem> {
    judge_framing(&request)?;
    judge_host(&request, &gateway.config().server.names)?;
    let limits = &gateway.config().limits;
    with_body(request, operation.body.bytes_max(limits), limits.body).await
}

fn judge_framing(request: &Request) -> Result<(), Problem> {
    match request.extensions().get::<Framing>().copied() {
        None | Some(Framing::Clear) => Ok(()),
        Some(Framing::Ambiguous) => Err(Problem::FramingAmbiguous),
        Some(Framing::Pipelined) => Err(Problem::Pipelined),
    }
}

/// The request with its whole body, when its framing leaves no doubt and the body keeps to its limits.
///
/// # Errors
/// [`Problem::FramingAmbiguous`], [`Problem::Pipelined`], [`Problem::BodyTooLong`], [`Problem::BodyTooSlow`], [`Problem::BodyBroken`]
pub(crate) async fn with_body(request: Request, limit_bytes: usize, deadline: Duration) -> Result<Request, Problem> {
    judge_framing(&request)?;
    let peer = request.extensions().get::<Peer>().cloned();
    let (parts, body) = request.into_parts();
    let stated =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if stated.is_some_and(|length| length > limit_bytes) {
        return Err(Problem::BodyTooLong { limit_bytes });
    }
    let body = read_body(body, limit_bytes, deadline).await?;
    if let Some(peer) = peer {
        peer.heads.body_ended();
    }
    Ok(Request::from_parts(parts, Body::from(body)))
}

async fn read_body(body: Body, limit_bytes: usize, deadline: Duration) -> Result<axum::body::Bytes, Problem> {
    match tokio::time::timeout(deadline, to_bytes(body, limit_bytes)).await {
        Err(_) => Err(Problem::BodyTooSlow { limit_seconds: deadline.as_secs() }),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            let too_long =
                std::error::Error::source(&error).is_some_and(<dyn std::error::Error>::is::<LengthLimitError>);
            Err(if too_long { Problem::BodyTooLong { limit_bytes } } else { Problem::BodyBroken })
        }
    }
}

/// The one host of the request: the authority of HTTP/2, the Host field of HTTP/1.
pub(crate) fn authority(version: Version, uri: &axum::http::Uri, headers: &HeaderMap) -> Result<String, Problem> {
    let mut fields = headers.get_all(header::HOST).iter();
    let (field, second) = (fields.next(), fields.next());
    if second.is_some() {
        return Err(Problem::HostRepeated);
    }
    let field = field
        .map(|field| field.to_str().map_err(|_| Problem::HostUnknown))
        .transpose()?
        .filter(|host| !host.is_empty());
    let host = match (version, uri.authority(), field) {
        (Version::HTTP_2, Some(authority), Some(field)) if field != authority.as_str() => {
            return Err(Problem::HostRepeated);
        }
        (Version::HTTP_2, Some(authority), _) => authority.as_str(),
        (_, _, field) => field.ok_or(Problem::HostMissing)?,
    };
    Ok(host.to_ascii_lowercase())
}

fn judge_host(request: &Request, names: &[String]) -> Result<(), Problem> {
    let host = authority(request.version(), request.uri(), request.headers())?;
    let authority: axum::http::uri::Authority = host.parse().map_err(|_| Problem::HostUnknown)?;
    // `@` would let a name of ours stand where nobody looks for the host.
    let known = !host.contains('@') && names.iter().any(|name| name == authority.host());
    if known { Ok(()) } else { Err(Problem::HostUnknown) }
}

fn finish(mut response: Response, operation: &Operation, trace: &TraceId) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        tracing::info!(operation = operation.name, code = problem.code(), trace = %trace, "refused");
        let close = response.headers().get(header::CONNECTION).cloned();
        response = match operation.audience {
            Audience::Program => document::render(&problem, trace),
            Audience::Clerk => crate::console::problem_page(&problem, trace),
        };
        if let Some(close) = close {
            response.headers_mut().insert(header::CONNECTION, close);
        }
    }
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(trace) = HeaderValue::from_str(&trace.to_string()) {
        headers.insert("trace-id", trace);
    }
    response
}
