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

pub(super) async fn read(
    State(gateway): State<Gateway>,
    Path(index): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let (number, _) = concerned(&gateway, &index, &parts)?;
    let receipt = match query::read(&parts.uri, ["checkpoint"])? {
        [None] => gateway.ledger().receipt(number).map_err(|_| Problem::LedgerUnavailable)?,
        [Some("cosigned")] => cosigned(&gateway, number)?,
        [Some("companion")] => in_companion(&gateway, number)?,
        [Some(_)] => return Err(Problem::QueryMalformed { name: "checkpoint" }),
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], answer::of(number, &receipt)?).into_response())
}

/// The receipt to the newest checkpoint of its shard that enough witnesses saw.
fn cosigned(gateway: &Gateway, number: u64) -> Result<Receipt, Problem> {
    let (shard, index) = gateway.ledger().place(number).map_err(|_| Problem::RecordUnknown)?;
    let head = gateway.cosigned(shard).filter(|head| index < head.size).ok_or(Problem::NotCosigned)?;
    shard.log().receipt_to(index, &head.note).map_err(|_| Problem::LedgerUnavailable)
}

/// The receipt to the newest checkpoint of the companion of its shard.
fn in_companion(gateway: &Gateway, number: u64) -> Result<Receipt, Problem> {
    let (shard, index) = gateway.ledger().place(number).map_err(|_| Problem::RecordUnknown)?;
    shard.log().receipt_to_companion(index).map_err(|error| match error {
        LedgerError::IndexBeyondSize { .. } | LedgerError::FileMissing { .. } => Problem::NotInCompanion,
        _ => Problem::LedgerUnavailable,
    })
}

pub(super) async fn message(
    State(gateway): State<Gateway>,
    Path(index): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let (number, reader) = concerned(&gateway, &index, &parts)?;
    let written = gateway
        .examine(move |gateway| {
            let conclusion = evidence(gateway, number)?.conclusion(gateway.catalogue(), gateway.divisions())?;
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
    let (number, _) = concerned(&gateway, &index, &parts)?;
    let document = gateway.examine(move |gateway| evidence(gateway, number)?.document()).await??;
    Ok(([(header::CONTENT_TYPE, "application/ofd")], document).into_response())
}

/// The number and the reader, when the record is a decision that concerns the reader's region. Whether there is a record that does
/// not is nobody's business.
fn concerned(gateway: &Gateway, index: &str, parts: &Parts) -> Result<(u64, RegionCode), Problem> {
    let reader = partner::of_connection(&parts.extensions, gateway.trust(), gateway.now())?;
    let number: u64 = index.parse().map_err(|_| Problem::RecordUnknown)?;
    match entry(gateway, number)? {
        Entry::Recognition(judgement) | Entry::Refusal(judgement) | Entry::ManualReview(judgement)
            if judgement.from == reader || judgement.to == reader =>
        {
            Ok((number, reader))
        }
        _ => Err(Problem::RecordUnknown),
    }
}

/// An entry by its number.
pub(super) fn entry(gateway: &Gateway, number: u64) -> Result<Entry, Problem> {
    match gateway.ledger().entry(number) {
        Ok(bytes) => answer::entry(&bytes),
        Err(LedgerError::IndexBeyondSize { .. }) => Err(Problem::RecordUnknown),
        Err(_) => Err(Problem::LedgerUnavailable),
    }
}

fn evidence(gateway: &Gateway, number: u64) -> Result<Evidence, Problem> {
    match gateway.ledger().evidence(number) {
        Ok(bytes) => Evidence::from_bytes(&bytes),
        Err(LedgerError::EvidenceErased { .. }) => Err(erased(gateway, number)),
        Err(error) => {
            tracing::error!(number, code = error.code(), "evidence cannot be read");
            Err(Problem::EvidenceDamaged)
        }
    }
}

/// What the ledger says about evidence that is gone.
fn erased(gateway: &Gateway, number: u64) -> Problem {
    match erasure::recorded(gateway.ledger(), number) {
        Ok(Some(erasure)) => Problem::EvidenceErased { on: beijing_day(erasure.time), rule: erasure.rule },
        // Its entry is about to be recorded.
        Ok(None) | Err(_) => Problem::LedgerUnavailable,
    }
}
