//! The report of a run: text for people, Chinese first, and `JUnit` for machines.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};

use crate::verdict::{Finding, Verdict};

/// 报告: the outcome of a suite's run.
#[derive(Debug)]
pub struct Report {
    /// The suite's name: region code and name.
    pub suite: String,
    /// Each scenario in the order of its file's name.
    pub outcomes: Vec<Outcome>,
}

/// A scenario and what it came to.
#[derive(Debug)]
pub struct Outcome {
    /// The scenario's name.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
    /// Its titles, Chinese and English.
    pub title: (String, String),
    /// What it came to.
    pub verdict: Verdict,
    /// How long it took.
    pub duration: Duration,
}

impl Report {
    /// Whether nothing failed and nothing passed by surprise.
    pub fn is_good(&self) -> bool {
        !self.outcomes.iter().any(|outcome| outcome.verdict.is_bad())
    }

    /// The last line: how many of each.
    pub fn summary(&self) -> String {
        let count = |name: &str| self.outcomes.iter().filter(|outcome| outcome.verdict.name().1 == name).count();
        let names = [
            ("通过", "pass"),
            ("跳过", "skip"),
            ("已知差异", "known divergence"),
            ("失败", "failure"),
            ("意外通过", "unexpected success"),
        ];
        let counts: Vec<_> = names.iter().map(|(zh, en)| format!("{zh} {en} {}", count(en))).collect();
        let (zh, en) = if self.is_good() { ("符合", "conforms") } else { ("不符合", "does not conform") };
        format!("{suite}：{zh} / {en} · {counts}", suite = self.suite, counts = counts.join(" · "))
    }

    /// The report as `JUnit` reads it.
    ///
    /// # Errors
    /// When the XML writer refuses, which it does for no text of ours.
    pub fn junit(&self) -> Result<String, quick_junit::SerializeError> {
        let mut suite = TestSuite::new(self.suite.as_str());
        suite.add_test_cases(self.outcomes.iter().map(|outcome| {
            let mut case = TestCase::new(outcome.name.as_str(), status(&outcome.verdict));
            case.set_classname(self.suite.as_str()).set_time(outcome.duration);
            case.set_system_out(format!("{}\n{}\n{}", outcome.title.0, outcome.title.1, outcome.file.display()));
            case
        }));
        let mut report = JunitReport::new("tongbiao-conformance");
        report.add_test_suite(suite);
        report.to_string()
    }
}

impl Outcome {
    /// Its lines in the text report.
    pub fn text(&self) -> String {
        let (zh, en) = self.verdict.name();
        let mut text = format!("{zh} {en:<18} {name}  {title}", name = self.name, title = self.title.0);
        if !matches!(self.verdict, Verdict::Pass) {
            // Writing to a String cannot fail.
            let _ = write!(text, " / {}", self.title.1);
        }
        for line in details(&self.verdict) {
            let _ = write!(text, "\n    {line}");
        }
        text
    }
}

/// The reason and the findings, one to a line.
fn details(verdict: &Verdict) -> Vec<String> {
    let reason = verdict.reason().map(|reason| format!("原因 reason: {reason}"));
    reason.into_iter().chain(verdict.findings().iter().map(located)).collect()
}

fn located(finding: &Finding) -> String {
    let (zh, en) = finding.mismatch.texts();
    format!("{}:{}\n      {zh}\n      {en}", finding.file.display(), finding.line)
}

fn status(verdict: &Verdict) -> TestCaseStatus {
    let message = verdict.name().1;
    let mut status = match verdict {
        Verdict::Pass => return TestCaseStatus::success(),
        // JUnit knows no "known divergence": it must be seen, and must not fail the run.
        Verdict::Skip(_) | Verdict::KnownDivergence { .. } => TestCaseStatus::skipped(),
        Verdict::Failure(_) | Verdict::UnexpectedSuccess { .. } => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    status.set_type(message).set_message(message).set_description(details(verdict).join("\n"));
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Mismatch;

    fn report(verdicts: Vec<Verdict>) -> Report {
        let outcome = |(index, verdict)| Outcome {
            name: format!("{index:02}"),
            file: format!("{index:02}.scenario").into(),
            title: ("题".to_owned(), "title".to_owned()),
            verdict,
            duration: Duration::from_millis(3),
        };
        Report {
            suite: "120000 天津市".to_owned(), outcomes: verdicts.into_iter().enumerate().map(outcome).collect()
        }
    }

    fn failure() -> Verdict {
        let mismatch = Mismatch::Field {
            path: "/result/no".to_owned(),
            expected: Some("津劳派000001".to_owned()),
            got: None,
            origin: Some("ZJBH".to_owned()),
        };
        Verdict::Failure(vec![Finding { file: "00.scenario".into(), line: 12, mismatch }])
    }

    #[test]
    fn a_failure_says_where_and_which_field() {
        let text = report(vec![failure()]).outcomes[0].text();
        for part in ["00.scenario:12", "字段 /result/no：应为 “津劳派000001”，实为 ∅ [ZJBH]", "field /result/no"]
        {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn the_run_is_good_until_something_failed_or_surprised() {
        let skip = || Verdict::Skip("no key".to_owned());
        let known = || Verdict::KnownDivergence { reason: "agreed".to_owned(), findings: Vec::new() };
        let surprise = Verdict::UnexpectedSuccess { reason: "agreed".to_owned() };
        assert!(report(vec![Verdict::Pass, skip(), known()]).is_good());
        assert!(!report(vec![Verdict::Pass, failure()]).is_good());
        assert!(!report(vec![Verdict::Pass, surprise]).is_good());
    }

    #[test]
    fn junit_counts_failures_and_skips() {
        let xml = report(vec![Verdict::Pass, Verdict::Skip("no key".to_owned()), failure()]).junit().unwrap();
        assert!(xml.contains(r#"tests="3""#) && xml.contains(r#"failures="1""#), "{xml}");
        assert!(xml.contains("skipped") && xml.contains("00.scenario:12"), "{xml}");
    }
}
