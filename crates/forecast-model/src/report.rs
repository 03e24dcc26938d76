//! What a backtest found.

use forecast_core::{BacktestWindow, PointForecasts, QuantileLevels};
use serde::{Deserialize, Serialize};

use crate::{Accuracy, Family, Metric, QuantileAccuracy};

/// What a backtest found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BacktestReport {
    /// The windows, oldest first.
    pub windows: Vec<BacktestWindow>,
    /// The leaderboard: best first by [`BacktestReport::metric`], the simpler of two equals first.
    pub models: Vec<ModelResult>,
    /// The metric that ranks the models.
    pub metric: Metric,
    /// The quantile levels measured.
    pub levels: QuantileLevels,
    /// Number of series of the panel.
    pub series: usize,
    /// How the quantiles were tested.
    pub calibration: CalibrationCheck,
}

/// Which residuals the quantiles of a window were calibrated with when they were tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CalibrationCheck {
    /// Those of all other windows: coverage and pinball loss are honest.
    LeaveOneWindowOut,
    /// Its own, since there is one window alone: coverage looks better than it is.
    SameWindow,
}

/// How one family did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelResult {
    /// The family.
    pub family: Family,
    /// Over all windows, steps and series.
    pub overall: Accuracy,
    /// One per window.
    pub by_window: Vec<Accuracy>,
    /// One per step of the horizon. MASE and RMSSE are NaN here.
    pub by_step: Vec<Accuracy>,
    /// One per series, in panel order, over all windows.
    pub by_series: Vec<Accuracy>,
    /// One per quantile level.
    pub quantiles: Vec<QuantileAccuracy>,
    /// Wall-clock seconds of fitting and forecasting, over all windows.
    pub fit_seconds: f64,
    /// One per window, in panel order. NaN for series without history at the origin.
    #[serde(skip)]
    pub forecasts: Vec<PointForecasts>,
}

impl BacktestReport {
    /// The best model. `None` only for a report without models, which [`crate::backtest()`] never gives.
    #[must_use]
    pub fn champion(&self) -> Option<&ModelResult> {
        self.models.first()
    }

    /// The result of one family.
    #[must_use]
    pub fn model(&self, family: Family) -> Option<&ModelResult> {
        self.models.iter().find(|model| model.family == family)
    }
}
