//! Why a run is not promoted.

use mlflow_client::types::{LoggedModelStatus, ModelVersionStatus, RunStatus};
use serde::Serialize;

/// Why a run is not promoted. Nothing has been changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such run.
    #[error(
        "there is no run {run_id}; check the id and that MLFLOW_TRACKING_URI is the store it was recorded in"
    )]
    RunUnknown {
        /// The run that was asked for.
        run_id: String,
    },
    /// The run is in the bin.
    #[error("run {run_id} is deleted; restore it in MLflow or promote another run")]
    RunDeleted {
        /// The run.
        run_id: String,
    },
    /// The run is under way, or did not end well.
    #[error("run {run_id} is {}, not FINISHED; {}", status_name(*.status), run_remedy(*.status))]
    RunNotFinished {
        /// The run.
        run_id: String,
        /// How far it has come.
        status: RunStatus,
    },
    /// The run made no model.
    #[error("run {run_id} made no model; promote the run that trained it")]
    NoModel {
        /// The run.
        run_id: String,
    },
    /// No model of the run has all its files.
    #[error("model {model_id} of run {run_id} is {}, not ready: its files are not all there; train again", model_status_name(*.status))]
    ModelNotReady {
        /// The run.
        run_id: String,
        /// Its newest model.
        model_id: String,
        /// The state of that model.
        status: LoggedModelStatus,
    },
    /// The model says that it is ready, but its files are gone or were never there.
    #[error(
        "model {model_id} of run {run_id} is incomplete: {} missing or cut short in the artifact store; restore or \
         train again",
        .files.join(", ")
    )]
    ModelFilesMissing {
        /// The run.
        run_id: String,
        /// The model.
        model_id: String,
        /// The files, relative to its folder.
        files: Vec<String>,
    },
    /// The run made several models, and none or several of them are called champion.
    #[error(
        "run {run_id} made several models ({}) and not exactly one of them is named {}; promote a run with one",
        .model_ids.join(", "), super::CHAMPION_MODEL
    )]
    ModelAmbiguous {
        /// The run.
        run_id: String,
        /// Its ready models.
        model_ids: Vec<String>,
    },
    /// There is a version of the model, but MLflow has not registered it fully.
    #[error("version {version} of {name} is {}; delete it in MLflow and promote again", version_status_name(*.status))]
    VersionNotReady {
        /// The registered model.
        name: String,
        /// The version.
        version: u64,
        /// Its state.
        status: ModelVersionStatus,
    },
}

fn status_name(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "RUNNING",
        RunStatus::Scheduled => "SCHEDULED",
        RunStatus::Finished => "FINISHED",
        RunStatus::Failed => "FAILED",
        RunStatus::Killed => "KILLED",
    }
}

fn run_remedy(status: RunStatus) -> &'static str {
    if status.is_terminal() {
        "train again and promote that run"
    } else {
        "wait until it has ended, or train again where its program is gone"
    }
}

fn model_status_name(status: LoggedModelStatus) -> &'static str {
    match status {
        LoggedModelStatus::Unspecified => "of unknown state",
        LoggedModelStatus::Pending => "still being uploaded",
        LoggedModelStatus::Ready => "ready",
        LoggedModelStatus::UploadFailed => "not uploaded",
    }
}

fn version_status_name(status: ModelVersionStatus) -> &'static str {
    match status {
        ModelVersionStatus::PendingRegistration => "still being registered",
        ModelVersionStatus::FailedRegistration => "not registered",
        ModelVersionStatus::Ready => "ready",
    }
}
