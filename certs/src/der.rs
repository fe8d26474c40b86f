//! One borrowed reader of DER: definite minimal lengths, low tag numbers, nothing left over.
use thiserror::Error;

mod time;
pub mod write;

/// The tags that seals, certificates and signed data use.
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING.
    pub const OCTET_STRING: u8 = 0x04;
    /// OBJECT IDENTIFIER.
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    /// ENUMERATED.
    pub const ENUMERATED: u8 = 0x0A;
    /// `UTF8String`.
    pub const UTF8_STRING: u8 = 0x0C;
    /// `PrintableString`.
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// `IA5String`.
    pub const IA5_STRING: u8 = 0x16;
    /// `UTCTime`.
    pub const UTC_TIME: u8 = 0x17;
    /// `GeneralizedTime`.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// SEQUENCE.
    pub const SEQUENCE: u8 = 0x30;
    /// SET.
    pub const SET: u8 = 0x31;
    /// The primitive context tag \[0\].
    pub const PRIMITIVE_0: u8 = 0x80;
    /// The constructed context tag \[0\].
    pub const CONTEXT_0: u8 = 0xA0;
    /// The constructed context tag \[1\].
    pub const CONTEXT_1: u8 = 0xA1;
}

/// Octets of an object identifier. 11 is the most that any standard here has; reports repeat one as text, which is longer.
const OBJECT_IDENTIFIER_BYTES_MAX: usize = 64;

/// What breaks the encoding rules. None of these is tolerated in any mode: two readers would see two different seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DerFault {
    /// An element runs past the end of what holds it.
    #[error("an element runs past its end")]
    Truncated,
    /// Bytes follow where an element must end.
    #[error("{0} bytes follow the last element")]
    Trailing(usize),
    /// The indefinite form, which is BER.
    #[error("indefinite length")]
    IndefiniteLength,
    /// A length written with more bytes than it needs.
    #[error("length is not minimal")]
    LengthNotMinimal,
    /// A tag number of 31 or more: no seal has one.
    #[error("high tag number")]
    HighTag,
    /// Another element than the layout has here.
    #[error("tag {expected:#04x} expected, {got:#04x} found")]
    Tag {
        /// The tag of the layout.
        expected: u8,
        /// The tag found.
        got: u8,
    },
    /// An element of the layout is absent.
    #[error("an element is missing")]
    Missing,
    /// An INTEGER that is negative, or does not fit 32 bits, where a small number belongs.
    #[error("a small number expected")]
    Number,
    /// An OBJECT IDENTIFIER that cannot be read.
    #[error("object identifier cannot be read")]
    ObjectIdentifier,
    /// A BIT STRING without its first octet, or with more than seven unused bits.
    #[error("bit string cannot be read")]
    BitString,
    /// A string whose bytes are not its character set.
    #[error("text cannot be read")]
    Text,
    /// A time that is none, has no Z, or is not written as DER asks.
    #[error("time cannot be read")]
    Time,
    /// More elements in a list than the caller allows.
    #[error("a list of more than {0} elements")]
    ListTooLong(usize),
}

/// One element, borrowed from the bytes that hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// The tag octet.
    pub tag: u8,
    /// The contents octets.
    pub value: &'a [u8],
    /// Tag, length and contents, as stored: this is what signatures cover.
    pub raw: &'a [u8],
}

/// Reads elements one after another.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

/// The bits of a BIT STRING, with how many of the last octet do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bits<'a> {
    /// Without the octet that counts the unused bits.
    pub bytes: &'a [u8],
    /// Bits at the end that do not count, 0 to 7.
    pub unused: u8,
}

impl<'a> Reader<'a> {
    /// Reads from the beginning of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next element, without reading it.
    pub fn peek_tag(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element, whatever it is.
    ///
    /// # Errors
    /// [`DerFault`] where the encoding breaks a rule, [`DerFault::Missing`] where nothing is left.
    pub fn any(&mut self) -> Result<Element<'a>, DerFault> {
        let (&tag, after_tag) = self.rest.split_first().ok_or(DerFault::Missing)?;
        if tag & 0x1F == 0x1F {
            return Err(DerFault::HighTag);
        }
        let (length, header) = length(after_tag)?;
        let value_at = 1 + header;
        let end = value_at.checked_add(length).ok_or(DerFault::Truncated)?;
        let (raw, rest) = self.rest.split_at_checked(end).ok_or(DerFault::Truncated)?;
        let value = raw.get(value_at..).ok_or(DerFault::Truncated)?;
        self.rest = rest;
        Ok(Element { tag, value, raw })
    }

