//! SM2 signature values: two numbers, and their encodings.

use crate::SignatureError;
use crate::der::write as der;

/// An SM2 signature value: two numbers, big-endian. Their range is judged when they are verified.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature {
    pub(super) r: [u8; 32],
    pub(super) s: [u8; 32],
}

impl Signature {
    /// A signature from its two numbers, big-endian.
    pub fn new(r: [u8; 32], s: [u8; 32]) -> Self {
        Self { r, s }
    }

    /// r, big-endian.
    pub fn r(&self) -> &[u8; 32] {
        &self.r
    }

    /// s, big-endian.
    pub fn s(&self) -> &[u8; 32] {
        &self.s
    }

    /// Reads SEQUENCE { r INTEGER, s INTEGER } (GB/T 35276) strictly: minimal, non-negative, nothing behind it.
    ///
    /// # Errors
    /// [`SignatureError::NotDer`] for any other encoding, however common.
    pub fn from_der(bytes: &[u8]) -> Result<Self, SignatureError> {
        let [0x30, length, content @ ..] = bytes else { return Err(SignatureError::NotDer) };
        // Two numbers below 2^256 never need a long length.
        if *length >= 0x80 || usize::from(*length) != content.len() {
            return Err(SignatureError::NotDer);
        }
        let (r, rest) = integer(content)?;
        let (s, rest) = integer(rest)?;
        if rest.is_empty() { Ok(Self { r, s }) } else { Err(SignatureError::NotDer) }
    }

    /// Reads r ‖ s, 64 bytes.
    ///
    /// # Errors
    /// [`SignatureError::Length`] for any other length.
    pub fn from_raw(bytes: &[u8]) -> Result<Self, SignatureError> {
        let wrong = SignatureError::Length { expected: 64, got: bytes.len() };
        let (r, s) = bytes.split_first_chunk().ok_or(wrong)?;
        Ok(Self { r: *r, s: s.try_into().map_err(|_| wrong)? })
    }

    /// SEQUENCE { r INTEGER, s INTEGER } in DER.
    pub fn to_der(&self) -> Vec<u8> {
        der::sequence(&[der::unsigned(&self.r), der::unsigned(&self.s)])
    }

    /// r ‖ s.
    pub fn to_raw(&self) -> [u8; 64] {
        let mut out = [0; 64];
        for (to, from) in out.iter_mut().zip(self.r.iter().chain(&self.s)) {
            *to = *from;
        }
        out
    }
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sm2::Signature(r {}, s {})", hex::encode(self.r), hex::encode(self.s))
    }
}

/// One minimal, non-negative INTEGER below 2^256, and what follows it.
fn integer(bytes: &[u8]) -> Result<([u8; 32], &[u8]), SignatureError> {
    let [0x02, length, rest @ ..] = bytes else { return Err(SignatureError::NotDer) };
    let (content, rest) = rest.split_at_checked(usize::from(*length)).ok_or(SignatureError::NotDer)?;
    let magnitude = match content {
        [0] => content,
        [0, next, ..] if *next < 0x80 => return Err(SignatureError::NotDer),
        [0, magnitude @ ..] => magnitude,
        [first, ..] if *first < 0x80 => content,
        _ => return Err(SignatureError::NotDer),
    };
    let mut number = [0; 32];
    let start = 32_usize.checked_sub(magnitude.len()).ok_or(SignatureError::NotDer)?;
    for (to, from) in number.iter_mut().skip(start).zip(magnitude) {
        *to = *from;
    }
    Ok((number, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn other_encodings_than_strict_der_are_refused() {
        let wrong = [
            "",
            "3006020101020101ff",  // something behind
            "300702010102010100",  // something inside, behind
            "300602010102",        // cut off
            "30810602010102 0101", // long length
            "3006028101010201",    // long length inside
            "300602018102 0101",   // negative
            "30070202000102 0101", // not minimal
            "3005020002 0101",     // no digits
            "3106020101020101",    // another tag
            "3006040101020101",    // another tag inside
        ];
        for text in wrong {
            let bytes = hex::decode(text.replace(' ', "")).unwrap();
            assert_eq!(Signature::from_der(&bytes), Err(SignatureError::NotDer), "{text}");
        }
        let too_long = der::sequence(&[der::unsigned(&[1; 33]), der::unsigned(&[1])]);
        assert_eq!(Signature::from_der(&too_long), Err(SignatureError::NotDer));
        assert_eq!(Signature::from_raw(&[1; 65]), Err(SignatureError::Length { expected: 64, got: 65 }));
    }

    proptest! {
        #[test]
        fn every_pair_of_numbers_survives_both_encodings(r: [u8; 32], s: [u8; 32]) {
            let signature = Signature::new(r, s);
            prop_assert_eq!(Signature::from_der(&signature.to_der()), Ok(signature));
            prop_assert_eq!(Signature::from_raw(&signature.to_raw()), Ok(signature));
        }

        #[test]
        fn any_bytes_are_read_or_refused_and_what_is_read_is_written_the_same(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(signature) = Signature::from_der(&bytes) {
                prop_assert_eq!(signature.to_der(), bytes);
            }
        }
    }
}
