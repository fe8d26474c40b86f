//! The cache saves work and never changes a report: with it and without it, the same bytes.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod common;

use std::path::Path;

use certs::trust::Trust;
use common::{MAKER, Made, SIGNER, World, at, data::Form, hours};
use jiff::Timestamp;
use seals::{Context, Limits, Policy, SealCache};

fn json(document: &[u8], trust: &Trust, policy: Policy, at: Timestamp, cache: Option<&SealCache>) -> String {
    let context = Context::new(trust, policy, at, &Limits::DEFAULT);
    let context = cache.map_or(context, |cache| context.with_cache(cache));
    serde_json::to_string(&seals::verify(document, &context)).unwrap()
}

fn worlds() -> Vec<Made> {
    let changes: [fn(&mut World); 12] = [
        |_| {},
        |world| world.seal_forged = true,
        |world| world.maker.forged = true,
        |world| world.signer.forged = true,
        |world| world.with_anchor = false,
        |world| world.revoked = vec![(MAKER, hours(-48))],
        |world| world.revoked = vec![(SIGNER, hours(-10))],
        |world| world.stamped_at = Some(hours(-23)),
        |world| world.signer.not_after = hours(-25),
        |world| world.maker.not_before = hours(-12),
        |world| world.signer_has_rsa = true,
        |world| world.data = Some(Form::Attributes),
    ];
    let make = |change: fn(&mut World)| {
        let mut world = World::default();
        change(&mut world);
        world.make()
    };
    changes.map(make).into()
}

/// Around the edges of the periods of certificates and root, and far from them.
const TIMES: [&str; 8] = [
    "2019-12-31T23:59:59Z",
    "2020-01-01T00:00:00Z",
    "2024-01-01T00:00:00.5Z",
    "2025-06-01T00:00:00Z",
    common::NOW,
    "2029-12-31T23:59:59Z",
    "2030-01-01T00:00:00.5Z",
    "2031-01-01T00:00:00Z",
];

#[test]
fn reports_are_the_same_bytes_with_a_cache_and_without() {
    let worlds = worlds();
    let cache = SealCache::new();
    for _ in 0..2 {
        // Every document under its own trust and its neighbour's: what was kept under one must not be seen under the other.
        for (place, made) in worlds.iter().enumerate() {
            for trust in [&made.trust, &worlds[(place + 1) % worlds.len()].trust, &Trust::none()] {
                for (document, policy) in [(&made.document, Policy::Recognition), (&made.seal, Policy::Reading)] {
                    for time in TIMES.map(at) {
                        let without = json(document, trust, policy, time, None);
                        assert_eq!(
                            json(document, trust, policy, time, Some(&cache)),
                            without,
                            "world {place} at {time}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_trust_list_that_changed_is_not_answered_from_before() {
    let made = World::default().make();
    let cache = SealCache::new();
    let now = at(common::NOW);
    let judge = |trust: &Trust| {
        let context = Context::new(trust, Policy::Recognition, now, &Limits::DEFAULT).with_cache(&cache);
        seals::verify(&made.document, &context).verdict()
    };
    let verdicts = [judge(&made.trust), judge(&Trust::none()), judge(&made.trust)];
    assert_eq!(verdicts, [seals::Verdict::Valid, seals::Verdict::Indeterminate, seals::Verdict::Valid]);
}

#[test]
fn real_documents_get_the_same_reports_too() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/seals/files"));
    let Ok(entries) = folder.read_dir() else {
        eprintln!("skipped: {} is absent", folder.display());
        return;
    };
    let documents: Vec<Vec<u8>> = entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect();
    let (cache, trust) = (SealCache::new(), Trust::none());
    for _ in 0..2 {
        for document in &documents {
            for time in TIMES.map(at) {
                let without = json(document, &trust, Policy::Reading, time, None);
                assert_eq!(json(document, &trust, Policy::Reading, time, Some(&cache)), without);
            }
        }
    }
}

#[test]
fn threads_share_one_cache() {
    let (worlds, cache) = (worlds(), SealCache::new());
    let now = at(common::NOW);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for made in &worlds {
                    let of = |cache| json(&made.document, &made.trust, Policy::Recognition, now, cache);
                    assert_eq!(of(Some(&cache)), of(None));
                }
            });
        }
    });
}
