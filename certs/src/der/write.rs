//! Writing DER (X.690): a handful of functions, each giving one complete value.

/// One value: tag, length, content.
pub fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
            out.extend(significant);
        }
    }
    out.extend_from_slice(content);
    out
}

/// SEQUENCE of complete values.
pub fn sequence<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    value(0x30, &concat(parts))
}

/// SET with one complete value.
pub fn set_of_one(part: &[u8]) -> Vec<u8> {
    value(0x31, part)
}

/// SET OF complete values, in the order that X.690 11.6 asks for.
pub fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    value(0x31, &parts.concat())
}

/// An explicit context tag `[number]` around a complete value; `number` is at most 30.
pub fn explicit(number: u8, part: &[u8]) -> Vec<u8> {
    value(0xa0 | (number & 0x1f), part)
}

/// An implicit primitive context tag `[number]`; `number` is at most 30.
pub fn implicit(number: u8, content: &[u8]) -> Vec<u8> {
    value(0x80 | (number & 0x1f), content)
}

/// A non-negative INTEGER from its big-endian bytes.
pub fn unsigned(magnitude: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = magnitude.iter().copied().skip_while(|byte| *byte == 0).collect();
    if content.first().is_none_or(|byte| byte & 0x80 != 0) {
        content.insert(0, 0);
    }
    value(0x02, &content)
}

/// OBJECT IDENTIFIER from its numbers; the first two are joined as X.690 8.19 says.
pub fn oid(numbers: &[u64]) -> Vec<u8> {
    let mut content = Vec::new();
    if let [first, second, rest @ ..] = numbers {
        base128(first.saturating_mul(40).saturating_add(*second), &mut content);
        for number in rest {
            base128(*number, &mut content);
        }
    }
    value(0x06, &content)
}

fn base128(number: u64, out: &mut Vec<u8>) {
    for group in (0..10).rev() {
        let shifted = number >> (7 * group);
        if shifted != 0 || group == 0 {
            let bits = u8::try_from(shifted & 0x7f).unwrap_or(0);
            out.push(if group == 0 { bits } else { bits | 0x80 });
        }
    }
}

/// BOOLEAN.
pub fn boolean(truth: bool) -> Vec<u8> {
    value(0x01, &[if truth { 0xff } else { 0 }])
}

/// NULL.
pub fn null() -> Vec<u8> {
    value(0x05, &[])
}

/// OCTET STRING.
pub fn octets(content: &[u8]) -> Vec<u8> {
    value(0x04, content)
}

/// BIT STRING of whole bytes.
pub fn bits(content: &[u8]) -> Vec<u8> {
    value(0x03, &concat(&[&[0][..], content]))
}

/// `UTF8String`.
pub fn utf8(text: &str) -> Vec<u8> {
    value(0x0c, text.as_bytes())
}

fn concat<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    parts.iter().flat_map(|part| part.as_ref().iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_as_x690_says() {
        let cases: [(Vec<u8>, &str); 11] = [
            (set_of(vec![octets(b"b"), octets(b"a"), null()]), "31080401610401620500"),
            (unsigned(&[]), "020100"),
            (unsigned(&[0, 0, 0x7f]), "02017f"),
            (unsigned(&[0x80]), "02020080"),
            (oid(&[1, 2, 156, 10197, 1, 501]), "06082a811ccf55018375"),
            (oid(&[2, 5, 4, 97]), "0603550461"),
            (boolean(true), "0101ff"),
            (bits(&[0xaa]), "030200aa"),
            (sequence(&[null(), null()]), "300405000500"),
            (explicit(3, &null()), "a3020500"),
            (implicit(0, b"k"), "80016b"),
        ];
        for (got, expected) in cases {
            assert_eq!(hex::encode(got), expected);
        }
    }

    #[test]
    fn lengths_take_as_few_bytes_as_possible() {
        for (length, header) in [(0x7f, "047f"), (0x80, "048180"), (0xff, "0481ff"), (0x100, "04820100")] {
            assert!(hex::encode(octets(&vec![0; length])).starts_with(header), "{length}");
        }
    }
}
