//! The canonical fields of a message: their paths, their kinds, and every fault that a value can have.

mod fault;
pub(crate) mod reader;
mod table;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use crate::code::CodeKind;
use crate::message::{MessageKind, MessageKinds};

pub use fault::FieldFault;
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

    /// The list that the field is in, such as `attachments`.
    pub fn list(&self) -> Option<&'static str> {
        let star = self.path.bytes().position(|byte| byte == b'*')?;
        self.path.get(..star.checked_sub(1)?)
    }
}

/// The rows by their paths: each value of each message is looked up several times.
static BY_PATH: LazyLock<HashMap<&'static str, &'static Field>> =
    LazyLock::new(|| FIELDS.iter().map(|field| (field.path, field)).collect());

/// The row of this path; in the path of an element of a list, its number stands for the `*`.
pub fn find(path: &str) -> Option<&'static Field> {
    match element(path) {
        None => BY_PATH.get(path).copied(),
        Some((list, _, member)) => members(list).find(|field| field.path.get(list.len() + 3..) == Some(member)),
    }
}

/// The rows of a list.
pub fn members(list: &str) -> impl Iterator<Item = &'static Field> {
    static MEMBERS: LazyLock<Vec<(&'static str, &'static Field)>> =
        LazyLock::new(|| FIELDS.iter().filter_map(|field| Some((field.list()?, field))).collect());
    MEMBERS.iter().filter(move |(of, _)| *of == list).map(|(_, field)| *field)
}

/// The list, the number and the member that the path of an element of a list names: `attachments.0.name`.
pub fn element(path: &str) -> Option<(&str, usize, &str)> {
    let (list, rest) = path.split_once('.')?;
    if !rest.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let (number, member) = rest.split_once('.')?;
    // One element has one path: 01 is no number.
    let is_number = number.len() <= 4 && (number == "0" || !number.starts_with('0'));
    let number = number.parse().ok().filter(|_| is_number && number.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some((list, number, member))
}

/// 字段集: the fields of one message as canonical texts, ordered by path. Holds personal data: it has no `Debug` of its values.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Fields(BTreeMap<Cow<'static, str>, String>);

impl Fields {
    /// No field yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a field; answers the text that stood there before. Whether path and text are good is judged by
    /// [`crate::message::Message::from_fields`], which reports all faults at once.
    pub fn set(&mut self, path: impl Into<String>, text: impl Into<String>) -> Option<String> {
        self.0.insert(Cow::Owned(path.into()), text.into())
    }

    /// As [`Fields::set`], without a copy of a path of the field table.
    pub fn set_at(&mut self, path: Cow<'static, str>, text: String) -> Option<String> {
        self.0.insert(path, text)
    }

    /// The text of a field.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Takes a field away; answers its text.
    pub fn remove(&mut self, path: &str) -> Option<String> {
        self.0.remove(path)
    }

    /// Path and text of every field, ordered by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (&**path, text.as_str()))
    }
}

impl<P: Into<String>, T: Into<String>> FromIterator<(P, T)> for Fields {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(path, text)| (Cow::Owned(path.into()), text.into())).collect())
    }
}

impl std::fmt::Debug for Fields {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}
