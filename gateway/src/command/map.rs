//! `tongbiao map`: a message of one region in the words of another, and where every field came from.

use std::fmt::Write as _;
use std::path::PathBuf;

use adapters::{Adapters, Fault, Fidelity, FieldOrigin, Limits, Translation, TranslationFault};
use jiff::Timestamp;
use standards::code::RegionCode;
use standards::item::Catalogue;
use standards::problem;
use standards::region::Regions;

use super::{Failure, Faults, error, file, line};

const EXAMPLES: &str = "\
例 / Examples:
  tongbiao map --from 120000 --to 110000 banjie.xml
      天津的报文改写为北京的报文 / a message of Tianjin as Beijing writes it
  tongbiao map --from 120000 --to 110000 banjie.xml --explain
      每个字段从哪里来、按哪条规则、有无损失 / where each field came from, by which rule, and what was lost
  tongbiao map --from 130000 --to 120000 shouli.json --json | jq .message -r
      报文和每个字段的来龙去脉，供程序使用 / the message and the way of every field, for programs";

/// What is mapped.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// 发送地区代码 / code of the region that the message is from
    #[arg(long, value_name = "REGION")]
    from: RegionCode,
    /// 接收地区代码 / code of the region that is to read it
    #[arg(long, value_name = "REGION")]
    to: RegionCode,
    /// 报文文件 / the message
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 说明每个字段的来龙去脉，不输出报文 / tell the way of each field instead of the message
    #[arg(long, conflicts_with = "json")]
    explain: bool,
    /// 以 JSON 输出报文和说明；出错时输出全部错误 / print message and explanation as JSON, or all faults
    #[arg(long)]
    json: bool,
    /// 规则目录，缺省为内置的三地 / a folder of regions; default: the three regions built in
    #[arg(long, value_name = "FOLDER")]
    regions: Option<PathBuf>,
}

impl Arguments {
    /// Gives the message, its explanation, or everything that is wrong with it.
    pub(crate) fn run(&self, now: Timestamp) -> Result<String, Failure> {
        let adapters = match &self.regions {
            Some(folder) => Adapters::load(folder),
            None => Adapters::embedded(),
        };
        let adapters = adapters
            .map_err(|faults| -> Faults { faults.0.iter().map(|fault| line(fault, fault.error.code())).collect() })?;
        let bytes = file::read(&self.file, Limits::MESSAGE.bytes_max as u64)?;
        let translation =
            adapters.translate(&self.from, &self.to, &bytes, &Limits::MESSAGE).map_err(|fault| self.refused(fault))?;
        self.check_edition(&adapters, &translation, now)?;
        Ok(if self.explain {
            explain(&translation, &self.names())
        } else if self.json {
            as_json(&translation)
        } else {
            String::from_utf8_lossy(&translation.written.bytes).into_owned()
        })
    }

    fn check_edition(&self, adapters: &Adapters, translation: &Translation, now: Timestamp) -> Result<(), Failure> {
        let catalogue = Catalogue::embedded().map_err(|fault| -> Faults { vec![line(&fault, fault.code())] })?;
        translation.message.check_edition(&catalogue, gateway::pipeline::beijing_day(now)).map_err(|fault| {
            let place = adapters.adapter(&self.from).and_then(|adapter| {
                adapter.place_of(translation.message.kind(), standards::field::path::CATALOGUE_EDITION)
            });
            let faults: Faults = vec![line(&format!("{}: {fault}", place.unwrap_or_default()), fault.code())];
            Failure::from(faults)
        })
    }

    fn refused(&self, fault: TranslationFault) -> Failure {
        let (faults, by) = match fault {
            TranslationFault::NoRegion(region) => {
                let faults: Faults = vec![line(
                    &format!("{region}: 没有这个地区的规则 / no rules of this region"),
                    "exchange.target_unknown",
                )];
                return faults.into();
            }
            TranslationFault::Read(faults) => (faults, &self.from),
            TranslationFault::Write(faults) => (faults, &self.to),
        };
        if self.json {
            let text = serde_json::to_string_pretty(&Refused::of(&faults)).unwrap_or_default();
            return Failure { text: text + "\n", exit_status: error::REFUSED };
        }
        let told = |fault: &Fault| {
            let place = if fault.path.is_empty() { self.file.display().to_string() } else { fault.path.clone() };
            let value = fault.value.as_ref().map(|value| format!("（收到 received {value:?}）")).unwrap_or_default();
            let rule = fault.rule.as_ref().map(|rule| format!(" @ {rule}")).unwrap_or_default();
            line(&format!("{by} {place}: {}{value}{rule}", fault.hint()), fault.code())
        };
        faults.iter().map(told).collect::<Faults>().into()
    }

