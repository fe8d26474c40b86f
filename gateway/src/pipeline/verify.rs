//! Case to examined case: every seal of its document is verified, under the policy for recognition.

use certs::trust::{Edition, Trust};
use jiff::Timestamp;
use seals::{Context, Limits, Policy, SealCache, VerificationReport};

use super::MappedCase;

/// 已验章办件: a case, and what the verification of its document found under which trust list. Made by [`verify`] alone.
#[derive(Debug)]
pub struct Examined {
    mapped: MappedCase,
    report: VerificationReport,
    trust_edition: Option<Edition>,
}

impl Examined {
    /// The case.
    pub fn mapped(&self) -> &MappedCase {
        &self.mapped
    }

    /// The report.
    pub fn report(&self) -> &VerificationReport {
        &self.report
    }

    /// The trust list that it rests on.
    pub fn trust_edition(&self) -> Option<Edition> {
        self.trust_edition
    }
}

/// Verifies the document that came with a case. The caller has seen to it that `trust` is not stale. What the seals of many documents
/// have in common is kept in `cache`.
pub fn verify(mapped: MappedCase, trust: &Trust, at: Timestamp, cache: &SealCache) -> Examined {
    let context = Context::new(trust, Policy::Recognition, at, &Limits::DEFAULT).with_cache(cache);
    let report = seals::verify(&mapped.parts().document.bytes, &context);
    Examined { mapped, report, trust_edition: trust.edition() }
}
