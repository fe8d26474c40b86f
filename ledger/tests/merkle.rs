//! The arithmetic and the tiles agree with a naive model of the tree, and wrong proofs are refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

mod support;

use ledger::LedgerError;
use ledger::merkle::{consistency_proof, inclusion_proof, root, root_from_inclusion, verify_consistency};
use ledger::tile::{Edge, TileReader};
use proptest::prelude::*;
use support::{Files, leaves, naive_consistency, naive_inclusion, naive_root};

/// Sizes around every edge of the layout: powers of two, one tile, one tile of tiles.
const EDGES: [u64; 17] = [1, 2, 3, 4, 5, 7, 8, 9, 127, 128, 129, 255, 256, 257, 511, 512, 513];

#[test]
fn every_inclusion_proof_of_a_small_tree_is_the_naive_one_and_leads_to_the_root() {
    for size in (1..=40).chain([255, 256, 257]) {
        let (files, leaves) = (Files::of_size(size), leaves(size));
        let mut reader = TileReader::new(&files, size);
        let expected = naive_root(&leaves);
        assert_eq!(root(size, &mut reader).unwrap(), expected, "root of {size}");
        for index in 0..size {
            let proof = inclusion_proof(index, size, &mut reader).unwrap();
            assert_eq!(proof, naive_inclusion(index as usize, &leaves), "{index} of {size}");
            let leaf = leaves[index as usize];
            assert_eq!(root_from_inclusion(leaf, index, size, &proof).unwrap(), expected);
        }
        assert_eq!(
            inclusion_proof(size, size, &mut reader),
            Err(LedgerError::IndexBeyondSize { index: size, size }),
            "an index behind the end"
        );
    }
}

#[test]
fn consistency_proofs_between_all_edges_are_the_naive_ones_and_hold() {
    for new in EDGES {
        let (files, leaves) = (Files::of_size(new), leaves(new));
        let mut reader = TileReader::new(&files, new);
        let new_root = naive_root(&leaves);
        for old in EDGES.into_iter().filter(|old| *old <= new) {
            let old_root = naive_root(&leaves[..old as usize]);
            let proof = consistency_proof(old, new, &mut reader).unwrap();
            assert_eq!(proof, naive_consistency(old as usize, &leaves, true), "{old} to {new}");
            verify_consistency(old, &old_root, new, &new_root, &proof).unwrap();
            let mut other = old_root;
            other[0] ^= 1;
            assert!(verify_consistency(old, &other, new, &new_root, &proof).is_err(), "{old} to {new}, other old root");
            assert!(verify_consistency(old, &old_root, new, &other, &proof).is_err(), "{old} to {new}, other new root");
        }
    }
}

#[test]
fn trees_around_a_full_tile_of_tiles_keep_their_proofs() {
    for size in [65_535, 65_536, 65_537] {
        let (files, leaves) = (Files::of_size(size), leaves(size));
        let expected = naive_root(&leaves);
        let mut reader = TileReader::new(&files, size);
        for index in [0, 255, 256, 32_767, 32_768, 65_279, 65_534, size - 1] {
            let proof = inclusion_proof(index, size, &mut reader).unwrap();
            assert_eq!(root_from_inclusion(leaves[index as usize], index, size, &proof).unwrap(), expected);
        }
        for old in [1, 255, 256, 257, 65_534, 65_535] {
            let proof = consistency_proof(old, size, &mut reader).unwrap();
            let old_root = naive_root(&leaves[..old as usize]);
            verify_consistency(old, &old_root, size, &expected, &proof).unwrap();
        }
    }
}

#[test]
fn a_growing_edge_makes_the_tiles_and_roots_of_the_formula() {
    let last = 65_537;
    let leaves = leaves(last);
    let files = Files::of_size(last);
    let mut edge = Edge::default();
    for (before, leaf) in (0..).zip(&leaves) {
        edge.push(*leaf, |id, tile| {
            assert_eq!(files.0[&id.path()], tile.to_bytes(), "{}", id.path());
            Ok(())
        })
        .unwrap();
        if !(600..=65_500).contains(&before) {
            assert_eq!(edge.root(), naive_root(&leaves[..=before]), "root of {}", before + 1);
        }
    }
    let partial: Vec<_> = edge.partial_tiles().map(|(id, tile)| (id.path(), tile.to_bytes())).collect();
    assert_eq!(partial.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), ["tile/0/256.p/1", "tile/2/000.p/1"]);
    for (path, bytes) in partial {
        assert_eq!(files.0[&path], bytes, "{path}");
    }
}

#[test]
fn proofs_of_a_wrong_length_are_refused() {
    let leaves = leaves(11);
    let proof = naive_inclusion(4, &leaves);
    let short = root_from_inclusion(leaves[4], 4, 11, &proof[1..]);
    let long = root_from_inclusion(leaves[4], 4, 11, &[proof.clone(), vec![[0; 32]]].concat());
    assert_eq!(short, Err(LedgerError::ProofLength { hashes: 3 }));
    assert_eq!(long, Err(LedgerError::ProofLength { hashes: 5 }));
    let (old, new) = (naive_root(&leaves[..6]), naive_root(&leaves));
    let proof = naive_consistency(6, &leaves, true);
    for wrong in [&proof[..proof.len() - 1], &[], &[proof.clone(), vec![[0; 32]]].concat()] {
        assert!(matches!(verify_consistency(6, &old, 11, &new, wrong), Err(LedgerError::ProofLength { .. })));
    }
    assert_eq!(verify_consistency(11, &new, 6, &old, &[]), Err(LedgerError::SizesReversed { old: 11, new: 6 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_flipped_bit_of_a_proof_leads_elsewhere(size in 2_u64..600, seed in any::<u64>(), bit in 0_usize..256) {
        let (leaves, index) = (leaves(size), seed % size);
        let mut proof = naive_inclusion(index as usize, &leaves);
        let at = (seed >> 32) as usize % proof.len();
        proof[at][bit / 8] ^= 1 << (bit % 8);
        let found = root_from_inclusion(leaves[index as usize], index, size, &proof).unwrap();
        prop_assert_ne!(found, naive_root(&leaves));
    }

    #[test]
    fn consistency_holds_between_any_two_sizes(sizes in (1_u64..700, 1_u64..700)) {
        let (old, new) = (sizes.0.min(sizes.1), sizes.0.max(sizes.1));
        let (files, leaves) = (Files::of_size(new), leaves(new));
        let proof = consistency_proof(old, new, &mut TileReader::new(&files, new)).unwrap();
        prop_assert_eq!(&proof, &naive_consistency(old as usize, &leaves, true));
        let (old_root, new_root) = (naive_root(&leaves[..old as usize]), naive_root(&leaves));
        prop_assert_eq!(verify_consistency(old, &old_root, new, &new_root, &proof), Ok(()));
    }
}
