//! Many verifications side by side: their points are added in pairs, and one inversion serves all pairs of a round.
//!
//! A sum of affine points costs six multiplications when it shares its inversion, against eleven in Jacobian coordinates.

use std::sync::Arc;

use super::field::Element;
use super::point::{Affine, affine_sum, invert_all};
use super::scalar::Claim;
use super::table::Table;
use super::{tables, verify};
use crate::SignatureError;

/// Cases whose points are in work at one time: more of them would not stay in the cache of the second level.
const TOGETHER_MAX: usize = 64;

/// Cases for keys with tables, each with its place among the answers.
#[derive(Debug, Default)]
pub(super) struct Batch(Vec<Member>);

#[derive(Debug)]
struct Member {
    place: usize,
    claim: Claim,
    key: Arc<Table>,
}

impl Batch {
    pub(super) fn push(&mut self, place: usize, claim: Claim, key: Arc<Table>) {
        self.0.push(Member { place, claim, key });
    }

    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }

    /// The answer for each place.
    pub(super) fn judge(&self) -> impl Iterator<Item = (usize, Result<(), SignatureError>)> {
        self.0.chunks(TOGETHER_MAX).flat_map(|members| {
            let sums = sums(members);
            members.iter().zip(sums).map(|(member, sum)| (member.place, member.answer(sum.as_ref())))
        })
    }
}

impl Member {
    /// Compares x of the sum; where pairs could not tell it, adds the points again one by one.
    fn answer(&self, sum: Option<&Element>) -> Result<(), SignatureError> {
        match sum {
            Some(x) if self.claim.is_met_by(x, &Element::ONE) => Ok(()),
            Some(_) => Err(SignatureError::Mismatch),
            None => self.claim.judge(&verify::by_table(&self.claim, tables::base_wide(), &self.key)),
        }
    }
}

/// x of the sum of each member's points, `None` where two points of one x met: their sum needs another formula.
fn sums(members: &[Member]) -> Vec<Option<Element>> {
    let base = tables::base_wide();
    let mut points: Vec<Vec<Affine>> =
        members.iter().map(|it| base.select(&it.claim.s).chain(it.key.select(&it.claim.t)).collect()).collect();
    let mut good = vec![true; members.len()];
    while points.iter().any(|points| points.len() > 1) {
        let mut inverses = Vec::with_capacity(points.iter().map(|points| points.len() / 2).sum());
        for (points, good) in points.iter().zip(&mut good) {
            for [one, other] in points.as_chunks().0 {
                let difference = other.x.minus(&one.x);
                *good &= !difference.is_zero();
                inverses.push(if difference.is_zero() { Element::ONE } else { difference });
            }
        }
        invert_all(&mut inverses);
        let mut inverses = inverses.iter();
        for points in &mut points {
            let (pairs, rest) = points.as_chunks();
            let mut sums: Vec<Affine> = pairs
                .iter()
                .zip(&mut inverses)
                .map(|([one, other], inverse)| affine_sum(one, other, inverse))
                .collect();
            sums.extend(rest);
            *points = sums;
        }
    }
    points.iter().zip(good).map(|(points, good)| points.first().filter(|_| good).map(|point| point.x)).collect()
}
