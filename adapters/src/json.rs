//! The one strict reader of JSON: a message becomes its leaves, each with its JSON Pointer (RFC 6901).
//!
//! `serde_json` keeps the last of two equal keys, so that two readers can see two messages: here they are refused.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::encoding::{self, EncodingError};
use crate::leaf::{Leaf, Scalar};
use crate::limits::Limits;

/// Why a text is not the strict JSON that is read here. Carries places, never content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Longer than the limit.
    #[error("{bytes} bytes, at most {max} are read")]
    TooLong {
        /// Length of the message.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Not UTF-8, or with a byte order mark.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// Not JSON (RFC 8259).
    #[error("line {line}, column {column}: not JSON")]
    Syntax {
        /// Line, counted from 1.
        line: usize,
        /// Column in bytes, counted from 1.
        column: usize,
    },
    /// A key that occurs twice in one object.
    #[error("line {line}, column {column}: a key is given twice")]
    DuplicateKey {
        /// Line, counted from 1.
        line: usize,
        /// Column in bytes, counted from 1.
        column: usize,
    },
    /// A key that could be the index of an array: its path would be that of the element of one.
    #[error("line {line}, column {column}: a key is the index of an array")]
    IndexAsKey {
        /// Line, counted from 1.
        line: usize,
        /// Column in bytes, counted from 1.
        column: usize,
    },
    /// Nested too deep.
    #[error("nested deeper than {max}")]
    TooDeep {
        /// The limit.
        max: usize,
    },
    /// More values than the limit.
    #[error("more than {max} values")]
    TooManyValues {
        /// The limit.
        max: usize,
    },
    /// A key or text over its limit.
    #[error("a value longer than {max} bytes")]
    ValueTooLong {
        /// The limit.
        max: usize,
    },
    /// A number with a fraction or an exponent, or beyond 64 bits: no field of a message is one.
    #[error("line {line}, column {column}: not a whole number of 64 bits")]
    NotWholeNumber {
        /// Line, counted from 1.
        line: usize,
        /// Column in bytes, counted from 1.
        column: usize,
    },
    /// The outermost value is not an object.
    #[error("the outermost value is not an object")]
    NotObject,
}

impl JsonError {
    /// The stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "json.too_long",
            Self::Encoding(error) => error.code(),
            Self::Syntax { .. } => "json.syntax",
            Self::DuplicateKey { .. } => "json.duplicate_key",
            Self::IndexAsKey { .. } => "json.index_as_key",
            Self::TooDeep { .. } => "json.too_deep",
            Self::TooManyValues { .. } => "json.too_many_values",
            Self::ValueTooLong { .. } => "json.value_too_long",
            Self::NotWholeNumber { .. } => "json.not_whole_number",
            Self::NotObject => "json.not_object",
        }
    }
}

/// Reads one object and gives its leaves in document order. Empty objects and arrays have none: there is nothing to lose in them.
///
/// # Errors
/// The first thing that is not strict JSON within `limits`.
pub fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Vec<Leaf<'a>>, JsonError> {
    leaves(decode(bytes, limits)?, limits)
}

/// The text of a message, within the limit.
pub(crate) fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, JsonError> {
    if bytes.len() > limits.bytes_max {
        return Err(JsonError::TooLong { bytes: bytes.len(), max: limits.bytes_max });
    }
    Ok(encoding::json_text(bytes)?)
}

/// The leaves of a text.
pub(crate) fn leaves<'a>(text: &'a str, limits: &Limits) -> Result<Vec<Leaf<'a>>, JsonError> {
    let state = RefCell::new(State { path: String::new(), leaves: Vec::new(), values: 0, refused: None });
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let outcome = Node { depth: 0, limits, state: &state }.deserialize(&mut deserializer);
    let outcome = outcome.and_then(|()| deserializer.end());
    let state = state.into_inner();
    match outcome {
        Ok(()) => Ok(state.leaves),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            Err(match state.refused {
                Some(Refused::DuplicateKey) => JsonError::DuplicateKey { line, column },
                Some(Refused::IndexAsKey) => JsonError::IndexAsKey { line, column },
                Some(Refused::TooDeep) => JsonError::TooDeep { max: limits.depth_max },
                Some(Refused::TooManyValues) => JsonError::TooManyValues { max: limits.values_max },
                Some(Refused::ValueTooLong) => JsonError::ValueTooLong { max: limits.value_bytes_max },
                Some(Refused::NotWholeNumber) => JsonError::NotWholeNumber { line, column },
                Some(Refused::NotObject) => JsonError::NotObject,
                // A number such as 1e999 is JSON; the engine calls it an error, by its text alone.
                None if error.to_string().starts_with("number out of range") => {
                    JsonError::NotWholeNumber { line, column }
                }
                None => JsonError::Syntax { line, column },
            })
        }
    }
}

