//! The traits that every store implements: a server over REST, or the embedded database.
//!
//! All calls say the same thing on all stores; the conformance suite (`tests/it/conformance`)
//! holds them to it. Two rules that a caller may rely on: what does not exist is
//! [`Error::NotFound`](crate::Error::NotFound) (an alias too, though a server answers otherwise),
//! and whatever breaks a rule of MLflow is an error before anything is written.

mod artifact;
mod logged_model;
mod paging;
mod registry;
mod tracking;

pub use artifact::{ArtifactStore, READ_LIMIT_BYTES};
pub use logged_model::LoggedModelStore;
pub use paging::{all_model_versions, all_runs, versions_of, whole_metric_history};
pub use registry::RegistryStore;
pub use tracking::TrackingStore;

use async_trait::async_trait;

use crate::Result;

/// A whole MLflow: tracking, logged models, registry and artifacts.
#[async_trait]
pub trait MlflowStore:
    TrackingStore + LoggedModelStore + RegistryStore + ArtifactStore + std::fmt::Debug
{
    /// The tracking URI it was opened with, without credentials.
    fn tracking_uri(&self) -> &str;

    /// Where a person can look at a run, if this store has a web page.
    fn run_url(&self, experiment_id: &str, run_id: &str) -> Option<String>;

    /// Asks whether the store answers at all: the cheapest call there is, for start-up checks.
    ///
    /// # Errors
    /// Whatever stands between the caller and the store.
    async fn ping(&self) -> Result<()>;
}
