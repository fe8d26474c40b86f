//! 验章报告: what a verification found, every step of every signature, serialised for people and programs.
use jiff::Timestamp;
use serde::Serialize;

use crate::{finding::Finding, note::Note, verified::VerifiedSeal};

/// The three answers. Ordered from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Every step that applies passed.
    Valid,
    /// Nothing was found wrong, and something could not be judged: a trust anchor, a revocation list or a format is missing.
    Indeterminate,
    /// Something is wrong.
    Invalid,
}

/// What a signature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 电子签章: a seal signature.
    Ses,
    /// GB/T 35275 `SignedData`.
    SignedData,
    /// 电子印章: a bare seal.
    Seal,
}

/// The steps of a verification, in the order in which every report lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The layout.
    Format,
    /// The maker's signature over the seal.
    SealSignature,
    /// The maker's certificate path.
    MakerPath,
    /// The period of the maker's certificate.
    MakerPeriod,
    /// Revocation of the maker's certificate.
    MakerRevocation,
    /// Key usage of the maker's certificate.
    MakerUsage,
    /// The seal was made inside its maker's period.
    SealCreated,
    /// The seal's own period.
    SealPeriod,
    /// The signer's signature.
    SignatureValue,
    /// The signer is in the seal's list.
    SignerInSeal,
    /// The signer's certificate path.
    SignerPath,
    /// Key usage of the signer's certificate.
    SignerUsage,
    /// The signing time is inside the signer's period.
    SignerPeriod,
    /// Revocation of the signer's certificate.
    SignerRevocation,
    /// Signature.xml is what was sealed.
    DocumentDigest,
    /// The protected files are what Signature.xml says.
    References,
    /// Seal.esl is the embedded seal.
    SealFile,
    /// Nothing of the document is outside the signature.
    Coverage,
    /// Time stamps.
    Timestamp,
}

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
    /// Stable code of what was found; `null` where nothing was.
    pub code: Option<&'static str>,
    /// The evidence, in short English.
    pub detail: String,
}

/// Which seal.
#[derive(Clone, Debug, Serialize)]
pub struct SealName {
    /// 印章标识 esID.
    pub id: String,
    /// 印章名称.
    pub name: String,
}

/// One signature of the document.
#[derive(Clone, Debug, Serialize)]
pub struct SignatureReport {
    /// From 1, in the order of Signatures.xml; 0 where nothing could be parsed.
    pub index: usize,
    /// `null` where that is not known.
    pub kind: Option<Kind>,
    /// Version in the seal's header.
    pub version: Option<u32>,
    /// The answer for this signature.
    pub verdict: Verdict,
    /// The seal, when it could be read.
    pub seal: Option<SealName>,
    /// Subject of the signer's certificate.
    pub signer: Option<String>,
    /// The claimed signing time.
    pub signed_at: Option<Timestamp>,
    /// Every step once.
    pub steps: Vec<StepReport>,
    /// What was tolerated.
    pub notes: Vec<Note>,
}

impl SignatureReport {
    /// The step of this name.
    pub fn step(&self, step: Step) -> Option<&StepReport> {
        self.steps.iter().find(|it| it.step == step)
    }
}

/// 验章报告. Only [`crate::verify()`] makes one.
#[derive(Clone, Debug, Serialize)]
pub struct VerificationReport {
    verdict: Verdict,
    file: Option<String>,
    at: Timestamp,
    signatures: Vec<SignatureReport>,
    uncovered: Vec<String>,
    #[serde(skip)]
    verified: Vec<VerifiedSeal>,
}

impl VerificationReport {
    pub(crate) fn new(at: Timestamp, signatures: Vec<SignatureReport>, uncovered: Vec<String>) -> Self {
        let worst = signatures.iter().map(|signature| signature.verdict).max();
        // No signature at all is never good news.
        let verdict = worst.unwrap_or(Verdict::Invalid);
        VerificationReport { verdict, file: None, at, signatures, uncovered, verified: Vec::new() }
    }

    /// The caller has checked that the report is VALID under the recognition policy.
    pub(crate) fn with_verified(mut self, verified: Vec<VerifiedSeal>) -> Self {
        self.verified = verified;
        self
    }

    /// The same report, naming the file that it is about.
    #[must_use]
    pub fn with_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// The answer for the whole document: that of its worst signature.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The time of judging.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The signatures, in the order of the document; at least one element.
    pub fn signatures(&self) -> &[SignatureReport] {
        &self.signatures
    }

    /// Sorted names of the files that no signature protects.
    pub fn uncovered(&self) -> &[String] {
        &self.uncovered
    }

    /// 已验签章: every seal of the document, when the document is VALID under the recognition policy; otherwise none.
    ///
    /// This is the only source of a [`VerifiedSeal`].
    pub fn verified_seals(&self) -> &[VerifiedSeal] {
        &self.verified
    }

    /// The first of [`Self::verified_seals`].
    pub fn verified(&self) -> Option<&VerifiedSeal> {
        self.verified.first()
    }

    /// Codes of everything that keeps the document from being VALID, failures first, each once.
    pub fn reasons(&self) -> Vec<&'static str> {
        let mut codes = Vec::new();
        for outcome in [StepOutcome::Fail, StepOutcome::Indeterminate] {
            let steps = self.signatures.iter().flat_map(|signature| &signature.steps);
            for code in steps.filter(|step| step.outcome == outcome).filter_map(|step| step.code) {
                if !codes.contains(&code) {
                    codes.push(code);
                }
            }
        }
        codes
    }
}

/// What the judgement of one step says; its weight and its finding in one.
#[derive(Clone, Debug)]
pub(crate) enum Judgement {
    Pass(String),
    Fail(Finding),
    Indeterminate(Finding),
    Hint(Finding),
    NotApplicable,
}

impl Judgement {
    pub(crate) fn report(self, step: Step, clause: &'static str) -> StepReport {
        let (outcome, finding, detail) = match self {
            Judgement::Pass(detail) => (StepOutcome::Pass, None, detail),
            Judgement::Fail(finding) => (StepOutcome::Fail, Some(finding), String::new()),
            Judgement::Indeterminate(finding) => (StepOutcome::Indeterminate, Some(finding), String::new()),
            Judgement::Hint(finding) => (StepOutcome::Hint, Some(finding), String::new()),
            Judgement::NotApplicable => (StepOutcome::NotApplicable, None, String::new()),
        };
        let code = finding.as_ref().map(Finding::code);
        let detail = finding.map_or(detail, |finding| finding.to_string());
        StepReport { step, clause, outcome, code, detail }
    }
}

/// Any failing step makes INVALID, otherwise any indeterminate one INDETERMINATE, otherwise VALID; hints never count.
pub(crate) fn verdict(steps: &[StepReport]) -> Verdict {
    let worst = steps.iter().map(|step| match step.outcome {
        StepOutcome::Fail => Verdict::Invalid,
        StepOutcome::Indeterminate => Verdict::Indeterminate,
        StepOutcome::Pass | StepOutcome::Hint | StepOutcome::NotApplicable => Verdict::Valid,
    });
    worst.max().unwrap_or(Verdict::Invalid)
}
