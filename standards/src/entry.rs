//! The entries of the ledger: what is recorded of a decision, in canonical JSON, without personal data.
//!
//! An entry is one line of canonical JSON. [`Entry::to_canonical`] writes it and [`Entry::parse`] reads it back, and refuses
//! every text that it would not have written itself. The types have no room for personal data: codes, times, counts, digests,
//! salted commitments and [`Label`]s. A recognition, for example:
//!
//! ```json
#![doc = include_str!("../tests/golden/recognition.json")]
//! ```

mod format;
mod value;

use jiff::Timestamp;
use serde::Deserialize;

use crate::canonical::count;
use crate::code::{CreditCode, ItemId, RegionCode};
pub use value::{Commitment, Digest, Label, ValueError};

/// Bytes that an entry may have at most: the length field of a tile bundle is a u16.
pub const ENTRY_SIZE_BYTES_MAX: usize = 65_535;

/// 账本条目: one fact that the ledger keeps for ever.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Entry {
    /// 可互认: the result is recognised.
    Recognition(Judgement),
    /// 不予互认: the result is not recognised, for these reasons.
    Refusal(Judgement),
    /// 需人工核验: nothing was found wrong, but something could not be established.
    ManualReview(Judgement),
    /// 送达回执: the receiving region has read a recognition and signed for it.
    Delivery(Delivery),
    /// 冲突: a key that had been used came again with other content, and was refused.
    Conflict(Conflict),
    /// 销毁: the evidence of an earlier entry was destroyed.
    Erasure(Erasure),
    /// 国密副账检查点: what the companion of this log signed.
    Companion(Companion),
    /// 结册: the last entry of a shard.
    Closing(Closing),
    /// 上册: the first entry of a shard that goes on from another.
    Predecessor(Predecessor),
}

/// 判定: a decision on one result, with everything needed to judge it again as of that day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// When it was recorded; given by the ledger, never decreasing.
    pub time: Timestamp,
    /// The region whose result it is.
    pub from: RegionCode,
    /// The region that is to recognise it.
    pub to: RegionCode,
    /// The item.
    pub item: ItemId,
    /// Commitment to the case number.
    pub case: Commitment,
    /// Commitment to number, kind, issuer and holder of the licence.
    pub license: Commitment,
    /// Commitment to the exact bytes of the message.
    pub message: Commitment,
    /// Commitment to the exact bytes of the document.
    pub document: Commitment,
    /// What the verification found, one a signature, in the document's order.
    #[serde(default)]
    pub seals: Vec<SealFact>,
    /// The codes of the reasons, the most specific first; of a recognition, its grounds, or none.
    #[serde(default)]
    pub reasons: Vec<Label>,
    /// Under which editions it was decided.
    pub editions: Editions,
}

/// 印章事实: what the verification of one signature found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealFact {
    /// The verdict.
    pub verdict: Verdict,
    /// 印章标识, when it could be read.
    #[serde(default)]
    pub seal_id: Option<Label>,
    /// The organisation that its certificate names.
    #[serde(default)]
    pub signer_organisation: Option<CreditCode>,
    /// 签章时间 as claimed.
    #[serde(default)]
    pub signed_at: Option<Timestamp>,
}

/// 验章结论: the three outcomes of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// 有效.
    Valid,
    /// 无效.
    Invalid,
    /// 无法判定.
    Indeterminate,
}

impl Verdict {
    /// The word in entries and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::Invalid => "INVALID",
            Self::Indeterminate => "INDETERMINATE",
        }
    }
}

/// 版本: the editions of everything that the decision rests on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Editions {
    /// The catalogue of items.
    pub catalogue: Label,
    /// The code tables.
    pub codes: Label,
    /// The mapping of the sending region.
    pub mapping: Label,
    /// The trust list.
    pub trust: Label,
    /// The policy of recognition.
    pub policy: Label,
}

/// 送达: a region has read a recognition from its inbox and signed for it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// When it was recorded.
    pub time: Timestamp,
    /// The region that signed.
    pub region: RegionCode,
    /// The index of the recognition.
    #[serde(deserialize_with = "count")]
    pub recognition: u64,
    /// The checkpoint that the region had verified when it signed: the regions compare one tree.
    pub checkpoint: VerifiedCheckpoint,
    /// SHA-256 of the region's signed receipt, which is kept as evidence.
    pub signature: Digest,
}

/// 已核对检查点: size and root of the tree that a region verified.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifiedCheckpoint {
    /// Entries in the tree.
    #[serde(deserialize_with = "count")]
    pub size: u64,
    /// Its root.
    pub root: Digest,
}

/// 幂等冲突: the same idempotency key with other content. The first one stands; repeats of the same conflict are one entry.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// When it was recorded.
    pub time: Timestamp,
    /// The region that sent it.
    pub from: RegionCode,
    /// The index of the entry that the key belongs to.
    #[serde(deserialize_with = "count")]
    pub first: u64,
    /// Commitment to the key.
    pub key: Commitment,
    /// Commitment to the content that was refused.
    pub content: Commitment,
}

