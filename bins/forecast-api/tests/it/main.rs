//! The program as whoever starts it meets it: its help, its settings, its signals and exit codes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

// The model and the registry of the API's own tests.
#[allow(dead_code, reason = "the API's own tests need more of it")]
#[path = "../../../../crates/forecast-http/tests/it/fixture.rs"]
mod fixture;
mod program;
mod service;
mod settings;
