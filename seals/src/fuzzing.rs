//! Narrow entries into parsers that are private, for the fuzz targets alone: no promise is made about them.
use crate::{
    Limits,
    container::{Node, Package, XmlFault},
    finding::Finding,
    format::{self, Reading},
    note::Notes,
};

/// What a seal, a seal signature or a `SignedData` is read as, with what was noted; in words, to be compared.
#[must_use]
pub fn seal(bytes: &[u8]) -> String {
    let mut notes = Notes::default();
    let read = format::read(bytes, &mut Reading { limits: &Limits::DEFAULT, notes: &mut notes });
    format!("{:?} {:?} {notes:?}", read.shape, read.parsed)
}

/// What an XML file of a package is read as, in words.
///
/// # Errors
/// What is wrong with it.
pub fn xml(bytes: &[u8]) -> Result<String, XmlFault> {
    const ROOTS: [&str; 3] = ["OFD", "Signatures", "Signature"];
    let read = |root| Node::read(bytes, root, &Limits::DEFAULT);
    ROOTS.into_iter().map(read).find(Result::is_ok).unwrap_or_else(|| read("OFD")).map(|node| format!("{node:?}"))
}

/// The files of a package with their names.
///
/// # Errors
/// Why it is refused.
pub fn files(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Finding> {
    let package = Package::open(bytes, &Limits::DEFAULT)?;
    let file = |name: &str| Some((name.to_owned(), package.bytes(name)?.to_vec()));
    Ok(package.names().filter_map(file).collect())
}
