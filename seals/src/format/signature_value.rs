//! Signature values as products encode them, each deviation from GB/T 35276 noted.
use certs::der::{Bits, DerFault, Element, Reader, tag};
use std::borrow::Cow;

use certs::{
    key::{SM2_SIGNING, SM2_WITH_SM3},
    sm2,
};

use crate::{
    finding::{Finding, Role},
    note::{Note, Notes},
};

/// SM2 signing is what products write for SM2 with SM3.
const SM2: [&str; 2] = [SM2_WITH_SM3, SM2_SIGNING];

/// r ‖ s.
const RAW_BYTES: usize = 64;

/// More zero octets than this at the end of a signature do not happen by chance (1 in 2^32).
const STRIPPED_MAX: usize = 4;

/// A signature value with the algorithm that its place names.
#[derive(Debug)]
pub(crate) enum SignatureValue<'a> {
    Sm2(sm2::Signature),
    /// Any other: its object identifier, and the bytes as stored.
    Other {
        algorithm: String,
        bytes: &'a [u8],
    },
}

impl<'a> SignatureValue<'a> {
    /// The declared algorithm.
    pub(crate) fn algorithm(&self) -> &str {
        match self {
            SignatureValue::Sm2(_) => SM2_WITH_SM3,
            SignatureValue::Other { algorithm, .. } => algorithm,
        }
    }

    pub(super) fn read(algorithm: String, bits: Bits<'a>, role: Role, notes: &mut Notes) -> Result<Self, Finding> {
        if !SM2.contains(&algorithm.as_str()) {
            return Ok(SignatureValue::Other { algorithm, bytes: bits.bytes });
        }
        let bytes = padded(bits, notes);
        let signature = if bytes.len() == RAW_BYTES && Element::only(&bytes).is_err() {
            notes.add(Note::RawSignature);
            sm2::Signature::from_raw(&bytes).ok()
        } else {
            from_der(&bytes, notes).ok()
        };
        signature.map(SignatureValue::Sm2).ok_or(Finding::SignatureUnreadable { role })
    }
}

/// Puts back the trailing zero bits that some encoders strip: up to the length that the bytes themselves state, or to r ‖ s.
fn padded<'a>(bits: Bits<'a>, notes: &mut Notes) -> Cow<'a, [u8]> {
    let expected = match bits.bytes {
        [tag::SEQUENCE, length, ..] if *length < 0x80 => usize::from(*length) + 2,
        _ => RAW_BYTES,
    };
    let missing = expected.saturating_sub(bits.bytes.len());
    if (bits.unused == 0 && missing == 0) || missing > STRIPPED_MAX {
        return Cow::Borrowed(bits.bytes);
    }
    notes.add(Note::PaddedBitString);
    let mut bytes = bits.bytes.to_vec();
    bytes.resize(bytes.len() + missing, 0);
    Cow::Owned(bytes)
}

/// SEQUENCE { r, s } with numbers that may lack their leading zero or have too many.
fn from_der(bytes: &[u8], notes: &mut Notes) -> Result<sm2::Signature, DerFault> {
    let mut numbers = Element::only(bytes)?.reader_of(tag::SEQUENCE)?;
    let r = number(&mut numbers, notes)?;
    let s = number(&mut numbers, notes)?;
    numbers.end()?;
    Ok(sm2::Signature::new(r, s))
}

fn number(numbers: &mut Reader<'_>, notes: &mut Notes) -> Result<[u8; 32], DerFault> {
    let value = numbers.expect(tag::INTEGER)?.value;
    let minimal = match value {
        [] => return Err(DerFault::Number),
        [0, second, ..] => second & 0x80 != 0,
        [first, ..] => first & 0x80 == 0,
    };
    if !minimal {
        notes.add(Note::NormalisedInteger);
    }
    let zeros = value.iter().take_while(|byte| **byte == 0).count();
    let digits = value.get(zeros..).unwrap_or_default();
    let mut number = [0; 32];
    let at = number.len().checked_sub(digits.len()).ok_or(DerFault::Number)?;
    number.iter_mut().skip(at).zip(digits).for_each(|(to, from)| *to = *from);
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OID: &str = "1.2.156.10197.1.501";

    fn read(bytes: &[u8], unused: u8) -> (Option<sm2::Signature>, Vec<Note>) {
        let mut notes = Notes::default();
        let value = SignatureValue::read(OID.to_owned(), Bits { bytes, unused }, Role::Signer, &mut notes);
        let signature = match value {
            Ok(SignatureValue::Sm2(signature)) => Some(signature),
            _ => None,
        };
        (signature, notes.into_vec())
    }

    fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
        let number = |value: &[u8]| [&[2, u8::try_from(value.len()).unwrap()], value].concat();
        let content = [number(r), number(s)].concat();
        [&[0x30, u8::try_from(content.len()).unwrap()], content.as_slice()].concat()
    }

    #[test]
    fn each_encoding_of_real_products_gives_the_same_signature_and_its_note() {
        let (r, s) = ([0x9A; 32], [0x80; 32]);
        let with_zero = |value: &[u8]| [&[0], value].concat();
        let strict = der(&with_zero(&r), &with_zero(&s));
        let wanted = sm2::Signature::new(r, s);
        let cases: [(Vec<u8>, u8, &[Note]); 5] = [
            (strict.clone(), 0, &[]),
            (der(&r, &with_zero(&s)), 0, &[Note::NormalisedInteger]),
            (der(&with_zero(&with_zero(&r)), &with_zero(&s)), 0, &[Note::NormalisedInteger]),
            ([r, s].concat(), 0, &[Note::RawSignature]),
            // The last octet 0x80 with its seven zero bits not counted.
            (strict.clone(), 7, &[Note::PaddedBitString]),
        ];
        for (bytes, unused, notes) in cases {
            assert_eq!(read(&bytes, unused), (Some(wanted), notes.to_vec()), "{bytes:02x?}");
        }
    }

    #[test]
    fn stripped_zero_octets_are_put_back() {
        let mut s = [0x11; 32];
        s[30] = 0x80;
        s[31] = 0;
        let full = der(&[0x22; 32], &s);
        let stripped = &full[..full.len() - 1];
        assert_eq!(read(stripped, 7), (Some(sm2::Signature::new([0x22; 32], s)), vec![Note::PaddedBitString]));
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        let too_long = der(&[1; 33], &[1; 32]);
        let three = [&[0x30, 9][..], &[2, 1, 1, 2, 1, 1, 2, 1, 1]].concat();
        for bytes in [vec![], vec![0x30, 0], too_long, three, vec![1; 65], der(&[], &[1])] {
            assert_eq!(read(&bytes, 0).0, None, "{bytes:02x?}");
        }
    }
}
