//! Multiples of a point that comes again and again: with them k·P is a sum of one point a window, without doublings.

use super::field::Element;
use super::number::Number;
use super::point::{Affine, Jacobian, affine_sum, invert_all, to_affine};
use super::scalar::{Digits, positions};

/// For each window i of `width` bits the odd multiples 1, 3, 5 … 2^width - 1 of 2^(width·i)·P.
#[derive(Debug)]
pub(super) struct Table {
    width: usize,
    points: Box<[Affine]>,
}

impl Table {
    /// How many bytes a table of this width takes.
    pub(super) const fn bytes(width: usize) -> usize {
        positions(width) * (size_of::<Affine>() << (width - 1))
    }

    /// The table of a point, in windows of 2 to 16 bits.
    ///
    /// Sums of affine points serve here, though they are wrong for points of the same x: two multiples a·P and b·P have that only
    /// when a ± b is a multiple of n, and within a window a and b are 2^(width·i) times different odd and even numbers whose sum and
    /// difference are odd and below 2^17.
    pub(super) fn new(point: &Affine, width: usize) -> Self {
        let positions = positions(width);
        let mut chain = Vec::with_capacity(positions * width);
        let mut power = Jacobian::from(*point);
        for _ in 0..positions * width {
            chain.push(power);
            power = power.doubled();
        }
        let chain = to_affine(&chain);
        let mut rows: Vec<Vec<Affine>> = chain.iter().step_by(width).map(|first| vec![*first]).collect();
        // 1 → 1, 3 → 1, 3, 5, 7 → …: at each level every multiple so far plus 2, 4, 8 … times the first.
        for level in 1..width {
            let steps = chain.iter().skip(level).step_by(width);
            let mut inverses: Vec<Element> = rows
                .iter()
                .zip(steps.clone())
                .flat_map(|(row, step)| row.iter().map(|point| step.x.minus(&point.x)))
                .collect();
            invert_all(&mut inverses);
            let mut inverses = inverses.iter();
            for (row, step) in rows.iter_mut().zip(steps) {
                let more: Vec<Affine> =
                    row.iter().zip(&mut inverses).map(|(point, inverse)| affine_sum(point, step, inverse)).collect();
                row.extend(more);
            }
        }
        Self { width, points: rows.concat().into_boxed_slice() }
    }

    /// The points whose sum is k·P, for k from 1 to n - 1: one a window, none of them infinity.
    #[inline]
    pub(super) fn select(&self, k: &Number) -> impl Iterator<Item = Affine> {
        let rows = self.points.chunks_exact(1 << (self.width - 1));
        rows.zip(Digits::of(k, self.width).iter()).filter_map(|(row, digit)| {
            // Every index is below the length of a row, so that nothing is ever left out.
            row.get(digit.index).map(|point| point.negated_if(digit.is_negative))
        })
    }
}
