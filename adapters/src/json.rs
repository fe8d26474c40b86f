//! The one strict reader of JSON: a message becomes its leaves, each with its JSON Pointer (RFC 6901).
//!
//! `serde_json` keeps the last of two equal keys, so that two readers can see two messages: here they are refused.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

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
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Vec<Leaf>, JsonError> {
    if bytes.len() > limits.bytes_max {
        return Err(JsonError::TooLong { bytes: bytes.len(), max: limits.bytes_max });
    }
    let text = encoding::json_text(bytes)?;
    let state = RefCell::new(State { leaves: Vec::new(), values: 0, refused: None });
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let node = Node { pointer: String::new(), depth: 0, limits, state: &state };
    let outcome = node.deserialize(&mut deserializer).and_then(|()| deserializer.end());
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

struct State {
    leaves: Vec<Leaf>,
    values: usize,
    refused: Option<Refused>,
}

/// One value about to be read, and where it stands.
struct Node<'a> {
    pointer: String,
    depth: usize,
    limits: &'a Limits,
    state: &'a RefCell<State>,
}

impl Node<'_> {
    fn refuse<E: serde::de::Error>(&self, reason: Refused) -> E {
        self.state.borrow_mut().refused = Some(reason);
        E::custom("refused")
    }

    fn child(&self, token: &str) -> Node<'_> {
        let pointer = format!("{}/{}", self.pointer, token.replace('~', "~0").replace('/', "~1"));
        Node { pointer, depth: self.depth + 1, limits: self.limits, state: self.state }
    }

    fn leaf<E: serde::de::Error>(self, value: Scalar) -> Result<(), E> {
        if self.depth == 0 {
            return Err(self.refuse(Refused::NotObject));
        }
        self.state.borrow_mut().leaves.push(Leaf { path: self.pointer, value });
        Ok(())
    }

    /// Enters an object or an array.
    fn enter<E: serde::de::Error>(&self) -> Result<(), E> {
        if self.depth >= self.limits.depth_max { Err(self.refuse(Refused::TooDeep)) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
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

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.leaf(Scalar::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.leaf(Scalar::Number(value.to_string()))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.leaf(Scalar::Number(value.to_string()))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Err(self.refuse(Refused::NotWholeNumber))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.leaf(Scalar::Null)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        if value.len() > self.limits.value_bytes_max {
            return Err(self.refuse(Refused::ValueTooLong));
        }
        self.leaf(Scalar::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        if self.depth == 0 {
            return Err(self.refuse(Refused::NotObject));
        }
        self.enter()?;
        let mut index = 0_usize;
        while items.next_element_seed(self.child(&index.to_string()))?.is_some() {
            index += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.enter()?;
        let mut keys = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
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
        }
        Ok(())
    }
}

/// RFC 6901, 4: an index has no leading zeros.
fn is_index(key: &str) -> bool {
    key == "0" || (!key.is_empty() && !key.starts_with('0') && key.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Writes leaves as one object, in their order; objects and arrays are made where the pointers ask for them.
///
/// No path may run through another leaf: mappings are checked for that when they are loaded. Elements of an array come in order.
pub fn write(leaves: &[Leaf]) -> Vec<u8> {
    let mut root = Value::Object(Map::new());
    for leaf in leaves {
        let tokens: Vec<String> =
            leaf.path.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
        insert(&mut root, &tokens, to_json(&leaf.value));
    }
    let mut text = format!("{root:#}");
    text.push('\n');
    text.into_bytes()
}

/// Puts a value where the tokens lead; a number leads into an array.
fn insert(node: &mut Value, tokens: &[String], value: Value) {
    let [first, rest @ ..] = tokens else {
        *node = value;
        return;
    };
    let next = if let Ok(number) = first.parse::<usize>() {
        if !node.is_array() {
            *node = Value::Array(Vec::new());
        }
        let Value::Array(items) = node else { return };
        if items.len() <= number {
            items.push(Value::Null);
        }
        items.last_mut()
    } else {
        if !node.is_object() {
            *node = Value::Object(Map::new());
        }
        node.as_object_mut().map(|object| object.entry(first.clone()).or_insert(Value::Null))
    };
    if let Some(next) = next {
        insert(next, rest, value);
    }
}

fn to_json(value: &Scalar) -> Value {
    match value {
        Scalar::Text(text) => Value::String(text.clone()),
        Scalar::Number(digits) => digits.parse::<i64>().map_or_else(|_| Value::String(digits.clone()), Value::from),
        Scalar::Bool(flag) => Value::Bool(*flag),
        Scalar::Null => Value::Null,
    }
}
