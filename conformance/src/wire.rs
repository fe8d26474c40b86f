//! The gateway's answers as a partner reads them: written from the contract, not from the gateway's own types.

use serde::Deserialize;

use standards::receipt::ReceiptFile;

/// The answer to a submission.
#[derive(Debug, Deserialize)]
pub struct Decided {
    /// `recognition`, `refusal` or `manual_review`.
    pub decision: String,
    /// The number of the entry, by which it is asked for.
    pub index: u64,
    /// Why.
    #[serde(default)]
    pub reasons: Vec<Reason>,
    /// The proof that it was recorded.
    pub receipt: ReceiptFile,
}

/// One reason of a decision.
#[derive(Debug, Deserialize)]
pub struct Reason {
    /// Its stable code.
    pub code: String,
    /// In Chinese.
    #[serde(default)]
    pub zh: String,
    /// In English.
    #[serde(default)]
    pub en: String,
}

/// A problem document (RFC 9457).
#[derive(Debug, Deserialize)]
pub struct Problem {
    /// Its stable code.
    pub code: String,
    /// The fields at fault.
    #[serde(default)]
    pub errors: Vec<FieldFault>,
}

/// A field at fault.
#[derive(Debug, Deserialize)]
pub struct FieldFault {
    /// Where it stands in the sender's message.
    #[serde(default)]
    pub path: String,
    /// The stable code.
    pub code: String,
}

/// The inbox of a region.
#[derive(Debug, Deserialize)]
pub struct Inbox {
    /// What is to be delivered, in the order of the ledger.
    pub recognitions: Vec<Owed>,
}

/// One recognition that a region has not yet signed for.
#[derive(Debug, Deserialize)]
pub struct Owed {
    /// Its place in the ledger.
    pub index: u64,
    /// The proof that it was recorded.
    pub receipt: ReceiptFile,
}

/// A verification's report, as far as suites look at it.
#[derive(Debug, Deserialize)]
pub struct Verified {
    /// `VALID`, `INVALID` or `INDETERMINATE`.
    pub verdict: String,
    /// Each signature.
    #[serde(default)]
    pub signatures: Vec<VerifiedSignature>,
}

/// One signature of a report.
#[derive(Debug, Deserialize)]
pub struct VerifiedSignature {
    /// Its steps.
    pub steps: Vec<VerifiedStep>,
}

/// One step of a verification.
#[derive(Debug, Deserialize)]
pub struct VerifiedStep {
    /// Its name.
    pub step: String,
    /// `pass`, `fail`, `indeterminate`, `hint` or `not_applicable`.
    pub outcome: String,
}
