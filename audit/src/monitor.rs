//! `tongbiao-audit monitor`: follows a log from checkpoint to checkpoint, and fails loudly when it breaks its word.

use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ledger::LedgerError;
use ledger::audit::{Proven, audit_from, verify_growth};
use ledger::checkpoint::Checkpoint;
use ledger::note::NOTE_BYTES_MAX;
use ledger::tile::PublicFiles as _;
use seals::Verdict;

use crate::answer::{self, Answer};
use crate::error::AuditError;
use crate::keys::{TrustArguments, Trusted};
use crate::read;
use crate::source::Source;
use crate::text::{self, Style};

const EXAMPLES: &str = "\
例 / Examples:
  tongbiao-audit monitor https://ledger.example.gov.cn --vkey ledger.vkey --state last.note
      每分钟看一次；--state 保存最近核过的检查点，也可用作 log --from
      looks every minute; the state is the checkpoint that was verified last, good for `log --from` too
  tongbiao-audit monitor https://…/cosigned --policy policy.txt --state last.note --max-age 3600
      还要求见证方一小时内见过 / and witnesses must have seen it within the hour
  tongbiao-audit monitor ledger --vkey ledger.vkey --state last.note --once
      只看一次，供定时任务 / once, for a timer

出错时退出状态为 1，并把两份检查点存到 STATE.evidence/，任何人可用 tongbiao-audit equivocation 复核
On a finding the exit status is 1, and both notes lie in STATE.evidence/ for anyone to check";

/// What `monitor` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// 账本网址，或公开目录 / the log's address, or its public folder
    #[arg(value_name = "URL|DIR")]
    log: PathBuf,
    #[command(flatten)]
    trusted: TrustArguments,
    /// 服务器的根证书（PEM） / root certificate of the server (PEM)
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// 最近核过的检查点 / the checkpoint that was verified last
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// 隔多少秒看一次 / seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    every: NonZeroU64,
    /// 只看一次 / look once
    #[arg(long)]
    once: bool,
    /// 见证多久没有更新算出错（秒） / seconds after which a checkpoint that no witness saw again is a finding
    #[arg(long, value_name = "SECONDS", requires = "policy")]
    max_age: Option<NonZeroU64>,
}

