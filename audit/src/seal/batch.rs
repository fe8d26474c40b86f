//! Many documents: verified side by side, told in the order of their names, and counted.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};
use seals::{Verdict, VerificationReport};
use serde::Serialize;

use super::documents::{Documents, Found};
use super::totals::Totals;
use super::{Form, Judge};
use crate::answer;
use crate::error::AuditError;
use crate::text::{self, Style, printable};

/// Documents that are judged before the first of them is told, for each thread: enough that no thread waits long for the slowest, and few
/// enough that the reports in memory stay few.
const ROUND_PER_JOB: usize = 64;

/// Verifies every document under `paths` and writes a line for each to `out`, as JSON or as text; the totals are for the caller to tell.
/// Memory does not grow with the number of documents.
///
/// # Errors
/// [`AuditError::NoDocument`] where there is none, [`AuditError::Output`] when `out` takes no more.
pub(super) fn run(
    judge: &Judge<'_>,
    paths: &[PathBuf],
    jobs: NonZeroUsize,
    form: Form,
    out: &mut impl Write,
) -> Result<Totals, AuditError> {
    let progress = progress(paths);
    let mut totals = Totals::default();
    let mut found = Documents::under(paths);
    loop {
        let round: Vec<Found> = found.by_ref().take(jobs.get() * ROUND_PER_JOB).collect();
        if round.is_empty() {
            break;
        }
        for told in judge_all(judge, &round, jobs, form, &progress) {
            totals.count(&told);
            // The bar stands below the lines, not between them.
            let written = progress.suspend(|| out.write_all(told.line.as_bytes()));
            written.or_else(answer::unless_nobody_reads).map_err(|source| AuditError::Output { source })?;
        }
    }
    progress.finish_and_clear();
    if totals.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(AuditError::NoDocument { name: names.join(", ") });
    }
    Ok(totals)
}

/// A bar where standard error is a terminal. Counting the names first costs far less than judging one document in a thousand.
fn progress(paths: &[PathBuf]) -> ProgressBar {
    let bar = ProgressBar::no_length();
    if !bar.is_hidden() {
        let documents = Documents::under(paths).filter(|found| matches!(found, Found::Document(_))).count();
        bar.set_length(u64::try_from(documents).unwrap_or(u64::MAX));
    }
    if let Ok(style) = ProgressStyle::with_template("验章 {wide_bar} {human_pos}/{human_len} 份 {per_sec} {eta}") {
        bar.set_style(style);
    }
    bar
}

/// What is said of one path.
pub(super) struct Told {
    pub(super) outcome: Outcome,
    line: String,
}

/// How it went with one path.
pub(super) enum Outcome {
    /// It was judged: the verdict, and what keeps it from being VALID.
    Judged(Verdict, Vec<&'static str>),
    /// It could not be read.
    Unreadable(&'static str),
    /// It is no document, and was not opened.
    Passed,
}

/// All of a round, side by side, in the order of the round.
fn judge_all(judge: &Judge<'_>, round: &[Found], jobs: NonZeroUsize, form: Form, progress: &ProgressBar) -> Vec<Told> {
    let next = AtomicUsize::new(0);
    let slots: Vec<OnceLock<Told>> = round.iter().map(|_| OnceLock::new()).collect();
    thread::scope(|scope| {
        for _ in 0..jobs.get().min(round.len()) {
            scope.spawn(|| {
                while let Some((found, slot)) = {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    round.get(place).zip(slots.get(place))
                } {
                    let told = tell(judge, found, form);
                    progress.inc(u64::from(!matches!(told.outcome, Outcome::Passed)));
                    let _ = slot.set(told);
                }
            });
        }
    });
    slots.into_iter().filter_map(OnceLock::into_inner).collect()
}

fn tell(judge: &Judge<'_>, found: &Found, form: Form) -> Told {
    match found {
        Found::Passed => Told { outcome: Outcome::Passed, line: String::new() },
        Found::Unreadable(error) => unreadable(error, form),
        Found::Document(path) => match judge.document(path) {
            Ok(report) => judged(path, &report, form),
            Err(error) => unreadable(&error, form),
        },
    }
}

fn judged(path: &Path, report: &VerificationReport, form: Form) -> Told {
    let reasons = report.reasons();
    let line = match form {
        Form::Json => answer::json(report),
        Form::Text(style) => {
            let name = printable(&path.display().to_string());
            let why = reasons.first().map_or(String::new(), |code| format!("  {}  [{code}]", text::finding(code).0));
            format!("{}  {name}{}\n", text::verdict(report.verdict(), style), style.quiet(&why))
        }
    };
    Told { outcome: Outcome::Judged(report.verdict(), reasons), line }
}

fn unreadable(error: &AuditError, form: Form) -> Told {
    /// Stands where a report would: a program that reads the lines misses none.
    #[derive(Serialize)]
    struct Line<'a> {
        file: &'a str,
        error: &'static str,
        detail: String,
    }

    let code = error.code();
    let line = match form {
        Form::Json => answer::json(&Line { file: error.name(), error: code, detail: error.to_string() }),
        Form::Text(style) => {
            format!("{}  {}  {}  [{code}]\n", unread(style), printable(&error.to_string()), text::finding(code).0)
        }
    };
    Told { outcome: Outcome::Unreadable(code), line }
}

/// Where a verdict would stand.
pub(super) fn unread(style: Style) -> String {
    style.quiet("- 未判断 not judged")
}
