//! Hands libFuzzer's bytes to the target `certificate`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("certificate", bytes));
