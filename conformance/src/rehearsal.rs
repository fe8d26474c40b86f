//! A rehearsal: what a suite says of messages alone, checked against the adapters, without a gateway.

use std::path::Path;
use std::time::Duration;

use adapters::{Adapters, Limits};
use standards::code::RegionCode;

use crate::error::SuiteError;
use crate::expect;
use crate::field::Fields;
use crate::report::{Outcome, Report};
use crate::scenario::{Action, Expected, FieldCheck, Scenario};
use crate::suite::{Suite, changed};
use crate::verdict::{Finding, Mismatch, Verdict};

/// Plays every scenario as far as it goes without a gateway: what messages mean, how the reader would have them, and which
/// faults they have. Scenarios that only a gateway can answer are skipped without a word.
///
/// # Errors
/// When the suite itself is broken.
pub fn rehearse(suite: &Suite, adapters: &Adapters, mut observe: impl FnMut(&Outcome)) -> Result<Report, SuiteError> {
    let mut outcomes = Vec::new();
    for (file, scenario) in &suite.scenarios {
        let verdict = verdict(suite, adapters, file, scenario)?;
        let title = (scenario.title_zh.clone(), scenario.title_en.clone());
        let outcome =
            Outcome { name: scenario.name.clone(), file: file.clone(), title, verdict, duration: Duration::ZERO };
        if !matches!(outcome.verdict, Verdict::Skip(_)) {
            observe(&outcome);
        }
        outcomes.push(outcome);
    }
    Ok(Report { suite: suite.name.clone(), outcomes })
}

/// A message in the hand of its sender.
struct Draft {
    from: RegionCode,
    text: String,
}

fn verdict(suite: &Suite, adapters: &Adapters, file: &Path, scenario: &Scenario) -> Result<Verdict, SuiteError> {
    if let Some(reason) = &scenario.skip {
        return Ok(Verdict::Skip(reason.clone()));
    }
    let mut draft = None;
    let mut asked = 0;
    let mut findings = Vec::new();
    for step in &scenario.steps {
        let located = |(line, mismatch)| Finding { file: file.to_owned(), line, mismatch };
        match (&step.action, &draft) {
            (Action::Submit(submission), _) => {
                let from = submission.from.clone().unwrap_or_else(|| suite.region.clone());
                let (text, _) = suite.message(&submission.message)?;
                draft = Some(Draft { from, text: changed(file, text, &submission.changes)? });
            }
            (Action::Again(resend), Some(Draft { from, text })) => {
                draft = Some(Draft { from: from.clone(), text: changed(file, text, &resend.changes)? });
            }
            (Action::Means(checks), Some(Draft { from, text })) => {
                asked += checks.len();
                findings.extend(expect::meaning(adapters, from, text.as_bytes(), checks).into_iter().map(located));
            }
            (Action::Read(reader, checks), Some(draft)) => {
                asked += checks.len();
                findings.extend(written(adapters, draft, reader, checks).into_iter().map(located));
            }
            (Action::Answer(expected), Some(draft)) if !expected.faults.is_empty() => {
                asked += expected.faults.len();
                findings.extend(faults(adapters, draft, expected).map(|mismatch| located((step.line, mismatch))));
            }
            _ => {}
        }
    }
    if asked == 0 {
        return Ok(Verdict::Skip("只有网关能回答 / only a gateway can answer it".to_owned()));
    }
    Ok(Verdict::judge(scenario.diverges.as_deref(), findings))
}

/// Which fields differ when the message is written in the reader's dialect.
fn written(adapters: &Adapters, draft: &Draft, reader: &RegionCode, checks: &[FieldCheck]) -> Vec<(usize, Mismatch)> {
    let whole = |said: String| vec![(checks.first().map_or(0, |check| check.line), Mismatch::Adapter { said })];
    let (Some(from), Some(to)) = (adapters.adapter(&draft.from), adapters.adapter(reader)) else {
        return whole(format!("{} → {reader}: none", draft.from));
    };
    let written =
        from.read_conclusion(draft.text.as_bytes(), &Limits::MESSAGE).and_then(|mapped| to.write(&mapped.message));
    match written {
        Ok(written) => match Fields::read(written.content_type, &written.bytes) {
            Some(fields) => expect::fields(&fields, checks),
            None => whole(format!("{reader}: {}", written.content_type)),
        },
        Err(faults) => whole(expect::all_told(&faults)),
    }
}

/// Which of the expected faults the adapter does not find.
fn faults(adapters: &Adapters, draft: &Draft, expected: &Expected) -> impl Iterator<Item = Mismatch> {
    let read =
        adapters.adapter(&draft.from).map(|adapter| adapter.read_conclusion(draft.text.as_bytes(), &Limits::MESSAGE));
    let found: Vec<String> = match read {
        Some(Err(faults)) => faults.iter().map(|fault| format!("{} at {}", fault.code(), fault.path)).collect(),
        Some(Ok(_)) | None => Vec::new(),
    };
    let missing: Vec<String> = expected.faults.iter().filter(|fault| !found.contains(fault)).cloned().collect();
    missing.into_iter().map(move |expected| Mismatch::NotAmong {
        what: ("字段问题", "faults of fields"),
        expected,
        got: found.clone(),
    })
}
