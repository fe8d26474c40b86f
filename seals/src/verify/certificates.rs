//! Steps about the two signatures, the certificates that made them, and their paths.
use certs::{
    certificate::{Certificate, UsageVerdict, Use},
    error::SignatureError,
    key::PublicKey,
    path::PathError,
    trust::{Purpose, Trust},
};
use jiff::Timestamp;

use super::{
    Context,
    subject::{PackageSide, PathOrFinding, Subject},
};
use crate::{
    finding::{Finding, Role},
    format::{Seal, SealSignature, SignatureValue, Signing},
    report::Judgement,
};

pub(super) fn seal_signature(subject: &Subject<'_>, seal: &Seal<'_>) -> Judgement {
    let judge = || check_signature(Role::Maker, &seal.maker, &seal.signed, &seal.signature);
    let context = subject.context;
    match context.cache {
        Some(cache) => cache.seal(context.trust, context.policy.edition, seal.raw, judge),
        None => judge(),
    }
}

/// `TBS_Sign`, or what `SignedData` may be over: then one of them must hold.
pub(super) fn signature_value(subject: &Subject<'_>, signing: &Signing<'_>) -> Judgement {
    let check = |message: &[u8]| check_signature(Role::Signer, &signing.signer, message, &signing.signature);
    if let Some(signature) = subject.seal_signature() {
        return check(signature.signed);
    }
    let original = subject.package.as_ref().map(PackageSide::original);
    let Some(signed) = subject.data_signature().and_then(|data| data.signed(original)) else {
        return Finding::DocumentAbsent.into();
    };
    let mut judgements: Vec<Judgement> = signed.iter().map(|message| check(message)).collect();
    let holds = judgements.iter().position(Judgement::is_pass);
    judgements.swap_remove(holds.unwrap_or(0))
}

fn check_signature(role: Role, certificate: &Certificate, message: &[u8], value: &SignatureValue<'_>) -> Judgement {
    let key = match certificate.public_key() {
        Ok(key) => key,
        Err(SignatureError::Key) => return Finding::KeyMalformed { role }.into(),
        Err(_) => return unsupported(role, "of the certificate's key").into(),
    };
    let declared = value.algorithm();
    if Family::of_algorithm(declared).is_some_and(|family| family != Family::of_key(key)) {
        return Finding::AlgorithmMismatch { role, declared: declared.to_owned(), key: Family::of_key(key).name() }
            .into();
    }
    let verified = match (value, key) {
        (SignatureValue::Sm2(signature), PublicKey::Sm2(key)) => key.verify(message, signature),
        (SignatureValue::Sm2(_), _) => Err(SignatureError::Mismatch),
        (SignatureValue::Other { algorithm, bytes }, key) => key.verify(algorithm, message, bytes),
    };
    match verified {
        Ok(()) => Judgement::pass(Family::of_algorithm(declared).map_or("", Family::signature)),
        Err(SignatureError::Algorithm) => unsupported(role, declared).into(),
        Err(_) => Finding::SignatureWrong { role }.into(),
    }
}

/// Kinds of keys, and of the signature algorithms that go with them. An algorithm of another family than the key's is no gap in
/// what we support: somebody declares what cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Sm2,
    Ecdsa,
    Rsa,
}

impl Family {
    fn of_algorithm(oid: &str) -> Option<Self> {
        const PREFIXES: [(&str, Family); 4] = [
            ("1.2.156.10197.1.301.", Family::Sm2),
            ("1.2.156.10197.1.50", Family::Sm2),
            ("1.2.840.10045.4.", Family::Ecdsa),
            ("1.2.840.113549.1.1.", Family::Rsa),
        ];
        // SM3 with RSA has its place among the SM algorithms.
        if oid == "1.2.156.10197.1.504" {
            return Some(Family::Rsa);
        }
        PREFIXES.iter().find(|(prefix, _)| oid.starts_with(prefix)).map(|(_, family)| *family)
    }

    fn of_key(key: &PublicKey) -> Self {
        match key {
            PublicKey::Sm2(_) => Family::Sm2,
            PublicKey::P256(_) => Family::Ecdsa,
            PublicKey::Rsa(_) => Family::Rsa,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Family::Sm2 => "SM2",
            Family::Ecdsa => "P-256",
            Family::Rsa => "RSA",
        }
    }

    /// The one algorithm of each family that verifies here.
    fn signature(self) -> &'static str {
        match self {
            Family::Sm2 => "SM2 with SM3",
            Family::Ecdsa => "ECDSA with SHA-256",
            Family::Rsa => "RSA with SHA-256",
        }
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
    // Paths are judged by whole seconds.
    let used_at = Timestamp::from_second(used_at.as_second()).unwrap_or(used_at);
    if let Some(since) = trust.stale_since(context.at) {
        return Err(Finding::TrustStale { since });
    }
    let find = || find_path(role, certificate, purpose, used_at, trust);
    match context.cache {
        Some(cache) => cache.path(trust, context.policy.edition, certificate, purpose, used_at, find),
        None => find(),
    }
}

fn find_path(
    role: Role,
    certificate: &Certificate,
    purpose: Purpose,
    used_at: Timestamp,
    trust: &Trust,
) -> PathOrFinding {
    trust.path(certificate, purpose, used_at).map_err(|error| match error {
        PathError::IssuerUnknown { .. } => Finding::UnknownIssuer { role, issuer: certificate.issuer().to_string() },
        PathError::Version { .. } => Finding::Version1 { role },
        error => Finding::PathBroken { role, code: error.code() },
    })
}

pub(super) fn maker_path(subject: &Subject<'_>, _: &Seal<'_>) -> Judgement {
    judge_path(&subject.maker_path)
}

pub(super) fn signer_path(subject: &Subject<'_>, _: &Signing<'_>) -> Judgement {
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

pub(super) fn signer_usage(_: &Subject<'_>, signing: &Signing<'_>) -> Judgement {
    judge_usage(Role::Signer, &signing.signer)
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
    if signature.seal.info.signers.lists(&signature.signing.signer) {
        Judgement::pass("listed")
    } else {
        Finding::SignerNotInSeal.into()
    }
}
