//! What a command hands back: a verdict for the exit status, a report for the reader.

use std::io;
use std::process::ExitCode;

use seals::Verdict;
use serde::Serialize;

use crate::cli;

/// The end of a command that could judge.
pub(crate) struct Answer {
    /// Decides the exit status; `None` where some of many documents could not be read and none is invalid.
    pub(crate) verdict: Option<Verdict>,
    /// For standard output: JSON or text, ready to print.
    pub(crate) report: String,
    /// For standard error: why the answer could not be firmer, where that is no part of the report.
    pub(crate) warnings: String,
}

impl Answer {
    /// The exit status of the verdict.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.verdict {
            Some(Verdict::Valid) => 0,
            Some(Verdict::Invalid) => 1,
            Some(Verdict::Indeterminate) => 2,
            None => cli::UNREADABLE,
        })
    }
}

/// A report as one line of JSON. The reports are plain structs of strings and numbers, so that nothing can fail here; if it ever does, the
/// output is no JSON at all rather than half a report.
pub(crate) fn json(report: &impl Serialize) -> String {
    serde_json::to_string(report).map_or_else(|error| format!("{error}\n"), |json| json + "\n")
}

/// A reader that went away (`| head`) changes nothing about the verdict; any other failure to write is one.
///
/// # Errors
/// As given.
pub(crate) fn unless_nobody_reads(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}
