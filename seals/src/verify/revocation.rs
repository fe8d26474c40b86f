//! Steps about revocation: what counts is whether a certificate was revoked before the signature is known to exist.
use certs::revocation::{self, RevocationStatus};
use jiff::Timestamp;

use super::{PathOrFinding, Subject};
use crate::{
    finding::{Finding, Role},
    format::{Seal, SealSignature},
    report::Judgement,
};

pub(super) fn maker(subject: &Subject<'_>, _: &Seal<'_>) -> Judgement {
    judge(subject, Role::Maker, &subject.maker_path)
}

pub(super) fn signer(subject: &Subject<'_>, _: &SealSignature<'_>) -> Judgement {
    judge(subject, Role::Signer, &subject.signer_path)
}

/// Every certificate of the path but the anchor, the one in question first.
fn judge(subject: &Subject<'_>, role: Role, path: &PathOrFinding) -> Judgement {
    let Ok(path) = path else {
        return Finding::RevocationWithoutPath { role }.into();
    };
    let context = subject.context;
    let lists = context.trust.revocation_lists();
    let findings = path.issued().flat_map(|(certificate, issuer)| {
        match revocation::status(certificate, issuer, lists, context.at) {
            RevocationStatus::Good => Vec::new(),
            RevocationStatus::Unknown { why } => vec![Finding::RevocationUnknown { role, code: why.code() }],
            // A key in wrong hands counts from then, not from when its issuer came to know.
            RevocationStatus::Revoked { at, invalidity_date, .. } => {
                revoked(subject, role, invalidity_date.map_or(at, |earlier| earlier.min(at)))
            }
        }
    });
    Judgement::all("not revoked", findings.collect())
}

/// What a revocation says, by when it was and what proves that the signature existed before.
///
/// The signing time is only a claim: whoever holds a stolen key can write an earlier one. So a revocation before the proof leaves
/// the verdict open, even where the claim is earlier still. Without any proof, the time of judging is when the signature is known to exist.
fn revoked(subject: &Subject<'_>, role: Role, revoked_at: Timestamp) -> Vec<Finding> {
    let Some(signed_at) = subject.used_at() else {
        return vec![Finding::TimestampUnsupported];
    };
    let existed_at = subject.proof().unwrap_or(subject.context.at);
    if revoked_at > existed_at {
        return Vec::new();
    }
    let no_proof = Finding::NoProofOfExistence { role, revoked_at };
    match (role, subject.signature()) {
        _ if revoked_at > signed_at => vec![no_proof],
        (Role::Signer, _) => vec![Finding::Revoked { role, revoked_at, signed_at }],
        // GB/T 38540-2020 7.3 d) makes this a hint: then the proof that lacks still leaves it open.
        (Role::Maker, Some(_)) => vec![Finding::Revoked { role, revoked_at, signed_at }, no_proof],
        // A bare seal is used now, whatever it is judged for.
        (Role::Maker, None) => vec![Finding::MakerRevokedNow { revoked_at }],
    }
}
