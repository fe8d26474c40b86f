//! The gateway between the three governments, as a library so that tests can start it in process.

pub mod companion;
pub mod config;
pub mod evidence;
pub mod exchange;
pub mod pipeline;
pub mod problem;
pub mod server;
pub mod shards;
pub mod witness;

mod console;
mod gateway;
mod metrics;
mod trust_memory;

pub use evidence::{Evidence, Salt};
pub use gateway::{Clock, Gateway, Known};
pub use shards::open_ledger;
