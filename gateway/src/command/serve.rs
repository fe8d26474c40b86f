//! `tongbiao serve --config FILE`.

use std::fs;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;

use gateway::config::{Config, ConfigFault, LogFormat};
use gateway::exchange::router;
use gateway::server::Server;
use gateway::{Gateway, companion, witness};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::{Faults, line};

/// The system's name for the time since it was switched on (Linux).
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// 配置文件，各项说明见 config/sample.toml / the configuration; config/sample.toml explains every key
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Faults> {
    let config = Config::load(&arguments.config).map_err(lines)?;
    start_logging(config.log_format);
    certs::sm2::engine::configure(config.sm2.engine, config.sm2.table_bytes);
    // Where the system does not say, every start counts as one after a power cut.
    let boot =
        fs::read_to_string(BOOT_ID).map_or_else(|_| jiff::Timestamp::now().to_string(), |id| id.trim().to_owned());
    let gateway = Gateway::open(config, Arc::new(jiff::Timestamp::now), &boot).map_err(lines)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| vec![format!("no runtime: {error}")])?;
    runtime.block_on(serve(&gateway))
}

async fn serve(gateway: &Gateway) -> Result<(), Faults> {
    let failed = |error: std::io::Error| vec![format!("{}: {error}", gateway.config().server.listen)];
    let config = gateway.config();
    let stop = stopped().map_err(failed)?;
    let server = Server::bind(config.server.listen, config.limits.clone()).await.map_err(failed)?;
    let address = server.local_address().map_err(failed)?;
    tracing::info!(%address, origin = config.ledger.origin, entries = gateway.log().size(), "listening");
    tokio::select! {
        () = server.run(gateway.tls(), router(gateway), stop) => {}
        () = witness::keep(gateway) => {}
        () = companion::keep(gateway) => {}
    }
    companion::finish(gateway).await;
    Ok(())
}

/// Done when the process is asked to stop.
pub(super) fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        tracing::info!("stopping");
    })
}

pub(super) fn start_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // Colours are for people: a file that keeps the lines should hold text alone.
    let coloured = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(coloured).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}

pub(super) fn lines(faults: impl IntoIterator<Item = ConfigFault>) -> Faults {
    faults.into_iter().map(|fault| line(&fault, fault.code())).collect()
}
