//! Steps that compare times.
use jiff::{SignedDuration, Timestamp};

use super::subject::Subject;
use crate::{
    finding::Finding,
    format::{Seal, Signing},
    report::Judgement,
};

/// Judges at the time at which the seal was used; where nothing says when, that is open.
fn when_used(subject: &Subject<'_>, judge: impl FnOnce(Timestamp) -> Judgement) -> Judgement {
    subject.used_at().map_or(Finding::SigningTimeUnknown.into(), judge)
}

/// An expired maker certificate is only a hint: GB/T 38540-2020 7.3 d).
pub(super) fn maker_period(subject: &Subject<'_>, seal: &Seal<'_>) -> Judgement {
    let (not_before, not_after) = (seal.maker.not_before(), seal.maker.not_after());
    when_used(subject, |at| {
        if at < not_before {
            Finding::MakerNotYetValid { not_before, at }.into()
        } else if at > not_after {
            Finding::MakerExpired { not_after, at }.into()
        } else {
            Judgement::pass(format!("{not_before} to {not_after}"))
        }
    })
}

/// GM/T 0031-2025 makes it an error that the seal was made outside its maker's period; earlier profiles do not ask.
pub(super) fn seal_created(_: &Subject<'_>, seal: &Seal<'_>) -> Judgement {
    let created_at = seal.info.created_at;
    if (seal.maker.not_before()..=seal.maker.not_after()).contains(&created_at) {
        Judgement::pass(created_at.to_string())
    } else if seal.info.version >= 5 {
        Finding::CreatedOutsideMakerPeriod { created_at }.into()
    } else {
        Finding::CreatedOutsideMakerPeriodUnasked { created_at }.into()
    }
}

pub(super) fn seal_period(subject: &Subject<'_>, seal: &Seal<'_>) -> Judgement {
    let (valid_from, valid_until) = (seal.info.valid_from, seal.info.valid_until);
    when_used(subject, |at| {
        if (valid_from..=valid_until).contains(&at) {
            Judgement::pass(format!("{valid_from} to {valid_until}"))
        } else {
            Finding::SealOutsidePeriod { valid_from, valid_until, at }.into()
        }
    })
}

/// The signing time is a claim: it must be inside the certificate's period, and not in the future.
pub(super) fn signer_period(subject: &Subject<'_>, signing: &Signing<'_>) -> Judgement {
    let at = subject.context.at;
    let skew = SignedDuration::from_secs(subject.context.limits.clock_skew_seconds_max);
    let (not_before, not_after) = (signing.signer.not_before(), signing.signer.not_after());
    when_used(subject, |signed_at| {
        if signed_at.duration_since(at) > skew {
            Finding::SignedInFuture { signed_at, at }.into()
        } else if (not_before..=not_after).contains(&signed_at) {
            Judgement::pass(format!("{not_before} to {not_after}"))
        } else {
            Finding::SignedOutsidePeriod { signed_at, not_before, not_after }.into()
        }
    })
}
