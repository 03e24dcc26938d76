//! Rolling-origin backtests: every family forecasts what it has not seen, and is measured.

use forecast_core::backtest::Refit;
use forecast_core::{Panel, QuantileLevels, RollingOrigin};
use forecast_features::plan::FeaturePlan;
use serde::{Deserialize, Serialize};
use std::time::Instant;

use crate::boosted::BoostedLoss;
use crate::fitted::{FittedFamily, TrainingRows, training_rows};
use crate::floor::Floor;
use crate::global::GlobalSettings;
use crate::observer::{Progress, Unit};
use crate::scoring::{Scorecard, Truth};
use crate::{BacktestReport, Family, Metric, ModelError, Observer, Phase};

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
    /// What boosted trees minimise.
    pub loss: BoostedLoss,
}

impl BacktestConfig {
    pub(crate) fn floor(&self) -> Floor {
        Floor::of_counts(self.counts)
    }

    pub(crate) fn settings(&self) -> GlobalSettings {
        GlobalSettings {
            seed: self.seed,
            memory_budget_bytes: self.memory_budget_bytes,
            loss: self.loss,
            horizon: self.rolling.horizon.steps(),
            trees: None,
        }
    }

    fn has_global_family(&self) -> bool {
        self.families.iter().any(|family| family.is_global())
    }
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
    if config.metric == Metric::Pinball && config.levels.as_slice().is_empty() {
        return Err(ModelError::PinballWithoutLevels);
    }
    plan.check_panel(panel)?;
    let (first, last) = panel.span().ok_or(ModelError::EmptyPanel)?;
    let windows = config.rolling.windows(first, last)?;
    let mut families = config.families.clone();
    families.sort_unstable();
    families.dedup();
    let matrices = if config.has_global_family() { fitted_windows(config) } else { 0 };
    let mut progress =
        Progress::new(observer, Phase::Backtest, (families.len() * windows.len() + matrices) as u64);
    let mut cards: Vec<Scorecard> = families.iter().map(|&family| Scorecard::new(family)).collect();
    let mut fitted: Vec<Option<FittedFamily>> = vec![None; families.len()];
    let mut truths = Vec::with_capacity(windows.len());
    for window in &windows {
        let known = panel.until(window.origin);
        let truth = Truth::of(panel, &known, *window);
        let label = |what: &str| format!("{what}, window {} of {}", window.index + 1, windows.len());
        let fits_now = window.index < fitted_windows(config);
        let rows = if fits_now && config.has_global_family() {
            progress.check()?;
            let rows = training_rows(plan, &known, config.settings())?;
            progress.step(label("features"));
            Some(rows)
        } else {
            None
        };
        for ((&family, fitted), card) in families.iter().zip(&mut fitted).zip(&mut cards) {
            progress.check()?;
            let started = Instant::now();
            let model = match fitted.take() {
                Some(model) if !fits_now => model,
                before => {
                    // How many trees are best the first window finds out, from what is known then.
                    let trees = before.as_ref().and_then(FittedFamily::trees);
                    let settings = GlobalSettings { trees, ..config.settings() };
                    let unit = progress.unit(label(family.name()));
                    fit((family, config.floor()), rows.as_ref(), settings, &unit)?
                }
            };
            let forecasts = model.predict_measured(&known, window.horizon)?;
            card.add(&truth, forecasts, started.elapsed());
            *fitted = Some(model);
            progress.step(label(family.name()));
        }
        truths.push(truth);
    }
    let mut models: Vec<_> =
        cards.into_iter().map(|card| card.finish(&truths, &config.levels, config.floor())).collect();
    // A stable sort: of two equals the simpler family, which is the earlier one, stays first.
    models.sort_by(|a, b| config.metric.rank(a).total_cmp(&config.metric.rank(b)));
    Ok(BacktestReport {
        calibration: crate::scoring::calibration_check(windows.len()),
        windows,
        models,
        metric: config.metric,
        levels: config.levels.clone(),
        series: panel.len(),
    })
}

/// In how many of the first windows models are fitted.
fn fitted_windows(config: &BacktestConfig) -> usize {
    match config.rolling.refit {
        Refit::EveryWindow => config.rolling.windows,
        Refit::FirstWindow => 1,
    }
}

fn fit(
    (family, floor): (Family, Floor),
    rows: Option<&TrainingRows<'_>>,
    settings: GlobalSettings,
    unit: &Unit<'_>,
) -> Result<FittedFamily, ModelError> {
    match rows.filter(|_| family.is_global()) {
        Some(rows) => FittedFamily::fit_global((family, floor), rows, settings, unit),
        None => Ok(FittedFamily::local(family, floor)),
    }
}
