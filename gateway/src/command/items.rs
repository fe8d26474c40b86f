//! `tongbiao items`: the catalogue as a list, an item as a page, and the regions' catalogues against the standard.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use adapters::Adapters;
use adapters::drift::Drift;
use clap::ValueEnum;
use jiff::civil::Date;
use jiff::{Timestamp, tz};
use standards::DataError;
use standards::code::RegionCode;
use standards::item::{Catalogue, SameStandardItem};
use standards::region::Regions;

use super::{CommandError, Failure, Faults, file, line};

const EXAMPLES: &str = "\
例 / Examples:
  tongbiao items
      全部事项 / all items
  tongbiao items show JJJ-033
      办事指南：按事项编号、基本编码或者地方编码 / a service guide, by number, basic code or a region's own code
  tongbiao items drift --format html > drift.html
      三地目录与共同标准逐项核对；有未获认可的差异时退出状态为 1 / the regions against the standard; exit status 1 on a difference
  tongbiao items diff next/
      与另一版目录的差异：每事项一个 TOML 文件 / against another edition: a folder with a TOML file an item";

/// Offset of Beijing time, in hours: editions and declarations begin and end with days there.
const BEIJING_OFFSET_HOURS: i8 = 8;

/// What is asked about the items; the list, when nothing is.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

/// What can be asked.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// 列表：全部同事同标事项（缺省）/ all same-standard items (the default)
    List(List),
    /// 办事指南：一个事项的条件、材料、时限、收费和互认 / one item as a page of a service guide
    Show(Show),
    /// 四同核对：三地目录与共同标准 / the regions' own catalogues against the standard
    Drift(DriftArguments),
    /// 版本差异：现行目录与另一版目录 / the catalogue against another edition of it
    Diff(Diff),
}

/// What the list is asked.
#[derive(Debug, Default, clap::Args)]
struct List {
    /// 以 JSON 输出 / print JSON
    #[arg(long)]
    json: bool,
}

/// What `show` is asked.
#[derive(Debug, clap::Args)]
struct Show {
    /// 事项编号、基本编码或者地方编码 / number, basic code or a region's own code of the item
    #[arg(value_name = "CODE")]
    code: String,
    /// 以 JSON 输出 / print JSON
    #[arg(long)]
    json: bool,
}

/// What `drift` is asked.
#[derive(Debug, clap::Args)]
struct DriftArguments {
    /// 输出格式 / how it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// 地区目录，缺省为内置的三地 / a folder of regions; default: the three regions built in
    #[arg(long, value_name = "FOLDER")]
    regions: Option<PathBuf>,
    /// 核对日期，缺省为今天（北京时间）/ as of this day; default: today in Beijing
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
}

/// What `diff` is asked.
#[derive(Debug, clap::Args)]
struct Diff {
    /// 另一版目录：edition.toml 和每事项一个 TOML 文件 / the other edition: edition.toml and a TOML file an item
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// 以 JSON 输出 / print JSON
    #[arg(long)]
    json: bool,
}

/// How a comparison is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// 文本 / text
    Text,
    /// JSON
    Json,
    /// 网页 / a page of HTML
    Html,
}

impl Arguments {
    /// Answers from what is built in, and from the folders that are named.
    pub(crate) fn run(&self, now: Timestamp) -> Result<String, Failure> {
        let catalogue = Catalogue::embedded().map_err(|fault| faulty(&fault))?;
        match &self.command {
            None => Ok(list(&catalogue, &List::default())),
            Some(Command::List(arguments)) => Ok(list(&catalogue, arguments)),
            Some(Command::Show(arguments)) => show(&catalogue, arguments),
            Some(Command::Drift(arguments)) => drift(arguments, now),
            Some(Command::Diff(arguments)) => diff(&catalogue, arguments),
        }
    }
}

fn list(catalogue: &Catalogue, arguments: &List) -> String {
    if arguments.json {
        return json(&catalogue.items().collect::<Vec<_>>());
    }
    let rows = catalogue.items().map(|item| {
        let SameStandardItem { id, basic_code, name, recognition, time_limit, department, .. } = item;
        let committed = time_limit.committed_limit.to_string();
        let (recognition, committed) = (recognition.label(), padded(&committed, 12));
        format!("{id}  {basic_code}  {recognition}  {committed}  {}  {name}\n", padded(department, 20))
    });
    let rows: String = rows.collect();
    let (edition, count) = (catalogue.edition(), catalogue.items().len());
    format!(
        "{rows}\n共 {count} 项，目录版本 {edition}。目录由公开来源中的事项名称汇集而成，内容为建模，不是官方目录。\n\
         {count} items, edition {edition}: assembled from attested item names, contents modelled, never the official list.\n"
    )
}

