//! `POST /v1/recognitions/{index}/delivery`: a region has read a recognition and signs for it.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::response::Response;
use ledger::checkpoint::Checkpoint;
use ledger::merkle::verify_consistency;
use ledger::shards::Shards;
use ledger::{Appended, Draft, Tag};
use serde::{Deserialize, Serialize};
use standards::code::RegionCode;
use standards::entry::{Delivery, Digest, Entry, VerifiedCheckpoint};

use super::{answer, record, submit};
use crate::gateway::Gateway;
use crate::pipeline::{Submission, authenticate, record as record_draft};
use crate::problem::Problem;

/// 送达回执: what the region signs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Receipt {
    /// The recognition.
    index: u64,
    /// The signed checkpoint note against which the region has checked the recognition's proof.
    checkpoint: String,
}

/// The signed receipt as evidence: with it anyone can verify the region's signature again.
#[derive(Serialize)]
struct SignedReceipt<'a> {
    target_uri: &'a str,
    idempotency_key: &'a str,
    content_type: &'a str,
    content_digest: &'a str,
    signature_input: &'a str,
    signature: &'a str,
    body: &'a str,
}

pub(super) async fn deliver(
    State(gateway): State<Gateway>,
    Path(index): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Result<Response, Problem> {
    let submission = authenticate(&gateway, &parts, body)?;
    let receipt: Receipt = serde_json::from_slice(submission.body()).map_err(|_| Problem::JsonMalformed)?;
    if index != receipt.index.to_string() {
        return Err(Problem::JsonMalformed);
    }
    let region = submission.partner().clone();
    match record::entry(&gateway, receipt.index) {
        Ok(Entry::Recognition(judgement)) if judgement.to == region => {}
        Ok(_) | Err(Problem::RecordUnknown) => return Err(Problem::NotOwed),
        Err(problem) => return Err(problem),
    }
    let ledger = gateway.ledger();
    let delivered = delivered_tag(ledger, &region, receipt.index);
    let already = ledger.find(&delivered).map_err(|_| Problem::LedgerUnavailable)?;
    // A region signs once: whatever checkpoint it names later, the first receipt stands.
    let (number, first) = if let Some(first) = already.first() {
        (*first, ledger.receipt(*first).map_err(|_| Problem::LedgerUnavailable)?)
    } else {
        let checkpoint = our_checkpoint(&gateway, &receipt)?;
        append(&gateway, &submission, receipt.index, checkpoint, delivered).await?
    };
    submit::created(number, answer::of(number, &first)?)
}

/// By what a region's receipt for a recognition is found.
pub(super) fn delivered_tag(ledger: &Shards, region: &RegionCode, number: u64) -> Tag {
    ledger.tag(&[b"delivered", region.as_str().as_bytes(), &number.to_le_bytes()])
}

/// The checkpoint that the region names: signed by the log of the recognition, over the beginning of that very tree, and holding it.
fn our_checkpoint(gateway: &Gateway, receipt: &Receipt) -> Result<VerifiedCheckpoint, Problem> {
    let unknown = |_| Problem::CheckpointUnknown;
    let (shard, index) = gateway.ledger().place(receipt.index).map_err(unknown)?;
    let (log, keys) = (shard.log(), shard.log().verifier_keys());
    let named = Checkpoint::from_note(receipt.checkpoint.as_bytes(), keys).map_err(unknown)?;
    let head = Checkpoint::from_note(log.newest().as_bytes(), keys).map_err(unknown)?;
    if named.size <= index {
        return Err(Problem::CheckpointUnknown);
    }
    let proof = log.consistency(named.size, head.size).map_err(unknown)?;
    verify_consistency(named.size, &named.root, head.size, &head.root, &proof).map_err(unknown)?;
    Ok(VerifiedCheckpoint { size: named.size, root: Digest(named.root) })
}

async fn append(
    gateway: &Gateway,
    submission: &Submission,
    recognition: u64,
    checkpoint: VerifiedCheckpoint,
    delivered: Tag,
) -> Result<(u64, ledger::proof::Receipt), Problem> {
    let evidence = signed_receipt(submission)?;
    let signature = Digest(certs::digest::sha256(&[&evidence]));
    let region = submission.partner().clone();
    let draft = Draft {
        entry: Box::new(move |time| {
            Entry::Delivery(Delivery { time, region, recognition, checkpoint, signature }).to_canonical()
        }),
        key: Some(gateway.ledger().tag(&[b"delivery", &delivered])),
        content: delivered,
        tags: vec![delivered],
        evidence: Some(evidence),
    };
    match record_draft(gateway, draft).await? {
        (number, Appended::Recorded(receipt) | Appended::Repeated(receipt) | Appended::Conflict { first: receipt }) => {
            Ok((number, receipt))
        }
    }
}

fn signed_receipt(submission: &Submission) -> Result<Vec<u8>, Problem> {
    let field = |name| submission.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let receipt = SignedReceipt {
        target_uri: submission.target_uri(),
        idempotency_key: submission.idempotency_key(),
        content_type: field("content-type"),
        content_digest: field("content-digest"),
        signature_input: field("signature-input"),
        signature: field("signature"),
        body: std::str::from_utf8(submission.body()).map_err(|_| Problem::JsonMalformed)?,
    };
    serde_json::to_vec(&receipt).map_err(|_| Problem::LedgerUnavailable)
}
