//! The curve as OpenSSL has it, for making signatures that ask for what we want: a sum, a digest, an x.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcPoint, PointConversionForm};
use openssl::nid::Nid;

/// 32 bytes, big-endian.
pub(crate) type Bytes = [u8; 32];

/// The group, its order and its prime.
pub(crate) struct Curve {
    /// The group.
    pub(crate) group: EcGroup,
    /// n.
    pub(crate) order: BigNum,
    /// p.
    pub(crate) prime: BigNum,
}

impl Curve {
    /// The curve of GB/T 32918.5.
    pub(crate) fn new() -> Self {
        let group = EcGroup::from_curve_name(Nid::SM2).expect("the curve");
        let mut context = BigNumContext::new().expect("a context");
        let [mut order, mut prime, mut a, mut b] = [(); 4].map(|()| BigNum::new().expect("a number"));
        group.order(&mut order, &mut context).expect("the order");
        group.components_gfp(&mut prime, &mut a, &mut b, &mut context).expect("the prime");
        Self { group, order, prime }
    }

    /// a + b mod n.
    pub(crate) fn sum(&self, a: &BigNum, b: &BigNum) -> BigNum {
        let mut out = BigNum::new().expect("a number");
        out.mod_add(a, b, &self.order, &mut BigNumContext::new().expect("a context")).expect("a sum");
        out
    }

    /// a - b mod n.
    pub(crate) fn difference(&self, a: &BigNum, b: &BigNum) -> BigNum {
        let mut out = BigNum::new().expect("a number");
        out.mod_sub(a, b, &self.order, &mut BigNumContext::new().expect("a context")).expect("a difference");
        // OpenSSL may leave it negative.
        if out.is_negative() { self.sum(&out, &self.order) } else { out }
    }

    /// a·b mod n.
    pub(crate) fn product(&self, a: &BigNum, b: &BigNum) -> BigNum {
        let mut out = BigNum::new().expect("a number");
        out.mod_mul(a, b, &self.order, &mut BigNumContext::new().expect("a context")).expect("a product");
        out
    }

    /// a / b mod n, `None` for b = 0.
    pub(crate) fn quotient(&self, a: &BigNum, b: &BigNum) -> Option<BigNum> {
        let mut inverse = BigNum::new().expect("a number");
        inverse.mod_inverse(b, &self.order, &mut BigNumContext::new().expect("a context")).ok()?;
        Some(self.product(a, &inverse))
    }

    /// a·G + b·P.
    pub(crate) fn combined(&self, a: &BigNum, b: &BigNum, point: &EcPoint) -> EcPoint {
        let mut context = BigNumContext::new().expect("a context");
        let [mut left, mut right, mut out] = [(); 3].map(|()| EcPoint::new(&self.group).expect("a point"));
        left.mul_generator2(&self.group, a, &mut context).expect("a product");
        right.mul2(&self.group, point, b, &mut context).expect("a product");
        out.add(&self.group, &left, &right, &mut context).expect("a sum");
        out
    }

    /// k·G.
    pub(crate) fn multiple(&self, k: &BigNum) -> EcPoint {
        let mut out = EcPoint::new(&self.group).expect("a point");
        out.mul_generator2(&self.group, k, &mut BigNumContext::new().expect("a context")).expect("a product");
        out
    }

    /// x of a point, `None` at infinity.
    pub(crate) fn x(&self, point: &EcPoint) -> Option<BigNum> {
        let [mut x, mut y] = [(); 2].map(|()| BigNum::new().expect("a number"));
        let mut context = BigNumContext::new().expect("a context");
        point.affine_coordinates(&self.group, &mut x, &mut y, &mut context).ok()?;
        Some(x)
    }

    /// A point with this x, `None` where the curve has none.
    pub(crate) fn point_at(&self, x: &BigNum) -> Option<EcPoint> {
        self.decoded(&[&[2][..], &bytes(x)].concat())
    }

    /// The point of these SEC 1 bytes, `None` where OpenSSL refuses them.
    pub(crate) fn decoded(&self, sec1: &[u8]) -> Option<EcPoint> {
        EcPoint::from_bytes(&self.group, sec1, &mut BigNumContext::new().expect("a context")).ok()
    }

    /// 04 ‖ x ‖ y.
    pub(crate) fn encoded(&self, point: &EcPoint) -> Vec<u8> {
        let mut context = BigNumContext::new().expect("a context");
        point.to_bytes(&self.group, PointConversionForm::UNCOMPRESSED, &mut context).expect("a point")
    }
}

/// A number below 2^256 as 32 bytes.
pub(crate) fn bytes(number: &BigNum) -> Bytes {
    number.to_vec_padded(32).expect("32 bytes").try_into().expect("32 bytes")
}

/// 32 bytes as a number.
pub(crate) fn number(bytes: &Bytes) -> BigNum {
    BigNum::from_slice(bytes).expect("a number")
}

/// A small number.
pub(crate) fn small(value: u32) -> BigNum {
    BigNum::from_u32(value).expect("a number")
}
