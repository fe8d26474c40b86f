//! Hands libFuzzer's bytes to the target `crl`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("crl", bytes));
