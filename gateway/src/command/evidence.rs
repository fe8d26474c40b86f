//! `tongbiao evidence`: what is kept beside the entries of a ledger is checked, handed out or erased.

use std::fmt::Write as _;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use gateway::config::Config;
use gateway::evidence::erasure::{self, Due, Ground};
use gateway::evidence::export::export;
use gateway::evidence::review::{Kept, RecordFault, review};
use gateway::open_ledger;
use gateway::pipeline::beijing_day;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::shards::Shards;
use standards::entry::Label;
use standards::item::Catalogue;
use standards::retention::Retention;

use super::file::{self, Existing};
use super::{CommandError, Failure, Faults, line, serve};

/// Faults that are told one by one; more are counted.
const FAULTS_TOLD_MAX: usize = 100;

const VERIFY_EXAMPLES: &str = "\
例 / Examples:
  tongbiao evidence verify --config gateway.toml
      逐条打开证据，复算条目中的承诺值；有一条不对，退出状态即为 1
      opens every record and recomputes the commitments of its entry; exit status 1 when one is wrong";

const EXPORT_EXAMPLES: &str = "\
例 / Examples:
  tongbiao evidence export 1024 court-1024 --config gateway.toml
      解密第 1024 号条目的报文、文书、报告和盐，写入新文件夹（0700），README.txt 说明怎样复算承诺值
      decrypts message, document, report and salt of entry 1024 into a new folder; its README.txt says how commitments are recomputed";

const ERASE_EXAMPLES: &str = "\
例 / Examples:
  tongbiao evidence erase --due --dry-run --config gateway.toml
      列出今天已过保存期限的证据，什么也不改 / lists what is due today and changes nothing
  tongbiao evidence erase --due --as-of 2026-12-31 --config gateway.toml
      销毁到该日为止到期的证据 / erases what is due as of that day
  tongbiao evidence erase 1024 --reason order-2026-17 --config gateway.toml
      依决定销毁一条；原因永久公开，不要写个人信息 / erases one under an order; the reason stays public, so nothing personal

销毁的是密钥：其余密钥改用新的包装密钥，旧的销毁，然后在账本里记一条销毁条目。条目、证明、回执照旧有效。
The key is destroyed: the others are wrapped by a new key, the old one is destroyed, and an entry of the ledger says so. Entries,
proofs and receipts hold as before. 备份中的旧包装密钥须另行销毁 / wrapping keys in backups must be destroyed as well.";

/// What can be done with evidence. The gateway must be stopped: two processes never share a ledger.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// 核对：逐条解密证据，复算条目中的承诺值 / open every record and recompute what its entry commits to
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(Verify),
    /// 导出：把一条证据解密到新文件夹，供法院等复核 / decrypt the evidence of one entry into a new folder
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(Export),
    /// 销毁：销毁到期的或指定条目的证据，并记入账本 / erase what is due, or the evidence of some entries, and record it
    #[command(after_help = ERASE_EXAMPLES)]
    Erase(Erase),
}

/// Which ledger.
#[derive(Debug, clap::Args)]
struct Ledger {
    /// 网关的配置文件；网关须已停止 / the configuration of the gateway, which must be stopped
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// What `verify` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    ledger: Ledger,
}

/// What `export` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// 条目序号 / index of the entry
    #[arg(value_name = "INDEX")]
    index: u64,
    /// 目标文件夹，须不存在 / where to; must not exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    ledger: Ledger,
}

/// What `erase` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Erase {
    /// 条目序号 / indexes of entries
    #[arg(value_name = "INDEX", required_unless_present = "due", conflicts_with = "due")]
    indexes: Vec<u64>,
    /// 原因，如决定书文号，永久公开 / why, such as the number of an order; public for ever
    #[arg(long, value_name = "REASON", required_unless_present = "due", conflicts_with = "due")]
    reason: Option<String>,
    /// 销毁已过保存期限的全部证据 / everything that is due
    #[arg(long)]
    due: bool,
    /// 截至哪一天到期，默认今天 / due as of which day, today unless said
    #[arg(long, value_name = "DAY", requires = "due")]
    as_of: Option<Date>,
    /// 只列出，不销毁 / list only
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    ledger: Ledger,
}

impl Command {
    pub(super) fn run(&self, now: Timestamp) -> Result<String, Failure> {
        match self {
            Command::Verify(arguments) => arguments.run(),
            Command::Export(arguments) => arguments.run(),
            Command::Erase(arguments) => arguments.run(now),
        }
    }
}

impl Ledger {
    fn open(&self) -> Result<Shards, Faults> {
        let config = Config::load(&self.config).map_err(serve::lines)?;
        let clock: gateway::Clock = Arc::new(Timestamp::now);
        let ledger = open_ledger(&config, &clock).map_err(serve::lines)?;
        ledger.settle().map_err(CommandError::from).map_err(|error| vec![line(&error, error.code())])?;
        Ok(ledger)
    }
}

