//! 覆盖情况: which signatures protect each file of the package, and what lies outside all of them.
use std::collections::HashMap;

use serde::Serialize;

use crate::{
    container::{EntryKind, Package, Signatures, holds_actions, kinds},
    finding::Finding,
    limits::Limits,
};

/// 覆盖情况: one file of the package, and the signatures whose protected range (保护范围) holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageEntry {
    /// Its name.
    pub entry: String,
    /// What it is for.
    pub kind: EntryKind,
    /// Its size, after inflating.
    pub bytes: usize,
    /// Whether it makes a reader's program act: open an address, play a film.
    pub actions: bool,
    /// Numbers of the signatures that name it among what they protect, ascending. Whether it is still what they protected is for another step.
    pub signatures: Vec<usize>,
}

impl CoverageEntry {
    /// Whether it lies outside every signature, and could lie within.
    pub fn is_uncovered(&self) -> bool {
        self.signatures.is_empty() && self.kind != EntryKind::Signature
    }

    /// Whether it lies outside this signature, and could lie within.
    pub(super) fn is_outside(&self, signature: usize) -> bool {
        !self.signatures.contains(&signature) && self.kind != EntryKind::Signature
    }
}

/// Every file of the package, sorted by name.
pub(super) fn of(package: &Package<'_>, signatures: &Signatures, limits: &Limits) -> Vec<CoverageEntry> {
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (file, index) in signatures.files.iter().zip(1..) {
        for name in file.iter().flat_map(|file| &file.references).filter_map(|reference| reference.file.as_ref().ok()) {
            let numbers = by_name.entry(name).or_default();
            if numbers.last() != Some(&index) {
                numbers.push(index);
            }
        }
    }
    let entry = |(name, kind): (&str, EntryKind)| {
        let bytes = package.bytes(name).unwrap_or_default();
        CoverageEntry {
            entry: name.to_owned(),
            kind,
            bytes: bytes.len(),
            actions: holds_actions(bytes),
            signatures: by_name.remove(name).unwrap_or_default(),
        }
    };
    kinds(package, &signatures.own, limits).into_iter().map(entry).collect()
}

/// What lies outside every signature: one finding a kind, and one for what acts.
pub(super) fn findings(coverage: &[CoverageEntry]) -> Vec<Finding> {
    let uncovered: Vec<&CoverageEntry> = coverage.iter().filter(|it| it.is_uncovered()).collect();
    let names = |chosen: &dyn Fn(&CoverageEntry) -> bool| {
        let names: Vec<_> = uncovered.iter().filter(|it| chosen(it)).map(|it| it.entry.clone()).collect();
        (!names.is_empty()).then_some(names)
    };
    let of_kind = |kind| Some(Finding::Uncovered { kind, names: names(&|it| it.kind == kind)? });
    let mut findings: Vec<_> = EntryKind::LABELS.iter().filter_map(|(kind, ..)| of_kind(*kind)).collect();
    findings.extend(names(&|it| it.actions).map(|names| Finding::UncoveredActions { names }));
    findings
}
