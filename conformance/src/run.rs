//! The runner: plays a suite's scenarios against a gateway and gives each its verdict.

use std::time::Duration;

use adapters::Adapters;
use jiff::Timestamp;
use ledger::note::VerifierKey;
use standards::code::RegionCode;
use ureq::tls::RootCerts;

use crate::error::SuiteError;
use crate::partner::KeyFolder;
use crate::report::{Outcome, Report};
use crate::scenario::{Action, Scenario};
use crate::story::Story;
use crate::suite::Suite;
use crate::verdict::Verdict;

/// 运行: everything that a run is given.
pub struct Run<'a> {
    /// The gateway's address.
    pub url: String,
    /// The partners' keys.
    pub keys: KeyFolder,
    /// The only roots that the gateway's certificate may chain to.
    pub roots: RootCerts,
    /// The adapters to look into, where they are at hand.
    pub adapters: Option<&'a Adapters>,
    /// The log's keys; none where only the arithmetic of receipts is checked.
    pub log_keys: Vec<VerifierKey>,
    /// The present, which requests and seals are dated with.
    pub clock: fn() -> Timestamp,
}

impl Run<'_> {
    /// Plays every scenario of `suite`, in order, and tells `observe` of each outcome as it comes.
    ///
    /// # Errors
    /// When the gateway cannot be reached or the suite is broken: then there is no verdict at all.
    pub fn play(&self, suite: &Suite, mut observe: impl FnMut(&Outcome)) -> Result<Report, SuiteError> {
        let mut outcomes = Vec::new();
        for (file, scenario) in &suite.scenarios {
            let start = (self.clock)();
            let verdict = self.verdict(suite, file, scenario)?;
            let duration = Duration::try_from((self.clock)() - start).unwrap_or_default();
            let title = (scenario.title_zh.clone(), scenario.title_en.clone());
            let outcome = Outcome { name: scenario.name.clone(), file: file.clone(), title, verdict, duration };
            observe(&outcome);
            outcomes.push(outcome);
        }
        Ok(Report { suite: suite.name.clone(), outcomes })
    }

    fn verdict(&self, suite: &Suite, file: &std::path::Path, scenario: &Scenario) -> Result<Verdict, SuiteError> {
        if let Some(reason) = &scenario.skip {
            return Ok(Verdict::Skip(reason.clone()));
        }
        if let Some(region) = regions(suite, scenario).into_iter().find(|region| !self.keys.holds(region)) {
            return Ok(Verdict::Skip(format!(
                "密钥文件夹中没有 {region} 的密钥 / the key folder has no keys of {region}"
            )));
        }
        let findings = Story::new(self, suite, file).play(scenario)?;
        Ok(Verdict::judge(scenario.diverges.as_deref(), findings))
    }
}

/// The regions whose keys a scenario needs.
fn regions(suite: &Suite, scenario: &Scenario) -> Vec<RegionCode> {
    let mut regions = vec![suite.region.clone()];
    for step in &scenario.steps {
        match &step.action {
            Action::Submit(submission) => {
                regions.extend(submission.from.clone());
                // Where another partner's keys are misused, they are the receiver's.
                let misused = submission.misuse.filter(|misuse| misuse.takes_anothers_keys());
                regions.extend(misused.map(|_| submission.to.clone()));
            }
            Action::Read(region, _)
            | Action::Document(region)
            | Action::Inbox(region, _)
            | Action::Deliver(region)
            | Action::Get(region, _) => {
                regions.push(region.clone());
            }
            Action::Again(_) | Action::Answer(_) | Action::Means(_) | Action::Verify => {}
        }
    }
    regions
}
