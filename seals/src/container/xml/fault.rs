//! What is wrong with an XML file of a package.
use thiserror::Error;

#[cfg(doc)]
use crate::limits::Limits;

/// What is wrong with an XML file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum XmlFault {
    /// Not well-formed.
    #[error("not well-formed at byte {at}")]
    Malformed {
        /// Where, in bytes from the start.
        at: u64,
    },
    /// Not UTF-8, or declared to be something else.
    #[error("not UTF-8")]
    NotUtf8,
    /// A character that XML 1.0 forbids, also when written as a reference.
    #[error("a character that XML forbids")]
    IllegalCharacter,
    /// A document type, and with it entities.
    #[error("a document type declaration")]
    DocType,
    /// A processing instruction other than the declaration at the start.
    #[error("a processing instruction")]
    ProcessingInstruction,
    /// An entity that XML does not define itself.
    #[error("an entity that is not predefined")]
    Entity,
    /// Content after the root element, or a second one.
    #[error("content outside the root element")]
    OutsideRoot,
    /// An undeclared prefix, elements of several namespaces, or two attributes of one local name: readers differ in which of them they see.
    #[error("names of several namespaces, or of none that is declared")]
    Namespace,
    /// More than [`Limits::xml_bytes_max`], [`Limits::xml_depth_max`], [`Limits::xml_elements_max`] or [`Limits::xml_attributes_max`].
    #[error("more than {max} {what}")]
    Limit {
        /// Of what.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// Another root element than the file must have.
    #[error("the root element is not {expected}")]
    Root {
        /// Its local name.
        expected: &'static str,
    },
    /// An element that must be there once is not.
    #[error("{name} is missing")]
    Missing {
        /// Its local name.
        name: &'static str,
    },
    /// An element that may be there once is there twice: readers differ in which one they take.
    #[error("{name} is there more than once")]
    Repeated {
        /// Its local name.
        name: &'static str,
    },
}

impl XmlFault {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            XmlFault::Malformed { .. } => "container.xml_malformed",
            XmlFault::NotUtf8 => "container.xml_not_utf8",
            XmlFault::IllegalCharacter => "container.xml_illegal_character",
            XmlFault::DocType => "container.xml_doctype",
            XmlFault::ProcessingInstruction => "container.xml_processing_instruction",
            XmlFault::Entity => "container.xml_entity",
            XmlFault::OutsideRoot => "container.xml_outside_root",
            XmlFault::Namespace => "container.xml_namespace",
            XmlFault::Limit { .. } => "container.xml_limit",
            XmlFault::Root { .. } => "container.xml_root",
            XmlFault::Missing { .. } => "container.xml_missing",
            XmlFault::Repeated { .. } => "container.xml_repeated",
        }
    }
}
