//! The answer in other people's words: ETSI EN 319 102-1 for programs, a sentence for people.
use serde::Serialize;
use standards::problem;

use super::Verdict;
use crate::finding::SubIndication;

/// Main indications of ETSI EN 319 102-1, 5.1.3; they follow our verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum MainIndication {
    /// VALID.
    #[serde(rename = "TOTAL-PASSED")]
    TotalPassed,
    /// INDETERMINATE.
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
    /// INVALID. We fail where ETSI would often be undecided: our sub-indication says why.
    #[serde(rename = "TOTAL-FAILED")]
    TotalFailed,
}

/// The answer in the terms of ETSI EN 319 102-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Indication {
    /// By the verdict.
    pub main: MainIndication,
    /// By the leading finding; `null` where the verdict is VALID.
    pub sub: Option<SubIndication>,
}

impl Indication {
    pub(super) fn new(verdict: Verdict, sub: Option<SubIndication>) -> Self {
        let main = match verdict {
            Verdict::Valid => MainIndication::TotalPassed,
            Verdict::Indeterminate => MainIndication::Indeterminate,
            Verdict::Invalid => MainIndication::TotalFailed,
        };
        Indication { main, sub }
    }
}

/// The answer in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// In Chinese, without a full stop.
    pub zh: String,
    /// In English, without a full stop.
    pub en: String,
}

impl Sentence {
    /// What most keeps the document from being VALID, or that nothing does.
    pub(super) fn new(verdict: Verdict, leading: Option<&str>) -> Self {
        let (zh, en) = leading
            .and_then(problem::text)
            .map_or(("没有可以判断的内容", "there is nothing to judge"), |text| {
                (text.zh.trim_end_matches('。'), text.en.trim_end_matches('.'))
            });
        let (zh, en) = match verdict {
            Verdict::Valid => {
                ("印章真实，盖章之后没有改动".to_owned(), "the seal is genuine, and nothing changed since".to_owned())
            }
            Verdict::Invalid => (zh.to_owned(), en.to_owned()),
            Verdict::Indeterminate => (
                format!("没有发现问题，但还不能断定：{zh}"),
                format!("nothing wrong was found, but it is not decided: {en}"),
            ),
        };
        Sentence { zh, en }
    }
}
