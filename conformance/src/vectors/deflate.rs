//! A small DEFLATE (RFC 1951) of our own: the corpus stays small, and no compressor has to be trusted with hostile archives.

/// The longest match that needs no code of its own.
const MATCH_MAX: usize = 257;
const MATCH_MIN: usize = 4;

/// One block with the fixed codes. Every earlier place is tried, which suits files of a few kilobytes.
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut out = Bits::default();
    out.number(0b011, 3);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let (length, distance) = longest_match(bytes, at);
        if length < MATCH_MIN {
            out.symbol(usize::from(*byte));
            at += 1;
        } else {
            out.length(length);
            out.distance(distance);
            at += length;
        }
    }
    out.symbol(256);
    out.bytes
}

/// Length of the longest text before `at` that repeats there, and how far back it is.
fn longest_match(bytes: &[u8], at: usize) -> (usize, usize) {
    let rest = bytes.get(at..).unwrap_or_default();
    let lengths = (0..at).map(|from| {
        let earlier = bytes.get(from..).unwrap_or_default();
        let length = earlier.iter().zip(rest).take_while(|(a, b)| a == b).take(MATCH_MAX).count();
        (length, at - from)
    });
    lengths.max_by_key(|(length, distance)| (*length, usize::MAX - distance)).unwrap_or_default()
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn bit(&mut self, bit: bool) {
        if self.used.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (self.used % 8);
        }
        self.used += 1;
    }

    /// A number, its lowest bit first.
    fn number(&mut self, value: usize, bits: usize) {
        (0..bits).for_each(|place| self.bit(value >> place & 1 == 1));
    }

    /// A code, its highest bit first.
    fn code(&mut self, value: usize, bits: usize) {
        (0..bits).rev().for_each(|place| self.bit(value >> place & 1 == 1));
    }

    /// A literal, an end or a length: RFC 1951 3.2.6.
    fn symbol(&mut self, symbol: usize) {
        match symbol {
            0..=143 => self.code(0x30 + symbol, 8),
            144..=255 => self.code(0x190 + symbol - 144, 9),
            256..=279 => self.code(symbol - 256, 7),
            _ => self.code(0xC0 + symbol - 280, 8),
        }
    }

    fn length(&mut self, length: usize) {
        let above = length - 3;
        if above < 8 {
            self.symbol(257 + above);
        } else {
            let extra = above.ilog2() as usize - 2;
            self.symbol(261 + 4 * extra + (above >> extra & 3));
            self.number(above, extra);
        }
    }

    fn distance(&mut self, distance: usize) {
        let above = distance - 1;
        if above < 4 {
            self.code(above, 5);
        } else {
            let extra = above.ilog2() as usize - 1;
            self.code(2 + 2 * extra + (above >> extra & 1), 5);
            self.number(above, extra);
        }
    }
}
