//! `GET /v1/inbox?after=INDEX&wait=SECONDS&include=owed|all`: the recognitions for a region, in order.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use serde::Serialize;
use standards::code::RegionCode;
use standards::receipt::ReceiptFile;
use tokio::time::{Instant, timeout_at};

use super::{answer, partner, query};
use crate::gateway::Gateway;
use crate::pipeline::owed_tag;
use crate::problem::Problem;

/// Recognitions in one answer.
const ROWS_MAX: usize = 100;

/// 收件箱: what is there after the cursor.
#[derive(Serialize)]
pub(super) struct Inbox {
    /// In the order of the ledger.
    recognitions: Vec<Row>,
    /// The cursor for the next question: the last index here, or the one that was asked with.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
}

#[derive(Serialize)]
struct Row {
    /// The number of the entry, through all shards of the ledger.
    index: u64,
    /// Whether the region has signed for it.
    delivered: bool,
    receipt: ReceiptFile,
}

pub(super) async fn read(State(gateway): State<Gateway>, parts: Parts) -> Result<Json<Inbox>, Problem> {
    let region = partner::of_connection(&parts.extensions, gateway.trust(), gateway.now())?;
    let [after, wait, include] = query::read(&parts.uri, ["after", "wait", "include"])?;
    let after: Option<u64> = query::optional(after, "after")?;
    let wait: u64 = query::optional(wait, "wait")?.unwrap_or(0);
    let all = match include {
        None | Some("owed") => false,
        Some("all") => true,
        Some(_) => return Err(Problem::QueryMalformed { name: "include" }),
    };
    let end = Instant::now() + Duration::from_secs(wait).min(gateway.config().limits.inbox_wait);
    let mut growth = gateway.growth();
    loop {
        // Marked before looking: what is recorded meanwhile wakes the wait below.
        growth.borrow_and_update();
        let recognitions = rows(&gateway, &region, after, all)?;
        if !recognitions.is_empty() || timeout_at(end, growth.changed()).await.is_err() {
            let after = recognitions.last().map(|row| row.index).or(after);
            return Ok(Json(Inbox { recognitions, after }));
        }
    }
}

fn rows(gateway: &Gateway, region: &RegionCode, after: Option<u64>, all: bool) -> Result<Vec<Row>, Problem> {
    let ledger = gateway.ledger();
    let failed = |_| Problem::LedgerUnavailable;
    let mut rows = Vec::new();
    for index in ledger.find(&owed_tag(ledger, region)).map_err(failed)? {
        if rows.len() == ROWS_MAX {
            break;
        }
        if after.is_some_and(|after| index <= after) {
            continue;
        }
        let delivered =
            !ledger.find(&super::delivery::delivered_tag(ledger, region, index)).map_err(failed)?.is_empty();
        if all || !delivered {
            rows.push(Row { index, delivered, receipt: answer::file(&ledger.receipt(index).map_err(failed)?)? });
        }
    }
    Ok(rows)
}
