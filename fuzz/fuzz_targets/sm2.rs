//! Hands libFuzzer's bytes to the target `sm2`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("sm2", bytes));
