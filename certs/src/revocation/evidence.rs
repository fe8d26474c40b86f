//! What a revocation status rests on, as a report names it.

use jiff::Timestamp;

/// 撤销依据 One thing that a revocation status rests on, for a report to name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// Who issued it.
    pub issuer: String,
    /// Of a list: its number in the issuer's sequence, where it states one.
    pub number: Option<ListNumber>,
    /// The moment whose state it shows.
    pub this_update: Timestamp,
    /// When the next one was due.
    pub next_update: Option<Timestamp>,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
}

/// What a revocation status can rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceKind {
    /// A revocation list.
    List,
    /// A list of changes since another list, which is evidence too.
    Delta,
    /// An OCSP response (RFC 6960).
    Response,
}

impl EvidenceKind {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Delta => "delta_list",
            Self::Response => "ocsp_response",
        }
    }
}

/// The number of a list in its issuer's sequence: up to 20 octets (RFC 5280, 5.2.3), compared as a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListNumber(pub(super) Vec<u8>);

impl ListNumber {
    /// The number in hexadecimal, to be kept.
    pub fn to_hex(&self) -> String {
        hex::encode(&self.0)
    }

    /// The number that [`Self::to_hex`] wrote.
    pub fn from_hex(text: &str) -> Option<Self> {
        hex::decode(text).ok().map(Self)
    }

    /// The number, where it fits 64 bits.
    pub fn as_u64(&self) -> Option<u64> {
        let fits = self.0.len() <= 8;
        fits.then(|| self.0.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

impl Ord for ListNumber {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for ListNumber {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Decimal, or hexadecimal with `0x` beyond 64 bits.
impl std::fmt::Display for ListNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.as_u64() {
            Some(number) => write!(f, "{number}"),
            None => write!(f, "0x{}", hex::encode(&self.0)),
        }
    }
}
