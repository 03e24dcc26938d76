//! The model registry on a server.

use async_trait::async_trait;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::RestStore;
use super::call::{Call, Repeat};
use crate::store::versions_of;
use crate::types::{
    ModelVersion, NewModelVersion, NewRegisteredModel, OthersInStage, Paged, RegisteredModel, RegistryQuery,
    Stage, StageTransition, Tag,
};
use crate::{ArtifactUri, Error, RegistryStore, Result};

#[derive(Deserialize)]
struct OneModel {
    registered_model: RegisteredModel,
}

#[derive(Deserialize)]
struct Models {
    #[serde(default)]
    registered_models: Vec<RegisteredModel>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct OneVersion {
    model_version: ModelVersion,
}

#[derive(Deserialize)]
struct Versions {
    #[serde(default)]
    model_versions: Vec<ModelVersion>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct DownloadUri {
    artifact_uri: String,
}

fn search(operation: &'static str, path: &str, query: &RegistryQuery) -> Call {
    let call = Call::get(operation, path)
        .optional_query("filter", query.filter.as_ref())
        .optional_query("max_results", query.max_results)
        .optional_query("page_token", query.page_token.as_ref());
    query.order_by.iter().fold(call, |call, order| call.query("order_by", order))
}

/// A call on one registered model or version, which its body names.
fn change(operation: &'static str, method: Method, path: &str, body: &Value) -> Call {
    Call::new(operation, method, path, Repeat::Freely).body(body)
}

fn with_model_ids(versions: Vec<ModelVersion>) -> Vec<ModelVersion> {
    versions.into_iter().map(ModelVersion::with_model_id).collect()
}

impl RestStore {
    async fn move_to_stage(&self, name: &str, version: u64, stage: Stage) -> Result<ModelVersion> {
        let body = json!({
            "name": name,
            "version": version.to_string(),
            "stage": stage,
            // Archiving on the server fails on PostgreSQL with psycopg 3 (mlflow/mlflow#24592).
            "archive_existing_versions": false,
        });
        let call = change("change stage", Method::POST, "model-versions/transition-stage", &body);
        Ok(self.http.json::<OneVersion>(&call).await?.model_version.with_model_id())
    }
}

#[async_trait]
impl RegistryStore for RestStore {
    async fn create_registered_model(&self, model: &NewRegisteredModel) -> Result<RegisteredModel> {
        let call = Call::new(
            "create registered model",
            Method::POST,
            "registered-models/create",
            Repeat::WithoutEffect,
        )
        .body(model);
        Ok(self.http.json::<OneModel>(&call).await?.registered_model.with_model_ids())
    }

    async fn get_registered_model(&self, name: &str) -> Result<RegisteredModel> {
        let call = Call::get("read registered model", "registered-models/get").query("name", name);
        Ok(self.http.json::<OneModel>(&call).await?.registered_model.with_model_ids())
    }

    async fn search_registered_models(&self, query: &RegistryQuery) -> Result<Paged<RegisteredModel>> {
        let call = search("search registered models", "registered-models/search", query);
        let page: Models = self.http.json(&call).await?;
        Ok(Paged::new(
            page.registered_models.into_iter().map(RegisteredModel::with_model_ids).collect(),
            page.next_page_token,
        ))
    }

    async fn update_registered_model(&self, name: &str, description: &str) -> Result<RegisteredModel> {
        let body = json!({"name": name, "description": description});
        let call = change("describe registered model", Method::PATCH, "registered-models/update", &body);
        Ok(self.http.json::<OneModel>(&call).await?.registered_model.with_model_ids())
    }

    async fn delete_registered_model(&self, name: &str) -> Result<()> {
        let call = Call::new(
            "delete registered model",
            Method::DELETE,
            "registered-models/delete",
            Repeat::WithoutEffect,
        )
        .body(&json!({"name": name}));
        self.http.done(&call).await
    }

    async fn set_registered_model_tag(&self, name: &str, tag: &Tag) -> Result<()> {
        let body = json!({"name": name, "key": tag.key, "value": tag.value});
        let call = change("tag registered model", Method::POST, "registered-models/set-tag", &body);
        self.http.done(&call).await
    }

    async fn delete_registered_model_tag(&self, name: &str, key: &str) -> Result<()> {
        let body = json!({"name": name, "key": key});
        let path = "registered-models/delete-tag";
        self.http.done(&change("remove tag of registered model", Method::DELETE, path, &body)).await
    }

