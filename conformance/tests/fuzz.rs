//! The seeds of every fuzz target, and small changes to each, keep the targets' promises: a few seconds on any toolchain.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long the changes to the seeds of one target go on.
const TARGET_TIME: Duration = Duration::from_secs(1);

/// The committed seeds of all targets together.
const SEEDS_BYTES_MAX: u64 = 300 * 1024;

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> =
        fs::read_dir(home().join("seeds").join(target)).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn every_seed_and_changes_to_it_keep_the_promises() {
    for (name, target) in fuzz::TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seed");
        for seed in &seeds {
            target(seed);
        }
        // A walk that is the same each time: no randomness, and still more than the seeds alone.
        let (started, mut state) = (Instant::now(), 0x9E37_79B9_7F4A_7C15_u64);
        for round in 0.. {
            if started.elapsed() > TARGET_TIME {
                break;
            }
            let mut bytes = seeds[round % seeds.len()].clone();
            for _ in 0..=round % 3 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                if !bytes.is_empty() {
                    let at = usize::try_from(state >> 33).unwrap() % bytes.len();
                    bytes[at] ^= u8::try_from(state >> 25 & 0xFF).unwrap();
                }
            }
            target(&bytes);
        }
    }
}

#[test]
fn every_target_has_a_binary_and_small_seeds() {
    let names: BTreeSet<String> = fuzz::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let listed = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(home().join(folder)).unwrap();
        entries.map(|it| it.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed("fuzz_targets"), names);
    assert_eq!(listed("seeds"), names);
    for name in &names {
        let text = fs::read_to_string(home().join("fuzz_targets").join(format!("{name}.rs"))).unwrap();
        assert!(text.contains(&format!("fuzz::run(\"{name}\"")), "{name} runs another target");
    }
    let sizes = names.iter().flat_map(|name| seeds(name)).map(|seed| seed.len() as u64);
    assert!(sizes.sum::<u64>() <= SEEDS_BYTES_MAX);
}
