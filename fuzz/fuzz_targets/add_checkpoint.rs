//! Hands libFuzzer's bytes to the target `add_checkpoint`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("add_checkpoint", bytes));
