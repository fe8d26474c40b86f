//! Bytes of a message to text: one encoding, said once, and held to.
//!
//! Guessing an encoding is how 毛 becomes Ã«: bytes are read in the encoding that the message states, and what does not agree with
//! that statement is refused. UTF-8 needs no statement; GB 18030, GBK and GB 2312 do.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, GB18030};

/// 字符编码: an encoding in which a message may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// GB 18030-2022, all of it.
    Gb18030,
    /// GBK: the codes of one and two bytes of GB 18030.
    Gbk,
    /// GB/T 2312-1980: 682 signs and 6,763 characters.
    Gb2312,
}

impl Encoding {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Utf8, Self::Gb18030, Self::Gbk, Self::Gb2312];

    /// The name by which a message states it (IANA's preferred one).
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030",
            Self::Gbk => "GBK",
            Self::Gb2312 => "GB2312",
        }
    }

    /// The encoding of that name; upper and lower case are the same.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.name().eq_ignore_ascii_case(name))
    }
}

/// Why bytes are not the text that they claim to be. Offsets count from the first byte of the message, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// UTF-16 or UTF-32, by a byte order mark or by the zeros between letters.
    #[error("UTF-16 or UTF-32")]
    Wide,
    /// The message states an encoding that is none of [`Encoding::ALL`].
    #[error("the encoding that is stated is none of UTF-8, GB18030, GBK, GB2312")]
    Unknown,
    /// Nothing is stated, and it is not UTF-8.
    #[error("not UTF-8 at byte {offset}, and no encoding is stated")]
    Undeclared {
        /// First byte that is wrong.
        offset: usize,
    },
    /// UTF-8 is stated or the only one possible, and it is not UTF-8.
    #[error("not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// First byte that is wrong.
        offset: usize,
    },
    /// Another encoding is stated, but the byte order mark or every byte says UTF-8.
    #[error("{} is stated, but the bytes are UTF-8", .declared.name())]
    Contradicted {
        /// What is stated.
        declared: Encoding,
    },
    /// Bytes that are no character in the stated encoding.
    #[error("byte {offset} begins no character of {}", .declared.name())]
    Malformed {
        /// What is stated.
        declared: Encoding,
        /// First byte of the sequence.
        offset: usize,
    },
    /// A character of GB 18030 that the stated encoding does not have.
    #[error("byte {offset} begins a character that {} does not have", .declared.name())]
    OutsideDeclared {
        /// What is stated.
        declared: Encoding,
        /// First byte of the sequence.
        offset: usize,
    },
    /// Codes for private use, or codes that the editions of GB 18030 map differently.
    #[error("{count} code(s) for private use, the first at byte {offset}")]
    PrivateUse {
        /// First byte of the first one.
        offset: usize,
        /// How many there are.
        count: usize,
    },
    /// A byte order mark before JSON.
    #[error("a byte order mark stands before the JSON")]
    ByteOrderMark,
}

impl EncodingError {
    /// The stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Wide => "encoding.wide",
            Self::Unknown => "encoding.unknown",
            Self::Undeclared { .. } => "encoding.undeclared",
            Self::NotUtf8 { .. } => "encoding.not_utf8",
            Self::Contradicted { .. } => "encoding.contradicted",
            Self::Malformed { .. } => "encoding.malformed",
            Self::OutsideDeclared { .. } => "encoding.outside_declared",
            Self::PrivateUse { .. } => "encoding.private_use",
            Self::ByteOrderMark => "encoding.byte_order_mark",
        }
    }
}

/// The byte order mark of UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Refuses UTF-16 and UTF-32, in which not even a declaration could be read.
///
/// # Errors
/// [`EncodingError::Wide`]. Both formats begin with an ASCII character, so a zero among the first two bytes can be nothing else.
pub fn refuse_wide(bytes: &[u8]) -> Result<(), EncodingError> {
    match bytes {
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, _, ..] | [_, 0, ..] => Err(EncodingError::Wide),
        _ => Ok(()),
    }
}

/// The text of a JSON message: UTF-8 and nothing else (RFC 8259, 8.1). A byte order mark, which a sender MUST NOT add and a
/// reader MAY ignore, is refused: a reader elsewhere may not ignore it.
///
/// # Errors
/// UTF-16, UTF-32, a byte order mark, or bytes that are not UTF-8.
pub fn json_text(bytes: &[u8]) -> Result<&str, EncodingError> {
    refuse_wide(bytes)?;
    if bytes.starts_with(BYTE_ORDER_MARK) {
        return Err(EncodingError::ByteOrderMark);
    }
    std::str::from_utf8(bytes).map_err(|error| EncodingError::NotUtf8 { offset: error.valid_up_to() })
}

