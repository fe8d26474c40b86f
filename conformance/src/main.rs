//! The command line of the conformance runner: `run` a region's suite against a gateway, or `bench` the exchange.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use adapters::{Adapters, MappingFaults};
use clap::{Args, Parser, Subcommand};
use conformance::SuiteError;
use conformance::bench::{self, Load};
use conformance::client::Client;
use conformance::partner::KeyFolder;
use conformance::rehearsal;
use conformance::report::Outcome;
use conformance::run::Run;
use conformance::suite::Suite;
use conformance::vectors::{self, manifest::Manifest};
use jiff::Timestamp;
use ledger::note::VerifierKey;
use standards::code::RegionCode;
use standards::problem;

/// Prints a line. Whoever reads us through a pipe may stop reading: that is no failure of the run.
macro_rules! say {
    ($($text:tt)*) => {{ let _ = writeln!(std::io::stdout(), $($text)*); }};
}

/// 一致性测试 / Plays a region's conformance suite against a gateway.
///
/// 退出码 / exit status: 0 符合 conforms, 1 不符合 does not, 2 无法运行 could not run, 64 用法 usage.
#[derive(Parser)]
#[command(name = "tongbiao-conformance", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 运行一个地区的套件 / run the suite of a region
    Run {
        #[command(flatten)]
        target: Target,
        /// 本地适配器文件夹：先装载，再逐字段核对映射 / the adapters' folder: load it first, and check each mapped field
        #[arg(long, value_name = "DIR")]
        adapters: Option<PathBuf>,
        /// 另写 `JUnit` 报告 / also write a `JUnit` report
        #[arg(long, value_name = "FILE")]
        junit: Option<PathBuf>,
    },
    /// 不用网关，只对照本地适配器核对套件中的映射 / check a suite's mappings against local adapters, without a gateway
    Rehearse {
        #[command(flatten)]
        choice: Choice,
        /// 适配器文件夹 / the adapters' folder
        #[arg(long, value_name = "DIR")]
        adapters: PathBuf,
    },
    /// 生成敌意语料：每份文件各有一处错误，清单写明必须查出什么 / write the hostile corpus: documents that are each wrong in their own way
    Vectors {
        /// 文件夹；已有的语料保留 / the folder; a vector that is there already is kept
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// 测整个交换的时间 / measure the whole exchange
    Bench {
        #[command(flatten)]
        target: Target,
        /// 同时的连接数 / connections at the same time
        #[arg(long, default_value_t = 4)]
        connections: usize,
        /// 每个连接的交换次数 / exchanges on each connection
        #[arg(long, default_value_t = 100)]
        exchanges: usize,
    },
}

#[derive(Args)]
struct Choice {
    /// 地区代码，六位 / the region's code, six digits
    #[arg(long, value_name = "CODE")]
    region: RegionCode,
    /// 套件文件夹；没有则用内置的 / the folder of suites; without it, those that are built in
    #[arg(long, value_name = "DIR")]
    suites: Option<PathBuf>,
}

#[derive(Args)]
struct Target {
    #[command(flatten)]
    choice: Choice,
    /// 网关地址 / the gateway's address
    #[arg(long)]
    url: String,
    /// 密钥文件夹(`tongbiao pki init` 的布局) / the key folder, laid out as by `tongbiao pki init`
    #[arg(long, value_name = "DIR")]
    pki: PathBuf,
    /// 账本公钥；没有则只核算术 / the log's public keys; without them receipts are checked for arithmetic alone
    #[arg(long, value_name = "FILE")]
    vkey: Option<PathBuf>,
}

impl Choice {
    fn suite(&self) -> Result<Suite, SuiteError> {
        match &self.suites {
            Some(folder) => Suite::load(folder, &self.region),
            None => Suite::embedded(&self.region),
        }
    }
}

/// A gateway that does not answer by then will not.
const START_DEADLINE: Duration = Duration::from_secs(5);

const DOES_NOT_CONFORM: u8 = 1;
const COULD_NOT_RUN: u8 = 2;
const WRONG_USAGE: u8 = 64;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { WRONG_USAGE } else { 0 });
        }
    };
    let outcome = match cli.command {
        Command::Run { target, adapters, junit } => run(&target, adapters.as_deref(), junit.as_deref()),
        Command::Rehearse { choice, adapters } => rehearse(&choice, &adapters),
        Command::Vectors { folder } => write_vectors(&folder),
        Command::Bench { target, connections, exchanges } => measure(&target, Load { connections, exchanges }),
    };
    outcome.unwrap_or_else(|error| {
        let text = problem::text(error.code());
        eprintln!("{}: {error}", error.code());
        if let Some(text) = text {
            eprintln!("{}\n{}\n{}\n{}", text.zh, text.en, text.advice_zh, text.advice_en);
        }
        ExitCode::from(COULD_NOT_RUN)
    })
}

