//! Fuzzes the reader of our own format.
#![no_main]

#[allow(dead_code, reason = "the other target uses the rest")]
#[path = "../src/readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|data: &[u8]| readers::binary(data));
