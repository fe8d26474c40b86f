//! The fields of one message, and the path of each.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::LazyLock;

use serde::{Serialize, Serializer};

use super::{FIELDS, Field};

/// 字段路径: one field of a message: a row of the field table and, in a list, the number of the element.
///
/// Paths are ordered as the table is, the elements of a list by their numbers.
#[derive(Clone, Copy)]
pub struct FieldPath {
    field: &'static Field,
    number: u16,
    /// Eight bits of the first row of the list, sixteen of the number, eight of the row: every value is looked up by it.
    order: u32,
}

/// The rows by their paths.
static BY_PATH: LazyLock<HashMap<&'static str, &'static Field>> =
    LazyLock::new(|| FIELDS.iter().map(|field| (field.path, field)).collect());

impl FieldPath {
    /// The path of a field outside of lists.
    pub fn of(field: &'static Field) -> Self {
        Self::in_element(field, 0)
    }

    /// The path of a field in the element of this number.
    pub fn in_element(field: &'static Field, number: u16) -> Self {
        let list = field.first_of_list.unwrap_or(field.row);
        Self { field, number, order: u32::from(list) << 24 | u32::from(number) << 8 | u32::from(field.row) }
    }

    /// The path that a text names: `license.number`, `attachments.0.name`.
    pub fn named(text: &str) -> Option<Self> {
        if let Some(field) = BY_PATH.get(text) {
            return (!field.is_in_list()).then_some(Self::of(field));
        }
        let (list, number, member) = element(text)?;
        let field = FIELDS.iter().find(|field| field.list_and_member() == Some((list, member)))?;
        Some(Self::in_element(field, number))
    }

    /// Its row of the field table.
    pub fn field(self) -> &'static Field {
        self.field
    }

    /// The number of the element, in a list.
    pub fn number(self) -> Option<u16> {
        self.field.is_in_list().then_some(self.number)
    }

    /// The path as text.
    pub fn text(self) -> Cow<'static, str> {
        match self.number() {
            None => Cow::Borrowed(self.field.path),
            Some(number) => Cow::Owned(self.field.path.replacen('*', &number.to_string(), 1)),
        }
    }
}

impl PartialEq for FieldPath {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for FieldPath {}

impl PartialOrd for FieldPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FieldPath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.cmp(&other.order)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}

impl fmt::Debug for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}

impl Serialize for FieldPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

/// The row of this path; in the path of an element of a list, its number or a `*`.
pub fn find(path: &str) -> Option<&'static Field> {
    BY_PATH.get(path).copied().or_else(|| FieldPath::named(path).map(FieldPath::field))
}

/// The rows of a list.
pub fn members(list: &str) -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(move |field| field.is_in_list() && field.list() == Some(list))
}

/// The list, the number and the member that the path of an element of a list names: `attachments.0.name`.
fn element(path: &str) -> Option<(&str, u16, &str)> {
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
pub struct Fields {
    /// Ordered by path.
    known: Vec<(FieldPath, String)>,
    /// What is in no row of the table: kept until the message is refused for it.
    unknown: BTreeMap<String, String>,
}

/// Fields of a usual message: room that is made at once.
const USUAL_FIELDS: usize = 40;

impl Fields {
    /// No field yet.
    pub fn new() -> Self {
        Self { known: Vec::with_capacity(USUAL_FIELDS), unknown: BTreeMap::new() }
    }

    /// Sets a field; answers the text that stood there before. Whether path and text are good is judged by
    /// [`crate::message::Message::from_fields`], which reports all faults at once.
    pub fn set(&mut self, path: &str, text: impl Into<String>) -> Option<String> {
        match FieldPath::named(path) {
            Some(path) => self.set_at(path, text.into()),
            None => self.unknown.insert(path.to_owned(), text.into()),
        }
    }

    /// Sets a field of the table; answers the text that stood there before.
    pub fn set_at(&mut self, path: FieldPath, text: String) -> Option<String> {
        match self.place(path) {
            Ok(place) => self.known.get_mut(place).map(|(_, old)| std::mem::replace(old, text)),
            Err(place) => {
                self.known.insert(place, (path, text));
                None
            }
        }
    }

    /// The text of a field.
    pub fn get(&self, path: &str) -> Option<&str> {
        match FieldPath::named(path) {
            Some(path) => self.get_at(path),
            None => self.unknown.get(path).map(String::as_str),
        }
    }

    /// The text of a field of the table.
    pub fn get_at(&self, path: FieldPath) -> Option<&str> {
        let place = self.place(path).ok()?;
        self.known.get(place).map(|(_, text)| text.as_str())
    }

    /// Takes a field away; answers its text.
    pub fn remove(&mut self, path: &str) -> Option<String> {
        match FieldPath::named(path).map(|path| self.place(path)) {
            Some(Ok(place)) => Some(self.known.remove(place).1),
            Some(Err(_)) => None,
            None => self.unknown.remove(path),
        }
    }

    /// Path and text of every field: those of the table in its order, then those that are in none.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
        let unknown = self.unknown.iter().map(|(path, text)| (Cow::Borrowed(path.as_str()), text.as_str()));
        self.iter_at().map(|(path, text)| (path.text(), text)).chain(unknown)
    }

    /// Path and text of the fields of the table, in its order.
    pub fn iter_at(&self) -> impl Iterator<Item = (FieldPath, &str)> {
        self.known.iter().map(|(path, text)| (*path, text.as_str()))
    }

    /// Paths that are in no row of the table.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &str> {
        self.unknown.keys().map(String::as_str)
    }

    /// Where a field stands, or where it would.
    fn place(&self, path: FieldPath) -> Result<usize, usize> {
        self.known.binary_search_by_key(&path, |(path, _)| *path)
    }
}

impl<P: AsRef<str>, T: Into<String>> FromIterator<(P, T)> for Fields {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(fields: I) -> Self {
        let mut set = Self::new();
        for (path, text) in fields {
            set.set(path.as_ref(), text);
        }
        set
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter().map(|(path, _)| path)).finish()
    }
}
