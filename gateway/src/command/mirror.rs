//! `tongbiao mirror`: keeps a copy of another's log that proves itself.

mod web;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use certs::signing::Ed25519Signer;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use ledger::LedgerError;
use ledger::audit::Directory;
use ledger::mirror::{Mirror, Mirrored};
use ledger::note::VerifierKey;
use ledger::policy::Policy;
use ledger::tile::PublicFiles;
use ledger::witness::Cosigner;

use super::{CommandError, Failure, Faults, file, line};
use web::Web;

const EXAMPLES: &str = "\
例 / Examples:
  tongbiao mirror https://ledger.example.gov.cn copy --vkey ledger.vkey
      复制整本账本并逐一重算；再次运行只取新增的 / copies and derives the whole log; run again, it takes what is new
  tongbiao mirror https://ledger.example.gov.cn copy --vkey ledger.vkey --every 60
      每 60 秒一次，直到账本回退或分叉 / every minute, until the log goes back or forks
  tongbiao mirror https://ledger.example.gov.cn copy --vkey ledger.vkey --key mirror.key --name mirror.tj.example
      在检查点上加签：条目都在这里 / cosigns the checkpoint: the entries are here, too
  tongbiao mirror https://ledger.example.gov.cn/cosigned copy --policy policy.txt --every 60
      只取足够的见证方见证过的 / only what enough witnesses saw

复制件就是一本账本 / the copy is a log like any other:
  tongbiao-audit log copy --vkey ledger.vkey
分叉的证据 / proof of a fork: copy.equivocation/<size>/{first,second}.note";

/// What `mirror` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// 账本网址，或账本公开目录 / the log's address, or its public folder
    #[arg(value_name = "URL|DIR")]
    log: String,
    /// 复制到的目录 / the folder of the copy
    #[arg(value_name = "COPY")]
    copy: PathBuf,
    /// 账本公钥文件 / the log's verifier keys
    #[arg(long, value_name = "FILE", required_unless_present = "policy")]
    vkey: Option<PathBuf>,
    /// 见证规则文件：只取足够的见证方见证过的检查点 / a policy: take only what enough witnesses saw (docs/witnesses.md)
    #[arg(long, value_name = "FILE", conflicts_with = "vkey")]
    policy: Option<PathBuf>,
    /// 服务器的根证书（PEM） / root certificate of the server (PEM)
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// 镜像方的私钥：在检查点上加签 / the mirror's private key: cosign the checkpoint
    #[arg(long, value_name = "FILE", requires = "name")]
    key: Option<PathBuf>,
    /// 镜像方的名称；与见证方用不同的密钥和名称 / the mirror's name; another key and name than a witness's
    #[arg(long, value_name = "NAME", requires = "key")]
    name: Option<String>,
    /// 每隔多少秒再取一次，不写则只取一次 / again every so many seconds; default: once
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    every: Option<u32>,
}

impl Arguments {
    pub(super) fn run(&self) -> Result<String, Failure> {
        let mirror = Mirror::open(&self.copy, self.policy()?).map_err(CommandError::Ledger)?;
        let cosigner = self.cosigner()?;
        let is_web = self.log.starts_with("http://") || self.log.starts_with("https://");
        if is_web {
            let source = Web::open(&self.log, self.ca.as_deref())?;
            self.follow(&mirror, &source, cosigner.as_ref())
        } else {
            self.follow(&mirror, &Directory::new(&self.log), cosigner.as_ref())
        }
    }

    /// Whom the reader believes.
    fn policy(&self) -> Result<Policy, CommandError> {
        let policy = match (&self.vkey, &self.policy) {
            (Some(vkey), _) => VerifierKey::all_from_text(&file::read_text(vkey)?).map(Policy::of_log),
            (None, Some(policy)) => Policy::from_text(&file::read_text(policy)?),
            (None, None) => Err(LedgerError::PolicyIncomplete),
        };
        policy.map_err(CommandError::Ledger)
    }

    fn cosigner(&self) -> Result<Option<Cosigner>, CommandError> {
        let (Some(key), Some(name)) = (&self.key, &self.name) else { return Ok(None) };
        Ok(Some(Cosigner::new(name, Ed25519Signer::from_pem_file(key)?)?))
    }

    fn follow(
        &self,
        mirror: &Mirror,
        source: &(impl PublicFiles + Sync),
        cosigner: Option<&Cosigner>,
    ) -> Result<String, Failure> {
        loop {
            let done = self.once(mirror, source, cosigner);
            let Some(seconds) = self.every else { return done.map_err(|findings| told(&findings).into()) };
            match done {
                Ok(report) => eprint!("{report}"),
                // A source that does not answer may be back the next time, and witnesses too; what it did answer must hold.
                Err(findings) if findings.iter().all(is_passing) => {
                    eprintln!("tongbiao: {}", told(&findings).join("\ntongbiao: "));
                }
                Err(findings) => return Err(told(&findings).into()),
            }
            thread::sleep(Duration::from_secs(seconds.into()));
        }
    }

    fn once(
        &self,
        mirror: &Mirror,
        source: &(impl PublicFiles + Sync),
        cosigner: Option<&Cosigner>,
    ) -> Result<String, Vec<LedgerError>> {
        let progress = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("镜像 {spinner} {human_pos} 条 {per_sec}") {
            progress.set_style(style);
        }
        let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let cosigner = cosigner.map(|cosigner| (cosigner, Timestamp::now()));
        let mirrored = mirror.update(source, cosigner, threads, &|entries| progress.inc(entries));
        progress.finish_and_clear();
        let Mirrored { before, size, files } = mirrored?;
        let copy = self.copy.display();
        Ok(if size == before {
            format!("✓ 没有新条目 / nothing new: {size} → {copy}\n")
        } else {
            format!(
                "✓ {before} → {size} 条，复制 {files} 个文件，全部重算无误 / entries, {files} files copied and derived again: {copy}\n"
            )
        })
    }
}

fn is_passing(finding: &LedgerError) -> bool {
    matches!(finding, LedgerError::Io { .. } | LedgerError::NoQuorum { .. })
}

fn told(findings: &[LedgerError]) -> Faults {
    findings.iter().map(|finding| line(finding, finding.code())).collect()
}
