//! Points of the SM2 curve y² = x³ - 3x + b, affine and in Jacobian coordinates, with sums that are right for every pair of points.

use super::field::Element;
use super::number::Number;

/// b of the curve, as an element is kept.
const B: Element =
    Element::from_limbs([0x90D2_3063_2BC0_DD42, 0x71CF_379A_E9B5_37AB, 0x5279_8150_5EA5_1C3C, 0x240F_E188_BA20_E2C8]);
const BASE_X: Element =
    Element::from_limbs([0x6132_8990_F418_029E, 0x3E79_81ED_DCA6_C050, 0xD6A1_ED99_AC24_C3C3, 0x9116_7A5E_E1C1_3B05]);
const BASE_Y: Element =
    Element::from_limbs([0xC135_4E59_3C2D_0DDD, 0xC1F5_E578_8D32_95FA, 0x8D4C_FB06_6E2A_48F8, 0x63CD_65D4_81D7_35BD]);

/// A point other than infinity. A cache line holds just one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(C, align(64))]
pub(super) struct Affine {
    pub(super) x: Element,
    pub(super) y: Element,
}

impl Affine {
    /// G, of which every point of the curve is a multiple: their number n is prime.
    pub(super) const BASE: Self = Self { x: BASE_X, y: BASE_Y };

    /// The point with these coordinates, `None` when one is not below p or the point is not on the curve.
    pub(super) fn from_numbers(x: &Number, y: &Number) -> Option<Self> {
        let (x, y) = (Element::from_number(x)?, Element::from_number(y)?);
        (y.squared() == right_side(&x)).then_some(Self { x, y })
    }

    /// The point with this x whose y is odd or even, `None` where the curve has none.
    pub(super) fn from_x(x: &Number, is_odd: bool) -> Option<Self> {
        let x = Element::from_number(x)?;
        let y = right_side(&x).root()?;
        let turn = (y.to_number()[0] & 1 == 1) != is_odd;
        // y is never zero: a point of order two would divide the odd order of the curve.
        Some(Self { x, y: y.negated_if(turn) })
    }

    /// This point or the one opposite.
    #[inline]
    pub(super) fn negated_if(&self, negative: bool) -> Self {
        Self { x: self.x, y: self.y.negated_if(negative) }
    }
}

/// x³ - 3x + b.
fn right_side(x: &Element) -> Element {
    let tripled = x.doubled().plus(x);
    x.squared().times(x).minus(&tripled).plus(&B)
}

/// A point (X/Z², Y/Z³), or infinity with Z = 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Jacobian {
    pub(super) x: Element,
    pub(super) y: Element,
    pub(super) z: Element,
}

impl From<Affine> for Jacobian {
    fn from(Affine { x, y }: Affine) -> Self {
        Self { x, y, z: Element::ONE }
    }
}

impl Jacobian {
    pub(super) const INFINITY: Self = Self { x: Element::ONE, y: Element::ONE, z: Element::ZERO };

    pub(super) const fn is_infinity(&self) -> bool {
        self.z.is_zero()
    }

    /// 2·P ("dbl-2001-b"). Infinity stays infinity: Z becomes 2·Y·Z.
    pub(super) fn doubled(&self) -> Self {
        let (delta, gamma) = (self.z.squared(), self.y.squared());
        let beta = self.x.times(&gamma);
        let alpha = self.x.minus(&delta).times(&self.x.plus(&delta));
        let alpha = alpha.doubled().plus(&alpha);
        let beta4 = beta.doubled().doubled();
        let x = alpha.squared().minus(&beta4.doubled());
        let z = self.y.plus(&self.z).squared().minus(&gamma).minus(&delta);
        let y = alpha.times(&beta4.minus(&x)).minus(&gamma.squared().doubled().doubled().doubled());
        Self { x, y, z }
    }

    /// P + Q for an affine Q ("madd-2004-hmv").
    pub(super) fn plus_affine(&self, other: &Affine) -> Self {
        if self.is_infinity() {
            return (*other).into();
        }
        let z_squared = self.z.squared();
        let x_difference = other.x.times(&z_squared).minus(&self.x);
        let y_difference = other.y.times(&z_squared.times(&self.z)).minus(&self.y);
        self.sum(&self.x, &self.y, &self.z, &x_difference, &y_difference)
    }

    /// P + Q ("add-1998-cmo-2").
    pub(super) fn plus(&self, other: &Self) -> Self {
        if self.is_infinity() {
            return *other;
        }
        if other.is_infinity() {
            return *self;
        }
        let (z1_squared, z2_squared) = (self.z.squared(), other.z.squared());
        let x = self.x.times(&z2_squared);
        let y = self.y.times(&z2_squared.times(&other.z));
        let x_difference = other.x.times(&z1_squared).minus(&x);
        let y_difference = other.y.times(&z1_squared.times(&self.z)).minus(&y);
        self.sum(&x, &y, &self.z.times(&other.z), &x_difference, &y_difference)
    }

    /// What both sums share: this point as (x, y) over `z`, and by how much the other's differ.
    #[inline]
    fn sum(&self, x: &Element, y: &Element, z: &Element, x_difference: &Element, y_difference: &Element) -> Self {
        if x_difference.is_zero() {
            // The same x: the same point, or the opposite one.
            return if y_difference.is_zero() { self.doubled() } else { Self::INFINITY };
        }
        let square = x_difference.squared();
        let cube = square.times(x_difference);
        let v = x.times(&square);
        let x = y_difference.squared().minus(&cube).minus(&v.doubled());
        Self { x, y: y_difference.times(&v.minus(&x)).minus(&y.times(&cube)), z: z.times(x_difference) }
    }
}

