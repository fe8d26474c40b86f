//! Hands libFuzzer's bytes to the target `package`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("package", bytes));
