//! Registered models: names under which versions are known, and the aliases that point at them.

use serde::{Deserialize, Serialize};

use super::tag::tag_value;
use super::{ModelVersion, Tag, wire};

/// A name that points at one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// Letters, digits, `_` and `-`, at most 255; never `latest` or `v` and digits.
    pub alias: String,
    /// The version it points at.
    #[serde(with = "wire::version")]
    pub version: u64,
}

/// A model name with its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredModel {
    /// Unique; without `/` and `:`.
    pub name: String,
    /// When it was created.
    #[serde(rename = "creation_timestamp", with = "wire::int64", default)]
    pub creation_time_ms: i64,
    /// When it was last changed.
    #[serde(rename = "last_updated_timestamp", with = "wire::int64", default)]
    pub last_update_time_ms: i64,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// The newest version of each stage.
    #[serde(default)]
    pub latest_versions: Vec<ModelVersion>,
    /// Notes.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Names that point at versions.
    #[serde(default)]
    pub aliases: Vec<Alias>,
}

impl RegisteredModel {
    /// See [`ModelVersion::with_model_id`].
    pub(crate) fn with_model_ids(mut self) -> Self {
        self.latest_versions = self.latest_versions.into_iter().map(ModelVersion::with_model_id).collect();
        self
    }

    /// The version an alias points at.
    #[must_use]
    pub fn alias(&self, alias: &str) -> Option<u64> {
        self.aliases.iter().find(|entry| entry.alias == alias).map(|entry| entry.version)
    }

    /// The value of a tag.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        tag_value(&self.tags, key)
    }
}

/// A registered model to create.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NewRegisteredModel {
    /// Unique; without `/` and `:`.
    pub name: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// First notes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl NewRegisteredModel {
    /// A registered model without description and tags.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// Which registered models or versions to find.
///
/// The filter language common to all stores: comparisons joined by `AND`. For registered models
/// over `name` (`=`, `!=`, `LIKE`, `ILIKE`) and `tags.<key>`; for versions over `name`, `run_id`,
/// `source_path` and `tags.<key>`. Models come by name, versions newest first
/// by default; `order_by` takes `name`, `version_number`, `creation_timestamp` or
/// `last_updated_timestamp` (models: `name`, `timestamp`/`last_updated_timestamp`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RegistryQuery {
    /// Filter expression; everything when absent.
    pub filter: Option<String>,
    /// For instance `["name ASC"]`.
    pub order_by: Vec<String>,
    /// Most results in one page: 100 registered models (up to 1,000) or 10,000 versions when absent.
    pub max_results: Option<u32>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

impl RegistryQuery {
    /// Everything that a filter lets through.
    pub fn matching(filter: impl Into<String>) -> Self {
        Self { filter: Some(filter.into()), ..Self::default() }
    }
}
