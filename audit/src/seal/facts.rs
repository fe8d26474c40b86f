//! The facts that a report rests on: under what it was judged, and what the signatures do not cover.

use std::fmt::Write as _;

use seals::VerificationReport;

use crate::text::{Style, printable};

/// Names that the list of what no signature covers spells out; the JSON has all.
const UNCOVERED_TOLD: usize = 20;

/// Under what was judged, then what is not covered.
pub(super) fn write(report: &VerificationReport, _style: Style) -> String {
    let policy = report.policy();
    let strict = if policy.strict { "，严格 strict" } else { "" };
    let indication = report.indication();
    let sub = indication.sub.map_or(String::new(), |sub| format!(" / {}", name(&sub)));
    let mut out = String::from("\n依据 / Judged by\n");
    let _ = writeln!(out, "  时间 at      {}", report.at());
    let _ = writeln!(out, "  口径 policy  {} 第 {} 版 / edition{strict}", policy.policy.name(), policy.edition.name);
    let trust = report.trust().edition.as_deref().unwrap_or("没有版本 / without edition");
    let _ = writeln!(out, "  信任 trust   {trust}");
    let _ = writeln!(out, "  ETSI         {}{sub}", name(&indication.main));
    out + &uncovered(report.uncovered())
}

/// As JSON names it.
fn name(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).map_or_else(|error| error.to_string(), |json| json.trim_matches('"').to_owned())
}

fn uncovered(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let mut out = format!("\n未被签章覆盖的文件 / Files that no signature covers ({})\n", names.len());
    for name in names.iter().take(UNCOVERED_TOLD) {
        let _ = writeln!(out, "  {}", printable(name));
    }
    if let Some(more) = names.len().checked_sub(UNCOVERED_TOLD).filter(|more| *more > 0) {
        let _ = writeln!(out, "  另有 {more} 个，见 --json / {more} more in --json");
    }
    out
}
