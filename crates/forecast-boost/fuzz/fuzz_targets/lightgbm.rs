//! Fuzzes the reader of LightGBM's text models.
#![no_main]

#[allow(dead_code, reason = "the other target uses the rest")]
#[path = "../src/readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|data: &[u8]| readers::lightgbm(data));
