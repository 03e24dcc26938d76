//! Follows the alias: at the start and every few seconds, for as long as the server runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use forecast_model::{ForecastModel, artifact};
use forecast_telemetry::{ModelLoadOutcome, RegistryPollOutcome};
use mlflow_client::config::TrackingUri;
use mlflow_client::types::ModelVersion;
use mlflow_client::{ClientConfig, MlflowStore};
use uuid::Uuid;

use super::cache::{Identity, ModelCache};
use super::error::SourceError;
use super::resolve::resolve;
use crate::ServiceState;
use crate::served::{Origin, ServedModel};

/// How long the registry may take to say which version it is. The copy on disk is then good enough.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Longest wait before a version that could not be served is fetched again.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Keeps the served model equal to what the registry names.
pub(crate) struct Follower {
    state: Arc<ServiceState>,
    mlflow: ClientConfig,
    cache: ModelCache,
    store: Option<Arc<dyn MlflowStore>>,
    serving: Option<Identity>,
    rejected: Option<Rejected>,
}

/// A version that could not be served. It may be mended in place, so that it is tried again, ever later.
struct Rejected {
    identity: Identity,
    reason: String,
    wait: Duration,
    until: Instant,
}

impl Follower {
    pub(crate) fn new(state: Arc<ServiceState>, mlflow: ClientConfig) -> Self {
        let config = state.config();
        let cache = ModelCache::new(&config.cache_dir, &config.model, &config.alias);
        Self { state, mlflow, cache, store: None, serving: None, rejected: None }
    }

    /// Looks at the registry for ever.
    pub(crate) async fn run(mut self) {
        loop {
            self.look().await;
            tokio::time::sleep(jittered(self.state.config().poll_interval)).await;
        }
    }

    /// Looks once. A change of what is wrong is logged once, with cause and remedy.
    async fn look(&mut self) {
        let followed = self.follow().await;
        let outcome = followed.as_ref().map_or_else(SourceError::outcome, |()| RegistryPollOutcome::Followed);
        self.state.metrics().registry_polled(outcome);
        let trouble = match followed {
            Ok(()) => None,
            Err(error) => Some(self.cope(error).await),
        };
        let before = self.state.trouble();
        match (&before, &trouble) {
            (before, Some(reason)) if before.as_ref() != Some(reason) => {
                tracing::warn!(reason, "not following the registry");
            }
            (Some(_), None) => tracing::info!("following the registry"),
            _ => {}
        }
        self.state.set_trouble(trouble);
    }

    /// What is wrong, in words; without a model, the last good one is taken from disk.
    async fn cope(&mut self, error: SourceError) -> String {
        let reason = error.to_string();
        if self.serving.is_none() && !error.is_verdict() {
            match self.serve_last_good().await {
                Ok(true) => {}
                Ok(false) => {
                    self.state.metrics().model_loaded(ModelLoadOutcome::Failed);
                    return format!("{reason}; there is no copy of an earlier model on disk");
                }
                Err(second) => {
                    self.state.metrics().model_loaded(ModelLoadOutcome::Failed);
                    return format!("{reason}; the copy on disk cannot be served either: {second}");
                }
            }
        }
        match &self.serving {
            Some(serving) => format!("{reason}; version {} goes on being served", serving.version),
            None => reason,
        }
    }

    async fn follow(&mut self) -> Result<(), SourceError> {
        let store = self.connected().await?;
        let (model, alias) = (self.state.config().model.clone(), self.state.config().alias.clone());
        let version = tokio::time::timeout(ANSWER_WITHIN, resolve(store.as_ref(), &model, &alias))
            .await
            .map_err(|_| SourceError::Slow { after: ANSWER_WITHIN })??;
        let identity = self.identity(&version);
        if self.serving.as_ref() == Some(&identity) {
            return Ok(());
        }
        if let Some(rejected) = self.rejected.as_ref().filter(|rejected| rejected.identity == identity)
            && Instant::now() < rejected.until
        {
            return Err(SourceError::Rejected { reason: rejected.reason.clone() });
        }
        match self.fetch(store.as_ref(), &identity).await {
            Ok(model) => {
                self.rejected = None;
                self.serve(model, identity, Origin::Registry);
                Ok(())
            }
            Err(error) => {
                if self.serving.is_some() {
                    self.state.metrics().model_loaded(ModelLoadOutcome::Failed);
                }
                if error.is_about_the_version() {
                    self.reject(identity, &error);
                }
                Err(error)
            }
        }
    }

