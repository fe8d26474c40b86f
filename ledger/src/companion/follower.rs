//! The companion as its log keeps it: it follows what was recorded, behind the answers.

use std::fs;
use std::path::{Path, PathBuf};

use certs::signing::Sm2Signer;

use super::{CompanionFiles, FOLDER, SignedCheckpoint, origin_of};
use crate::LedgerError;
use crate::audit::{Directory, edge_of};
use crate::checkpoint::Checkpoint;
use crate::durable::write_durably;
use crate::log::Log;
use crate::merkle::TreeHash;
use crate::note::{NOTE_BYTES_MAX, VerifierKey};
use crate::tile::{Edge, PublicFiles as _, Tile, TileId};

/// Entries that are taken up in one call: nobody waits long for it to end.
const ENTRIES_AT_ONCE: u64 = 1 << 16;

/// 国密副账 The tree over SM3 of a log that is open.
///
/// It is derived from entries that are on the disk before it sees them, and the log refuses to start behind what it signed: so one
/// size has one root for ever, and the companion needs no record of its own of what it signed. What a crash leaves of its files is
/// gone on from where it holds, and made again where it does not.
pub struct Companion {
    folder: PathBuf,
    signer: Sm2Signer,
    key: VerifierKey,
    edge: Edge,
    /// Full tiles that are not written yet.
    full: Vec<(TileId, Tile)>,
    /// Whether something came that its checkpoints do not cover.
    is_due: bool,
    /// Whether a checkpoint of an earlier process may be published and not recorded.
    is_doubtful: bool,
}

impl Companion {
    /// Takes up the companion of a log where its files in the log's public folder end, or begins it.
    ///
    /// # Errors
    /// [`LedgerError::KeyName`]; [`LedgerError::RolledBack`] and [`LedgerError::HeadDiffers`] when the companion signed more
    /// entries than the log has, or others; [`LedgerError::Io`]
    pub fn open(log: &Log, log_origin: &str, public_dir: &Path, signer: Sm2Signer) -> Result<Self, LedgerError> {
        let key = VerifierKey::sm2(&origin_of(log_origin), signer.public_key().clone())?;
        let edge = match recall(public_dir, log, &key) {
            Ok(edge) => edge,
            Err(
                failure @ (LedgerError::RolledBack { .. } | LedgerError::HeadDiffers { .. } | LedgerError::Io { .. }),
            ) => {
                return Err(failure);
            }
            Err(_) => {
                // Older tiles may be as wrong as those at the edge.
                let _ = fs::remove_dir_all(public_dir.join(FOLDER).join("tile"));
                Edge::new(TreeHash::Sm3)
            }
        };
        let is_doubtful = edge.size() > 0;
        Ok(Self { folder: public_dir.join(FOLDER), signer, key, edge, full: Vec::new(), is_due: false, is_doubtful })
    }

    /// What its checkpoints are verified with.
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.key
    }

    /// Entries that it covers.
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// Takes up what was recorded meanwhile, so many entries at most; once it has all of them it signs and publishes a checkpoint, and
    /// answers it, to be recorded in the log. `None` before that, and where nothing came but what `is_own` knows as records of
    /// such checkpoints, which would never come to an end.
    ///
    /// # Errors
    /// [`LedgerError::Io`] and those of [`Log::entry`]; another call goes on.
    pub fn follow(
        &mut self,
        log: &Log,
        is_own: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<SignedCheckpoint>, LedgerError> {
        // What it covers can be read by whoever reads its checkpoint.
        let (first, size) = (self.edge.size(), Checkpoint::from_unverified_note(log.head().as_bytes())?.size);
        for index in first..size.min(first + ENTRIES_AT_ONCE) {
            let entry = log.entry(index)?;
            let full = &mut self.full;
            self.edge.push(TreeHash::Sm3.leaf(&entry), |id, tile| {
                full.push((id, tile));
                Ok(())
            })?;
            // What came behind a recorded checkpoint begins with its record, or has it soon.
            let is_own = is_own(&entry);
            (self.is_due, self.is_doubtful) = (self.is_due || !is_own, self.is_doubtful && !is_own);
            self.write_full()?;
        }
        self.write_full()?;
        if self.edge.size() != size || !(self.is_due || self.is_doubtful) {
            return Ok(None);
        }
        for (id, tile) in self.edge.partial_tiles() {
            self.write(&id.path(), &tile.to_bytes())?;
        }
        let checkpoint = Checkpoint { origin: self.key.name().to_owned(), size, root: self.edge.root() };
        let signature = self
            .signer
            .sign(checkpoint.to_text().as_bytes())
            .map_err(|error| LedgerError::Crypto { code: error.code() })?;
        let signature = self.key.signature_text(&signature.to_raw());
        let signed = SignedCheckpoint { checkpoint, signature };
        self.write("checkpoint", signed.to_note().as_bytes())?;
        (self.is_due, self.is_doubtful) = (false, false);
        Ok(Some(signed))
    }

    /// Writes the tiles that became full, and removes the partial ones that they replace.
    fn write_full(&mut self) -> Result<(), LedgerError> {
        while let Some((id, tile)) = self.full.last() {
            self.write(&id.path(), &tile.to_bytes())?;
            // The full file serves whoever still asks for a partial one.
            let _ = fs::remove_dir_all(self.folder.join(id.partial_folder()));
            self.full.pop();
        }
        Ok(())
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), LedgerError> {
        let path = self.folder.join(path);
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(LedgerError::io("make", folder))?;
        write_durably(&path, bytes)
    }
}

/// The right edge of the tree of the published checkpoint, which the companion signed.
///
/// # Errors
/// As [`Companion::open`]; any other where the files are not whole.
fn recall(public_dir: &Path, log: &Log, key: &VerifierKey) -> Result<Edge, LedgerError> {
    let public = Directory::new(public_dir);
    let files = CompanionFiles::new(&public, log.size());
    let missing = || LedgerError::FileMissing { path: format!("{FOLDER}/checkpoint") };
    let note = files.read("checkpoint", NOTE_BYTES_MAX)?.ok_or_else(missing)?;
    let checkpoint = Checkpoint::from_note(&note, std::slice::from_ref(key))?;
    if checkpoint.size > log.size() {
        return Err(LedgerError::RolledBack { signed: checkpoint.size, found: log.size() });
    }
    let edge = edge_of(&files, &checkpoint, checkpoint.size)?;
    // Another log under the same name and key shows in its newest entries.
    let leaves = edge.tile(0).map_or(&[][..], |(_, tile)| tile.hashes());
    for (index, leaf) in (checkpoint.size - leaves.len() as u64..).zip(leaves) {
        if TreeHash::Sm3.leaf(&log.entry(index)?) != *leaf {
            return Err(LedgerError::HeadDiffers { size: checkpoint.size });
        }
    }
    Ok(edge)
}
