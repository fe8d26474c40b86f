//! Why a text is not the strict XML that is read here, each reason with its stable code.

use crate::encoding::EncodingError;

/// Why a text is not the strict XML that is read here. Carries places, never content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Longer than the limit.
    #[error("{bytes} bytes, at most {max} are read")]
    TooLong {
        /// Length of the message.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Not the encoding that it states.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// A character that XML 1.0 (2.2) forbids, written plainly or as a reference.
    #[error("line {line}: a character that XML forbids")]
    IllegalCharacter {
        /// Where.
        line: usize,
    },
    /// A document type declaration.
    #[error("line {line}: DOCTYPE is refused")]
    DocumentType {
        /// Where.
        line: usize,
    },
    /// A processing instruction.
    #[error("line {line}: processing instructions are refused")]
    ProcessingInstruction {
        /// Where.
        line: usize,
    },
    /// An XML declaration that is not at the very start, not version 1.0, or not written as XML 1.0 (2.8) has it.
    #[error("line {line}: the XML declaration must come first and say version 1.0, then encoding, then standalone")]
    Declaration {
        /// Where.
        line: usize,
    },
    /// A second element beside the root.
    #[error("line {line}: a second root element")]
    SecondRoot {
        /// Where.
        line: usize,
    },
    /// Text before or after the root.
    #[error("line {line}: text outside the root element")]
    TextOutsideRoot {
        /// Where.
        line: usize,
    },
    /// Text beside child elements.
    #[error("line {line}: text beside elements")]
    MixedContent {
        /// Where.
        line: usize,
    },
    /// Nested too deep.
    #[error("line {line}: nested deeper than {max}")]
    TooDeep {
        /// Where.
        line: usize,
        /// The limit.
        max: usize,
    },
    /// More elements and attributes than the limit.
    #[error("more than {max} elements and attributes")]
    TooManyElements {
        /// The limit.
        max: usize,
    },
    /// A text or an attribute over its limit.
    #[error("line {line}: a value longer than {max} bytes")]
    ValueTooLong {
        /// Where.
        line: usize,
        /// The limit.
        max: usize,
    },
    /// An attribute given twice.
    #[error("line {line}: an attribute is given twice")]
    DuplicateAttribute {
        /// Where.
        line: usize,
    },
    /// A prefix, or the declaration of a namespace.
    #[error("line {line}: namespaces are refused")]
    Namespace {
        /// Where.
        line: usize,
    },
    /// A comment within a value: readers differ in what they take for the value then.
    #[error("line {line}: a comment within a value")]
    CommentInValue {
        /// Where.
        line: usize,
    },
    /// An entity other than lt, gt, amp, quot, apos.
    #[error("line {line}: an unknown entity")]
    UnknownEntity {
        /// Where.
        line: usize,
    },
    /// Not well-formed in any other way.
    #[error("line {line}: not well-formed")]
    IllFormed {
        /// Where.
        line: usize,
    },
    /// There is no element at all.
    #[error("no root element")]
    NoRoot,
}

impl XmlError {
    /// The stable code of this finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "xml.too_long",
            Self::Encoding(error) => error.code(),
            Self::IllegalCharacter { .. } => "xml.illegal_character",
            Self::DocumentType { .. } => "xml.doctype",
            Self::ProcessingInstruction { .. } => "xml.processing_instruction",
            Self::Declaration { .. } => "xml.declaration",
            Self::SecondRoot { .. } => "xml.second_root",
            Self::TextOutsideRoot { .. } => "xml.text_outside_root",
            Self::MixedContent { .. } => "xml.mixed_content",
            Self::TooDeep { .. } => "xml.too_deep",
            Self::TooManyElements { .. } => "xml.too_many_elements",
            Self::ValueTooLong { .. } => "xml.value_too_long",
            Self::DuplicateAttribute { .. } => "xml.duplicate_attribute",
            Self::Namespace { .. } => "xml.namespace",
            Self::CommentInValue { .. } => "xml.comment_in_value",
            Self::UnknownEntity { .. } => "xml.unknown_entity",
            Self::IllFormed { .. } => "xml.ill_formed",
            Self::NoRoot => "xml.no_root",
        }
    }
}
