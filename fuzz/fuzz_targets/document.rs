//! Hands libFuzzer's bytes to the target `document`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("document", bytes));
