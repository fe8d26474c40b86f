//! Hands libFuzzer's bytes to the target `ocsp`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("ocsp", bytes));
