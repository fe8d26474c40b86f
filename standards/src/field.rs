//! The canonical fields of a message: their paths, their kinds, and every fault that a value can have.

pub(crate) mod check;
mod fault;
mod fields;
mod table;

use crate::code::CodeKind;
use crate::message::{MessageKind, MessageKinds};

pub use fault::FieldFault;
pub use fields::{FieldPath, Fields, find, members};
pub use table::{
    APPLICANT_KINDS, CHANNELS, DECISIONS, DELIVERIES, FIELDS, ID_TYPES, LIMIT_UNITS, MEDIA_TYPES, NO_EXPIRY, REFUSALS,
    SPECIAL_PROCEDURES, STEPS, WITHDRAWALS, path,
};

/// Characters that a name or a number may have at most.
pub const TEXT_LENGTH_MAX: usize = 200;
/// Characters that a reason or an opinion may have at most.
pub const REMARK_LENGTH_MAX: usize = 2_000;
/// Characters of Base64 that an attachment inside a message may have at most: 96 KiB of it. Larger ones travel beside it.
pub const CONTENT_LENGTH_MAX: usize = 128 * 1024;
/// The largest count: of events of one kind, of versions, of days.
pub const COUNT_MAX: u32 = 99_999;
/// Attachments that one message may name.
pub const ATTACHMENTS_MAX: usize = 50;

/// 字段: one row of the field table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its path, such as `license.number`; of an element of a list with a `*`, such as `attachments.*.name`.
    pub path: &'static str,
    /// Its name in Chinese, for explanations.
    pub name_zh: &'static str,
    /// What its text must be.
    pub kind: FieldKind,
    /// The kinds of messages that are refused without it; of an element of a list: the element without it.
    pub required_in: MessageKinds,
    /// The kinds of messages that may have it.
    pub optional_in: MessageKinds,
    /// Whether it names a person: such values never reach the ledger, a log or an error text.
    pub privacy: Privacy,
    /// Its number in the table.
    pub row: u8,
    /// The number of the first row of its list, in a list.
    first_of_list: Option<u8>,
}

/// What the text of a field must be. Texts are canonical: one value has one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A code of [`crate::code`].
    Code(CodeKind),
    /// A name or number: trimmed, without control characters, 1 to [`TEXT_LENGTH_MAX`] characters.
    Text,
    /// A reason or an opinion: the same, up to [`REMARK_LENGTH_MAX`] characters.
    Remark,
    /// A whole number from 1 to [`COUNT_MAX`], in decimal digits.
    Count,
    /// `sm3:` or `sha-256:` and 64 lower-case hexadecimal digits.
    Digest,
    /// Base64 with padding (RFC 4648, 4), up to [`CONTENT_LENGTH_MAX`] characters.
    Content,
    /// An instant, RFC 3339 in UTC with `Z`: `2022-11-09T08:01:02Z`.
    Timestamp,
    /// A day, `2025-11-08`.
    Date,
    /// A day, or `no_expiry`.
    DateOrNoExpiry,
    /// One of these.
    Choice(&'static [&'static str]),
}

/// Whether a field must be there, in one kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Always.
    Required,
    /// It may be absent; an empty text is not absence but a fault.
    Optional,
}

/// Whether a field is personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// Personal data.
    Personal,
    /// Codes, times and names of authorities.
    Open,
}

impl Field {
    /// Whether messages of a kind have the field; none where they do not.
    pub fn presence(&self, kind: MessageKind) -> Option<Presence> {
        match (self.required_in.contains(kind), self.optional_in.contains(kind)) {
            (true, _) => Some(Presence::Required),
            (false, true) => Some(Presence::Optional),
            (false, false) => None,
        }
    }

    /// Whether each element of a list has one.
    pub fn is_in_list(&self) -> bool {
        self.first_of_list.is_some()
    }

    /// The list that the field is in, such as `attachments`.
    pub fn list(&self) -> Option<&'static str> {
        self.list_and_member().map(|(list, _)| list)
    }

    /// The list, and what the field is called in its elements.
    fn list_and_member(&self) -> Option<(&'static str, &'static str)> {
        self.path.split_once(".*.")
    }
}
