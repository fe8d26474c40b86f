//! `tongbiao witness`: makes the key of a witness, and runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use certs::signing::{Ed25519Signer, write_secret_file};
use gateway::config::ConfigFault;
use gateway::server::{Server, TlsFault, open_acceptor};
use gateway::witness::config::WitnessConfig;
use gateway::witness::service::router;
use ledger::witness::Cosigner;

use super::file::{self, Existing};
use super::{CommandError, Failure, Faults, serve};

const INIT_EXAMPLES: &str = "\
例 / Examples:
  tongbiao witness init witness --name witness.tj.example
      生成密钥和配置；把 witness/witness.vkey 交给账本和审计人员
      makes key and configuration; hand witness/witness.vkey to the logs and to auditors";

const SERVE_EXAMPLES: &str = "\
例 / Examples:
  tongbiao witness serve --config witness/witness.toml
      POST /add-checkpoint                 见证一个检查点 / witness a checkpoint (C2SP tlog-witness)
      GET  /<SHA-256 of origin>/checkpoint 最近见证的检查点 / the newest checkpoint that was witnessed
      GET  /health                         见证过的各账本的大小 / the size of each log that was witnessed";

/// What the sample says where `init` writes something else.
const SAMPLE_NAME: &str = "name = \"witness.example\"";

/// What can be done with a witness.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// 生成见证方的密钥和配置 / make the key and the configuration of a witness
    #[command(after_help = INIT_EXAMPLES)]
    Init(Init),
    /// 运行见证方，直到收到停止信号 / serve until SIGTERM
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Serve),
}

/// What `init` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// 目标目录：不存在或为空，私钥从不覆盖 / where to: must not exist or be empty, keys are never overwritten
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// 见证方名称，用域名形式，不含空格和加号 / name of the witness, like a domain's
    #[arg(long, value_name = "NAME")]
    name: String,
}

/// What `serve` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// 配置文件，各项说明见 config/witness.toml / the configuration; config/witness.toml explains every key
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Command {
    pub(super) fn run(&self) -> Result<String, Failure> {
        match self {
            Command::Init(arguments) => Ok(arguments.run()?),
            Command::Serve(arguments) => Ok(arguments.run().map(|()| String::new())?),
        }
    }
}

impl Init {
    fn run(&self) -> Result<String, CommandError> {
        let pem = Ed25519Signer::generate_pem()?;
        let cosigner = Cosigner::new(&self.name, Ed25519Signer::from_pem(&pem)?)?;
        let made = |source| CommandError::CannotCreate { path: self.folder.clone(), source };
        fs::create_dir_all(&self.folder).map_err(made)?;
        if fs::read_dir(&self.folder).map_err(made)?.next().is_some() {
            return Err(CommandError::Exists { path: self.folder.clone() });
        }
        let path = |name| self.folder.join(name);
        write_secret_file(&path("witness.key"), &pem)?;
        let line = cosigner.key().to_line();
        file::write(&path("witness.vkey"), format!("{line}\n").as_bytes(), Existing::Keep)?;
        file::write(&path("logs.vkey"), b"", Existing::Keep)?;
        let sample = include_str!("../../config/witness.toml");
        let config = sample.replacen(SAMPLE_NAME, &format!("name = {}", toml::Value::from(self.name.as_str())), 1);
        file::write(&path("witness.toml"), config.as_bytes(), Existing::Keep)?;
        Ok(self.report(&line))
    }

    fn report(&self, line: &str) -> String {
        let path = |name: &str| self.folder.join(Path::new(name)).display().to_string();
        format!(
            "✓ 已生成见证方的密钥和配置 / made key and configuration of a witness: {}\n  \
             {}  私钥，只有您能读（0600）/ private, readable by you alone\n  \
             {}  公钥，交给账本和审计人员 / public, for logs and auditors\n    {line}\n  \
             {}  所见证账本的公钥，每行一把，请填写 / the keys of the logs, one a line: fill it in\n  \
             {}  配置，另需 TLS 证书 / the configuration; it needs a TLS certificate besides\n",
            self.folder.display(),
            path("witness.key"),
            path("witness.vkey"),
            path("logs.vkey"),
            path("witness.toml"),
        )
    }
}

impl Serve {
    fn run(&self) -> Result<(), Faults> {
        let config = WitnessConfig::load(&self.config).map_err(serve::lines)?;
        serve::start_logging(config.log_format);
        let witness = Arc::new(config.open().map_err(serve::lines)?);
        let tls = open_acceptor(&config.certificate, &config.server_key).map_err(|fault| {
            let key = if matches!(fault, TlsFault::Certificate) { "server.certificate" } else { "server.key" };
            serve::lines([ConfigFault::Unusable { key, finding: fault.to_string() }])
        })?;
        let runtime = tokio::runtime::Runtime::new().map_err(|error| vec![format!("no runtime: {error}")])?;
        runtime.block_on(async {
            let failed = |error: std::io::Error| vec![format!("{}: {error}", config.listen)];
            let stop = serve::stopped().map_err(failed)?;
            let server = Server::bind(config.listen, config.limits.clone()).await.map_err(failed)?;
            let address = server.local_address().map_err(failed)?;
            tracing::info!(%address, witness = config.name, logs = witness.logs().count(), "listening");
            let router = router(witness, Arc::new(jiff::Timestamp::now), &config.limits);
            server.run(tls, router, stop).await;
            Ok(())
        })
    }
}
