//! SM2 signatures (GB/T 32918.2): keys, signature values, and verification over a digest that we compute ourselves.

//!
//! Verification is our own, because keys repeat and no library makes use of that; signing belongs to OpenSSL. `docs/design.md` says what
//! proves it and how to turn it off.

mod batch;
pub mod engine;
mod field;
#[cfg(target_arch = "x86_64")]
mod lanes;
#[cfg(not(target_arch = "x86_64"))]
#[path = "sm2/lanes/absent.rs"]
mod lanes;
mod number;
#[cfg(feature = "signing")]
mod openssl;
mod point;
mod scalar;
mod signature;
mod table;
mod tables;
mod verify;
pub mod ways;

use point::Affine;
pub use signature::Signature;

use crate::digest::sm3;
use crate::{Error, SignatureError};

/// The user identity that GB/T 35276 sets as default; every certificate and seal seen so far uses it.
pub const DEFAULT_ID: &str = "1234567812345678";

/// a, b, x and y of the base point: the curve's part of Z (GB/T 32918.5).
const CURVE: [[u8; 32]; 4] = [
    number("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"),
    number("28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"),
    number("32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"),
    number("BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"),
];

/// Reads 64 hexadecimal digits; only ever run by the compiler.
#[allow(clippy::indexing_slicing, reason = "evaluated at compile time, where a wrong index is a compile error")]
const fn number(digits: &str) -> [u8; 32] {
    let (digits, mut out, mut index) = (digits.as_bytes(), [0; 32], 0);
    while index < out.len() {
        out[index] = nibble(digits[2 * index]) << 4 | nibble(digits[2 * index + 1]);
        index += 1;
    }
    out
}

const fn nibble(digit: u8) -> u8 {
    if digit <= b'9' { digit - b'0' } else { digit - b'A' + 10 }
}

/// An SM2 public key: a point of the curve, never infinity.
#[derive(Clone)]
pub struct PublicKey {
    point: Affine,
    sec1: [u8; 65],
    z: [u8; 32],
}

impl PublicKey {
    /// A key from its SEC 1 bytes: 04 ‖ x ‖ y, or compressed.
    ///
    /// # Errors
    /// [`Error::NotOnCurve`] when the bytes are no point of the curve.
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, Error> {
        let point = match bytes {
            [4, rest @ ..] => {
                let (x, y) = rest.split_first_chunk().ok_or(Error::NotOnCurve)?;
                let y = y.try_into().map_err(|_| Error::NotOnCurve)?;
                Affine::from_numbers(&number::from_bytes(x), &number::from_bytes(y))
            }
            [sign @ (2 | 3), x @ ..] => {
                let x = x.try_into().map_err(|_| Error::NotOnCurve)?;
                Affine::from_x(&number::from_bytes(x), *sign == 3)
            }
            _ => None,
        };
        let point = point.ok_or(Error::NotOnCurve)?;
        let sec1 = sec1(&point);
        let z = identity_digest(DEFAULT_ID, &sec1);
        Ok(Self { point, sec1, z })
    }

    /// 04 ‖ x ‖ y.
    pub fn to_sec1(&self) -> [u8; 65] {
        self.sec1
    }

    /// Z, the digest of the default identity, the curve and this key (GB/T 32918.2, 5.5).
    pub fn z(&self) -> [u8; 32] {
        self.z
    }

    /// e = SM3(Z ‖ message), the number that an SM2 signature is over.
    pub fn digest(&self, message: &[u8]) -> [u8; 32] {
        sm3(&[&self.z, message])
    }

    /// Whether the signature is of `message` by this key.
    ///
    /// # Errors
    /// When it is not.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        self.verify_digest(&self.digest(message), signature)
    }

    /// Whether the signature is over the digest `e` by this key.
    ///
    /// # Errors
    /// [`SignatureError::OutOfRange`] when r or s is outside 1..n-1, otherwise [`SignatureError::Mismatch`].
    pub fn verify_digest(&self, e: &[u8; 32], signature: &Signature) -> Result<(), SignatureError> {
        engine::judge(&Case { key: self, digest: e, signature: *signature })
    }
}

