//! Steps that compare times.
use jiff::{SignedDuration, Timestamp};

use super::Subject;
use crate::{
    finding::Finding,
    format::{Seal, SealSignature},
    report::Judgement,
};

/// Judges at the time at which the seal was used; where only an unverified time stamp says it, that is open.
fn when_used(subject: &Subject<'_>, judge: impl FnOnce(Timestamp) -> Judgement) -> Judgement {
    subject.used_at().map_or(Judgement::Indeterminate(Finding::TimestampUnsupported), judge)
}

/// An expired maker certificate is only a hint: GB/T 38540-2020 7.3 d).
pub(super) fn maker_period(subject: &Subject<'_>, seal: &Seal<'_>) -> Judgement {
    let (not_before, not_after) = (seal.maker.not_before(), seal.maker.not_after());
    when_used(subject, |at| {
        if at < not_before {
            Judgement::Fail(Finding::MakerNotYetValid { not_before, at })
        } else if at > not_after {
            Judgement::Hint(Finding::MakerExpired { not_after, at })
        } else {
            Judgement::Pass(format!("{not_before} to {not_after}"))
        }
    })
}

/// GM/T 0031-2025 makes it an error that the seal was made outside its maker's period; earlier profiles do not ask.
pub(super) fn seal_created(_: &Subject<'_>, seal: &Seal<'_>) -> Judgement {
    let created_at = seal.created_at;
    if (seal.maker.not_before()..=seal.maker.not_after()).contains(&created_at) {
        Judgement::Pass(created_at.to_string())
    } else if seal.version >= 5 {
        Judgement::Fail(Finding::CreatedOutsideMakerPeriod { created_at })
    } else {
        Judgement::Hint(Finding::CreatedOutsideMakerPeriod { created_at })
    }
}

pub(super) fn seal_period(subject: &Subject<'_>, seal: &Seal<'_>) -> Judgement {
    let (valid_from, valid_until) = (seal.valid_from, seal.valid_until);
    when_used(subject, |at| {
        if (valid_from..=valid_until).contains(&at) {
            Judgement::Pass(format!("{valid_from} to {valid_until}"))
        } else {
            Judgement::Fail(Finding::SealOutsidePeriod { valid_from, valid_until, at })
        }
    })
}

/// The signing time is a claim: it must be inside the certificate's period, and not in the future.
pub(super) fn signer_period(subject: &Subject<'_>, signature: &SealSignature<'_>) -> Judgement {
    let at = subject.context.at;
    let skew = SignedDuration::from_secs(subject.context.limits.clock_skew_seconds_max);
    let (not_before, not_after) = (signature.signer.not_before(), signature.signer.not_after());
    when_used(subject, |signed_at| {
        if signed_at.duration_since(at) > skew {
            Judgement::Fail(Finding::SignedInFuture { signed_at, at })
        } else if (not_before..=not_after).contains(&signed_at) {
            Judgement::Pass(format!("{not_before} to {not_after}"))
        } else {
            Judgement::Fail(Finding::SignedOutsidePeriod { signed_at, not_before, not_after })
        }
    })
}
