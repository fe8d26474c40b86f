//! Numbers modulo p = 2^256 - 2^224 - 2^96 + 2^64 - 1, the prime of the SM2 curve (GB/T 32918.5), in Montgomery form.
//!
//! An element stands for a by a·2^256 mod p and is always below p, so that two are equal when their limbs are. Time depends on nothing
//! but is not promised to: only public data comes here.

use super::number::{self, Number};

pub(super) const P: Number =
    [0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_0000_0000, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFE_FFFF_FFFF];

/// 2^512 mod p, by which a number becomes an element.
const R_SQUARED: Number = [0x0000_0002_0000_0003, 0x0000_0002_FFFF_FFFF, 0x0000_0001_0000_0001, 0x0000_0004_0000_0002];

/// An element of the field: below p, in Montgomery form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(transparent)]
pub(super) struct Element(Number);

impl Element {
    pub(super) const ZERO: Self = Self(number::ZERO);
    /// 2^256 mod p.
    pub(super) const ONE: Self = Self([1, 0xFFFF_FFFF, 0, 0x1_0000_0000]);

    /// The element of a number, `None` from p on.
    pub(super) fn from_number(number: &Number) -> Option<Self> {
        if number::is_below(number, &P) { Some(Self(*number).times(&Self(R_SQUARED))) } else { None }
    }

    /// The element that is kept as these limbs, which are below p.
    pub(super) const fn from_limbs(limbs: Number) -> Self {
        Self(limbs)
    }

    /// The number that this element stands for.
    pub(super) fn to_number(self) -> Number {
        let [limb0, limb1, limb2, limb3] = self.0;
        reduce([limb0, limb1, limb2, limb3, 0, 0, 0, 0])
    }

    /// The limbs as they are kept: a·2^256 mod p.
    #[cfg(any(test, target_arch = "x86_64"))]
    pub(super) const fn limbs(&self) -> &Number {
        &self.0
    }

    #[inline]
    pub(super) const fn is_zero(&self) -> bool {
        self.0[0] | self.0[1] | self.0[2] | self.0[3] == 0
    }

    #[inline]
    pub(super) fn plus(&self, other: &Self) -> Self {
        let (sum, carry) = number::add(&self.0, &other.0);
        Self(number::reduce_once(&sum, carry, &P))
    }

    #[inline]
    pub(super) fn minus(&self, other: &Self) -> Self {
        let (difference, borrow) = number::subtract(&self.0, &other.0);
        let mask = 0_u64.wrapping_sub(u64::from(borrow));
        Self(number::add(&difference, &[P[0] & mask, P[1] & mask, P[2] & mask, P[3] & mask]).0)
    }

    #[inline]
    pub(super) fn doubled(&self) -> Self {
        self.plus(self)
    }

    /// -a; zero stays zero.
    #[inline]
    pub(super) fn negated(&self) -> Self {
        Self::ZERO.minus(self)
    }

    /// -a where `negative`, otherwise a, without a branch: signs of digits are as good as random.
    #[inline]
    pub(super) fn negated_if(&self, negative: bool) -> Self {
        let (mask, other) = (0_u64.wrapping_sub(u64::from(negative)), self.negated());
        Self([
            self.0[0] & !mask | other.0[0] & mask,
            self.0[1] & !mask | other.0[1] & mask,
            self.0[2] & !mask | other.0[2] & mask,
            self.0[3] & !mask | other.0[3] & mask,
        ])
    }

    #[inline]
    pub(super) fn times(&self, other: &Self) -> Self {
        let (a, [b0, b1, b2, b3]) = (&self.0, other.0);
        let (t0, [t1, t2, t3, t4]) = row(a, b0, [0; 4]);
        let (t1, [t2, t3, t4, t5]) = row(a, b1, [t1, t2, t3, t4]);
        let (t2, [t3, t4, t5, t6]) = row(a, b2, [t2, t3, t4, t5]);
        let (t3, [t4, t5, t6, t7]) = row(a, b3, [t3, t4, t5, t6]);
        Self(reduce([t0, t1, t2, t3, t4, t5, t6, t7]))
    }

    #[inline]
    pub(super) fn squared(&self) -> Self {
        let [a0, a1, a2, a3] = self.0;
        // Each product of two different limbs once …
        let (t1, high) = a0.carrying_mul(a1, 0);
        let (t2, high) = a0.carrying_mul(a2, high);
        let (t3, t4) = a0.carrying_mul(a3, high);
        let (t3, high) = a1.carrying_mul(a2, t3);
        let (t4, t5) = a1.carrying_mul_add(a3, t4, high);
        let (t5, t6) = a2.carrying_mul(a3, t5);
        // … twice, and the squares of the limbs.
        let t7 = t6 >> 63;
        let (t6, t5) = (t6 << 1 | t5 >> 63, t5 << 1 | t4 >> 63);
        let (t4, t3) = (t4 << 1 | t3 >> 63, t3 << 1 | t2 >> 63);
        let (t2, t1) = (t2 << 1 | t1 >> 63, t1 << 1);
        let (t0, high) = a0.carrying_mul(a0, 0);
        let (t1, carry) = t1.overflowing_add(high);
        let (low, high) = a1.carrying_mul(a1, 0);
        let (t2, carry) = t2.carrying_add(low, carry);
        let (t3, carry) = t3.carrying_add(high, carry);
        let (low, high) = a2.carrying_mul(a2, 0);
        let (t4, carry) = t4.carrying_add(low, carry);
        let (t5, carry) = t5.carrying_add(high, carry);
        let (low, high) = a3.carrying_mul(a3, 0);
        let (t6, carry) = t6.carrying_add(low, carry);
        let (t7, _) = t7.carrying_add(high, carry);
        Self(reduce([t0, t1, t2, t3, t4, t5, t6, t7]))
    }

