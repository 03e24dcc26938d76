//! Promotion as a policy over made-up registries and on a real store, and the checks of deployment files.

#![expect(clippy::unwrap_used, reason = "all of it is test code; clippy exempts only #[test] functions")]

mod checks;
mod legal;
mod mutations;
mod policy;
mod store;
