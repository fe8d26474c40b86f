//! The subcommands of `tongbiao`, one file each.

mod case;
mod check;
mod error;
mod evidence;
mod file;
mod items;
mod ledger;
mod lint;
mod map;
mod mirror;
mod pki;
mod region;
mod seal;
mod serve;
mod witness;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use jiff::Timestamp;
use standards::problem;

use error::CommandError;

const EXIT_STATUS: &str = "\
退出状态 / Exit status:
   0  完成 / done
   1  内容被拒绝，附代码和原因 / what was given is refused, with code and reason
  64  用法错误 / wrong usage
  66  文件读不出来 / a file cannot be read
  73  文件不能创建，或已经存在 / a file cannot be created, or exists already";

/// 同标网关：京津冀同事同标事项的签章核验与结果互认。
///
/// Tongbiao, the gateway between the governments of Beijing, Tianjin and Hebei: verifies sealed results, decides on their mutual
/// recognition, and records every decision.
#[derive(Debug, Parser)]
#[command(name = "tongbiao", version, propagate_version = true, after_help = EXIT_STATUS)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One variant a command; its arguments and its work are in the file of its name.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// 运行：启动交换接口和窗口核验页，直到收到停止信号 / serve the exchange and the clerk's page until SIGTERM
    Serve(serve::Arguments),
    /// 检查：一次报告配置及其所指文件的全部问题 / report everything wrong with a configuration and what it names
    Check(check::Arguments),
    /// 密钥体系：生成开发测试用的密钥和证书，撤销证书 / make a development hierarchy, revoke its certificates
    #[command(subcommand)]
    Pki(pki::Command),
    /// 事项：同事同标事项目录、办事指南和四同核对 / the same-standard items, their service guides, the regions against them
    Items(items::Arguments),
    /// 编码检查：逐个检查 CSV、XML、JSON 文件里的编码，指出错在哪里、怎么改 / lint the codes in CSV, XML and JSON files
    Lint(lint::Arguments),
    /// 映射：一地的报文改写为另一地的报文，并说明每个字段的来龙去脉 / a message of one region as another writes it
    Map(map::Arguments),
    /// 办件过程：把同一办件的报文（不论先后）理成过程，指出未了和矛盾之处 / the history of cases, from messages in any order
    Case(case::Arguments),
    /// 地区：生成新地区的数据文件夹，列出各地区还缺什么 / make a new region's data folders, say what regions lack
    #[command(subcommand)]
    Region(region::Command),
    /// 签章：制作测试证照并加盖电子印章，或给已有 OFD 文件盖章 / make and seal a test licence, or seal an existing OFD
    Seal(Box<seal::Arguments>),
    /// 证据：核对、导出、依规销毁账本条目所附的证据 / check, export or erase what is kept beside the entries of the ledger
    #[command(subcommand)]
    Evidence(evidence::Command),
    /// 见证：为别人的账本签名，证明没有人看到两本不同的账 / witness the logs of others, so that none can show two faces
    #[command(subcommand)]
    Witness(witness::Command),
    /// 账本：停机后核验、统计、导出、修尾、结册 / verify, count, export, mend or close the ledger of a stopped gateway
    #[command(subcommand)]
    Ledger(ledger::Command),
    /// 镜像：复制别人的账本，逐一重算，从不回退 / keep a copy of another's log that proves itself, and never goes back
    Mirror(mirror::Arguments),
}

impl Command {
    /// Does what is asked, and gives what is left to print.
    ///
    /// # Errors
    /// Why it was not done.
    pub(crate) fn run(&self, now: Timestamp) -> Result<String, Failure> {
        match self {
            Command::Serve(arguments) => Ok(serve::run(arguments).map(|()| String::new())?),
            Command::Check(arguments) => Ok(check::run(arguments).map(|()| String::new())?),
            Command::Pki(command) => Ok(command.run(now)?),
            Command::Items(arguments) => arguments.run(now),
            Command::Lint(arguments) => arguments.run(now),
            Command::Map(arguments) => arguments.run(now),
            Command::Case(arguments) => arguments.run(),
            Command::Region(command) => command.run(),
            Command::Seal(arguments) => Ok(arguments.run(now)?),
            Command::Evidence(command) => command.run(now),
            Command::Witness(command) => command.run(),
            Command::Ledger(command) => command.run(),
            Command::Mirror(arguments) => arguments.run(),
        }
    }
}

/// Why a command was not done.
pub(crate) struct Failure {
    /// As a person is told.
    pub(crate) text: String,
    /// The exit status of the process.
    pub(crate) exit_status: u8,
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        Self { text: error.describe(), exit_status: error.exit_status() }
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        let text = format!("tongbiao: {}\n", faults.join("\ntongbiao: "));
        Self { text, exit_status: error::REFUSED }
    }
}

/// What went wrong, each a line for people.
type Faults = Vec<String>;

/// One line for a fault with a code: what is wrong, and what to do, in both languages.
fn line(what: &dyn std::fmt::Display, code: &str) -> String {
    match problem::text(code) {
        Some(text) => {
            format!("{what} [{code}]\n    {} {}\n    {} {}", text.zh, text.advice_zh, text.en, text.advice_en)
        }
        None => format!("{what} [{code}]"),
    }
}

/// Prints what the argument parser has to say; help and version were asked for and are no error.
pub(crate) fn refuse(usage: &clap::Error) -> ExitCode {
    let _ = usage.print();
    if usage.use_stderr() { ExitCode::from(error::WRONG_USAGE) } else { ExitCode::SUCCESS }
}
