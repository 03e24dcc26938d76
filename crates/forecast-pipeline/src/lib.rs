//! The training run: load, check, featurise, backtest, choose, refit, report, record.
//!
//! [`Settings`] become a [`TrainingConfig`]; [`run`] does the rest and gives a [`TrainingOutcome`].
//! Every run leaves a trace in MLflow, also one that fails: the run is created before any data is
//! read, and ends as FINISHED, FAILED or KILLED with the reason on it. What is registered is
//! complete, whenever the process dies.
//!
//! What this crate refuses: serving, reading the environment, parsing command lines, and global
//! state: two runs in one process do not know of each other.

mod cancel;
mod config;
mod error;
mod observe;
mod origin;
mod outcome;
mod record;
mod report;
mod run;
mod steps;
mod suggest;
mod tables;

pub use cancel::Cancellation;
pub use config::{
    ConfigError, ConfigProblem, ForecastFile, SETTING_NAMES, Settings, ShortHistory, TableFormat,
    TrainingConfig, Words,
};
pub use error::{FailureKind, TrainingError};
pub use forecast_features::ingest::{IngestProgress, IngestStage, Problem, QualityReport, Severity};
pub use forecast_model::{Family, Phase, ProgressEvent};
/// The client of the store that runs are recorded in.
pub use mlflow_client as mlflow;
pub use observe::{NoObserver, TrainingEvent, TrainingObserver};
pub use origin::{RunOrigin, git_commit};
pub use outcome::{LeaderboardRow, TrainingOutcome};
pub use record::{CHAMPION_TAG, MODEL_NAME, MODEL_TYPE, REASON_TAG};
pub use run::{TrainingRequest, run};
pub use suggest::{SuggestError, suggest_config, usual_horizon};
