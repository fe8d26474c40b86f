//! What can be wrong with a log, a note, a receipt or the evidence: each variant is a finding with a stable code.

use std::io;
use std::path::PathBuf;

/// A finding of this crate; its texts for people are in `standards/problems/{ledger,note,receipt,evidence}.toml`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    // Notes and checkpoints
    /// More bytes than a signed note may have.
    #[error("the note has {bytes} bytes, at most {limit} are read")]
    NoteTooLong {
        /// Bytes received.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not UTF-8, or with control characters other than line feeds.
    #[error("the note is not plain UTF-8 text of whole lines")]
    NoteNotText,
    /// No blank line with signature lines behind it.
    #[error("the note carries no signature lines")]
    NoteWithoutSignatures,
    /// A signature line that is not "— name base64".
    #[error("signature line {line} of the note is malformed")]
    NoteSignatureLine {
        /// Number of the line among the signature lines, from 1.
        line: usize,
    },
    /// A line of a known key whose signature does not fit.
    #[error("the note's signature by {key} is wrong")]
    NoteSignatureWrong {
        /// Name and key id of the key.
        key: String,
    },
    /// No line is of a key that the reader knows.
    #[error("the note is signed by no known key")]
    NoteNoKnownKey,
    /// A verifier key line that is not "name+id+base64" of a supported type.
    #[error("line {line} is no verifier key of a supported type")]
    VerifierKey {
        /// Number of the line, from 1.
        line: usize,
    },
    /// A name that cannot stand in a note: empty, or with a space or a plus sign.
    #[error("{name:?} cannot be the name of a key or the origin of a log")]
    KeyName {
        /// The name.
        name: String,
    },
    /// The text of the note is no checkpoint.
    #[error("line {line} of the checkpoint is malformed")]
    CheckpointLine {
        /// 1 origin, 2 size, 3 root, 4 anything behind.
        line: usize,
    },
    /// The checkpoint is of another log.
    #[error("the checkpoint is of {got:?}, expected {expected:?}")]
    OriginDiffers {
        /// The log that was asked about.
        expected: String,
        /// The log that the checkpoint names.
        got: String,
    },

    /// A line of a policy that says nothing that can be followed.
    #[error("line {line} of the policy is wrong")]
    PolicyLine {
        /// Number of the line, from 1.
        line: usize,
    },
    /// A policy names no log, or does not say which witnesses are needed.
    #[error("the policy needs a log line and a quorum line")]
    PolicyIncomplete,
    /// Fewer witnesses saw the checkpoint than the policy asks for.
    #[error("not enough witnesses saw the checkpoint: {}", if .seen_by.is_empty() { "none".to_owned() } else { .seen_by.join(", ") })]
    NoQuorum {
        /// The names of those that did.
        seen_by: Vec<String>,
    },

    // Receipts and proofs
    /// The text is no tlog-proof.
    #[error("line {line} of the proof is malformed")]
    ProofLine {
        /// Number of the line, from 1.
        line: usize,
    },
    /// The entry is not in a tree this small.
    #[error("there is no entry {index} among {size}")]
    IndexBeyondSize {
        /// Index asked for.
        index: u64,
        /// Entries of the tree.
        size: u64,
    },
    /// A proof has too few or too many hashes for its place.
    #[error("a proof of {hashes} hashes does not fit the index and the size")]
    ProofLength {
        /// Hashes in the proof.
        hashes: usize,
    },
    /// The entry and its proof do not lead to the root of the checkpoint.
    #[error("entry {index} is not in the tree of the checkpoint")]
    NotIncluded {
        /// Index of the entry.
        index: u64,
    },
    /// The older size is the larger one.
    #[error("size {old} cannot come before size {new}")]
    SizesReversed {
        /// The size said to be older.
        old: u64,
        /// The size said to be newer.
        new: u64,
    },
    /// The larger tree does not begin with the smaller one: the log was rewritten.
    #[error("the tree of {new} entries does not begin with the tree of {old}")]
    Inconsistent {
        /// Entries of the smaller tree.
        old: u64,
        /// Entries of the larger tree.
        new: u64,
    },

    // Public files
    /// A public file that the size asks for is missing.
    #[error("{path} is missing")]
    FileMissing {
        /// Path under the log's prefix.
        path: String,
    },
    /// A public file has more bytes than any such file can.
    #[error("{path} is longer than {bytes_max} bytes")]
    FileTooLong {
        /// Path under the log's prefix.
        path: String,
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// A file lies among the public files that tlog-tiles does not know.
    #[error("{path} is no file of a log")]
    FileUnexpected {
        /// Path under the log's prefix.
        path: String,
    },
    /// A tile has another size than its width asks for.
    #[error("{path} has {bytes} bytes, which are not {width} hashes")]
    TileSize {
        /// Path under the log's prefix.
        path: String,
        /// Hashes that it should hold.
        width: u32,
        /// Bytes that it holds.
        bytes: usize,
    },
    /// A hash in a tile is not the root of the tile below it.
    #[error("hash {position} of {path} is not that of the entries below it")]
    TileDiffers {
        /// Path under the log's prefix.
        path: String,
        /// Place within the tile, from 0.
        position: usize,
    },
    /// An older partial file is not the beginning of the file that replaced it.
    #[error("{path} is not the beginning of its successor")]
    PartialDiffers {
        /// Path under the log's prefix.
        path: String,
    },
    /// The tree at hand has no such tile.
    #[error("the tree has no tile {index} on level {level}")]
    NoSuchTile {
        /// Level of the tile.
        level: u32,
        /// Number within the level.
        index: u64,
    },
    /// The bytes of an entry are not those that were hashed into the tree.
    #[error("entry {index} in {path} is not the one in the tree")]
    EntryDiffers {
        /// Index of the entry.
        index: u64,
        /// The bundle that holds it.
        path: String,
    },
    /// A bundle ends inside an entry, or before the entries it should hold.
    #[error("{path} is cut short at entry {index}")]
    BundleCutShort {
        /// Path under the log's prefix.
        path: String,
        /// Index of the first entry that is not whole.
        index: u64,
    },
    /// A bundle holds more than its entries.
    #[error("{path} holds bytes behind its last entry")]
    BundleSurplus {
        /// Path under the log's prefix.
        path: String,
    },
    /// The root derived from the entries is not the checkpoint's.
    #[error("the entries lead to another root than the checkpoint of {size} entries states")]
    RootDiffers {
        /// Entries of the checkpoint.
        size: u64,
    },

    // Appending
    /// An entry does not fit a bundle.
    #[error("an entry of {bytes} bytes is too long")]
    EntryTooLong {
        /// Bytes of the entry.
        bytes: usize,
    },
    /// More tags than a frame can carry.
    #[error("{count} tags are too many for one entry")]
    TooManyTags {
        /// Tags of the draft.
        count: usize,
    },
    /// Evidence above the limit of the configuration.
    #[error("evidence of {bytes} bytes is too long, at most {limit} are kept")]
    EvidenceTooLong {
        /// Bytes of the evidence.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// There is no room for another segment: nothing new is taken until there is, what was recorded stands.
    #[error("there is no room left for new entries")]
    StorageFull,
    /// A write or a sync failed earlier: what the disk holds is unknown, so nothing more is recorded until a restart.
    #[error("the log stopped after a failed write; nothing more is recorded until it is opened again")]
    LogDead,
    /// Somebody else appends to the log now: what was asked for is not recorded, and nothing more is until the log is
    /// opened again.
    #[error("another appender took the log over")]
    Fenced,
    /// Too many requests wait already.
    #[error("too many requests wait for the log")]
    Busy,
    /// The log was closed, or its thread ended.
    #[error("the log is closed")]
    LogClosed,
    /// The index could not be used; it is made again from the frames.
    #[error("the index failed; it is made again from the log")]
    IndexFailed,
    /// What is derived from the frames is made again after damage; what needs it is refused until then.
    #[error("the index or the public files are made again from the log, {done} of {total} parts are there")]
    Rebuilding {
        /// Parts that are made.
        done: u64,
        /// Parts to be made.
        total: u64,
    },
    /// The public files could not be brought up to date: new entries are refused until they are, what was recorded stands.
    #[error("the public files are behind: {reason}")]
    PublishFailed {
        /// Why the last attempt failed.
        reason: Box<LedgerError>,
    },

    // Opening
    /// Another process has the directory open.
    #[error("{} is held by another process", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// A frame before the last commit is damaged: the log must not be signed on.
    #[error("{} is damaged at byte {offset}, before the last commit", path.display())]
    SegmentDamaged {
        /// The segment.
        path: PathBuf,
        /// Where the damage begins.
        offset: u64,
    },
    /// The log is behind what it signed before: an older copy of the disk came back.
    #[error("the log holds {found} entries, but {signed} were signed")]
    RolledBack {
        /// Entries that the signed head names.
        signed: u64,
        /// Entries that the segments hold.
        found: u64,
    },
    /// The log has another root at a size than it signed before.
    #[error("the log has another root at {size} entries than it signed")]
    HeadDiffers {
        /// Entries of the head that was signed.
        size: u64,
    },
    /// A closed shard has another index key than the open one: what was recorded under a key would not be found again.
    #[error("{} has another index key than the shard that follows", path.display())]
    ShardKeyDiffers {
        /// The private folder of the closed shard.
        path: PathBuf,
    },
    /// A key file of the state directory is not what it should be.
    #[error("{} is damaged", path.display())]
    StateFile {
        /// The file.
        path: PathBuf,
    },
    /// A file or folder could not be used.
    #[error("cannot {action} {}: {kind}", path.display())]
    Io {
        /// What was tried, a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// How it failed.
        kind: io::ErrorKind,
    },
    /// A key could not sign, or the operating system gave no randomness.
    #[error("signing or drawing a key failed ({code})")]
    Crypto {
        /// The code of the finding below.
        code: &'static str,
    },

    // Evidence
    /// The entry was recorded without evidence.
    #[error("entry {index} has no evidence")]
    EvidenceMissing {
        /// Index of the entry.
        index: u64,
    },
    /// The evidence of an entry was erased: its key is destroyed.
    #[error("the evidence of entry {index} was erased")]
    EvidenceErased {
        /// Index of the entry.
        index: u64,
    },
    /// The wrapped key of a record is damaged; while it is, no other may be destroyed: no backup could mend it afterwards.
    #[error("the wrapped key of evidence record {record} is damaged")]
    EvidenceKeyDamaged {
        /// Number of the record.
        record: u64,
    },
    /// Evidence was erased, and the entries about it are not recorded yet.
    #[error("earlier erasures are not recorded yet")]
    ErasureUnfinished,
    /// More erasures at once than can be noted, or a statement that is too long.
    #[error("too many erasures at once, or too long a statement")]
    ErasureTooLong,
    /// The evidence of an entry is damaged.
    #[error("the evidence of entry {index} cannot be opened")]
    EvidenceDamaged {
        /// Index of the entry.
        index: u64,
    },
}

impl LedgerError {
    /// The stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoteTooLong { .. } => "note.too_long",
            Self::NoteNotText => "note.not_text",
            Self::NoteWithoutSignatures => "note.without_signatures",
            Self::NoteSignatureLine { .. } => "note.signature_line",
            Self::NoteSignatureWrong { .. } => "note.signature_wrong",
            Self::NoteNoKnownKey => "note.no_known_key",
            Self::VerifierKey { .. } => "note.verifier_key",
            Self::KeyName { .. } => "note.key_name",
            Self::CheckpointLine { .. } => "note.checkpoint_line",
            Self::OriginDiffers { .. } => "note.origin_differs",
            Self::PolicyLine { .. } => "note.policy_line",
            Self::PolicyIncomplete => "note.policy_incomplete",
            Self::NoQuorum { .. } => "note.no_quorum",
            Self::ProofLine { .. } => "receipt.proof_line",
            Self::IndexBeyondSize { .. } => "receipt.index_beyond_size",
            Self::ProofLength { .. } => "receipt.proof_length",
            Self::NotIncluded { .. } => "receipt.not_included",
            Self::SizesReversed { .. } => "ledger.sizes_reversed",
            Self::Inconsistent { .. } => "ledger.inconsistent",
            Self::FileMissing { .. } => "ledger.file_missing",
            Self::FileTooLong { .. } => "ledger.file_too_long",
            Self::FileUnexpected { .. } => "ledger.file_unexpected",
            Self::TileSize { .. } => "ledger.tile_size",
            Self::TileDiffers { .. } => "ledger.tile_differs",
            Self::PartialDiffers { .. } => "ledger.partial_differs",
            Self::NoSuchTile { .. } => "ledger.no_such_tile",
            Self::EntryDiffers { .. } => "ledger.entry_differs",
            Self::BundleCutShort { .. } => "ledger.bundle_cut_short",
            Self::BundleSurplus { .. } => "ledger.bundle_surplus",
            Self::RootDiffers { .. } => "ledger.root_differs",
            Self::EntryTooLong { .. } => "ledger.entry_too_long",
            Self::TooManyTags { .. } => "ledger.too_many_tags",
            Self::EvidenceTooLong { .. } => "evidence.too_long",
            Self::StorageFull => "ledger.storage_full",
            Self::LogDead => "ledger.dead",
            Self::Fenced => "ledger.fenced",
            Self::Busy => "ledger.busy",
            Self::LogClosed => "ledger.closed",
            Self::IndexFailed => "ledger.index_failed",
            Self::Rebuilding { .. } => "ledger.rebuilding",
            Self::PublishFailed { .. } => "ledger.publish_failed",
            Self::Locked { .. } => "ledger.locked",
            Self::SegmentDamaged { .. } => "ledger.segment_damaged",
            Self::RolledBack { .. } => "ledger.rolled_back",
            Self::HeadDiffers { .. } => "ledger.head_differs",
            Self::ShardKeyDiffers { .. } => "ledger.shard_key_differs",
            Self::StateFile { .. } => "ledger.state_file",
            Self::Io { .. } => "ledger.io",
            Self::Crypto { .. } => "ledger.crypto",
            Self::EvidenceMissing { .. } => "evidence.missing",
            Self::EvidenceErased { .. } => "evidence.erased",
            Self::EvidenceKeyDamaged { .. } => "evidence.key_damaged",
            Self::ErasureUnfinished => "evidence.erasure_unfinished",
            Self::ErasureTooLong => "evidence.erasure_too_long",
            Self::EvidenceDamaged { .. } => "evidence.damaged",
        }
    }

    /// An error of the operating system, with what was tried on what.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::Io { action, path, kind: error.kind() }
    }
}