/// What one look came to.
enum Look {
    /// The log grew to this size by so many entries, and every one of them holds.
    Holds { size: u64, more: u64 },
    /// The log broke its word, or its witnesses are silent: the code, and what was found.
    Broken { code: &'static str, detail: String },
}

/// Looks until something is wrong; with `--once` once.
///
/// # Errors
/// When a key file or the state cannot be read or written; with `--once` also when the log cannot be reached.
pub(crate) fn run(arguments: &Arguments, now: impl Fn() -> Timestamp, style: Style) -> Result<Answer, AuditError> {
    let trusted = Trusted::load(&arguments.trusted)?;
    let source = Source::open(&arguments.log, arguments.ca.as_deref())?;
    loop {
        let warning = match look(arguments, &trusted, &source, now()) {
            Ok(Look::Holds { size, more }) => {
                let line = format!("{} ✓ {size} 条 entries (+{more})\n", now().strftime("%FT%TZ"));
                if arguments.once {
                    return Ok(Answer { verdict: Some(Verdict::Valid), report: line, warnings: String::new() });
                }
                tell(std::io::stdout(), &line)?;
                None
            }
            Ok(Look::Broken { code, detail }) => {
                let report = text::notice(code, Some(&detail), style);
                return Ok(Answer { verdict: Some(Verdict::Invalid), report, warnings: String::new() });
            }
            // Nobody can say that a log which cannot be reached is wrong.
            Err(error) if arguments.once || !error.is_about_the_network() => return Err(error),
            Err(error) => Some(error.describe(style)),
        };
        if let Some(warning) = warning {
            tell(std::io::stderr(), &warning)?;
        }
        thread::sleep(Duration::from_secs(arguments.every.get()));
    }
}

fn tell(mut to: impl std::io::Write, text: &str) -> Result<(), AuditError> {
    to.write_all(text.as_bytes()).or_else(answer::unless_nobody_reads).map_err(|source| AuditError::Output { source })
}

fn look(arguments: &Arguments, trusted: &Trusted, source: &Source, now: Timestamp) -> Result<Look, AuditError> {
    let name = || arguments.log.display().to_string();
    let note = match source.read("checkpoint", NOTE_BYTES_MAX) {
        Ok(note) => note.ok_or_else(|| AuditError::NoCheckpoint { name: name() })?,
        Err(LedgerError::Io { path, kind, .. }) => return Err(source.failure(&path, kind)),
        Err(finding) => return Ok(broken(&finding)),
    };
    let checkpoint = match trusted.checkpoint(&note) {
        Ok(checkpoint) => checkpoint,
        Err(finding) => return Ok(broken(&finding)),
    };
    let is_first = !arguments.state.exists();
    let last = if is_first { None } else { Some(read::file(&arguments.state, read::bytes(NOTE_BYTES_MAX))?) };
    let before = last.as_deref().map(Checkpoint::from_unverified_note).transpose();
    let before = before.map_err(|_| AuditError::State { name: arguments.state.display().to_string() })?;
    match judge(source, before.as_ref(), &checkpoint) {
        Ok(()) => {}
        Err(LedgerError::Io { path, kind, .. }) => return Err(source.failure(&path, kind)),
        Err(finding) => {
            keep_evidence(&arguments.state, last.as_deref().unwrap_or_default(), &note)?;
            return Ok(broken(&finding));
        }
    }
    keep(&arguments.state, &note)?;
    if let (Some(limit), Some(seen)) = (arguments.max_age, trusted.last_seen(&note)) {
        let limit = SignedDuration::from_secs(i64::try_from(limit.get()).unwrap_or(i64::MAX));
        if now.duration_since(seen) > limit {
            return Ok(Look::Broken { code: "audit.stale", detail: format!("last seen by a witness at {seen}") });
        }
    }
    let more = checkpoint.size - before.map_or(0, |before| before.size);
    Ok(Look::Holds { size: checkpoint.size, more })
}

fn broken(finding: &LedgerError) -> Look {
    Look::Broken { code: finding.code(), detail: finding.to_string() }
}

/// The log may only have grown, and what it grew by must hold.
///
/// # Errors
/// The first thing that is wrong; [`LedgerError::Io`] when a file cannot be read.
fn judge(source: &Source, before: Option<&Checkpoint>, now: &Checkpoint) -> Result<(), LedgerError> {
    let proven = match before {
        Some(before) if before.origin != now.origin => {
            let (expected, got) = (before.origin.clone(), now.origin.clone());
            return Err(LedgerError::OriginDiffers { expected, got });
        }
        Some(before) if before.size > now.size => {
            return Err(LedgerError::RolledBack { signed: before.size, found: now.size });
        }
        Some(before) if before.size == now.size && before.root != now.root => {
            return Err(LedgerError::HeadDiffers { size: now.size });
        }
        Some(before) => {
            verify_growth(source, before, now)?;
            Proven::from_checkpoint(source, before, now.size)?
        }
        None => Proven::default(),
    };
    let threads = thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN);
    let report = audit_from(source, now, proven, threads, &|_| {})?;
    report.findings.into_iter().next().map_or(Ok(()), Err)
}

/// Keeps the checkpoint that was verified, whole or not at all.
fn keep(state: &Path, note: &[u8]) -> Result<(), AuditError> {
    let mut writing = state.as_os_str().to_owned();
    writing.push(".writing");
    let written = fs::write(&writing, note).and_then(|()| fs::rename(&writing, state));
    written.map_err(|source| AuditError::Unreadable { name: state.display().to_string(), source })
}

/// Keeps both notes, as anyone can check them.
fn keep_evidence(state: &Path, last: &[u8], note: &[u8]) -> Result<(), AuditError> {
    let mut folder = state.as_os_str().to_owned();
    folder.push(".evidence");
    let folder = PathBuf::from(folder);
    let written = fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join("last.note"), last))
        .and_then(|()| fs::write(folder.join("now.note"), note));
    written.map_err(|source| AuditError::Unreadable { name: folder.display().to_string(), source })
}
