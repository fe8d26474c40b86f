//! Signatures worth judging: over chosen digests, sums and coordinates, as they were made and altered.

use openssl::bn::BigNum;
use openssl::ec::EcPoint;

use crate::curve::{Bytes, Curve, bytes, number, small};

/// Chance that is the same for the same seed (splitmix64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// 64 bits.
    pub(crate) fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.word() % u64::from(end)).expect("below 2^32")
    }

    /// 32 bytes.
    pub(crate) fn bytes(&mut self) -> Bytes {
        let mut out = [0; 32];
        out.chunks_exact_mut(8).for_each(|part| part.copy_from_slice(&self.word().to_be_bytes()));
        out
    }
}

/// How a case came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Good by how it was made.
    Good,
    /// Good, with n added to e, where that has 256 bits.
    GoodHighDigest,
    /// s·G + t·P is infinity.
    Infinity,
    /// A bit of e, r or s turned.
    BitTurned,
    /// r or s one more or less, modulo 2^256.
    NextNumber,
    /// n - r or n - s in their place.
    Opposite,
    /// r + n or s + n, the carry lost.
    WrappedByOrder,
    /// r or s at 0, n, n + 1, p, 2^256 - 1.
    OutOfRange,
    /// r = n - s, so that t = 0.
    NoSum,
    /// r and s exchanged.
    Exchanged,
    /// Another key.
    OtherKey,
    /// Random numbers.
    Noise,
}

/// One case, by the place of its key.
pub(crate) struct Made {
    /// How it came about.
    pub(crate) kind: Kind,
    /// The place of its key in the pool.
    pub(crate) key: usize,
    /// e.
    pub(crate) digest: Bytes,
    /// r.
    pub(crate) r: Bytes,
    /// s.
    pub(crate) s: Bytes,
}

/// A signature that is good, or asks for infinity.
struct Root {
    kind: Kind,
    key: EcPoint,
    digest: BigNum,
    r: BigNum,
    s: BigNum,
}

/// Cases of one root, with its key added to the pool.
pub(crate) fn cases(curve: &Curve, chance: &mut Chance, pool: &mut Vec<Vec<u8>>) -> Vec<Made> {
    let root = loop {
        let root = match chance.below(8) {
            0..=3 => by_sum(curve, chance),
            4..=6 => by_digest(curve, chance),
            _ => by_coordinate(curve, chance),
        };
        if let Some(root) = root {
            break root;
        }
    };
    pool.push(curve.encoded(&root.key));
    altered(curve, chance, &root, pool.len() - 1)
}

/// A number from 1 to n - 1: at an edge or random.
fn scalar(curve: &Curve, chance: &mut Chance) -> BigNum {
    let near = |number: &BigNum, by: u32| curve.difference(number, &small(by));
    let power = |bit: u32| {
        number(&{
            let mut out = [0; 32];
            out[31 - bit as usize / 8] = 1 << (bit % 8);
            out
        })
    };
    let chosen = match chance.below(8) {
        0 => small(1 + chance.below(70)),
        1 => near(&curve.order, 1 + chance.below(70)),
        2 => power(chance.below(255)),
        3 => near(&power(chance.below(255)), 1),
        4 => near(&near(&curve.order, 0), power_below(chance)),
        _ => curve.sum(&number(&chance.bytes()), &small(0)),
    };
    if chosen.num_bits() == 0 { small(1) } else { chosen }
}

fn power_below(chance: &mut Chance) -> u32 {
    1 << chance.below(31)
}

/// s and t are chosen, among them those where s·G and t·P are equal or opposite; e follows.
fn by_sum(curve: &Curve, chance: &mut Chance) -> Option<Root> {
    let (d, t) = (scalar(curve, chance), scalar(curve, chance));
    let product = curve.product(&t, &d);
    let s = match chance.below(6) {
        0 => product,
        1 => curve.difference(&small(0), &product),
        2 => curve.sum(&product, &product),
        _ => scalar(curve, chance),
    };
    let r = curve.difference(&t, &s);
    if r.num_bits() == 0 || s.num_bits() == 0 {
        return None;
    }
    let key = curve.multiple(&d);
    let sum = curve.combined(&s, &t, &key);
    let (kind, digest) = match curve.x(&sum) {
        Some(x) => (Kind::Good, curve.difference(&r, &x)),
        // Were infinity taken for a point with x = 0, this would be good.
        None => (Kind::Infinity, BigNum::from_slice(&bytes(&r)).ok()?),
    };
    Some(Root { kind, key, digest, r, s })
}

