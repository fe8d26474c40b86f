//! 国密副账 The companion of the log under SM3: its tree is derived again from the same entries, and each of its checkpoints that
//! the log recorded must be what that tree was then.

use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ledger::LedgerError;
use ledger::audit::{LogReport, Progress, Proven, audit_from, audit_leftovers};
use ledger::checkpoint::Checkpoint;
use ledger::companion::{CompanionFiles, FOLDER, SignedCheckpoint, origin_of, verify_each};
use ledger::merkle::{TreeHash, root};
use ledger::note::{NOTE_BYTES_MAX, VerifierKey};
use ledger::tile::{PublicFiles as _, TileReader};
use seals::StepOutcome;
use standards::entry::{self, Entry};

use super::resume::State;
use super::{bar_of, report::Report};
use crate::check::Step;
use crate::error::AuditError;
use crate::source::Source;

const STEP: &str = "companion";
/// Findings about recorded checkpoints that are kept.
const FINDINGS_MAX: usize = 100;
/// Recorded checkpoints that are judged together: their signatures side by side; near each other, they need the same tiles.
const JUDGED_AT_ONCE: usize = 256;

/// The companion's checkpoint, as it was found.
pub(crate) struct Found {
    note: Option<Vec<u8>>,
}

impl Found {
    /// Reads the checkpoint: before that of the log, which is then never behind it.
    ///
    /// # Errors
    /// [`AuditError`] when it cannot be read.
    pub(crate) fn look(source: &Source) -> Result<Self, AuditError> {
        match source.read(&format!("{FOLDER}/checkpoint"), NOTE_BYTES_MAX) {
            Ok(note) => Ok(Self { note }),
            Err(LedgerError::Io { path, kind, .. }) => Err(source.failure(&path, kind)),
            // A checkpoint that is too long is none, and the step says so.
            Err(_) => Ok(Self { note: Some(Vec::new()) }),
        }
    }

    /// The check of the companion of a log under this checkpoint, believed by these of its keys.
    pub(super) fn of<'log>(self, source: &'log Source, log: &'log Checkpoint, keys: &[VerifierKey]) -> Companion<'log> {
        let keys: Vec<VerifierKey> = keys.iter().filter_map(VerifierKey::of_companion).collect();
        let believe = |note: &[u8]| believe(note, &log.origin, &keys);
        let checkpoint = self.note.map(|note| believe(&note));
        Companion { source, log, keys, checkpoint, recorded: Mutex::default() }
    }
}

/// What a note of the companion says, judged by its keys where there are any.
fn believe(note: &[u8], log: &str, keys: &[VerifierKey]) -> Result<Checkpoint, LedgerError> {
    let checkpoint = match keys {
        [] => Checkpoint::from_unverified_note(note)?,
        keys => Checkpoint::from_note(note, keys)?,
    };
    let expected = origin_of(log);
    if checkpoint.origin != expected {
        return Err(LedgerError::OriginDiffers { expected, got: checkpoint.origin });
    }
    Ok(checkpoint)
}

/// The companion of a log, while it is checked.
pub(super) struct Companion<'log> {
    source: &'log Source,
    log: &'log Checkpoint,
    keys: Vec<VerifierKey>,
    checkpoint: Option<Result<Checkpoint, LedgerError>>,
    recorded: Mutex<Recorded>,
}

/// What the log's entries say of its companion.
#[derive(Default)]
struct Recorded {
    count: u64,
    /// To be judged.
    waiting: Vec<(u64, SignedCheckpoint)>,
    /// The newest that is believed.
    newest: Option<Checkpoint>,
    findings: Vec<(u64, LedgerError)>,
    /// What could not be read, and why.
    unread: Option<(PathBuf, ErrorKind)>,
}

impl Recorded {
    fn find(&mut self, index: u64, finding: LedgerError) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push((index, finding));
        }
    }
}

