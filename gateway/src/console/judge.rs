//! What a clerk is told about a document or a licence number. Nothing here is recorded, and nothing here recognises.

use jiff::Timestamp;
use seals::{Context, LicenseFacts, Limits, Policy, StepOutcome, VerificationReport, VerifiedSeal};
use standards::code::CreditCode;
use standards::entry::{Entry, Judgement};
use standards::item::SameStandardItem;
use standards::problem;

use crate::exchange::answer;
use crate::gateway::Gateway;
use crate::pipeline::{Reason, beijing_day};
use crate::problem::Problem;

/// 结论: the one sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conclusion {
    /// 可互认.
    Recognised,
    /// 不予互认.
    Refused,
    /// 需人工核验.
    ManualReview,
}

/// Why, in one code with its clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ground {
    pub(super) code: String,
    pub(super) clause: Option<String>,
}

/// 核验结果.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) conclusion: Conclusion,
    pub(super) grounds: Vec<Ground>,
    /// Label and value, as the page shows them.
    pub(super) facts: Vec<(&'static str, String)>,
}

/// What the ledger says of a licence number: the newest decision.
pub(super) fn by_number(gateway: &Gateway, number: &str) -> Result<Answer, Problem> {
    let ledger = gateway.ledger();
    let failed = |_| Problem::LedgerUnavailable;
    let found = ledger.find(&ledger.tag(&[b"license", number.as_bytes()])).map_err(failed)?;
    let Some(index) = found.last().copied() else {
        let ground = Ground { code: "recognition.number_unknown".to_owned(), clause: None };
        return Ok(Answer { conclusion: Conclusion::ManualReview, grounds: vec![ground], facts: Vec::new() });
    };
    let entry = answer::entry(&ledger.entry(index).map_err(failed)?)?;
    let (conclusion, judgement) = match &entry {
        Entry::Recognition(judgement) => (Conclusion::Recognised, judgement),
        Entry::Refusal(judgement) => (Conclusion::Refused, judgement),
        Entry::ManualReview(judgement) => (Conclusion::ManualReview, judgement),
        _ => return Err(Problem::LedgerUnavailable),
    };
    let grounds = judgement.reasons.iter().map(|code| ground(code.as_str(), None)).collect();
    Ok(Answer { conclusion, grounds, facts: recorded_facts(gateway, index, judgement) })
}

/// Only what the public entry says: whoever asks by number has not shown the document.
fn recorded_facts(gateway: &Gateway, index: u64, judgement: &Judgement) -> Vec<(&'static str, String)> {
    let region = |code| gateway.regions().get(code).map_or_else(|| code.to_string(), |region| region.name_zh.clone());
    let item =
        gateway.catalogue().get(&judgement.item).map_or_else(|| judgement.item.to_string(), |item| item.name.clone());
    vec![
        ("事项 Item", item),
        ("颁发地区 Issued in", region(&judgement.from)),
        ("互认地区 For", region(&judgement.to)),
        ("判定时间 Decided at", beijing_time(judgement.time)),
        ("账本序号 Ledger entry", index.to_string()),
    ]
}

/// What the verification says of a document.
pub(super) fn by_document(gateway: &Gateway, document: &[u8]) -> Result<Answer, Problem> {
    let (trust, at) = (gateway.fresh_trust()?, gateway.now());
    let context = Context::new(trust, Policy::Recognition, at, &Limits::DEFAULT).with_cache(gateway.seal_cache());
    let report = seals::verify(document, &context);
    let seals = report.verified_seals();
    let seal = seals.iter().find(|seal| is_issuers(seal)).or(seals.first());
    let Some(seal) = seal else { return Ok(of_report(&report)) };
    let Some(facts) = seal.licence_facts() else {
        return Ok(of_reason(Conclusion::ManualReview, Reason::LicenseUnreadable, seal_facts(seal)));
    };
    let mut shown = license_facts(facts);
    shown.extend(seal_facts(seal));
    let expired = facts.valid_until.is_some_and(|end| end < beijing_day(at));
    let answer = match (is_issuers(seal), competent_item(gateway, seal, facts)) {
        (false, _) => of_reason(Conclusion::Refused, Reason::SignerIsNotIssuer, shown),
        (true, _) if expired => of_reason(Conclusion::Refused, Reason::LicenseExpired, shown),
        (true, None) => of_reason(Conclusion::ManualReview, Reason::SignerNotCompetent, shown),
        (true, Some(item)) => {
            shown.insert(0, ("事项 Item", item.name.clone()));
            let regions = item.recognised_in.iter().filter_map(|code| gateway.regions().get(code));
            shown.push((
                "互认地区 Recognised in",
                regions.map(|region| region.name_zh.as_str()).collect::<Vec<_>>().join("、"),
            ));
            Answer { conclusion: Conclusion::Recognised, grounds: Vec::new(), facts: shown }
        }
    };
    Ok(answer)
}

