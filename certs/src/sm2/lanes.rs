//! Sums of points in eight lanes, by the instructions for integers of 52 bits (AVX-512 IFMA), where the processor has them.
//!
//! The one place of the project with `unsafe`, because only whoever has asked the processor may use its instructions: [`Processor`]
//! is that proof, and without it no function here can be called. `is_x86_feature_detected!` says yes only when the system, too, keeps the
//! wide registers. No pointer is used: what is indexed is indexed as everywhere in safe Rust, and the compiler refuses an instruction
//! that is not among the features of its function, so that the proof is all there is to check.
//!
//! A lane holds a number in five limbs, as a·2^260 modulo p. The instructions take 52 bits of each limb and drop what is above, so that
//! a right sum needs every factor from 0 to below 2^260 in limbs from 0 to below 2^52. It is so:
//! - Coordinates from tables are 16·a with a < p: below 2^260 ([`spread`]).
//! - [`multiply`] gives (a·b + M·p)/2^260 with M < 2^260: below 2^256 + a·b/2^260. Each of its limbs is a sum of at most 20 halves of
//!   products, below 2^52 each, and a carry: below 2^57.
//! - [`times`] sees factors below 2^257: what [`settled`] gives, and its own products, which stay below 2^256 + 2^254. A coordinate from
//!   a table, below 2^260, is multiplied by [`ONE`], or by one of these and is then below 2^258, and settled at once.
//! - [`settled`] takes differences of such products, at most one of them minus three more: between -2^260 and 2^258, in limbs below 2^58
//!   in size. What it gives is from 0 to below 2^256 + 2^233; the reckoning stands there.
//! - [`gathered`] takes what both give, below 2^256 + 2^254 and so below 2·p: one subtraction of p is enough.
#![allow(unsafe_code, reason = "instructions that the processor was asked for; see above")]
#![allow(clippy::indexing_slicing, reason = "arrays by constants and by loops of constant length, which unroll")]
#![allow(clippy::many_single_char_names, reason = "the letters of the formulas that are named")]
#![allow(clippy::unused_self, reason = "a processor is a proof: having it is its use")]

use std::arch::x86_64::{
    __m512i, _mm_cvtsi128_si64, _mm512_add_epi64, _mm512_alignr_epi64, _mm512_and_si512, _mm512_castsi512_si128,
    _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_blend_epi64, _mm512_or_si512, _mm512_set_epi64,
    _mm512_set1_epi64, _mm512_setzero_si512, _mm512_slli_epi64, _mm512_srai_epi64, _mm512_srli_epi64, _mm512_sub_epi64,
};

use super::field::{Element, P};
use super::number::{self, Number};
use super::point::Affine;

/// How many numbers lie side by side.
pub(super) const LANES: usize = 8;

/// The limbs of p + 1. The lowest is zero: p ends in 64 ones.
const PRIME_PLUS_ONE: [i64; 5] = [0, 0xF_F000_0000_1000, 0xF_FFFF_FFFF_FFFF, 0xF_FFFF_FFFF_FFFF, 0x0_FFFF_FFFE_FFFF];
/// The limbs of 2^260 mod p, which stands for one.
const ONE: [i64; 5] = [0x10, 0x0_FFFF_FFFF_0000, 0, 0, 0x10_0000];
const LIMB: i64 = (1 << 52) - 1;

/// The proof that this processor has the instructions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Processor(());

impl Processor {
    /// Asks; `None` when it has not got them.
    pub(super) fn ask() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma");
        has.then_some(Self(()))
    }

    /// The sum of one lane after the other, each row adding a point to every lane; `None` where two points of one x met, and their sum
    /// needs another formula.
    pub(super) fn sums(self, rows: &[[Affine; LANES]]) -> [Option<Sum>; LANES] {
        // SAFETY: `self` is only made when the processor has the instructions.
        unsafe { sums(rows) }
    }

    /// The sum of all points; `None` as above, and for fewer than eight.
    pub(super) fn sum(self, points: &[Affine]) -> Option<Sum> {
        // SAFETY: as above.
        unsafe { sum(points) }
    }
}

/// X and Z² of a sum that is not infinity, both by the same factor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sum {
    pub(super) x: Element,
    pub(super) z_squared: Element,
}

/// Eight numbers, a limb a vector.
#[derive(Clone, Copy)]
struct Lanes([__m512i; 5]);

/// Eight points (X/Z², Y/Z³).
#[derive(Clone, Copy)]
struct Points {
    x: Lanes,
    y: Lanes,
    z: Lanes,
}

