//! One step of one signature: what was looked at, what was found, and what that weighs under a policy.
use serde::Serialize;

use crate::{
    finding::{Finding, Weight},
    policy::AppliedPolicy,
    step::Step,
};

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// It holds.
    Pass,
    /// It does not: the signature is invalid.
    Fail,
    /// It cannot be judged.
    Indeterminate,
    /// Worth knowing, without weight.
    Hint,
    /// There is nothing to judge.
    NotApplicable,
}

/// One step of one signature.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// Which step.
    pub step: Step,
    /// The clause that asks for it.
    pub clause: &'static str,
    /// How it ended.
    pub outcome: StepOutcome,
    /// Stable code of what was found, of the heaviest where there is more; `null` where nothing was.
    pub code: Option<&'static str>,
    /// The evidence, in short English.
    pub detail: String,
    /// Everything that was found, the most specific first.
    pub findings: Vec<Finding>,
    /// What was looked at, whatever was found.
    #[serde(skip)]
    evidence: String,
}

/// What the judge of a step says. It weighs nothing: that is for a policy to do.
#[derive(Clone, Debug)]
pub(crate) enum Judgement {
    /// There is nothing to judge.
    NotApplicable,
    /// What was looked at, and everything that was found, the most specific first.
    Judged { evidence: String, findings: Vec<Finding> },
}

impl Judgement {
    /// Nothing was found.
    pub(crate) fn pass(evidence: impl Into<String>) -> Self {
        Judgement::Judged { evidence: evidence.into(), findings: Vec::new() }
    }

    /// All of this was found; with none of it the step passes.
    pub(crate) fn all(evidence: impl Into<String>, findings: Vec<Finding>) -> Self {
        Judgement::Judged { evidence: evidence.into(), findings }
    }
}

impl Judgement {
    pub(crate) fn is_pass(&self) -> bool {
        matches!(self, Judgement::Judged { findings, .. } if findings.is_empty())
    }
}

impl From<Finding> for Judgement {
    fn from(finding: Finding) -> Self {
        Judgement::Judged { evidence: String::new(), findings: vec![finding] }
    }
}

impl StepReport {
    pub(crate) fn new(step: Step, clause: &'static str, judgement: Judgement, policy: AppliedPolicy) -> Self {
        let (outcome, evidence, findings) = match judgement {
            Judgement::NotApplicable => (StepOutcome::NotApplicable, String::new(), Vec::new()),
            Judgement::Judged { evidence, findings } => (StepOutcome::Pass, evidence, findings),
        };
        let mut report = StepReport { step, clause, outcome, code: None, detail: String::new(), findings, evidence };
        report.weigh(policy);
        report
    }

    /// Weighs the findings (again): the heaviest leads, of equals the first.
    pub(crate) fn weigh(&mut self, policy: AppliedPolicy) {
        if self.outcome == StepOutcome::NotApplicable {
            return;
        }
        let weight = |finding: &&Finding| policy.weight(finding.code());
        // `max_by_key` gives the last of equals.
        let leading = self.findings.iter().rev().max_by_key(weight);
        self.outcome = match leading.as_ref().map(weight) {
            None => StepOutcome::Pass,
            Some(Weight::Hint) => StepOutcome::Hint,
            Some(Weight::Indeterminate) => StepOutcome::Indeterminate,
            Some(Weight::Fail) => StepOutcome::Fail,
        };
        self.code = leading.map(Finding::code);
        self.detail = leading.map_or_else(|| self.evidence.clone(), ToString::to_string);
    }
}
