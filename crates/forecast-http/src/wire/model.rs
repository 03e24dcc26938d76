//! What the service says of the model it serves.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// `GET /model/info`: the model card.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelInfo {
    /// Name in the registry.
    pub name: String,
    /// Version in the registry.
    pub version: String,
    /// The training run it came from.
    pub run_id: String,
    /// The alias that the service follows.
    pub alias: String,
    /// Kind of model, such as `random-forest`.
    pub family: String,
    /// What is forecast: the target column.
    pub target: String,
    /// Distance between two steps.
    pub frequency: String,
    /// Longest horizon it forecasts, in steps.
    pub horizon: usize,
    /// Quantiles it was calibrated for.
    pub quantiles: Vec<f64>,
    /// When it was trained.
    #[schema(value_type = String)]
    pub trained_at: DateTime<Utc>,
    /// The periods it was trained on.
    pub data: DataRange,
    /// How many series it knows.
    pub series_count: usize,
    /// The columns that name a series.
    pub key_columns: Vec<String>,
    /// The column with the date or time of a row.
    pub time_column: String,
    /// The columns with one value per series.
    pub static_columns: Vec<String>,
    /// The columns that are known for the steps ahead; a row of `future` has all of them.
    pub known_future: Vec<String>,
    /// Those of them that the model uses: `future` gives them, or else what was given at the training.
    pub required_future: Vec<String>,
    /// What it looks at.
    pub features: Vec<String>,
    /// What it looks at most, as shares of 1; empty where the kind of model has no such notion.
    pub importance: Vec<FeatureWeight>,
    /// `registry`, or `cache` where the registry did not answer at the start.
    pub origin: String,
    /// Since when it answers here.
    #[schema(value_type = String)]
    pub loaded_at: DateTime<Utc>,
    /// The library that fitted it.
    pub library_version: String,
}

/// A range of periods, both ends included.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DataRange {
    /// Start of the first period.
    #[schema(value_type = Option<String>)]
    pub first: Option<NaiveDateTime>,
    /// Start of the last period.
    #[schema(value_type = Option<String>)]
    pub last: Option<NaiveDateTime>,
}

/// How much a feature matters.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FeatureWeight {
    /// Name of the feature.
    pub feature: String,
    /// Share of the whole.
    pub share: f64,
}

/// `GET /model/metrics`: accuracy in the backtest, against a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelMetrics {
    /// What the champion was chosen by.
    #[schema(example = "wape")]
    pub metric: String,
    /// Number of backtest windows.
    pub windows: usize,
    /// The model that is served.
    pub champion: FamilyMetrics,
    /// Seasonal naive, where it was part of the backtest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<FamilyMetrics>,
    /// By how much the model's error is smaller than the baseline's, as a share of it, by metric.
    pub improvement: BTreeMap<String, f64>,
    /// Every kind of model that was tried, best first.
    pub leaderboard: Vec<FamilyMetrics>,
}

/// Accuracy of one kind of model.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FamilyMetrics {
    /// Kind of model.
    #[schema(example = "seasonal-naive")]
    pub family: String,
    /// Value by name of metric; null where it is not defined.
    pub metrics: BTreeMap<String, Option<f64>>,
    /// Accuracy by quantile.
    pub quantiles: Vec<QuantileMetrics>,
}

/// Accuracy of one quantile.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QuantileMetrics {
    /// The quantile.
    pub level: f64,
    /// Mean pinball loss, in units of the target.
    pub pinball: Option<f64>,
    /// Share of actual values at or below the forecast; ideally the level itself.
    pub coverage: Option<f64>,
}
