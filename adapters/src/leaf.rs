//! A leaf: one value of a message at one path, the common ground of JSON and XML dialects.

/// One value and where it stands in the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// A JSON Pointer, or the name of a field of an XML message.
    pub path: String,
    /// The value as the wire format has it.
    pub value: Scalar,
}

/// A value as it stands on the wire. XML knows texts only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A whole number, in decimal digits.
    Number(String),
    /// true or false.
    Bool(bool),
    /// JSON's null.
    Null,
}

impl Scalar {
    /// The value as text; null is the empty text.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Number(text) => text.clone(),
            Self::Bool(flag) => flag.to_string(),
            Self::Null => String::new(),
        }
    }
}
