//! Typed, asynchronous client of an [MLflow](https://mlflow.org) tracking server and model
//! registry, and an embedded SQLite store behind the same traits.
//!
//! Start with [`connect`]: it takes a [`ClientConfig`] and returns an [`MlflowStore`], whichever
//! of the two the tracking URI names. [`log_model_artifact`] and [`register_version`] follow the
//! call order of MLflow's own client, so that its web page shows what they wrote.
//!
//! What this crate refuses: reading the environment (binaries do that and hand over a lookup
//! function), knowing what a model predicts, and retrying what may have happened already.

mod artifact_uri;
pub mod config;
mod connect;
mod embedded;
mod error;
pub mod limits;
mod local_tree;
pub mod rest;
pub mod store;
pub mod types;
pub mod workflow;

pub use artifact_uri::ArtifactUri;
pub use config::ClientConfig;
pub use connect::connect;
pub use embedded::EmbeddedStore;
pub use error::{Error, Result, Source};
pub use store::{ArtifactStore, LoggedModelStore, MlflowStore, RegistryStore, TrackingStore};
pub use workflow::{NewModelArtifact, log_model_artifact, register_version};

/// The examples of the README, compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
