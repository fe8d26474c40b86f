//! 国密副账 The companion of a log: a second tree over the same entries, with SM3 in place of SHA-256 and signed with SM2 alone, for
//! whoever may rely on commercial cryptography only.
//!
//! It has a name of its own, and its public files lie with those of its log: the checkpoint and the tiles in the folder `sm3`; its
//! entries are the log's own bundles. Each of its checkpoints covers all entries up to its size, and is itself an entry of the log.

#[cfg(feature = "log")]
mod follower;

#[cfg(feature = "log")]
pub use follower::Companion;

use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::merkle::TreeHash;
use crate::note::VerifierKey;
use crate::tile::{PublicFile, PublicFiles, TileId, entries_of_bundle};

/// The folder of its checkpoint and tiles.
pub const FOLDER: &str = "sm3";

/// The name of a log's companion.
pub fn origin_of(log: &str) -> String {
    format!("{log}/{FOLDER}")
}

/// The log whose companion has this name; `None` for a name that is no companion's.
pub fn log_of(origin: &str) -> Option<&str> {
    origin.strip_suffix(FOLDER)?.strip_suffix('/')
}

/// 国密副账检查点 What a companion signed: enough to write its note again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// Size and root over SM3, under the companion's name.
    pub checkpoint: Checkpoint,
    /// Key id and SM2 signature in base64, as they stand in the one signature line.
    pub signature: String,
}

impl SignedCheckpoint {
    /// The signed note.
    pub fn to_note(&self) -> String {
        format!("{}\n— {} {}\n", self.checkpoint.to_text(), self.checkpoint.origin, self.signature)
    }
}

/// Whether the signatures of many checkpoints hold under the keys of a companion, in their order.
///
/// # Errors
/// Each: [`LedgerError::NoteSignatureLine`], [`LedgerError::NoteNoKnownKey`], [`LedgerError::NoteSignatureWrong`];
/// [`LedgerError::OriginDiffers`] for a checkpoint of another name.
pub fn verify_each(keys: &[VerifierKey], origin: &str, signed: &[SignedCheckpoint]) -> Vec<Result<(), LedgerError>> {
    let texts: Vec<String> = signed.iter().map(|signed| signed.checkpoint.to_text()).collect();
    let pairs: Vec<(&str, &str)> =
        texts.iter().zip(signed).map(|(text, signed)| (text.as_str(), signed.signature.as_str())).collect();
    let judged = VerifierKey::verify_each(keys, origin, &pairs);
    let named = |signed: &SignedCheckpoint| signed.checkpoint.origin == origin;
    let differs = |signed: &SignedCheckpoint| LedgerError::OriginDiffers {
        expected: origin.to_owned(),
        got: signed.checkpoint.origin.clone(),
    };
    judged.into_iter().zip(signed).map(|(judged, it)| if named(it) { judged } else { Err(differs(it)) }).collect()
}

/// The public files of a companion, among those of its log.
#[derive(Debug)]
pub struct CompanionFiles<'log, F> {
    log: &'log F,
    /// Entries of the log's checkpoint.
    size: u64,
}

impl<'log, F: PublicFiles> CompanionFiles<'log, F> {
    /// The files of the companion of a log, whose checkpoint has `size` entries.
    pub fn new(log: &'log F, size: u64) -> Self {
        Self { log, size }
    }

    /// The log need never have had a checkpoint of the companion's size: then a wider bundle is there, and its beginning is taken.
    fn bundle(&self, id: TileId, bytes_max: usize) -> Result<Option<Vec<u8>>, LedgerError> {
        let bytes = self.log.read(&id.bundle_path(), bytes_max)?;
        let now = TileId::at_size(0, id.index, self.size).filter(|now| bytes.is_none() && id.width < now.width);
        let Some(now) = now else { return Ok(bytes) };
        let mut wider = self.log.read(&now.bundle_path(), bytes_max)?;
        if let Some(bytes) = &mut wider {
            let entries = entries_of_bundle(bytes).map_while(Result::ok).take(id.width as usize);
            let beginning = entries.map(|entry| entry.len() + 2).sum();
            bytes.truncate(beginning);
        }
        Ok(wider)
    }
}

impl<F: PublicFiles> PublicFiles for CompanionFiles<'_, F> {
    fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, LedgerError> {
        match PublicFile::from_path(path) {
            Some(PublicFile::Bundle(id)) => self.bundle(id, bytes_max),
            _ => self.log.read(&format!("{FOLDER}/{path}"), bytes_max),
        }
    }

    fn tree_hash(&self) -> TreeHash {
        TreeHash::Sm3
    }
}
