//! The API as its callers meet it: a real server on the loopback, in front of a real registry with a
//! real model.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

mod boosted;
mod browser;
mod fixture;
mod forecasts;
mod mlflow;
mod openapi;
mod operation;
mod page;
mod random;
mod refusals;
mod running;
mod swap;
