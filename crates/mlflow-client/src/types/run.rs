//! Runs: one execution each, with what went in and what came out.

use serde::{Deserialize, Serialize};

use super::tag::tag_value;
use super::{DatasetInput, Metric, Param, Tag, ViewType, wire};

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RunStatus {
    /// Under way.
    #[default]
    Running,
    /// To be started by a scheduler.
    Scheduled,
    /// Ended well.
    Finished,
    /// Ended with an error.
    Failed,
    /// Stopped by a person or a signal.
    Killed,
}

impl RunStatus {
    /// Whether the run is over.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Killed)
    }
}

/// Whether an experiment or run is in use or in the bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LifecycleStage {
    /// In use.
    #[default]
    Active,
    /// In the bin; may be restored.
    Deleted,
}

/// A run with everything a store knows about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Identity and status.
    pub info: RunInfo,
    /// Metrics (latest of each key), params and tags.
    #[serde(default)]
    pub data: RunData,
    /// Datasets it read.
    #[serde(default)]
    pub inputs: RunInputs,
    /// Models it made.
    #[serde(default)]
    pub outputs: RunOutputs,
}

/// Identity and status of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// 32 hexadecimal digits.
    pub run_id: String,
    /// What people call it.
    #[serde(default)]
    pub run_name: String,
    /// The experiment it belongs to.
    pub experiment_id: String,
    /// Who started it.
    #[serde(default)]
    pub user_id: String,
    /// How far it has come.
    pub status: RunStatus,
    /// When it started.
    #[serde(rename = "start_time", with = "wire::int64", default)]
    pub start_time_ms: i64,
    /// When it ended, if it has.
    #[serde(rename = "end_time", with = "wire::optional_int64", default)]
    pub end_time_ms: Option<i64>,
    /// Root of its artifacts; see [`RunInfo::artifact_root`](crate::types::RunInfo::artifact_root).
    #[serde(default)]
    pub artifact_uri: String,
    /// Whether it is active or deleted.
    #[serde(default)]
    pub lifecycle_stage: LifecycleStage,
}

/// What a run measured and was told.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RunData {
    /// The latest measurement of each key.
    #[serde(default)]
    pub metrics: Vec<Metric>,
    /// Inputs that never change.
    #[serde(default)]
    pub params: Vec<Param>,
    /// Notes.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// What a run read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunInputs {
    /// Datasets with the context they were read in.
    #[serde(default)]
    pub dataset_inputs: Vec<DatasetInput>,
}

/// What a run made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunOutputs {
    /// Logged models.
    #[serde(default)]
    pub model_outputs: Vec<ModelOutput>,
}

/// A logged model that came out of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelOutput {
    /// The logged model, `m-…`.
    pub model_id: String,
    /// The step it came out at.
    #[serde(with = "wire::int64", default)]
    pub step: i64,
}

impl Run {
    /// The latest value of a metric.
    #[must_use]
    pub fn metric(&self, key: &str) -> Option<f64> {
        self.data.metrics.iter().find(|metric| metric.key == key).map(|metric| metric.value)
    }

    /// The value of a param.
    #[must_use]
    pub fn param(&self, key: &str) -> Option<&str> {
        self.data.params.iter().find(|param| param.key == key).map(|param| param.value.as_str())
    }

    /// The value of a tag.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        tag_value(&self.data.tags, key)
    }
}

/// A run to start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewRun {
    /// The experiment it belongs to.
    pub experiment_id: String,
    /// What people call it; the store makes a name up when absent.
    pub run_name: Option<String>,
    /// Who starts it; also kept as the tag `mlflow.user`.
    pub user: Option<String>,
    /// When it started; now when absent.
    pub start_time_ms: Option<i64>,
    /// First notes.
    pub tags: Vec<Tag>,
}

impl NewRun {
    /// A run that starts now.
    pub fn new(experiment_id: impl Into<String>) -> Self {
        Self { experiment_id: experiment_id.into(), ..Self::default() }
    }
}

/// Changes to a run; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RunUpdate {
    /// The run to change.
    pub run_id: String,
    /// New status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<RunStatus>,
    /// New end. A store does not set it by itself.
    #[serde(rename = "end_time", skip_serializing_if = "Option::is_none")]
    pub end_time_ms: Option<i64>,
    /// New name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_name: Option<String>,
}

impl RunUpdate {
    /// Ends a run now with the given status.
    pub fn end(run_id: impl Into<String>, status: RunStatus) -> Self {
        Self {
            run_id: run_id.into(),
            status: Some(status),
            end_time_ms: Some(super::now_ms()),
            run_name: None,
        }
    }
}

/// What to log in one go. A batch over the server's limits is split: params first, then tags,
/// then metrics, so that a reader who sees a metric also sees the params behind it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// Measurements.
    pub metrics: Vec<Metric>,
    /// Inputs; a key logged before must have the same value.
    pub params: Vec<Param>,
    /// Notes; a later value replaces the earlier one.
    pub tags: Vec<Tag>,
}

impl Batch {
    /// Whether there is nothing to log.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.metrics.is_empty() && self.params.is_empty() && self.tags.is_empty()
    }
}

/// Which runs to find.
///
/// The filter language common to all stores: comparisons joined by `AND`, over `metrics.<key>`
/// (`=`, `!=`, `<`, `<=`, `>`, `>=`), `params.<key>` and `tags.<key>` (`=`, `!=`, `LIKE`, `ILIKE`)
/// and the attributes `run_id`, `run_name`, `status`, `start_time`, `end_time` (with or without
/// `attributes.` before). Texts are quoted by `'`, unusual keys by backticks. Order: the same
/// names, then `ASC` or `DESC`; newest start first by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunQuery {
    /// Experiments to look into; at least one.
    pub experiment_ids: Vec<String>,
    /// Filter expression; everything when absent.
    pub filter: Option<String>,
    /// For instance `["metrics.wape ASC"]`.
    pub order_by: Vec<String>,
    /// Active only by default.
    pub view: ViewType,
    /// Most runs in one page, up to 50,000; 1,000 when absent.
    pub max_results: Option<u32>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

impl RunQuery {
    /// All active runs of one experiment.
    pub fn in_experiment(experiment_id: impl Into<String>) -> Self {
        Self { experiment_ids: vec![experiment_id.into()], ..Self::default() }
    }
}
