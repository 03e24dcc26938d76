//! Where the model comes from: the alias in the registry, the files behind it, and the copy of the last
//! good one on local disk.
//!
//! The registry is never in the way of a request: [`follow`] looks at it in the background, and a model
//! that cannot be had or read leaves the one that answers in place.

mod cache;
mod error;
mod follow;
mod resolve;

pub(crate) use cache::Identity;
pub(crate) use follow::Follower;
