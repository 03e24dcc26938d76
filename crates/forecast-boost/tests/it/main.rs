//! The booster as its callers see it: what it fits, what it refuses, and what others read of it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

mod determinism;
mod explain;
mod format;
mod interchange;
mod monotone;
mod odd_data;
mod parameters;
mod quantiles;
mod sampling;
mod support;
mod watch;
