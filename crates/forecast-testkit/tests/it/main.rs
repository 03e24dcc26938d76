//! Tests of the sample, of the workspace's shape, and of the documentation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod architecture;
mod docs;
mod sample;
mod tidy;
mod workspace;
