//! What really happened in a backtest window, and what each series' errors are measured against.

use forecast_core::metrics::ErrorScale;
use forecast_core::{BacktestWindow, Panel};
use rayon::prelude::*;

use crate::calibration::residual_scale;

/// Actuals and scales of all series in one window.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    pub(crate) window: BacktestWindow,
    series: Vec<SeriesTruth>,
}

#[derive(Clone, Debug)]
struct SeriesTruth {
    /// One value per step; NaN where missing, out of stock or beyond the data.
    actuals: Vec<f32>,
    scale: ErrorScale,
    residual_scale: f64,
    has_history: bool,
}

impl Truth {
    /// The truth of `window` from the whole `panel`; `known` is the panel at the origin.
    pub(crate) fn of(panel: &Panel, known: &Panel, window: BacktestWindow) -> Self {
        let season = panel.frequency().season_length();
        let series = (0..panel.len())
            .into_par_iter()
            .map(|index| {
                let history = known.series(index).known_target();
                SeriesTruth {
                    actuals: panel.series(index).actuals_from(window.first(), window.horizon.steps()),
                    scale: ErrorScale::of_history(&history, season),
                    residual_scale: residual_scale(&history, season),
                    has_history: !history.is_empty(),
                }
            })
            .collect();
        Self { window, series }
    }

    pub(crate) fn series(&self) -> usize {
        self.series.len()
    }

    pub(crate) fn actuals(&self, index: usize) -> &[f32] {
        &self.series[index].actuals
    }

    pub(crate) fn scale(&self, index: usize) -> ErrorScale {
        self.series[index].scale
    }

    pub(crate) fn residual_scale(&self, index: usize) -> f64 {
        self.series[index].residual_scale
    }

    /// Whether the series had begun at the origin.
    pub(crate) fn has_history(&self, index: usize) -> bool {
        self.series[index].has_history
    }
}
