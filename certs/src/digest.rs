//! Digests: SM3 and SHA-256, at once or piece by piece, and HMAC-SHA-256.

#[cfg(target_arch = "x86_64")]
mod lanes;

use ring::{digest as engine, hmac};
use sm3::Digest as _;

/// 杂凑 The digest algorithms in use; both give 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    /// GB/T 32905 (SM3).
    Sm3,
    /// FIPS 180-4 SHA-256.
    Sha256,
}

impl DigestAlgorithm {
    /// The algorithm of a dotted object identifier (GB/T 33560), `None` where it is neither.
    pub fn from_oid(oid: &str) -> Option<Self> {
        match oid {
            "1.2.156.10197.1.401" => Some(Self::Sm3),
            "2.16.840.1.101.3.4.2.1" => Some(Self::Sha256),
            _ => None,
        }
    }

    /// The dotted object identifier.
    pub fn oid(self) -> &'static str {
        match self {
            Self::Sm3 => "1.2.156.10197.1.401",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
        }
    }

    /// The digest of the parts, as if they were one piece.
    pub fn digest(self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hasher = Hasher::new(self);
        for part in parts {
            hasher.update(part);
        }
        hasher.finish()
    }
}

/// SHA-256 of the parts, as if they were one piece.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    DigestAlgorithm::Sha256.digest(parts)
}

/// SM3 (GB/T 32905) of the parts, as if they were one piece.
pub fn sm3(parts: &[&[u8]]) -> [u8; 32] {
    DigestAlgorithm::Sm3.digest(parts)
}

/// SM3 of each message, in their order: side by side where the processor can and it is worth while.
pub fn sm3_each(messages: &[&[u8]]) -> Vec<[u8; 32]> {
    #[cfg(target_arch = "x86_64")]
    if let Some(processor) = lanes::Processor::ask() {
        return side_by_side(processor, messages);
    }
    messages.iter().map(|message| sm3(&[message])).collect()
}

/// A block in all lanes takes as long as this many blocks one after the other, as measured.
#[cfg(target_arch = "x86_64")]
const LANES_WORTH: usize = 3;

/// The longest messages first, so that those side by side end together; one that would keep the others' lanes empty goes alone.
#[cfg(target_arch = "x86_64")]
fn side_by_side(processor: lanes::Processor, messages: &[&[u8]]) -> Vec<[u8; 32]> {
    let mut rest: Vec<(usize, &[u8])> = messages.iter().copied().enumerate().collect();
    rest.sort_by_key(|(_, message)| std::cmp::Reverse(message.len()));
    let mut digests = vec![[0; 32]; messages.len()];
    let mut rest = rest.as_slice();
    while let Some((_, longest)) = rest.first() {
        let (together, others) = rest.split_at(rest.len().min(lanes::LANES));
        let blocks: usize = together.iter().map(|(_, message)| lanes::blocks(message)).sum();
        let (done, these) = if blocks <= LANES_WORTH * lanes::blocks(longest) {
            rest = rest.get(1..).unwrap_or_default();
            (together.get(..1).unwrap_or_default(), vec![sm3(&[longest])])
        } else {
            rest = others;
            let views: Vec<&[u8]> = together.iter().map(|(_, message)| *message).collect();
            (together, processor.digests(&views).to_vec())
        };
        for ((place, _), digest) in done.iter().zip(these) {
            if let Some(slot) = digests.get_mut(*place) {
                *slot = digest;
            }
        }
    }
    digests
}

/// SHA-1 of a certificate, by which older time stamps name their signer's. What the name is about has a signature and a path of its
/// own; nothing else may be judged by SHA-1.
pub(crate) fn sha1_of_certificate(der: &[u8]) -> [u8; 20] {
    let mut out = [0; 20];
    for (to, from) in out.iter_mut().zip(engine::digest(&engine::SHA1_FOR_LEGACY_USE_ONLY, der).as_ref()) {
        *to = *from;
    }
    out
}

/// The digest that names an issuer in a `CertID`, by its algorithm's dotted identifier: SM3, SHA-256, or SHA-1, which most responders
/// still use. It only picks what to look at; the signature decides what to believe.
pub(crate) fn named(oid: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    if oid == "1.3.14.3.2.26" {
        return Some(engine::digest(&engine::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec());
    }
    DigestAlgorithm::from_oid(oid).map(|algorithm| algorithm.digest(&[bytes]).to_vec())
}

/// HMAC-SHA-256 (RFC 2104) of the parts, as if they were one piece.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    array(context.sign().as_ref())
}

/// A digest in the making, for bytes that come in pieces.
#[derive(Clone)]
pub struct Hasher(State);

#[derive(Clone)]
enum State {
    Sm3(sm3::Sm3),
    Sha256(engine::Context),
}

impl Hasher {
    /// An empty digest.
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        Self(match algorithm {
            DigestAlgorithm::Sm3 => State::Sm3(sm3::Sm3::new()),
            DigestAlgorithm::Sha256 => State::Sha256(engine::Context::new(&engine::SHA256)),
        })
    }

    /// Appends bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sm3(hasher) => hasher.update(bytes),
            State::Sha256(context) => context.update(bytes),
        }
    }

    /// The digest of everything appended.
    pub fn finish(self) -> [u8; 32] {
        match self.0 {
            State::Sm3(hasher) => hasher.finalize().into(),
            State::Sha256(context) => array(context.finish().as_ref()),
        }
    }
}

/// Both engines answer 32 bytes by definition; the loop keeps that from being a panic.
fn array(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = *from;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers_hold() {
        let cases = [
            (sm3(&[b"abc"]), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
            (sm3(&[&b"abcd"[..]; 16]), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
            (sha256(&[b"abc"]), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            // RFC 4231, test case 2
            (
                hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"]),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
        ];
        for (got, expected) in cases {
            assert_eq!(hex::encode(got), expected);
        }
        let named = |oid| named(oid, b"abc").map(hex::encode);
        assert_eq!(named("1.3.14.3.2.26").unwrap(), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(named("1.2.156.10197.1.401").unwrap(), cases[0].1);
        assert_eq!(named("1.2.840.113549.2.5"), None, "MD5 names nobody");
    }

    #[test]
    fn messages_side_by_side_have_the_digests_that_they_have_alone() {
        let bytes: Vec<u8> = (0..1000_u32).map(|index| index.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        // Every length around the ends of blocks and of padding, in groups that are full and that are not.
        for count in [0, 1, 3, 4, 15, 16, 17, 40] {
            for first in 0..200 {
                // Of nearly one length, and of lengths far apart.
                let spread = [1, 37, 500][first % 3];
                let messages: Vec<&[u8]> =
                    (0..count).map(|index| &bytes[index..index + (first + spread * index) % 900]).collect();
                let alone: Vec<[u8; 32]> = messages.iter().map(|message| sm3(&[message])).collect();
                assert_eq!(sm3_each(&messages), alone, "{count} messages from {first} bytes");
            }
        }
    }

    #[test]
    fn pieces_give_the_digest_of_the_whole() {
        for algorithm in [DigestAlgorithm::Sm3, DigestAlgorithm::Sha256] {
            assert_eq!(algorithm.digest(&[b"a", b"", b"bc"]), algorithm.digest(&[b"abc"]));
            assert_eq!(DigestAlgorithm::from_oid(algorithm.oid()), Some(algorithm));
        }
        assert_eq!(DigestAlgorithm::from_oid("1.3.14.3.2.26"), None, "SHA-1 is no choice");
    }
}
