//! The demo: the whole way of a result from the seal in Tianjin to the offline audit, every step by the real program.

mod audit;
mod exchange;
mod stage;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use adapters::Adapters;
use clap::Parser;
use conformance::launch::{Gateway, LaunchError, Programs, Site};
use conformance::run::Run;
use conformance::suite::Suite;
use jiff::Timestamp;
use standards::region::Regions;

use crate::exchange::Exchange;
use crate::stage::{Stage, Wrong};

/// 演示 / Shows the whole exchange on loopback, with keys and a ledger of its own.
///
/// 退出码 / exit status: 0 全部正确 all right, 1 有误 something was wrong, 64 用法 usage.
#[derive(Parser)]
#[command(name = "tongbiao-demo", version)]
struct Cli {
    /// 数据文件夹，每次重新生成 / the folder for its data, made afresh each time
    #[arg(default_value = "demo-data")]
    folder: PathBuf,
    /// 只启动网关，直到 Ctrl-C / only start a gateway, until Ctrl-C
    #[arg(long, conflicts_with = "conformance")]
    serve: bool,
    /// 启动网关并运行三地套件 / start a gateway and run the suites of all regions
    #[arg(long)]
    conformance: bool,
    /// 网关所用的适配器文件夹；没有则用内置的 / the adapters' folder of the gateway; without it, those that are built in
    #[arg(long, value_name = "DIR")]
    adapters: Option<PathBuf>,
}

const SOMETHING_WRONG: u8 = 1;
const WRONG_USAGE: u8 = 64;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { WRONG_USAGE } else { 0 });
        }
    };
    let outcome = match (cli.serve, cli.conformance) {
        (true, _) => serve(&cli),
        (false, true) => conformance(&cli),
        (false, false) => demo(&cli),
    };
    match outcome {
        Ok(code) => code,
        Err(wrong) => {
            eprintln!("{wrong}");
            ExitCode::from(SOMETHING_WRONG)
        }
    }
}

fn demo(cli: &Cli) -> Result<ExitCode, Wrong> {
    let mut stage = Stage::default();
    stage::title(
        "同标演示：结果互认从签章到审计，每一步都由真实程序完成",
        "Tongbiao: from the seal to the audit, every step by the real program",
    );
    stage.step(
        "生成开发密钥、信任列表与配置，启动网关",
        "Make development keys, a trust list and a configuration; start the gateway",
    );
    let (site, programs, gateway) = start(cli)?;
    stage::note(&format!("网关 gateway {}，启动用时 started in {} ms", gateway.url, gateway.started_in.as_millis()));
    let documents = Exchange::open(&site, &gateway)?.play(&mut stage)?;
    stage.step("停止网关；此后一切离线", "Stop the gateway; all that follows is offline");
    gateway.stop()?;
    stage::note("网关已停止 the gateway has stopped");
    audit::play(&mut stage, &site, &programs, &documents)?;
    stage.close(&cli.folder);
    Ok(ExitCode::SUCCESS)
}

fn serve(cli: &Cli) -> Result<ExitCode, Wrong> {
    let (site, programs) = make(cli)?;
    let (url, root) = (site.url()?, site.file("state/keys/tls/root.pem"));
    stage::say(&format!(
        "网关 gateway {url}\n窗口核验 for clerks {url}/check\n根证书 root certificate {}",
        root.display()
    ));
    Err(site.become_gateway(&programs).into())
}

fn conformance(cli: &Cli) -> Result<ExitCode, Wrong> {
    let (site, _, gateway) = start(cli)?;
    let keys = site.keys();
    let adapters = cli
        .adapters
        .as_deref()
        .map(Adapters::load)
        .transpose()
        .map_err(|faults| Wrong::Contract(faults.to_string()))?;
    let run = Run {
        url: gateway.url.clone(),
        roots: keys.server_roots()?,
        keys,
        adapters: adapters.as_ref(),
        log_keys: site.verifier_keys()?,
        clock: Timestamp::now,
    };
    let regions = Regions::embedded().map_err(|error| Wrong::Contract(error.to_string()))?;
    let mut good = true;
    for region in regions.iter() {
        stage::say(&format!("\n{} {} · {}", region.code, region.name_zh, region.name_en));
        let report = run.play(&Suite::embedded(&region.code)?, |outcome| stage::say(&outcome.text()))?;
        stage::say(&report.summary());
        good &= report.is_good();
    }
    gateway.stop()?;
    Ok(ExitCode::from(if good { 0 } else { SOMETHING_WRONG }))
}

fn start(cli: &Cli) -> Result<(Site, Programs, Gateway), LaunchError> {
    let (site, programs) = make(cli)?;
    let gateway = Gateway::start(&site, &programs)?;
    Ok((site, programs, gateway))
}

fn make(cli: &Cli) -> Result<(Site, Programs), LaunchError> {
    let programs = Programs::beside_this_one()?;
    let adapters = cli.adapters.as_deref().map(absolute).transpose()?;
    Ok((Site::make(&cli.folder, &programs, adapters.as_deref())?, programs))
}

/// The configuration lies in another folder than the one we are in.
fn absolute(path: &Path) -> Result<PathBuf, LaunchError> {
    std::path::absolute(path).map_err(|cause| LaunchError::File { path: path.to_owned(), cause })
}
