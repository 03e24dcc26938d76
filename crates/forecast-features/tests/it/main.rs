//! Tests of forecast-features through its public interface.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

mod ingest;
mod plan;
