//! The explanation of a mapping: for each field where it came from, by which rule, and whether anything was lost.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use standards::code::DivisionCode;
use standards::field::FieldPath;

/// Where one field came from, or where it went.
///
/// Originals may be personal: an explanation is for the partner concerned and for the evidence, never for a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldOrigin {
    /// The canonical field; none where the standard model has no place for the value.
    pub field: Option<FieldPath>,
    /// The place in the message: a JSON Pointer or an `XPath`; none where the dialect has no place for the field.
    #[serde(serialize_with = "text")]
    pub source_path: Option<Arc<str>>,
    /// File and line of the rule, from the folder of the region on.
    #[serde(serialize_with = "text")]
    pub rule: Option<Arc<str>>,
    /// Name of the conversion.
    pub transform: Option<&'static str>,
    /// Whether the value can be had back.
    pub fidelity: Fidelity,
    /// What else should be known about the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

#[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
fn text<S: serde::Serializer>(text: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_deref().serialize(serializer)
}

/// Whether a value survived. Found out by converting it back, never declared.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fidelity {
    /// Converting back gives the very same text.
    Lossless,
    /// Converting back gives another text.
    Lossy {
        /// The text as it was.
        original: String,
    },
    /// The other side has no place for it.
    NotCarried {
        /// The text as it was; none where the mapping calls it a secret.
        original: Option<String>,
    },
}

impl fmt::Debug for Fidelity {
    /// Without the original, which may be personal.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Lossless => "Lossless",
            Self::Lossy { .. } => "Lossy",
            Self::NotCarried { .. } => "NotCarried",
        })
    }
}

/// What else should be known about a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// 已撤销的行政区划: the code is superseded; the case keeps it as it was sent.
    SupersededDivision {
        /// The code in force.
        current: DivisionCode,
        /// Its name.
        name: String,
    },
}
