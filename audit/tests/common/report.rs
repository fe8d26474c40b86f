//! The report of `seal --json`, as far as tests ask for its members; tests/schema.rs holds all of them.

use serde::Deserialize;

/// Every step of a signature, in order.
pub(crate) const STEPS: [&str; 19] = [
    "format",
    "seal_signature",
    "maker_path",
    "maker_period",
    "maker_revocation",
    "maker_usage",
    "seal_created",
    "seal_period",
    "signature_value",
    "signer_in_seal",
    "signer_path",
    "signer_usage",
    "signer_period",
    "signer_revocation",
    "document_digest",
    "references",
    "seal_file",
    "coverage",
    "timestamp",
];

#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    pub(crate) verdict: String,
    pub(crate) policy: Policy,
    pub(crate) trust: TrustReport,
    pub(crate) file: String,
    pub(crate) at: String,
    pub(crate) signatures: Vec<Signature>,
    pub(crate) uncovered: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) edition: String,
    pub(crate) strict: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct TrustReport {
    pub(crate) edition: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Signature {
    pub(crate) index: usize,
    pub(crate) kind: Option<String>,
    pub(crate) version: Option<u32>,
    pub(crate) verdict: String,
    pub(crate) seal: Option<Seal>,
    pub(crate) signer: Option<String>,
    pub(crate) signed_at: Option<String>,
    pub(crate) steps: Vec<StepReport>,
    pub(crate) notes: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Seal {
    pub(crate) id: String,
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StepReport {
    pub(crate) step: String,
    pub(crate) clause: String,
    pub(crate) outcome: String,
    pub(crate) code: Option<String>,
    pub(crate) detail: String,
}

impl Report {
    /// Fails unless the report keeps what every report promises: all steps in order, and verdicts that follow from them.
    #[track_caller]
    pub(crate) fn must_be_whole(&self) {
        let mut worst = 0;
        for signature in &self.signatures {
            let steps: Vec<&str> = signature.steps.iter().map(|step| step.step.as_str()).collect();
            assert_eq!(steps, STEPS, "{}", self.file);
            let has = |outcome: &str| signature.steps.iter().any(|step| step.outcome == outcome);
            let (rank, verdict) = match (has("fail"), has("indeterminate")) {
                (true, _) => (2, "INVALID"),
                (false, true) => (1, "INDETERMINATE"),
                (false, false) => (0, "VALID"),
            };
            assert_eq!(signature.verdict, verdict, "{}", self.file);
            worst = worst.max(rank);
            for step in &signature.steps {
                let known = ["pass", "fail", "indeterminate", "hint", "not_applicable"];
                assert!(known.contains(&step.outcome.as_str()), "{step:?}");
                assert_eq!(
                    step.code.is_some(),
                    ["fail", "indeterminate", "hint"].contains(&step.outcome.as_str()),
                    "{step:?}"
                );
                assert!(!step.clause.is_empty(), "{step:?}");
            }
        }
        assert!(!self.signatures.is_empty());
        assert_eq!(self.verdict, ["VALID", "INDETERMINATE", "INVALID"][worst]);
    }

    /// The steps of a signature with this outcome, with their codes.
    pub(crate) fn steps(&self, position: usize, outcome: &str) -> Vec<(&str, &str)> {
        let steps = self.signatures[position].steps.iter().filter(|step| step.outcome == outcome);
        steps.map(|step| (step.step.as_str(), step.code.as_deref().unwrap_or(""))).collect()
    }
}
