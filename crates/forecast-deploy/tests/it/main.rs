//! Promotion as a policy over made-up registries, and on a real store.

#![expect(clippy::unwrap_used, reason = "all of it is test code; clippy exempts only #[test] functions")]

mod policy;
mod store;
