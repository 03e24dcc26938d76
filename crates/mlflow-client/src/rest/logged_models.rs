//! Logged models on a server.

use async_trait::async_trait;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::RestStore;
use super::call::{Call, Repeat};
use super::tracking::search_body;
use crate::limits::LOGGED_MODEL_PARAMS;
use crate::types::{LoggedModel, LoggedModelQuery, LoggedModelStatus, NewLoggedModel, Paged, Tag};
use crate::{Error, LoggedModelStore, Result};

#[derive(Deserialize)]
struct OneModel {
    model: LoggedModel,
}

#[derive(Deserialize)]
struct Models {
    #[serde(default)]
    models: Vec<LoggedModel>,
    next_page_token: Option<String>,
}

/// The path of a model. An id that could not be one is missing for sure, and must not become
/// another path.
fn path(operation: &'static str, model_id: &str) -> Result<String> {
    if model_id.is_empty() || !model_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Err(Error::NotFound {
            operation,
            detail: format!("{model_id:?} is no id of a logged model"),
        });
    }
    Ok(format!("logged-models/{model_id}"))
}

#[async_trait]
impl LoggedModelStore for RestStore {
    async fn create_logged_model(&self, model: &NewLoggedModel) -> Result<LoggedModel> {
        let operation = "create logged model";
        let (first, rest) = model.params.split_at(model.params.len().min(LOGGED_MODEL_PARAMS));
        let request = NewLoggedModel { params: first.to_vec(), ..model.clone() };
        let call = Call::new(operation, Method::POST, "logged-models", Repeat::WithoutEffect).body(&request);
        let mut created = self.http.json::<OneModel>(&call).await?.model;
        for params in rest.chunks(LOGGED_MODEL_PARAMS) {
            let path = format!("{}/params", path(operation, &created.info.model_id)?);
            let call = Call::new(operation, Method::POST, path, Repeat::Freely)
                .body(&json!({"model_id": created.info.model_id, "params": params}));
            self.http.done(&call).await?;
            created.data.params.extend_from_slice(params);
        }
        Ok(created)
    }

    async fn get_logged_model(&self, model_id: &str) -> Result<LoggedModel> {
        let operation = "read logged model";
        let call = Call::get(operation, path(operation, model_id)?);
        Ok(self.http.json::<OneModel>(&call).await?.model)
    }

    async fn finalize_logged_model(&self, model_id: &str, status: LoggedModelStatus) -> Result<LoggedModel> {
        let operation = "finalize logged model";
        let call = Call::new(operation, Method::PATCH, path(operation, model_id)?, Repeat::Freely)
            .body(&json!({"model_id": model_id, "status": status}));
        Ok(self.http.json::<OneModel>(&call).await?.model)
    }

    async fn search_logged_models(&self, query: &LoggedModelQuery) -> Result<Paged<LoggedModel>> {
        let mut body = search_body(query.filter.as_ref(), &[], query.max_results, query.page_token.as_ref());
        body.insert("experiment_ids".to_owned(), json!(query.experiment_ids));
        if !query.order_by.is_empty() {
            body.insert("order_by".to_owned(), json!(query.order_by));
        }
        let call = Call::new("search logged models", Method::POST, "logged-models/search", Repeat::Freely)
            .body(&body);
        let page: Models = self.http.json(&call).await?;
        Ok(Paged::new(page.models, page.next_page_token))
    }

    async fn set_logged_model_tags(&self, model_id: &str, tags: &[Tag]) -> Result<()> {
        let operation = "tag logged model";
        let path = format!("{}/tags", path(operation, model_id)?);
        let call = Call::new(operation, Method::PATCH, path, Repeat::Freely)
            .body(&json!({"model_id": model_id, "tags": tags}));
        self.http.done(&call).await
    }

    async fn delete_logged_model(&self, model_id: &str) -> Result<()> {
        let operation = "delete logged model";
        let call = Call::new(operation, Method::DELETE, path(operation, model_id)?, Repeat::WithoutEffect);
        self.http.done(&call).await
    }
}
