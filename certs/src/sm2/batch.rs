//! Many verifications side by side: their points are added in pairs, and one inversion serves all pairs of a round.
//!
//! A sum of affine points costs six multiplications when it shares its inversion, against eleven in Jacobian coordinates.

use std::sync::Arc;

use super::field::Element;
use super::lanes::{LANES, Processor};
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

    /// The answer for each place: in lanes where there is a processor for it.
    pub(super) fn judge(&self, processor: Option<Processor>) -> Vec<(usize, Result<(), SignatureError>)> {
        let answers: Vec<_> = match processor {
            Some(processor) => {
                let (groups, rest) = self.0.as_chunks();
                let together = groups.iter().flat_map(|group| in_lanes(processor, group));
                together.chain(rest.iter().map(|member| member.alone(Some(processor)))).collect()
            }
            None => self.0.chunks(TOGETHER_MAX).flat_map(in_pairs).collect(),
        };
        self.0.iter().map(|member| member.place).zip(answers).collect()
    }
}

impl Member {
    fn alone(&self, processor: Option<Processor>) -> Result<(), SignatureError> {
        verify::by_table(&self.claim, tables::base_wide(), &self.key, processor)
    }

    fn points(&self) -> impl Iterator<Item = Affine> {
        tables::base_wide().select(&self.claim.s).chain(self.key.select(&self.claim.t))
    }
}

/// A lane for each member.
fn in_lanes(processor: Processor, members: &[Member; LANES]) -> [Result<(), SignatureError>; LANES] {
    let mut points = members.each_ref().map(Member::points);
    let rows = std::iter::from_fn(|| {
        let mut row = [Affine::default(); LANES];
        for (slot, points) in row.iter_mut().zip(&mut points) {
            *slot = points.next()?;
        }
        Some(row)
    });
    let rows: Vec<[Affine; LANES]> = rows.collect();
    let mut sums = processor.sums(&rows).into_iter();
    members.each_ref().map(|member| match sums.next().flatten() {
        Some(sum) => member.claim.judge_sum(&sum),
        // Where lanes could not tell it.
        None => member.alone(None),
    })
}

fn in_pairs(members: &[Member]) -> Vec<Result<(), SignatureError>> {
    let answer = |(member, sum): (&Member, Option<Element>)| match sum {
        Some(x) if member.claim.is_met_by(&x, &Element::ONE) => Ok(()),
        Some(_) => Err(SignatureError::Mismatch),
        // Where pairs could not tell it: one point after the other.
        None => member.alone(None),
    };
    members.iter().zip(sums(members)).map(answer).collect()
}

/// x of the sum of each member's points, `None` where two points of one x met: their sum needs another formula.
fn sums(members: &[Member]) -> Vec<Option<Element>> {
    let mut points: Vec<Vec<Affine>> = members.iter().map(|member| member.points().collect()).collect();
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
