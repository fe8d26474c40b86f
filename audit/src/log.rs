//! `tongbiao-audit log`: re-derives a whole log from its entries and checks who signed it.

pub(crate) mod companion;
pub(crate) mod report;
mod resume;
mod shard;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};
use ledger::LedgerError;
use ledger::audit::{LogReport, Progress, Proven, audit_from, audit_leftovers, verify_growth};
use ledger::checkpoint::Checkpoint;
use ledger::merkle::TreeHash;
use ledger::note::NOTE_BYTES_MAX;
use ledger::tile::PublicFiles as _;

use self::companion::Found;
use self::report::Report;
use self::resume::State;
use self::shard::Shards;
use crate::answer::{self, Answer};
use crate::error::AuditError;
use crate::keys::{TrustArguments, Trusted};
use crate::read;
use crate::source::Source;
use crate::text::Style;

const EXAMPLES: &str = "\
例 / Examples:
  tongbiao-audit log ledger --vkey ledger.vkey
      离线核验复制下来的账本目录 / a copy of the log's public folder, offline
  tongbiao-audit log https://ledger.example.gov.cn --vkey ledger.vkey --ca root.pem
      直接核验服务器上的账本 / the log on its server
  tongbiao-audit log ledger-2027 --vkey ledgers.vkey --previous ledger
      分册的账本：还核对它接着上一册 / of a ledger in shards: and that it goes on where the one before ends
  tongbiao-audit log ledger --policy policy.txt
      还要求足够的见证方见证过检查点 / and enough witnesses must have seen the checkpoint
  tongbiao-audit log ledger --vkey ledger.vkey --from checkpoint.2025
      从以前核验过的检查点起 / from a checkpoint that you verified before
  tongbiao-audit log ledger --vkey ledger.vkey --state audit.state
      中断后接着核，下次只核新增部分 / goes on after an interruption, and next time reads what is new
  tongbiao-audit log ledger
      只核对算术，结论为“不能断定” / arithmetic alone; the verdict is INDETERMINATE";

/// What `log` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// 账本公开目录，或网址 / the log's public folder (`checkpoint`, `tile/…`), or its address
    #[arg(value_name = "DIR|URL")]
    log: PathBuf,
    #[command(flatten)]
    trusted: TrustArguments,
    /// 服务器的根证书（PEM） / root certificate of the server (PEM)
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// 以前核验过的检查点，从它起核验 / a checkpoint that you verified before; what it covers is not read again
    #[arg(long, value_name = "FILE", conflicts_with = "state")]
    from: Option<PathBuf>,
    /// 上一册账本的公开目录或网址，核对两册相接 / the shard before this one, its public folder or address: they must meet
    #[arg(long, value_name = "DIR|URL")]
    previous: Option<PathBuf>,
    /// 记录核到哪里的文件，只有本人可写 / keeps how far the check is; let nobody else write it
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// 线程数，默认为处理器数 / threads; as many as processors unless given
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// 输出 JSON / print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Reads, judges, and writes the report.
///
/// # Errors
/// When the log, a key file or the certificate file cannot be read.
pub(crate) fn run(arguments: &Arguments, style: Style) -> Result<Answer, AuditError> {
    let trusted = Trusted::load(&arguments.trusted)?;
    let source = Source::open(&arguments.log, arguments.ca.as_deref())?;

    let mut report = Report::of(arguments.log.display().to_string());
    let previous = arguments.previous.as_deref();
    let previous = previous.map(|place| Source::open(place, arguments.ca.as_deref())).transpose()?;
    let companion = Found::look(&source)?;
    match source.read("checkpoint", NOTE_BYTES_MAX) {
        Ok(Some(note)) => {
            let believed = trusted.believe(&note);
            report.steps.extend(believed.steps);
            match believed.checkpoint {
                Some(checkpoint) => {
                    let state = State::open(arguments.state.as_deref(), TreeHash::Sha256, &checkpoint.origin)?;
                    let proven = match &arguments.from {
                        Some(path) => trusted_beginning(path, &trusted, &source, &checkpoint)?,
                        None => state.proven_in(&checkpoint),
                    };
                    let threads = arguments.threads.or_else(|| thread::available_parallelism().ok());
                    let threads = threads.unwrap_or(NonZeroUsize::MIN);
                    let log = Log { source: &source, checkpoint: &checkpoint, trusted: &trusted, threads };
                    let companion_state = arguments.state.as_deref().map(companion::beside);
                    let companion = (companion, companion_state.as_deref());
                    log.check(proven, &|proven| state.keep(proven), companion, previous.as_ref(), &mut report)?;
                    state.close()?;
                }
                None => report.not_judged(),
            }
        }
        Ok(None) => return Err(AuditError::NoCheckpoint { name: arguments.log.display().to_string() }),
        Err(LedgerError::Io { path, kind, .. }) => return Err(source.failure(&path, kind)),
        Err(finding) => report.no_checkpoint(&trusted, &finding),
    }

    let verdict = report.conclude();
    let report = if arguments.json { answer::json(&report) } else { report.write(style) };
    Ok(Answer { verdict: Some(verdict), report, warnings: String::new() })
}

