//! `tongbiao case`: the messages of cases, of any region and in any order, told as what happened.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use adapters::{Adapter, Adapters, Fault, Limits};
use jiff::{Timestamp, tz};
use standards::code::RegionCode;
use standards::field::path;
use standards::history::{Event, History, Open};
use standards::item::Catalogue;
use standards::message::{Message, MessageKind};
use standards::problem;
use standards::region::Regions;

use super::{Failure, Faults, file, line};

const EXAMPLES: &str = "\
例 / Examples:
  tongbiao case banjie.json shouli.json buzheng-*.json
      按发生的先后列出办件过程，报文的先后和重复不影响结果 / what happened, whatever the order and repetition of the messages
  tongbiao case --from 120000 *.xml --json
      都是天津的报文，供程序使用 / all of them Tianjin's, for programs";

/// Offset of Beijing time, in hours.
const BEIJING_OFFSET_HOURS: i8 = 8;

/// What is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// 报文文件，不论先后 / messages, in any order
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// 报文用哪个地区的方言；不写的，由内容判断 / whose dialect; told from the content where it is not said
    #[arg(long, value_name = "REGION")]
    from: Option<RegionCode>,
    /// 规则目录，缺省为内置的三地 / a folder of regions; default: the three regions built in
    #[arg(long, value_name = "FOLDER")]
    regions: Option<PathBuf>,
    /// 以 JSON 输出 / print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    /// Tells the history of each case that the messages speak of. One with contradictions is told all the same, and then fails.
    pub(crate) fn run(&self) -> Result<String, Failure> {
        let adapters = match &self.regions {
            Some(folder) => Adapters::load(folder),
            None => Adapters::embedded(),
        };
        let adapters = adapters
            .map_err(|faults| -> Faults { faults.0.iter().map(|fault| line(fault, fault.error.code())).collect() })?;
        let mut messages = Vec::new();
        let mut faults = Faults::new();
        for path in &self.files {
            let bytes = file::read(path, Limits::MESSAGE.bytes_max as u64)?;
            match self.read(&adapters, path, &bytes) {
                Ok(message) => messages.push(message),
                Err(refused) => faults.extend(refused),
            }
        }
        if !faults.is_empty() {
            return Err(faults.into());
        }
        let histories = History::of_cases(messages);
        let report = if self.json { as_json(&histories) } else { told(&histories)? };
        let contradicted: Vec<&str> =
            histories.iter().filter(|history| history.has_conflict()).map(|history| history.case_id.as_str()).collect();
        if contradicted.is_empty() {
            return Ok(report);
        }
        print!("{report}");
        Err(vec![line(&contradicted.join(" ").escape_debug(), "history.conflict")].into())
    }

    fn read(&self, adapters: &Adapters, path: &Path, bytes: &[u8]) -> Result<Message, Faults> {
        match &self.from {
            None => by_content(adapters, path, bytes),
            Some(region) => {
                let none = || vec![line(&region, "exchange.target_unknown")];
                let adapter = adapters.adapter(region).ok_or_else(none)?;
                read(adapter, bytes).map_err(|faults| {
                    let told = |fault: &Fault| {
                        line(&format!("{} {}: {}", path.display(), fault.path, fault.hint()), fault.code())
                    };
                    faults.iter().map(told).collect()
                })
            }
        }
    }
}

fn read(adapter: &Adapter, bytes: &[u8]) -> Result<Message, Vec<Fault>> {
    adapter.read(bytes, &Limits::MESSAGE).map(|mapped| mapped.message)
}

/// The message, where it is one in exactly one dialect: a guess between two would be a guess about what happened.
fn by_content(adapters: &Adapters, path: &Path, bytes: &[u8]) -> Result<Message, Faults> {
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    for adapter in adapters.iter() {
        match read(adapter, bytes) {
            Ok(message) => found.push((adapter.region(), message)),
            Err(faults) => {
                let first = faults.first().map_or(String::new(), |fault| format!("{} {}", fault.code(), fault.path));
                refused.push(format!("{} {}", adapter.region(), first.trim_end()));
            }
        }
    }
    match <[(&RegionCode, Message); 1]>::try_from(found) {
        Ok([(_, message)]) => Ok(message),
        Err(none) if none.is_empty() => {
            Err(vec![line(&format!("{}: {}", path.display(), refused.join("; ")), "command.no_dialect")])
        }
        Err(several) => {
            let regions: Vec<&str> = several.iter().map(|(region, _)| region.as_str()).collect();
            Err(vec![line(&format!("{}: {}", path.display(), regions.join(", ")), "command.several_dialects")])
        }
    }
}

