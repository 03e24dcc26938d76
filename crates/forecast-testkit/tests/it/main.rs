//! Tests of the sample, and of the whole workspace's shape.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod architecture;
mod sample;
mod tidy;
mod workspace;