/// The inverse of each element by one inversion and three products an element; none of them may be zero.
pub(super) fn invert_all(elements: &mut [Element]) {
    let mut product = Element::ONE;
    let mut before = Vec::with_capacity(elements.len());
    for element in elements.iter() {
        before.push(product);
        product = product.times(element);
    }
    let mut inverse = product.inverted();
    for (element, before) in elements.iter_mut().zip(&before).rev() {
        let own = before.times(&inverse);
        inverse = inverse.times(element);
        *element = own;
    }
}

/// The affine form of points, none of them infinity.
pub(super) fn to_affine(points: &[Jacobian]) -> Vec<Affine> {
    let mut inverses: Vec<Element> = points.iter().map(|point| point.z).collect();
    invert_all(&mut inverses);
    let affine = points.iter().zip(&inverses).map(|(point, inverse)| {
        let square = inverse.squared();
        Affine { x: point.x.times(&square), y: point.y.times(&square.times(inverse)) }
    });
    affine.collect()
}

/// The sum of two points whose x differ, given 1/(x2 - x1).
#[inline]
pub(super) fn affine_sum(one: &Affine, other: &Affine, inverse: &Element) -> Affine {
    let slope = other.y.minus(&one.y).times(inverse);
    let x = slope.squared().minus(&one.x).minus(&other.x);
    Affine { x, y: slope.times(&one.x.minus(&x)).minus(&one.y) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sm2::number;
    use crate::sm2::scalar::N;
    use crate::sm2::table::Table;

    fn affine(point: &Jacobian) -> Option<Affine> {
        (!point.is_infinity()).then(|| to_affine(&[*point])[0])
    }

    /// k·G for k up to 40 by one sum at a time, each of them on the curve.
    fn multiples() -> Vec<Jacobian> {
        let mut multiples = vec![Jacobian::INFINITY];
        for _ in 0..40 {
            multiples.push(multiples[multiples.len() - 1].plus(&Affine::BASE.into()));
        }
        for point in multiples.iter().filter_map(affine) {
            assert_eq!(Affine::from_numbers(&point.x.to_number(), &point.y.to_number()), Some(point));
        }
        multiples
    }

    #[test]
    fn every_pair_of_points_has_its_sum_equal_and_opposite_ones_too() {
        let multiples = multiples();
        let opposite = |point: &Jacobian| Jacobian { y: point.y.negated(), ..*point };
        for (a, left) in multiples.iter().enumerate() {
            assert_eq!(affine(&left.doubled()), affine(&left.plus(left)), "2·{a}·G");
            for (b, right) in multiples.iter().enumerate().take(40 - a) {
                let expected = affine(&multiples[a + b]);
                assert_eq!(affine(&left.plus(right)), expected, "{a} + {b}");
                let back = affine(&multiples[a + b].plus(&opposite(right)));
                assert_eq!(back, affine(left), "{a} + {b} - {b}");
                if let Some(right) = affine(right) {
                    assert_eq!(affine(&left.plus_affine(&right)), expected, "{a} + {b}");
                    assert_eq!(affine(&multiples[a + b].plus_affine(&right.negated_if(true))), affine(left));
                }
            }
            assert!(left.plus(&opposite(left)).is_infinity());
        }
    }

    #[test]
    fn a_table_gives_every_multiple_and_the_order_ends_at_the_opposite_point() {
        let multiples = multiples();
        for width in [2, 5, 6, 8] {
            let table = Table::new(&Affine::BASE, width);
            let product = |k: &Number| table.select(k).fold(Jacobian::INFINITY, |sum, point| sum.plus_affine(&point));
            for (k, expected) in (1_u64..).zip(multiples.iter().skip(1)) {
                assert_eq!(affine(&product(&[k, 0, 0, 0])), affine(expected), "{k} in windows of {width}");
                let below = affine(&product(&number::subtract(&N, &[k, 0, 0, 0]).0)).unwrap();
                assert_eq!(Some(below.negated_if(true)), affine(expected), "n - {k} in windows of {width}");
            }
        }
    }

    #[test]
    fn points_off_the_curve_and_coordinates_from_p_on_are_none() {
        let (x, y) = (Affine::BASE.x.to_number(), Affine::BASE.y.to_number());
        assert_eq!(Affine::from_numbers(&x, &y), Some(Affine::BASE));
        assert_eq!(Affine::from_x(&x, y[0] & 1 == 1), Some(Affine::BASE));
        assert_eq!(Affine::from_x(&x, y[0] & 1 == 0), Some(Affine::BASE.negated_if(true)));
        assert_eq!(Affine::from_numbers(&y, &x), None);
        // The least x of the curve, written as itself and as itself plus p.
        let small = (0..).find_map(|x| Affine::from_x(&[x, 0, 0, 0], false)).unwrap();
        let (wrapped, carry) = number::add(&small.x.to_number(), &crate::sm2::field::P);
        assert!(!carry);
        assert_eq!(Affine::from_numbers(&wrapped, &small.y.to_number()), None);
        assert_eq!(Affine::from_x(&wrapped, false), None);
    }
}
