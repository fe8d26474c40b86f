//! 分册 What the first and the last entry of the log say of those before and behind it, and whether the one before is that.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ledger::LedgerError;
use ledger::checkpoint::Checkpoint;
use ledger::companion::{SignedCheckpoint, origin_of};
use ledger::merkle::{inclusion_proof, leaf_hash, root_from_inclusion};
use ledger::note::{NOTE_BYTES_MAX, VerifierKey};
use ledger::tile::{BUNDLE_BYTES_MAX, PublicFiles as _, TILE_WIDTH, TileId, TileReader, entries_of_bundle};
use seals::StepOutcome;
use standards::entry::{Digest, Entry, Predecessor, VerifiedCheckpoint};
use standards::shard::{self, End, ShardFault};

use super::report::Report;
use crate::check::Step;
use crate::error::AuditError;
use crate::keys::Trusted;
use crate::source::Source;

const STEP: &str = "shard";
/// Entries at a wrong place that are kept.
const FAULTS_MAX: usize = 100;

/// What is wrong with the shards.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Shard(#[from] ShardFault),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Fault {
    fn code(&self) -> &'static str {
        match self {
            Self::Shard(fault) => fault.code(),
            Self::Ledger(finding) => finding.code(),
        }
    }
}

/// The place of a log among the shards of its ledger, while it is checked.
pub(super) struct Shards<'log> {
    source: &'log Source,
    log: &'log Checkpoint,
    misplaced: Mutex<Vec<(u64, ShardFault)>>,
}

impl<'log> Shards<'log> {
    /// The check of a log under this checkpoint.
    pub(super) fn of(source: &'log Source, log: &'log Checkpoint) -> Self {
        Self { source, log, misplaced: Mutex::default() }
    }

    /// Looks at an entry of the log, from any thread.
    pub(super) fn see(&self, index: u64, entry: &[u8]) {
        // Canonical JSON ends with the type: most entries need not be parsed.
        if !entry.ends_with(b",\"type\":\"closing\"}") && !entry.ends_with(b",\"type\":\"predecessor\"}") {
            return;
        }
        let Ok(entry) = Entry::parse(entry) else { return };
        let mut misplaced = self.misplaced();
        match shard::must_be_in_place(&entry, index, self.log.size) {
            Err(fault) if misplaced.len() < FAULTS_MAX => misplaced.push((index, fault)),
            Err(_) | Ok(()) => {}
        }
    }

    fn misplaced(&self) -> MutexGuard<'_, Vec<(u64, ShardFault)>> {
        self.misplaced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what became of it; nothing where the log is a ledger by itself.
    ///
    /// # Errors
    /// [`AuditError`] when a file cannot be read.
    pub(super) fn conclude(
        self,
        previous: Option<&Source>,
        trusted: &Trusted,
        report: &mut Report,
    ) -> Result<(), AuditError> {
        let judged = self.judge(previous, trusted.log_keys(), report);
        let misplaced = std::mem::take(&mut *self.misplaced());
        let step = match (judged, misplaced.first()) {
            (Err(Fault::Ledger(LedgerError::Io { path, kind, .. })), _) => {
                return Err(previous.unwrap_or(self.source).failure(&path, kind));
            }
            (Err(fault), _) => {
                report.find_in_shards(None, fault.code(), &fault);
                Some(Step::found(STEP, StepOutcome::Fail, fault.code(), &fault))
            }
            (Ok(_), Some((_, fault))) => Some(Step::found(STEP, StepOutcome::Fail, fault.code(), fault)),
            (Ok(step), None) => step,
        };
        for (index, fault) in misplaced {
            report.find_in_shards(Some(index), fault.code(), &fault);
        }
        report.steps.extend(step);
        Ok(())
    }

    fn judge(
        &self,
        previous: Option<&Source>,
        keys: &[VerifierKey],
        report: &mut Report,
    ) -> Result<Option<Step>, Fault> {
        let Some(last) = self.log.size.checked_sub(1) else { return Ok(None) };
        let (first, last) = match (entry_of(self.source, self.log, 0), entry_of(self.source, self.log, last)) {
            (Ok(first), Ok(last)) => (first, last),
            (Err(fault @ LedgerError::Io { .. }), _) | (_, Err(fault @ LedgerError::Io { .. })) => {
                return Err(fault.into());
            }
            // The other steps tell of damage; what was proven before need not be there any more.
            _ => return Ok(previous.map(|_| Step::undecided(STEP, "audit.not_judged"))),
        };
        let (closing, predecessor) = (shard::closing(&last), shard::predecessor(&first));
        report.goes_on_in(closing.as_ref().map(|closing| closing.next.to_string()));
        if let Some(previous) = previous {
            self.must_follow(previous, &first, keys)?;
        }
        let mut said = Vec::new();
        let mut are_signatures_judged = true;
        if let Some(predecessor) = &predecessor {
            are_signatures_judged = signatures_hold(predecessor, keys)?;
            let seen = if previous.is_some() { "compared" } else { "not compared: name it with --previous" };
            let (origin, size, entries) = (&predecessor.origin, predecessor.checkpoint.size, predecessor.entries);
            said.push(format!("goes on from {origin} of {size} entries ({seen}); numbers begin at {entries}"));
        }
        said.extend(closing.map(|closing| format!("closed; the ledger goes on in {}", closing.next)));
        if said.is_empty() {
            return Ok(None);
        }
        if !are_signatures_judged {
            said.push("name its keys too in --vkey to have its signatures judged".to_owned());
            return Ok(Some(Step::found(STEP, StepOutcome::Hint, "audit.no_vkey", &said.join("; "))));
        }
        Ok(Some(Step { detail: Some(said.join("; ")), ..Step::pass(STEP) }))
    }

