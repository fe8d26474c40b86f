//! Steps about revocation: what counts is whether a certificate was revoked before the signature is known to exist.
use certs::{
    path::VerifiedPath,
    revocation::{RevocationAnswer, RevocationStatus},
};
use jiff::Timestamp;

use super::{
    Context,
    subject::{PathOrFinding, Subject},
};
use crate::{
    finding::{Finding, Role},
    format::{Seal, Signing},
    report::Judgement,
    step::Profile,
};

pub(super) fn maker(subject: &Subject<'_>, _: &Seal<'_>) -> Judgement {
    judge(subject, Role::Maker, &subject.maker_path, &subject.maker_status)
}

pub(super) fn signer(subject: &Subject<'_>, _: &Signing<'_>) -> Judgement {
    judge(subject, Role::Signer, &subject.signer_path, &subject.signer_status)
}

/// What is known about every certificate of a path but the anchor, the one in question first.
pub(super) fn answers(path: &PathOrFinding, context: &Context<'_>) -> Vec<RevocationAnswer> {
    let issued = path.iter().flat_map(VerifiedPath::issued);
    issued.map(|(certificate, issuer)| context.trust.status(certificate, issuer, context.at)).collect()
}

fn judge(subject: &Subject<'_>, role: Role, path: &PathOrFinding, answers: &[RevocationAnswer]) -> Judgement {
    if path.is_err() {
        return Finding::RevocationWithoutPath { role }.into();
    }
    let findings = answers.iter().flat_map(|answer| match &answer.status {
        RevocationStatus::Good => Vec::new(),
        RevocationStatus::Unknown { why } => vec![Finding::RevocationUnknown { role, code: why.code() }],
        // A key in wrong hands counts from then, not from when its issuer came to know.
        RevocationStatus::Revoked { at, invalidity_date, .. } => {
            revoked(subject, role, invalidity_date.map_or(*at, |earlier| earlier.min(*at)))
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
        return vec![Finding::SigningTimeUnknown];
    };
    let existed_at = subject.proved_at(role).unwrap_or(subject.context.at);
    if revoked_at > existed_at {
        return Vec::new();
    }
    let created_at = subject.seal().map(|seal| seal.info.created_at).filter(|created_at| revoked_at <= *created_at);
    let no_proof = Finding::NoProofOfExistence { role, revoked_at };
    match (role, subject.signing()) {
        // GM/T 0031-2025 asks about the day when the seal was made.
        (Role::Maker, _) if subject.profile() == Profile::V5 && created_at.is_some() => {
            vec![Finding::CreatedAfterRevocation { revoked_at }]
        }
        _ if revoked_at > signed_at => vec![no_proof],
        (Role::Signer, _) => vec![Finding::Revoked { role, revoked_at, signed_at }],
        // GB/T 38540-2020 7.3 d) makes this a hint: then the proof that lacks still leaves it open.
        (Role::Maker, Some(_)) => vec![Finding::Revoked { role, revoked_at, signed_at }, no_proof],
        // A bare seal is used now, whatever it is judged for.
        (Role::Maker, None) => vec![Finding::MakerRevokedNow { revoked_at }],
    }
}
