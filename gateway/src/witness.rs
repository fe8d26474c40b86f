//! 见证 Witnesses: the server of one, and the gateway as the client of others.

pub mod config;
pub mod service;

mod peer;
mod rounds;
mod witnesses;

pub use peer::PeerFault;
pub use rounds::keep;
pub use witnesses::roots_of_pem;
pub(crate) use witnesses::{Cosigned, Standing, Witnesses};
