//! What is to be known of a model before using it.

use chrono::{DateTime, Utc};
use forecast_core::{Frequency, Horizon, Period, QuantileLevels};
use forecast_features::ingest::{KnownColumns, TableSpec};
use serde::{Deserialize, Serialize};

use crate::{Accuracy, Family, Metric, QuantileAccuracy};

/// Facts about a trained model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// The family of the champion.
    pub family: Family,
    /// Name of the target column.
    pub target: String,
    /// Names of the series-key columns.
    pub key_names: Vec<String>,
    /// Spacing of the series.
    pub frequency: Frequency,
    /// The longest horizon that can be asked for.
    pub horizon: Horizon,
    /// Quantile levels answered when none are asked for.
    pub levels: QuantileLevels,
    /// Whether the target is a count: forecasts are never below 0.
    pub counts: bool,
    /// First period of the history.
    pub first: Period,
    /// Last period of the history.
    pub last: Period,
    /// Number of series.
    pub series: usize,
    /// Number of history rows.
    pub rows: usize,
    /// Names of the features; empty for a family that uses none.
    pub features: Vec<String>,
    /// Names of the static columns.
    pub statics: Vec<String>,
    /// Names of the known-future columns of the history, in panel order.
    pub known_future: Vec<String>,
    /// Those of them that the model needs for every step of a forecast.
    pub required_future: Vec<String>,
    /// What the columns of the training table were for.
    pub spec: TableSpec,
    /// Names and kinds of those columns, to read later rows the same way.
    pub known: KnownColumns,
    /// The metric that the champion was chosen by.
    pub metric: Metric,
    /// Backtest accuracy of every family, best first.
    pub metrics: Vec<FamilyScore>,
    /// Number of backtest windows.
    pub windows: usize,
    /// When it was trained.
    pub trained_at: DateTime<Utc>,
    /// The seed of everything random.
    pub seed: u64,
    /// Version of the library that trained it.
    pub library_version: String,
}

/// How one family did in the backtest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FamilyScore {
    /// The family.
    pub family: Family,
    /// Accuracy over all windows, steps and series.
    pub overall: Accuracy,
    /// Accuracy of its quantiles.
    pub quantiles: Vec<QuantileAccuracy>,
}
