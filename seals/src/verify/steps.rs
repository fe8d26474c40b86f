//! Which judge judges which step.
use super::{
    certificates, document, periods, revocation, stamps,
    subject::{PackageSide, Subject},
};
use crate::{
    finding::Finding,
    format::{Seal, SealSignature, Signing},
    report::{Judgement, StepReport},
    step::Step,
};

/// A judge, by what it needs: where that is absent, the table knows the answer.
enum Judge {
    /// Always judged.
    Always(fn(&Subject<'_>) -> Judgement),
    /// Needs the seal; `SignedData` has none.
    Seal(fn(&Subject<'_>, &Seal<'_>) -> Judgement),
    /// Needs the signature of a seal; a bare seal has none, and neither has `SignedData`.
    SealSignature(fn(&Subject<'_>, &SealSignature<'_>) -> Judgement),
    /// Needs a signature; a bare seal has none.
    Signature(fn(&Subject<'_>, &Signing<'_>) -> Judgement),
    /// Needs the package; a bare seal has none, a bare signature misses it.
    Package(fn(&Subject<'_>, &PackageSide<'_>) -> Judgement),
}

/// The judge of each step.
fn judge_of(step: Step) -> Judge {
    match step {
        Step::Format => Judge::Always(document::format),
        Step::SealSignature => Judge::Seal(certificates::seal_signature),
        Step::MakerPath => Judge::Seal(certificates::maker_path),
        Step::MakerPeriod => Judge::Seal(periods::maker_period),
        Step::MakerRevocation => Judge::Seal(revocation::maker),
        Step::MakerUsage => Judge::Seal(certificates::maker_usage),
        Step::SealCreated => Judge::Seal(periods::seal_created),
        Step::SealPeriod => Judge::Seal(periods::seal_period),
        Step::SignatureValue => Judge::Signature(certificates::signature_value),
        Step::SignerInSeal => Judge::SealSignature(certificates::signer_in_seal),
        Step::SignerPath => Judge::Signature(certificates::signer_path),
        Step::SignerUsage => Judge::Signature(certificates::signer_usage),
        Step::SignerPeriod => Judge::Signature(periods::signer_period),
        Step::SignerRevocation => Judge::Signature(revocation::signer),
        Step::DocumentDigest => Judge::Signature(document::document_digest),
        Step::References => Judge::Package(document::references),
        Step::SealFile => Judge::SealSignature(document::seal_file),
        Step::Coverage => Judge::Package(document::coverage),
        Step::Timestamp => Judge::Always(stamps::judge),
    }
}

pub(super) fn judge_all(subject: &Subject<'_>) -> Vec<StepReport> {
    let profile = subject.profile();
    let report =
        |step: Step| StepReport::new(step, step.clause(profile), judge_of(step).judge(subject), subject.context.policy);
    Step::ALL.map(report).into()
}

impl Judge {
    fn judge(&self, subject: &Subject<'_>) -> Judgement {
        let not_read = || Judgement::from(Finding::NotRead);
        match self {
            Judge::Always(judge) => judge(subject),
            Judge::Seal(_) | Judge::SealSignature(_) if subject.is_signed_data() => Judgement::NotApplicable,
            Judge::Seal(judge) => subject.seal().map_or_else(not_read, |seal| judge(subject, seal)),
            Judge::SealSignature(_) | Judge::Signature(_) | Judge::Package(_) if subject.is_bare_seal() => {
                Judgement::NotApplicable
            }
            Judge::SealSignature(judge) => {
                subject.seal_signature().map_or_else(not_read, |signature| judge(subject, signature))
            }
            Judge::Signature(judge) => subject.signing().map_or_else(not_read, |signing| judge(subject, signing)),
            Judge::Package(judge) => match (&subject.package, subject.shape) {
                (Some(side), _) => judge(subject, side),
                (None, Some(_)) => Finding::DocumentAbsent.into(),
                (None, None) => not_read(),
            },
        }
    }
}
