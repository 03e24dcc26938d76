//! One training run from beginning to end.

use std::sync::Arc;

use mlflow_client::types::{Batch, LoggedModel, ModelVersion, RunStatus, Tag};
use mlflow_client::{ArtifactUri, MlflowStore, NewModelArtifact};

use crate::cancel::Cancellation;
use crate::config::TrainingConfig;
use crate::error::TrainingError;
use crate::observe::{TrainingEvent, TrainingObserver};
use crate::origin::RunOrigin;
use crate::outcome::{TrainingOutcome, leaderboard, metric_map};
use crate::record::{
    CHAMPION_TAG, MODEL_NAME, MODEL_TYPE, Recorder, champion_metrics, dataset_input, model_params,
    run_metrics, run_params,
};
use crate::steps::{Fitted, Steps, Written};

/// What to train, and for whom.
#[derive(Clone, Debug)]
pub struct TrainingRequest {
    /// What to train.
    pub config: TrainingConfig,
    /// Who runs it.
    pub origin: RunOrigin,
}

/// Trains a model and records everything about it in `store`.
///
/// Must be called inside a tokio runtime; computations run on threads of their own. Dropping the
/// future leaves the run as it is, marked as running: cancel instead.
///
/// # Errors
/// [`TrainingError`]; the run is then marked as failed, with the reason on it, or as killed where
/// `cancel` was asked. Only where MLflow could not be reached at first, there is no run.
pub async fn run(
    request: TrainingRequest,
    store: Arc<dyn MlflowStore>,
    observer: Arc<dyn TrainingObserver>,
    cancel: Cancellation,
) -> Result<TrainingOutcome, TrainingError> {
    let TrainingRequest { config, origin } = request;
    let config = Arc::new(config);
    let recorder = tokio::select! {
        biased;
        started = Recorder::start(store, &config, &origin) => started?,
        () = cancel.cancelled() => return Err(TrainingError::Interrupted),
    };
    let run_id = recorder.run().run_id.clone();
    observer.event(TrainingEvent::Started { run_id: &run_id, url: recorder.url().as_deref() });
    let training = Training {
        steps: Steps { config: Arc::clone(&config), observer: Arc::clone(&observer), cancel: cancel.clone() },
        recorder: &recorder,
        config: &config,
        observer: observer.as_ref(),
    };
    let result = tokio::select! {
        biased;
        result = training.until_ready() => result,
        () = cancel.cancelled() => Err(TrainingError::Interrupted),
    };
    // From here on a wish to stop comes too late: what is begun is ended.
    let result = match result {
        Ok(ready) => training.publish(ready).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &result {
        let status = match error {
            TrainingError::Interrupted => RunStatus::Killed,
            _ => RunStatus::Failed,
        };
        recorder.abandon(status, &error.full_message()).await;
    }
    result
}

/// A run under way.
struct Training<'a> {
    steps: Steps,
    recorder: &'a Recorder,
    config: &'a TrainingConfig,
    observer: &'a dyn TrainingObserver,
}

/// A model that is complete in MLflow and may be registered.
struct Ready {
    model: LoggedModel,
    fitted: Arc<Fitted>,
    written: Written,
}

impl Training<'_> {
    /// Everything up to the point where the model could be registered.
    async fn until_ready(&self) -> Result<Ready, TrainingError> {
        let recorder = self.recorder;
        recorder.log_params(run_params(self.config)).await?;
        let ingested = self.steps.ingest().await?;
        self.observer.event(TrainingEvent::Read(&ingested.quality));
        recorder.log_dataset(dataset_input(&ingested)).await?;

        let fitted = self.steps.fit(ingested).await?;
        let champion = fitted.champion();
        self.observer.event(TrainingEvent::Recording("metrics"));
        recorder
            .log(&Batch {
                params: model_params(&fitted),
                metrics: run_metrics(&fitted.report, champion),
                tags: vec![Tag::new(CHAMPION_TAG, champion.family)],
            })
            .await?;

        self.observer.event(TrainingEvent::Recording("model"));
        let pending = recorder
            .begin_model(&NewModelArtifact {
                name: MODEL_NAME.to_owned(),
                model_type: Some(MODEL_TYPE.to_owned()),
                metrics: champion_metrics(champion),
                params: model_params(&fitted),
                ..NewModelArtifact::default()
            })
            .await?;
        let written = self.steps.write(Arc::clone(&fitted), recorder.run(), &pending.info.model_id).await?;
        self.observer.event(TrainingEvent::Recording("reports"));
        recorder.note(&written.headline).await?;
        recorder.upload(&written.reports()).await?;
        self.observer.event(TrainingEvent::Recording("model files"));
        let model = recorder.finish_model(&pending, &written.model()).await?;
        Ok(Ready { model, fitted, written })
    }

    /// Registers the model where asked, and says that the run has ended well.
    async fn publish(&self, ready: Ready) -> Result<TrainingOutcome, TrainingError> {
        let version = match &self.config.register {
            Some(name) => {
                self.observer.event(TrainingEvent::Recording("version"));
                Some(self.recorder.register(name, &ready.model).await?)
            }
            None => None,
        };
        self.recorder.finish().await?;
        self.outcome(&ready, version)
    }

    fn outcome(
        &self,
        ready: &Ready,
        version: Option<ModelVersion>,
    ) -> Result<TrainingOutcome, TrainingError> {
        let (recorder, fitted) = (self.recorder, &ready.fitted);
        let run = recorder.run();
        let champion = fitted.champion();
        let root = run.artifact_root()?;
        let report = root.join("report.html")?;
        let place = |uri: &ArtifactUri| match recorder.store().local_path(uri) {
            Some(path) => path.display().to_string(),
            None => uri.to_string(),
        };
        let report = match recorder.url() {
            Some(url) => format!("{url}/artifacts/report.html"),
            None => place(&report),
        };
        Ok(TrainingOutcome {
            run_id: run.run_id.clone(),
            experiment_id: run.experiment_id.clone(),
            run_url: recorder.url(),
            run_location: place(&root),
            report,
            model_id: ready.model.info.model_id.clone(),
            model_uri: ready.model.source_uri(),
            registered_model: version.as_ref().map(|version| version.name.clone()),
            registered_version: version.map(|version| version.version),
            champion: champion.family.to_string(),
            headline: ready.written.headline.clone(),
            metrics: metric_map(&champion.overall),
            leaderboard: leaderboard(&fitted.report, champion.family),
            forecast_file: self.config.forecast_out.as_ref().map(|file| file.path.display().to_string()),
        })
    }
}
