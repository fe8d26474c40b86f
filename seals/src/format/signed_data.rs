//! GB/T 35275 `SignedData` (Type="Sign"): recognised, and not judged by this edition.
use super::{Parsed, Reading, Shape};
use certs::der::Element;

use crate::{finding::Finding, report::Kind};

pub(super) fn reads(shape: Shape) -> bool {
    match shape.kind {
        Kind::SignedData => true,
        Kind::Seal | Kind::Ses => false,
    }
}

pub(super) fn read<'a>(_: Element<'a>, _: Shape, _: &mut Reading<'_>) -> Result<Parsed<'a>, Finding> {
    Err(Finding::FormatUnsupported { what: "GB/T 35275 SignedData" })
}
