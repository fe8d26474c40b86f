//! Hands libFuzzer's bytes to the target `time_stamp`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("time_stamp", bytes));
