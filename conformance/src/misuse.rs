//! The ways in which the client misbehaves on purpose, so that a refusal can be seen.

/// 故意违规: one deliberate fault in an otherwise right request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misuse {
    /// One bit of the signature is turned.
    WrongSignature,
    /// Signed by another partner's message key, under that key's name.
    AnotherPartnersKey,
    /// Signed by another partner's message key, under our key's name.
    StolenKeyName,
    /// A key's name that the trust list does not hold.
    UnknownKey,
    /// Made 301 seconds ago.
    StaleCreated,
    /// Made 330 seconds from now: past the window even after a slow connection.
    FutureCreated,
    /// The same nonce twice; the second answer counts.
    ReplayedNonce,
    /// The digest of another body.
    WrongDigest,
    /// No `Content-Digest`, and none covered.
    NoDigest,
    /// The digest is sent but not signed.
    DigestNotCovered,
    /// No signature at all.
    NoSignature,
    /// No `Idempotency-Key`, and none covered.
    NoIdempotencyKey,
    /// No nonce among the parameters.
    NoNonce,
    /// A right signature, made for another address.
    AnotherTarget,
    /// The parameter `alg`, which would let the sender choose.
    AlgParameter,
    /// No TLS client certificate.
    NoClientCertificate,
    /// A message that is far longer than any limit of the contract allows.
    HugeMessage,
}

impl Misuse {
    /// Every misuse by the name that scenarios use.
    pub const NAMES: [(&'static str, Self); 17] = [
        ("wrong-signature", Self::WrongSignature),
        ("another-partners-key", Self::AnotherPartnersKey),
        ("stolen-key-name", Self::StolenKeyName),
        ("unknown-key", Self::UnknownKey),
        ("stale-created", Self::StaleCreated),
        ("future-created", Self::FutureCreated),
        ("replayed-nonce", Self::ReplayedNonce),
        ("wrong-digest", Self::WrongDigest),
        ("no-digest", Self::NoDigest),
        ("digest-not-covered", Self::DigestNotCovered),
        ("no-signature", Self::NoSignature),
        ("no-idempotency-key", Self::NoIdempotencyKey),
        ("no-nonce", Self::NoNonce),
        ("another-target", Self::AnotherTarget),
        ("alg-parameter", Self::AlgParameter),
        ("no-client-certificate", Self::NoClientCertificate),
        ("huge-message", Self::HugeMessage),
    ];

    /// Whether it takes another partner's keys, which a partner who runs its own suite does not have.
    pub fn takes_anothers_keys(self) -> bool {
        matches!(self, Self::AnotherPartnersKey | Self::StolenKeyName)
    }

    /// The misuse of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, misuse)| *misuse)
    }
}
