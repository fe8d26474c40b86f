//! The command line of the gateway: reads what is asked, has it done, and ends with an exit status.

mod command;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use jiff::Timestamp;

use crate::command::Cli;

/// The C library keeps an arena a thread and what was freed in it: a server with millions of entries grows for ever.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => return command::refuse(&usage),
    };
    let now = Timestamp::now();
    // Whole seconds, never rounded up: what is made now must not be from the future when it is read at once.
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    match cli.command.run(now) {
        Ok(report) => {
            // A reader that went away (`| head`) does not undo what was done.
            let _ = std::io::stdout().lock().write_all(report.as_bytes());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let _ = std::io::stderr().lock().write_all(failure.text.as_bytes());
            ExitCode::from(failure.exit_status)
        }
    }
}