/// 销毁记录: the evidence of an entry was destroyed; the entry itself, its proofs and its receipts hold as before.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// When it was recorded.
    pub time: Timestamp,
    /// The index of the entry whose evidence it was.
    #[serde(deserialize_with = "count")]
    pub record: u64,
    /// The rule of retention under which it was due, or `order`.
    pub rule: Label,
    /// Why: `period_over`, or what names the order. No personal data.
    pub reason: Label,
}

/// 国密副账检查点: size and root of the tree over the same entries that SM3 makes, as its companion signed them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Companion {
    /// When it was recorded.
    pub time: Timestamp,
    /// The name of the companion.
    pub origin: Label,
    /// Entries that it covers, and the root over them under SM3.
    pub checkpoint: VerifiedCheckpoint,
    /// Key id and SM2 signature in base64, as they stand in the signature line of the checkpoint's note.
    pub signature: Label,
}

/// 结册: nothing follows in this log; the ledger goes on in another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// When it was recorded.
    pub time: Timestamp,
    /// The name of the log in which the ledger goes on.
    pub next: Label,
}

/// 上册: the log from which this one goes on, by the checkpoint that closed it. [`crate::shard`] has the rules.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predecessor {
    /// When it was recorded.
    pub time: Timestamp,
    /// The name of that log.
    pub origin: Label,
    /// Its last checkpoint, which covers its closing entry.
    pub checkpoint: VerifiedCheckpoint,
    /// Key id and signature in base64, as they stand in the signature lines of that checkpoint's note under the log's own name.
    pub signatures: Vec<Label>,
    /// The last checkpoint of its companion, if it had one: it covers the same entries, and no entry of that log could say so.
    #[serde(default)]
    pub companion: Option<CompanionCheckpoint>,
    /// Entries of that log and of all before it: the number of this entry.
    #[serde(deserialize_with = "count")]
    pub entries: u64,
}

/// 上册国密副账检查点: the root over the same entries under SM3, and its signature.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompanionCheckpoint {
    /// The root.
    pub root: Digest,
    /// Key id and SM2 signature in base64, as they stand in the signature line of the checkpoint's note.
    pub signature: Label,
}

/// Why a text is no entry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// It is longer than [`ENTRY_SIZE_BYTES_MAX`].
    #[error("entry: at most {max} bytes, got {got}")]
    TooLong {
        /// Bytes allowed.
        max: usize,
        /// Bytes found.
        got: usize,
    },
    /// It does not have the members of its type; the source names line, column and member.
    #[error("entry: {source}")]
    Shape {
        /// What is wrong.
        source: serde_json::Error,
    },
    /// It reads as an entry, but is written in another way than the one canonical way.
    #[error("entry: not canonical from byte {offset} on")]
    NotCanonical {
        /// The first byte that differs, counted from 0.
        offset: usize,
    },
}

impl EntryError {
    /// The stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "entry.too_long",
            Self::Shape { .. } => "entry.shape",
            Self::NotCanonical { .. } => "entry.not_canonical",
        }
    }

    /// Every finding code of this kind.
    pub const CODES: &'static [&'static str] = &["entry.too_long", "entry.shape", "entry.not_canonical"];
}

impl Entry {
    /// When it was recorded.
    pub fn time(&self) -> Timestamp {
        match self {
            Self::Recognition(judgement) | Self::Refusal(judgement) | Self::ManualReview(judgement) => judgement.time,
            Self::Delivery(delivery) => delivery.time,
            Self::Conflict(conflict) => conflict.time,
            Self::Erasure(erasure) => erasure.time,
            Self::Companion(companion) => companion.time,
            Self::Closing(closing) => closing.time,
            Self::Predecessor(predecessor) => predecessor.time,
        }
    }

    /// The member `type` of the entry.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Recognition(_) => "recognition",
            Self::Refusal(_) => "refusal",
            Self::ManualReview(_) => "manual_review",
            Self::Delivery(_) => "delivery",
            Self::Conflict(_) => "conflict",
            Self::Erasure(_) => "erasure",
            Self::Companion(_) => "companion",
            Self::Closing(_) => "closing",
            Self::Predecessor(_) => "predecessor",
        }
    }

    /// The exact bytes of the leaf: canonical JSON (RFC 8785) without a line end.
    pub fn to_canonical(&self) -> Vec<u8> {
        format::to_json(self).to_text().into_bytes()
    }

    /// Reads the exact bytes of a leaf.
    ///
    /// # Errors
    /// [`EntryError`]; in particular every text other than the one that [`Entry::to_canonical`] writes is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > ENTRY_SIZE_BYTES_MAX {
            return Err(EntryError::TooLong { max: ENTRY_SIZE_BYTES_MAX, got: bytes.len() });
        }
        let entry: Self = serde_json::from_slice(bytes).map_err(|source| EntryError::Shape { source })?;
        let canonical = entry.to_canonical();
        if canonical == bytes {
            return Ok(entry);
        }
        let same = canonical.iter().zip(bytes).take_while(|(left, right)| left == right).count();
        Err(EntryError::NotCanonical { offset: same })
    }
}
