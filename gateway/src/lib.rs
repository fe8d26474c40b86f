//! The gateway between the three governments, as a library so that tests can start it in process.
