//! Logged models: the models that runs made, before anybody registers them.

use serde::{Deserialize, Serialize};

use super::tag::tag_value;
use super::{Metric, Param, Tag, wire};

/// Whether a logged model may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum LoggedModelStatus {
    /// Not known.
    #[default]
    #[serde(rename = "LOGGED_MODEL_STATUS_UNSPECIFIED")]
    Unspecified,
    /// Its files are still on the way.
    #[serde(rename = "LOGGED_MODEL_PENDING")]
    Pending,
    /// All files are there.
    #[serde(rename = "LOGGED_MODEL_READY")]
    Ready,
    /// Its files will not come.
    #[serde(rename = "LOGGED_MODEL_UPLOAD_FAILED")]
    UploadFailed,
}

/// A model that a run made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedModel {
    /// Identity and status.
    pub info: LoggedModelInfo,
    /// Params and metrics.
    #[serde(default)]
    pub data: LoggedModelData,
}

/// Identity and status of a logged model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedModelInfo {
    /// `m-` and 32 hexadecimal digits.
    pub model_id: String,
    /// The experiment it belongs to.
    pub experiment_id: String,
    /// What people call it; need not be unique.
    #[serde(default)]
    pub name: String,
    /// When it was created.
    #[serde(rename = "creation_timestamp_ms", with = "wire::int64", default)]
    pub creation_time_ms: i64,
    /// When it was last changed.
    #[serde(rename = "last_updated_timestamp_ms", with = "wire::int64", default)]
    pub last_update_time_ms: i64,
    /// Root of its files; see [`LoggedModelInfo::artifact_root`](crate::types::LoggedModelInfo::artifact_root).
    #[serde(default)]
    pub artifact_uri: String,
    /// Whether it may be used.
    #[serde(default)]
    pub status: LoggedModelStatus,
    /// Kind of model, chosen by its maker.
    #[serde(default)]
    pub model_type: String,
    /// The run that made it.
    #[serde(default)]
    pub source_run_id: String,
    /// Notes.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// What is known of a logged model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LoggedModelData {
    /// Inputs of its making.
    #[serde(default)]
    pub params: Vec<Param>,
    /// Measurements that name this model.
    #[serde(default)]
    pub metrics: Vec<Metric>,
}

impl LoggedModel {
    /// The value of a tag.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        tag_value(&self.info.tags, key)
    }

    /// How a model version names this model as its source: `models:/m-…`.
    #[must_use]
    pub fn source_uri(&self) -> String {
        format!("models:/{}", self.info.model_id)
    }
}

/// A logged model to create; it starts as [`LoggedModelStatus::Pending`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NewLoggedModel {
    /// The experiment it belongs to.
    pub experiment_id: String,
    /// Without `/ : . % " '`; the store makes a name up when absent or empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The run that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_run_id: Option<String>,
    /// Kind of model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_type: Option<String>,
    /// Inputs of its making.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Param>,
    /// First notes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// An order of logged models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoggedModelOrder {
    /// `creation_timestamp` or `metrics.<key>`.
    pub field_name: String,
    /// Smallest first?
    pub ascending: bool,
}

/// Which logged models to find.
///
/// The filter language common to all stores: comparisons joined by `AND` over `name`, `model_id`,
/// `model_type` and `source_run_id` (`=`, `!=`; `name` also `LIKE`, `ILIKE`),
/// `tags.<key>`, `params.<key>` and `metrics.<key>`. Newest first by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoggedModelQuery {
    /// Experiments to look into; at least one.
    pub experiment_ids: Vec<String>,
    /// Filter expression; everything when absent.
    pub filter: Option<String>,
    /// First order first.
    pub order_by: Vec<LoggedModelOrder>,
    /// Most models in one page; 100 when absent.
    pub max_results: Option<u32>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}
