//! Numbers of 256 bits: four limbs of 64 bits, the lowest first.

/// Four limbs, the lowest first.
pub(super) type Number = [u64; 4];

pub(super) const ZERO: Number = [0; 4];

/// A number from its 32 bytes, big-endian.
pub(super) fn from_bytes(bytes: &[u8; 32]) -> Number {
    let mut out = ZERO;
    for (limb, part) in out.iter_mut().rev().zip(bytes.as_chunks::<8>().0) {
        *limb = u64::from_be_bytes(*part);
    }
    out
}

/// Its 32 bytes, big-endian.
pub(super) fn to_bytes(number: &Number) -> [u8; 32] {
    let mut out = [0; 32];
    for (part, limb) in out.as_chunks_mut::<8>().0.iter_mut().zip(number.iter().rev()) {
        *part = limb.to_be_bytes();
    }
    out
}

/// a + b, and whether it left 256 bits.
#[inline]
pub(super) fn add(a: &Number, b: &Number) -> (Number, bool) {
    let (limb0, carry) = a[0].overflowing_add(b[0]);
    let (limb1, carry) = a[1].carrying_add(b[1], carry);
    let (limb2, carry) = a[2].carrying_add(b[2], carry);
    let (limb3, carry) = a[3].carrying_add(b[3], carry);
    ([limb0, limb1, limb2, limb3], carry)
}

/// a - b, and whether b was the greater.
#[inline]
pub(super) fn subtract(a: &Number, b: &Number) -> (Number, bool) {
    let (limb0, borrow) = a[0].overflowing_sub(b[0]);
    let (limb1, borrow) = a[1].borrowing_sub(b[1], borrow);
    let (limb2, borrow) = a[2].borrowing_sub(b[2], borrow);
    let (limb3, borrow) = a[3].borrowing_sub(b[3], borrow);
    ([limb0, limb1, limb2, limb3], borrow)
}

/// Whether a < b.
#[inline]
pub(super) fn is_below(a: &Number, b: &Number) -> bool {
    subtract(a, b).1
}

/// `number`, or without `modulus` where it holds one. `carry` is bit 256; the whole is below twice the modulus.
#[inline]
pub(super) fn reduce_once(number: &Number, carry: bool, modulus: &Number) -> Number {
    let (less, borrow) = subtract(number, modulus);
    // A mask and no branch: whether it was needed is as good as random, and would be guessed wrong every other time.
    let keep = 0_u64.wrapping_sub(u64::from(!carry & borrow));
    [
        number[0] & keep | less[0] & !keep,
        number[1] & keep | less[1] & !keep,
        number[2] & keep | less[2] & !keep,
        number[3] & keep | less[3] & !keep,
    ]
}
