//! One verification: x of s·G + t·P, by tables of multiples or, for a key seen for the first time, without its table.
//!
//! Only public data comes here, so that time may depend on it.

use super::lanes::{Processor, Sum};
use super::number::Number;
use super::point::{Affine, Jacobian};
use super::scalar::{Claim, positions, sparse_digits};
use super::table::Table;
use crate::SignatureError;

/// Points that a sum takes at most: no table has windows of fewer than five bits.
const POINTS_MAX: usize = 2 * positions(5);

/// The windows of the digits of t for a key without table: its odd multiples up to 15 are made each time.
const COLD_WIDTH: u32 = 5;

impl Claim {
    /// Whether the sum is what was claimed.
    ///
    /// # Errors
    /// [`SignatureError::Mismatch`] when it is not; infinity has no x, and never is.
    pub(super) fn judge(&self, sum: &Jacobian) -> Result<(), SignatureError> {
        if !sum.is_infinity() && self.is_met_by(&sum.x, &sum.z.squared()) {
            Ok(())
        } else {
            Err(SignatureError::Mismatch)
        }
    }

    /// The same for a sum that lanes have made, and that is not infinity.
    ///
    /// # Errors
    /// As above.
    pub(super) fn judge_sum(&self, sum: &Sum) -> Result<(), SignatureError> {
        if self.is_met_by(&sum.x, &sum.z_squared) { Ok(()) } else { Err(SignatureError::Mismatch) }
    }
}

/// Judges with tables of both: in lanes where there is a processor for it, and one point after the other where there is none or lanes
/// cannot tell the sum.
pub(super) fn by_table(
    claim: &Claim,
    base: &Table,
    key: &Table,
    processor: Option<Processor>,
) -> Result<(), SignatureError> {
    let mut points = [Affine::default(); POINTS_MAX];
    let mut count = 0;
    for (slot, point) in points.iter_mut().zip(base.select(&claim.s).chain(key.select(&claim.t))) {
        *slot = point;
        count += 1;
    }
    let points = points.get(..count).unwrap_or_default();
    if let Some(sum) = processor.and_then(|processor| processor.sum(points)) {
        return claim.judge_sum(&sum);
    }
    claim.judge(&points.iter().fold(Jacobian::INFINITY, |sum, point| sum.plus_affine(point)))
}

/// s·G + t·P with a table of G alone.
pub(super) fn cold(claim: &Claim, base: &Table, key: &Affine) -> Jacobian {
    base.select(&claim.s).fold(multiple(&claim.t, key), |sum, point| sum.plus_affine(&point))
}

/// k·P by doublings, and a sum for every sixth of them.
fn multiple(k: &Number, point: &Affine) -> Jacobian {
    let (first, double) = (Jacobian::from(*point), Jacobian::from(*point).doubled());
    let mut odd = [first; 1 << (COLD_WIDTH - 2)];
    let mut last = first;
    for multiple in odd.iter_mut().skip(1) {
        last = last.plus(&double);
        *multiple = last;
    }
    let mut sum = Jacobian::INFINITY;
    for digit in sparse_digits::<COLD_WIDTH>(k).iter().rev() {
        sum = sum.doubled();
        // A digit is zero or odd and at most 15 in size.
        if let Some(multiple) = odd.get(usize::from(digit.unsigned_abs() / 2)).filter(|_| *digit != 0) {
            sum = sum.plus(&Jacobian { y: multiple.y.negated_if(*digit < 0), ..*multiple });
        }
    }
    sum
}
