//! Hands libFuzzer's bytes to the target `tlog_proof`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("tlog_proof", bytes));
