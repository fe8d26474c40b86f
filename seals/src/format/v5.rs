//! GM/T 0031-2025: header version 5, with the seal layout of version 4 and a time stamp that the seal may carry.
use super::{Parsed, Reading, Shape, v4};
use certs::der::Element;

use crate::{finding::Finding, note::Note, report::Kind};

pub(super) fn reads(shape: Shape) -> bool {
    let is_ses = match shape.kind {
        Kind::Seal | Kind::Ses => true,
        Kind::SignedData => false,
    };
    shape.version == 5 && is_ses && (4..=5).contains(&shape.fields)
}

pub(super) fn read<'a>(root: Element<'a>, shape: Shape, reading: &mut Reading<'_>) -> Result<Parsed<'a>, Finding> {
    match shape.kind {
        Kind::Seal => {}
        Kind::Ses | Kind::SignedData => reading.notes.add(Note::UnconfirmedLayout),
    }
    v4::read(root, shape, reading)
}
