//! An append-only Merkle log of bytes that anyone can check: it has never heard of items or seals.
//!
//! Formats are the public ones of C2SP (tlog-tiles, tlog-checkpoint, signed-note, tlog-proof), so that clients which
//! nobody of us wrote can check a log. What only checks needs neither storage nor a private key; what writes is behind
//! the feature `log`, what witnesses other logs behind `witness`.

pub mod audit;
pub mod checkpoint;
pub mod companion;
#[cfg(feature = "log")]
pub mod log;
pub mod merkle;
#[cfg(feature = "witness")]
pub mod mirror;
pub mod note;
pub mod policy;
pub mod proof;
#[cfg(feature = "log")]
pub mod shards;
pub mod tile;
#[cfg(feature = "witness")]
pub mod witness;

#[cfg(any(feature = "log", feature = "witness"))]
mod durable;
mod error;

pub use error::LedgerError;
#[cfg(feature = "log")]
pub use log::{
    Appended, CheckpointSigner, Config, Draft, Erasure, IndexEngine, Inspection, Log, Statistics, Tag, TornTail,
};
