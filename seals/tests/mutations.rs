//! No input panics, and no change to what a seal protects is ever VALID.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod common;

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use certs::trust::Trust;
use common::{Files, Made, World, archive, files};
use proptest::{collection::vec, prelude::*, sample::Index};
use seals::{Context, Limits, Policy, Verdict};

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| World::default().make())
}

/// Judges with every combination of policy and strictness; each report is complete, or this panics.
fn verdict(document: &[u8], trust: &Trust) -> Verdict {
    let limits = Limits { package_bytes_max: 4 << 20, ..Limits::DEFAULT };
    let judge = |policy, strict| {
        let at = common::at(common::NOW);
        let context = Context::new(trust, policy, at, &limits);
        let report = seals::verify(document, &if strict { context.strict() } else { context });
        assert!(report.signatures().iter().all(|signature| signature.steps.len() == 19));
        assert!(serde_json::to_string(&report).is_ok());
        report.verdict()
    };
    judge(Policy::Reading, true);
    judge(Policy::Recognition, false)
}

/// Everything but the list of signatures, which the seal does not protect.
fn protected(document: &[u8]) -> Files {
    let mut files = files(document);
    files.retain(|(name, _)| !name.ends_with("Signatures.xml"));
    files
}

fn change(bytes: &mut Vec<u8>, edits: &[(Index, u8)], cut: Option<Index>) {
    for (at, byte) in edits {
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] ^= byte;
        }
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len() + 1));
    }
}

fn edits() -> impl Strategy<Value = Vec<(Index, u8)>> {
    vec((any::<Index>(), 1_u8..), 1..4)
}

fn real_files() -> Vec<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/seals/files"));
    let entries = folder.read_dir().map(|entries| entries.map(|entry| entry.unwrap().path()).collect());
    entries.unwrap_or_else(|_| {
        eprintln!("skipped: {} is absent", folder.display());
        Vec::new()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_document_is_valid_only_where_everything_protected_is_the_same(
        edits in edits(), cut in prop::option::weighted(0.1, any::<Index>())
    ) {
        let mut document = made().document.clone();
        change(&mut document, &edits, cut);
        if verdict(&document, &made().trust) == Verdict::Valid {
            prop_assert_eq!(protected(&document), protected(&made().document));
        }
    }

    #[test]
    fn a_change_inside_any_protected_file_is_never_valid(edits in edits(), which in any::<Index>()) {
        let mut all = files(&made().document);
        let original = all.clone();
        let at = which.index(all.len());
        change(&mut all[at].1, &edits, None);
        let verdict = verdict(&archive(&all), &made().trust);
        prop_assert!(verdict != Verdict::Valid || all[at].0.ends_with("Signatures.xml") || all == original);
    }

    #[test]
    fn a_changed_bare_seal_is_never_valid(edits in edits(), cut in prop::option::weighted(0.2, any::<Index>())) {
        let mut seal = made().seal.clone();
        change(&mut seal, &edits, cut);
        prop_assert!(seal == made().seal || verdict(&seal, &made().trust) != Verdict::Valid);
    }

    #[test]
    fn bytes_that_are_nothing_are_never_valid(bytes in vec(any::<u8>(), 0..300), der in any::<bool>()) {
        let document = if der { [&[0x30, 0x82], bytes.as_slice()].concat() } else { bytes };
        prop_assert!(verdict(&document, &made().trust) != Verdict::Valid);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_documents_of_real_products_never_panic(edits in edits(), which in any::<Index>(), inside in any::<Index>()) {
        static REAL: OnceLock<Vec<PathBuf>> = OnceLock::new();
        let real = REAL.get_or_init(real_files);
        if !real.is_empty() {
            let path = &real[which.index(real.len())];
            let mut document = std::fs::read(path).unwrap();
            if path.extension().is_some_and(|it| it == "ofd") {
                let mut all = files(&document);
                all.retain(|(name, _)| !name.ends_with('/'));
                let at = inside.index(all.len());
                change(&mut all[at].1, &edits, None);
                verdict(&archive(&all), &Trust::none());
            }
            change(&mut document, &edits, None);
            prop_assert!(verdict(&document, &Trust::none()) != Verdict::Valid);
        }
    }
}
