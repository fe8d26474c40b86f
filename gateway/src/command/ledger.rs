//! `tongbiao ledger`: a stopped gateway's ledger, checked, counted, written out anew, closed.

mod close;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use ::ledger::audit::{Directory, Proven, audit_from};
use ::ledger::checkpoint::Checkpoint;
use ::ledger::note::{NOTE_BYTES_MAX, VerifierKey};
use ::ledger::tile::PublicFiles as _;
use ::ledger::{Inspection, LedgerError, Statistics};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use standards::entry::Entry;

use super::{CommandError, Failure, Faults, file, line};

const EXAMPLES: &str = "\
例（网关须已停机） / Examples (of a gateway that is stopped):
  tongbiao ledger verify state --public ledger --vkey ledger.vkey
      逐条重算，核对每个检查点的签名，并与公开文件对照
      derives everything again, checks every signature, and compares with the public files
  tongbiao ledger stats state
      条目、类型、批次、时间、占用空间 / entries, kinds, batches, times, space
  tongbiao ledger export state copy --size 100000
      由私有文件重新写出公开文件，可只到某个大小 / the public files anew, or up to some size
  tongbiao ledger repair-tail state --yes
      截去没有确认过的最后一批（下次启动也会这样做） / cuts a last batch that was never acknowledged, as the next start would
  tongbiao ledger close --config gateway.toml --next tongbiao.example/jjj/2027
      结束这一册，账本在下一册继续 / closes this log; the ledger goes on in another";

/// What can be done with a ledger.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub(crate) enum Command {
    /// 核验：逐条重算私有文件，与公开文件对照 / derive the private files again, and compare the public ones
    Verify(Verify),
    /// 统计：条目、类型、批次、时间、空间 / entries, kinds, batches, times, space
    Stats(Stats),
    /// 导出：重新写出公开文件 / write the public files anew
    Export(Export),
    /// 修尾：截去没有确认过的最后一批 / cut a last batch that was never acknowledged
    RepairTail(RepairTail),
    /// 结册：按年分册，结束这一册 / close this log; the ledger goes on in another, a new one each year
    Close(close::Close),
}

/// What `verify` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// 网关的私有目录 / the gateway's private folder
    #[arg(value_name = "STATE")]
    state: PathBuf,
    /// 公开目录，给出则对照 / the public folder, to be compared
    #[arg(long, value_name = "DIR")]
    public: Option<PathBuf>,
    /// 账本公钥，给出则核对每个检查点的签名 / the ledger's keys: every checkpoint's signature is checked
    #[arg(long, value_name = "FILE")]
    vkey: Option<PathBuf>,
}

/// What `stats` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Stats {
    /// 网关的私有目录 / the gateway's private folder
    #[arg(value_name = "STATE")]
    state: PathBuf,
    /// 输出 JSON / print JSON
    #[arg(long)]
    json: bool,
}

/// What `export` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// 网关的私有目录 / the gateway's private folder
    #[arg(value_name = "STATE")]
    state: PathBuf,
    /// 目标目录：不存在或为空 / where to: must not exist or be empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// 最多多少条，取不超过它的最近一个检查点 / at most so many entries: the newest checkpoint up to there
    #[arg(long, value_name = "N")]
    size: Option<u64>,
}

/// What `repair-tail` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct RepairTail {
    /// 网关的私有目录 / the gateway's private folder
    #[arg(value_name = "STATE")]
    state: PathBuf,
    /// 真的截去，不写则只显示 / cut; without it the tail is only shown
    #[arg(long)]
    yes: bool,
}

impl Command {
    pub(super) fn run(&self) -> Result<String, Failure> {
        match self {
            Command::Verify(arguments) => arguments.run(),
            Command::Stats(arguments) => Ok(arguments.run()?),
            Command::Export(arguments) => Ok(arguments.run()?),
            Command::RepairTail(arguments) => Ok(arguments.run()?),
            Command::Close(arguments) => arguments.run(),
        }
    }
}

