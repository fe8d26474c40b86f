//! 核对 Whether what is kept beside an entry is there, opens, and is what the entry commits to.

use ledger::LedgerError;
use ledger::shards::Shards;
use standards::entry::{Commitment, Digest, Entry, EntryError, Judgement};
use standards::field::path;

use super::{Evidence, Salt, erasure};

/// 留存状态: what became of the evidence of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It opens, and is what the entry commits to.
    Present,
    /// It was erased, and an entry says so.
    Erased,
    /// The entry is of a kind without evidence.
    None,
}

/// 证据问题: what is wrong with the evidence of an entry.
#[derive(Debug, thiserror::Error)]
pub enum RecordFault {
    /// The entry cannot be read.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The log cannot give entry or evidence.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It opens and cannot be read.
    #[error("the evidence has another form than this edition knows")]
    Malformed,
    /// It is not what the entry commits to.
    #[error("the member {member} of the entry is not what the evidence says")]
    CommitmentDiffers {
        /// The member of the entry.
        member: &'static str,
    },
    /// It is gone, and no entry says so.
    #[error("erased, and not recorded")]
    ErasureMissing,
    /// It is there although an entry says that it was erased.
    #[error("recorded as erased, and there: entry {record}")]
    ErasureUndone {
        /// The entry whose evidence it is.
        record: u64,
    },
}

impl RecordFault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Entry(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Malformed => "record.malformed",
            Self::CommitmentDiffers { .. } => "record.commitment_differs",
            Self::ErasureMissing => "record.erasure_missing",
            Self::ErasureUndone { .. } => "record.erasure_undone",
        }
    }
}

/// Judges the evidence of an entry.
///
/// # Errors
/// What is wrong with it.
pub fn review(ledger: &Shards, index: u64) -> Result<Kept, RecordFault> {
    let entry = Entry::parse(&ledger.entry(index)?)?;
    if let Entry::Erasure(erasure) = &entry {
        return match ledger.evidence(erasure.record) {
            Err(LedgerError::EvidenceErased { .. }) => Ok(Kept::None),
            _ => Err(RecordFault::ErasureUndone { record: erasure.record }),
        };
    }
    if matches!(entry, Entry::Companion(_) | Entry::Closing(_) | Entry::Predecessor(_)) {
        return Ok(Kept::None);
    }
    let bytes = match ledger.evidence(index) {
        Err(LedgerError::EvidenceErased { .. }) if erasure::recorded(ledger, index)?.is_none() => {
            return Err(RecordFault::ErasureMissing);
        }
        Err(LedgerError::EvidenceErased { .. }) => return Ok(Kept::Erased),
        bytes => bytes?,
    };
    match &entry {
        Entry::Recognition(judgement) | Entry::Refusal(judgement) | Entry::ManualReview(judgement) => {
            opens(judgement, &bytes)?;
        }
        Entry::Delivery(delivery) if delivery.signature != Digest(certs::digest::sha256(&[&bytes])) => {
            return Err(RecordFault::CommitmentDiffers { member: "signature" });
        }
        Entry::Conflict(_) if Salt::from_conflict(&bytes).is_none() => return Err(RecordFault::Malformed),
        _ => {}
    }
    Ok(Kept::Present)
}

/// Recomputes the commitments of a decision.
fn opens(judgement: &Judgement, bytes: &[u8]) -> Result<(), RecordFault> {
    let evidence = Evidence::from_bytes(bytes).map_err(|_| RecordFault::Malformed)?;
    let said = evidence.commitments().ok_or(RecordFault::Malformed)?;
    let entered = [judgement.message, judgement.document, judgement.case, judgement.license];
    match said.iter().zip(entered).find(|((_, said), entered)| said != entered) {
        Some(((member, _), _)) => Err(RecordFault::CommitmentDiffers { member }),
        None => Ok(()),
    }
}

impl Evidence {
    /// The commitments that the evidence opens, by the members of the entry: message, document, case, licence.
    fn commitments(&self) -> Option<[(&'static str, Commitment); 4]> {
        let salt = self.salt()?;
        let field = |path: &str| self.fields.get(path).map(String::as_bytes);
        let license = [
            path::LICENSE_NUMBER,
            path::LICENSE_NAME,
            path::LICENSE_ISSUER_CODE,
            path::LICENSE_HOLDER_NAME,
            path::LICENSE_HOLDER_ID,
        ];
        let license: Vec<&[u8]> = license.into_iter().map(field).collect::<Option<_>>()?;
        Some([
            ("message", salt.commit("message", &[&self.message().ok()?])),
            ("document", salt.commit("document", &[&self.document().ok()?])),
            ("case", salt.commit("case", &[field(path::CASE_ID)?])),
            ("license", salt.commit("license", &license)),
        ])
    }
}