fn progress(ledger: &Shards) -> ProgressBar {
    let bar = ProgressBar::new(ledger.size());
    if let Ok(style) = ProgressStyle::with_template("核对 {wide_bar} {human_pos}/{human_len} 条 {per_sec} {eta}") {
        bar.set_style(style);
    }
    bar
}

fn refused(index: u64, fault: &RecordFault) -> Faults {
    vec![line(&format!("{index}: {fault}"), fault.code())]
}

impl Verify {
    fn run(&self) -> Result<String, Failure> {
        let ledger = self.ledger.open()?;
        let (mut present, mut erased, mut without, mut wrong) = (0_u64, 0_u64, 0_u64, 0_u64);
        let (mut faults, bar) = (Faults::new(), progress(&ledger));
        for index in 0..ledger.size() {
            match review(&ledger, index) {
                Ok(Kept::Present) => present += 1,
                Ok(Kept::Erased) => erased += 1,
                Ok(Kept::None) => without += 1,
                Err(fault) => {
                    wrong += 1;
                    if faults.len() < FAULTS_TOLD_MAX {
                        faults.extend(refused(index, &fault));
                    }
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        let mark = if wrong == 0 { "✓" } else { "✗" };
        let report = format!(
            "{mark} {} 条 entries：证据完好 present {present}，已销毁 erased {erased}，本无证据 without {without}，有问题 wrong {wrong}\n",
            ledger.size()
        );
        if faults.is_empty() {
            return Ok(report);
        }
        print!("{report}");
        Err(faults.into())
    }
}

impl Export {
    fn run(&self) -> Result<String, Failure> {
        let ledger = self.ledger.open()?;
        let files = export(&ledger, self.index).map_err(|fault| refused(self.index, &fault))?;
        if self.folder.exists() {
            return Err(CommandError::Exists { path: self.folder.clone() }.into());
        }
        let made = DirBuilder::new().mode(0o700).create(&self.folder);
        made.map_err(|source| CommandError::CannotCreate { path: self.folder.clone(), source })?;
        let mut report = format!("✓ 第 {} 号条目的证据 / evidence of entry {}\n", self.index, self.index);
        for (name, bytes) in files {
            let path = self.folder.join(name);
            file::write(&path, &bytes, Existing::Keep)?;
            let _ = writeln!(report, "  {}  {} B", path.display(), bytes.len());
        }
        Ok(report)
    }
}

impl Erase {
    fn run(&self, now: Timestamp) -> Result<String, Failure> {
        let today = beijing_day(now);
        let as_of = self.as_of.unwrap_or(today);
        if as_of > today {
            return Err(vec![line(&as_of, "record.as_of_future")].into());
        }
        let order = self.reason.as_deref().map(ground_of_order).transpose()?;
        let ledger = self.ledger.open()?;
        let (chosen, mut report) = match order {
            Some(ground) => (self.indexes.iter().map(|index| (*index, ground.clone())).collect(), String::new()),
            None => due(&ledger, as_of)?,
        };
        if self.dry_run {
            let _ = writeln!(
                report,
                "将销毁 {} 条；什么也没有改 / {} would be erased; nothing was changed",
                chosen.len(),
                chosen.len()
            );
            return Ok(report);
        }
        erasure::erase(&ledger, &chosen).map_err(CommandError::from)?;
        let count = chosen.len();
        let _ = writeln!(report, "✓ 已销毁并记入账本 {count} 条 / {count} erased and recorded");
        if count > 0 {
            report.push_str("  备份中旧的 state/evidence/wrapping.key 须一并销毁 / destroy the old wrapping keys in backups as well\n");
        }
        Ok(report)
    }
}

fn ground_of_order(reason: &str) -> Result<Ground, Faults> {
    let label = |text: &str| text.parse::<Label>().map_err(|error| vec![line(&error, "record.reason")]);
    Ok(Ground { rule: label("order")?, reason: label(reason)? })
}

/// What is due, and a line about each.
fn due(ledger: &Shards, as_of: Date) -> Result<(Vec<(u64, Ground)>, String), Failure> {
    let embedded = |fault: standards::DataError| Failure::from(vec![line(&fault, fault.code())]);
    let (retention, catalogue) = (Retention::embedded().map_err(embedded)?, Catalogue::embedded().map_err(embedded)?);
    let bar = progress(ledger);
    let found = erasure::due(ledger, as_of, &retention, &catalogue, || bar.inc(1)).map_err(CommandError::from)?;
    bar.finish_and_clear();
    let mut report = format!("截至 {as_of} 到期 {} 条 / {} due as of {as_of}\n", found.len(), found.len());
    for Due { index, item, decided, since, rule } in &found {
        let _ = writeln!(report, "  {index}  {item}  判定于 decided {decided}，{since} 起到期 due  {rule}");
    }
    let period_over = ground_of_order("period_over")?.reason;
    let ground = |due: Due| (due.index, Ground { rule: due.rule, reason: period_over.clone() });
    Ok((found.into_iter().map(ground).collect(), report))
}
