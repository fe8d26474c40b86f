//! What several tests share: a log's public files in memory, made by the naive definition of a Merkle tree.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;

use ledger::LedgerError;
use ledger::merkle::{Hash, empty_root, leaf_hash, node_hash};
use ledger::tile::{PublicFiles, TileId, push_to_bundle};

/// The root over some leaves, as RFC 6962, 2.1 defines it and no cleverer.
pub(crate) fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(naive_split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// PATH(index, leaves) of RFC 6962, 2.1.1.
pub(crate) fn naive_inclusion(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let split = naive_split(leaves.len());
    let (left, right) = leaves.split_at(split);
    let (mut proof, sibling) = if index < split {
        (naive_inclusion(index, left), naive_root(right))
    } else {
        (naive_inclusion(index - split, right), naive_root(left))
    };
    proof.push(sibling);
    proof
}

/// SUBPROOF(old, leaves, whole) of RFC 6962, 2.1.2.
pub(crate) fn naive_consistency(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let split = naive_split(leaves.len());
    let (left, right) = leaves.split_at(split);
    let (mut proof, sibling) = if old <= split {
        (naive_consistency(old, left, whole), naive_root(right))
    } else {
        (naive_consistency(old - split, right, false), naive_root(left))
    };
    proof.push(sibling);
    proof
}

fn naive_split(count: usize) -> usize {
    let mut split = 1;
    while split * 2 < count {
        split *= 2;
    }
    split
}

/// Entry number `index` of a made-up log.
pub(crate) fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

/// The leaves of the first `count` made-up entries.
pub(crate) fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|index| leaf_hash(&entry(index))).collect()
}

/// Public files in memory.
#[derive(Clone, Default)]
pub(crate) struct Files(pub(crate) BTreeMap<String, Vec<u8>>);

impl PublicFiles for Files {
    fn read(&self, path: &str, _bytes_max: usize) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(self.0.get(path).cloned())
    }
}

impl Files {
    /// All tiles and bundles of the tree over the made-up entries, by the formula of tlog-tiles:
    /// hash i of tile n on level l is the root over the leaves (n * 256 + i) * 256^l and the 256^l - 1 after it.
    pub(crate) fn of_size(size: u64) -> Self {
        Self::of(size, entry)
    }

    /// The same over other entries.
    pub(crate) fn of(size: u64, entry: impl Fn(u64) -> Vec<u8>) -> Self {
        let mut files = BTreeMap::new();
        let mut row: Vec<Hash> = (0..size).map(|index| leaf_hash(&entry(index))).collect();
        for level in 0.. {
            for (index, hashes) in row.chunks(256).enumerate() {
                let id = TileId { level, index: index as u64, width: u32::try_from(hashes.len()).unwrap() };
                files.insert(id.path(), hashes.concat());
            }
            row = row.chunks_exact(256).map(naive_root).collect();
            if row.is_empty() {
                break;
            }
        }
        for first in (0..size).step_by(256) {
            let width = (size - first).min(256);
            let mut bundle = Vec::new();
            for index in first..first + width {
                push_to_bundle(&mut bundle, &entry(index)).unwrap();
            }
            let id = TileId { level: 0, index: first / 256, width: u32::try_from(width).unwrap() };
            files.insert(id.bundle_path(), bundle);
        }
        Self(files)
    }
}
