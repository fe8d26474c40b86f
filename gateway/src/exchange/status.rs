//! `GET /health` and `/metrics`: whether the gateway can decide and record, and what it has done.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Serialize;

use crate::gateway::Gateway;
use crate::witness::{Standing, Witnesses};

/// 健康状况.
#[derive(Serialize)]
struct Health {
    status: &'static str,
    /// Entries of the log that grows.
    ledger_size: u64,
    /// Entries of the shards that are closed.
    #[serde(skip_serializing_if = "is_zero")]
    ledger_closed: u64,
    ledger: &'static str,
    trust: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_stale_since: Option<Timestamp>,
    catalogue: String,
    mappings: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    witnessed: Option<Witnessed>,
}

/// 见证状况: how far the witnesses are; that one of them is away is seen here, and stops nothing.
#[derive(Serialize)]
struct Witnessed {
    /// Entries of the newest checkpoint that enough of them saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    witnesses: Vec<Standing>,
}

impl Witnessed {
    fn of(witnesses: &Witnesses) -> Self {
        Self { size: witnesses.cosigned().map(|cosigned| cosigned.size), witnesses: witnesses.standings() }
    }
}

pub(super) async fn health(State(gateway): State<Gateway>) -> Response {
    let stale = gateway.trust().stale_since(gateway.now());
    let dead = gateway.ledger().is_dead();
    let good = stale.is_none() && !dead;
    let health = Health {
        status: if good { "ok" } else { "degraded" },
        ledger_size: gateway.log().size(),
        ledger_closed: gateway.ledger().open().ahead(),
        ledger: if dead { "read_only" } else { "ok" },
        trust: gateway.trust().edition().map_or_else(|| "none".to_owned(), |edition| edition.to_string()),
        trust_stale_since: stale,
        catalogue: gateway.catalogue().edition().to_owned(),
        mappings: gateway.adapters().edition().to_owned(),
        witnessed: gateway.witnesses().map(Witnessed::of),
    };
    let status = if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health)).into_response()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

pub(super) async fn metrics(State(gateway): State<Gateway>) -> Response {
    if let Some(witnesses) = gateway.witnesses() {
        gateway.metrics().witnessed(witnesses.cosigned().map_or(0, |cosigned| cosigned.size), &witnesses.standings());
    }
    let text = gateway.metrics().text(gateway.log().size());
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}