impl Verify {
    fn run(&self) -> Result<String, Failure> {
        let keys = match &self.vkey {
            Some(path) => VerifierKey::all_from_text(&file::read_text(path)?).map_err(CommandError::Ledger)?,
            None => Vec::new(),
        };
        let inspection = Inspection::open(&self.state).map_err(CommandError::Ledger)?;
        let bar = bar("核验", inspection.size());
        let statistics = inspection.verify(&keys, |index, _, _| bar.set_position(index + 1));
        bar.finish_and_clear();
        let statistics = statistics.map_err(CommandError::Ledger)?;
        let mut report = format!(
            "✓ 私有文件完整 / the private files hold: {} 条 entries, {} 批 batches, {} 段 segments\n",
            statistics.entries, statistics.batches, statistics.sections
        );
        report.push_str(if keys.is_empty() {
            "  签名未核对，请用 --vkey / signatures were not checked: name --vkey\n"
        } else {
            "✓ 每个检查点的签名成立 / every checkpoint's signature holds\n"
        });
        if let Some(public) = &self.public {
            let compared = compare(public, &inspection).map_err(CommandError::Ledger)?;
            let (size, findings) = compared;
            if !findings.is_empty() {
                return Err(told(&findings).into());
            }
            let _ = writeln!(report, "✓ 公开文件与之一致 / the public files agree: {size} 条 entries");
        }
        report.push_str(&torn(&inspection));
        Ok(report)
    }
}

/// Checks the public files, and that their checkpoint is one of the ledger's own; answers its size, and what is wrong.
fn compare(public: &Path, inspection: &Inspection) -> Result<(u64, Vec<LedgerError>), LedgerError> {
    let files = Directory::new(public);
    let missing = || LedgerError::FileMissing { path: "checkpoint".to_owned() };
    let note = files.read("checkpoint", NOTE_BYTES_MAX)?.ok_or_else(missing)?;
    let checkpoint = Checkpoint::from_unverified_note(&note)?;
    if !inspection.has_checkpoint(&note)? {
        return Ok((checkpoint.size, vec![LedgerError::HeadDiffers { size: checkpoint.size }]));
    }
    let bar = bar("对照", checkpoint.size);
    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let told = |progress: ::ledger::audit::Progress<'_>| {
        if let ::ledger::audit::Progress::Entries(more) = progress {
            bar.inc(more);
        }
    };
    let report = audit_from(&files, &checkpoint, Proven::default(), threads, &told);
    bar.finish_and_clear();
    Ok((checkpoint.size, report?.findings))
}

/// What `stats` counts. Serialises to the JSON of `--json`.
#[derive(Debug, Serialize)]
struct Counted {
    entries: u64,
    entry_bytes: u64,
    batches: u64,
    segments: u32,
    with_evidence: u64,
    first: Option<String>,
    last: Option<String>,
    kinds: BTreeMap<&'static str, u64>,
    bytes: BTreeMap<&'static str, u64>,
}

impl Stats {
    fn run(&self) -> Result<String, CommandError> {
        let inspection = Inspection::open(&self.state)?;
        let bar = bar("统计", inspection.size());
        let mut kinds = BTreeMap::new();
        let statistics = inspection.verify(&[], |index, _, entry| {
            bar.set_position(index + 1);
            *kinds.entry(Entry::parse(entry).map_or("other", |entry| entry.type_name())).or_insert(0) += 1;
        });
        bar.finish_and_clear();
        let Statistics { entries, entry_bytes, batches, sections, with_evidence, times, .. } = statistics?;
        let (first, last) = times.map(|(first, last)| (first.to_string(), last.to_string())).unzip();
        let bytes = ["frames", "evidence", "index"].into_iter().map(|name| (name, bytes_of(&self.state.join(name))));
        let counted = Counted {
            entries,
            entry_bytes,
            batches,
            segments: sections,
            with_evidence,
            first,
            last,
            kinds,
            bytes: bytes.collect(),
        };
        if self.json {
            return Ok(serde_json::to_string(&counted).unwrap_or_default() + "\n");
        }
        Ok(counted.report() + &torn(&inspection))
    }
}

