//! What a backtest measured, as MLflow metrics.
//!
//! | Key | Step | Meaning |
//! |---|---|---|
//! | `wape`, `mae`, … | 0 | the champion over all windows |
//! | `champion/window/wape`, … | window, from 1 | the champion in one window |
//! | `champion/horizon/wape`, … | step ahead, from 1 | the champion that far ahead |
//! | `champion/coverage/0.9`, `champion/pinball/0.9` | 0 | the champion's quantiles |
//! | `<family>/wape`, … | 0 | one family over all windows |
//! | `<family>/window/wape`, … | window, from 1 | one family in one window |
//! | `skill/wape` | 0 | 1 − champion / seasonal naive: the share of the error that is saved |
//!
//! A measure that has no value (a WAPE where nothing was sold) is left out.

use forecast_model::{Accuracy, BacktestReport, Family, ModelResult};
use mlflow_client::types::Metric;

/// All metrics of a run.
pub(crate) fn run_metrics(report: &BacktestReport, champion: &ModelResult) -> Vec<Metric> {
    let mut metrics = champion_metrics(champion);
    metrics.extend(by_step("champion/window/", &champion.by_window));
    metrics.extend(by_step("champion/horizon/", &champion.by_step));
    if let Some(skill) = skill(report, champion) {
        metrics.push(Metric::new("skill/wape", skill));
    }
    for model in &report.models {
        let family = model.family;
        metrics.extend(accuracy(&format!("{family}/"), &model.overall, 0));
        metrics.extend(by_step(&format!("{family}/window/"), &model.by_window));
    }
    metrics
}

/// What is known of the champion as a model: its accuracy over all windows, and its quantiles.
pub(crate) fn champion_metrics(champion: &ModelResult) -> Vec<Metric> {
    let mut metrics = accuracy("", &champion.overall, 0);
    for quantile in &champion.quantiles {
        let level = quantile.level;
        let measures = [
            ("coverage", quantile.coverage),
            ("pinball", quantile.pinball),
            ("weighted_loss", quantile.weighted_loss),
        ];
        let known = measures.into_iter().filter(|(_, value)| value.is_finite());
        metrics.extend(known.map(|(name, value)| Metric::new(format!("champion/{name}/{level}"), value)));
    }
    metrics
}

/// The share of seasonal naive's WAPE that the champion saves.
pub(crate) fn skill(report: &BacktestReport, champion: &ModelResult) -> Option<f64> {
    let baseline = report.models.iter().find(|model| model.family == Family::SeasonalNaive)?;
    let skill = 1.0 - champion.overall.wape / baseline.overall.wape;
    skill.is_finite().then_some(skill)
}

fn by_step(prefix: &str, cuts: &[Accuracy]) -> Vec<Metric> {
    cuts.iter().zip(1..).flat_map(|(cut, step)| accuracy(prefix, cut, step)).collect()
}

fn accuracy(prefix: &str, accuracy: &Accuracy, step: i64) -> Vec<Metric> {
    measures(accuracy)
        .into_iter()
        .filter(|(_, value)| value.is_finite())
        .map(|(name, value)| Metric::new(format!("{prefix}{name}"), value).at_step(step))
        .collect()
}

/// The measures of an accuracy by name.
pub(crate) fn measures(accuracy: &Accuracy) -> [(&'static str, f64); 7] {
    [
        ("mae", accuracy.mae),
        ("rmse", accuracy.rmse),
        ("wape", accuracy.wape),
        ("smape", accuracy.smape),
        ("mase", accuracy.mase),
        ("rmsse", accuracy.rmsse),
        ("bias", accuracy.bias),
    ]
}
