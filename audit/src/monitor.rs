//! `tongbiao-audit monitor`: follows a log from checkpoint to checkpoint, and fails loudly when it breaks its word.

use std::fs;
use std::io;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ledger::LedgerError;
use ledger::audit::{Proven, verify_growth};
use ledger::checkpoint::Checkpoint;
use ledger::note::NOTE_BYTES_MAX;
use ledger::tile::PublicFiles as _;
use seals::{StepOutcome, Verdict};

use crate::answer::{self, Answer};
use crate::error::AuditError;
use crate::keys::{TrustArguments, Trusted};
use crate::log::Log;
use crate::log::companion::{self, Found};
use crate::log::report::Report;
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
  tongbiao-audit monitor https://ledger.example.gov.cn --vkey ledgers.vkey --state last.note --previous https://ledger.example.gov.cn/shards/0
      账本分册之后接着看新册：先看完旧册，再核对两册相接
      once the ledger went on in a new log: the old one is followed to its end, then the new one from there

出错时退出状态为 1，并把两份检查点存到 STATE.evidence/，任何人可用 tongbiao-audit equivocation 复核；账本已结册，退出状态为 2
On a finding the exit status is 1, and both notes lie in STATE.evidence/ for anyone to check; where the log is closed, it is 2";

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
    /// 最近核过的检查点；国密副账核到哪里，记在旁边的 FILE.sm3 / the checkpoint that was verified last; FILE.sm3 keeps how far the companion is
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// 上一册账本的公开目录或网址 / the shard before this one, its public folder or address
    #[arg(long, value_name = "DIR|URL")]
    previous: Option<PathBuf>,
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
    /// It holds, and is closed: the ledger goes on in another log, of this name.
    Closed { size: u64, next: String },
    /// The log broke its word, or its witnesses are silent: the code, and what was found.
    Broken { code: &'static str, detail: String },
}

