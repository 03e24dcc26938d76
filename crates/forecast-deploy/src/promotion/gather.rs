//! Reading the facts of a promotion. Nothing here writes.

use std::collections::BTreeMap;

use mlflow_client::store::versions_of;
use mlflow_client::types::{LoggedModel, LoggedModelQuery, LoggedModelStatus, RunInfo};
use mlflow_client::{Error, MlflowStore};

use super::{Facts, GatherError, Registry, Stages, files};

/// Reads what a promotion of the run to the registered model `name` is decided on.
///
/// A run, registered model or version that does not exist is a fact, not an error.
///
/// # Errors
/// [`GatherError`] where the store cannot be asked.
pub async fn gather(store: &dyn MlflowStore, name: &str, run_id: &str) -> Result<Facts, GatherError> {
    let run = found(store.get_run(run_id).await).map_err(GatherError::reading(format!("run {run_id}")))?;
    let models = match &run {
        Some(run) => models_of(store, &run.info).await?,
        None => Vec::new(),
    };
    let mut missing_files = BTreeMap::new();
    for model in models.iter().filter(|model| model.info.source_run_id == run_id) {
        if model.info.status == LoggedModelStatus::Ready {
            let id = &model.info.model_id;
            let missing = files::missing(store, model).await;
            let missing = missing.map_err(GatherError::reading(format!("the files of model {id}")))?;
            if !missing.is_empty() {
                missing_files.insert(id.clone(), missing);
            }
        }
    }
    let registry = registry(store, name).await?;
    Ok(Facts { run_id: run_id.to_owned(), run, models, missing_files, registry })
}

/// Reads a registered model with all its versions.
pub(super) async fn registry(store: &dyn MlflowStore, name: &str) -> Result<Registry, GatherError> {
    let reading = || GatherError::reading(format!("the registered model {name}"));
    let model = found(store.get_registered_model(name).await).map_err(reading())?;
    let versions = match model {
        Some(_) => versions_of(store, name).await.map_err(reading())?,
        None => Vec::new(),
    };
    let stages = match model {
        // Somebody may have deleted the model a moment ago: that says nothing of stages.
        Some(_) => match found(store.get_latest_versions(name, &[]).await) {
            Ok(_) => Stages::Kept,
            Err(error) if has_no_stages(&error) => Stages::Gone,
            Err(error) => return Err(reading()(error)),
        },
        None => Stages::Kept,
    };
    Ok(Registry { name: name.to_owned(), model, versions, stages })
}

/// Whether a call about stages failed because the store has none. A server that has dropped the
/// endpoint answers with a page; all other calls have worked by then, so that it is an MLflow.
pub(super) fn has_no_stages(error: &Error) -> bool {
    matches!(error, Error::Unsupported { .. } | Error::Protocol { .. })
}

async fn models_of(store: &dyn MlflowStore, run: &RunInfo) -> Result<Vec<LoggedModel>, GatherError> {
    let mut query = LoggedModelQuery {
        experiment_ids: vec![run.experiment_id.clone()],
        filter: Some(format!("source_run_id = '{}'", run.run_id)),
        ..LoggedModelQuery::default()
    };
    let mut all = Vec::new();
    loop {
        let page = store.search_logged_models(&query).await;
        let page = page.map_err(GatherError::reading(format!("the models of run {}", run.run_id)))?;
        all.extend(page.items);
        match page.next_page_token {
            Some(token) => query.page_token = Some(token),
            None => return Ok(all),
        }
    }
}

/// What does not exist is nothing rather than an error.
pub(super) fn found<T>(answer: mlflow_client::Result<T>) -> mlflow_client::Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