/// a·b: below 2^256 + a·b / 2^260, its limbs not yet carried.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn multiply(a: &Lanes, b: &Lanes) -> [__m512i; 5] {
    let prime = PRIME_PLUS_ONE.map(|limb| _mm512_set1_epi64(limb));
    let mut t = [_mm512_setzero_si512(); 6];
    for digit in b.0 {
        for j in 0..5 {
            t[j] = _mm512_madd52lo_epu64(t[j], a.0[j], digit);
            t[j + 1] = _mm512_madd52hi_epu64(t[j + 1], a.0[j], digit);
        }
        // m·p with m the lowest limb clears it; m·(p + 1) leaves its carry alone. Only the low 52 bits of m are taken.
        let m = t[0];
        let carry = _mm512_srli_epi64::<52>(m);
        for j in 1..5 {
            t[j] = _mm512_madd52lo_epu64(t[j], m, prime[j]);
            t[j + 1] = _mm512_madd52hi_epu64(t[j + 1], m, prime[j]);
        }
        t = [_mm512_add_epi64(t[1], carry), t[2], t[3], t[4], t[5], _mm512_setzero_si512()];
    }
    [t[0], t[1], t[2], t[3], t[4]]
}

/// Carries: limbs of any sign become limbs of 52 bits, but for the highest, which keeps what is above.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn carried(mut t: [__m512i; 5]) -> Lanes {
    let mask = _mm512_set1_epi64(LIMB);
    for j in 0..4 {
        t[j + 1] = _mm512_add_epi64(t[j + 1], _mm512_srai_epi64::<52>(t[j]));
        t[j] = _mm512_and_si512(t[j], mask);
    }
    Lanes(t)
}

/// A number between -2^262 and 2^262 in limbs of less than 2^58 each becomes one between 0 and 2^256 + 2^233, the same modulo p.
///
/// Multiples of 2^256 leave the highest limb and come back as 2^256 - p = 2^224 + 2^96 - 2^64 + 1. Which multiple, h, is told by that
/// limb alone, 2^24 too low. In units of 2^208 the highest limb keeps from 2^24 to below 2^48 + 2^24; the lower limbs are worth less
/// than 2^7 in size; and h is at most 2^6 + 1 in size, so that h·(2^224 + …) is less than 2^23. The sum is hence above 0 and below
/// 2^48 + 2^25, which is 2^256 + 2^233.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn settled(mut t: [__m512i; 5]) -> Lanes {
    let high = _mm512_srai_epi64::<48>(_mm512_sub_epi64(t[4], _mm512_set1_epi64(1 << 24)));
    let middle = _mm512_sub_epi64(_mm512_slli_epi64::<44>(high), _mm512_slli_epi64::<12>(high));
    let above = _mm512_sub_epi64(_mm512_slli_epi64::<16>(high), _mm512_slli_epi64::<48>(high));
    t[0] = _mm512_add_epi64(t[0], high);
    t[1] = _mm512_add_epi64(t[1], middle);
    t[4] = _mm512_add_epi64(t[4], above);
    carried(t)
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn times(a: &Lanes, b: &Lanes) -> Lanes {
    carried(multiply(a, b))
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn minus(a: &[__m512i; 5], b: &[__m512i; 5]) -> [__m512i; 5] {
    let mut out = *a;
    for j in 0..5 {
        out[j] = _mm512_sub_epi64(a[j], b[j]);
    }
    out
}

/// P + Q for affine Q ("madd-2004-hmv"), as [`super::point::Jacobian::plus_affine`] has it, but for equal x: Z becomes zero then, and
/// stays so.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn plus_affine(p: &Points, x: &Lanes, y: &Lanes) -> Points {
    let z_squared = times(&p.z, &p.z);
    let z_cubed = times(&z_squared, &p.z);
    let h = settled(minus(&multiply(x, &z_squared), &p.x.0));
    let r = settled(minus(&multiply(y, &z_cubed), &p.y.0));
    sum_by(&p.x, &p.y, &p.z, &h, &r)
}

/// P + Q ("add-1998-cmo-2"), with the same exception.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn plus(p: &Points, q: &Points) -> Points {
    let (p_squared, q_squared) = (times(&p.z, &p.z), times(&q.z, &q.z));
    let x = times(&p.x, &q_squared);
    let y = times(&p.y, &times(&q_squared, &q.z));
    let h = settled(minus(&multiply(&q.x, &p_squared), &x.0));
    let r = settled(minus(&multiply(&q.y, &times(&p_squared, &p.z)), &y.0));
    sum_by(&x, &y, &times(&p.z, &q.z), &h, &r)
}

/// What both sums share: the first point as (x, y) over z, and by how much the second's x and y differ.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn sum_by(x: &Lanes, y: &Lanes, z: &Lanes, h: &Lanes, r: &Lanes) -> Points {
    let square = times(h, h);
    let cube = times(&square, h);
    let v = times(x, &square);
    let x = settled(minus(&minus(&minus(&multiply(r, r), &cube.0), &v.0), &v.0));
    let y = settled(minus(&multiply(r, &settled(minus(&v.0, &x.0))), &multiply(y, &cube)));
    Points { x, y, z: times(z, h) }
}

