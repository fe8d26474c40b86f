//! `tongbiao lint`: the codes in other people's lists and messages, every fault a line.

mod files;
mod reading;
mod report;

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use standards::lint::{ColumnKind, Linter, Waivers};

use super::{CommandError, Failure, error, file, items, line};
use files::Found;
use report::{Form, Report};

const EXAMPLES: &str = "\
例 / Examples:
  tongbiao lint 实施清单.csv
      检查一个文件：列名认得出的编码都查 / one file: every column whose name is known
  tongbiao lint 报文/ 清单/ --json > faults.jsonl
      检查目录下全部 csv、xml、json、jsonl，每个错误一行 JSON / folders, a line of JSON a fault
  tongbiao lint list.csv --column 机构代码=credit_code --column 备注号=case_id
      指明列名对应的编码种类 / say what a column holds
  tongbiao lint 清单/ --waivers waivers.toml --on 2026-12-31
      按豁免清单放行；按某一天判断是否过期 / with waivers, as of a day

编码种类 / Kinds of code (--column NAME=KIND):
  credit_code 统一社会信用代码    citizen_id 公民身份号码      holder_id 证件号码（前两种之一，其他证件不判）
  basic_code 基本编码 12 位       implementation_code 实施编码 31 位
  item_code 事项编码（实施编码或者带连字符的地方编码）         handling_item_code 业务办理项编码 33 位
  case_number 办件编号 43 位      case_id 地方办件编号         license_id 电子证照标识
  division_code 行政区划代码      region_code 省级行政区划代码 item_id 同事同标事项编号
  item_name 事项名称（只提示，不作对照依据）

豁免清单 / A file of waivers:
  [[waiver]]
  path = \"清单/a.csv\"             # 或者 column，或者两者 / or column, or both
  column = \"SXBM\"
  value = \"11110000FAKE00013\"     # 或者 pattern，其中 ? 代表一个字符 / or pattern, ? being one character
  rule = \"lint.character_missing\"
  reason = \"赋码机关正在更正\"
  until = 2026-12-31               # 最后一天；过期即为错误 / the last day; an ended waiver is a fault

退出状态 / Exit status: 0 没有错误 clean，1 有错误 faults，66 有内容没能检查 something could not be checked
号码类个人信息只显示前六位和末一位。Of personal numbers the first six characters and the last are shown.
CSV 和 JSON 只认 UTF-8（有无 BOM 均可），XML 按声明的编码读。每个文件不超过 64 MB、100 万行。
CSV and JSON are UTF-8, XML is in the encoding that it states; at most 64 MB and a million rows a file.";

/// What is checked, and how it is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// 文件或者目录 / files or folders
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
    /// 列名=编码种类，可重复 / what a column, element or key holds; may be repeated
    #[arg(long, value_name = "NAME=KIND", value_parser = column)]
    column: Vec<(String, ColumnKind)>,
    /// 豁免清单（TOML）/ a file of waivers
    #[arg(long, value_name = "FILE")]
    waivers: Option<PathBuf>,
    /// 豁免按这一天判断，缺省为今天（北京时间）/ waivers as of this day; default: today in Beijing
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// 每个错误一行 JSON，最后一行合计 / a line of JSON a fault, the totals last
    #[arg(long)]
    json: bool,
}

/// Reads `NAME=KIND`; the name may hold `=` itself.
fn column(text: &str) -> Result<(String, ColumnKind), String> {
    let known = || ColumnKind::all().map(ColumnKind::key).collect::<Vec<_>>().join(", ");
    let (name, kind) = text.rsplit_once('=').filter(|(name, _)| !name.trim().is_empty()).ok_or("NAME=KIND")?;
    let kind = ColumnKind::from_key(kind).ok_or_else(|| format!("编码种类 / KIND: {}", known()))?;
    Ok((name.to_owned(), kind))
}

impl Arguments {
    /// Checks everything that is named, and prints each fault as it is found.
    pub(crate) fn run(&self, now: Timestamp) -> Result<String, Failure> {
        let mut linter = Linter::embedded().map_err(|fault| Failure::from(vec![line(&fault, fault.code())]))?;
        for (name, kind) in &self.column {
            linter.add_column(name, *kind);
        }
        let on = self.on.unwrap_or_else(|| items::in_beijing(now));
        let form = if self.json { Form::Json } else { Form::Text };
        let mut report = Report::new(form, self.waivers()?, on);
        let found = files::under(&self.paths);
        report.begin(&found);
        for found in found {
            match found {
                Found::File(path) => reading::file(&path, &linter, &mut report),
                Found::Unread(path, trouble) => report.trouble(&path, None, &trouble),
                Found::Passed => report.pass_over(),
            }
            report.end_of_file();
        }
        let status = report.finish(self.waivers.as_deref());
        if status == 0 { Ok(String::new()) } else { Err(Failure { text: String::new(), exit_status: status }) }
    }

    fn waivers(&self) -> Result<Waivers, CommandError> {
        let Some(path) = &self.waivers else { return Ok(Waivers::default()) };
        let text = file::read_text(path)?;
        Waivers::from_text(&text).map_err(|source| CommandError::Waivers { path: path.clone(), source })
    }
}

/// The exit status that goes with what was counted: what could not be checked weighs most, for nobody knows what is in it.
fn exit_status(faults: u64, unread: u64) -> u8 {
    match (unread, faults) {
        (0, 0) => 0,
        (0, _) => error::REFUSED,
        _ => error::UNREADABLE,
    }
}