fn run(target: &Target, adapters: Option<&Path>, junit: Option<&Path>) -> Result<ExitCode, SuiteError> {
    let Ok(adapters) = adapters.map(load).transpose() else {
        return Ok(ExitCode::from(DOES_NOT_CONFORM));
    };
    let suite = target.choice.suite()?;
    let run = Run { adapters: adapters.as_ref(), ..reach(target)? };
    say!("套件 suite {} · 网关 gateway {} · {} 个用例 scenarios", suite.name, target.url, suite.scenarios.len());
    let report = run.play(&suite, |outcome: &Outcome| say!("{}", outcome.text()))?;
    say!("{}", report.summary());
    if let Some(path) = junit {
        let failed = |cause| SuiteError::Report { path: path.to_owned(), cause };
        let xml = report.junit().map_err(|error| failed(std::io::Error::other(error)))?;
        fs::write(path, xml).map_err(failed)?;
    }
    Ok(ExitCode::from(if report.is_good() { 0 } else { DOES_NOT_CONFORM }))
}

fn rehearse(choice: &Choice, adapters: &Path) -> Result<ExitCode, SuiteError> {
    let Ok(adapters) = load(adapters) else {
        return Ok(ExitCode::from(DOES_NOT_CONFORM));
    };
    let suite = choice.suite()?;
    let report = rehearsal::rehearse(&suite, &adapters, |outcome: &Outcome| say!("{}", outcome.text()))?;
    say!("{}", report.summary());
    Ok(ExitCode::from(if report.is_good() { 0 } else { DOES_NOT_CONFORM }))
}

/// Loads the adapters. A mapping that does not load maps nothing: that is an answer of the run, and no accident.
fn load(folder: &Path) -> Result<Adapters, MappingFaults> {
    Adapters::load(folder).inspect_err(|faults| {
        say!("失败 failure: 适配器不能装载 / the adapters do not load");
        for fault in &faults.0 {
            say!("    {fault}");
        }
    })
}

/// Writes the corpus, then judges it from the files: a corpus that does not hold is never handed out as one that does.
fn write_vectors(folder: &Path) -> Result<ExitCode, SuiteError> {
    let made = vectors::write(folder)?;
    let manifest = Manifest::load(folder)?;
    let mut wrong = 0;
    for vector in &manifest.vectors {
        let differences = vector.differences(&vector.judge(folder)?);
        if !differences.is_empty() {
            wrong += 1;
            say!("失败 failure: {}\n    {}", vector.name, differences.join("\n    "));
        }
    }
    say!("{} 个语料 vectors，新写 made {}，不符 wrong {wrong}", manifest.vectors.len(), made.len());
    Ok(ExitCode::from(if wrong == 0 { 0 } else { DOES_NOT_CONFORM }))
}

fn measure(target: &Target, load: Load) -> Result<ExitCode, SuiteError> {
    let suite = target.choice.suite()?;
    say!("{}", bench::measure(&reach(target)?, &suite, load)?);
    Ok(ExitCode::SUCCESS)
}

/// Everything that is needed to talk to the gateway, which must be there.
fn reach(target: &Target) -> Result<Run<'static>, SuiteError> {
    let keys = KeyFolder::new(&target.pki);
    let roots = keys.server_roots()?;
    await_gateway(&Client::new(&target.url, &roots, None))?;
    let log_keys = target.vkey.as_deref().map(verifier_keys).transpose()?.unwrap_or_default();
    Ok(Run { url: target.url.clone(), keys, roots, adapters: None, log_keys, clock: Timestamp::now })
}

/// A gateway that was only just started is waited for.
fn await_gateway(client: &Client) -> Result<(), SuiteError> {
    let deadline = Instant::now() + START_DEADLINE;
    loop {
        match client.get("/health") {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn verifier_keys(path: &Path) -> Result<Vec<VerifierKey>, SuiteError> {
    let text = fs::read_to_string(path).map_err(|cause| SuiteError::Unreadable { path: path.to_owned(), cause })?;
    VerifierKey::all_from_text(&text)
        .map_err(|error| SuiteError::Key { path: path.to_owned(), cause: error.code().to_owned() })
}
