//! `tongbiao-audit log`: re-derives a whole log from its entries and checks who signed it.

mod report;
mod source;

use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};
use ledger::LedgerError;
use ledger::audit::{LogReport, audit_directory, audit_files};
use ledger::checkpoint::Checkpoint;
use ledger::note::NOTE_BYTES_MAX;

use self::report::Report;
use self::source::Source;
use crate::answer::{self, Answer};
use crate::error::AuditError;
use crate::keys::{TrustArguments, Trusted};
use crate::text::Style;

const EXAMPLES: &str = "\
例 / Examples:
  tongbiao-audit log ledger --vkey ledger.vkey
      离线核验复制下来的账本目录 / a copy of the log's public folder, offline
  tongbiao-audit log https://ledger.example.gov.cn --vkey ledger.vkey --ca root.pem
      直接核验服务器上的账本 / the log on its server
  tongbiao-audit log ledger --policy policy.txt
      还要求足够的见证方见证过检查点 / and enough witnesses must have seen the checkpoint
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
    match source.read("checkpoint", NOTE_BYTES_MAX) {
        Ok(Some(note)) => {
            let believed = trusted.believe(&note);
            report.steps.extend(believed.steps);
            match believed.checkpoint {
                Some(checkpoint) => report.fill(&checkpoint, derive(&source, &checkpoint), &source)?,
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

/// Reads every entry and tile, with a progress bar where standard error is a terminal.
fn derive(source: &Source, checkpoint: &Checkpoint) -> Result<LogReport, LedgerError> {
    let progress = ProgressBar::new(checkpoint.size);
    if let Ok(style) = ProgressStyle::with_template("核账 {wide_bar} {human_pos}/{human_len} 条 {eta}") {
        progress.set_style(style);
    }
    let visit = |index: u64, _: &[u8]| progress.set_position(index + 1);
    let report = match source {
        Source::Folder(directory) => audit_directory(directory, checkpoint, visit),
        Source::Web(web) => audit_files(web, checkpoint, visit),
    };
    progress.finish_and_clear();
    report
}
