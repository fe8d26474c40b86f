//! `tongbiao-audit equivocation`: whether a log signed two histories, from its own two notes and its key alone.

use std::path::{Path, PathBuf};

use ledger::LedgerError;
use ledger::checkpoint::Checkpoint;
use ledger::note::NOTE_BYTES_MAX;
use seals::Verdict;
use serde::Serialize;

use crate::answer::{self, Answer};
use crate::check::{self, Step};
use crate::error::AuditError;
use crate::keys::{TrustArguments, Trusted};
use crate::read;
use crate::text::{self, Style};

const EXAMPLES: &str = "\
例 / Examples:
  tongbiao-audit equivocation a.note b.note --vkey ledger.vkey
      两份检查点由同一账本签名、大小相同而树根不同，则有效：账本自相矛盾
      VALID when the log signed both, of one size and with different roots: it contradicts itself";

/// What `equivocation` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// 一份检查点 / one checkpoint
    #[arg(value_name = "NOTE")]
    first: PathBuf,
    /// 另一份检查点 / another one
    #[arg(value_name = "NOTE")]
    second: PathBuf,
    #[command(flatten)]
    trusted: TrustArguments,
    /// 输出 JSON / print the report as JSON
    #[arg(long)]
    json: bool,
}

/// What became of the evidence. Serialises to the JSON of `--json`.
#[derive(Debug, Serialize)]
struct Report {
    verdict: Verdict,
    origin: Option<String>,
    size: Option<u64>,
    steps: Vec<Step>,
}

/// Reads, judges, and writes the report.
///
/// # Errors
/// When a note or the key file cannot be read.
pub(crate) fn run(arguments: &Arguments, style: Style) -> Result<Answer, AuditError> {
    let trusted = Trusted::load(&arguments.trusted)?;
    let (first, mut steps) = signed("first", &arguments.first, &trusted)?;
    let (second, more) = signed("second", &arguments.second, &trusted)?;
    steps.extend(more);
    steps.push(contradict(first.as_ref(), second.as_ref()));
    let verdict = check::verdict(&steps);
    let (origin, size) = first.map(|first| (first.origin, first.size)).unzip();
    let report = Report { verdict, origin, size, steps };
    let report = if arguments.json { answer::json(&report) } else { report.write(style) };
    Ok(Answer { verdict: Some(verdict), report, warnings: String::new() })
}

/// A checkpoint, where the note is signed by whom the reader believes; the step says whether it is.
fn signed(name: &'static str, path: &Path, trusted: &Trusted) -> Result<(Option<Checkpoint>, Vec<Step>), AuditError> {
    let note = read::file(path, read::bytes(NOTE_BYTES_MAX))?;
    let believed = trusted.believe(&note);
    let worst = believed.steps.into_iter().find(|step| step.code.is_some());
    let step = worst.map_or_else(|| Step::pass(name), |step| Step { name, ..step });
    Ok((believed.checkpoint, vec![step]))
}

/// The same size of the same log, and another root.
fn contradict(first: Option<&Checkpoint>, second: Option<&Checkpoint>) -> Step {
    const NAME: &str = "contradict";
    let (Some(first), Some(second)) = (first, second) else { return Step::undecided(NAME, "audit.not_judged") };
    if first.origin != second.origin {
        let (expected, got) = (first.origin.clone(), second.origin.clone());
        return Step::fail(NAME, &LedgerError::OriginDiffers { expected, got });
    }
    match (first.size == second.size, first.root == second.root) {
        (true, false) => Step::pass(NAME),
        (true, true) => Step { outcome: seals::StepOutcome::Fail, ..Step::undecided(NAME, "audit.no_contradiction") },
        (false, _) => Step::undecided(NAME, "audit.sizes_differ"),
    }
}

impl Report {
    /// The report for a person.
    fn write(&self, style: Style) -> String {
        let reasons = check::reasons(&self.steps);
        let valid =
            ("账本为同一大小签了两个树根：证据成立", "the log signed two roots for one size: the evidence holds");
        let (chinese, english) = text::sentence(self.verdict, valid, &reasons);
        let name = self.origin.as_deref().unwrap_or("");
        let mut out = text::headline(self.verdict, name, (&chinese, &english), style);
        out.push_str("\n步骤 / Steps\n");
        out.push_str(&check::table(&self.steps, style));
        out.push_str(&text::advice(reasons.into_iter(), style));
        out
    }
}