    async fn connected(&mut self) -> Result<Arc<dyn MlflowStore>, SourceError> {
        if let Some(store) = &self.store {
            return Ok(Arc::clone(store));
        }
        // Opening an embedded store creates it. Nothing can be in a new one: it would only hide a wrong
        // address.
        if let Some(path) = missing_database(&self.mlflow.tracking_uri) {
            return Err(SourceError::NoStore { path });
        }
        let store = mlflow_client::connect(&self.mlflow).await?;
        self.store = Some(Arc::clone(&store));
        Ok(store)
    }

    fn identity(&self, version: &ModelVersion) -> Identity {
        Identity::of(version, &self.state.config().alias, &self.mlflow.tracking_uri.to_string())
    }

    /// The model of a version, from its copy on disk where there is a sound one.
    async fn fetch(
        &self,
        store: &dyn MlflowStore,
        identity: &Identity,
    ) -> Result<ForecastModel, SourceError> {
        let folder = self.cache.folder(identity);
        if folder.exists() {
            match read(&folder, identity).await {
                Ok(model) => return Ok(model),
                Err(error) => {
                    tracing::warn!(reason = %error, "the copy on disk is no good; downloading it again");
                    self.cache.remove(&folder);
                }
            }
        }
        let staging = self.cache.staging()?;
        let outcome = self.download(store, identity, &staging).await;
        if outcome.is_err() {
            self.cache.remove(&staging);
        }
        outcome
    }

    async fn download(
        &self,
        store: &dyn MlflowStore,
        identity: &Identity,
        staging: &Path,
    ) -> Result<ForecastModel, SourceError> {
        let files = store.get_download_uri(&identity.name, identity.version).await?;
        let moved = store.download_dir(&files, staging).await.map_err(|error| self.cache.fault(error))?;
        tracing::debug!(files = moved.files, bytes = moved.bytes, version = identity.version, "downloaded");
        let model = read(staging, identity).await?;
        self.cache.keep(staging, identity)?;
        Ok(model)
    }

    /// Serves the copy on disk; `false` where there is none of this registry.
    async fn serve_last_good(&mut self) -> Result<bool, SourceError> {
        let Some(identity) = self.cache.last_good()? else { return Ok(false) };
        if identity.registry != self.mlflow.tracking_uri.to_string() {
            return Ok(false);
        }
        let model = read(&self.cache.folder(&identity), &identity).await?;
        self.serve(model, identity, Origin::Cache);
        Ok(true)
    }

    fn serve(&mut self, model: ForecastModel, identity: Identity, origin: Origin) {
        tracing::info!(
            model = identity.name,
            version = identity.version,
            run_id = identity.run_id,
            origin = origin.name(),
            "serving"
        );
        self.state.metrics().model_loaded(origin.outcome());
        if let Err(error) = self.cache.note_good(&identity) {
            tracing::warn!(reason = %error, "the model is served, but would not survive a restart without MLflow");
        }
        self.serving = Some(identity.clone());
        self.state.swap_model(ServedModel::new(model, identity, origin));
    }

    fn reject(&mut self, identity: Identity, error: &SourceError) {
        let again = self.rejected.take().filter(|rejected| rejected.identity == identity);
        let wait = again.map_or(self.state.config().poll_interval, |rejected| rejected.wait * 2);
        let wait = wait.min(LONGEST_WAIT);
        self.rejected =
            Some(Rejected { identity, reason: error.to_string(), wait, until: Instant::now() + wait });
    }
}

/// The file of an embedded store, if it is not there.
fn missing_database(uri: &TrackingUri) -> Option<PathBuf> {
    let TrackingUri::Sqlite(uri) = uri else { return None };
    let path = Path::new(uri.strip_prefix("sqlite:///")?);
    // What is not a file's name at all is said better by the store itself.
    if path.exists() || path == Path::new(":memory:") {
        return None;
    }
    Some(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

/// Reads a model on a thread of its own: it is work for the processor.
async fn read(folder: &Path, identity: &Identity) -> Result<ForecastModel, SourceError> {
    let folder: PathBuf = folder.to_owned();
    let outcome = tokio::task::spawn_blocking(move || artifact::read(&folder)).await?;
    outcome.map_err(|source| SourceError::Artifact {
        model: identity.name.clone(),
        version: identity.version,
        source,
    })
}

/// Up to a tenth more, so that many servers do not ask at the same moment.
fn jittered(interval: Duration) -> Duration {
    let random = f64::from(Uuid::new_v4().as_bytes()[0]) / f64::from(u8::MAX);
    interval.mul_f64(1.0 + 0.1 * random)
}