/// One signature to verify: over the digest `e` of a message, by a key.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The key that is said to have signed.
    pub key: &'a PublicKey,
    /// e = SM3(Z ‖ message), see [`PublicKey::digest`].
    pub digest: &'a [u8; 32],
    /// The signature.
    pub signature: Signature,
}

/// What [`PublicKey::verify_digest`] answers for each case, in their order, but computed side by side.
pub fn verify_many(cases: &[Case<'_>]) -> Vec<Result<(), SignatureError>> {
    engine::judge_many(cases)
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.sec1 == other.sec1
    }
}

impl Eq for PublicKey {}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sm2::PublicKey({})", hex::encode(self.sec1))
    }
}

/// 04 ‖ x ‖ y of a point.
fn sec1(point: &Affine) -> [u8; 65] {
    let [x, y] = [point.x, point.y].map(|coordinate| number::to_bytes(&coordinate.to_number()));
    let mut out = [4; 65];
    for (to, from) in out.iter_mut().skip(1).zip(x.iter().chain(&y)) {
        *to = *from;
    }
    out
}

/// Z of any identity: SM3(bits of the identity ‖ identity ‖ a ‖ b ‖ G ‖ key). The identity is at most 8,191 bytes long.
fn identity_digest(id: &str, sec1: &[u8; 65]) -> [u8; 32] {
    let bits = u16::try_from(id.len() * 8).unwrap_or(u16::MAX).to_be_bytes();
    let [_, point @ ..] = sec1;
    sm3(&[&bits, id.as_bytes(), CURVE.as_flattened(), point])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard_vector() -> (PublicKey, [u8; 32], [u8; 32]) {
        let key = "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020\
                   CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13";
        (
            PublicKey::from_sec1(&hex::decode(key).unwrap()).unwrap(),
            number("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"),
            number("B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"),
        )
    }

    #[test]
    fn the_vector_of_gbt_32918_5_holds_and_its_neighbours_do_not() {
        let (key, r, s) = standard_vector();
        assert_eq!(key.z(), number("B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3"));
        let e = number("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640");
        assert_eq!(key.digest(b"message digest"), e);
        assert_eq!(key.verify(b"message digest", &Signature::new(r, s)), Ok(()));

        assert_eq!(key.verify(b"message digesT", &Signature::new(r, s)), Err(SignatureError::Mismatch));
        assert_eq!(key.verify_digest(&e, &Signature::new(s, r)), Err(SignatureError::Mismatch));
        let zero = [0; 32];
        let order = number("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123");
        for (r, s) in [(zero, s), (r, zero), (order, s), (r, order), ([0xff; 32], s)] {
            assert_eq!(key.verify_digest(&e, &Signature::new(r, s)), Err(SignatureError::OutOfRange));
        }
    }

    #[test]
    fn a_signature_over_the_digest_zero_is_as_good_as_any() {
        let key = "04ef4de57af00ae424c00c4caadff7193f804a19dd73a7e2954db9d0d15ab4cbba\
                   67728c3f4572878b7a674735da9fde1682fe2d9e0799c4a5cde57e3d473039a2";
        let key = PublicKey::from_sec1(&hex::decode(key).unwrap()).unwrap();
        let signature = Signature::new(
            number("BE0EA64E1EC06F0D247093F3CCBBADCFB6260224272F86DDB78326E7CD6C7560"),
            number("E9F6AB2FCC48A2CEF94838E66B5C7E21FD8E4DE25990DD98CA5243F4966F2853"),
        );
        assert_eq!(key.verify_digest(&[0; 32], &signature), Ok(()));
        let mut one = [0; 32];
        one[31] = 1;
        assert_eq!(key.verify_digest(&one, &signature), Err(SignatureError::Mismatch));
    }

    #[test]
    fn only_points_of_the_curve_are_keys() {
        let (key, ..) = standard_vector();
        let good = key.to_sec1();
        let mut off_curve = good;
        off_curve[64] ^= 1;
        let mut compressed = [3; 33];
        compressed[1..].copy_from_slice(&good[1..33]);
        assert_eq!(PublicKey::from_sec1(&compressed).unwrap(), key, "y of the vector is odd");
        for wrong in [&off_curve[..], &good[..64], &[0], &[], &[4; 65]] {
            assert!(matches!(PublicKey::from_sec1(wrong), Err(Error::NotOnCurve)), "{wrong:?}");
        }
    }
}
