//! Hands libFuzzer's bytes to the target `note`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("note", bytes));
