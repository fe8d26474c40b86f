//! Lanes against big integers at the bounds that they promise, and against sums of one point after the other.

use num_bigint::BigInt;
use proptest::prelude::*;

use super::*;
use crate::sm2::point::{Jacobian, to_affine};

fn big(limbs: &[i64; 5]) -> BigInt {
    limbs.iter().rev().fold(BigInt::ZERO, |sum, limb| (sum << 52) + limb)
}

fn prime() -> BigInt {
    P.iter().rev().fold(BigInt::ZERO, |sum, limb| (sum << 64) + limb)
}

fn modulo(number: &BigInt) -> BigInt {
    ((number % prime()) + prime()) % prime()
}

/// Each limb in all lanes.
fn filled(limbs: &[i64; 5]) -> [__m512i; 5] {
    // SAFETY: eight numbers of 64 bits are a vector of 512, whatever their bits.
    limbs.map(|limb| unsafe { std::mem::transmute::<[i64; LANES], __m512i>([limb; LANES]) })
}

/// The limbs of lane 0, once all lanes are found to be the same.
fn emptied(lanes: &[__m512i; 5]) -> [i64; 5] {
    lanes.map(|limb| {
        // SAFETY: as above, the other way.
        let all = unsafe { std::mem::transmute::<__m512i, [i64; LANES]>(limb) };
        assert_eq!(all, [all[0]; LANES]);
        all[0]
    })
}

fn processor() -> Option<Processor> {
    let processor = Processor::ask();
    if processor.is_none() {
        println!("skipped: this processor has no AVX-512 IFMA");
    }
    processor
}

/// Limbs at their bounds, and random ones.
fn limb() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), Just(1), Just(LIMB), Just(LIMB - 1), Just(1_i64 << 51), 0..=LIMB]
}

fn wide_limb() -> impl Strategy<Value = i64> {
    let bound = (1_i64 << 58) - 1;
    prop_oneof![Just(bound), Just(-bound), Just(0), Just(-1), -bound..=bound]
}

fn wide_highest_limb() -> impl Strategy<Value = i64> {
    let bound = (1_i64 << 54) - (1 << 8);
    prop_oneof![
        Just(bound),
        Just(-bound),
        Just(0),
        Just(-1),
        -64_i64..64,
        (1_i64 << 48) - 64..(1_i64 << 48) + 64,
        -bound..=bound
    ]
}

fn is_carried(limbs: &[i64; 5]) -> bool {
    limbs.iter().all(|limb| (0..=LIMB).contains(limb))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn products_are_right_and_within_their_bound(a in [limb(), limb(), limb(), limb(), limb()], b in [limb(), limb(), limb(), limb(), limb()]) {
        if processor().is_none() {
            return Ok(());
        }
        // SAFETY: the processor was asked.
        let product = unsafe { times(&Lanes(filled(&a)), &Lanes(filled(&b))) };
        let product = emptied(&product.0);
        let expected = big(&a) * big(&b);
        prop_assert_eq!(modulo(&(big(&product) << 260)), modulo(&expected));
        prop_assert!(big(&product) <= (expected >> 260) + (BigInt::from(1) << 256));
        // Only a product of two numbers near 2^260 has more than the five limbs.
        prop_assert!(product[..4].iter().all(|limb| (0..=LIMB).contains(limb)) && product[4] >= 0);
    }

    #[test]
    fn whatever_is_settled_is_the_same_and_within_its_bound(
        low in [wide_limb(), wide_limb(), wide_limb(), wide_limb()],
        highest in wide_highest_limb(),
    ) {
        if processor().is_none() {
            return Ok(());
        }
        let limbs = [low[0], low[1], low[2], low[3], highest];
        // SAFETY: the processor was asked.
        let settled = emptied(&unsafe { settled(filled(&limbs)) }.0);
        prop_assert_eq!(modulo(&big(&settled)), modulo(&big(&limbs)));
        prop_assert!(is_carried(&settled), "{:x?}", settled);
        prop_assert!(big(&settled) < (BigInt::from(1) << 256) + (BigInt::from(1) << 233));
    }
}

/// k·G for k from 1.
fn multiples(count: usize) -> Vec<Affine> {
    let mut multiples = vec![Jacobian::from(Affine::BASE)];
    while multiples.len() < count {
        multiples.push(multiples[multiples.len() - 1].plus_affine(&Affine::BASE));
    }
    to_affine(&multiples)
}

fn one_by_one<'a>(points: impl IntoIterator<Item = &'a Affine>) -> Option<Affine> {
    let sum = points.into_iter().fold(Jacobian::INFINITY, |sum, point| sum.plus_affine(point));
    (!sum.is_infinity()).then(|| to_affine(&[sum])[0])
}

fn agrees(sum: Option<Sum>, expected: Option<&Affine>) -> bool {
    sum.is_none_or(|sum| expected.is_some_and(|expected| expected.x.times(&sum.z_squared) == sum.x))
}

#[test]
fn sums_of_any_number_of_points_are_those_of_one_after_the_other() {
    let Some(processor) = processor() else { return };
    // Powers of two times G, of either sign: no sum of some is another.
    let mut power = Jacobian::from(Affine::BASE);
    let powers: Vec<Jacobian> = (0..64)
        .map(|_| {
            let this = power;
            power = this.doubled();
            this
        })
        .collect();
    let points = to_affine(&powers);
    let points: Vec<Affine> = (0..).zip(&points).map(|(index, point)| point.negated_if(index % 3 == 0)).collect();
    assert!(processor.sum(&points[..7]).is_none(), "too few for every lane");
    for count in 8..=64 {
        let (some, expected) = (&points[..count], one_by_one(&points[..count]));
        let sum = processor.sum(some);
        assert!(sum.is_some() && agrees(sum, expected.as_ref()), "{count} points");
    }
}

#[test]
fn points_of_one_x_that_meet_are_left_to_others() {
    let Some(processor) = processor() else { return };
    let points = multiples(64);
    for opposite in [false, true] {
        let mut meeting = points[..16].to_vec();
        // Lane 3: the same point twice, or a point and its opposite.
        meeting[11] = meeting[3].negated_if(opposite);
        assert!(processor.sum(&meeting).is_none());
        // Lanes 0 and 4 meet in the first sum of lanes.
        let mut halves = points[..8].to_vec();
        halves[4] = halves[0].negated_if(opposite);
        assert!(processor.sum(&halves).is_none());
        let rows: Vec<[Affine; LANES]> = meeting.as_chunks().0.to_vec();
        let sums = processor.sums(&rows);
        for (lane, sum) in sums.into_iter().enumerate() {
            let expected = one_by_one(rows.iter().map(|row| &row[lane]));
            assert_eq!(sum.is_none(), lane == 3, "lane {lane}");
            assert!(agrees(sum, expected.as_ref()), "lane {lane}");
        }
    }
}
