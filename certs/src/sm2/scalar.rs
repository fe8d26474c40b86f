//! Numbers modulo n, the order of the curve's base point (GB/T 32918.5): the ranges and sums that a verification needs, and digits.

use super::field::Element;
use super::number::{self, Number};
use super::{Case, Signature};
use crate::SignatureError;

pub(super) const N: Number =
    [0x53BB_F409_39D5_4123, 0x7203_DF6B_21C6_052B, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFE_FFFF_FFFF];

/// What a signature asks of the curve: that x of s·G + t·P is one of `candidates`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    /// s, from 1 to n - 1.
    pub(super) s: Number,
    /// r + s mod n, from 1 to n - 1.
    pub(super) t: Number,
    /// The numbers below p that are r - e modulo n: one, or rarely two, because p is a little above n.
    pub(super) candidates: [Option<Element>; 2],
}

impl Claim {
    /// What GB/T 32918.2, 7.1 asks of numbers, B1 to B5.
    ///
    /// # Errors
    /// [`SignatureError::OutOfRange`] when r or s is outside 1..n-1, [`SignatureError::Mismatch`] when their sum is n.
    pub(super) fn read(case: &Case<'_>) -> Result<Self, SignatureError> {
        let Signature { r, s } = &case.signature;
        let [r, s, e] = [r, s, case.digest].map(number::from_bytes);
        if [r, s].iter().any(|number| *number == number::ZERO || !number::is_below(number, &N)) {
            return Err(SignatureError::OutOfRange);
        }
        let (sum, carry) = number::add(&r, &s);
        let t = number::reduce_once(&sum, carry, &N);
        if t == number::ZERO {
            return Err(SignatureError::Mismatch);
        }
        // e is any number of 256 bits, and 2^256 is below 2·n.
        let e = number::reduce_once(&e, false, &N);
        let (difference, borrow) = number::subtract(&r, &e);
        let least = if borrow { number::add(&difference, &N).0 } else { difference };
        let (above, carry) = number::add(&least, &N);
        let second = if carry { None } else { Element::from_number(&above) };
        Ok(Self { s, t, candidates: [Element::from_number(&least), second] })
    }

    /// Whether x = X / Z² is one of the candidates, asked without dividing.
    pub(super) fn is_met_by(&self, x: &Element, z_squared: &Element) -> bool {
        self.candidates.iter().flatten().any(|candidate| candidate.times(z_squared) == *x)
    }
}

/// The digits of a number in windows of some bits, from the lowest: all odd, so that none of them is zero.
///
/// With b for ±1, an odd k below 2^L is the sum of b·2^i for i below L, where b is +1 just where bit i of (k + 2^L - 1)/2 is set. A
/// window of that number is hence a digit: its lower bits, turned where its top bit is 0, say which odd multiple, and its top bit
/// which sign. An even number k is taken as n - k, which is odd, and every sign turns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digits {
    /// (k + 2^L - 1)/2, but for its highest bit.
    half: Number,
    negative: bool,
    width: usize,
    positions: usize,
}

/// One digit: which odd multiple, (2·`index` + 1) times, and its sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digit {
    pub(super) index: usize,
    pub(super) is_negative: bool,
}

/// How many windows of this width hold every number below 2^256.
pub(super) const fn positions(width: usize) -> usize {
    256_usize.div_ceil(width)
}

impl Digits {
    /// The digits of a number from 1 to n - 1, in windows of 2 to 16 bits.
    pub(super) fn of(k: &Number, width: usize) -> Self {
        let is_even = k[0] & 1 == 0;
        let odd = if is_even { number::subtract(&N, k).0 } else { *k };
        let half = [odd[0] >> 1 | odd[1] << 63, odd[1] >> 1 | odd[2] << 63, odd[2] >> 1 | odd[3] << 63, odd[3] >> 1];
        Self { half, negative: is_even, width, positions: positions(width) }
    }

    /// The digit of each window, the lowest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = Digit> + use<> {
        let Self { mut half, negative, width, positions } = *self;
        let low = (1_u64 << (width - 1)) - 1;
        (1..=positions).map(move |position| {
            // Bit L - 1, which is the top bit of the last window, stands for k itself being positive.
            let is_positive = position == positions || half[0] >> (width - 1) & 1 == 1;
            let bits = if is_positive { half[0] } else { !half[0] };
            // The bits of a window are below 2^15.
            let index = usize::try_from(bits & low).unwrap_or(0);
            half = [
                half[0] >> width | half[1] << (64 - width),
                half[1] >> width | half[2] << (64 - width),
                half[2] >> width | half[3] << (64 - width),
                half[3] >> width,
            ];
            Digit { index, is_negative: is_positive == negative }
        })
    }
}

