//! The same cases through every way and both libraries: what was the same, counted; what was not, a panic with the case.

use std::collections::BTreeMap;
use std::fmt;

use certs::SignatureError;
use certs::sm2::ways::Way;
use certs::sm2::{Case, PublicKey, Signature, verify_many};
use openssl::ec::EcKey;
use openssl::pkey::{PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use sm2::dsa::VerifyingKey;
use sm2::dsa::signature::hazmat::PrehashVerifier;

use crate::cases::{Chance, Kind, Made, cases};
use crate::curve::{Curve, bytes};

/// Keys whose cases are judged together.
const TOGETHER: usize = 24;

/// 合计: how many cases of each kind were accepted and refused, by all alike.
#[derive(Default)]
pub(crate) struct Totals {
    cases: BTreeMap<Kind, [u64; 2]>,
    encodings: [u64; 2],
}

impl Totals {
    /// Runs at least this many cases.
    ///
    /// # Panics
    /// At the first difference.
    pub(crate) fn of(count: u64, seed: u64) -> Self {
        let (curve, mut chance, mut totals) = (Curve::new(), Chance(seed), Self::default());
        while totals.count() < count {
            totals.round(&curve, &mut chance);
        }
        totals
    }

    /// How many cases there were.
    pub(crate) fn count(&self) -> u64 {
        self.cases.values().flatten().sum()
    }

    /// How many cases of this kind were accepted and refused.
    #[allow(dead_code, reason = "the test asks, the command prints all")]
    pub(crate) fn kind(&self, kind: Kind) -> [u64; 2] {
        self.cases.get(&kind).copied().unwrap_or_default()
    }

    /// How many encodings of keys were accepted and refused.
    #[allow(dead_code, reason = "the test asks, the command prints all")]
    pub(crate) fn encodings(&self) -> [u64; 2] {
        self.encodings
    }

    fn round(&mut self, curve: &Curve, chance: &mut Chance) {
        let mut pool = Vec::new();
        let made: Vec<Made> = (0..TOGETHER).flat_map(|_| cases(curve, chance, &mut pool)).collect();
        let keys: Vec<Key> = pool.iter().map(|sec1| Key::new(curve, sec1)).collect();
        let signatures = made.iter().map(|made| Signature::new(made.r, made.s));
        let ours: Vec<Case<'_>> = made
            .iter()
            .zip(signatures)
            .map(|(made, signature)| Case { key: &keys[made.key].ours, digest: &made.digest, signature })
            .collect();
        let expected: Vec<bool> =
            made.iter().zip(&ours).map(|(made, case)| keys[made.key].libraries(made, case)).collect();
        let mut answers: Vec<(&str, Vec<Result<(), SignatureError>>)> =
            Way::all().iter().map(|way| (way.name, way.judge(&ours))).collect();
        answers.push((
            "one at a time",
            ours.iter().map(|case| case.key.verify_digest(case.digest, &case.signature)).collect(),
        ));
        answers.push(("many", verify_many(&ours)));
        let reference = answers[0].1.clone();
        for (place, ((made, case), expected)) in made.iter().zip(&ours).zip(&expected).enumerate() {
            for (name, answers) in &answers {
                assert_eq!(answers[place].is_ok(), *expected, "{name}, {:?}: {case:?}", made.kind);
                assert_eq!(answers[place], reference[place], "{name}, {:?}: {case:?}", made.kind);
            }
            assert!(
                *expected || !matches!(made.kind, Kind::Good | Kind::GoodHighDigest),
                "good, and refused: {case:?}"
            );
            self.cases.entry(made.kind).or_default()[usize::from(!expected)] += 1;
        }
        self.judge_encodings(curve, chance, &pool);
    }
}

/// One key as each library has it.
struct Key {
    ours: PublicKey,
    openssl: PKey<Public>,
    rust_crypto: VerifyingKey,
}

impl Key {
    fn new(curve: &Curve, sec1: &[u8]) -> Self {
        let point = curve.decoded(sec1).expect("a point");
        let key = EcKey::from_public_key(&curve.group, &point).expect("a key");
        Self {
            ours: PublicKey::from_sec1(sec1).expect("a point of the curve"),
            openssl: PKey::from_ec_key(key).expect("a key"),
            rust_crypto: VerifyingKey::from_sec1_bytes("1234567812345678", sec1).expect("a key"),
        }
    }

    /// What OpenSSL and `RustCrypto` say, once they say the same.
    fn libraries(&self, made: &Made, case: &Case<'_>) -> bool {
        let mut context = PkeyCtx::new(&self.openssl).expect("a context");
        context.verify_init().expect("ready to verify");
        // An error is a refusal too: of numbers out of range.
        let openssl = context.verify(&made.digest, &case.signature.to_der()).unwrap_or(false);
        let signature = sm2::dsa::Signature::from_scalars(made.r, made.s);
        let rust_crypto =
            signature.is_ok_and(|signature| self.rust_crypto.verify_prehash(&made.digest, &signature).is_ok());
        assert_eq!(openssl, rust_crypto, "OpenSSL and RustCrypto, {:?}: {case:?}", made.kind);
        openssl
    }
}

impl Totals {
    /// Whether bytes are a key: points, compressed ones, and what is none: off the curve, infinity, coordinates from p on.
    fn judge_encodings(&mut self, curve: &Curve, chance: &mut Chance, pool: &[Vec<u8>]) {
        for sec1 in pool {
            let compressed = |tag: u8| [&[tag][..], &sec1[1..33]].concat();
            let with = |at: usize, bits: u8| {
                let mut changed = sec1.clone();
                changed[at] ^= bits;
                changed
            };
            let bit = 1 << chance.below(8);
            let prime = bytes(&curve.prime);
            let encodings = [
                sec1.clone(),
                compressed(2),
                compressed(3),
                compressed(4),
                with(1 + chance.below(64) as usize, bit),
                with(64, 1),
                with(0, 4),
                with(0, 1),
                sec1[..64].to_vec(),
                [&sec1[..], &[0]].concat(),
                [&[4][..], &prime, &sec1[33..]].concat(),
                [&[4][..], &sec1[1..33], &prime].concat(),
                [&[2][..], &prime].concat(),
                [&[3][..], &[0xFF; 32]].concat(),
                [&[2 + (bit & 1)][..], &chance.bytes()].concat(),
                vec![4; 65],
                vec![0],
                vec![0; 65],
                Vec::new(),
            ];
            for encoding in encodings {
                let ours = PublicKey::from_sec1(&encoding);
                let openssl = curve.decoded(&encoding).filter(|point| curve.x(point).is_some());
                let rust_crypto = VerifyingKey::from_sec1_bytes("1234567812345678", &encoding);
                assert_eq!(ours.is_ok(), openssl.is_some(), "OpenSSL: {encoding:02x?}");
                assert_eq!(ours.is_ok(), rust_crypto.is_ok(), "RustCrypto: {encoding:02x?}");
                if let (Ok(ours), Some(openssl)) = (&ours, openssl) {
                    assert_eq!(ours.to_sec1().to_vec(), curve.encoded(&openssl));
                }
                self.encodings[usize::from(ours.is_err())] += 1;
            }
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Way::all().iter().map(|way| way.name).collect();
        writeln!(f, "{} cases; ways: {}, one at a time, many; OpenSSL, RustCrypto", self.count(), names.join(", "))?;
        writeln!(f, "{:<16} {:>10} {:>10}", "kind", "accepted", "refused")?;
        for (kind, [accepted, refused]) in &self.cases {
            writeln!(f, "{:<16} {accepted:>10} {refused:>10}", format!("{kind:?}"))?;
        }
        let [accepted, refused] = self.encodings;
        writeln!(f, "{:<16} {accepted:>10} {refused:>10}", "keys' encodings")?;
        write!(f, "no difference")
    }
}
