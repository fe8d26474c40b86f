//! Hands libFuzzer's bytes to the target `policy`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("policy", bytes));
