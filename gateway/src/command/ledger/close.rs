//! `tongbiao ledger close`: ends a shard, and says how the ledger goes on.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gateway::config::{ClosedConfig, Config};
use gateway::shards::closing::{Closed, close};
use jiff::Timestamp;
use standards::entry::Label;

use crate::command::{Failure, line, serve};

const EXAMPLES: &str = "\
例（网关须已停机） / Example (of a gateway that is stopped):
  tongbiao ledger close --config gateway.toml --next tongbiao.example/jjj/2027
      记入结册条目，写出公钥，并给出下一册的配置；中断后再运行一次即可
      records the closing, writes the keys, and says how to go on; after an interruption, run it again

条目序号接着数，旧的序号、回执和证据照旧可查；结册以后不再需要该册的私钥。
Numbers of entries run on; old numbers, receipts and evidence are found as before, and the private keys of the closed log are not
needed any more.";

/// What `close` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Close {
    /// 网关的配置文件；网关须已停止 / the configuration of the gateway, which must be stopped
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// 下一册账本的名称，不可与以前的相同 / the name of the next log; none of the earlier ones
    #[arg(long, value_name = "ORIGIN")]
    next: String,
}

impl Close {
    pub(super) fn run(&self) -> Result<String, Failure> {
        let config = Config::load(&self.config).map_err(serve::lines)?;
        let next: Label = self.next.parse().map_err(|error| vec![line(&error, "entry.label")])?;
        let clock: gateway::Clock = Arc::new(Timestamp::now);
        let closed = close(&config, &next, &clock).map_err(serve::lines)?;
        Ok(report(&config, self.config.parent().unwrap_or(Path::new("")), &next, &closed))
    }
}

/// What was done, and what to write into the configuration: its relative paths start at its `folder`.
fn report(config: &Config, folder: &Path, next: &Label, closed: &Closed) -> String {
    let path = |path: &Path| quoted(&path.strip_prefix(folder).unwrap_or(path).display().to_string());
    let Closed { checkpoint, entries, companion, witnessed, vkey, next_keys } = closed;
    let mut out = format!("✓ 已结册 / closed: {}，{} 条 entries\n", checkpoint.origin, checkpoint.size);
    if *companion {
        out.push_str("✓ 国密副账已覆盖全部条目 / the companion covers every entry\n");
    }
    match witnessed {
        None => {}
        Some(true) => out.push_str("✓ 已有足够见证方签名 / enough witnesses signed the last checkpoint\n"),
        Some(false) => out.push_str(
            "! 见证方签名尚不足；请稍后再运行一次 / too few witnesses signed the last checkpoint yet: run this again later\n",
        ),
    }
    let _ = writeln!(out, "✓ 验证公钥 / verifier keys: {}\n", vkey.display());
    let _ = writeln!(
        out,
        "请在配置中改写 [ledger] 如下，其余各项不变，再启动网关；第一条将是第 {entries} 号。\n\
         Change [ledger] in the configuration as follows, leave the rest, and start the gateway; its first entry will be number \
         {entries}.\n"
    );
    let _ = writeln!(out, "[ledger]\norigin = {}", quoted(next.as_str()));
    for (name, now) in [("public", &config.ledger.public), ("state", &config.ledger.state)] {
        let _ = writeln!(out, "{name} = {}", path(&beside(now, &config.ledger.origin, next.as_str())));
    }
    let last = ClosedConfig {
        public: config.ledger.public.clone(),
        state: config.ledger.state.clone(),
        vkey: closed.vkey.clone(),
    };
    for ClosedConfig { public, state, vkey } in config.ledger.closed.iter().chain([&last]) {
        out.push_str("\n[[ledger.closed]]\n");
        for (name, it) in [("public", public), ("state", state), ("vkey", vkey)] {
            let _ = writeln!(out, "{name} = {}", path(it));
        }
    }
    out.push_str(
        "\n下一册有自己的名称。沿用现有密钥时，请把以下公钥交给审计方、见证方和镜像方；旧册的公钥继续有效。\n\
         The next log has a name of its own. Signed with the same keys it has these verifier keys, for auditors, witnesses and mirrors; \
         those of the closed one stay good for it.\n\n",
    );
    for key in next_keys {
        let _ = writeln!(out, "{}", key.to_line());
    }
    out
}

/// A folder beside that of the log `origin`, named after what the next origin ends in: `ledger`, `ledger-2027`, `ledger-2028`.
fn beside(folder: &Path, origin: &str, next: &str) -> PathBuf {
    let is_plain = |it: &char| it.is_ascii_alphanumeric() || "-_.".contains(*it);
    let end =
        |origin: &str| -> String { origin.rsplit('/').next().unwrap_or_default().chars().filter(is_plain).collect() };
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(&format!("-{}", end(origin))).unwrap_or(&name);
    folder.with_file_name(format!("{name}-{}", end(next)))
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
