//! The command line: `tongbiao serve`, `check`, `pki` and `seal`.

mod command;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// 同标 Tongbiao: the signing gateway between the governments of Beijing, Tianjin and Hebei.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the exchange and the clerk's page until SIGTERM.
    Serve(command::serve::Arguments),
    /// Report everything that is wrong with a configuration and what it names.
    Check(command::check::Arguments),
    /// Make and change the keys and certificates of a development hierarchy.
    Pki(command::pki::Arguments),
    /// Make a sealed OFD licence from its facts.
    Seal(command::seal::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Serve(arguments) => command::serve::run(&arguments),
        Command::Check(arguments) => command::check::run(&arguments),
        Command::Pki(arguments) => command::pki::run(&arguments),
        Command::Seal(arguments) => command::seal::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(faults) => {
            for fault in faults {
                eprintln!("tongbiao: {fault}");
            }
            ExitCode::FAILURE
        }
    }
}