impl Counted {
    fn report(&self) -> String {
        let mut out = format!(
            "条目 entries       {}（{} 字节 bytes）\n批次 batches       {}\n段   segments      {}\n证据 with evidence {}\n",
            self.entries, self.entry_bytes, self.batches, self.segments, self.with_evidence
        );
        if let (Some(first), Some(last)) = (&self.first, &self.last) {
            let _ = writeln!(out, "时间 times         {first} – {last}");
        }
        out.push_str("类型 kinds\n");
        for (kind, count) in &self.kinds {
            let _ = writeln!(out, "  {kind:<16} {count}");
        }
        out.push_str("空间 bytes on the disk\n");
        for (folder, bytes) in &self.bytes {
            let _ = writeln!(out, "  {folder:<16} {bytes}");
        }
        out
    }
}

/// Bytes that the files of a folder take on the disk; what cannot be read counts nothing.
fn bytes_of(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(items) = fs::read_dir(folder) else { return 0 };
    let bytes = items.flatten().map(|item| match item.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_of(&item.path()),
        Ok(metadata) => metadata.blocks() * 512,
        Err(_) => 0,
    });
    bytes.sum()
}

impl Export {
    fn run(&self) -> Result<String, CommandError> {
        let made = |source| CommandError::CannotCreate { path: self.folder.clone(), source };
        fs::create_dir_all(&self.folder).map_err(made)?;
        if fs::read_dir(&self.folder).map_err(made)?.next().is_some() {
            return Err(CommandError::Exists { path: self.folder.clone() });
        }
        let inspection = Inspection::open(&self.state)?;
        let size = self.size.unwrap_or(u64::MAX);
        let bar = bar("导出", inspection.size().min(size));
        let note = inspection.export(&self.folder, size, |written| bar.set_position(written));
        bar.finish_and_clear();
        let checkpoint = Checkpoint::from_unverified_note(note?.as_bytes())?;
        let (size, folder) = (checkpoint.size, self.folder.display());
        Ok(format!(
            "✓ 已写出 {size} 条的公开文件 / wrote the public files of {size} entries: {folder}\n  \
             核验 check: tongbiao-audit log {folder} --vkey ledger.vkey\n"
        ))
    }
}

impl RepairTail {
    fn run(&self) -> Result<String, CommandError> {
        let inspection = Inspection::open(&self.state)?;
        let tail = inspection.torn_tail().clone();
        if tail.bytes == 0 {
            return Ok(torn(&inspection));
        }
        if !self.yes {
            return Ok(
                torn(&inspection) + "  加 --yes 截去；下次启动也会这样做 / --yes cuts it; the next start would too\n"
            );
        }
        inspection.cut_torn_tail()?;
        Ok(format!("✓ 已截去 {} 字节 / cut {} bytes: {}\n", tail.bytes, tail.bytes, tail.path.display()))
    }
}

/// What lies behind the last commit, in words.
fn torn(inspection: &Inspection) -> String {
    let tail = inspection.torn_tail();
    match tail.bytes {
        0 => "✓ 末尾完整，没有要截的 / the tail is clean, there is nothing to cut\n".to_owned(),
        bytes => format!(
            "! 最后一个检查点之后有 {bytes} 字节没有确认过的数据 / {bytes} bytes behind the last checkpoint were never \
             acknowledged: {} @ {}\n",
            tail.path.display(),
            tail.offset
        ),
    }
}

fn told(findings: &[LedgerError]) -> Faults {
    findings.iter().map(|finding| line(finding, finding.code())).collect()
}

/// A bar on standard error, where that is a terminal.
fn bar(what: &'static str, entries: u64) -> ProgressBar {
    let bar = ProgressBar::new(entries);
    if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {human_pos}/{human_len} 条 {eta}") {
        bar.set_style(style);
    }
    bar.with_prefix(what)
}
