//! The answer to a submission, made of its receipt and number alone, so that a repeat gives the same bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::proof::Receipt;
use serde::Serialize;
use standards::entry::Entry;
use standards::problem;
use standards::receipt::ReceiptFile;

use super::document::Text;
use crate::problem::Problem;

/// 应答: decision, number, reasons, receipt.
#[derive(Serialize)]
struct Answer<'a> {
    decision: &'a str,
    /// The number of the entry through all shards, by which it is asked for; the receipt has its index in its own log.
    index: u64,
    reasons: Vec<ReasonText<'a>>,
    receipt: ReceiptFile,
}

#[derive(Serialize)]
struct ReasonText<'a> {
    code: &'a str,
    #[serde(flatten)]
    text: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clause: Option<&'a str>,
}

/// The answer that stands for a receipt.
///
/// # Errors
/// [`Problem::LedgerUnavailable`] when the entry cannot be read, which would be damage.
pub(crate) fn of(number: u64, receipt: &Receipt) -> Result<String, Problem> {
    let entry = entry(&receipt.entry)?;
    let reasons = match &entry {
        Entry::Recognition(judgement) | Entry::Refusal(judgement) | Entry::ManualReview(judgement) => {
            &*judgement.reasons
        }
        _ => &[],
    };
    let reason = |code| ReasonText {
        code,
        text: Text::of(code),
        clause: problem::text(code).and_then(|text| text.clause.as_deref()),
    };
    let answer = Answer {
        decision: entry.type_name(),
        index: number,
        reasons: reasons.iter().map(|code| reason(code.as_str())).collect(),
        receipt: file(receipt)?,
    };
    serde_json::to_string(&answer).map_err(|_| Problem::LedgerUnavailable)
}

/// The receipt as a partner keeps it.
pub(crate) fn file(receipt: &Receipt) -> Result<ReceiptFile, Problem> {
    Ok(ReceiptFile {
        entry: String::from_utf8(receipt.entry.clone()).map_err(|_| Problem::LedgerUnavailable)?,
        index: receipt.proof.index,
        proof: receipt.proof.hashes.iter().map(|hash| STANDARD.encode(hash)).collect(),
        checkpoint: receipt.proof.checkpoint.clone(),
    })
}

/// An entry of our own log.
pub(crate) fn entry(bytes: &[u8]) -> Result<Entry, Problem> {
    Entry::parse(bytes).map_err(|error| {
        tracing::error!(code = error.code(), "an entry of this log cannot be read");
        Problem::LedgerUnavailable
    })
}
