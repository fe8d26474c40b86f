//! Conformance suites for each region, and the client that runs them against any gateway.
