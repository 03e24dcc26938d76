//! [`RegistryStore`] on MLflow's tables.
//!
//! Each call is one transaction: version numbers and aliases cannot be given out twice.

use async_trait::async_trait;

use super::EmbeddedStore;
use super::tables::{aliases, model_versions, registered_models};
use crate::types::{
    ModelVersion, NewModelVersion, NewRegisteredModel, Paged, RegisteredModel, RegistryQuery, Stage,
    StageTransition, Tag,
};
use crate::{ArtifactUri, RegistryStore, Result};

#[async_trait]
impl RegistryStore for EmbeddedStore {
    async fn create_registered_model(&self, model: &NewRegisteredModel) -> Result<RegisteredModel> {
        let model = model.clone();
        self.database
            .write("create a registered model", move |connection| {
                registered_models::create(connection, &model)
            })
            .await
    }

    async fn get_registered_model(&self, name: &str) -> Result<RegisteredModel> {
        let name = name.to_owned();
        self.database
            .read("get a registered model", move |connection| registered_models::get(connection, &name))
            .await
    }

    async fn search_registered_models(&self, query: &RegistryQuery) -> Result<Paged<RegisteredModel>> {
        let query = query.clone();
        self.database
            .read("search registered models", move |connection| registered_models::search(connection, &query))
            .await
    }

    async fn update_registered_model(&self, name: &str, description: &str) -> Result<RegisteredModel> {
        let name = name.to_owned();
        let description = description.to_owned();
        self.database
            .write("update a registered model", move |connection| {
                registered_models::update(connection, &name, &description)
            })
            .await
    }

    async fn delete_registered_model(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.database
            .write("delete a registered model", move |connection| {
                registered_models::delete(connection, &name)
            })
            .await
    }

    async fn set_registered_model_tag(&self, name: &str, tag: &Tag) -> Result<()> {
        let name = name.to_owned();
        let tag = tag.clone();
        self.database
            .write("tag a registered model", move |connection| {
                registered_models::set_tag(connection, &name, &tag)
            })
            .await
    }

    async fn delete_registered_model_tag(&self, name: &str, key: &str) -> Result<()> {
        let name = name.to_owned();
        let key = key.to_owned();
        self.database
            .write("delete a registered model's tag", move |connection| {
                registered_models::delete_tag(connection, &name, &key)
            })
            .await
    }

    async fn create_model_version(&self, version: &NewModelVersion) -> Result<ModelVersion> {
        let version = version.clone();
        self.database
            .write("create a model version", move |connection| model_versions::create(connection, &version))
            .await
    }

    async fn get_model_version(&self, name: &str, version: u64) -> Result<ModelVersion> {
        let name = name.to_owned();
        self.database
            .read("get a model version", move |connection| model_versions::get(connection, &name, version))
            .await
    }

    async fn get_model_version_by_alias(&self, name: &str, alias: &str) -> Result<ModelVersion> {
        let name = name.to_owned();
        let alias = alias.to_owned();
        self.database
            .read("get a model version by alias", move |connection| {
                aliases::version(connection, &name, &alias)
            })
            .await
    }

    async fn get_latest_versions(&self, name: &str, stages: &[Stage]) -> Result<Vec<ModelVersion>> {
        let name = name.to_owned();
        let stages = stages.to_vec();
        self.database
            .read("get latest versions", move |connection| {
                model_versions::latest_of_existing(connection, &name, &stages)
            })
            .await
    }

    async fn search_model_versions(&self, query: &RegistryQuery) -> Result<Paged<ModelVersion>> {
        let query = query.clone();
        self.database
            .read("search model versions", move |connection| model_versions::search(connection, &query))
            .await
    }

    async fn update_model_version(
        &self,
        name: &str,
        version: u64,
        description: &str,
    ) -> Result<ModelVersion> {
        let name = name.to_owned();
        let description = description.to_owned();
        self.database
            .write("update a model version", move |connection| {
                model_versions::update(connection, &name, version, &description)
            })
            .await
    }

    async fn transition_stage(&self, transition: &StageTransition) -> Result<ModelVersion> {
        let transition = transition.clone();
        self.database
            .write("transition a model version's stage", move |connection| {
                model_versions::transition(connection, &transition)
            })
            .await
    }

    async fn delete_model_version(&self, name: &str, version: u64) -> Result<()> {
        let name = name.to_owned();
        self.database
            .write("delete a model version", move |connection| {
                model_versions::delete(connection, &name, version)
            })
            .await
    }

    async fn set_model_version_tag(&self, name: &str, version: u64, tag: &Tag) -> Result<()> {
        let name = name.to_owned();
        let tag = tag.clone();
        self.database
            .write("tag a model version", move |connection| {
                model_versions::set_tag(connection, &name, version, &tag)
            })
            .await
    }

    async fn delete_model_version_tag(&self, name: &str, version: u64, key: &str) -> Result<()> {
        let name = name.to_owned();
        let key = key.to_owned();
        self.database
            .write("delete a model version's tag", move |connection| {
                model_versions::delete_tag(connection, &name, version, &key)
            })
            .await
    }

    async fn set_alias(&self, name: &str, alias: &str, version: u64) -> Result<()> {
        let name = name.to_owned();
        let alias = alias.to_owned();
        self.database
            .write("set an alias", move |connection| aliases::set(connection, &name, &alias, version))
            .await
    }

    async fn delete_alias(&self, name: &str, alias: &str) -> Result<()> {
        let name = name.to_owned();
        let alias = alias.to_owned();
        self.database
            .write("delete an alias", move |connection| aliases::delete(connection, &name, &alias))
            .await
    }

    async fn get_download_uri(&self, name: &str, version: u64) -> Result<ArtifactUri> {
        let name = name.to_owned();
        self.database
            .read("get a download URI", move |connection| {
                model_versions::download_uri(connection, &name, version)
            })
            .await
    }
}
