//! Rolling-origin evaluation: which stretches of history a backtest forecasts.
//!
//! Tashman (2000), "Out-of-sample tests of forecasting accuracy", International Journal of
//! Forecasting 16(4): the origin moves forward, each window is forecast from what was known at it.

use serde::{Deserialize, Serialize};

use crate::{Horizon, Period};

/// Whether models are fitted anew at every origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refit {
    /// Fit on what was known at each origin: the honest default.
    #[default]
    EveryWindow,
    /// Fit once, at the first origin, and only roll the history forward: quicker.
    FirstWindow,
}

/// Description of a rolling-origin backtest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollingOrigin {
    /// Number of windows, at least 1.
    pub windows: usize,
    /// Periods between two origins, at least 1; usually the horizon.
    pub step: usize,
    /// Periods forecast from each origin.
    pub horizon: Horizon,
    /// Whether to fit at every origin.
    pub refit: Refit,
}

/// One window of a backtest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BacktestWindow {
    /// Number of the window, 0 for the oldest.
    pub index: usize,
    /// Last period that is known.
    pub origin: Period,
    /// Periods forecast: `origin + 1 ..= origin + horizon`.
    pub horizon: Horizon,
}

impl BacktestWindow {
    /// The first period forecast.
    #[must_use]
    pub fn first(&self) -> Period {
        self.origin.plus(1)
    }
}

/// A backtest that the history cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BacktestError {
    /// Zero windows or a zero step.
    #[error("a backtest needs at least 1 window and a step of at least 1, not {windows} and {step}")]
    Empty {
        /// Windows asked for.
        windows: usize,
        /// Step asked for.
        step: usize,
    },
    /// More periods needed than there are.
    #[error(
        "{windows} backtest windows of {horizon} periods need at least {needed} periods of history but there are {available}: use fewer windows, a shorter horizon or more history"
    )]
    HistoryTooShort {
        /// Windows asked for.
        windows: usize,
        /// Horizon asked for.
        horizon: Horizon,
        /// Periods needed: the windows, and as much again as one horizon (at least two periods) to learn from.
        needed: usize,
        /// Periods from the first to the last.
        available: usize,
    },
}

impl RollingOrigin {
    /// The windows over a history from `first` to `last`, oldest first; the newest ends at `last`.
    ///
    /// # Errors
    /// [`BacktestError`] when the description is empty or the history too short for it.
    pub fn windows(&self, first: Period, last: Period) -> Result<Vec<BacktestWindow>, BacktestError> {
        if self.windows == 0 || self.step == 0 {
            return Err(BacktestError::Empty { windows: self.windows, step: self.step });
        }
        let steps = self.horizon.steps();
        let tested = (self.windows - 1).saturating_mul(self.step).saturating_add(steps);
        let needed = tested.saturating_add(steps.max(2));
        let available = usize::try_from(i64::from(last.0) - i64::from(first.0) + 1).unwrap_or(0);
        if available < needed {
            let (windows, horizon) = (self.windows, self.horizon);
            return Err(BacktestError::HistoryTooShort { windows, horizon, needed, available });
        }
        let newest = last.plus(-(steps as i32));
        Ok((0..self.windows)
            .map(|index| {
                let back = (self.windows - 1 - index) * self.step;
                BacktestWindow { index, origin: newest.plus(-(back as i32)), horizon: self.horizon }
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rolling(windows: usize, step: usize) -> RollingOrigin {
        RollingOrigin { windows, step, horizon: Horizon::new(7).unwrap(), refit: Refit::EveryWindow }
    }

    #[test]
    fn the_newest_window_ends_with_the_history() {
        let windows = rolling(3, 7).windows(Period(0), Period(99)).unwrap();
        let origins: Vec<i32> = windows.iter().map(|window| window.origin.0).collect();
        assert_eq!(origins, [78, 85, 92]);
        assert_eq!(windows[2].first(), Period(93));
    }

    #[test]
    fn a_short_history_is_refused_with_the_numbers() {
        assert!(rolling(3, 7).windows(Period(0), Period(27)).is_ok());
        let error = rolling(3, 7).windows(Period(0), Period(26)).unwrap_err();
        assert!(error.to_string().contains("at least 28 periods of history but there are 27"));
        assert!(matches!(rolling(0, 7).windows(Period(0), Period(99)), Err(BacktestError::Empty { .. })));
    }
}
