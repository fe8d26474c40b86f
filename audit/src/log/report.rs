//! The report of a log: its steps, what was found where, and how that is told.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ledger::LedgerError;
use ledger::audit::LogReport;
use ledger::checkpoint::Checkpoint;
use ledger::companion::FOLDER;
use seals::{StepOutcome, Verdict};
use serde::Serialize;

use crate::check::{self, Step};
use crate::error::AuditError;
use crate::keys::Trusted;
use crate::source::Source;
use crate::text::{self, Style, printable};

/// Findings that the text report spells out; all that were kept are in the JSON.
const FINDINGS_TOLD: usize = 10;

/// What became of a log. Serialises to the JSON of `--json`.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    verdict: Verdict,
    /// The folder or address as given.
    log: String,
    /// The log's name, from the checkpoint.
    origin: Option<String>,
    /// Entries of the checkpoint.
    size: Option<u64>,
    /// Root of the checkpoint, base64.
    root: Option<String>,
    /// Root derived from the entries, base64.
    derived_root: Option<String>,
    /// Entries that were proven before this check and not read again.
    proven_before: u64,
    /// Entries whose hash is right.
    entries: u64,
    /// Tiles compared.
    tiles: u64,
    /// Files published for a checkpoint that is still to come; not judged.
    files_ahead: u64,
    /// The log in which the ledger goes on, where this one is closed.
    next: Option<String>,
    pub(super) steps: Vec<Step>,
    findings: Vec<Finding>,
}

/// One thing that is wrong, and where.
#[derive(Debug, Serialize)]
struct Finding {
    code: &'static str,
    /// The entry's index, where it is about one.
    entry: Option<u64>,
    detail: String,
}

impl From<&LedgerError> for Finding {
    fn from(finding: &LedgerError) -> Self {
        let entry = match finding {
            LedgerError::EntryDiffers { index, .. } | LedgerError::BundleCutShort { index, .. } => Some(*index),
            _ => None,
        };
        Self { code: finding.code(), entry, detail: finding.to_string() }
    }
}

/// The steps after the checkpoint's own two, each with the part of the log that it is about.
const STEPS: [(&str, Part); 4] =
    [("entries", Part::Entries), ("tiles", Part::Tiles), ("files", Part::Files), ("root", Part::Root)];

/// What a finding is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Entries and their bundles.
    Entries,
    /// Tiles of hashes.
    Tiles,
    /// Files that are no part of a log: untidy, never wrong.
    Files,
    /// The root over everything.
    Root,
}

impl Part {
    fn of(finding: &LedgerError) -> Self {
        match finding {
            LedgerError::EntryDiffers { .. }
            | LedgerError::BundleCutShort { .. }
            | LedgerError::BundleSurplus { .. } => Self::Entries,
            LedgerError::FileMissing { path }
            | LedgerError::FileTooLong { path, .. }
            | LedgerError::PartialDiffers { path }
                if path.starts_with("tile/entries/") =>
            {
                Self::Entries
            }
            LedgerError::FileUnexpected { .. } => Self::Files,
            LedgerError::RootDiffers { .. } | LedgerError::Inconsistent { .. } | LedgerError::RolledBack { .. } => {
                Self::Root
            }
            _ => Self::Tiles,
        }
    }
}

