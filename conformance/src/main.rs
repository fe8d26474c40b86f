//! The command line of the conformance runner.
fn main() {}