fn is_issuers(seal: &VerifiedSeal) -> bool {
    let issuer = seal.licence_facts().map(|facts| facts.issuer_code.as_str());
    issuer.is_some() && seal.organisation().map(CreditCode::as_str) == issuer
}

/// The item whose result the licence is, when the signer is competent for it and it is open between its region and another.
fn competent_item<'a>(gateway: &'a Gateway, seal: &VerifiedSeal, facts: &LicenseFacts) -> Option<&'a SameStandardItem> {
    let row = seal.row()?;
    gateway.catalogue().items().find(|item| {
        item.result.name == facts.name
            && row.items.contains(&item.id)
            && item.recognised_in.contains(&row.region)
            && item.recognised_in.len() > 1
    })
}

fn of_report(report: &VerificationReport) -> Answer {
    let steps = || report.signatures().iter().flat_map(|signature| &signature.steps);
    let grounds_of = |outcome| -> Vec<Ground> {
        let mut grounds = Vec::new();
        for step in steps().filter(|step| step.outcome == outcome) {
            let ground = ground(step.code.unwrap_or("recognition.license_unreadable"), Some(step.clause));
            if !grounds.contains(&ground) {
                grounds.push(ground);
            }
        }
        grounds
    };
    let failed = grounds_of(StepOutcome::Fail);
    let (conclusion, grounds) = match report.verdict() {
        seals::Verdict::Invalid => (Conclusion::Refused, failed),
        seals::Verdict::Indeterminate => (Conclusion::ManualReview, grounds_of(StepOutcome::Indeterminate)),
        seals::Verdict::Valid => (Conclusion::ManualReview, vec![ground(Reason::LicenseUnreadable.code(), None)]),
    };
    Answer { conclusion, grounds, facts: Vec::new() }
}

fn of_reason(conclusion: Conclusion, reason: Reason, facts: Vec<(&'static str, String)>) -> Answer {
    Answer { conclusion, grounds: vec![ground(reason.code(), reason.clause())], facts }
}

fn ground(code: &str, clause: Option<&str>) -> Ground {
    let of_text = || problem::text(code).and_then(|text| text.clause.as_deref());
    Ground { code: code.to_owned(), clause: clause.or_else(of_text).map(str::to_owned) }
}

fn license_facts(facts: &LicenseFacts) -> Vec<(&'static str, String)> {
    let until = match facts.valid_until {
        None => "未载明".to_owned(),
        Some(end) if end.year() == 9999 => "长期".to_owned(),
        Some(end) => end.to_string(),
    };
    vec![
        ("证照名称 Licence", facts.name.clone()),
        ("证照编号 Number", facts.number.clone()),
        ("持证主体 Holder", facts.holder_name.clone()),
        ("颁发机构 Issuer", facts.issuer_name.clone()),
        ("有效期至 Valid until", until),
    ]
}

fn seal_facts(seal: &VerifiedSeal) -> Vec<(&'static str, String)> {
    vec![("印章 Seal", seal.seal_name().to_owned()), ("签章时间 Sealed at", beijing_time(seal.signed_at()))]
}

/// A time as a clerk reads it.
pub(super) fn beijing_time(at: Timestamp) -> String {
    let zoned = at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)));
    zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
