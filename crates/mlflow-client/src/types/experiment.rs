//! Experiments: named groups of runs.

use serde::{Deserialize, Serialize};

use super::run::LifecycleStage;
use super::tag::tag_value;
use super::{Tag, ViewType, wire};

/// A named group of runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Experiment {
    /// Identifier, decimal digits.
    pub experiment_id: String,
    /// Unique among active and deleted experiments.
    pub name: String,
    /// Where the artifacts of its runs go by default.
    #[serde(default)]
    pub artifact_location: String,
    /// Whether it is active or deleted.
    #[serde(default)]
    pub lifecycle_stage: LifecycleStage,
    /// When it was created.
    #[serde(rename = "creation_time", with = "wire::optional_int64", default)]
    pub creation_time_ms: Option<i64>,
    /// When it was last changed.
    #[serde(rename = "last_update_time", with = "wire::optional_int64", default)]
    pub last_update_time_ms: Option<i64>,
    /// Notes.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

impl Experiment {
    /// The value of a tag.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        tag_value(&self.tags, key)
    }
}

/// An experiment to create.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NewExperiment {
    /// At most 500 characters, not taken by an active or deleted experiment.
    pub name: String,
    /// Where artifacts go; the store chooses when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_location: Option<String>,
    /// First notes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl NewExperiment {
    /// An experiment with the store's own artifact location and no tags.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// Which experiments to find.
///
/// The filter language common to all stores: comparisons joined by `AND`, over `name`,
/// `tags.<key>` (`=`, `!=`, `LIKE`, `ILIKE`), `creation_time` and `last_update_time`
/// (`=`, `!=`, `<`, `<=`, `>`, `>=`). Values are quoted by `'`, keys with other characters than
/// letters, digits and `_` by backticks. Order: `name`, `experiment_id`, `creation_time` or
/// `last_update_time`, then `ASC` or `DESC`; newest first by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExperimentQuery {
    /// Filter expression; everything when absent.
    pub filter: Option<String>,
    /// For instance `["name ASC"]`.
    pub order_by: Vec<String>,
    /// Active only by default.
    pub view: ViewType,
    /// Most experiments in one page, up to 50,000; 1,000 when absent.
    pub max_results: Option<u32>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}
