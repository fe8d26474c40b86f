//! Expectations against what came: answers, fields, and what a message means.

use adapters::{Adapters, Fault, FieldOrigin, Limits};
use standards::code::RegionCode;

use crate::client::Answer;
use crate::field::Fields;
use crate::scenario::{Expected, FieldCheck};
use crate::verdict::Mismatch;
use crate::wire::{Decided, Problem, Verified};

/// What of an answer differs.
pub(crate) fn answer(expected: &Expected, answer: &Answer, before: Option<&Answer>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    if !expected.status.contains(&answer.status) {
        let status: Vec<String> = expected.status.iter().map(u16::to_string).collect();
        let mismatch =
            Mismatch::Value { what: ("状态码", "status"), expected: status.join("|"), got: answer.brief() };
        // The rest would speak of another kind of body.
        return vec![mismatch];
    }
    if expected.decision.is_some() || !expected.reasons.is_empty() {
        decision(expected, answer, &mut found);
    }
    if expected.code.is_some() || !expected.faults.is_empty() {
        problem(expected, answer, &mut found);
    }
    if expected.verdict.is_some() || expected.fails.is_some() {
        verification(expected, answer, &mut found);
    }
    if expected.same && before.is_none_or(|before| before.body != answer.body) {
        let got = before.map(Answer::brief).unwrap_or_default();
        found.push(Mismatch::Value {
            what: ("逐字节相同的应答", "byte-identical answer"),
            expected: got,
            got: answer.brief(),
        });
    }
    found
}

fn decision(expected: &Expected, answer: &Answer, found: &mut Vec<Mismatch>) {
    let Some(decided) = body::<Decided>(answer, ("决定", "decision"), found) else { return };
    let reasons: Vec<String> = decided.reasons.iter().map(|reason| reason.code.clone()).collect();
    if let Some(decision) = &expected.decision {
        let got = format!("{} {reasons:?}", decided.decision);
        value(("决定", "decision"), decision, &decided.decision, got, found);
    }
    for reason in expected.reasons.iter().filter(|reason| !reasons.contains(reason)) {
        found.push(Mismatch::NotAmong { what: ("理由", "reasons"), expected: reason.clone(), got: reasons.clone() });
    }
    // The window clerk reads the texts, not the codes.
    for reason in decided.reasons.iter().filter(|reason| reason.zh.is_empty() || reason.en.is_empty()) {
        let what = ("双语理由", "reason in both languages");
        found.push(Mismatch::Nothing { what, answer: reason.code.clone() });
    }
}

fn problem(expected: &Expected, answer: &Answer, found: &mut Vec<Mismatch>) {
    let Some(problem) = body::<Problem>(answer, ("问题说明", "problem document"), found) else { return };
    if let Some(code) = &expected.code {
        value(("问题代码", "problem code"), code, &problem.code, answer.brief(), found);
    }
    let faults: Vec<String> = problem.errors.iter().map(|fault| format!("{} at {}", fault.code, fault.path)).collect();
    for fault in expected.faults.iter().filter(|fault| !faults.contains(fault)) {
        found.push(Mismatch::NotAmong {
            what: ("字段问题", "faults of fields"),
            expected: fault.clone(),
            got: faults.clone(),
        });
    }
}

fn verification(expected: &Expected, answer: &Answer, found: &mut Vec<Mismatch>) {
    let Some(verified) = body::<Verified>(answer, ("验章报告", "verification report"), found) else { return };
    if let Some(verdict) = &expected.verdict {
        value(("验章结论", "verdict"), verdict, &verified.verdict, verified.verdict.clone(), found);
    }
    let steps = verified.signatures.iter().flat_map(|signature| &signature.steps);
    let failed: Vec<String> = steps.filter(|step| step.outcome == "fail").map(|step| step.step.clone()).collect();
    for step in expected.fails.iter().filter(|step| !failed.contains(step)) {
        found.push(Mismatch::NotAmong {
            what: ("失败的步骤", "failing steps"),
            expected: step.clone(),
            got: failed.clone(),
        });
    }
}

fn body<T: serde::de::DeserializeOwned>(
    answer: &Answer,
    what: (&'static str, &'static str),
    found: &mut Vec<Mismatch>,
) -> Option<T> {
    let parsed = serde_json::from_slice(&answer.body).ok();
    if parsed.is_none() {
        found.push(Mismatch::Nothing { what, answer: answer.brief() });
    }
    parsed
}

fn value(what: (&'static str, &'static str), expected: &str, got: &str, shown: String, found: &mut Vec<Mismatch>) {
    if expected != got {
        found.push(Mismatch::Value { what, expected: expected.to_owned(), got: shown });
    }
}

/// Which fields of a message differ, with the line of each expectation.
pub(crate) fn fields(fields: &Fields, checks: &[FieldCheck]) -> Vec<(usize, Mismatch)> {
    let differs = |check: &FieldCheck| {
        let got = fields.get(&check.path);
        // A path that fits several fields decides nothing, and shows as a difference that lists them all.
        let got = if got.is_empty() { None } else { Some(got.join(" | ")) };
        let field =
            Mismatch::Field { path: check.path.clone(), expected: check.value.clone(), got: got.clone(), origin: None };
        (got != check.value).then_some((check.line, field))
    };
    checks.iter().filter_map(differs).collect()
}

/// What a message means in the standard model, by the adapters at hand, against what the suite says that it means.
pub(crate) fn meaning(
    adapters: &Adapters,
    region: &RegionCode,
    message: &[u8],
    checks: &[FieldCheck],
) -> Vec<(usize, Mismatch)> {
    let whole = |said: String| vec![(checks.first().map_or(0, |check| check.line), Mismatch::Adapter { said })];
    let Some(adapter) = adapters.adapter(region) else {
        return whole(format!("{region}: none"));
    };
    let mapped = match adapter.read_conclusion(message, &Limits::MESSAGE) {
        Ok(mapped) => mapped,
        Err(faults) => return whole(all_told(&faults)),
    };
    let fields = mapped.case.to_fields();
    let differs = |check: &FieldCheck| {
        let got = fields.get(&check.path).map(str::to_owned);
        let origin = mapped
            .explanation
            .iter()
            .find(|origin| origin.field.is_some_and(|path| path.text() == check.path))
            .map(told);
        let field =
            Mismatch::Field { path: check.path.clone(), expected: check.value.clone(), got: got.clone(), origin };
        (got != check.value).then_some((check.line, field))
    };
    checks.iter().filter_map(differs).collect()
}

/// The faults of a message in one line.
pub(crate) fn all_told(faults: &[Fault]) -> String {
    let told: Vec<String> =
        faults.iter().map(|fault| format!("{} {} ({})", fault.path, fault.code(), fault.hint())).collect();
    told.join("; ")
}

/// Where a field came from and by which rule, in one line.
fn told(origin: &FieldOrigin) -> String {
    let parts = [origin.source_path.as_deref(), origin.transform, origin.rule.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