fn as_json(histories: &[History]) -> String {
    let mut text = serde_json::to_string_pretty(histories).unwrap_or_default();
    text.push('\n');
    text
}

fn told(histories: &[History]) -> Result<String, Failure> {
    let embedded = |fault: standards::DataError| Failure::from(vec![line(&fault, fault.code())]);
    let catalogue = Catalogue::embedded().map_err(embedded)?;
    let regions = Regions::embedded().map_err(embedded)?;
    let told = histories.iter().map(|history| {
        let region = history.from.parse().ok().and_then(|code| regions.get(&code));
        let name = region.map_or(history.from.as_str(), |region| region.name_zh.as_str());
        case(history, name, &item_name(history, &catalogue))
    });
    Ok(told.collect::<Vec<_>>().join("\n"))
}

fn item_name(history: &History, catalogue: &Catalogue) -> String {
    let id = history.events.first().and_then(|event| event.message.fields().get(path::ITEM)).unwrap_or_default();
    let item = id.parse().ok().and_then(|id| catalogue.get(&id));
    item.map_or_else(|| id.to_owned(), |item| format!("{id} {}", item.name))
}

/// One case: what happened, what is open, and what is odd.
fn case(history: &History, region: &str, item: &str) -> String {
    let mut out = format!("办件 / case {region} {}  {item}\n", history.case_id);
    for event in &history.events {
        let _ = writeln!(out, "  {}  {}", in_beijing(event.at), event_line(event));
    }
    for Event { kind, sequence, version, .. } in &history.superseded {
        let which = numbered(*kind, *sequence);
        let _ = writeln!(out, "  · {which} 第 {version} 版已被更高版本取代 / version {version} is superseded");
    }
    for open in &history.open {
        let _ = writeln!(out, "  … {}", open_line(open));
    }
    let (zh, en) = match history.ending() {
        Some(ending) => (format!("已结束：{}", ending.kind.label()), format!("ended by {}", ending.kind.as_str())),
        None if history.is_paused() => ("办理中，时限暂停".to_owned(), "under way, the clock stands still".to_owned()),
        None => ("办理中".to_owned(), "under way".to_owned()),
    };
    let _ = writeln!(out, "  {zh} / {en}");
    for finding in &history.findings {
        let which = format!("{} 第 {} 版", numbered(finding.kind, finding.sequence), finding.version);
        let _ = writeln!(out, "✗ {which} [{}]", finding.oddity.code());
        if let Some(text) = problem::text(finding.oddity.code()) {
            let _ = writeln!(out, "    {}。{}\n    {}. {}", text.zh, text.advice_zh, text.en, text.advice_en);
        }
    }
    out
}

fn event_line(event: &Event) -> String {
    let version = if event.version > 1 { format!(" 第 {} 版", event.version) } else { String::new() };
    format!("{}{version} {}", numbered(event.kind, event.sequence), event.kind.as_str())
}

/// The name of an event, with its number where a case can have several of its kind.
fn numbered(kind: MessageKind, sequence: u32) -> String {
    if kind.repeats() { format!("{}（{sequence}）", kind.label()) } else { kind.label().to_owned() }
}

fn open_line(open: &Open) -> String {
    let due = open.due_on.as_ref().map_or_else(String::new, |due| format!("，截止 / due {due}"));
    let waits = if open.kind == MessageKind::SpecialProcedureStart {
        "尚未结束 / not ended"
    } else {
        "尚未补正 / not answered"
    };
    format!("{} {waits}{due}", numbered(open.kind, open.sequence))
}

fn in_beijing(at: Timestamp) -> String {
    tz::Offset::constant(BEIJING_OFFSET_HOURS).to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
