//! Hands libFuzzer's bytes to the target `ofd_xml`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run("ofd_xml", bytes));