/// What our own visitor refuses; `serde_json`'s errors carry text only.
#[derive(Clone, Copy)]
enum Refused {
    DuplicateKey,
    IndexAsKey,
    TooDeep,
    TooManyValues,
    ValueTooLong,
    NotWholeNumber,
    NotObject,
}

struct State<'a> {
    /// The pointer of the value that is being read.
    path: String,
    leaves: Vec<Leaf<'a>>,
    values: usize,
    refused: Option<Refused>,
}

/// One value about to be read, and how deep it stands.
#[derive(Clone, Copy)]
struct Node<'s, 'a> {
    depth: usize,
    limits: &'s Limits,
    state: &'s RefCell<State<'a>>,
}

impl<'a> Node<'_, 'a> {
    fn refuse<E: serde::de::Error>(&self, reason: Refused) -> E {
        self.state.borrow_mut().refused = Some(reason);
        E::custom("refused")
    }

    /// The value behind one more token of the pointer, which `leave` takes off again.
    fn child(self, token: &str) -> Self {
        let path = &mut self.state.borrow_mut().path;
        path.push('/');
        for c in token.chars() {
            match c {
                '~' => path.push_str("~0"),
                '/' => path.push_str("~1"),
                _ => path.push(c),
            }
        }
        Self { depth: self.depth + 1, ..self }
    }

    fn leave(self, length: usize) {
        self.state.borrow_mut().path.truncate(length);
    }

    fn path_length(self) -> usize {
        self.state.borrow().path.len()
    }

    fn leaf<E: serde::de::Error>(self, value: Scalar<'a>) -> Result<(), E> {
        if self.depth == 0 {
            return Err(self.refuse(Refused::NotObject));
        }
        let state = &mut *self.state.borrow_mut();
        state.leaves.push(Leaf { path: state.path.clone().into(), value });
        Ok(())
    }

    fn text<E: serde::de::Error>(self, value: Cow<'a, str>) -> Result<(), E> {
        if value.len() > self.limits.value_bytes_max {
            return Err(self.refuse(Refused::ValueTooLong));
        }
        self.leaf(Scalar::Text(value))
    }

    /// Enters an object or an array.
    fn enter<E: serde::de::Error>(&self) -> Result<(), E> {
        if self.depth >= self.limits.depth_max { Err(self.refuse(Refused::TooDeep)) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let values = {
            let mut state = self.state.borrow_mut();
            state.values += 1;
            state.values
        };
        if values > self.limits.values_max {
            return Err(self.refuse(Refused::TooManyValues));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.leaf(Scalar::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.leaf(Scalar::Number(value.to_string().into()))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.leaf(Scalar::Number(value.to_string().into()))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Err(self.refuse(Refused::NotWholeNumber))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.leaf(Scalar::Null)
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, value: &'de str) -> Result<(), E> {
        self.text(Cow::Borrowed(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        self.text(Cow::Owned(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        if self.depth == 0 {
            return Err(self.refuse(Refused::NotObject));
        }
        self.enter()?;
        let length = self.path_length();
        let mut index = 0_usize;
        while items.next_element_seed(self.child(&index.to_string()))?.is_some() {
            self.leave(length);
            index += 1;
        }
        self.leave(length);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.enter()?;
        let length = self.path_length();
        let mut keys = BTreeSet::new();
        while let Some(Key(key)) = entries.next_key()? {
            if key.len() > self.limits.value_bytes_max {
                return Err(self.refuse(Refused::ValueTooLong));
            }
            if is_index(&key) {
                return Err(self.refuse(Refused::IndexAsKey));
            }
            let child = self.child(&key);
            if !keys.insert(key) {
                return Err(self.refuse(Refused::DuplicateKey));
            }
            entries.next_value_seed(child)?;
            self.leave(length);
        }
        Ok(())
    }
}

/// A key, borrowed where it is written without escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// RFC 6901, 4: an index has no leading zeros.
fn is_index(key: &str) -> bool {
    key == "0" || (!key.is_empty() && !key.starts_with('0') && key.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Writes leaves as one object, in their order; objects and arrays are made where the pointers ask for them.
///
/// No path may run through another leaf: mappings are checked for that when they are loaded. Elements of an array come in order.
pub fn write(leaves: &[Leaf<'_>]) -> Vec<u8> {
    let mut root = Tree::Object(Vec::new());
    for leaf in leaves {
        root.insert(leaf.path.split('/').skip(1), &leaf.value);
    }
    let mut out = Vec::with_capacity(leaves.len() * 64);
    root.write(&mut out, 0);
    out.push(b'\n');
    out
}

/// A value about to be written.
enum Tree<'a> {
    Value(&'a Scalar<'a>),
    Object(Vec<(&'a str, Self)>),
    Array(Vec<Self>),
}

impl<'a> Tree<'a> {
    /// Puts a value where the tokens of its pointer lead; a number leads into an array.
    fn insert(&mut self, mut tokens: impl Iterator<Item = &'a str>, value: &'a Scalar<'a>) {
        let Some(token) = tokens.next() else {
            *self = Self::Value(value);
            return;
        };
        let empty = || Self::Object(Vec::new());
        let next = if is_index(token) {
            if !matches!(self, Self::Array(_)) {
                *self = Self::Array(Vec::new());
            }
            let Self::Array(items) = self else { return };
            if token.parse().is_ok_and(|number: usize| items.len() <= number) {
                items.push(empty());
            }
            items.last_mut()
        } else {
            if !matches!(self, Self::Object(_)) {
                *self = empty();
            }
            let Self::Object(members) = self else { return };
            // Members of one object mostly follow one another.
            let known = members.iter().rposition(|(key, _)| *key == token);
            let at = known.unwrap_or_else(|| {
                members.push((token, empty()));
                members.len() - 1
            });
            members.get_mut(at).map(|(_, member)| member)
        };
        if let Some(next) = next {
            next.insert(tokens, value);
        }
    }

    fn write(&self, out: &mut Vec<u8>, depth: usize) {
        match self {
            Self::Value(value) => write_scalar(out, value),
            Self::Object(members) if members.is_empty() => out.extend_from_slice(b"{}"),
            Self::Object(members) => {
                for (number, (key, member)) in members.iter().enumerate() {
                    out.extend_from_slice(if number == 0 { b"{" } else { b"," });
                    indent(out, depth + 1);
                    write_text(out, &key.replace("~1", "/").replace("~0", "~"));
                    out.extend_from_slice(b": ");
                    member.write(out, depth + 1);
                }
                indent(out, depth);
                out.push(b'}');
            }
            Self::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    out.extend_from_slice(if number == 0 { b"[" } else { b"," });
                    indent(out, depth + 1);
                    item.write(out, depth + 1);
                }
                indent(out, depth);
                out.push(b']');
            }
        }
    }
}

fn indent(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.extend(std::iter::repeat_n(b' ', 2 * depth));
}

fn write_scalar(out: &mut Vec<u8>, value: &Scalar<'_>) {
    match value {
        // Digits that no reader of 64 bits would read stay a text.
        Scalar::Number(digits) => match digits.parse::<i64>() {
            Ok(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Err(_) => write_text(out, digits),
        },
        Scalar::Text(text) => write_text(out, text),
        Scalar::Bool(flag) => out.extend_from_slice(flag.to_string().as_bytes()),
        Scalar::Null => out.extend_from_slice(b"null"),
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    // Writing a text to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}
