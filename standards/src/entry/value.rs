//! The values that an entry may hold besides codes and times.

use std::fmt;
use std::str::FromStr;

/// Characters that a label may have at most.
const LABEL_LENGTH_MAX: usize = 128;

/// Why a text is no value of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// 32 bytes are written as 64 lower-case hexadecimal digits.
    #[error("expected 64 lower-case hexadecimal digits")]
    Hexadecimal,
    /// A label is 1 to 128 printable ASCII characters without a space.
    #[error("expected 1 to 128 printable ASCII characters without a space")]
    Label,
}

impl ValueError {
    /// The stable code of the finding.
    pub fn code(self) -> &'static str {
        match self {
            Self::Hexadecimal => "entry.hexadecimal",
            Self::Label => "entry.label",
        }
    }

    /// Every finding code of this kind.
    pub const CODES: &'static [&'static str] = &["entry.hexadecimal", "entry.label"];
}

macro_rules! bytes32 {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(pub [u8; 32]);

        impl FromStr for $name {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                from_hex(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = ValueError;

            fn try_from(text: String) -> Result<Self, ValueError> {
                text.parse()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

bytes32! {
    /// 承诺值: HMAC-SHA-256 under a salt that is kept with the evidence. Never a bare digest: an identity number could be guessed.
    Commitment
}

bytes32! {
    /// 杂凑值: SHA-256 of something that holds no personal data.
    Digest
}

fn from_hex(text: &str) -> Result<[u8; 32], ValueError> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(ValueError::Hexadecimal),
    };
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return Err(ValueError::Hexadecimal);
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
        let [high, low] = *digits;
        *byte = nibble(high)? << 4 | nibble(low)?;
    }
    Ok(bytes)
}

/// 标签: a code, an edition or a seal's identifier, in printable ASCII. Too narrow for a name of a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Label(String);

impl Label {
    /// The label.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for Label {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        let good = (1..=LABEL_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if good { Ok(Self(text)) } else { Err(ValueError::Label) }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
