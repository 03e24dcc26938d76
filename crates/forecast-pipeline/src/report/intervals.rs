//! The champion's quantiles in one backtest window.

use crate::steps::Fitted;

/// Quantiles of all series in one window, calibrated as the backtest measured them.
pub(crate) struct Intervals {
    /// Per level: `series × steps`, row-major.
    levels: Vec<Vec<f64>>,
    steps: usize,
}

impl Intervals {
    /// Those of the champion in the window at position `window`; `None` without quantile levels.
    pub(crate) fn of(_fitted: &Fitted, _window: usize) -> Option<Self> {
        None
    }

    /// The values of one series at one level, one per step.
    pub(crate) fn row(&self, series: usize, level: usize) -> Option<&[f64]> {
        self.levels.get(level)?.get(series * self.steps..(series + 1) * self.steps)
    }
}
