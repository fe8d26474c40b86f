//! 验章: the verification of a document, a pure function of bytes, trust, policy, time and limits.
mod certificates;
mod coverage;
mod document;
mod periods;
mod revocation;
mod stamps;
mod steps;
mod subject;

use certs::trust::Trust;
use jiff::Timestamp;

pub use coverage::CoverageEntry;

use crate::{
    cache::SealCache,
    container::{self, Container, Package, SignedFile},
    finding::Finding,
    limits::Limits,
    note::Notes,
    policy::{AppliedPolicy, Policy, PolicyEdition},
    report::{SignatureReport, TrustReport, Verdict, VerificationReport},
};
use subject::{DocumentFacts, Judged, PackageSide, Subject};

/// Everything that a verdict depends on, beside the document itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    trust: &'a Trust,
    policy: AppliedPolicy,
    at: Timestamp,
    limits: &'a Limits,
    proof: Option<Timestamp>,
    cache: Option<&'a SealCache>,
}

impl<'a> Context<'a> {
    /// Judges at `at` under the edition of `policy` that counts then, by `trust`: anchors, intermediates, revocation lists, and what
    /// the signers may seal. `limits` say how much work the document may cause.
    pub fn new(trust: &'a Trust, policy: Policy, at: Timestamp, limits: &'a Limits) -> Self {
        let policy = AppliedPolicy { policy, edition: PolicyEdition::at(at), strict: false };
        Context { trust, policy, at, limits, proof: None, cache: None }
    }

    /// Refuses the deviations from the encoding that products are known for, instead of noting them.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.policy.strict = true;
        self
    }

    /// Something that the caller believes proves that the document existed at this time, an entry of a ledger for example: a
    /// revocation after it does no harm. A time after the time of judging proves nothing.
    #[must_use]
    pub fn existed_at(mut self, proof: Timestamp) -> Self {
        self.proof = (proof <= self.at).then_some(proof);
        self
    }

    /// Keeps in `cache` what other documents may need again. It saves work and never changes a report.
    #[must_use]
    pub fn with_cache(mut self, cache: &'a SealCache) -> Self {
        self.cache = Some(cache);
        self
    }
}

/// Verifies a document: an OFD package, a bare seal or a bare seal signature. Whatever the bytes are, the answer is a report.
pub fn verify(document: &[u8], context: &Context<'_>) -> VerificationReport {
    match container::open(document, context.limits) {
        Ok(Container::Ofd(package)) => verify_package(document, &package, context),
        Ok(Container::Bare(bytes)) => verify_bare(bytes, context),
        Err(finding) => nothing_parsed(finding, context),
    }
}

fn nothing_parsed(finding: Finding, context: &Context<'_>) -> VerificationReport {
    let subject = Subject::unread(finding, None, Notes::default(), context);
    report(context, vec![subject.judge(0)], Vec::new())
}

fn report(context: &Context<'_>, signatures: Vec<SignatureReport>, coverage: Vec<CoverageEntry>) -> VerificationReport {
    VerificationReport::new(context.at, context.policy, TrustReport::of(context.trust), signatures, coverage)
}

fn verify_bare(bytes: &[u8], context: &Context<'_>) -> VerificationReport {
    let subject = Subject::read(bytes, None, Notes::default(), context);
    // Not even the shape of a seal: nothing was parsed.
    let index = usize::from(subject.shape.is_some());
    report(context, vec![subject.judge(index)], Vec::new())
}

fn verify_package(document: &[u8], package: &Package<'_>, context: &Context<'_>) -> VerificationReport {
    let signatures = match package.signatures(context.limits) {
        Ok(signatures) => signatures,
        Err(finding) => return nothing_parsed(finding, context),
    };
    let readable: Vec<&SignedFile> = signatures.files.iter().filter_map(|file| file.as_ref().ok()).collect();
    let coverage = coverage::of(package, &signatures, context.limits);
    let facts = match context.policy.policy {
        Policy::Recognition => Some(DocumentFacts::of(document, package, context.limits)),
        Policy::Reading => None,
    };
    let judged: Vec<Judged> = signatures
        .files
        .iter()
        .enumerate()
        .map(|(index, file)| {
            let subject = match file {
                Ok(file) => {
                    let later = readable.iter().copied().skip_while(|it| it.name != file.name).skip(1).collect();
                    let lists = &signatures.lists;
                    let side = PackageSide { package, file, later, lists, index: index + 1, coverage: &coverage };
                    let value = package.bytes(&file.value).unwrap_or_default();
                    Subject::read(value, Some(side), file.notes.clone(), context)
                }
                Err(finding) => Subject::unread(finding.clone(), None, Notes::default(), context),
            };
            subject.judge_with_facts(index + 1, facts.as_ref())
        })
        .collect();
    let (reports, verified): (Vec<_>, Vec<_>) = judged.into_iter().map(|it| (it.report, it.verified)).unzip();
    let report = report(context, reports, coverage);
    match (report.verdict(), context.policy.policy) {
        (Verdict::Valid, Policy::Recognition) => report.with_verified(verified.into_iter().flatten().collect()),
        _ => report,
    }
}
