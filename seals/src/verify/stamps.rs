//! Time stamps: the only ones who say when something was signed, and are not its signer (GB/T 38540-2020 7.3 h)).
//!
//! A stamp on a signature, or on a version 5 seal, is over the octets of the signature value; the stamp in the timeInfo of version 1
//! over the document's digest, because there is no signature yet when it is made.
use certs::time_stamp::{TimeStampFault, TimeStampToken, VerifiedTimeStamp};
use jiff::Timestamp;

use super::{Context, subject::Subject};
use crate::{
    finding::{Finding, Role},
    format::{Parsed, Seal},
    report::Judgement,
};

/// A time stamp that holds, or what is wrong with it; `None` where there is none.
pub(super) type Stamp = Option<Result<VerifiedTimeStamp, TimeStampFault>>;

/// The stamp that the signer had made.
pub(super) fn on_signature(parsed: &Parsed<'_>, context: &Context<'_>) -> Stamp {
    let signing = parsed.signing()?;
    let covered = match parsed.seal_signature() {
        Some(signature) if !is_over_value(parsed) => &signature.document_digest,
        Some(_) | None => signing.value,
    };
    Some(verify(signing.time_stamp?, covered, context))
}

/// Whether the stamp of a signature is over its value, and so proves that it exists. In version 1 it is not: whoever steals a key later
/// can sign what he had stamped before.
pub(super) fn is_over_value(parsed: &Parsed<'_>) -> bool {
    parsed.seal_signature().is_none_or(|signature| signature.seal.info.version > 2)
}

/// The stamp that the maker of the seal had made.
pub(super) fn on_seal(seal: &Seal<'_>, context: &Context<'_>) -> Stamp {
    Some(verify(seal.time_stamp?, seal.value, context))
}

fn verify(token: &[u8], covered: &[u8], context: &Context<'_>) -> Result<VerifiedTimeStamp, TimeStampFault> {
    TimeStampToken::read(token)?.verify(covered, context.trust, context.at)
}

/// From when on what is stamped is known to exist, as far as the authority's clock can be off.
pub(super) fn existed_at(stamp: &VerifiedTimeStamp) -> Timestamp {
    let latest = stamp.accuracy().and_then(|accuracy| stamp.made_at().checked_add(accuracy).ok());
    latest.unwrap_or(stamp.made_at())
}

/// Each stamp holds, is not older than what it follows, and was made while the certificate could still sign.
pub(super) fn judge(subject: &Subject<'_>) -> Judgement {
    let seal = subject.seal();
    let rows = [
        (Role::Signer, &subject.stamp, subject.claimed_at(), subject.signing().map(|signing| &signing.signer)),
        (Role::Maker, &subject.seal_stamp, seal.map(|seal| seal.info.created_at), seal.map(|seal| &seal.maker)),
    ];
    let (mut evidence, mut findings) = (Vec::new(), Vec::new());
    for (role, stamp, claimed_at, certificate) in rows {
        let stamp = match stamp {
            None => continue,
            Some(Err(fault)) => {
                findings.push(Finding::TimeStamp(fault.clone()));
                continue;
            }
            Some(Ok(stamp)) => stamp,
        };
        let made_at = stamp.made_at();
        evidence.push(format!("{role}: {made_at} by {}", stamp.authority().subject()));
        if let Some(claimed_at) = claimed_at.filter(|claimed_at| *claimed_at > existed_at(stamp)) {
            findings.push(Finding::StampBeforeClaim { role, made_at, claimed_at });
        }
        if let Some(certificate) = certificate.filter(|it| !it.is_in_period(made_at)) {
            let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
            findings.push(Finding::StampOutsidePeriod { role, made_at, not_before, not_after });
        }
    }
    if evidence.is_empty() && findings.is_empty() {
        return Judgement::NotApplicable;
    }
    Judgement::all(evidence.join("; "), findings)
}
