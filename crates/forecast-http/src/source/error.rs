//! Why there is no (new) model, with what to do about it.

use std::path::PathBuf;
use std::time::Duration;

use forecast_model::artifact::ArtifactError;
use forecast_telemetry::RegistryPollOutcome;

/// Why the model that the registry names is not served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// Nothing was ever registered under the name.
    #[error(
        "there is no registered model {model}: train one with `forecast-train … --register {model}`, then run \
         `forecast-promote --run-id …`"
    )]
    NoModel { model: String },
    /// No version has the alias.
    #[error("no version has the alias {alias} of model {model}: run `forecast-promote --run-id …`")]
    NoVersion { model: String, alias: String },
    /// The file of the embedded store does not exist.
    #[error(
        "there is no MLflow store at {}: set MLFLOW_TRACKING_URI to the store that forecast-train records to, \
         or train a model first",
        path.display()
    )]
    NoStore { path: PathBuf },
    /// The registry does not answer, or refuses.
    #[error("cannot ask MLflow: {0}")]
    Registry(#[from] mlflow_client::Error),
    /// The registry keeps us waiting.
    #[error("cannot ask MLflow: no answer within {} s", after.as_secs())]
    Slow { after: Duration },
    /// The files of a version are not a model that this program can serve.
    #[error("version {version} of model {model} cannot be served: {source}")]
    Artifact { model: String, version: u64, source: ArtifactError },
    /// The same version was no good a moment ago.
    #[error("{reason}")]
    Rejected { reason: String },
    /// The local copy cannot be written or read.
    #[error(
        "cannot use {}: {source}; set FORECAST_CACHE_DIR to a folder that can be written, which in a container \
         is a volume",
        path.display()
    )]
    Cache { path: PathBuf, source: std::io::Error },
    /// A defect of this program.
    #[error("reading the model ended by itself: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl SourceError {
    /// Whether the registry has answered and has nothing to serve: then an older copy is not wanted.
    pub(crate) fn is_verdict(&self) -> bool {
        matches!(self, Self::NoModel { .. } | Self::NoVersion { .. })
    }

    /// What metrics say of the look that ended so.
    pub(crate) fn outcome(&self) -> RegistryPollOutcome {
        match self {
            Self::NoModel { .. } | Self::NoVersion { .. } => RegistryPollOutcome::NothingPromoted,
            Self::NoStore { .. } | Self::Registry(_) | Self::Slow { .. } => RegistryPollOutcome::Unreachable,
            Self::Artifact { .. } | Self::Rejected { .. } => RegistryPollOutcome::Unusable,
            Self::Cache { .. } | Self::Task(_) => RegistryPollOutcome::Local,
        }
    }

    /// Whether the version itself is at fault, so that asking for it again soon is no use.
    pub(crate) fn is_about_the_version(&self) -> bool {
        matches!(self, Self::Artifact { .. })
    }
}