    /// The shard before this one must lead here, and this one must begin with its last checkpoint.
    fn must_follow(&self, previous: &Source, first: &[u8], keys: &[VerifierKey]) -> Result<(), Fault> {
        let missing = || LedgerError::FileMissing { path: "checkpoint".to_owned() };
        let note = previous.read("checkpoint", NOTE_BYTES_MAX)?.ok_or_else(missing)?;
        let end = Checkpoint::from_unverified_note(&note)?;
        if keys.iter().any(|key| key.name() == end.origin) {
            Checkpoint::from_note(&note, keys)?;
        }
        let not_closed = || ShardFault::NotClosed { origin: end.origin.clone() };
        let last = entry_of(previous, &end, end.size.checked_sub(1).ok_or_else(not_closed)?)?;
        shard::must_lead_to(&last, &end.origin, &self.log.origin)?;
        let ahead = shard::predecessor(&entry_of(previous, &end, 0)?).map_or(0, |before| before.entries);
        let checkpoint = VerifiedCheckpoint { size: end.size, root: Digest(end.root) };
        let end = End { entries: ahead + end.size, origin: end.origin, checkpoint };
        Ok(shard::must_follow(first, &self.log.origin, Some(&end))?)
    }
}

/// An entry of a log, proven against its checkpoint.
fn entry_of(source: &Source, log: &Checkpoint, index: u64) -> Result<Vec<u8>, LedgerError> {
    let width = u64::from(TILE_WIDTH);
    let id = TileId::at_size(0, index / width, log.size);
    let path = id.ok_or(LedgerError::IndexBeyondSize { index, size: log.size })?.bundle_path();
    let bundle =
        source.read(&path, BUNDLE_BYTES_MAX)?.ok_or_else(|| LedgerError::FileMissing { path: path.clone() })?;
    let place = usize::try_from(index % width).unwrap_or(usize::MAX);
    let entry = entries_of_bundle(&bundle).nth(place).and_then(Result::ok).map(<[u8]>::to_vec);
    let entry = entry.ok_or(LedgerError::BundleCutShort { path, index })?;
    let proof = inclusion_proof(index, log.size, &mut TileReader::new(source, log.size))?;
    let root = root_from_inclusion(leaf_hash(&entry), index, log.size, &proof)?;
    if root == log.root { Ok(entry) } else { Err(LedgerError::NotIncluded { index }) }
}

/// Whether the signatures that a first entry repeats were judged, which needs keys of that log; wrong ones are a fault.
fn signatures_hold(predecessor: &Predecessor, keys: &[VerifierKey]) -> Result<bool, LedgerError> {
    let (origin, size) = (predecessor.origin.to_string(), predecessor.checkpoint.size);
    let of_it: Vec<VerifierKey> = keys.iter().filter(|key| key.name() == origin).cloned().collect();
    if of_it.is_empty() {
        return Ok(false);
    }
    let text = Checkpoint { origin: origin.clone(), size, root: predecessor.checkpoint.root.0 }.to_text();
    let lines = predecessor.signatures.iter().map(|signature| format!("— {origin} {signature}\n"));
    Checkpoint::from_note(format!("{text}\n{}", lines.collect::<String>()).as_bytes(), &of_it)?;
    let companions: Vec<VerifierKey> = of_it.iter().filter_map(VerifierKey::of_companion).collect();
    if let Some(companion) = predecessor.companion.as_ref().filter(|_| !companions.is_empty()) {
        let checkpoint = Checkpoint { origin: origin_of(&origin), size, root: companion.root.0 };
        let signed = SignedCheckpoint { checkpoint, signature: companion.signature.to_string() };
        Checkpoint::from_note(signed.to_note().as_bytes(), &companions)?;
    }
    Ok(true)
}
