//! 检查点 Checkpoints of C2SP tlog-checkpoint: origin, size and root of a log, the text of a signed note.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::LedgerError;
use crate::merkle::Hash;
use crate::note::{SignedNote, VerifierKey};

/// 检查点 The head of a log at one size. That it parses says nothing about who signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// Reads the text of a note. Extension lines are refused: this log never writes any.
    ///
    /// # Errors
    /// [`LedgerError::CheckpointLine`]
    pub fn from_text(text: &str) -> Result<Self, LedgerError> {
        let malformed = |line| LedgerError::CheckpointLine { line };
        let mut lines = text.split('\n');
        let origin = lines.next().filter(|origin| !origin.is_empty()).ok_or(malformed(1))?;
        let size = lines.next().and_then(parse_size).ok_or(malformed(2))?;
        let root = lines.next().and_then(|root| BASE64.decode(root).ok()).ok_or(malformed(3))?;
        let root = root.try_into().map_err(|_| malformed(3))?;
        // The third line's feed leaves one empty rest, and nothing may follow it.
        match (lines.next(), lines.next()) {
            (Some(""), None) => Ok(Self { origin: origin.to_owned(), size, root }),
            _ => Err(malformed(4)),
        }
    }

    /// The text to be signed.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root))
    }

    /// Reads a signed note without judging its signatures: enough for arithmetic, for nothing else.
    ///
    /// # Errors
    /// Those of [`SignedNote::parse`] and [`Checkpoint::from_text`].
    pub fn from_unverified_note(note: &[u8]) -> Result<Self, LedgerError> {
        Self::from_text(SignedNote::parse(note)?.unverified_text())
    }

    /// Reads a signed note and judges it by the keys of the log that it names.
    ///
    /// # Errors
    /// Those of [`SignedNote::parse`], [`SignedNote::verify`] and [`Checkpoint::from_text`];
    /// [`LedgerError::OriginDiffers`] when a key signed the checkpoint of another log.
    pub fn from_note(note: &[u8], keys: &[VerifierKey]) -> Result<Self, LedgerError> {
        let note = SignedNote::parse(note)?;
        let verified = note.verify(keys)?;
        if verified.signers().is_empty() {
            // Only witnesses: nobody says that it is the log's.
            return Err(LedgerError::NoteNoKnownKey);
        }
        let checkpoint = Self::from_text(verified.text())?;
        match verified.signers().iter().find(|key| key.name() != checkpoint.origin) {
            Some(key) => Err(LedgerError::OriginDiffers { expected: key.name().to_owned(), got: checkpoint.origin }),
            None => Ok(checkpoint),
        }
    }
}

/// A decimal without sign and leading zeroes.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let size: u64 = text.parse().ok()?;
    (size.to_string() == text).then_some(size)
}
