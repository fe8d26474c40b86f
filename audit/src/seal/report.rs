//! The report of a seal verification as text, for the clerk at the window and the engineer behind it.

use std::fmt::Write as _;

use seals::{Finding, Kind, SignatureReport, StepOutcome, StepReport, Verdict, VerificationReport};

use super::facts;
use crate::text::{self, Style, mark, pad, printable};

/// Columns of the widest Chinese name of a step.
const LABEL_COLUMNS: usize = 18;
/// Columns of the widest label above the steps.
const HEADING_COLUMNS: usize = 18;
/// What is found of a step where nothing could be read.
const NOT_READ: &str = "format.not_read";
/// Columns of the longest step name.
const NAME_COLUMNS: usize = 17;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// For a window: the verdict in a sentence, and what to do.
    Brief,
    /// For an engineer: also every step, and the facts that it rests on.
    Full,
}

/// The report in three layers: the verdict in a sentence and what to do; each signature's steps; the facts that they rest on.
pub(super) fn write(report: &VerificationReport, detail: Detail, style: Style) -> String {
    let (name, sentence) = (report.file().unwrap_or_default(), report.sentence());
    let mut out = text::headline(report.verdict(), name, (&sentence.zh, &sentence.en), style);
    out.push_str(&text::advice(pressing(report).into_iter(), style));
    if detail == Detail::Brief {
        return out;
    }
    for signature in report.signatures() {
        out.push_str(&heading(signature));
        out.push_str(&steps(signature, style));
    }
    out.push_str(&facts::write(report, style));
    out
}

fn steps(signature: &SignatureReport, style: Style) -> String {
    let mut out = String::new();
    let mut told = Vec::new();
    // Where nothing could be read, one line says so of all the steps that follow from it.
    let (unread, judged): (Vec<_>, Vec<_>) = signature.steps.iter().partition(|step| step.code == Some(NOT_READ));
    for step in judged {
        out.push_str(&line(step, style));
        // One cause often keeps many steps from being judged: it is told once.
        let cause = (step.code, step.detail.as_str());
        if !told.contains(&cause) {
            out.push_str(&words(step, style));
            told.push(cause);
        }
    }
    if !unread.is_empty() {
        let (sign, count) = (mark(StepOutcome::Indeterminate, style), unread.len());
        let _ = writeln!(
            out,
            "  {sign} 另有 {count} 步因无法读取而未判定 / {count} steps not judged: nothing could be read  [{NOT_READ}]"
        );
    }
    for note in &signature.notes {
        let (chinese, english) = text::finding(note.code());
        let _ = writeln!(out, "  ! 注 note  {chinese} / {english}  [{}]", note.code());
    }
    out
}

fn heading(signature: &SignatureReport) -> String {
    let kind = match signature.kind {
        Some(Kind::Ses) => "电子签章 seal signature",
        Some(Kind::SignedData) => "数字签名 SignedData",
        Some(Kind::Seal) => "电子印章 seal",
        None => "无法识别 not recognised",
    };
    let version = signature.version.map_or(String::new(), |version| format!(" v{version}"));
    let mut out = format!("\n{}. {kind}{version}\n", signature.index);
    if let Some(seal) = &signature.seal {
        out.push_str(&above("印章 seal", &format!("{} ({})", printable(&seal.name), printable(&seal.id))));
    }
    if let Some(signer) = &signature.signer {
        out.push_str(&above("签章者 signer", &printable(signer)));
    }
    if let Some(signed_at) = signature.signed_at {
        out.push_str(&above("签章时间 signed at", &signed_at.to_string()));
    }
    out
}

fn above(label: &str, text: &str) -> String {
    format!("  {}  {text}\n", pad(label, HEADING_COLUMNS))
}

/// What to act on: the failures where there are any, otherwise what is undecided and what is only worth knowing.
fn pressing(report: &VerificationReport) -> Vec<&'static str> {
    let outcomes: &[StepOutcome] = match report.verdict() {
        Verdict::Invalid => &[StepOutcome::Fail],
        Verdict::Valid | Verdict::Indeterminate => &[StepOutcome::Indeterminate, StepOutcome::Hint],
    };
    let steps = || report.signatures().iter().flat_map(|signature| &signature.steps);
    let of = |outcome| {
        let pressing = steps().filter(move |step| step.outcome == outcome);
        pressing.flat_map(|step| step.findings.iter().map(Finding::code))
    };
    outcomes.iter().flat_map(|outcome| of(*outcome)).collect()
}

/// One step: mark, names, clause and code.
fn line(step: &StepReport, style: Style) -> String {
    let (sign, name) = (mark(step.outcome, style), step.step.name());
    let label = pad(step.step.label(), LABEL_COLUMNS);
    let code = step.code.map_or(String::new(), |code| format!("  [{code}]"));
    format!("  {sign} {label}  {name:<NAME_COLUMNS$}  {}{code}\n", style.quiet(step.clause))
}

/// Everything that was found, in words and with its data; nothing where the step passed.
fn words(step: &StepReport, style: Style) -> String {
    let mut out = String::new();
    for finding in &step.findings {
        let (chinese, english) = text::finding(finding.code());
        let _ = writeln!(out, "      {chinese} / {english}");
        let _ = writeln!(out, "      {}", style.quiet(&printable(&finding.to_string())));
    }
    out
}