/// e is chosen, as when signing; s and t follow.
fn by_digest(curve: &Curve, chance: &mut Chance) -> Option<Root> {
    let (d, k) = (scalar(curve, chance), scalar(curve, chance));
    let digest = match chance.below(4) {
        0 => small(chance.below(3)),
        1 => scalar(curve, chance),
        _ => curve.sum(&number(&chance.bytes()), &small(0)),
    };
    let x = curve.x(&curve.multiple(&k))?;
    let r = curve.sum(&digest, &x);
    let t = curve.quotient(&curve.sum(&k, &r), &curve.sum(&d, &small(1)))?;
    let s = curve.difference(&t, &r);
    let good = r.num_bits() > 0 && s.num_bits() > 0 && t.num_bits() > 0;
    good.then(|| Root { kind: Kind::Good, key: curve.multiple(&d), digest, r, s })
}

/// x is chosen: below p - n, where another x is the same modulo n; from n to p; just below p. The key follows, and nobody knows its
/// private number.
fn by_coordinate(curve: &Curve, chance: &mut Chance) -> Option<Root> {
    let mut x = BigNum::new().ok()?;
    match chance.below(3) {
        0 => x = small(chance.below(1000)),
        1 => x.checked_add(&curve.order, &small(chance.below(1000))).ok()?,
        _ => x.checked_sub(&curve.prime, &small(1 + chance.below(1000))).ok()?,
    }
    let sum = curve.point_at(&x)?;
    let (s, t) = (scalar(curve, chance), scalar(curve, chance));
    let one = small(1);
    let rest = curve.combined(&curve.difference(&small(0), &s), &one, &sum);
    let key = curve.combined(&small(0), &curve.quotient(&one, &t)?, &rest);
    curve.x(&key)?;
    let r = curve.difference(&t, &s);
    let digest = curve.difference(&r, &x);
    (r.num_bits() > 0).then_some(Root { kind: Kind::Good, key, digest, r, s })
}

fn altered(curve: &Curve, chance: &mut Chance, root: &Root, key: usize) -> Vec<Made> {
    let (digest, r, s) = (bytes(&root.digest), bytes(&root.r), bytes(&root.s));
    let made = |kind, digest, r, s| Made { kind, key, digest, r, s };
    let opposite = |number: &BigNum| bytes(&curve.difference(&small(0), number));
    let wrapped = |number: &BigNum, by: &BigNum| {
        let mut sum = BigNum::new().expect("a number");
        sum.checked_add(number, by).expect("a sum");
        let all = sum.to_vec_padded(33).expect("33 bytes");
        (all[0] == 0, <Bytes>::try_from(&all[1..]).expect("32 bytes"))
    };
    let mut odd = [[0; 32], bytes(&curve.order), wrapped(&curve.order, &small(1)).1, bytes(&curve.prime), [0xFF; 32]];
    odd.rotate_left(chance.below(5) as usize);
    let mut turn = |mut bytes: Bytes| {
        let bit = chance.below(256) as usize;
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    let mut out = vec![
        made(root.kind, digest, r, s),
        made(Kind::BitTurned, turn(digest), r, s),
        made(Kind::BitTurned, digest, turn(r), s),
        made(Kind::BitTurned, digest, r, turn(s)),
        made(Kind::NextNumber, digest, wrapped(&root.r, &small(1)).1, s),
        made(Kind::NextNumber, digest, r, wrapped(&root.s, &small(1)).1),
        made(Kind::Opposite, digest, opposite(&root.r), s),
        made(Kind::Opposite, digest, r, opposite(&root.s)),
        made(Kind::WrappedByOrder, digest, wrapped(&root.r, &curve.order).1, s),
        made(Kind::WrappedByOrder, digest, r, wrapped(&root.s, &curve.order).1),
        made(Kind::OutOfRange, digest, odd[0], s),
        made(Kind::OutOfRange, digest, r, odd[1]),
        made(Kind::NoSum, digest, opposite(&root.s), s),
        made(Kind::Exchanged, digest, s, r),
        made(Kind::Noise, chance.bytes(), chance.bytes(), chance.bytes()),
    ];
    if let (true, high) = wrapped(&root.digest, &curve.order)
        && root.kind == Kind::Good
    {
        out.push(made(Kind::GoodHighDigest, high, r, s));
    }
    if key > 0 {
        out.push(Made { key: key - 1, ..made(Kind::OtherKey, digest, r, s) });
    }
    out
}
