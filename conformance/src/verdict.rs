//! The five verdicts of a scenario, and the findings that they rest on.

use std::path::PathBuf;

/// 判定: what a scenario came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every expectation held.
    Pass,
    /// It was not run, and why.
    Skip(String),
    /// It failed as it is known to, and why.
    KnownDivergence {
        /// The reason that the scenario gives.
        reason: String,
        /// What differed.
        findings: Vec<Finding>,
    },
    /// Something was not as expected.
    Failure(Vec<Finding>),
    /// It is known to fail, and passed: the scenario or the gateway has changed.
    UnexpectedSuccess {
        /// The reason that the scenario gives.
        reason: String,
    },
}

impl Verdict {
    /// The verdict from what the scenario announces and what its run found.
    pub fn judge(diverges: Option<&str>, findings: Vec<Finding>) -> Self {
        match (diverges, findings.is_empty()) {
            (None, true) => Self::Pass,
            (None, false) => Self::Failure(findings),
            (Some(reason), false) => Self::KnownDivergence { reason: reason.to_owned(), findings },
            (Some(reason), true) => Self::UnexpectedSuccess { reason: reason.to_owned() },
        }
    }

    /// Whether the run as a whole must fail because of it.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Failure(_) | Self::UnexpectedSuccess { .. })
    }

    /// Its name in Chinese and English.
    pub fn name(&self) -> (&'static str, &'static str) {
        match self {
            Self::Pass => ("通过", "pass"),
            Self::Skip(_) => ("跳过", "skip"),
            Self::KnownDivergence { .. } => ("已知差异", "known divergence"),
            Self::Failure(_) => ("失败", "failure"),
            Self::UnexpectedSuccess { .. } => ("意外通过", "unexpected success"),
        }
    }

    /// What differed.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Failure(findings) | Self::KnownDivergence { findings, .. } => findings,
            Self::Pass | Self::Skip(_) | Self::UnexpectedSuccess { .. } => &[],
        }
    }

    /// The reason that the scenario or the run gives for it.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Skip(reason) | Self::KnownDivergence { reason, .. } | Self::UnexpectedSuccess { reason } => {
                Some(reason)
            }
            Self::Pass | Self::Failure(_) => None,
        }
    }
}

/// 差异: one expectation that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file with the expectation.
    pub file: PathBuf,
    /// The expectation's line, counted from 1.
    pub line: usize,
    /// What differed.
    pub mismatch: Mismatch,
}

/// How an answer differed from what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// Another value than expected, of something named in both languages.
    Value {
        /// What, in Chinese and English.
        what: (&'static str, &'static str),
        /// What was expected.
        expected: String,
        /// What came.
        got: String,
    },
    /// A field has another value.
    Field {
        /// Its path.
        path: String,
        /// The value that the suite expects; none where it must be absent.
        expected: Option<String>,
        /// The value that was read; none where it is absent.
        got: Option<String>,
        /// By which rule the field was mapped, where the adapters are at hand.
        origin: Option<String>,
    },
    /// Something that must be among several is missing.
    NotAmong {
        /// What, in Chinese and English.
        what: (&'static str, &'static str),
        /// What was expected.
        expected: String,
        /// What came instead.
        got: Vec<String>,
    },
    /// A step has nothing to work on, because the one before it did not come off.
    Nothing {
        /// What is missing, in Chinese and English.
        what: (&'static str, &'static str),
        /// The last answer, in short.
        answer: String,
    },
    /// No answer came.
    NoAnswer {
        /// What the connection said.
        cause: String,
    },
    /// A receipt that proves nothing.
    Unproven {
        /// Why.
        why: String,
    },
    /// The adapters at hand cannot be loaded, or refuse a message that the suite holds to be right.
    Adapter {
        /// What the adapters said: file, line or field.
        said: String,
    },
}

impl Mismatch {
    /// What differed, in Chinese and in English.
    pub fn texts(&self) -> (String, String) {
        let or_absent =
            |value: &Option<String>| value.as_ref().map_or_else(|| "∅".to_owned(), |value| format!("“{value}”"));
        match self {
            Self::Value { what: (zh, en), expected, got } => {
                (format!("{zh}：应为 {expected}，实为 {got}"), format!("{en}: expected {expected}, got {got}"))
            }
            Self::Field { path, expected, got, origin } => {
                let (expected, got) = (or_absent(expected), or_absent(got));
                let origin = origin.as_ref().map(|origin| format!(" [{origin}]")).unwrap_or_default();
                (
                    format!("字段 {path}：应为 {expected}，实为 {got}{origin}"),
                    format!("field {path}: expected {expected}, got {got}{origin}"),
                )
            }
            Self::NotAmong { what: (zh, en), expected, got } => {
                let got = if got.is_empty() { "∅".to_owned() } else { got.join(", ") };
                (format!("{zh}：缺少 {expected}，只有 {got}"), format!("{en}: {expected} is missing, there is {got}"))
            }
            Self::Nothing { what: (zh, en), answer } => {
                (format!("没有{zh}；上一应答：{answer}"), format!("no {en}; last answer: {answer}"))
            }
            Self::NoAnswer { cause } => (format!("没有应答：{cause}"), format!("no answer: {cause}")),
            Self::Unproven { why } => (format!("回执不能证明：{why}"), format!("the receipt proves nothing: {why}")),
            Self::Adapter { said } => (format!("适配器：{said}"), format!("adapter: {said}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding() -> Finding {
        let mismatch =
            Mismatch::Value { what: ("状态", "status"), expected: "201".to_owned(), got: "422".to_owned() };
        Finding { file: "01.scenario".into(), line: 9, mismatch }
    }

    #[test]
    fn a_run_and_an_announcement_make_one_of_four_verdicts() {
        let reason = || "differs".to_owned();
        let cases = [
            (None, vec![], Verdict::Pass, false),
            (None, vec![finding()], Verdict::Failure(vec![finding()]), true),
            (
                Some("differs"),
                vec![finding()],
                Verdict::KnownDivergence { reason: reason(), findings: vec![finding()] },
                false,
            ),
            (Some("differs"), vec![], Verdict::UnexpectedSuccess { reason: reason() }, true),
        ];
        for (diverges, findings, verdict, bad) in cases {
            let judged = Verdict::judge(diverges, findings);
            assert_eq!(judged, verdict);
            assert_eq!(judged.is_bad(), bad);
        }
        assert!(!Verdict::Skip(reason()).is_bad());
    }
}