/// The text and as many blanks as fill the width: what is not ASCII here is Chinese, and twice as wide.
fn padded(text: &str, width: usize) -> String {
    let taken: usize = text.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum();
    format!("{text}{}", " ".repeat(width.saturating_sub(taken)))
}

fn show(catalogue: &Catalogue, arguments: &Show) -> Result<String, Failure> {
    let item = find(catalogue, &arguments.code)?;
    if arguments.json {
        return Ok(json(item));
    }
    let regions = Regions::embedded().map_err(|fault| faulty(&fault))?;
    Ok(item.guide(catalogue, &regions))
}

/// The item of its number, its basic code, or a code that one of the regions has for it.
fn find<'a>(catalogue: &'a Catalogue, code: &str) -> Result<&'a SameStandardItem, Failure> {
    let by_number = |code: &str| code.parse().ok().and_then(|id| catalogue.get(&id));
    let by_basic_code = || code.parse().ok().and_then(|basic| catalogue.by_basic_code(&basic));
    if let Some(item) = by_number(code).or_else(by_basic_code) {
        return Ok(item);
    }
    let adapters = Adapters::embedded().map_err(|faults| refused(vec![faults.to_string()]))?;
    let local = adapters.iter().find_map(|adapter| by_number(adapter.mapping().items.item_of(code)?));
    local.ok_or_else(|| refused(vec![line(&code.escape_debug(), "item.unknown")]))
}

/// Prints by itself, because a result that is not clean is printed all the same, and then fails.
fn drift(arguments: &DriftArguments, now: Timestamp) -> Result<String, Failure> {
    let adapters = match &arguments.regions {
        None => Adapters::embedded(),
        Some(folder) => Adapters::load(folder),
    };
    let adapters =
        adapters.map_err(|faults| refused(faults.0.iter().map(|fault| line(fault, fault.error.code())).collect()))?;
    let regions = Regions::embedded().map_err(|fault| faulty(&fault))?;
    let drift = adapters.drift(&regions, arguments.on.unwrap_or_else(|| in_beijing(now)));
    let report = match arguments.format {
        Format::Text => drift.to_string(),
        Format::Json => json(&drift),
        Format::Html => drift.html(),
    };
    if drift.is_clean() {
        return Ok(report);
    }
    print!("{report}");
    Err(refused(vec![unclean(&drift)]))
}

fn unclean(drift: &Drift) -> String {
    let mut regions: Vec<&RegionCode> = drift.unexcused().map(|difference| &difference.region).collect();
    regions.extend(drift.absent.iter().map(|absent| &absent.region));
    regions.dedup();
    let regions: Vec<&str> = regions.into_iter().map(RegionCode::as_str).collect();
    format!("{} {}", drift.sentence(), regions.join(" "))
}

/// What day it is in Beijing.
pub(super) fn in_beijing(now: Timestamp) -> Date {
    tz::Offset::constant(BEIJING_OFFSET_HOURS).to_datetime(now).date()
}

fn diff(catalogue: &Catalogue, arguments: &Diff) -> Result<String, Failure> {
    let files = files(&arguments.folder)?;
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let other = Catalogue::from_files(files).map_err(|fault| faulty(&fault))?;
    let difference = catalogue.difference_to(&other);
    Ok(if arguments.json { json(&difference) } else { difference.to_string() })
}

/// The TOML files of a folder, by their names.
fn files(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    let unreadable = |source: io::Error| CommandError::Unreadable { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        if let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| is_toml) {
            files.push((name.to_owned(), file::read_text(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

fn json(value: &impl serde::Serialize) -> String {
    // Plain data always has a JSON form.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

fn faulty(fault: &DataError) -> Failure {
    refused(vec![line(fault, fault.code())])
}

fn refused(faults: Faults) -> Failure {
    faults.into()
}