impl Report {
    /// An empty report about a log.
    pub(crate) fn of(log: String) -> Self {
        Self {
            verdict: Verdict::Indeterminate,
            log,
            origin: None,
            size: None,
            root: None,
            derived_root: None,
            proven_before: 0,
            entries: 0,
            tiles: 0,
            files_ahead: 0,
            next: None,
            steps: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Takes over what was derived under a checkpoint, behind so many entries that were proven before.
    ///
    /// # Errors
    /// [`AuditError`] when a file of the log could not be read: then nothing is judged.
    pub(super) fn fill(
        &mut self,
        checkpoint: &Checkpoint,
        proven_before: u64,
        derived: Result<LogReport, LedgerError>,
        source: &Source,
    ) -> Result<(), AuditError> {
        self.origin = Some(checkpoint.origin.clone());
        self.size = Some(checkpoint.size);
        self.root = Some(BASE64.encode(checkpoint.root));
        let derived = match derived {
            Ok(derived) => derived,
            Err(LedgerError::Io { path, kind, .. }) => return Err(source.failure(&path, kind)),
            Err(finding) => LogReport { findings: vec![finding], ..LogReport::default() },
        };
        self.proven_before = proven_before;
        self.derived_root = derived.root.map(|root| BASE64.encode(root));
        (self.entries, self.tiles, self.files_ahead) = (derived.entries, derived.tiles, derived.files_ahead);
        for (step, part) in STEPS {
            let first = derived.findings.iter().find(|finding| Part::of(finding) == part);
            self.steps.push(match first {
                Some(finding) if part == Part::Files => {
                    Step { outcome: StepOutcome::Hint, ..Step::fail(step, finding) }
                }
                Some(finding) => Step::fail(step, finding),
                None if part == Part::Root && derived.root.is_none() => Step::undecided(step, "audit.not_judged"),
                None => Step::pass(step),
            });
        }
        self.findings = derived.findings.iter().map(Finding::from).collect();
        Ok(())
    }

    /// Adds something that is wrong with the companion, or with what an entry says of it.
    pub(super) fn find_in_companion(&mut self, entry: Option<u64>, finding: &LedgerError) {
        let found = Finding::from(finding);
        self.findings.push(Finding { entry: entry.or(found.entry), detail: format!("{FOLDER}: {finding}"), ..found });
    }

    /// Adds something that is wrong with the order of shards.
    pub(super) fn find_in_shards(&mut self, entry: Option<u64>, code: &'static str, detail: &impl ToString) {
        self.findings.push(Finding { code, entry, detail: detail.to_string() });
    }

    /// The log is closed where it names another in which the ledger goes on.
    pub(super) fn goes_on_in(&mut self, next: Option<String>) {
        self.next = next;
    }

    /// The log in which the ledger goes on, where this one is closed.
    pub(crate) fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// The first thing that is wrong: its code, and what was found.
    pub(crate) fn first_failure(&self) -> Option<(&'static str, String)> {
        let failed = self.steps.iter().find(|step| step.outcome == StepOutcome::Fail)?;
        Some((failed.code.unwrap_or_default(), failed.detail.clone().unwrap_or_default()))
    }

    /// The checkpoint could not be read as one.
    pub(super) fn no_checkpoint(&mut self, trusted: &Trusted, finding: &LedgerError) {
        self.steps = trusted.no_checkpoint(finding);
        self.not_judged();
    }

    /// Without a checkpoint there is nothing to compare with.
    pub(super) fn not_judged(&mut self) {
        self.steps.extend(STEPS.map(|(step, _)| Step::undecided(step, "audit.not_judged")));
    }

    /// Derives the verdict from the steps.
    pub(super) fn conclude(&mut self) -> Verdict {
        self.verdict = check::verdict(&self.steps);
        self.verdict
    }

    /// The report for a person.
    pub(super) fn write(&self, style: Style) -> String {
        let reasons = check::reasons(&self.steps);
        let valid = ("账本完整，没有一个字节被改动", "the log is whole, and not one byte was changed");
        let (chinese, english) = text::sentence(self.verdict, valid, &reasons);
        let mut out = text::headline(self.verdict, &self.log, (&chinese, &english), style);
        out.push('\n');
        if let (Some(origin), Some(size), Some(root)) = (&self.origin, self.size, &self.root) {
            let _ = writeln!(out, "  账本 log      {}", printable(origin));
            let _ = writeln!(out, "  条目 entries  {size}");
            if self.proven_before > 0 {
                let _ = writeln!(out, "  此前已核 proven before  {}", self.proven_before);
            }
            let _ = writeln!(out, "  树根 root     {root}");
        }
        if let Some(derived) = self.derived_root.as_ref().filter(|derived| Some(*derived) != self.root.as_ref()) {
            let _ = writeln!(out, "  算得 derived  {derived}");
        }
        let _ = writeln!(out, "\n步骤 / Steps");
        out.push_str(&check::table(&self.steps, style));
        if !self.findings.is_empty() {
            let _ = writeln!(out, "\n发现 / Findings");
        }
        for finding in self.findings.iter().take(FINDINGS_TOLD) {
            let place = finding.entry.map_or(String::new(), |index| format!("第 {index} 号条目 entry {index}: "));
            let _ = writeln!(out, "  {place}{}  [{}]", printable(&finding.detail), finding.code);
        }
        if let Some(more) = self.findings.len().checked_sub(FINDINGS_TOLD).filter(|more| *more > 0) {
            let _ = writeln!(out, "  另有 {more} 处，见 --json / {more} more in --json");
        }
        if self.files_ahead > 0 {
            let ahead = self.files_ahead;
            let _ = writeln!(
                out,
                "\n  {ahead} 个文件在检查点之后，未核对 / {ahead} files beyond the checkpoint, not checked"
            );
        }
        out.push_str(&text::advice(reasons.into_iter(), style));
        out
    }
}
