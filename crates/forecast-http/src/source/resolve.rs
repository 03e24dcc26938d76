//! Which version the registry wants served: the alias, and the stage of that name where there is no
//! alias (ADR 3).

use mlflow_client::MlflowStore;
use mlflow_client::types::{ModelVersion, Stage};

use super::error::SourceError;

/// The version that an alias of a model points at.
pub(crate) async fn resolve(
    store: &dyn MlflowStore,
    model: &str,
    alias: &str,
) -> Result<ModelVersion, SourceError> {
    match store.get_model_version_by_alias(model, alias).await {
        Ok(version) => return Ok(version),
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error.into()),
    }
    match store.get_registered_model(model).await {
        Ok(_) => {}
        Err(error) if error.is_not_found() => return Err(SourceError::NoModel { model: model.to_owned() }),
        Err(error) => return Err(error.into()),
    }
    by_stage(store, model, alias)
        .await?
        .ok_or_else(|| SourceError::NoVersion { model: model.to_owned(), alias: alias.to_owned() })
}

/// The newest version in the stage of that name, where the store still has stages.
async fn by_stage(
    store: &dyn MlflowStore,
    model: &str,
    alias: &str,
) -> Result<Option<ModelVersion>, SourceError> {
    let Some(stage @ (Stage::Production | Stage::Staging)) = Stage::parse(alias) else { return Ok(None) };
    match store.get_latest_versions(model, &[stage]).await {
        Ok(versions) => Ok(versions.into_iter().max_by_key(|version| version.version)),
        Err(mlflow_client::Error::Unsupported { .. }) => Ok(None),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.into()),
    }
}
