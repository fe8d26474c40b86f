//! The contract between the three governments: codes, items, regions, cases, ledger entries and the texts of every problem.
//!
//! Nothing here does cryptography, speaks HTTP or reads a file: the data of the contract is embedded, and everything else is an
//! argument. The regions, items and divisions are data (`data/`, `items/`), the texts are data (`problems/`).

pub mod canonical;
pub mod case;
pub mod code;
pub mod data;
pub mod division;
pub mod entry;
pub mod field;
pub mod history;
pub mod item;
pub mod lint;
pub mod message;
pub mod problem;
pub mod receipt;
pub mod region;
pub mod retention;
pub mod shard;
pub mod vocabulary;

pub use data::DataError;
