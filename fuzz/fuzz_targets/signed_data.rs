//! Hands libFuzzer's bytes to the target `signed_data`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("signed_data", bytes));
