//! Logged models: what runs made.

use async_trait::async_trait;

use crate::Result;
use crate::types::{LoggedModel, LoggedModelQuery, LoggedModelStatus, NewLoggedModel, Paged, Tag};

/// Logged models of a store.
#[async_trait]
pub trait LoggedModelStore: Send + Sync {
    /// Creates a logged model in status pending. Params beyond the server's limit per request are
    /// sent in further ones.
    ///
    /// # Errors
    /// `NotFound` if there is no such experiment; `InvalidParameter` for a malformed name.
    async fn create_logged_model(&self, model: &NewLoggedModel) -> Result<LoggedModel>;

    /// Reads a logged model.
    ///
    /// # Errors
    /// `NotFound`, also if it has been deleted.
    async fn get_logged_model(&self, model_id: &str) -> Result<LoggedModel>;

    /// Says that all files of a model are there, or never will be.
    ///
    /// # Errors
    /// `NotFound`.
    async fn finalize_logged_model(&self, model_id: &str, status: LoggedModelStatus) -> Result<LoggedModel>;

    /// Finds logged models.
    ///
    /// # Errors
    /// `InvalidParameter` for a filter or order that is not understood.
    async fn search_logged_models(&self, query: &LoggedModelQuery) -> Result<Paged<LoggedModel>>;

    /// Sets tags, replacing earlier values.
    ///
    /// # Errors
    /// `NotFound`.
    async fn set_logged_model_tags(&self, model_id: &str, tags: &[Tag]) -> Result<()>;

    /// Deletes a logged model. Its files stay.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete_logged_model(&self, model_id: &str) -> Result<()>;
}
