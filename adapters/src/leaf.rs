//! A leaf: one value of a message at one path, the common ground of JSON and XML dialects.

use std::borrow::Cow;

/// One value and where it stands in the message. Texts are borrowed from the message where they stand there as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// A JSON Pointer, or the name of a field of an XML message.
    pub path: Cow<'a, str>,
    /// The value as the wire format has it.
    pub value: Scalar<'a>,
}

/// A value as it stands on the wire. XML knows texts only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A whole number, in decimal digits.
    Number(Cow<'a, str>),
    /// true or false.
    Bool(bool),
    /// JSON's null.
    Null,
}

impl Scalar<'_> {
    /// The value as text; null is the empty text.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text) => text,
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
            Self::Null => "",
        }
    }
}
