//! The check of a whole log: every entry and tile, up to the root of the checkpoint.
//!
//! It goes by blocks, the 65,536 entries under one tile of level 1, so that several threads share the work and a check that
//! was interrupted goes on behind the last of them; the next one goes on behind the last full bundle. Memory stays flat: a
//! bundle and some tiles a thread.

mod block;
mod directory;
mod proven;

use std::iter;
use std::num::NonZeroUsize;
use std::thread;

use self::block::{BLOCK, Block, end_of};
pub use self::directory::{Directory, audit_leftovers};
pub use self::proven::Proven;
#[cfg(feature = "log")]
pub(crate) use self::proven::edge_of;
use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::merkle::{Hash, consistency_proof, verify_consistency};
use crate::tile::{PublicFiles, TileReader};

/// Findings that a report keeps; a log of another tree would fill the memory otherwise.
const FINDINGS_MAX: usize = 100;

/// What the check of a whole log found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogReport {
    /// Entries read and hashed.
    pub entries: u64,
    /// Tiles of hashes compared.
    pub tiles: u64,
    /// Files that lie behind the checkpoint's size: published for a checkpoint that is still to come, not checked.
    pub files_ahead: u64,
    /// The root over the entries; `None` where they could not all be read.
    pub root: Option<Hash>,
    /// Everything wrong, at most 100.
    pub findings: Vec<LedgerError>,
}

impl LogReport {
    fn find(&mut self, finding: LedgerError) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }

    fn add(&mut self, other: Self) {
        self.entries += other.entries;
        self.tiles += other.tiles;
        other.findings.into_iter().for_each(|finding| self.find(finding));
    }
}

/// How far a check is.
#[derive(Debug)]
pub enum Progress<'check> {
    /// So many more entries were checked; told from any thread.
    Entries(u64),
    /// An entry whose hash is right, by its index; told from any thread, in order within 65,536 entries.
    Entry(u64, &'check [u8]),
    /// Everything up to here holds: whoever keeps it can go on from here another time.
    Proven(&'check Proven),
}

/// Derives the root of the checkpoint's tree from the entries, and compares each tile on the way; `visit` is handed each
/// entry whose hash is right, in order.
///
/// # Errors
/// [`LedgerError::Io`] when a file cannot be read; what is wrong with the log is in the report.
pub fn audit_files(
    files: &impl PublicFiles,
    checkpoint: &Checkpoint,
    mut visit: impl FnMut(u64, &[u8]),
) -> Result<LogReport, LedgerError> {
    let (mut report, mut proven) = (LogReport::default(), Proven::new(files.tree_hash()));
    while proven.size() < checkpoint.size {
        let block = Block::audit(files, checkpoint.size, proven.size(), proven.roots(), &mut visit)?;
        if !take(files, checkpoint, block, &mut proven, &mut report)? {
            return Ok(report);
        }
    }
    conclude(&proven, checkpoint, &mut report);
    Ok(report)
}

/// As [`audit_files`], by several threads and from what is proven already, such as a checkpoint that was checked before:
/// entries and tiles before that are not read again.
///
/// # Errors
/// As [`audit_files`]; [`LedgerError::SizesReversed`] when more is proven than the checkpoint has.
pub fn audit_from(
    files: &(impl PublicFiles + Sync),
    checkpoint: &Checkpoint,
    mut proven: Proven,
    threads: NonZeroUsize,
    progress: &(impl Fn(Progress<'_>) + Sync),
) -> Result<LogReport, LedgerError> {
    if proven.size() > checkpoint.size {
        return Err(LedgerError::SizesReversed { old: proven.size(), new: checkpoint.size });
    }
    let mut report = LogReport::default();
    while proven.size() < checkpoint.size {
        let whole = (end_of(proven.size())..checkpoint.size).step_by(BLOCK).map(|first| (first, Vec::new()));
        let firsts = iter::once((proven.size(), proven.roots())).chain(whole).take(threads.get());
        let blocks: Vec<_> = thread::scope(|scope| {
            let workers: Vec<_> = firsts
                .map(|(first, roots)| {
                    scope.spawn(move || {
                        let mut seen = 0;
                        let block = Block::audit(files, checkpoint.size, first, roots, &mut |index, entry: &[u8]| {
                            progress(Progress::Entry(index, entry));
                            seen += 1;
                            if (index + 1).is_multiple_of(4096) {
                                progress(Progress::Entries(std::mem::take(&mut seen)));
                            }
                        });
                        progress(Progress::Entries(seen));
                        block
                    })
                })
                .collect();
            workers.into_iter().map(thread::ScopedJoinHandle::join).collect()
        });
        for block in blocks {
            let block = block.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            if !take(files, checkpoint, block, &mut proven, &mut report)? {
                return Ok(report);
            }
            if report.findings.is_empty() && proven.size() < checkpoint.size {
                progress(Progress::Proven(&proven));
            }
        }
    }
    conclude(&proven, checkpoint, &mut report);
    if report.findings.is_empty() {
        progress(Progress::Proven(&proven.resumable()));
    }
    Ok(report)
}

/// As [`audit_files`], and looks at every other file of the directory too, see [`audit_leftovers`].
///
/// # Errors
/// [`LedgerError::Io`] when a file or folder cannot be read.
pub fn audit_directory(
    directory: &Directory,
    checkpoint: &Checkpoint,
    visit: impl FnMut(u64, &[u8]),
) -> Result<LogReport, LedgerError> {
    let mut report = audit_files(directory, checkpoint, visit)?;
    audit_leftovers(directory, checkpoint, &mut report)?;
    Ok(report)
}

/// Proves from the tiles that the log of one checkpoint grew into that of another, with no entry changed.
///
/// # Errors
/// [`LedgerError::SizesReversed`], [`LedgerError::Inconsistent`]; those of the tiles.
pub fn verify_growth(files: &impl PublicFiles, old: &Checkpoint, new: &Checkpoint) -> Result<(), LedgerError> {
    let proof = consistency_proof(old.size, new.size, &mut TileReader::new(files, new.size))?;
    verify_consistency(old.size, &old.root, new.size, &new.root, &proof)
}

/// Takes a block over and compares the tiles above it; false where the rest cannot be judged.
fn take(
    files: &impl PublicFiles,
    checkpoint: &Checkpoint,
    block: Block,
    proven: &mut Proven,
    report: &mut LogReport,
) -> Result<bool, LedgerError> {
    let Block { tiles, report: of_block } = block;
    report.add(of_block);
    let Some(tiles) = tiles else { return Ok(false) };
    proven.take(tiles, checkpoint.size, |id, hashes| block::compare_tile(files, id, hashes, report))?;
    Ok(true)
}

fn conclude(proven: &Proven, checkpoint: &Checkpoint, report: &mut LogReport) {
    let root = proven.root();
    report.root = Some(root);
    if root != checkpoint.root {
        report.find(LedgerError::RootDiffers { size: checkpoint.size });
    }
}
