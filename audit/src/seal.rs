//! `tongbiao-audit seal`: verifies a sealed document, a bare seal or a bare seal signature.

mod batch;
mod day;
mod documents;
mod facts;
mod report;
mod totals;
mod trust;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use jiff::Timestamp;
use seals::{Context, Limits, SealCache, VerificationReport};

use crate::answer::{self, Answer};
use crate::error::AuditError;
use crate::read;
use crate::text::Style;
use day::Day;
use report::Detail;

const EXAMPLES: &str = "\
例 / Examples:
  tongbiao-audit seal 许可证.ofd --trust anchors
      信任目录里是根证书和撤销列表 / the folder holds root certificates and revocation lists
  tongbiao-audit seal 许可证.ofd --trust trust --trust-key trust-key.pub.pem
      签名的信任列表，须用另外取得的公钥才采信 / a signed trust list, believed by a pinned key only
  tongbiao-audit seal 许可证.ofd --trust trust --trust-key trust-key.pub.pem --at 2025-06-30 --json
      回到那一天判断：用那一天的信任列表、撤销列表和口径，输出 JSON / judged as of that day, as JSON
  tongbiao-audit seal 许可证.ofd --trust anchors --policy recognition --strict
      用互认的口径，不接受编码偏差 / the gateway's policy, no encoding deviations
  tongbiao-audit seal 档案目录 --trust anchors --json > 结果.jsonl
      核验整个目录，一份一行，最后一行是合计 / a whole folder: a line each, the totals last";

/// What `seal` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// 要核验的文件或目录：OFD、印章（.esl）或签章值（.dat） / OFD documents, bare seals or bare seal signatures, or folders of them
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
    /// 信任目录：根证书和撤销列表，或签名的信任列表 / anchors and revocation lists, or a signed trust list
    #[arg(long, value_name = "DIR")]
    trust: Option<PathBuf>,
    /// 信任列表的签发公钥（SM2，PEM） / the SM2 public key that signs the trust list
    #[arg(long, value_name = "KEY", requires = "trust")]
    trust_key: Option<PathBuf>,
    /// 判断的日期或时间，缺省为现在；只写日期时按北京时间当日终了 / day (its end in Beijing) or time of judging; default: now
    #[arg(long, value_name = "DATE|RFC3339")]
    at: Option<Day>,
    /// 已另行证明文件在此时已经存在，例如账本条目的时间 / when the document is proven to have existed, by a ledger entry for example
    #[arg(long, value_name = "RFC3339")]
    existed_at: Option<Timestamp>,
    /// 口径：阅览或互认 / a gap in the coverage is a hint (reading) or a failure (recognition)
    #[arg(long, value_enum, default_value_t = Policy::Reading)]
    policy: Policy,
    /// 不接受编码偏差 / refuse the encoding deviations that are otherwise noted
    #[arg(long)]
    strict: bool,
    /// 输出 JSON；多份文件一份一行 / print JSON, a line for each document
    #[arg(long)]
    json: bool,
    /// 只说结论和怎么办 / the verdict and what to do alone
    #[arg(long, conflicts_with = "json")]
    brief: bool,
    /// 同时核验的份数，缺省为处理器数 / documents verified side by side; default: one for each processor
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

/// What is printed for a document.
#[derive(Clone, Copy, Debug)]
enum Form {
    Json,
    Text(Style),
}

/// The policies by their names on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Policy {
    /// 阅览 / for a reader
    Reading,
    /// 互认 / as the gateway decides on recognition
    Recognition,
}

impl From<Policy> for seals::Policy {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Reading => seals::Policy::Reading,
            Policy::Recognition => seals::Policy::Recognition,
        }
    }
}

/// What every document of a run is judged by.
struct Judge<'a> {
    context: Context<'a>,
    limits: &'a Limits,
}

impl Judge<'_> {
    /// Reads and judges one document.
    ///
    /// # Errors
    /// [`AuditError::Unreadable`].
    fn document(&self, path: &Path) -> Result<VerificationReport, AuditError> {
        // One byte above the limit is enough for the verification itself to refuse the document, as the gateway does.
        let document = read::beginning(path, read::bytes(self.limits.document_bytes_max + 1))?;
        Ok(seals::verify(&document, &self.context).with_file(path.display().to_string()))
    }
}

/// Reads, judges, and writes the report; for a folder or several files the reports and their totals.
///
/// # Errors
/// When the file, the trust folder or the trust key cannot be read.
pub(crate) fn run(arguments: &Arguments, now: Timestamp, style: Style) -> Result<Answer, AuditError> {
    let limits = Limits::DEFAULT;
    let day = arguments.at.map(|day| day.moment(now));
    let given = trust::load(arguments.trust.as_deref(), arguments.trust_key.as_deref(), now, day)?;
    let cache = SealCache::new();
    let mut context =
        Context::new(&given.trust, arguments.policy.into(), day.unwrap_or(now), &limits).with_cache(&cache);
    if arguments.strict {
        context = context.strict();
    }
    if let Some(proof) = arguments.existed_at {
        context = context.existed_at(proof);
    }
    let judge = Judge { context, limits: &limits };
    let form = if arguments.json { Form::Json } else { Form::Text(style) };
    let warnings = given.warning.map(|warning| warning.describe(Style::of(&std::io::stderr()))).unwrap_or_default();

    match arguments.paths.as_slice() {
        [file] if !file.is_dir() => {
            let report = judge.document(file)?;
            let verdict = Some(report.verdict());
            let report = match form {
                Form::Json => answer::json(&report),
                Form::Text(style) => {
                    let detail = if arguments.brief { Detail::Brief } else { Detail::Full };
                    report::write(&report, detail, style)
                }
            };
            Ok(Answer { verdict, report, warnings })
        }
        paths => {
            let jobs = arguments.jobs.or(std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
            let totals = batch::run(&judge, paths, jobs, form, &mut std::io::stdout().lock())?;
            Ok(Answer { verdict: totals.verdict(), report: totals.tell(form), warnings })
        }
    }
}
