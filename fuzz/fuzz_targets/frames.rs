//! Hands libFuzzer's bytes to the target `frames`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("frames", bytes));
