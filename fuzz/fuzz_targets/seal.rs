//! Hands libFuzzer's bytes to the target `seal`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("seal", bytes));
