//! What came out of a training run; serialised, it is what `forecast-train --json` prints.

use std::collections::BTreeMap;

use forecast_model::{Accuracy, BacktestReport, Family};
use serde::Serialize;

use crate::record::measures;

/// A run that ended well.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingOutcome {
    /// The run.
    pub run_id: String,
    /// The experiment that it belongs to.
    pub experiment_id: String,
    /// Where to look at the run, if the store has a page.
    pub run_url: Option<String>,
    /// Where the run's files are.
    pub run_location: String,
    /// The report: a file of this machine where the store is one, else an address.
    pub report: String,
    /// The logged model, `m-…`.
    pub model_id: String,
    /// The logged model as a model URI, `models:/m-…`.
    pub model_uri: String,
    /// The registered model that a version was made of, if one was.
    pub registered_model: Option<String>,
    /// The version made.
    pub registered_version: Option<u64>,
    /// The family that won.
    pub champion: String,
    /// The result in one plain sentence.
    pub headline: String,
    /// The champion's backtest over all windows, as logged.
    pub metrics: BTreeMap<String, f64>,
    /// All families, best first.
    pub leaderboard: Vec<LeaderboardRow>,
    /// The file with the forecasts of all series, if one was asked for.
    pub forecast_file: Option<String>,
}

/// One family's place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeaderboardRow {
    /// From 1.
    pub rank: usize,
    /// Name of the family.
    pub model: String,
    /// Whether it won.
    pub champion: bool,
    /// Its backtest over all windows.
    #[serde(flatten)]
    pub accuracy: Accuracy,
    /// Its WAPE in each window, oldest first; null where nothing was sold.
    pub wape_by_window: Vec<Option<f64>>,
    /// Seconds that fitting took, all windows together.
    pub fit_seconds: f64,
}

/// All families, best first.
pub(crate) fn leaderboard(report: &BacktestReport, champion: Family) -> Vec<LeaderboardRow> {
    let rows = report.models.iter().zip(1..);
    rows.map(|(model, rank)| LeaderboardRow {
        rank,
        model: model.family.to_string(),
        champion: model.family == champion,
        accuracy: model.overall,
        wape_by_window: model
            .by_window
            .iter()
            .map(|window| Some(window.wape).filter(|v| v.is_finite()))
            .collect(),
        fit_seconds: model.fit_seconds,
    })
    .collect()
}

/// The measures that have a value, by name.
pub(crate) fn metric_map(accuracy: &Accuracy) -> BTreeMap<String, f64> {
    measures(accuracy)
        .into_iter()
        .filter(|(_, value)| value.is_finite())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
