//! `GET /v1/recognitions/{index}…`: what was recorded, for the two regions that it concerns.

use axum::extract::{Path, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use ledger::LedgerError;
use ledger::proof::Receipt;
use standards::code::RegionCode;
use standards::entry::Entry;

use super::{answer, partner, query};
use crate::evidence::{Evidence, erasure};
use crate::gateway::Gateway;
use crate::pipeline::beijing_day;
use crate::problem::Problem;
use crate::witness::Witnesses;

pub(super) async fn read(
    State(gateway): State<Gateway>,
    Path(index): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let (index, _) = concerned(&gateway, &index, &parts)?;
    let receipt = match query::read(&parts.uri, ["checkpoint"])? {
        [None] => gateway.log().receipt(index).map_err(|_| Problem::LedgerUnavailable)?,
        [Some("cosigned")] => cosigned(&gateway, index)?,
        [Some(_)] => return Err(Problem::QueryMalformed { name: "checkpoint" }),
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], answer::of(&receipt)?).into_response())
}

/// The receipt to the newest checkpoint that enough witnesses saw.
fn cosigned(gateway: &Gateway, index: u64) -> Result<Receipt, Problem> {
    let head = gateway.witnesses().and_then(Witnesses::cosigned).filter(|head| index < head.size);
    let head = head.ok_or(Problem::NotCosigned)?;
    gateway.log().receipt_to(index, &head.note).map_err(|_| Problem::LedgerUnavailable)
}

pub(super) async fn message(
    State(gateway): State<Gateway>,
    Path(index): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let (index, reader) = concerned(&gateway, &index, &parts)?;
    let written = gateway
        .examine(move |gateway| {
            let conclusion = evidence(gateway, index)?.conclusion(gateway.catalogue(), gateway.divisions())?;
            let cannot_say = || Problem::DialectCannotSay { region: reader.to_string() };
            let adapter = gateway.adapters().adapter(&reader).ok_or_else(cannot_say)?;
            adapter.write(&conclusion).map_err(|_| cannot_say())
        })
        .await??;
    Ok(([(header::CONTENT_TYPE, written.content_type)], written.bytes).into_response())
}

pub(super) async fn document(
    State(gateway): State<Gateway>,
    Path(index): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let (index, _) = concerned(&gateway, &index, &parts)?;
    let document = gateway.examine(move |gateway| evidence(gateway, index)?.document()).await??;
    Ok(([(header::CONTENT_TYPE, "application/ofd")], document).into_response())
}

/// The index and the reader, when the record is a decision that concerns the reader's region. Whether there is a record that does
/// not is nobody's business.
fn concerned(gateway: &Gateway, index: &str, parts: &Parts) -> Result<(u64, RegionCode), Problem> {
    let reader = partner::of_connection(&parts.extensions, gateway.trust(), gateway.now())?;
    let index: u64 = index.parse().map_err(|_| Problem::RecordUnknown)?;
    match entry(gateway, index)? {
        Entry::Recognition(judgement) | Entry::Refusal(judgement) | Entry::ManualReview(judgement)
            if judgement.from == reader || judgement.to == reader =>
        {
            Ok((index, reader))
        }
        _ => Err(Problem::RecordUnknown),
    }
}

/// An entry by its index.
pub(super) fn entry(gateway: &Gateway, index: u64) -> Result<Entry, Problem> {
    match gateway.log().entry(index) {
        Ok(bytes) => answer::entry(&bytes),
        Err(LedgerError::IndexBeyondSize { .. }) => Err(Problem::RecordUnknown),
        Err(_) => Err(Problem::LedgerUnavailable),
    }
}

fn evidence(gateway: &Gateway, index: u64) -> Result<Evidence, Problem> {
    match gateway.log().evidence(index) {
        Ok(bytes) => Evidence::from_bytes(&bytes),
        Err(LedgerError::EvidenceErased { .. }) => Err(erased(gateway, index)),
        Err(error) => {
            tracing::error!(index, code = error.code(), "evidence cannot be read");
            Err(Problem::EvidenceDamaged)
        }
    }
}

/// What the ledger says about evidence that is gone.
fn erased(gateway: &Gateway, index: u64) -> Problem {
    match erasure::recorded(gateway.log(), index) {
        Ok(Some(erasure)) => Problem::EvidenceErased { on: beijing_day(erasure.time), rule: erasure.rule },
        // Its entry is about to be recorded.
        Ok(None) | Err(_) => Problem::LedgerUnavailable,
    }
}
