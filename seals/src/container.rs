//! What a document comes in: an OFD package, or a bare seal or seal signature.
mod location;
mod ofd;
mod structure;
mod xml;
mod zip;

#[cfg(feature = "signing")]
pub(crate) use ofd::SignatureList;
pub(crate) use ofd::{Package, Signatures, SignedFile};
pub use structure::EntryKind;
pub(crate) use structure::{holds_actions, kinds};
#[cfg(feature = "fuzzing")]
pub(crate) use xml::Node;
pub use xml::XmlFault;
pub use zip::{NameFault, OutsideBytes, OutsidePlace, ZipFault};

use crate::{finding::Finding, limits::Limits};

/// A container, opened.
#[derive(Debug)]
pub(crate) enum Container<'a> {
    /// An OFD package, GB/T 33190.
    Ofd(Package<'a>),
    /// The DER of a seal or of a seal signature, without a document.
    Bare(&'a [u8]),
}

/// One kind of container: how its bytes begin, and what opens it.
struct Kind {
    magic: &'static [u8],
    open: for<'a> fn(&'a [u8], &Limits) -> Result<Container<'a>, Finding>,
}

/// The containers, tried in this order. A new one is one file and one row.
const KINDS: [Kind; 3] = [
    Kind { magic: b"%PDF-", open: |_, _| Err(Finding::ContainerUnsupported { what: "PDF" }) },
    Kind { magic: &[certs::der::tag::SEQUENCE], open: open_bare },
    // Last, because an archive may have bytes before it.
    Kind { magic: b"", open: |bytes, limits| Package::open(bytes, limits).map(Container::Ofd) },
];

/// Opens a document.
pub(crate) fn open<'a>(document: &'a [u8], limits: &Limits) -> Result<Container<'a>, Finding> {
    let (bytes, bytes_max) = (document.len(), limits.document_bytes_max);
    if bytes > bytes_max {
        return Err(Finding::TooLarge { what: "the document", bytes, bytes_max });
    }
    KINDS
        .iter()
        .find(|kind| document.starts_with(kind.magic))
        .map_or(Err(Finding::Zip(ZipFault::Unrecognised)), |kind| (kind.open)(document, limits))
}

fn open_bare<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Container<'a>, Finding> {
    match bytes.len() {
        size if size > limits.seal_bytes_max => {
            Err(Finding::TooLarge { what: "the seal", bytes: size, bytes_max: limits.seal_bytes_max })
        }
        _ => Ok(Container::Bare(bytes)),
    }
}
