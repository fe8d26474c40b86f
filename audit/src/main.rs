//! The auditors' tool: judges seals, receipts and whole logs on what it is given alone, offline.

mod answer;
mod check;
mod cli;
mod equivocation;
mod error;
mod keys;
mod log;
mod monitor;
mod read;
mod receipt;
mod seal;
mod source;
mod text;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::answer::Answer;
use crate::cli::{Cli, Command};
use crate::error::AuditError;
use crate::text::Style;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => return cli::refuse(&usage),
    };
    // Whole seconds: the report's time of judging can be given back to `--at` as it stands.
    let now = jiff::Timestamp::now();
    let now = now.round(jiff::Unit::Second).unwrap_or(now);
    let style = Style::of(&std::io::stdout());
    let answer = match &cli.command {
        Command::Seal(arguments) => seal::run(arguments, now, style),
        Command::Log(arguments) => log::run(arguments, style),
        Command::Receipt(arguments) => receipt::run(arguments, style),
        Command::Monitor(arguments) => monitor::run(arguments, jiff::Timestamp::now, style),
        Command::Equivocation(arguments) => equivocation::run(arguments, style),
    };
    match answer.and_then(|answer| tell(&answer).map(|()| answer)) {
        Ok(answer) => answer.exit_code(),
        Err(error) => {
            let style = Style::of(&std::io::stderr());
            let _ = std::io::stderr().lock().write_all(error.describe(style).as_bytes());
            ExitCode::from(cli::UNREADABLE)
        }
    }
}

fn tell(answer: &Answer) -> Result<(), AuditError> {
    let _ = std::io::stderr().lock().write_all(answer.warnings.as_bytes());
    let written = std::io::stdout().lock().write_all(answer.report.as_bytes());
    written.or_else(answer::unless_nobody_reads).map_err(|source| AuditError::Output { source })
}
