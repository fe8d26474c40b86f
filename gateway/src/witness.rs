//! 见证 Witnesses: the server of one, and the gateway as the client of others.

pub mod config;
pub mod service;