/// The text of bytes in the encoding that the message states, which may be none.
///
/// # Errors
/// Everything that does not agree with the statement.
pub fn decode(bytes: &[u8], declared: Option<Encoding>) -> Result<Cow<'_, str>, EncodingError> {
    let utf8 = std::str::from_utf8(bytes);
    match (declared, utf8) {
        (None | Some(Encoding::Utf8), Ok(text)) => Ok(Cow::Borrowed(text)),
        (None, Err(error)) => Err(EncodingError::Undeclared { offset: error.valid_up_to() }),
        (Some(Encoding::Utf8), Err(error)) => Err(EncodingError::NotUtf8 { offset: error.valid_up_to() }),
        (Some(Encoding::Gb18030 | Encoding::Gbk | Encoding::Gb2312), Ok(text)) if text.is_ascii() => {
            Ok(Cow::Borrowed(text))
        }
        // Some bytes are a text in both: a guess either way. Ten Chinese characters of GBK are hardly ever UTF-8 as well.
        (Some(declared @ (Encoding::Gb18030 | Encoding::Gbk | Encoding::Gb2312)), Ok(_)) => {
            Err(EncodingError::Contradicted { declared })
        }
        (Some(declared @ (Encoding::Gb18030 | Encoding::Gbk | Encoding::Gb2312)), Err(_)) => {
            decode_gb(bytes, declared).map(Cow::Owned)
        }
    }
}

/// GB 18030 strictly: what was decoded must give the same bytes again, so that each text has one spelling.
fn decode_gb(bytes: &[u8], declared: Encoding) -> Result<String, EncodingError> {
    let malformed = |offset| EncodingError::Malformed { declared, offset };
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).ok_or(malformed(0))?;
    let mut text = String::with_capacity(room);
    let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    let stopped = match result {
        DecoderResult::InputEmpty => None,
        DecoderResult::Malformed(length, after) => Some(read.saturating_sub(usize::from(length) + usize::from(after))),
        DecoderResult::OutputFull => Some(read),
    };
    let (mut private, mut outside) = (Vec::new(), None);
    let mut offset = 0;
    for c in text.chars() {
        let sequence = sequence(bytes.get(offset..).unwrap_or_default());
        match sequence {
            // WHATWG reads 0x80 as the euro sign, as Windows does; no edition of the standard has it.
            [byte] if !byte.is_ascii() => return Err(malformed(offset)),
            _ if is_private(c) => private.push(offset),
            _ if outside.is_none() && !has(declared, sequence) => outside = Some(offset),
            _ => {}
        }
        offset += sequence.len();
    }
    if let Some(offset) = stopped {
        return Err(malformed(offset));
    }
    if let Some(&offset) = private.first() {
        return Err(EncodingError::PrivateUse { offset, count: private.len() });
    }
    if let Some(offset) = outside {
        return Err(EncodingError::OutsideDeclared { declared, offset });
    }
    let (again, ..) = GB18030.encode(&text);
    match again.iter().zip(bytes).position(|(again, was)| again != was) {
        // A3A0, and 18 codes of four bytes that changed places with codes for private use in 2022.
        Some(offset) => Err(EncodingError::PrivateUse { offset, count: 1 }),
        None => Ok(text),
    }
}

/// The first code of bytes that hold codes only: a second byte that is a digit makes it one of four bytes.
fn sequence(bytes: &[u8]) -> &[u8] {
    let length = match bytes {
        [first, ..] if first.is_ascii() => 1,
        [0x81..=0xfe, b'0'..=b'9', ..] => 4,
        [0x81..=0xfe, _, ..] => 2,
        _ => 1,
    };
    bytes.get(..length).unwrap_or(bytes)
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
}

fn has(encoding: Encoding, sequence: &[u8]) -> bool {
    match (encoding, sequence) {
        (Encoding::Gb2312, [first, second]) => {
            GB2312.iter().any(|(rows, cells)| rows.contains(first) && cells.contains(second))
        }
        (Encoding::Gb2312 | Encoding::Gbk, _) => sequence.len() <= 2,
        (Encoding::Gb18030 | Encoding::Utf8, _) => true,
    }
}

type Bytes = std::ops::RangeInclusive<u8>;

/// The assigned codes of GB/T 2312, as ranges of the first and of the second byte.
const GB2312: &[(Bytes, Bytes)] = &[
    (0xa1..=0xa1, 0xa1..=0xfe),
    (0xa2..=0xa2, 0xb1..=0xe2),
    (0xa2..=0xa2, 0xe5..=0xee),
    (0xa2..=0xa2, 0xf1..=0xfc),
    (0xa3..=0xa3, 0xa1..=0xfe),
    (0xa4..=0xa4, 0xa1..=0xf3),
    (0xa5..=0xa5, 0xa1..=0xf6),
    (0xa6..=0xa6, 0xa1..=0xb8),
    (0xa6..=0xa6, 0xc1..=0xd8),
    (0xa7..=0xa7, 0xa1..=0xc1),
    (0xa7..=0xa7, 0xd1..=0xf1),
    (0xa8..=0xa8, 0xa1..=0xba),
    (0xa8..=0xa8, 0xc5..=0xe9),
    (0xa9..=0xa9, 0xa4..=0xef),
    // The first level of characters ends five cells before its last row does.
    (0xb0..=0xd6, 0xa1..=0xfe),
    (0xd7..=0xd7, 0xa1..=0xf9),
    (0xd8..=0xf7, 0xa1..=0xfe),
];
