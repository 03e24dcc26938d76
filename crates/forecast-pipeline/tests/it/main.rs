//! Training runs against real stores: the embedded one, and MLflow's own server on PostgreSQL.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod embedded;
mod endings;
mod readback;
mod server;
mod shop;
mod suggestions;
