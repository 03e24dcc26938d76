//! Writes a training run to MLflow, in the order that keeps it honest whenever the process dies.
//!
//! The run exists first and is RUNNING; its model is logged as pending, becomes ready when all its
//! files are up, and only a ready model is registered; FINISHED is the last word. A process that is
//! killed leaves a run that says RUNNING and at worst a model that says pending: nothing that could
//! be promoted.

mod dataset;
mod metrics;
mod params;

use std::path::Path;
use std::sync::{Arc, Mutex};

use mlflow_client::types::{
    Batch, DatasetInput, LoggedModel, LoggedModelStatus, ModelVersion, NewRun, Param, RunInfo, RunStatus,
    RunUpdate, Tag,
};
use mlflow_client::workflow::{begin_model, ensure_experiment, finish_model, register_version};
use mlflow_client::{MlflowStore, NewModelArtifact, Result};

use crate::config::TrainingConfig;
use crate::origin::RunOrigin;

pub(crate) use dataset::dataset_input;
pub(crate) use metrics::{champion_metrics, measures, run_metrics, skill};
pub(crate) use params::{model_params, run_params};

/// Tag of a run that failed or was stopped: why.
pub const REASON_TAG: &str = "forecast.reason";
/// Tag of a run: the family that won.
pub const CHAMPION_TAG: &str = "forecast.champion";
/// Name of the logged model.
pub const MODEL_NAME: &str = "champion";
/// Type of the logged model, shown on MLflow's page.
pub const MODEL_TYPE: &str = "demand-forecast";
/// MLflow's own tag for the text shown on top of a run's page.
const NOTE_TAG: &str = "mlflow.note.content";

/// One run, being written.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    store: Arc<dyn MlflowStore>,
    run: RunInfo,
    /// The model that is begun and not finished.
    pending: Arc<Mutex<Option<String>>>,
}

impl Recorder {
    /// Creates the run, in its experiment.
    pub(crate) async fn start(
        store: Arc<dyn MlflowStore>,
        config: &TrainingConfig,
        origin: &RunOrigin,
    ) -> Result<Self> {
        let experiment_id = ensure_experiment(store.as_ref(), &config.experiment).await?;
        let mut tags = vec![
            Tag::new("mlflow.source.name", &origin.program),
            Tag::new("mlflow.source.type", "LOCAL"),
            Tag::new("forecast.data", config.data.join(", ")),
        ];
        tags.extend(origin.user.iter().map(|user| Tag::new("mlflow.user", user)));
        tags.extend(origin.git_commit.iter().map(|commit| Tag::new("mlflow.source.git.commit", commit)));
        tags.extend(config.tags.iter().map(|(name, value)| Tag::new(name, value)));
        if !config.future.is_empty() {
            tags.push(Tag::new("forecast.future", config.future.join(", ")));
        }
        let run = NewRun {
            run_name: config.run_name.clone(),
            user: origin.user.clone(),
            tags,
            ..NewRun::new(experiment_id)
        };
        let run = store.create_run(&run).await?.info;
        Ok(Self { store, run, pending: Arc::default() })
    }

    /// Identity of the run.
    pub(crate) fn run(&self) -> &RunInfo {
        &self.run
    }

    /// The store that the run is in.
    pub(crate) fn store(&self) -> &dyn MlflowStore {
        self.store.as_ref()
    }

    /// Where a person can look at the run.
    pub(crate) fn url(&self) -> Option<String> {
        self.store.run_url(&self.run.experiment_id, &self.run.run_id)
    }

    /// Logs params, metrics and tags.
    pub(crate) async fn log(&self, batch: &Batch) -> Result<()> {
        self.store.log_batch(&self.run.run_id, batch).await
    }

    /// Logs params.
    pub(crate) async fn log_params(&self, params: Vec<Param>) -> Result<()> {
        self.log(&Batch { params, ..Batch::default() }).await
    }

    /// Sets the text on top of the run's page.
    pub(crate) async fn note(&self, text: &str) -> Result<()> {
        let note = format!("{text}\n\nSee `report.html` among the artifacts.");
        self.store.set_tag(&self.run.run_id, &Tag::new(NOTE_TAG, note)).await
    }

    /// Says which table the run has read.
    pub(crate) async fn log_dataset(&self, dataset: DatasetInput) -> Result<()> {
        self.store.log_inputs(&self.run.run_id, &[dataset]).await
    }

    /// Logs everything in a folder at the root of the run's artifacts.
    pub(crate) async fn upload(&self, path: &Path) -> Result<()> {
        self.store.upload_dir(path, &self.run.artifact_root()?).await.map(|_| ())
    }

    /// Creates the pending model, with its metrics.
    pub(crate) async fn begin_model(&self, artifact: &NewModelArtifact) -> Result<LoggedModel> {
        let model = begin_model(self.store.as_ref(), &self.run, artifact).await?;
        self.set_pending(Some(model.info.model_id.clone()));
        Ok(model)
    }

    /// Uploads the model's folder and makes the model ready.
    pub(crate) async fn finish_model(&self, model: &LoggedModel, folder: &Path) -> Result<LoggedModel> {
        let ready = finish_model(self.store.as_ref(), model, folder).await?;
        self.set_pending(None);
        Ok(ready)
    }

    /// Makes a version of a ready model.
    pub(crate) async fn register(&self, name: &str, model: &LoggedModel) -> Result<ModelVersion> {
        register_version(self.store.as_ref(), name, model).await
    }

    /// Says that the run has ended well.
    pub(crate) async fn finish(&self) -> Result<()> {
        self.store.update_run(&RunUpdate::end(&self.run.run_id, RunStatus::Finished)).await.map(|_| ())
    }

    fn set_pending(&self, model_id: Option<String>) -> Option<String> {
        match self.pending.lock() {
            Ok(mut pending) => std::mem::replace(&mut *pending, model_id),
            Err(_) => None,
        }
    }

    /// Says that the run has not ended well, and why, also on a model that was begun. What goes wrong here is logged only: the
    /// first error is the one to report.
    pub(crate) async fn abandon(&self, status: RunStatus, reason: &str) {
        // A server cuts longer values off.
        let reason: String = reason.chars().take(7_000).collect();
        let tags = vec![Tag::new(REASON_TAG, &reason), Tag::new(NOTE_TAG, format!("```\n{reason}\n```"))];
        if let Err(error) = self.log(&Batch { tags, ..Batch::default() }).await {
            tracing::warn!(%error, run_id = self.run.run_id, "cannot say why the run ended");
        }
        if let Some(model_id) = self.set_pending(None)
            && let Err(error) =
                self.store.finalize_logged_model(&model_id, LoggedModelStatus::UploadFailed).await
        {
            tracing::warn!(%error, model_id, "cannot mark the model as failed");
        }
        let update = RunUpdate::end(&self.run.run_id, status);
        if let Err(error) = self.store.update_run(&update).await {
            tracing::warn!(%error, run_id = self.run.run_id, ?status, "cannot mark the run");
        }
    }
}