    /// The next element, which must have this tag.
    ///
    /// # Errors
    /// As [`Self::any`], and [`DerFault::Tag`].
    pub fn expect(&mut self, tag: u8) -> Result<Element<'a>, DerFault> {
        let element = self.any()?;
        if element.tag == tag { Ok(element) } else { Err(DerFault::Tag { expected: tag, got: element.tag }) }
    }

    /// The next element when it has this tag.
    ///
    /// # Errors
    /// As [`Self::any`].
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, DerFault> {
        if self.peek_tag() == Some(tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// Nothing may follow.
    ///
    /// # Errors
    /// [`DerFault::Trailing`].
    pub fn end(self) -> Result<(), DerFault> {
        if self.rest.is_empty() { Ok(()) } else { Err(DerFault::Trailing(self.rest.len())) }
    }

    /// A reader of what is inside the next element, which must be a SEQUENCE.
    ///
    /// # Errors
    /// As [`Self::expect`].
    pub fn sequence(&mut self) -> Result<Reader<'a>, DerFault> {
        self.expect(tag::SEQUENCE).map(|element| element.reader())
    }

    /// The contents of the next element, which must be an OCTET STRING.
    ///
    /// # Errors
    /// As [`Self::expect`].
    pub fn octets(&mut self) -> Result<&'a [u8], DerFault> {
        self.expect(tag::OCTET_STRING).map(|element| element.value)
    }

    /// A small number that cannot be negative.
    ///
    /// # Errors
    /// As [`Self::expect`], and [`DerFault::Number`].
    pub fn number(&mut self) -> Result<u32, DerFault> {
        let value = self.expect(tag::INTEGER)?.value;
        match value {
            [] => Err(DerFault::Number),
            [first, ..] if first & 0x80 != 0 => Err(DerFault::Number),
            [0, second, ..] if second & 0x80 == 0 => Err(DerFault::Number),
            _ if value.len() > 4 => Err(DerFault::Number),
            _ => Ok(value.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))),
        }
    }

    /// The next element, which must be a BIT STRING.
    ///
    /// # Errors
    /// As [`Self::expect`], and [`DerFault::BitString`].
    pub fn bits(&mut self) -> Result<Bits<'a>, DerFault> {
        let element = self.expect(tag::BIT_STRING)?;
        let (&unused, bytes) = element.value.split_first().ok_or(DerFault::BitString)?;
        if unused > 7 || (unused > 0 && bytes.is_empty()) {
            return Err(DerFault::BitString);
        }
        Ok(Bits { bytes, unused })
    }

    /// Dotted form of an OBJECT IDENTIFIER.
    ///
    /// # Errors
    /// As [`Self::expect`], and [`DerFault::ObjectIdentifier`].
    pub fn object_identifier(&mut self) -> Result<String, DerFault> {
        dotted(self.expect(tag::OBJECT_IDENTIFIER)?.value).ok_or(DerFault::ObjectIdentifier)
    }

    /// Text of this string type. All three types that seals use are read as UTF-8: ASCII is a part of it.
    ///
    /// # Errors
    /// As [`Self::expect`], and [`DerFault::Text`].
    pub fn text(&mut self, tag: u8) -> Result<&'a str, DerFault> {
        let value = self.expect(tag)?.value;
        let text = std::str::from_utf8(value).map_err(|_| DerFault::Text)?;
        let fits = tag == tag::UTF8_STRING || text.is_ascii();
        if fits && !text.contains('\0') { Ok(text) } else { Err(DerFault::Text) }
    }
}

impl<'a> Element<'a> {
    /// The one element that `bytes` hold, with nothing before or after it.
    ///
    /// # Errors
    /// As [`Reader::any`], and [`DerFault::Trailing`].
    pub fn only(bytes: &'a [u8]) -> Result<Self, DerFault> {
        let mut reader = Reader::new(bytes);
        let element = reader.any()?;
        reader.end()?;
        Ok(element)
    }

    /// A reader of what is inside, when the element has this tag.
    ///
    /// # Errors
    /// [`DerFault::Tag`].
    pub fn reader_of(&self, tag: u8) -> Result<Reader<'a>, DerFault> {
        if self.tag == tag { Ok(self.reader()) } else { Err(DerFault::Tag { expected: tag, got: self.tag }) }
    }

    /// A reader of what is inside, whatever the tag.
    pub fn reader(&self) -> Reader<'a> {
        Reader::new(self.value)
    }

    /// The elements inside, at most `max` of them.
    ///
    /// # Errors
    /// As [`Reader::any`], and [`DerFault::ListTooLong`].
    pub fn children(&self, max: usize) -> Result<Vec<Element<'a>>, DerFault> {
        let mut reader = self.reader();
        let mut children = Vec::new();
        while !reader.is_empty() {
            if children.len() == max {
                return Err(DerFault::ListTooLong(max));
            }
            children.push(reader.any()?);
        }
        Ok(children)
    }
}