/// What a checkpoint of an earlier audit proves. It must be signed by whom the reader believes.
///
/// # Errors
/// [`AuditError`] when the file cannot be read or is no checkpoint of this log; inside, what is wrong with the log.
fn trusted_beginning(
    path: &Path,
    trusted: &Trusted,
    source: &Source,
    checkpoint: &Checkpoint,
) -> Result<Result<Proven, LedgerError>, AuditError> {
    let note = read::file(path, read::bytes(NOTE_BYTES_MAX))?;
    let wrong = |finding| AuditError::Beginning { name: path.display().to_string(), source: finding };
    let earlier = trusted.checkpoint(&note).map_err(wrong)?;
    if earlier.origin != checkpoint.origin {
        let (expected, got) = (checkpoint.origin.clone(), earlier.origin);
        return Err(wrong(LedgerError::OriginDiffers { expected, got }));
    }
    if earlier.size > checkpoint.size {
        // Both are signed: the log is behind what it signed before.
        return Ok(Err(LedgerError::RolledBack { signed: earlier.size, found: checkpoint.size }));
    }
    let consistent = verify_growth(source, &earlier, checkpoint);
    Ok(consistent.and_then(|()| Proven::from_checkpoint(source, &earlier, checkpoint.size)))
}

/// A log under one of its checkpoints.
pub(crate) struct Log<'log> {
    pub(crate) source: &'log Source,
    pub(crate) checkpoint: &'log Checkpoint,
    pub(crate) trusted: &'log Trusted,
    pub(crate) threads: NonZeroUsize,
}

impl Log<'_> {
    /// Derives what is not proven yet, of its companion too, and looks at its place among the shards. The companion's state is kept
    /// in the file beside it.
    ///
    /// # Errors
    /// [`AuditError`] when a file cannot be read or kept; what is wrong with the log is in the report.
    pub(crate) fn check(
        &self,
        proven: Result<Proven, LedgerError>,
        keep: &(impl Fn(&Proven) + Sync),
        (companion, companion_state): (Found, Option<&Path>),
        previous: Option<&Source>,
        report: &mut Report,
    ) -> Result<(), AuditError> {
        let before = proven.as_ref().map_or(0, Proven::size);
        let companion = companion.of(self.source, self.checkpoint, self.trusted.log_keys());
        let shards = Shards::of(self.source, self.checkpoint);
        let see = |index, entry: &[u8]| {
            companion.see(index, entry);
            shards.see(index, entry);
        };
        let derived = proven.and_then(|proven| self.derive(proven, &see, keep));
        report.fill(self.checkpoint, before, derived, self.source)?;
        companion.conclude(companion_state, self.threads, report)?;
        shards.conclude(previous, self.trusted, report)
    }

    /// Reads every entry and tile that is not proven yet, with a progress bar where standard error is a terminal.
    fn derive(
        &self,
        proven: Proven,
        see: &(impl Fn(u64, &[u8]) + Sync),
        keep: &(impl Fn(&Proven) + Sync),
    ) -> Result<LogReport, LedgerError> {
        let bar = bar_of("核账", self.checkpoint.size, proven.size());
        let told = |progress: Progress<'_>| match progress {
            Progress::Entries(more) => bar.inc(more),
            Progress::Entry(index, entry) => see(index, entry),
            Progress::Proven(proven) => keep(proven),
        };
        let report = audit_from(self.source, self.checkpoint, proven, self.threads, &told).and_then(|mut report| {
            if let Source::Folder(directory) = self.source {
                audit_leftovers(directory, self.checkpoint, &mut report)?;
            }
            Ok(report)
        });
        bar.finish_and_clear();
        report
    }
}

/// A progress bar that began at `done`.
fn bar_of(what: &str, entries: u64, done: u64) -> ProgressBar {
    let bar = ProgressBar::new(entries).with_position(done);
    if let Ok(style) =
        ProgressStyle::with_template(&format!("{what} {{wide_bar}} {{human_pos}}/{{human_len}} 条 {{eta}}"))
    {
        bar.set_style(style);
    }
    bar
}
