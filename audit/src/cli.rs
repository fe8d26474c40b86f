//! The command line: what may be asked, and the exit status of each answer.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{equivocation, log, monitor, receipt, seal};

/// Exit status of wrong usage (`EX_USAGE` of sysexits.h), the argument parser's own errors included.
pub(crate) const WRONG_USAGE: u8 = 64;
/// Exit status when what was named could not be read (`EX_NOINPUT`): nothing was judged.
pub(crate) const UNREADABLE: u8 = 66;

const EXIT_STATUS: &str = "\
退出状态 / Exit status:
   0  VALID          有效
   1  INVALID        无效，含格式错误 / a format error too
   2  INDETERMINATE  不能断定：缺少信任锚、撤销列表或公钥 / a trust anchor, revocation list or key is missing
  64  用法错误 / wrong usage
  66  文件读不出来 / a file cannot be read";

/// 同标审计工具：离线核验电子签章、回执和整本账本。
///
/// Tongbiao's tool for auditors: verifies seals, receipts and whole logs, offline. It trusts nothing but what you name on the
/// command line, holds no private key and talks to no server unless you give it an address.
#[derive(Debug, Parser)]
#[command(name = "tongbiao-audit", version, propagate_version = true, after_help = EXIT_STATUS)]
pub(crate) struct Cli {
    /// What to verify.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One variant a command; its arguments and its work are in the file of its name.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// 验章：核验签章文件（OFD）、单独的印章或签章值 / verify a sealed document, a bare seal or a bare seal signature
    Seal(seal::Arguments),
    /// 核账：重算整本账本的树根，核对检查点签名 / re-derive a whole log's root and check its checkpoint
    Log(log::Arguments),
    /// 核回执：证明一个条目确在账本里 / prove that an entry is in the log
    Receipt(receipt::Arguments),
    /// 盯账：跟踪一本账本，出错即报 / follow a log, and fail loudly when it breaks its word
    Monitor(monitor::Arguments),
    /// 核对账本自相矛盾的证据 / check the evidence that a log signed two histories
    Equivocation(equivocation::Arguments),
}

/// Prints what the argument parser has to say; help and version were asked for and are no error.
pub(crate) fn refuse(usage: &clap::Error) -> ExitCode {
    let _ = usage.print();
    if usage.use_stderr() { ExitCode::from(WRONG_USAGE) } else { ExitCode::SUCCESS }
}