/// The length, and how many octets it took.
fn length(bytes: &[u8]) -> Result<(usize, usize), DerFault> {
    let (&first, rest) = bytes.split_first().ok_or(DerFault::Truncated)?;
    if first < 0x80 {
        return Ok((usize::from(first), 1));
    }
    let count = usize::from(first & 0x7F);
    if count == 0 {
        return Err(DerFault::IndefiniteLength);
    }
    if count > 4 {
        return Err(DerFault::Truncated);
    }
    let octets = rest.get(..count).ok_or(DerFault::Truncated)?;
    let length = octets.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
    if octets.first() == Some(&0) || length < 0x80 {
        return Err(DerFault::LengthNotMinimal);
    }
    Ok((length, 1 + count))
}

fn dotted(value: &[u8]) -> Option<String> {
    if value.len() > OBJECT_IDENTIFIER_BYTES_MAX {
        return None;
    }
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc: u64 = 0;
    let mut inside = false;
    for byte in value {
        if !inside && *byte == 0x80 {
            return None;
        }
        arc = arc.checked_mul(128)? | u64::from(byte & 0x7F);
        inside = byte & 0x80 != 0;
        if !inside {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.push(first);
                arc -= first * 40;
            }
            arcs.push(std::mem::take(&mut arc));
        }
    }
    if inside || arcs.is_empty() {
        return None;
    }
    Some(arcs.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_that_two_readers_could_read_differently_are_refused() {
        let cases: [(&[u8], DerFault); 9] = [
            (&[0x30, 0x80, 0, 0], DerFault::IndefiniteLength),
            (&[0x04, 0x81, 0x01, 7], DerFault::LengthNotMinimal),
            (&[0x04, 0x82, 0x00, 0x81, 7], DerFault::LengthNotMinimal),
            (&[0x04, 0x02, 7], DerFault::Truncated),
            (&[0x04, 0x85, 1, 1, 1, 1, 1], DerFault::Truncated),
            (&[0x04, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], DerFault::Truncated),
            (&[0x1F, 0x22, 0], DerFault::HighTag),
            (&[0x04, 0x01, 7, 7, 7], DerFault::Trailing(2)),
            (&[], DerFault::Missing),
        ];
        for (bytes, fault) in cases {
            assert_eq!(Element::only(bytes), Err(fault), "{bytes:02x?}");
        }
    }

    #[test]
    fn numbers_are_small_minimal_and_never_negative() {
        for (bytes, number) in [
            (vec![2, 1, 4], Ok(4)),
            (vec![2, 2, 0, 0x80], Ok(128)),
            (vec![2, 4, 0x7F, 0xFF, 0xFF, 0xFF], Ok(0x7FFF_FFFF)),
        ] {
            assert_eq!(Reader::new(&bytes).number(), number);
        }
        for bytes in [vec![2, 0], vec![2, 1, 0x80], vec![2, 2, 0, 4], vec![2, 5, 1, 0, 0, 0, 0]] {
            assert_eq!(Reader::new(&bytes).number(), Err(DerFault::Number), "{bytes:02x?}");
        }
    }

    #[test]
    fn object_identifiers_are_written_with_dots() {
        let sm2_with_sm3 = [6, 8, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x83, 0x75];
        assert_eq!(Reader::new(&sm2_with_sm3).object_identifier().as_deref(), Ok("1.2.156.10197.1.501"));
        for bytes in [vec![6, 0], vec![6, 1, 0x81], vec![6, 3, 0x2A, 0x80, 0x01]] {
            assert_eq!(Reader::new(&bytes).object_identifier(), Err(DerFault::ObjectIdentifier), "{bytes:02x?}");
        }
    }

    #[test]
    fn bit_strings_have_at_most_seven_unused_bits() {
        assert_eq!(Reader::new(&[3, 2, 7, 0x80]).bits(), Ok(Bits { bytes: &[0x80], unused: 7 }));
        for bytes in [vec![3, 0], vec![3, 1, 1], vec![3, 2, 8, 0]] {
            assert_eq!(Reader::new(&bytes).bits(), Err(DerFault::BitString), "{bytes:02x?}");
        }
    }
}
