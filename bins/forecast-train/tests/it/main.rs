//! The program as people and scripts use it: settings, messages, exit codes, signals, and what stays
//! when it is killed.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod kills;
mod messages;
mod results;
mod shop;
mod signals;
