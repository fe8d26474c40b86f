//! The facts that a report rests on: under what it was judged, whose certificates and times these are, and what each file is covered by.

use std::fmt::Write as _;

use seals::{
    CertificateFacts, CoverageEntry, SignatureReport, StampFacts, TimeSource, TrustReport, VerificationReport,
};

use crate::text::{Style, pad, printable};

/// Files that the list spells out; the JSON has all.
const FILES_TOLD: usize = 40;
/// Columns of the widest Chinese name of a kind of file.
const KIND_COLUMNS: usize = 16;

/// Under what was judged, each signature's facts, and the coverage by file.
pub(super) fn write(report: &VerificationReport, style: Style) -> String {
    let mut out = basis(report);
    for signature in report.signatures() {
        out.push_str(&of_signature(signature));
    }
    out + &coverage(report.coverage(), style)
}

fn basis(report: &VerificationReport) -> String {
    let (policy, indication) = (report.policy(), report.indication());
    let strict = if policy.strict { "，严格 strict" } else { "" };
    let sub = indication.sub.map_or(String::new(), |sub| format!(" / {}", name(&sub)));
    let mut out = String::from("\n依据 / Judged by\n");
    let _ = writeln!(out, "  时间 at      {}", report.at());
    let _ = writeln!(out, "  口径 policy  {}，版本 edition {}{strict}", policy.policy.name(), policy.edition.name);
    let _ = writeln!(out, "  ETSI         {}{sub}", name(&indication.main));
    out + &trust(report.trust())
}

fn trust(trust: &TrustReport) -> String {
    let edition = trust.edition.as_deref().unwrap_or("不是签名的信任列表 / not a signed list");
    let mut out = format!("  信任 trust   {edition}\n");
    for evidence in &trust.evidence {
        let kind = match evidence.kind {
            "list" => "撤销列表 list",
            "delta_list" => "增量列表 delta list",
            _ => "状态响应 OCSP response",
        };
        let number = evidence.number.as_ref().map_or(String::new(), |number| format!(" №{number}"));
        let issuer = printable(&evidence.issuer);
        let _ = writeln!(out, "  {kind}{number}  {}  {issuer}", evidence.this_update);
    }
    out
}

fn of_signature(signature: &SignatureReport) -> String {
    let facts = &signature.facts;
    let mut out = String::new();
    if let Some(seal) = &facts.seal {
        out.push_str(&certificate("制章者 seal maker", &seal.maker));
        let _ = writeln!(
            out,
            "    印章 seal  制作 made {}，有效期 valid {} – {}",
            seal.created_at, seal.valid_from, seal.valid_until
        );
        out.push_str(&stamp("印章的时间戳 time stamp on the seal", seal.time_stamp.as_ref()));
    }
    if let Some(signer) = &facts.signer {
        out.push_str(&certificate("签章者 seal signer", signer));
    }
    if let (Some(at), Some(source)) = (signature.signed_at, facts.signed_at_from) {
        let source = match source {
            TimeSource::Signature => "签章者自称 the signer's claim",
            TimeSource::SignatureXml => "签章者在 Signature.xml 中自称 the signer's claim, in Signature.xml",
            TimeSource::TimeStamp => "时间戳证明 proved by a time stamp",
        };
        let _ = writeln!(out, "    签章时间 signed at  {at}（{source}）");
    }
    out.push_str(&stamp("时间戳 time stamp", facts.time_stamp.as_ref()));
    if let Some(at) = facts.existed_at {
        let _ = writeln!(out, "    已证明存在 proved to exist  {at}");
    }
    if out.is_empty() { out } else { format!("\n事实 / Facts of {}\n{out}", signature.index) }
}

fn certificate(role: &str, facts: &CertificateFacts) -> String {
    format!(
        "  {role}  {}\n    颁发者 issuer  {}\n    证书 certificate  {} – {}  № {}\n    SHA-256  {}\n",
        printable(&facts.subject),
        printable(&facts.issuer),
        facts.not_before,
        facts.not_after,
        facts.serial,
        facts.digest,
    )
}

fn stamp(label: &str, stamp: Option<&StampFacts>) -> String {
    stamp.map_or(String::new(), |stamp| {
        format!("    {label}  {}  {}\n", stamp.made_at, printable(&stamp.authority.subject))
    })
}

/// As JSON names it.
fn name(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).map_or_else(|error| error.to_string(), |json| json.trim_matches('"').to_owned())
}

/// What is uncovered stands first: that is what a reader has to look at.
fn coverage(files: &[CoverageEntry], style: Style) -> String {
    if files.is_empty() {
        return String::new();
    }
    let uncovered = files.iter().filter(|file| file.is_uncovered()).count();
    let mut out = format!(
        "\n保护范围 / Coverage  共 {} 个文件，{uncovered} 个不受任何签章保护 / {0} files, {uncovered} outside every signature\n",
        files.len()
    );
    let (open, covered): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.is_uncovered());
    for file in open.into_iter().chain(covered).take(FILES_TOLD) {
        let (chinese, english) = file.kind.label();
        let by = if file.is_uncovered() {
            String::from("✗")
        } else {
            file.signatures.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        };
        let actions = if file.actions { "，含动作 acts" } else { "" };
        let label = style.quiet(&format!("{english}{actions}"));
        let _ = writeln!(out, "  {by:>3}  {}  {}  {label}", pad(chinese, KIND_COLUMNS), printable(&file.entry));
    }
    if let Some(more) = files.len().checked_sub(FILES_TOLD).filter(|more| *more > 0) {
        let _ = writeln!(out, "  另有 {more} 个，见 --json / {more} more in --json");
    }
    out
}
