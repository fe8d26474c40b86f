//! Merkle arithmetic of RFC 6962 over a reader of single hashes: roots, inclusion, consistency.

use certs::digest::{DigestAlgorithm, sha256, sm3_each};

use crate::LedgerError;

/// A digest value: of a leaf, of a node, or the root of a tree.
pub type Hash = [u8; 32];

/// 树的杂凑算法 What a tree is made with. A log has SHA-256, which every client knows; its companion has SM3 over the same
/// entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TreeHash {
    /// As RFC 6962 has it.
    #[default]
    Sha256,
    /// The same with SM3 (GB/T 32905) in place of SHA-256.
    Sm3,
}

impl TreeHash {
    /// The hash of an entry as a leaf: H(0x00 ‖ entry).
    pub fn leaf(self, entry: &[u8]) -> Hash {
        self.digest(&[&[0], entry])
    }

    /// The hash above two others: H(0x01 ‖ left ‖ right).
    pub fn node(self, left: &Hash, right: &Hash) -> Hash {
        self.digest(&[&[1], left, right])
    }

    /// The root of the tree without entries: H of nothing.
    pub fn empty_root(self) -> Hash {
        self.digest(&[])
    }

    /// The root that a leaf and its inclusion proof lead to (RFC 9162, 2.1.3.2).
    ///
    /// # Errors
    /// [`LedgerError::IndexBeyondSize`]; [`LedgerError::ProofLength`] when the proof is too short or too long for the place.
    pub fn root_from_inclusion(self, leaf: Hash, index: u64, size: u64, proof: &[Hash]) -> Result<Hash, LedgerError> {
        if index >= size {
            return Err(LedgerError::IndexBeyondSize { index, size });
        }
        let (mut node, mut last, mut hash) = (index, size - 1, leaf);
        for sibling in proof {
            if last == 0 {
                return Err(LedgerError::ProofLength { hashes: proof.len() });
            }
            if node & 1 == 1 || node == last {
                hash = self.node(sibling, &hash);
                // Levels where the node stands alone at the right edge have no sibling in the proof.
                while node & 1 == 0 && node != 0 {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                hash = self.node(&hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        if last == 0 { Ok(hash) } else { Err(LedgerError::ProofLength { hashes: proof.len() }) }
    }

    /// The hashes of many entries as leaves, side by side where that is faster.
    pub(crate) fn leaves(self, entries: &[&[u8]]) -> Vec<Hash> {
        match self {
            Self::Sha256 => entries.iter().map(|entry| self.leaf(entry)).collect(),
            Self::Sm3 => each(entries.iter().map(|entry| [&[0], *entry].concat())),
        }
    }

    /// The hashes above neighbours in a row; one without a neighbour is left out.
    pub(crate) fn row_above(self, row: &[Hash]) -> Vec<Hash> {
        let pairs = row.as_chunks::<2>().0.iter();
        match self {
            Self::Sha256 => pairs.map(|[left, right]| self.node(left, right)).collect(),
            Self::Sm3 => each(pairs.map(|[left, right]| [&[1], left.as_slice(), right].concat())),
        }
    }

    fn digest(self, parts: &[&[u8]]) -> Hash {
        match self {
            Self::Sha256 => sha256(parts),
            Self::Sm3 => DigestAlgorithm::Sm3.digest(parts),
        }
    }
}

fn each(messages: impl Iterator<Item = Vec<u8>>) -> Vec<Hash> {
    let messages: Vec<Vec<u8>> = messages.collect();
    sm3_each(&messages.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// A complete subtree: the leaves `index << level .. (index + 1) << level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// Height above the leaves; a leaf has 0.
    pub level: u32,
    /// Number of the subtree among those of its level, from the left.
    pub index: u64,
}

/// Where the hashes of complete subtrees come from: tiles on a disk, on the network, or memory.
///
/// Asked only for nodes that are complete in the tree at hand. What it answers is not trusted: whoever needs certainty
/// verifies the proof that was made from it.
pub trait HashReader {
    /// The hash of one complete subtree.
    ///
    /// # Errors
    /// When the hash cannot be had; the arithmetic stops and hands the error on.
    fn hash(&mut self, node: Node) -> Result<Hash, LedgerError>;

    /// What the tree is made with.
    fn tree_hash(&self) -> TreeHash {
        TreeHash::Sha256
    }
}

/// The hash of an entry as a leaf: SHA-256(0x00 ‖ entry).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    TreeHash::Sha256.leaf(entry)
}

/// The hash above two others: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    TreeHash::Sha256.node(left, right)
}

/// The root of the tree without entries: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    TreeHash::Sha256.empty_root()
}

/// The root of the first `size` leaves.
///
/// # Errors
/// Those of the reader.
pub fn root(size: u64, reader: &mut impl HashReader) -> Result<Hash, LedgerError> {
    if size == 0 { Ok(reader.tree_hash().empty_root()) } else { range_root(0, size, reader) }
}

/// The proof that leaf `index` is in the tree of `size` leaves, from the leaf upwards (RFC 6962, 2.1.1).
///
/// # Errors
/// [`LedgerError::IndexBeyondSize`], and those of the reader.
pub fn inclusion_proof(index: u64, size: u64, reader: &mut impl HashReader) -> Result<Vec<Hash>, LedgerError> {
    if index >= size {
        return Err(LedgerError::IndexBeyondSize { index, size });
    }
    let (mut start, mut end) = (0, size);
    let mut proof = Vec::new();
    while end - start > 1 {
        let middle = split(start, end);
        if index < middle {
            proof.push(range_root(middle, end, reader)?);
            end = middle;
        } else {
            proof.push(range_root(start, middle, reader)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of `old` leaves is the beginning of the tree of `new` leaves (RFC 6962, 2.1.2).
///
/// # Errors
/// [`LedgerError::SizesReversed`] when `old` is above `new`, and those of the reader.
pub fn consistency_proof(old: u64, new: u64, reader: &mut impl HashReader) -> Result<Vec<Hash>, LedgerError> {
    if old > new {
        return Err(LedgerError::SizesReversed { old, new });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, new);
    let mut proof = Vec::new();
    while end != old {
        let middle = split(start, end);
        if old <= middle {
            proof.push(range_root(middle, end, reader)?);
            end = middle;
        } else {
            proof.push(range_root(start, middle, reader)?);
            start = middle;
        }
    }
    // The verifier holds the old root; a part of the old tree it cannot derive from that.
    if start != 0 {
        proof.push(range_root(start, end, reader)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The root that a leaf and its inclusion proof lead to (RFC 9162, 2.1.3.2).
///
/// # Errors
/// As [`TreeHash::root_from_inclusion`].
pub fn root_from_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash]) -> Result<Hash, LedgerError> {
    TreeHash::Sha256.root_from_inclusion(leaf, index, size, proof)
}

/// Checks that the tree of `old` leaves and root is the beginning of the tree of `new` leaves and root (RFC 9162, 2.1.4.2).
///
/// # Errors
/// [`LedgerError::SizesReversed`], [`LedgerError::ProofLength`], or [`LedgerError::Inconsistent`] when the roots do not follow.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), LedgerError> {
    if old > new {
        return Err(LedgerError::SizesReversed { old, new });
    }
    let wrong_length = LedgerError::ProofLength { hashes: proof.len() };
    if old == 0 || old == new {
        let consistent = if old == 0 { *old_root == empty_root() } else { old_root == new_root };
        return match (proof.is_empty(), consistent) {
            (false, _) => Err(wrong_length),
            (true, true) => Ok(()),
            (true, false) => Err(LedgerError::Inconsistent { old, new }),
        };
    }
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (first, rest) =
        if node == 0 { (Some(old_root), proof) } else { (proof.first(), proof.get(1..).unwrap_or(&[])) };
    let Some(first) = first else { return Err(wrong_length) };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if old_hash == *old_root && new_hash == *new_root { Ok(()) } else { Err(LedgerError::Inconsistent { old, new }) }
}

/// The root over the leaves `start..end`, a range that [`split`] makes: it is complete, or its left part is.
fn range_root(start: u64, end: u64, reader: &mut impl HashReader) -> Result<Hash, LedgerError> {
    let width = end - start;
    if width.is_power_of_two() {
        let level = width.trailing_zeros();
        return reader.hash(Node { level, index: start >> level });
    }
    let middle = split(start, end);
    let left = range_root(start, middle, reader)?;
    let right = range_root(middle, end, reader)?;
    Ok(reader.tree_hash().node(&left, &right))
}

/// Where RFC 6962 splits a range of more than one leaf: the left part is the largest power of two below its width.
fn split(start: u64, end: u64) -> u64 {
    start + (1 << (end - start - 1).ilog2())
}