    /// a^(2^count).
    fn squared_times(mut self, count: usize) -> Self {
        for _ in 0..count {
            self = self.squared();
        }
        self
    }

    /// a^(2^k - 1) for k = 30, 31, 32: exponents of that many ones.
    fn runs(&self) -> [Self; 3] {
        let two = self.squared().times(self);
        let four = two.squared_times(2).times(&two);
        let eight = four.squared_times(4).times(&four);
        let run_of_16 = eight.squared_times(8).times(&eight);
        let run_of_24 = run_of_16.squared_times(8).times(&eight);
        let run_of_28 = run_of_24.squared_times(4).times(&four);
        let run_of_30 = run_of_28.squared_times(2).times(&two);
        let run_of_31 = run_of_30.squared().times(self);
        [run_of_30, run_of_31, run_of_31.squared().times(self)]
    }

    /// 1/a = a^(p - 2); zero gives zero.
    pub(super) fn inverted(&self) -> Self {
        let [run_of_30, run_of_31, run_of_32] = self.runs();
        // p - 2 = FFFFFFFE FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF 00000000 FFFFFFFF FFFFFFFD
        let mut power = run_of_31.squared_times(33).times(&run_of_32);
        for _ in 0..3 {
            power = power.squared_times(32).times(&run_of_32);
        }
        power = power.squared_times(64).times(&run_of_32);
        power.squared_times(30).times(&run_of_30).squared_times(2).times(self)
    }

    /// A square root, `None` where there is none: a^((p + 1) / 4), because p mod 4 is 3.
    pub(super) fn root(&self) -> Option<Self> {
        let [_, run_of_31, run_of_32] = self.runs();
        // (p + 1) / 4 = 2^254 - 2^222 - 2^94 + 2^62: ones 31, a zero, ones 128, zeros 31, a one, zeros 62.
        let mut power = run_of_31.squared_times(33).times(&run_of_32);
        for _ in 0..3 {
            power = power.squared_times(32).times(&run_of_32);
        }
        let root = power.squared_times(32).times(self).squared_times(62);
        (root.squared() == *self).then_some(root)
    }
}

/// a·b + c, with c the four limbs above the one that is finished: the lowest limb, and the four above it.
#[inline]
fn row(a: &Number, b: u64, c: Number) -> (u64, Number) {
    let (low, high) = a[0].carrying_mul(b, c[0]);
    let (t1, high) = a[1].carrying_mul_add(b, c[1], high);
    let (t2, high) = a[2].carrying_mul_add(b, c[2], high);
    let (t3, t4) = a[3].carrying_mul_add(b, c[3], high);
    (low, [t1, t2, t3, t4])
}

/// t / 2^256 mod p, for t below p·2^256.
///
/// p ends in 64 ones, so m·p with m the lowest limb clears that limb, four times over. No multiplication is needed: without its
/// last term, m·p is m·(2^32 - 1)·(2^160 - 1)·2^64, which are shifts and subtractions.
#[inline]
fn reduce(t: [u64; 8]) -> Number {
    let ([t1, t2, t3, t4], carry) = clear(t[0], [t[1], t[2], t[3], t[4]]);
    let (t5, carry) = t[5].overflowing_add(u64::from(carry));
    let ([t2, t3, t4, t5], more) = clear(t1, [t2, t3, t4, t5]);
    let (t6, carry) = t[6].carrying_add(u64::from(carry), more);
    let ([t3, t4, t5, t6], more) = clear(t2, [t3, t4, t5, t6]);
    let (t7, carry) = t[7].carrying_add(u64::from(carry), more);
    let (high, more) = clear(t3, [t4, t5, t6, t7]);
    // The whole is below 2·p·2^256, so at most one of the two carries is set.
    number::reduce_once(&high, carry | more, &P)
}

/// What remains of `above` and a carry, once m·p is added with m in the limb below.
#[inline]
fn clear(m: u64, above: Number) -> (Number, bool) {
    let (low, borrow) = (m << 32).overflowing_sub(m);
    let high = (m >> 32).wrapping_sub(u64::from(borrow));
    let (q0, borrow) = 0_u64.overflowing_sub(low);
    let (q1, borrow) = 0_u64.borrowing_sub(high, borrow);
    let (q2, borrow) = (low << 32).overflowing_sub(u64::from(borrow));
    let q3 = (high << 32 | low >> 32).wrapping_sub(u64::from(borrow));
    number::add(&above, &[q0, q1, q2, q3])
}

#[cfg(test)]
mod tests;
