//! Why a training run gave no model.

use std::path::PathBuf;

use forecast_features::ingest::{IngestError, Problem};
use forecast_model::ModelError;

/// Why a training run gave no model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// The configuration contradicts itself, or the data.
    #[error(transparent)]
    Config(#[from] crate::ConfigError),
    /// The data cannot be read or are wrong; all problems are listed.
    #[error(transparent)]
    Data(#[from] IngestError),
    /// No model could be backtested or fitted.
    #[error(transparent)]
    Model(ModelError),
    /// The forecasts asked for could not be made.
    #[error("cannot forecast all series")]
    Forecast(#[from] forecast_model::ForecastError),
    /// The model folder could not be written.
    #[error("cannot write the model")]
    Artifact(#[from] forecast_model::artifact::ArtifactError),
    /// MLflow did not do what it was asked.
    #[error(transparent)]
    Mlflow(#[from] mlflow_client::Error),
    /// A report or table could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system or the format says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The report's page could not be made: a defect of this library.
    #[error("cannot draw the report: {0}")]
    Report(String),
    /// The threads asked for could not be started.
    #[error("cannot start {threads} threads: ask for fewer")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// What the system says.
        source: rayon::ThreadPoolBuildError,
    },
    /// A computation died: a defect of this library.
    #[error("the {step} step ended unexpectedly; please report this as a defect")]
    Crashed {
        /// Which one.
        step: &'static str,
        /// What the runtime says.
        source: tokio::task::JoinError,
    },
    /// Somebody asked to stop.
    #[error("interrupted; the run is marked as killed and nothing was registered")]
    Interrupted,
}

impl From<ModelError> for TrainingError {
    fn from(error: ModelError) -> Self {
        match error {
            ModelError::Cancelled => Self::Interrupted,
            error => Self::Model(error),
        }
    }
}

/// What kind of failure it is; binaries map it to an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The settings are at fault.
    Configuration,
    /// The data are at fault.
    Data,
    /// MLflow is unreachable or refuses.
    Mlflow,
    /// Somebody asked to stop.
    Interrupted,
    /// Anything else.
    Unexpected,
}

impl TrainingError {
    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Config(_) | Self::Data(IngestError::Config(_) | IngestError::CloudNotBuilt { .. }) => {
                FailureKind::Configuration
            }
            Self::Data(_) | Self::Forecast(forecast_model::ForecastError::MissingFuture { .. }) => {
                FailureKind::Data
            }
            Self::Model(error) => model_kind(error),
            Self::Mlflow(_) => FailureKind::Mlflow,
            Self::Interrupted => FailureKind::Interrupted,
            _ => FailureKind::Unexpected,
        }
    }

    /// The problems of the data; empty for any other error.
    #[must_use]
    pub fn data_problems(&self) -> &[Problem] {
        match self {
            Self::Data(error) => error.problems(),
            _ => &[],
        }
    }

    /// The message with those of its causes, for a tag and for people.
    #[must_use]
    pub fn full_message(&self) -> String {
        let mut message = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let text = error.to_string();
            // A transparent error repeats what lies below it.
            if !message.contains(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = error.source();
        }
        message
    }
}

fn model_kind(error: &ModelError) -> FailureKind {
    match error {
        ModelError::Cancelled => FailureKind::Interrupted,
        ModelError::NoFamilies | ModelError::PinballWithoutLevels => FailureKind::Configuration,
        ModelError::EmptyPanel
        | ModelError::Backtest(_)
        | ModelError::Plan(_)
        | ModelError::NoTrainingRows { .. }
        | ModelError::NoFeatures { .. } => FailureKind::Data,
        _ => FailureKind::Unexpected,
    }
}
