//! Deployment tooling: the promotion policy and the checks of what is deployed.
//!
//! Policies are pure functions over facts; reading the facts and carrying out what was decided are
//! steps of their own, so that every decision can be tested without a server and shown before it
//! is taken.
//!
//! What this crate refuses: reading the environment, printing, and knowing what a model predicts.

#[cfg(feature = "checks")]
pub mod checks;
pub mod contract;
pub mod promotion;
