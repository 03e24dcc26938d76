//! Forecasts: point forecasts over a panel, and the finished answer with quantiles.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use crate::{Frequency, Horizon, QuantileLevels, SeriesKey};

/// Point forecasts of many series: `series × horizon`, row-major, in units of the target.
#[derive(Clone, Debug, PartialEq)]
pub struct PointForecasts {
    horizon: Horizon,
    values: Vec<f64>,
}

impl PointForecasts {
    /// Zeros for `series` series over `horizon` steps, to be filled row by row.
    #[must_use]
    pub fn zeros(series: usize, horizon: Horizon) -> Self {
        Self { horizon, values: vec![0.0; series * horizon.steps()] }
    }

    /// The horizon that every row spans.
    #[must_use]
    pub fn horizon(&self) -> Horizon {
        self.horizon
    }

    /// How many series there are.
    #[must_use]
    pub fn series(&self) -> usize {
        self.values.len() / self.horizon.steps()
    }

    /// The forecasts of one series, one value per step.
    ///
    /// # Panics
    /// When `series` is not below [`PointForecasts::series`], as slice indexing does.
    #[must_use]
    pub fn row(&self, series: usize) -> &[f64] {
        let steps = self.horizon.steps();
        &self.values[series * steps..(series + 1) * steps]
    }

    /// The forecasts of one series, to be written.
    ///
    /// # Panics
    /// When `series` is not below [`PointForecasts::series`], as slice indexing does.
    pub fn row_mut(&mut self, series: usize) -> &mut [f64] {
        let steps = self.horizon.steps();
        &mut self.values[series * steps..(series + 1) * steps]
    }

    /// All rows in series order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.horizon.steps())
    }

    /// All rows in series order, to be written (also in parallel: rows do not overlap).
    pub fn as_mut_slice(&mut self) -> &mut [f64] {
        &mut self.values
    }
}

/// The forecast of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesForecast {
    /// Which series.
    pub key: SeriesKey,
    /// Timestamp of the first forecast period.
    pub start: NaiveDateTime,
    /// Expected demand per step, in units of the target; `horizon` values.
    pub mean: Vec<f64>,
    /// One row per quantile level, in the order of [`Forecast::levels`]; `horizon` values each.
    /// Rows never cross.
    pub quantiles: Vec<Vec<f64>>,
}

/// The answer to a forecast question: one entry per series asked for, in the order asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Spacing of the steps.
    pub frequency: Frequency,
    /// Number of steps.
    pub horizon: Horizon,
    /// Levels of the quantile rows.
    pub levels: QuantileLevels,
    /// One forecast per series.
    pub series: Vec<SeriesForecast>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_one_series_each() {
        let mut forecasts = PointForecasts::zeros(2, Horizon::new(3).unwrap());
        forecasts.row_mut(1).copy_from_slice(&[1.0, 2.0, 3.0]);
        assert_eq!(forecasts.series(), 2);
        assert_eq!(forecasts.row(0), [0.0; 3]);
        assert_eq!(forecasts.rows().nth(1).unwrap(), [1.0, 2.0, 3.0]);
    }
}
