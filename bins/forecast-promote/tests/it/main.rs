//! The program as people and scripts use it, on the embedded store and on a real server.

#![expect(clippy::unwrap_used, reason = "all of it is test code; clippy exempts only #[test] functions")]

mod concurrency;
mod failures;
mod help;
mod interop;
mod journey;
mod stageless;
mod support;