/// Digits of the non-adjacent form, in windows of `WIDTH` bits: mostly zero, the others odd and below 2^(WIDTH - 1) in size. From the
/// lowest; one more than there are bits, because the last digit can carry.
pub(super) fn sparse_digits<const WIDTH: u32>(k: &Number) -> [i8; 257] {
    let (mut digits, mut rest, mut overflow) = ([0; 257], *k, 0_u64);
    for digit in &mut digits {
        if rest[0] & 1 == 1 {
            let bits = rest[0] & ((1 << WIDTH) - 1);
            let size = if bits >> (WIDTH - 1) == 1 { (1 << WIDTH) - bits } else { bits };
            let small = i8::try_from(size).unwrap_or(0);
            if bits == size {
                (*digit, rest) = (small, number::subtract(&rest, &[size, 0, 0, 0]).0);
            } else {
                let (sum, carry) = number::add(&rest, &[size, 0, 0, 0]);
                (*digit, rest, overflow) = (-small, sum, u64::from(carry));
            }
        }
        rest = [
            rest[0] >> 1 | rest[1] << 63,
            rest[1] >> 1 | rest[2] << 63,
            rest[2] >> 1 | rest[3] << 63,
            rest[3] >> 1 | overflow << 63,
        ];
        overflow = 0;
    }
    digits
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;

    fn big(number: &Number) -> BigInt {
        BigInt::from_bytes_be(num_bigint::Sign::Plus, &number::to_bytes(number))
    }

    fn below_order(limbs: [u64; 4]) -> Number {
        let number = number::reduce_once(&limbs, false, &N);
        if number == number::ZERO { [1, 0, 0, 0] } else { number }
    }

    /// Σ digit · 2^(width·i), which is k or k - n.
    fn recombined(k: &Number, width: usize) -> BigInt {
        let digits = Digits::of(k, width);
        let value = |digit: Digit| {
            assert!(digit.index < 1 << (width - 1));
            let size = BigInt::from(2 * digit.index + 1);
            if digit.is_negative { -size } else { size }
        };
        digits.iter().enumerate().map(|(place, digit)| value(digit) << (width * place)).sum()
    }

    fn agrees(k: &Number) {
        for width in [2, 5, 6, 8, 13, 16] {
            let difference = recombined(k, width) - big(k);
            assert!(difference == BigInt::ZERO || difference == -big(&N), "{k:?} in windows of {width}");
            assert_eq!(Digits::of(k, width).iter().count(), positions(width));
        }
        let sparse = sparse_digits::<5>(k).iter().rev().fold(BigInt::ZERO, |sum, digit| sum * 2 + *digit);
        assert_eq!(sparse, big(k));
        assert!(sparse_digits::<5>(k).iter().all(|digit| *digit == 0 || digit % 2 != 0 && digit.abs() <= 15));
    }

    #[test]
    fn digits_of_the_least_and_greatest_numbers_are_the_number_again() {
        for small in 1..200 {
            agrees(&[small, 0, 0, 0]);
            agrees(&number::subtract(&N, &[small, 0, 0, 0]).0);
        }
        for bit in 0..255 {
            let mut power = number::ZERO;
            power[bit / 64] = 1 << (bit % 64);
            agrees(&power);
            agrees(&number::subtract(&power, &[u64::from(bit > 0), 0, 0, 0]).0);
        }
    }

    proptest! {
        #[test]
        fn digits_are_the_number_again(limbs: [u64; 4]) {
            agrees(&below_order(limbs));
        }

        #[test]
        fn a_claim_names_every_x_that_fits(r: [u64; 4], s: [u64; 4], e: [u64; 4], near in 0..4) {
            // Differences below p - n have two candidates: r = e + small, as often as not.
            let small = [r[0], r[1], 0, 0];
            let r = if near == 0 { below_order(number::add(&below_order(e), &small).0) } else { below_order(r) };
            let (s, digest) = (below_order(s), number::to_bytes(&e));
            let key = crate::sm2::PublicKey::from_sec1(&crate::sm2::sec1(&crate::sm2::Affine::BASE)).unwrap();
            let signature = Signature::new(number::to_bytes(&r), number::to_bytes(&s));
            let claim = Claim::read(&Case { key: &key, digest: &digest, signature }).unwrap();
            let n = big(&N);
            prop_assert_eq!(big(&claim.t), (big(&r) + big(&s)) % &n);
            let x = ((big(&r) - big(&e)) % &n + &n) % &n;
            let p = big(&super::super::field::P);
            let expected: Vec<BigInt> = [x.clone(), x + n].into_iter().filter(|x| *x < p).collect();
            let candidates: Vec<BigInt> = claim.candidates.iter().flatten().map(|x| big(&x.to_number())).collect();
            prop_assert_eq!(candidates, expected);
        }
    }
}
