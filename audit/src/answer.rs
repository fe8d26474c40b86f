//! What a command hands back: a verdict for the exit status, a report for the reader.

use std::process::ExitCode;

use seals::Verdict;
use serde::Serialize;

/// The end of a command that could judge.
pub(crate) struct Answer {
    /// Decides the exit status.
    pub(crate) verdict: Verdict,
    /// For standard output: JSON or text, ready to print.
    pub(crate) report: String,
    /// For standard error: why the answer could not be firmer, where that is no part of the report.
    pub(crate) warnings: String,
}

impl Answer {
    /// The exit status of the verdict.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.verdict {
            Verdict::Valid => 0,
            Verdict::Invalid => 1,
            Verdict::Indeterminate => 2,
        })
    }
}

/// A report as one line of JSON. The reports are plain structs of strings and numbers, so that nothing can fail here; if it ever does, the
/// output is no JSON at all rather than half a report.
pub(crate) fn json(report: &impl Serialize) -> String {
    serde_json::to_string(report).map_or_else(|error| format!("{error}\n"), |json| json + "\n")
}
