//! `tongbiao-audit seal`: verifies a sealed document, a bare seal or a bare seal signature.

mod report;
mod trust;

use std::path::PathBuf;

use clap::ValueEnum;
use jiff::Timestamp;
use seals::{Context, Limits};

use crate::answer::{self, Answer};
use crate::error::AuditError;
use crate::read;
use crate::text::Style;

const EXAMPLES: &str = "\
例 / Examples:
  tongbiao-audit seal 许可证.ofd --trust anchors
      信任目录里是根证书和撤销列表 / the folder holds root certificates and revocation lists
  tongbiao-audit seal 许可证.ofd --trust trust --trust-key trust-key.pub.pem
      签名的信任列表，须用另外取得的公钥才采信 / a signed trust list, believed by a pinned key only
  tongbiao-audit seal 许可证.ofd --trust anchors --at 2025-06-30T00:00:00Z --json
      回到那一天判断，输出 JSON / judged as of that day, as JSON
  tongbiao-audit seal 许可证.ofd --trust anchors --policy recognition --strict
      用互认的口径，不接受编码偏差 / the gateway's policy, no encoding deviations";

/// What `seal` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// 要核验的文件：OFD、印章（.esl）或签章值（.dat） / the OFD document, bare seal or bare seal signature
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 信任目录：根证书和撤销列表，或签名的信任列表 / anchors and revocation lists, or a signed trust list
    #[arg(long, value_name = "DIR")]
    trust: Option<PathBuf>,
    /// 信任列表的签发公钥（SM2，PEM） / the SM2 public key that signs the trust list
    #[arg(long, value_name = "KEY", requires = "trust")]
    trust_key: Option<PathBuf>,
    /// 判断时间，缺省为现在 / time of judging, RFC 3339; default: now
    #[arg(long, value_name = "RFC3339")]
    at: Option<Timestamp>,
    /// 口径：阅览或互认 / a gap in the coverage is a hint (reading) or a failure (recognition)
    #[arg(long, value_enum, default_value_t = Policy::Reading)]
    policy: Policy,
    /// 不接受编码偏差 / refuse the encoding deviations that are otherwise noted
    #[arg(long)]
    strict: bool,
    /// 输出 JSON / print the report as JSON
    #[arg(long)]
    json: bool,
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

/// Reads, judges, and writes the report.
///
/// # Errors
/// When the file, the trust folder or the trust key cannot be read.
pub(crate) fn run(arguments: &Arguments, now: Timestamp, style: Style) -> Result<Answer, AuditError> {
    let limits = Limits::DEFAULT;
    let at = arguments.at.unwrap_or(now);
    // One byte above the limit is enough for the verification itself to refuse the document, as the gateway does.
    let document = read::beginning(&arguments.file, read::bytes(limits.document_bytes_max + 1))?;
    let given = trust::load(arguments.trust.as_deref(), arguments.trust_key.as_deref(), now)?;

    let context = Context::new(&given.trust, arguments.policy.into(), at, &limits);
    let context = if arguments.strict { context.strict() } else { context };
    let file = arguments.file.display().to_string();
    let report = seals::verify(&document, &context).with_file(&file);

    let warnings = given.warning.map(|warning| warning.describe(Style::of(&std::io::stderr()))).unwrap_or_default();
    let verdict = report.verdict();
    let report = if arguments.json { answer::json(&report) } else { report::write(&report, &file, style) };
    Ok(Answer { verdict, report, warnings })
}
