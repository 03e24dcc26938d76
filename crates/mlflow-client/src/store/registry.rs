//! Registered models, versions, aliases and stages.

use async_trait::async_trait;

use crate::types::{
    ModelVersion, NewModelVersion, NewRegisteredModel, Paged, RegisteredModel, RegistryQuery, Stage,
    StageTransition, Tag,
};
use crate::{ArtifactUri, Result};

/// The model registry of a store.
#[async_trait]
pub trait RegistryStore: Send + Sync {
    /// Creates a registered model.
    ///
    /// # Errors
    /// `AlreadyExists`; `InvalidParameter` for a malformed name.
    async fn create_registered_model(&self, model: &NewRegisteredModel) -> Result<RegisteredModel>;

    /// Reads a registered model.
    ///
    /// # Errors
    /// `NotFound`.
    async fn get_registered_model(&self, name: &str) -> Result<RegisteredModel>;

    /// Finds registered models.
    ///
    /// # Errors
    /// `InvalidParameter` for a filter or order that is not understood.
    async fn search_registered_models(&self, query: &RegistryQuery) -> Result<Paged<RegisteredModel>>;

    /// Replaces the description of a registered model.
    ///
    /// # Errors
    /// `NotFound`.
    async fn update_registered_model(&self, name: &str, description: &str) -> Result<RegisteredModel>;

    /// Deletes a registered model with all its versions and aliases.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete_registered_model(&self, name: &str) -> Result<()>;

    /// Sets a tag of a registered model, replacing its earlier value.
    ///
    /// # Errors
    /// `NotFound`.
    async fn set_registered_model_tag(&self, name: &str, tag: &Tag) -> Result<()>;

    /// Removes a tag of a registered model; does nothing where there is none.
    ///
    /// # Errors
    /// `NotFound` if there is no such model.
    async fn delete_registered_model_tag(&self, name: &str, key: &str) -> Result<()>;

    /// Creates the next version of a registered model.
    ///
    /// # Errors
    /// `NotFound` if there is no such registered model; `InvalidParameter` for a source that is
    /// refused (see [`NewModelVersion::source`]).
    async fn create_model_version(&self, version: &NewModelVersion) -> Result<ModelVersion>;

    /// Reads a version.
    ///
    /// # Errors
    /// `NotFound`.
    async fn get_model_version(&self, name: &str, version: u64) -> Result<ModelVersion>;

    /// Reads the version that an alias points at.
    ///
    /// # Errors
    /// `NotFound` if there is no such model or alias.
    async fn get_model_version_by_alias(&self, name: &str, alias: &str) -> Result<ModelVersion>;

    /// The newest version of each of the stages, or of every stage if none is given. Stages
    /// without a version are left out.
    ///
    /// # Errors
    /// `NotFound`.
    async fn get_latest_versions(&self, name: &str, stages: &[Stage]) -> Result<Vec<ModelVersion>>;

    /// Finds versions.
    ///
    /// # Errors
    /// `InvalidParameter` for a filter or order that is not understood.
    async fn search_model_versions(&self, query: &RegistryQuery) -> Result<Paged<ModelVersion>>;

    /// Replaces the description of a version.
    ///
    /// # Errors
    /// `NotFound`.
    async fn update_model_version(&self, name: &str, version: u64, description: &str)
    -> Result<ModelVersion>;

    /// Moves a version to another stage.
    ///
    /// # Errors
    /// `NotFound`; `Unsupported` on a server without stages.
    async fn transition_stage(&self, transition: &StageTransition) -> Result<ModelVersion>;

    /// Deletes a version and the aliases that point at it.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete_model_version(&self, name: &str, version: u64) -> Result<()>;

    /// Sets a tag of a version, replacing its earlier value.
    ///
    /// # Errors
    /// `NotFound`.
    async fn set_model_version_tag(&self, name: &str, version: u64, tag: &Tag) -> Result<()>;

    /// Removes a tag of a version; does nothing where there is none.
    ///
    /// # Errors
    /// `NotFound` if there is no such version.
    async fn delete_model_version_tag(&self, name: &str, version: u64, key: &str) -> Result<()>;

    /// Points an alias at a version, away from the one it pointed at before, in one step.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` for a malformed or reserved alias.
    async fn set_alias(&self, name: &str, alias: &str, version: u64) -> Result<()>;

    /// Removes an alias; does nothing where there is none.
    ///
    /// # Errors
    /// `NotFound` if there is no such model.
    async fn delete_alias(&self, name: &str, alias: &str) -> Result<()>;

    /// Where the files of a version are.
    ///
    /// # Errors
    /// `NotFound`.
    async fn get_download_uri(&self, name: &str, version: u64) -> Result<ArtifactUri>;
}
