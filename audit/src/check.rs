//! The steps of checking a log or a receipt, in the words that the report of a seal uses too.

use std::fmt::Write as _;

use ledger::LedgerError;
use seals::{StepOutcome, Verdict};
use serde::Serialize;

use crate::text::{Style, mark, pad, printable};

/// One step and what came of it.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    /// Its stable name.
    #[serde(rename = "step")]
    pub(crate) name: &'static str,
    /// What came of it.
    pub(crate) outcome: StepOutcome,
    /// The stable code of what was found, where something was.
    pub(crate) code: Option<&'static str>,
    /// The data of the finding, in English.
    pub(crate) detail: Option<String>,
}

impl Step {
    /// The step was carried out and holds.
    pub(crate) fn pass(name: &'static str) -> Self {
        Self { name, outcome: StepOutcome::Pass, code: None, detail: None }
    }

    /// The step was carried out and does not hold.
    pub(crate) fn fail(name: &'static str, finding: &LedgerError) -> Self {
        Self { name, outcome: StepOutcome::Fail, code: Some(finding.code()), detail: Some(finding.to_string()) }
    }

    /// Something was found that is no finding of the ledger's own.
    pub(crate) fn found(name: &'static str, outcome: StepOutcome, code: &'static str, detail: &impl ToString) -> Self {
        Self { name, outcome, code: Some(code), detail: Some(detail.to_string()) }
    }

    /// The step could not be decided with what was given.
    pub(crate) fn undecided(name: &'static str, code: &'static str) -> Self {
        Self { name, outcome: StepOutcome::Indeterminate, code: Some(code), detail: None }
    }
}

/// Any failing step makes INVALID, otherwise any undecided one INDETERMINATE, otherwise VALID.
pub(crate) fn verdict(steps: &[Step]) -> Verdict {
    let has = |outcome| steps.iter().any(|step| step.outcome == outcome);
    if has(StepOutcome::Fail) {
        Verdict::Invalid
    } else if has(StepOutcome::Indeterminate) {
        Verdict::Indeterminate
    } else {
        Verdict::Valid
    }
}

/// Codes of everything that keeps the steps from being VALID, failures first.
pub(crate) fn reasons(steps: &[Step]) -> Vec<&'static str> {
    let of = |outcome| steps.iter().filter(move |step| step.outcome == outcome).filter_map(|step| step.code);
    of(StepOutcome::Fail).chain(of(StepOutcome::Indeterminate)).collect()
}

/// The steps as a table: mark, Chinese and English name, and under it what was found.
pub(crate) fn table(steps: &[Step], style: Style) -> String {
    let mut out = String::new();
    for step in steps {
        let label = pad(label(step.name), LABEL_COLUMNS);
        let line = format!("  {} {label}  {:<10}  {}", mark(step.outcome, style), step.name, step.code.unwrap_or(""));
        let _ = writeln!(out, "{}", line.trim_end());
        if let Some(detail) = &step.detail {
            let _ = writeln!(out, "      {}", style.quiet(&printable(detail)));
        }
    }
    out
}

/// The Chinese name of a step.
fn label(step: &str) -> &'static str {
    LABELS.iter().find(|(name, _)| *name == step).map_or("", |(_, label)| label)
}

/// Columns of the widest label below; a Chinese character has two.
const LABEL_COLUMNS: usize = 10;
const LABELS: [(&str, &str); 14] = [
    ("format", "格式"),
    ("checkpoint", "检查点"),
    ("signature", "检查点签名"),
    ("witnesses", "见证"),
    ("inclusion", "包含证明"),
    ("entries", "条目"),
    ("tiles", "瓦片"),
    ("files", "其他文件"),
    ("root", "树根"),
    ("companion", "国密副账"),
    ("shard", "分册"),
    ("first", "第一份"),
    ("second", "第二份"),
    ("contradict", "互相矛盾"),
];
