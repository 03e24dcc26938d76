//! [`LoggedModelStore`] on MLflow's tables.
//!
//! Each call is one transaction.

use async_trait::async_trait;

use super::EmbeddedStore;
use super::tables::logged_models;
use crate::types::{LoggedModel, LoggedModelQuery, LoggedModelStatus, NewLoggedModel, Paged, Tag};
use crate::{LoggedModelStore, Result};

#[async_trait]
impl LoggedModelStore for EmbeddedStore {
    async fn create_logged_model(&self, model: &NewLoggedModel) -> Result<LoggedModel> {
        let model = model.clone();
        self.database
            .write("create a logged model", move |connection| logged_models::create(connection, &model))
            .await
    }

    async fn get_logged_model(&self, model_id: &str) -> Result<LoggedModel> {
        let model_id = model_id.to_owned();
        self.database
            .read("get a logged model", move |connection| logged_models::get(connection, &model_id))
            .await
    }

    async fn finalize_logged_model(&self, model_id: &str, status: LoggedModelStatus) -> Result<LoggedModel> {
        let model_id = model_id.to_owned();
        self.database
            .write("finalize a logged model", move |connection| {
                logged_models::finalize(connection, &model_id, status)
            })
            .await
    }

    async fn search_logged_models(&self, query: &LoggedModelQuery) -> Result<Paged<LoggedModel>> {
        let query = query.clone();
        self.database
            .read("search logged models", move |connection| logged_models::search(connection, &query))
            .await
    }

    async fn set_logged_model_tags(&self, model_id: &str, tags: &[Tag]) -> Result<()> {
        let model_id = model_id.to_owned();
        let tags = tags.to_vec();
        self.database
            .write("tag a logged model", move |connection| {
                logged_models::set_tags(connection, &model_id, &tags)
            })
            .await
    }

    async fn delete_logged_model(&self, model_id: &str) -> Result<()> {
        let model_id = model_id.to_owned();
        self.database
            .write("delete a logged model", move |connection| logged_models::delete(connection, &model_id))
            .await
    }
}
