//! Steps about the two signatures, the certificates that made them, their paths and their revocation.
use certs::{
    certificate::{Certificate, UsageVerdict, Use},
    error::SignatureError,
    key::PublicKey,
    path::{self, PathError},
    revocation::{self, RevocationStatus},
    trust::Purpose,
};
use jiff::Timestamp;

use super::{Context, PathOrJudgement, Policy, Subject};
use crate::{
    finding::{Finding, Role},
    format::{Seal, SealSignature, SignatureValue},
    report::Judgement,
};

pub(super) fn seal_signature(_: &Subject<'_>, seal: &Seal<'_>) -> Judgement {
    check_signature(Role::Maker, &seal.maker, &seal.signed, &seal.signature)
}

pub(super) fn signature_value(_: &Subject<'_>, signature: &SealSignature<'_>) -> Judgement {
    check_signature(Role::Signer, &signature.signer, signature.signed, &signature.signature)
}

fn check_signature(role: Role, certificate: &Certificate, message: &[u8], value: &SignatureValue<'_>) -> Judgement {
    let Ok(key) = certificate.public_key() else {
        return Judgement::Indeterminate(unsupported(role, "of the certificate's key"));
    };
    let (verified, algorithm) = match (value, key) {
        (SignatureValue::Sm2(signature), PublicKey::Sm2(key)) => (key.verify(message, signature), "SM2 with SM3"),
        (SignatureValue::Sm2(_), _) => (Err(SignatureError::Mismatch), "SM2 with SM3"),
        (SignatureValue::Other { algorithm, bytes }, key) => {
            (key.verify(algorithm, message, bytes), algorithm.as_str())
        }
    };
    match verified {
        Ok(()) => Judgement::Pass(algorithm.to_owned()),
        Err(SignatureError::Algorithm) => Judgement::Indeterminate(unsupported(role, algorithm)),
        Err(_) => Judgement::Fail(Finding::SignatureWrong { role }),
    }
}

fn unsupported(role: Role, algorithm: &str) -> Finding {
    Finding::AlgorithmUnsupported { role, algorithm: algorithm.to_owned() }
}

/// Builds the path of one of the two certificates, or says what its absence weighs.
pub(super) fn path(
    role: Role,
    certificate: &Certificate,
    purpose: Purpose,
    used_at: Timestamp,
    context: &Context<'_>,
) -> PathOrJudgement {
    let trust = context.trust;
    if let Some(since) = trust.stale_since(context.at) {
        return Err(Judgement::Indeterminate(Finding::TrustStale { since }));
    }
    path::verify_path(certificate, trust.intermediates(), trust.anchors(purpose), used_at).map_err(
        |error| match error {
            PathError::IssuerUnknown { .. } => {
                Judgement::Indeterminate(Finding::UnknownIssuer { role, issuer: certificate.issuer().to_string() })
            }
            PathError::Version { .. } => Judgement::Indeterminate(Finding::Version1 { role }),
            error => Judgement::Fail(Finding::PathBroken { role, code: error.code() }),
        },
    )
}

pub(super) fn maker_path(subject: &Subject<'_>, _: &Seal<'_>) -> Judgement {
    judge_path(&subject.maker_path)
}

pub(super) fn signer_path(subject: &Subject<'_>, _: &SealSignature<'_>) -> Judgement {
    judge_path(&subject.signer_path)
}

fn judge_path(path: &PathOrJudgement) -> Judgement {
    match path {
        Ok(path) => Judgement::Pass(
            path.certificates().last().map_or(String::new(), |anchor| format!("anchor {}", anchor.subject())),
        ),
        Err(judgement) => judgement.clone(),
    }
}

pub(super) fn maker_usage(_: &Subject<'_>, seal: &Seal<'_>) -> Judgement {
    judge_usage(Role::Maker, &seal.maker)
}

pub(super) fn signer_usage(_: &Subject<'_>, signature: &SealSignature<'_>) -> Judgement {
    judge_usage(Role::Signer, &signature.signer)
}

/// digitalSignature or nonRepudiation; products have either. extendedKeyUsage is not judged for seals.
fn judge_usage(role: Role, certificate: &Certificate) -> Judgement {
    match certificate.judge_usage(Use::Signing) {
        UsageVerdict::Allowed => Judgement::Pass(String::from("signing allowed")),
        UsageVerdict::Unstated => Judgement::Hint(Finding::UsageUnstated { role }),
        UsageVerdict::Forbidden => Judgement::Fail(Finding::UsageForbidden { role }),
    }
}

pub(super) fn maker_revocation(subject: &Subject<'_>, _: &Seal<'_>) -> Judgement {
    judge_revocation(subject, Role::Maker, &subject.maker_path)
}

pub(super) fn signer_revocation(subject: &Subject<'_>, _: &SealSignature<'_>) -> Judgement {
    judge_revocation(subject, Role::Signer, &subject.signer_path)
}

/// Every certificate of the path but the anchor; the first that is not good decides, the leaf first.
fn judge_revocation(subject: &Subject<'_>, role: Role, path: &PathOrJudgement) -> Judgement {
    let Ok(path) = path else {
        return Judgement::Indeterminate(Finding::RevocationWithoutPath { role });
    };
    let context = subject.context;
    let lists = context.trust.revocation_lists();
    let judgements =
        path.issued().map(|(certificate, issuer)| match revocation::status(certificate, issuer, lists, context.at) {
            RevocationStatus::Good => None,
            RevocationStatus::Unknown { why } => {
                Some(Judgement::Indeterminate(Finding::RevocationUnknown { role, code: why.code() }))
            }
            // A key in wrong hands counts from then, not from when its issuer came to know.
            RevocationStatus::Revoked { at, invalidity_date, .. } => {
                judge_revoked(subject, role, invalidity_date.map_or(at, |earlier| earlier.min(at)))
            }
        });
    let found: Vec<Judgement> = judgements.flatten().collect();
    let fail = found.iter().find(|judgement| matches!(judgement, Judgement::Fail(_)));
    fail.or(found.first()).cloned().unwrap_or_else(|| Judgement::Pass(String::from("not revoked")))
}

/// What a revocation weighs, by when it was and what proves that the signature existed before.
///
/// The signing time is only a claim: whoever holds a stolen key can write an earlier one. Nothing but the time of judging itself
/// proves that the signature exists, so a revocation before it leaves the verdict open, even where the claim is earlier still.
fn judge_revoked(subject: &Subject<'_>, role: Role, revoked_at: Timestamp) -> Option<Judgement> {
    if revoked_at > subject.context.at {
        return None;
    }
    let Some(signed_at) = subject.used_at() else {
        return Some(Judgement::Indeterminate(Finding::TimestampUnsupported));
    };
    let no_proof = Judgement::Indeterminate(Finding::NoProofOfExistence { role, revoked_at });
    if revoked_at > signed_at {
        return Some(no_proof);
    }
    let revoked = Judgement::Fail(Finding::Revoked { role, revoked_at, signed_at });
    Some(match (role, subject.context.policy, subject.signature()) {
        // GB/T 38540-2020 7.3 d) makes a maker who is revoked a hint, for a document that is only read.
        (Role::Maker, Policy::Reading, Some(_)) => no_proof,
        (Role::Maker | Role::Signer, Policy::Reading | Policy::Recognition, _) => revoked,
    })
}

pub(super) fn signer_in_seal(_: &Subject<'_>, signature: &SealSignature<'_>) -> Judgement {
    if signature.seal.signers.lists(&signature.signer) {
        Judgement::Pass(String::from("listed"))
    } else {
        Judgement::Fail(Finding::SignerNotInSeal)
    }
}
