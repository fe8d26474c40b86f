//! An append-only Merkle log of bytes that anyone can check: it has never heard of items or seals.