impl Companion<'_> {
    fn files(&self) -> CompanionFiles<'_, Source> {
        CompanionFiles::new(self.source, self.log.size)
    }

    /// Looks at an entry of the log, from any thread.
    pub(super) fn see(&self, index: u64, entry: &[u8]) {
        // Canonical JSON ends with the type: most entries need not be parsed.
        if !entry.ends_with(b",\"type\":\"companion\"}") {
            return;
        }
        let Ok(Entry::Companion(entry)) = Entry::parse(entry) else { return };
        let entry::Companion { time: _, origin, checkpoint, signature } = entry;
        let checkpoint = Checkpoint { origin: origin.to_string(), size: checkpoint.size, root: checkpoint.root.0 };
        let signed = SignedCheckpoint { checkpoint, signature: signature.to_string() };
        let mut recorded = self.recorded();
        recorded.count += 1;
        recorded.waiting.push((index, signed));
        if recorded.waiting.len() >= JUDGED_AT_ONCE {
            let waiting = std::mem::take(&mut recorded.waiting);
            drop(recorded);
            self.judge(waiting);
        }
    }

    /// Judges recorded checkpoints: signed, of this companion, of no more entries than there were, and of its tree.
    fn judge(&self, waiting: Vec<(u64, SignedCheckpoint)>) {
        let (indexes, signed): (Vec<u64>, Vec<SignedCheckpoint>) = waiting.into_iter().unzip();
        let origin = origin_of(&self.log.origin);
        let believed = match &self.keys[..] {
            // Nobody could judge the signatures, which the step says.
            [] => signed.iter().map(|_| Ok(())).collect(),
            keys => verify_each(keys, &origin, &signed),
        };
        let believed = believed.into_iter().zip(&indexes).zip(&signed).map(|((believed, index), signed)| {
            let Checkpoint { origin: got, size, root: _ } = &signed.checkpoint;
            believed?;
            if *got != origin {
                return Err(LedgerError::OriginDiffers { expected: origin.clone(), got: got.clone() });
            }
            // It would cover itself, or what came later.
            if size > index { Err(LedgerError::IndexBeyondSize { index: *size, size: *index }) } else { Ok(()) }
        });
        let believed: Vec<_> = believed.collect();
        let files = self.files();
        let newest = self.checkpoint.as_ref().and_then(|it| it.as_ref().ok()).map_or(0, |newest| newest.size);
        let mut reader = TileReader::new(&files, newest);
        for ((index, SignedCheckpoint { checkpoint, .. }), believed) in indexes.into_iter().zip(signed).zip(believed) {
            let size = checkpoint.size;
            let derived = believed.and_then(|()| match size {
                // Recorded after the companion was looked at: its tiles were there before.
                size if size > newest => root(size, &mut TileReader::new(&files, size)),
                size => root(size, &mut reader),
            });
            let mut recorded = self.recorded();
            match derived {
                Ok(derived) if derived == checkpoint.root => {
                    recorded.newest = recorded.newest.take().filter(|it| it.size >= size).or(Some(checkpoint));
                }
                Ok(_) => recorded.find(index, LedgerError::RootDiffers { size }),
                // Without a companion nothing can be compared.
                Err(LedgerError::FileMissing { .. }) if self.checkpoint.is_none() => {}
                Err(LedgerError::Io { path, kind, .. }) => recorded.unread = Some((path, kind)),
                Err(finding) => recorded.find(index, finding),
            }
        }
    }

    /// Derives the companion's tree from the entries, and tells what became of it; nothing where the log has no companion.
    ///
    /// # Errors
    /// [`AuditError`] when a file cannot be read, or what was proven cannot be kept.
    pub(super) fn conclude(
        self,
        state: Option<&Path>,
        threads: NonZeroUsize,
        report: &mut Report,
    ) -> Result<(), AuditError> {
        let waiting = std::mem::take(&mut self.recorded().waiting);
        self.judge(waiting);
        if let Some((path, kind)) = self.recorded().unread.take() {
            return Err(self.source.failure(&path, kind));
        }
        let Some(checkpoint) = self.newest(report) else { return Ok(()) };
        let checkpoint = &checkpoint;
        let files = self.files();
        let state = State::open(state, TreeHash::Sm3, &checkpoint.origin)?;
        let proven = state.proven_in(checkpoint);
        let bar = bar_of("核国密副账", checkpoint.size, proven.as_ref().map_or(0, Proven::size));
        let told = |progress: Progress<'_>| match progress {
            Progress::Entries(more) => bar.inc(more),
            Progress::Entry(..) => {}
            Progress::Proven(proven) => state.keep(proven),
        };
        let derived = proven.and_then(|proven| audit_from(&files, checkpoint, proven, threads, &told));
        let derived = derived.and_then(|mut derived| {
            if let Source::Folder(directory) = self.source {
                audit_leftovers(&directory.folder(FOLDER), checkpoint, &mut derived)?;
            }
            Ok(derived)
        });
        bar.finish_and_clear();
        let derived = match derived {
            Err(LedgerError::Io { path, kind, .. }) => return Err(self.source.failure(&path, kind)),
            Err(finding) => LogReport { findings: vec![finding], ..LogReport::default() },
            Ok(derived) => derived,
        };
        state.close()?;
        self.tell(checkpoint, &derived, report);
        Ok(())
    }

    /// The newest checkpoint whose tree can be derived, as the companion's file or as an entry has it; without one, the step says why.
    fn newest(&self, report: &mut Report) -> Option<Checkpoint> {
        let recorded = self.recorded();
        let hint = |finding: &LedgerError| Step { outcome: StepOutcome::Hint, ..Step::fail(STEP, finding) };
        let without = match &self.checkpoint {
            None if recorded.count == 0 => return None,
            // Whoever copied the log need not have copied its companion.
            None => hint(&LedgerError::FileMissing { path: format!("{FOLDER}/checkpoint") }),
            // Where no entry tells of a companion, it may be a server's way of saying that there is no such file.
            Some(Err(finding)) if recorded.count == 0 => hint(finding),
            Some(Err(finding)) => Step::fail(STEP, finding),
            Some(Ok(checkpoint)) => {
                // Copied while the log grew, it may be ahead of the log at hand; what is recorded of it is not.
                let readable = Some(checkpoint.clone()).filter(|checkpoint| checkpoint.size <= self.log.size);
                let newest = readable.into_iter().chain(recorded.newest.clone()).max_by_key(|it| it.size);
                if newest.is_some() {
                    return newest;
                }
                Step::undecided(STEP, "audit.not_judged")
            }
        };
        let found = recorded.findings.first();
        report.steps.push(found.map_or(without, |(_, finding)| Step::fail(STEP, finding)));
        recorded.findings.iter().for_each(|(index, finding)| report.find_in_companion(Some(*index), finding));
        None
    }

    fn tell(&self, checkpoint: &Checkpoint, derived: &LogReport, report: &mut Report) {
        let recorded = self.recorded();
        let untidy = |finding: &LedgerError| matches!(finding, LedgerError::FileUnexpected { .. });
        let wrong = derived.findings.iter().filter(|finding| !untidy(finding));
        let first = wrong.chain(recorded.findings.iter().map(|(_, finding)| finding)).next();
        report.steps.push(match first {
            Some(finding) => Step::fail(STEP, finding),
            None if derived.root.is_none() => Step::undecided(STEP, "audit.not_judged"),
            // The tree is right; that its key signed it nobody could judge.
            None if self.keys.is_empty() => {
                let detail = "its root holds; name the log's SM2 key in --vkey to have its signature judged".to_owned();
                Step { outcome: StepOutcome::Hint, detail: Some(detail), ..Step::undecided(STEP, "audit.no_vkey") }
            }
            None => {
                let detail = format!("{} entries under SM3, {} recorded checkpoints", checkpoint.size, recorded.count);
                Step { detail: Some(detail), ..Step::pass(STEP) }
            }
        });
        derived.findings.iter().for_each(|finding| report.find_in_companion(None, finding));
        recorded.findings.iter().for_each(|(index, finding)| report.find_in_companion(Some(*index), finding));
    }

    fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file that keeps how far the check of the companion is, beside that of the log.
pub(crate) fn beside(state: &Path) -> PathBuf {
    let mut path = state.as_os_str().to_owned();
    path.push(".sm3");
    path.into()
}
