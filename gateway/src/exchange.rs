//! The exchange: what partners, programs and clerks may ask, and the router over it.

pub mod nonces;

pub(crate) mod answer;
pub(crate) mod digest;
pub(crate) mod document;
pub(crate) mod guard;
pub(crate) mod multipart;
pub(crate) mod partner;
pub(crate) mod signature;

mod delivery;
mod editions;
mod inbox;
mod items;
mod operations;
mod query;
mod record;
mod status;
mod submit;
mod tiles;
mod translate;
mod verify;

pub use operations::{OPERATIONS, Operation, router};
