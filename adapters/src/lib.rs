//! Provincial message to standard model and back; the rules are data, one folder a region.

pub mod json;
pub mod leaf;
pub mod limits;
pub mod xml;

pub use limits::Limits;
