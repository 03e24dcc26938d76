//! What a run was told, as MLflow params.

use mlflow_client::types::Param;

use forecast_model::{BoostedLoss, Family};

use crate::config::TrainingConfig;
use crate::steps::Fitted;

/// A server cuts longer values off without a word.
const LONGEST_VALUE: usize = 6_000;

/// What is known before anything is computed.
pub(crate) fn run_params(config: &TrainingConfig) -> Vec<Param> {
    let table = &config.table;
    let families: Vec<String> = config.families.iter().map(ToString::to_string).collect();
    let mut params = vec![
        Param::new("time", &table.time),
        Param::new("target", &table.target),
        Param::new("series", table.series.join(",")),
        Param::new("static", table.static_columns.join(",")),
        Param::new("known_future", table.known_future.join(",")),
        Param::new("available", table.available.as_deref().unwrap_or_default()),
        Param::new("horizon", config.horizon()),
        Param::new("quantiles", levels(config)),
        Param::new("models", families.join(",")),
        Param::new("step", config.rolling.step),
        Param::new("metric", config.metric),
        Param::new("seed", config.seed),
        Param::new("memory_budget_mb", config.memory_budget_bytes >> 20),
    ];
    params.retain(|param| !param.value.is_empty());
    for param in &mut params {
        param.value = shortened(&param.value);
    }
    params
}

/// What came out of the data and the backtest.
pub(crate) fn model_params(fitted: &Fitted) -> Vec<Param> {
    let quality = &fitted.ingested.quality;
    let features: Vec<&str> = fitted.plan.columns().iter().map(|column| column.name.as_str()).collect();
    let mut params = vec![
        Param::new("champion", fitted.champion().family),
        Param::new("windows", fitted.report.windows.len()),
        Param::new("frequency", quality.frequency),
        Param::new("gaps", serde_name(&quality.gaps)),
        Param::new("ends", serde_name(&quality.ends)),
        Param::new("series_count", quality.series),
        Param::new("rows", quality.rows),
        Param::new("first", &quality.first),
        Param::new("last", &quality.last),
        Param::new("feature_count", features.len()),
        Param::new("features", shortened(&features.join(","))),
    ];
    if fitted.report.model(Family::Boosted).is_some() {
        params.push(Param::new("boosted_loss", BoostedLoss::suggested(quality)));
    }
    params
}

fn levels(config: &TrainingConfig) -> String {
    let levels: Vec<String> = config.levels.as_slice().iter().map(ToString::to_string).collect();
    levels.join(",")
}

/// The name that a unit variant has in configuration files.
fn serde_name(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

fn shortened(value: &str) -> String {
    value.chars().take(LONGEST_VALUE).collect()
}