    async fn create_model_version(&self, version: &NewModelVersion) -> Result<ModelVersion> {
        let call =
            Call::new("create model version", Method::POST, "model-versions/create", Repeat::WithoutEffect)
                .body(version);
        Ok(self.http.json::<OneVersion>(&call).await?.model_version.with_model_id())
    }

    async fn get_model_version(&self, name: &str, version: u64) -> Result<ModelVersion> {
        let call = Call::get("read model version", "model-versions/get")
            .query("name", name)
            .query("version", version);
        Ok(self.http.json::<OneVersion>(&call).await?.model_version.with_model_id())
    }

    async fn get_model_version_by_alias(&self, name: &str, alias: &str) -> Result<ModelVersion> {
        let call =
            Call::get("read alias", "registered-models/alias").query("name", name).query("alias", alias);
        match self.http.json::<OneVersion>(&call).await {
            Ok(answer) => Ok(answer.model_version.with_model_id()),
            // A server answers "invalid parameter" where an alias is missing.
            Err(Error::InvalidParameter { operation, detail }) if detail.contains("not found") => {
                Err(Error::NotFound { operation, detail })
            }
            Err(error) => Err(error),
        }
    }

    async fn get_latest_versions(&self, name: &str, stages: &[Stage]) -> Result<Vec<ModelVersion>> {
        let body = json!({"name": name, "stages": stages});
        let path = "registered-models/get-latest-versions";
        let call = change("read latest versions", Method::POST, path, &body);
        Ok(with_model_ids(self.http.json::<Versions>(&call).await?.model_versions))
    }

    async fn search_model_versions(&self, query: &RegistryQuery) -> Result<Paged<ModelVersion>> {
        let call = search("search model versions", "model-versions/search", query);
        let page: Versions = self.http.json(&call).await?;
        Ok(Paged::new(with_model_ids(page.model_versions), page.next_page_token))
    }

    async fn update_model_version(
        &self,
        name: &str,
        version: u64,
        description: &str,
    ) -> Result<ModelVersion> {
        let body = json!({"name": name, "version": version.to_string(), "description": description});
        let call = change("describe model version", Method::PATCH, "model-versions/update", &body);
        Ok(self.http.json::<OneVersion>(&call).await?.model_version.with_model_id())
    }

    async fn transition_stage(&self, transition: &StageTransition) -> Result<ModelVersion> {
        let StageTransition { name, version, stage, others } = transition;
        if *others == OthersInStage::Archive && !matches!(stage, Stage::Staging | Stage::Production) {
            return Err(Error::InvalidParameter {
                operation: "change stage",
                detail: format!("others can be archived from Staging and Production only, not from {stage}"),
            });
        }
        let moved = self.move_to_stage(name, *version, *stage).await?;
        if *others == OthersInStage::Archive {
            for other in versions_of(self, name).await? {
                if other.version != *version && other.current_stage == *stage {
                    self.move_to_stage(name, other.version, Stage::Archived).await?;
                }
            }
        }
        Ok(moved)
    }

    async fn delete_model_version(&self, name: &str, version: u64) -> Result<()> {
        let call =
            Call::new("delete model version", Method::DELETE, "model-versions/delete", Repeat::WithoutEffect)
                .body(&json!({"name": name, "version": version.to_string()}));
        self.http.done(&call).await
    }

    async fn set_model_version_tag(&self, name: &str, version: u64, tag: &Tag) -> Result<()> {
        let body = json!({"name": name, "version": version.to_string(), "key": tag.key, "value": tag.value});
        self.http.done(&change("tag model version", Method::POST, "model-versions/set-tag", &body)).await
    }

    async fn delete_model_version_tag(&self, name: &str, version: u64, key: &str) -> Result<()> {
        let body = json!({"name": name, "version": version.to_string(), "key": key});
        let path = "model-versions/delete-tag";
        self.http.done(&change("remove tag of model version", Method::DELETE, path, &body)).await
    }

    async fn set_alias(&self, name: &str, alias: &str, version: u64) -> Result<()> {
        let body = json!({"name": name, "alias": alias, "version": version.to_string()});
        self.http.done(&change("set alias", Method::POST, "registered-models/alias", &body)).await
    }

    async fn delete_alias(&self, name: &str, alias: &str) -> Result<()> {
        let body = json!({"name": name, "alias": alias});
        self.http.done(&change("remove alias", Method::DELETE, "registered-models/alias", &body)).await
    }

    async fn get_download_uri(&self, name: &str, version: u64) -> Result<ArtifactUri> {
        let call = Call::get("find files of model version", "model-versions/get-download-uri")
            .query("name", name)
            .query("version", version);
        ArtifactUri::new(self.http.json::<DownloadUri>(&call).await?.artifact_uri)
    }
}
