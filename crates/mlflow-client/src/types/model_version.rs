//! Versions of registered models: what may be served.

use serde::{Deserialize, Serialize};

use super::tag::tag_value;
use super::{Stage, Tag, wire};

/// Whether a version may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ModelVersionStatus {
    /// Being registered.
    PendingRegistration,
    /// Registration failed.
    FailedRegistration,
    /// Registered.
    #[default]
    Ready,
}

/// One version of a registered model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersion {
    /// The registered model.
    pub name: String,
    /// Counts from 1; never reused.
    #[serde(with = "wire::version")]
    pub version: u64,
    /// When it was created.
    #[serde(rename = "creation_timestamp", with = "wire::int64", default)]
    pub creation_time_ms: i64,
    /// When it was last changed.
    #[serde(rename = "last_updated_timestamp", with = "wire::int64", default)]
    pub last_update_time_ms: i64,
    /// Its stage.
    #[serde(default)]
    pub current_stage: Stage,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// Where it came from: `models:/m-…` for a logged model.
    #[serde(default)]
    pub source: String,
    /// The run that made it.
    #[serde(default)]
    pub run_id: String,
    /// The logged model it was made from; empty if it was made from something else.
    #[serde(default)]
    pub model_id: String,
    /// Whether it may be used.
    #[serde(default)]
    pub status: ModelVersionStatus,
    /// Notes.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Names that point at it. A search may leave them out: read the version itself to be sure.
    #[serde(default)]
    pub aliases: Vec<String>,
}

impl ModelVersion {
    /// Fills in the logged model from the source: a server over a database does not store it.
    pub(crate) fn with_model_id(mut self) -> Self {
        if self.model_id.is_empty()
            && let Some(model_id) = self.source.strip_prefix("models:/m-")
        {
            self.model_id = format!("m-{model_id}");
        }
        self
    }

    /// The value of a tag.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        tag_value(&self.tags, key)
    }
}

/// A version to create. The registered model must exist.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NewModelVersion {
    /// The registered model.
    pub name: String,
    /// `models:/m-…`; a server refuses the raw artifact URI of a logged model.
    pub source: String,
    /// The run that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The logged model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// First notes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}
