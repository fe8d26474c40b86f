//! 验章报告: what a verification found, every step of every signature, serialised for people and programs.
mod facts;
mod indication;
mod step;

use jiff::Timestamp;
use serde::Serialize;

pub use facts::{CertificateFacts, EvidenceReport, SealFacts, SignatureFacts, StampFacts, TimeSource, TrustReport};
pub use indication::{Indication, MainIndication, Sentence};
pub(crate) use step::Judgement;
pub use step::{StepOutcome, StepReport};

use crate::{
    finding::{Finding, Weight},
    note::Note,
    policy::{AppliedPolicy, Policy},
    step::Step,
    verified::VerifiedSeal,
    verify::CoverageEntry,
};

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
    /// What the findings rest on.
    pub facts: SignatureFacts,
    /// What revocation was judged by; the whole report lists it.
    #[serde(skip)]
    pub(crate) evidence: Vec<EvidenceReport>,
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
    indication: Indication,
    sentence: Sentence,
    file: Option<String>,
    at: Timestamp,
    policy: AppliedPolicy,
    trust: TrustReport,
    signatures: Vec<SignatureReport>,
    coverage: Vec<CoverageEntry>,
    uncovered: Vec<String>,
    #[serde(skip)]
    verified: Vec<VerifiedSeal>,
}

impl VerificationReport {
    pub(crate) fn new(
        at: Timestamp,
        policy: AppliedPolicy,
        mut trust: TrustReport,
        signatures: Vec<SignatureReport>,
        coverage: Vec<CoverageEntry>,
    ) -> Self {
        let uncovered = coverage.iter().filter(|it| it.is_uncovered()).map(|it| it.entry.clone()).collect();
        trust.evidence = signatures.iter().flat_map(|signature| signature.evidence.clone()).collect();
        trust.evidence.sort_unstable();
        trust.evidence.dedup();
        let mut report = VerificationReport {
            verdict: Verdict::Invalid,
            indication: Indication::new(Verdict::Invalid, None),
            sentence: Sentence::new(Verdict::Invalid, None),
            file: None,
            at,
            policy,
            trust,
            signatures,
            coverage,
            uncovered,
            verified: Vec::new(),
        };
        report.weigh(policy);
        report
    }

    /// Draws every conclusion from the findings (again).
    fn weigh(&mut self, policy: AppliedPolicy) {
        self.policy = policy;
        for signature in &mut self.signatures {
            signature.steps.iter_mut().for_each(|step| step.weigh(policy));
            signature.verdict = verdict(&signature.steps);
        }
        // No signature at all is never good news.
        self.verdict = self.signatures.iter().map(|signature| signature.verdict).max().unwrap_or(Verdict::Invalid);
        let leading = self.reasons().first().copied();
        self.indication = Indication::new(self.verdict, leading.map(|code| policy.sub_indication(code)));
        self.sentence = Sentence::new(self.verdict, leading);
    }

    /// The same facts under another policy, of the edition that counts at the time of judging. Neither the document nor the trust
    /// is needed again. It gives no [`VerifiedSeal`]: only a verification does.
    #[must_use]
    pub fn judged_under(&self, policy: Policy) -> Self {
        let mut report = VerificationReport { verified: Vec::new(), ..self.clone() };
        report.weigh(AppliedPolicy { policy, ..self.policy });
        report
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

    /// The file that it is about, where the caller named it.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The answer for the whole document: that of its worst signature.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The answer in the terms of ETSI EN 319 102-1.
    pub fn indication(&self) -> Indication {
        self.indication
    }

    /// The answer in a sentence.
    pub fn sentence(&self) -> &Sentence {
        &self.sentence
    }

    /// What the findings were weighed by.
    pub fn policy(&self) -> AppliedPolicy {
        self.policy
    }

    /// What was believed without proof.
    pub fn trust(&self) -> &TrustReport {
        &self.trust
    }

    /// The time of judging.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The signatures, in the order of the document; at least one element.
    pub fn signatures(&self) -> &[SignatureReport] {
        &self.signatures
    }

    /// Every file of the package, sorted by name, with the signatures that protect it; none where there is no package.
    pub fn coverage(&self) -> &[CoverageEntry] {
        &self.coverage
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
        for weight in [Weight::Fail, Weight::Indeterminate] {
            let steps = self.signatures.iter().flat_map(|signature| &signature.steps);
            for code in steps.flat_map(|step| &step.findings).map(Finding::code) {
                if self.policy.weight(code) == weight && !codes.contains(&code) {
                    codes.push(code);
                }
            }
        }
        codes
    }
}

/// Any failing step makes INVALID, otherwise any indeterminate one INDETERMINATE, otherwise VALID; hints never count.
fn verdict(steps: &[StepReport]) -> Verdict {
    let worst = steps.iter().map(|step| match step.outcome {
        StepOutcome::Fail => Verdict::Invalid,
        StepOutcome::Indeterminate => Verdict::Indeterminate,
        StepOutcome::Pass | StepOutcome::Hint | StepOutcome::NotApplicable => Verdict::Valid,
    });
    worst.max().unwrap_or(Verdict::Invalid)
}