/// Looks until something is wrong; with `--once` once.
///
/// # Errors
/// When a key file or the state cannot be read or written; with `--once` also when the log cannot be reached.
pub(crate) fn run(arguments: &Arguments, now: impl Fn() -> Timestamp, style: Style) -> Result<Answer, AuditError> {
    let trusted = Trusted::load(&arguments.trusted)?;
    let place = Place::open(&arguments.log, arguments)?;
    let previous = arguments.previous.as_ref().map(|place| Place::open(place, arguments)).transpose()?;
    let monitor = Monitor { arguments, trusted, place, previous };
    loop {
        let warning = match monitor.look(now()) {
            Ok(Look::Holds { size, more }) => {
                let line = format!("{} ✓ {size} 条 entries (+{more})\n", now().strftime("%FT%TZ"));
                if arguments.once {
                    return Ok(Answer { verdict: Some(Verdict::Valid), report: line, warnings: String::new() });
                }
                tell(std::io::stdout(), &line)?;
                None
            }
            Ok(Look::Closed { size, next }) => {
                let detail = format!("{size} entries, every one of them holds; it goes on in {next}");
                let report = text::notice(StepOutcome::Hint, "audit.log_closed", Some(&detail), style);
                return Ok(Answer { verdict: Some(Verdict::Indeterminate), report, warnings: String::new() });
            }
            Ok(Look::Broken { code, detail }) => {
                let report = text::notice(StepOutcome::Fail, code, Some(&detail), style);
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

/// A log, and where it is read.
struct Place {
    name: String,
    source: Source,
}

impl Place {
    fn open(place: &Path, arguments: &Arguments) -> Result<Self, AuditError> {
        let source = Source::open(place, arguments.ca.as_deref())?;
        Ok(Self { name: place.display().to_string(), source })
    }
}

/// The checkpoint that was verified last.
struct Last {
    note: Vec<u8>,
    checkpoint: Checkpoint,
}

struct Monitor<'run> {
    arguments: &'run Arguments,
    trusted: Trusted,
    place: Place,
    previous: Option<Place>,
}

impl Monitor<'_> {
    /// Looks at the log; before that, to its end, at the shard before it, where that is the one that was looked at last.
    fn look(&self, now: Timestamp) -> Result<Look, AuditError> {
        let last = self.last()?;
        let (Some(previous), Some(at)) = (&self.previous, &last) else {
            return self.look_at(&self.place, last.as_ref(), now);
        };
        let end = match read_note(previous)? {
            Ok(end) => Checkpoint::from_unverified_note(&end),
            Err(finding) => return Ok(broken(&finding)),
        };
        if end.is_ok_and(|end| end.origin != at.checkpoint.origin) {
            return self.look_at(&self.place, last.as_ref(), now);
        }
        match self.look_at(previous, last.as_ref(), now)? {
            Look::Closed { .. } => {
                // The companion of the next log is another one. What was seen of the log itself stays until that holds.
                forget(&companion::beside(&self.arguments.state))?;
                self.look_at(&self.place, None, now)
            }
            // What follows it can only be judged once it is closed.
            look => Ok(look),
        }
    }

    /// The checkpoint that was verified last, as the state has it; `None` before the first look.
    fn last(&self) -> Result<Option<Last>, AuditError> {
        let state = &self.arguments.state;
        if !state.exists() {
            return Ok(None);
        }
        let note = read::file(state, read::bytes(NOTE_BYTES_MAX))?;
        let checkpoint = Checkpoint::from_unverified_note(&note);
        let checkpoint = checkpoint.map_err(|_| AuditError::State { name: state.display().to_string() })?;
        Ok(Some(Last { note, checkpoint }))
    }

    /// Looks at a log whose beginning up to the last checkpoint is verified.
    fn look_at(&self, place: &Place, last: Option<&Last>, now: Timestamp) -> Result<Look, AuditError> {
        let state = &self.arguments.state;
        // Read before the log's checkpoint, which is then never behind it.
        let companion = Found::look(&place.source)?;
        let note = match read_note(place)? {
            Ok(note) => note,
            Err(finding) => return Ok(broken(&finding)),
        };
        let checkpoint = match self.trusted.checkpoint(&note) {
            Ok(checkpoint) => checkpoint,
            Err(finding) => return Ok(broken(&finding)),
        };
        let before = last.map(|last| &last.checkpoint);
        let proven = match grown_from(&place.source, before, &checkpoint) {
            Ok(proven) => proven,
            Err(LedgerError::Io { path, kind, .. }) => return Err(place.source.failure(&path, kind)),
            Err(finding) => {
                keep_evidence(state, last.map_or(&[], |last| &last.note), &note)?;
                return Ok(broken(&finding));
            }
        };
        let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let log = Log { source: &place.source, checkpoint: &checkpoint, trusted: &self.trusted, threads };
        let companion_state = companion::beside(state);
        let mut report = Report::of(place.name.clone());
        let previous = self.previous.as_ref().filter(|previous| !std::ptr::eq(*previous, place));
        let companion = (companion, Some(companion_state.as_path()));
        log.check(Ok(proven), &|_| (), companion, previous.map(|previous| &previous.source), &mut report)?;
        if let Some((code, detail)) = report.first_failure() {
            keep_evidence(state, last.map_or(&[], |last| &last.note), &note)?;
            return Ok(Look::Broken { code, detail });
        }
        keep(state, &note)?;
        if let Some(next) = report.next() {
            return Ok(Look::Closed { size: checkpoint.size, next: next.to_owned() });
        }
        if let (Some(limit), Some(seen)) = (self.arguments.max_age, self.trusted.last_seen(&note)) {
            let limit = SignedDuration::from_secs(i64::try_from(limit.get()).unwrap_or(i64::MAX));
            if now.duration_since(seen) > limit {
                return Ok(Look::Broken { code: "audit.stale", detail: format!("last seen by a witness at {seen}") });
            }
        }
        let more = checkpoint.size - before.map_or(0, |before| before.size);
        Ok(Look::Holds { size: checkpoint.size, more })
    }
}

/// The checkpoint's note; inside, what is wrong with it.
///
/// # Errors
/// [`AuditError::NoCheckpoint`], and where it cannot be read.
fn read_note(place: &Place) -> Result<Result<Vec<u8>, LedgerError>, AuditError> {
    match place.source.read("checkpoint", NOTE_BYTES_MAX) {
        Ok(note) => note.map(Ok).ok_or_else(|| AuditError::NoCheckpoint { name: place.name.clone() }),
        Err(LedgerError::Io { path, kind, .. }) => Err(place.source.failure(&path, kind)),
        Err(finding) => Ok(Err(finding)),
    }
}

fn broken(finding: &LedgerError) -> Look {
    Look::Broken { code: finding.code(), detail: finding.to_string() }
}

/// What was proven when the log was looked at last: it may only have grown since.
///
/// # Errors
/// How it broke its word; [`LedgerError::Io`] when a file cannot be read.
fn grown_from(source: &Source, before: Option<&Checkpoint>, now: &Checkpoint) -> Result<Proven, LedgerError> {
    let Some(before) = before else { return Ok(Proven::default()) };
    if before.origin != now.origin {
        let (expected, got) = (before.origin.clone(), now.origin.clone());
        return Err(LedgerError::OriginDiffers { expected, got });
    }
    if before.size > now.size {
        return Err(LedgerError::RolledBack { signed: before.size, found: now.size });
    }
    if before.size == now.size && before.root != now.root {
        return Err(LedgerError::HeadDiffers { size: now.size });
    }
    verify_growth(source, before, now)?;
    Proven::from_checkpoint(source, before, now.size)
}

/// Keeps the checkpoint that was verified, whole or not at all.
fn keep(state: &Path, note: &[u8]) -> Result<(), AuditError> {
    let mut writing = state.as_os_str().to_owned();
    writing.push(".writing");
    let written = fs::write(&writing, note).and_then(|()| fs::rename(&writing, state));
    written.map_err(|source| AuditError::Unreadable { name: state.display().to_string(), source })
}

/// Removes a state that is of no use any more.
fn forget(state: &Path) -> Result<(), AuditError> {
    match fs::remove_file(state) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(AuditError::Unreadable { name: state.display().to_string(), source })
        }
        _ => Ok(()),
    }
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
