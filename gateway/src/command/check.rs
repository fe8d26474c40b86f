//! `tongbiao check --config FILE`.

use std::path::PathBuf;

use gateway::Known;
use gateway::config::Config;

use super::{Faults, serve};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Everything but the ledger itself is read, because a running gateway holds that.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Faults> {
    let config = Config::load(&arguments.config).map_err(serve::lines)?;
    Known::load(&config, jiff::Timestamp::now()).map_err(serve::lines)?;
    println!("{}: 配置正确 good", arguments.config.display());
    Ok(())
}