    /// The names of the two regions, or their codes.
    fn names(&self) -> [String; 2] {
        let regions = Regions::embedded().ok();
        [&self.from, &self.to].map(|code| {
            let name = regions.as_ref().and_then(|regions| regions.get(code)).map(|region| region.name_zh.clone());
            name.unwrap_or_else(|| code.to_string())
        })
    }
}

/// All faults of a message, for programs.
#[derive(serde::Serialize)]
struct Refused<'a> {
    errors: Vec<RefusedField<'a>>,
}

/// One fault.
#[derive(serde::Serialize)]
struct RefusedField<'a> {
    #[serde(flatten)]
    fault: &'a Fault,
    zh: &'a str,
    en: &'a str,
    advice_zh: &'a str,
    advice_en: &'a str,
}

impl<'a> Refused<'a> {
    fn of(faults: &'a [Fault]) -> Self {
        let field = |fault: &'a Fault| {
            let text = problem::text(fault.code());
            let of = |part: fn(&'static problem::ProblemText) -> &'static str| text.map_or("", part);
            RefusedField {
                fault,
                zh: of(|text| &text.zh),
                en: of(|text| &text.en),
                advice_zh: of(|text| &text.advice_zh),
                advice_en: of(|text| &text.advice_en),
            }
        };
        Self { errors: faults.iter().map(field).collect() }
    }
}

fn as_json(translation: &Translation) -> String {
    let Translation { message, written, routes } = translation;
    let value = serde_json::json!({
        "kind": message.kind(),
        "fields": message.fields().iter().collect::<std::collections::BTreeMap<_, _>>(),
        "content_type": written.content_type,
        "message": String::from_utf8_lossy(&written.bytes),
        "routes": routes,
    });
    format!("{value:#}\n")
}

/// The way of each field, a block each: what it is, where it was read, where it was written, what was lost.
fn explain(translation: &Translation, [from, to]: &[String; 2]) -> String {
    let Translation { message, routes, .. } = translation;
    let mut text = format!("{}（{}）：{from} → {to}\n", message.kind().label(), message.kind().as_str());
    let lossless = routes.iter().filter(|route| route.is_lossless()).count();
    for route in routes {
        let name = route.name_zh.unwrap_or("标准模型不采用 / not carried");
        let field = route.field.map_or("-".into(), standards::field::FieldPath::text);
        let _ = writeln!(text, "\n{name} {field}");
        for (label, side) in [(from, &route.read), (to, &route.written)] {
            if let Some(origin) = side {
                text.push_str(&told(label, origin));
            }
        }
    }
    let _ = writeln!(
        text,
        "\n共 {} 个字段，{lossless} 个无损，其余的原值如上。{} fields, {lossless} lossless; what the others were is kept above.",
        routes.len(),
        routes.len()
    );
    text
}

/// One side of a way, in one or two lines.
fn told(label: &str, origin: &FieldOrigin) -> String {
    let FieldOrigin { source_path, rule, transform, fidelity, note, .. } = origin;
    let place = source_path.as_deref().unwrap_or("（无处可写 / no place）");
    let fidelity = match fidelity {
        Fidelity::Lossless => "无损 lossless".to_owned(),
        Fidelity::Lossy { original } => format!("有损 lossy，原值 was {original:?}"),
        Fidelity::NotCarried { original: Some(original) } => format!("未带过去 not carried，原值 was {original:?}"),
        Fidelity::NotCarried { original: None } => "未带过去，不留存 not carried, kept nowhere".to_owned(),
    };
    let mut text = format!("  {label} {place}\n");
    let by: Vec<&str> = [transform.as_deref(), rule.as_deref()].into_iter().flatten().collect();
    let _ = writeln!(text, "      {fidelity}{}{}", if by.is_empty() { "" } else { "  ·  " }, by.join(" @ "));
    if let Some(adapters::Note::SupersededDivision { current, name }) = note {
        let _ = writeln!(text, "      区划已撤销，现为 {current} {name} / superseded division");
    }
    text
}
