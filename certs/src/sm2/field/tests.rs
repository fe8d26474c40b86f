//! The field against a library of big integers, with carries and borrows at every limb.

use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;

fn big(number: &Number) -> BigUint {
    BigUint::from_bytes_be(&number::to_bytes(number))
}

fn element(number: &Number) -> Element {
    Element::from_number(&number::reduce_once(number, false, &P)).unwrap()
}

/// Limbs at which sums and products carry, and limbs that are as good as random; the same each time.
struct Numbers(u64);

impl Numbers {
    fn word(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn limb(&mut self, index: usize) -> u64 {
        let random = self.word();
        let edges =
            [0, 1, 2, 1 << 32, (1 << 32) - 1, 1 << 63, u64::MAX, u64::MAX - 1, P[index], P[index].wrapping_sub(1)];
        // Half of all limbs are random ones.
        edges.get(usize::try_from(self.word() % 20).unwrap()).copied().unwrap_or(random)
    }

    fn next(&mut self) -> Number {
        [0, 1, 2, 3].map(|index| self.limb(index))
    }
}

#[test]
fn a_million_pairs_give_what_big_integers_give() {
    let (modulus, mut numbers) = (big(&P), Numbers(0x9E37_79B9_7F4A_7C15));
    for round in 0..1_000_000 {
        let (a, b) = (numbers.next(), numbers.next());
        let (x, y) = (element(&a), element(&b));
        let (a, b) = (big(&a) % &modulus, big(&b) % &modulus);
        // The expensive comparisons take turns.
        let (ours, expected) = match round % 4 {
            0 => (x.plus(&y), (&a + &b) % &modulus),
            1 => (x.minus(&y), (&a + &modulus - &b) % &modulus),
            2 => (x.squared(), &a * &a % &modulus),
            _ => (x.negated(), (&modulus - &a) % &modulus),
        };
        assert_eq!(big(&ours.to_number()), expected, "{a:x} and {b:x}");
        assert_eq!(big(&x.times(&y).to_number()), a * b % &modulus);
    }
}

#[test]
fn raw_limbs_near_the_modulus_multiply_as_montgomery_has_it() {
    let (p, mut numbers) = (big(&P), Numbers(0x0123_4567_89AB_CDEF));
    let inverse = BigUint::from(2_u32).modpow(&(BigUint::from(256_u32) * (&p - 2_u32)), &p);
    for _ in 0..200_000 {
        let [x, y] = [(); 2].map(|()| Element::from_limbs(number::reduce_once(&numbers.next(), false, &P)));
        let expected = big(x.limbs()) * big(y.limbs()) * &inverse % &p;
        assert_eq!(big(x.times(&y).limbs()), expected, "{x:?} {y:?}");
        assert_eq!(x.squared(), x.times(&x));
    }
}

#[test]
fn constants_are_what_they_are_called() {
    let p = (BigUint::from(1_u32) << 256) - (BigUint::from(1_u32) << 224) - (BigUint::from(1_u32) << 96)
        + (BigUint::from(1_u32) << 64)
        - 1_u32;
    assert_eq!(big(&P), p);
    assert_eq!(big(&R_SQUARED), BigUint::from(2_u32).modpow(&BigUint::from(512_u32), &p));
    assert_eq!(big(&Element::ONE.to_number()), BigUint::from(1_u32));
    assert_eq!(Element::from_number(&P), None);
    assert!(Element::from_number(&number::subtract(&P, &[1, 0, 0, 0]).0).is_some());
}

proptest! {
    #[test]
    fn inverses_and_roots_undo_products(limbs: [u64; 4]) {
        let x = element(&limbs);
        prop_assert_eq!(x.times(&x.inverted()), if x.is_zero() { Element::ZERO } else { Element::ONE });
        let root = x.squared().root().unwrap();
        prop_assert!(root == x || root == x.negated());
        // -1 is no square, because p mod 4 is 3.
        prop_assert!(x.is_zero() || x.squared().negated().root().is_none());
        prop_assert_eq!(x.negated_if(true), x.negated());
        prop_assert_eq!(x.negated_if(false), x);
    }

    #[test]
    fn bytes_are_read_and_written_the_same(bytes: [u8; 32]) {
        prop_assert_eq!(number::to_bytes(&number::from_bytes(&bytes)), bytes);
    }
}
