//! Steps about the two signatures, the certificates that made them, and their paths.
use certs::{
    certificate::{Certificate, UsageVerdict, Use},
    error::SignatureError,
    key::PublicKey,
    path::PathError,
    trust::Purpose,
};
use jiff::Timestamp;

use super::{Context, PathOrFinding, Subject};
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
        return unsupported(role, "of the certificate's key").into();
    };
    let (verified, algorithm) = match (value, key) {
        (SignatureValue::Sm2(signature), PublicKey::Sm2(key)) => (key.verify(message, signature), "SM2 with SM3"),
        (SignatureValue::Sm2(_), _) => (Err(SignatureError::Mismatch), "SM2 with SM3"),
        (SignatureValue::Other { algorithm, bytes }, key) => {
            (key.verify(algorithm, message, bytes), algorithm.as_str())
        }
    };
    match verified {
        Ok(()) => Judgement::pass(algorithm.to_owned()),
        Err(SignatureError::Algorithm) => unsupported(role, algorithm).into(),
        Err(_) => Finding::SignatureWrong { role }.into(),
    }
}

fn unsupported(role: Role, algorithm: &str) -> Finding {
    Finding::AlgorithmUnsupported { role, algorithm: algorithm.to_owned() }
}

/// Builds the path of one of the two certificates, or says why there is none.
pub(super) fn path(
    role: Role,
    certificate: &Certificate,
    purpose: Purpose,
    used_at: Timestamp,
    context: &Context<'_>,
) -> PathOrFinding {
    let trust = context.trust;
    if let Some(since) = trust.stale_since(context.at) {
        return Err(Finding::TrustStale { since });
    }
    trust.path(certificate, purpose, used_at).map_err(|error| match error {
        PathError::IssuerUnknown { .. } => Finding::UnknownIssuer { role, issuer: certificate.issuer().to_string() },
        PathError::Version { .. } => Finding::Version1 { role },
        error => Finding::PathBroken { role, code: error.code() },
    })
}

pub(super) fn maker_path(subject: &Subject<'_>, _: &Seal<'_>) -> Judgement {
    judge_path(&subject.maker_path)
}

pub(super) fn signer_path(subject: &Subject<'_>, _: &SealSignature<'_>) -> Judgement {
    judge_path(&subject.signer_path)
}

fn judge_path(path: &PathOrFinding) -> Judgement {
    match path {
        Ok(path) => Judgement::pass(
            path.certificates().last().map_or(String::new(), |anchor| format!("anchor {}", anchor.subject())),
        ),
        Err(finding) => finding.clone().into(),
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
        UsageVerdict::Allowed => Judgement::pass("signing allowed"),
        UsageVerdict::Unstated => Finding::UsageUnstated { role }.into(),
        UsageVerdict::Forbidden => Finding::UsageForbidden { role }.into(),
    }
}

pub(super) fn signer_in_seal(_: &Subject<'_>, signature: &SealSignature<'_>) -> Judgement {
    if signature.seal.signers.lists(&signature.signer) {
        Judgement::pass("listed")
    } else {
        Finding::SignerNotInSeal.into()
    }
}
