//! The call order of MLflow's own client, in steps that compose.
//!
//! MLflow's page shows a model only if the calls come in this order (captured from the official
//! client of 3.17): create the logged model (pending) → name it as an output of the run → log its
//! metrics with its id → upload its files → finalize as ready. A version is made from a model
//! that is ready, never before: so nothing half-written can be registered, whenever the process
//! dies.

use std::path::Path;

use crate::store::versions_of;
use crate::types::{
    Batch, LoggedModel, LoggedModelStatus, Metric, ModelOutput, ModelVersion, ModelVersionStatus,
    NewLoggedModel, NewModelVersion, NewRegisteredModel, Param, RunInfo, Tag,
};
use crate::{Error, MlflowStore, Result};

/// A model artifact to log: what it is called and what is known of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewModelArtifact {
    /// Name shown on the page, without `/ : . % " '`.
    pub name: String,
    /// Kind of model, shown on the page.
    pub model_type: Option<String>,
    /// Measurements of this model; the id is filled in.
    pub metrics: Vec<Metric>,
    /// Inputs of its making.
    pub params: Vec<Param>,
    /// Notes.
    pub tags: Vec<Tag>,
    /// The step it came out at.
    pub step: i64,
}

/// Logs a folder as a model of a run. The returned model is ready: all its files are up.
///
/// The steps are [`begin_model`], the upload and [`finish_model`]; call them yourself where the
/// files need the model's id (an `MLmodel` file names it).
///
/// # Errors
/// Those of the store. The model is then marked as failed where the store still answers.
pub async fn log_model_artifact<S: MlflowStore + ?Sized>(
    store: &S,
    run: &RunInfo,
    folder: &Path,
    artifact: &NewModelArtifact,
) -> Result<LoggedModel> {
    let model = begin_model(store, run, artifact).await?;
    finish_model(store, &model, folder).await
}

/// Creates a pending model, names it as an output of the run and logs its metrics.
///
/// # Errors
/// Those of the store.
pub async fn begin_model<S: MlflowStore + ?Sized>(
    store: &S,
    run: &RunInfo,
    artifact: &NewModelArtifact,
) -> Result<LoggedModel> {
    let model = store
        .create_logged_model(&NewLoggedModel {
            experiment_id: run.experiment_id.clone(),
            name: Some(artifact.name.clone()),
            source_run_id: Some(run.run_id.clone()),
            model_type: artifact.model_type.clone(),
            params: artifact.params.clone(),
            tags: artifact.tags.clone(),
        })
        .await?;
    let model_id = &model.info.model_id;
    let output = ModelOutput { model_id: model_id.clone(), step: artifact.step };
    store.log_outputs(&run.run_id, &[output]).await?;
    let metrics: Vec<_> =
        artifact.metrics.iter().map(|metric| metric.clone().of_model(model_id.as_str())).collect();
    if !metrics.is_empty() {
        store.log_batch(&run.run_id, &Batch { metrics, ..Batch::default() }).await?;
    }
    Ok(model)
}

/// Uploads the files of a pending model and says that it is ready. May be called again after a
/// failure: files are replaced.
///
/// # Errors
/// Those of the store. The model is then marked as failed where the store still answers.
pub async fn finish_model<S: MlflowStore + ?Sized>(
    store: &S,
    model: &LoggedModel,
    folder: &Path,
) -> Result<LoggedModel> {
    let model_id = &model.info.model_id;
    match store.upload_dir(folder, &model.info.artifact_root()?).await {
        Ok(moved) => {
            tracing::debug!(model_id, files = moved.files, bytes = moved.bytes, "model uploaded");
            store.finalize_logged_model(model_id, LoggedModelStatus::Ready).await
        }
        Err(error) => {
            // The first error is the one to report; this one would only hide it.
            if let Err(second) = store.finalize_logged_model(model_id, LoggedModelStatus::UploadFailed).await
            {
                tracing::warn!(model_id, error = %second, "cannot mark the model as failed");
            }
            Err(error)
        }
    }
}

/// Registers a ready model under a name, creating the registered model where there is none.
/// Registering the same model under the same name again returns the version made before, also where
/// two callers do it at the same time: the earlier version stays, the later one is taken back.
///
/// # Errors
/// [`Error::InvalidParameter`] if the model is not ready; those of the store.
pub async fn register_version<S: MlflowStore + ?Sized>(
    store: &S,
    name: &str,
    model: &LoggedModel,
) -> Result<ModelVersion> {
    let info = &model.info;
    if info.status != LoggedModelStatus::Ready {
        return Err(Error::InvalidParameter {
            operation: "register a model version",
            detail: format!(
                "logged model {} is {:?}, not ready; upload all its files and finalize it first",
                info.model_id, info.status
            ),
        });
    }
    ensure_registered_model(store, name).await?;
    if let Some(version) = version_of_model(store, name, &info.model_id).await? {
        return Ok(version);
    }
    let created = store
        .create_model_version(&NewModelVersion {
            name: name.to_owned(),
            source: model.source_uri(),
            run_id: Some(info.source_run_id.clone()).filter(|run_id| !run_id.is_empty()),
            model_id: Some(info.model_id.clone()),
            ..NewModelVersion::default()
        })
        .await?;
    match version_of_model(store, name, &info.model_id).await? {
        // Somebody else was quicker. Whoever looks takes the earlier one, so nobody has this one yet.
        Some(earlier) if earlier.version < created.version => {
            store.delete_model_version(name, created.version).await?;
            Ok(earlier)
        }
        _ => Ok(created),
    }
}

/// The version that stands for a logged model: the earliest that is ready, else the earliest.
async fn version_of_model<S: MlflowStore + ?Sized>(
    store: &S,
    name: &str,
    model_id: &str,
) -> Result<Option<ModelVersion>> {
    let own = versions_of(store, name).await?.into_iter().filter(|version| version.model_id == model_id);
    Ok(own.min_by_key(|version| (version.status != ModelVersionStatus::Ready, version.version)))
}

/// Creates a registered model unless it exists.
///
/// # Errors
/// Those of the store, except that it exists.
pub async fn ensure_registered_model<S: MlflowStore + ?Sized>(store: &S, name: &str) -> Result<()> {
    match store.create_registered_model(&NewRegisteredModel::new(name)).await {
        Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Creates an experiment unless it exists, and returns its id.
///
/// # Errors
/// [`Error::InvalidParameter`] if it is in the bin; those of the store.
pub async fn ensure_experiment<S: MlflowStore + ?Sized>(store: &S, name: &str) -> Result<String> {
    use crate::types::{LifecycleStage, NewExperiment};
    let found = match store.get_experiment_by_name(name).await {
        Err(Error::NotFound { .. }) => match store.create_experiment(&NewExperiment::new(name)).await {
            // Somebody else was quicker.
            Err(Error::AlreadyExists { .. }) => store.get_experiment_by_name(name).await?,
            created => return created,
        },
        found => found?,
    };
    if found.lifecycle_stage == LifecycleStage::Deleted {
        return Err(Error::InvalidParameter {
            operation: "use an experiment",
            detail: format!("experiment {name:?} is deleted; restore it or choose another name"),
        });
    }
    Ok(found.experiment_id)
}
