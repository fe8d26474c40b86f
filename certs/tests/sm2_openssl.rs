//! Our SM2 verifier and OpenSSL's give the same answer, on 100,000 random cases: valid ones, altered ones and odd ones.
#![cfg(feature = "signing")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::thread;

use certs::sm2::{PublicKey, Signature};
use certs::{digest, random};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, PointConversionForm};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::pkey_ctx::PkeyCtx;

const THREADS: usize = 2;
const ROUNDS: usize = 5_000;
/// One signature gives one valid case and nine altered ones.
const CASES: [Case; 10] = [
    Case::Valid,
    Case::DigestBit,
    Case::OtherKey,
    Case::RBit,
    Case::SBit,
    Case::RZero,
    Case::SOrder,
    Case::RPlusOrder,
    Case::SumOfOrder,
    Case::Noise,
];

/// n, the order of the curve (GB/T 32918.5).
const ORDER: &str = "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Case {
    /// As signed.
    Valid,
    /// One bit of e turned.
    DigestBit,
    /// Another key.
    OtherKey,
    /// One bit of r turned.
    RBit,
    /// One bit of s turned.
    SBit,
    /// r = 0.
    RZero,
    /// s = n.
    SOrder,
    /// r + n in 256 bits, the carry lost.
    RPlusOrder,
    /// s = n - r, so that t = 0.
    SumOfOrder,
    /// Random r and s.
    Noise,
}

struct Pair {
    openssl: PKey<Private>,
    ours: PublicKey,
}

impl Pair {
    fn generate(group: &EcGroup) -> Self {
        let key = EcKey::generate(group).unwrap();
        let mut numbers = BigNumContext::new().unwrap();
        let sec1 = key.public_key().to_bytes(group, PointConversionForm::UNCOMPRESSED, &mut numbers).unwrap();
        Self { openssl: PKey::from_ec_key(key).unwrap(), ours: PublicKey::from_sec1(&sec1).unwrap() }
    }

    fn sign(&self, e: &[u8; 32]) -> Signature {
        let mut context = PkeyCtx::new(&self.openssl).unwrap();
        context.sign_init().unwrap();
        let mut der = Vec::new();
        context.sign_to_vec(e, &mut der).unwrap();
        Signature::from_der(&der).unwrap()
    }

    fn openssl_accepts(&self, e: &[u8; 32], signature: &Signature) -> bool {
        let mut context = PkeyCtx::new(&self.openssl).unwrap();
        context.verify_init().unwrap();
        // An error is a refusal too: of numbers out of range.
        context.verify(e, &signature.to_der()).unwrap_or(false)
    }
}

fn number(value: &BigNum) -> [u8; 32] {
    value.to_vec_padded(32).unwrap().try_into().unwrap()
}

fn turn_bit(mut bytes: [u8; 32], which: u8) -> [u8; 32] {
    bytes[usize::from(which) / 8] ^= 1 << (which % 8);
    bytes
}

/// One case: the signature to judge, the digest, and whether another key is to judge it.
fn alter(case: Case, e: [u8; 32], signature: Signature, chance: &[u8; 64], order: &BigNum) -> ([u8; 32], Signature) {
    let (r, s) = (*signature.r(), *signature.s());
    let below = |a: &BigNum, b: &BigNum| {
        let mut difference = BigNum::new().unwrap();
        difference.checked_sub(a, b).unwrap();
        number(&difference)
    };
    let whole = |bytes: &[u8; 32]| BigNum::from_slice(bytes).unwrap();
    match case {
        Case::Valid | Case::OtherKey => (e, signature),
        Case::DigestBit => (turn_bit(e, chance[0]), signature),
        Case::RBit => (e, Signature::new(turn_bit(r, chance[0]), s)),
        Case::SBit => (e, Signature::new(r, turn_bit(s, chance[0]))),
        Case::RZero => (e, Signature::new([0; 32], s)),
        Case::SOrder => (e, Signature::new(r, number(order))),
        Case::RPlusOrder => {
            let mut sum = BigNum::new().unwrap();
            sum.checked_add(&whole(&r), order).unwrap();
            let wrapped = sum.to_vec();
            (e, Signature::new(*wrapped.last_chunk().unwrap(), s))
        }
        Case::SumOfOrder => (e, Signature::new(r, below(order, &whole(&r)))),
        Case::Noise => {
            let (r, s) = chance.split_first_chunk().unwrap();
            (e, Signature::new(*r, s.try_into().unwrap()))
        }
    }
}

/// How many of each case were accepted, by both.
fn run(rounds: usize) -> BTreeMap<Case, usize> {
    let group = EcGroup::from_curve_name(Nid::SM2).unwrap();
    let order = BigNum::from_hex_str(ORDER).unwrap();
    let keys: Vec<Pair> = (0..16).map(|_| Pair::generate(&group)).collect();
    let mut accepted = BTreeMap::new();
    for round in 0..rounds {
        let chance: [u8; 64] = random::array().unwrap();
        let signer = &keys[round % keys.len()];
        let e = digest::sm3(&[&chance]);
        let signature = signer.sign(&e);
        for case in CASES {
            let (e, altered) = alter(case, e, signature, &chance, &order);
            let judge = if case == Case::OtherKey { &keys[(round + 1) % keys.len()] } else { signer };
            let ours = judge.ours.verify_digest(&e, &altered).is_ok();
            let theirs = judge.openssl_accepts(&e, &altered);
            assert_eq!(ours, theirs, "{case:?}: e {}, {altered:?}, {:?}", hex::encode(e), judge.ours);
            *accepted.entry(case).or_default() += usize::from(ours);
        }
    }
    accepted
}

#[test]
fn our_verifier_and_openssl_agree_on_100_000_random_cases() {
    let threads: Vec<_> = (0..THREADS).map(|_| thread::spawn(|| run(ROUNDS))).collect();
    for thread in threads {
        let accepted = thread.join().unwrap();
        for (case, count) in accepted {
            let expected = if case == Case::Valid { ROUNDS } else { 0 };
            assert_eq!(count, expected, "{case:?}");
        }
    }
    assert_eq!(THREADS * ROUNDS * CASES.len(), 100_000);
}