/// Coordinates as tables keep them, a·2^256 mod p in limbs of 64 bits: shifted by four they are below 2^260, and a·2^260 modulo p.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn spread(of: [&Element; LANES]) -> Lanes {
    let word = |index: usize| {
        let [a, b, c, d, e, f, g, h] = of.map(|element| element.limbs()[index].cast_signed());
        _mm512_set_epi64(h, g, f, e, d, c, b, a)
    };
    let [w0, w1, w2, w3] = [word(0), word(1), word(2), word(3)];
    let mask = _mm512_set1_epi64(LIMB);
    let both = |low, high| _mm512_and_si512(_mm512_or_si512(low, high), mask);
    Lanes([
        _mm512_and_si512(_mm512_slli_epi64::<4>(w0), mask),
        both(_mm512_srli_epi64::<48>(w0), _mm512_slli_epi64::<16>(w1)),
        both(_mm512_srli_epi64::<36>(w1), _mm512_slli_epi64::<28>(w2)),
        both(_mm512_srli_epi64::<24>(w2), _mm512_slli_epi64::<40>(w3)),
        _mm512_srli_epi64::<12>(w3),
    ])
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn coordinates(row: &[Affine; LANES]) -> [Lanes; 2] {
    [spread(row.each_ref().map(|point| &point.x)), spread(row.each_ref().map(|point| &point.y))]
}

/// The points of a row as they are: Z is one.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn first(row: &[Affine; LANES]) -> Points {
    let one = Lanes(ONE.map(|limb| _mm512_set1_epi64(limb)));
    let [x, y] = coordinates(row);
    // Times one, they are below 2^257.
    Points { x: times(&x, &one), y: times(&y, &one), z: one }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn sums(rows: &[[Affine; LANES]]) -> [Option<Sum>; LANES] {
    let Some((head, rows)) = rows.split_first() else { return [None; LANES] };
    let mut sums = first(head);
    for row in rows {
        let [x, y] = coordinates(row);
        sums = plus_affine(&sums, &x, &y);
    }
    let z_squared = times(&sums.z, &sums.z);
    let mut out = [None; LANES];
    let (mut x, mut z_squared) = (sums.x, z_squared);
    for slot in &mut out {
        *slot = lowest(&x, &z_squared);
        (x, z_squared) = (turned::<1>(&x), turned::<1>(&z_squared));
    }
    out
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn sum(points: &[Affine]) -> Option<Sum> {
    let (rows, rest) = points.as_chunks();
    let (head, rows) = rows.split_first()?;
    let mut sums = first(head);
    for row in rows {
        let [x, y] = coordinates(row);
        sums = plus_affine(&sums, &x, &y);
    }
    if !rest.is_empty() {
        // A row that is not full adds to its lanes alone.
        let mut row = [Affine::BASE; LANES];
        row.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        let [x, y] = coordinates(&row);
        let more = plus_affine(&sums, &x, &y);
        let full = u8::MAX >> (LANES - rest.len());
        sums = Points {
            x: chosen(full, &sums.x, &more.x),
            y: chosen(full, &sums.y, &more.y),
            z: chosen(full, &sums.z, &more.z),
        };
    }
    // Lanes 0 to 3 with 4 to 7, 0 and 1 with 2 and 3, 0 with 1.
    sums = plus(&sums, &Points { x: turned::<4>(&sums.x), y: turned::<4>(&sums.y), z: turned::<4>(&sums.z) });
    sums = plus(&sums, &Points { x: turned::<2>(&sums.x), y: turned::<2>(&sums.y), z: turned::<2>(&sums.z) });
    sums = plus(&sums, &Points { x: turned::<1>(&sums.x), y: turned::<1>(&sums.y), z: turned::<1>(&sums.z) });
    lowest(&sums.x, &times(&sums.z, &sums.z))
}

/// `new` in the lanes of the mask, `old` in the others.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn chosen(mask: u8, old: &Lanes, new: &Lanes) -> Lanes {
    let mut out = *old;
    for j in 0..5 {
        out.0[j] = _mm512_mask_blend_epi64(mask, old.0[j], new.0[j]);
    }
    out
}

/// Lane i + BY in the place of lane i, around.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn turned<const BY: i32>(lanes: &Lanes) -> Lanes {
    Lanes(lanes.0.map(|limb| _mm512_alignr_epi64::<BY>(limb, limb)))
}

/// What lane 0 holds; `None` where Z is zero.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn lowest(x: &Lanes, z_squared: &Lanes) -> Option<Sum> {
    let limbs = |lanes: &Lanes| lanes.0.map(|limb| _mm_cvtsi128_si64(_mm512_castsi512_si128(limb)).cast_unsigned());
    let sum = Sum { x: gathered(limbs(x)), z_squared: gathered(limbs(z_squared)) };
    (!sum.z_squared.is_zero()).then_some(sum)
}

/// Five limbs of 52 bits, below 2^257 together, as four of 64 below p.
fn gathered([l0, l1, l2, l3, l4]: [u64; 5]) -> Element {
    let number: Number = [l0 | l1 << 52, l1 >> 12 | l2 << 40, l2 >> 24 | l3 << 28, l3 >> 36 | l4 << 16];
    Element::from_limbs(number::reduce_once(&number, l4 >> 48 != 0, &P))
}

#[cfg(test)]
mod tests;
