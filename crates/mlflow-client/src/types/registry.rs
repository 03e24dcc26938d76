//! Registered models and their versions: what may be served, under which name and alias.

use serde::{Deserialize, Deserializer, Serialize};

use super::tag::tag_value;
use super::{Tag, wire};

/// The stage of a version. MLflow has deprecated stages since 2.9 in favour of aliases; its page
/// still shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub enum Stage {
    /// No stage.
    #[default]
    None,
    /// Under trial.
    Staging,
    /// In use.
    Production,
    /// No longer in use.
    Archived,
}

impl Stage {
    /// The name MLflow writes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Staging => "Staging",
            Self::Production => "Production",
            Self::Archived => "Archived",
        }
    }

    /// The stage of that name, whatever the case; `None` where there is none of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::None, Self::Staging, Self::Production, Self::Archived]
            .into_iter()
            .find(|stage| stage.as_str().eq_ignore_ascii_case(name))
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Stage {
    // A store without stages sends nothing or an empty string: no stage.
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let name = String::deserialize(input)?;
        if name.is_empty() {
            return Ok(Self::None);
        }
        Self::parse(&name).ok_or_else(|| serde::de::Error::custom(format_args!("unknown stage {name:?}")))
    }
}

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

/// A change of stage. Where other versions are archived they go after the new one has come: a
/// reader may see two in between, never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageTransition {
    /// The registered model.
    pub name: String,
    /// The version to move.
    pub version: u64,
    /// Where it goes.
    pub stage: Stage,
    /// What becomes of the versions that are there already.
    pub others: OthersInStage,
}

/// What becomes of other versions in the stage that a version moves to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OthersInStage {
    /// They stay.
    #[default]
    Keep,
    /// They move to [`Stage::Archived`]. Only for staging and production.
    Archive,
}

/// Which registered models or versions to find.
///
/// The filter language common to all stores: comparisons joined by `AND`. For registered models
/// over `name` (`=`, `!=`, `LIKE`, `ILIKE`) and `tags.<key>`; for versions over `name`, `run_id`,
/// `source_path`, `version_number` and `tags.<key>`. Models come by name, versions newest first
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
    /// Registered models or versions of one name.
    ///
    /// The filter language has no escapes: a name with a quote selects everything, so that the
    /// caller has to look at the names.
    #[must_use]
    pub(crate) fn named(name: &str) -> Self {
        if name.contains('\'') { Self::default() } else { Self::matching(format!("name = '{name}'")) }
    }

    /// Everything that a filter lets through.
    pub fn matching(filter: impl Into<String>) -> Self {
        Self { filter: Some(filter.into()), ..Self::default() }
    }
}
