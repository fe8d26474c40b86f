//! Hands libFuzzer's bytes to the target `message_region`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("message_region", bytes));
