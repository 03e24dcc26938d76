//! Accuracy of forecasts against what happened.
//!
//! Errors are gathered in sums that merge, so that one pass over a backtest serves every cut of it:
//! by model, window, horizon step and series. Definitions follow Hyndman & Koehler (2006), "Another
//! look at measures of forecast accuracy", and the M5 competitors' guide (2020) for RMSSE. Pairs
//! with a missing actual do not count. Ratios are fractions, not percent.

use serde::{Deserialize, Serialize};

/// Sums over (actual, forecast) pairs, from which every point metric follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorSums {
    /// Number of pairs.
    pub count: u64,
    /// Σ (forecast − actual).
    pub error: f64,
    /// Σ |forecast − actual|.
    pub absolute: f64,
    /// Σ (forecast − actual)².
    pub squared: f64,
    /// Σ actual.
    pub actual: f64,
    /// Σ |actual|.
    pub absolute_actual: f64,
    /// Σ 2·|forecast − actual| / (|forecast| + |actual|), 0 where both are 0.
    pub symmetric: f64,
}

impl ErrorSums {
    /// Adds one pair; a NaN actual is skipped.
    pub fn add(&mut self, actual: f64, forecast: f64) {
        if actual.is_nan() {
            return;
        }
        let error = forecast - actual;
        self.count += 1;
        self.error += error;
        self.absolute += error.abs();
        self.squared += error * error;
        self.actual += actual;
        self.absolute_actual += actual.abs();
        let size = forecast.abs() + actual.abs();
        if size > 0.0 {
            self.symmetric += 2.0 * error.abs() / size;
        }
    }

    /// Adds all pairs of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.error += other.error;
        self.absolute += other.absolute;
        self.squared += other.squared;
        self.actual += other.actual;
        self.absolute_actual += other.absolute_actual;
        self.symmetric += other.symmetric;
    }

    /// Mean absolute error, in units of the target.
    #[must_use]
    pub fn mae(&self) -> f64 {
        self.absolute / self.count as f64
    }

    /// Root mean squared error, in units of the target.
    #[must_use]
    pub fn rmse(&self) -> f64 {
        (self.squared / self.count as f64).sqrt()
    }

    /// Weighted absolute percentage error: Σ|error| / Σ|actual|; NaN when nothing was sold.
    #[must_use]
    pub fn wape(&self) -> f64 {
        ratio(self.absolute, self.absolute_actual)
    }

    /// Symmetric mean absolute percentage error, between 0 and 2.
    #[must_use]
    pub fn smape(&self) -> f64 {
        self.symmetric / self.count as f64
    }

    /// Relative bias: Σ(forecast − actual) / Σ|actual|; positive when too much was forecast.
    #[must_use]
    pub fn bias(&self) -> f64 {
        ratio(self.error, self.absolute_actual)
    }

    /// Mean absolute scaled error; NaN when the scale is 0 or missing.
    #[must_use]
    pub fn mase(&self, scale: ErrorScale) -> f64 {
        ratio(self.mae(), scale.absolute)
    }

    /// Root mean squared scaled error; NaN when the scale is 0 or missing.
    #[must_use]
    pub fn rmsse(&self, scale: ErrorScale) -> f64 {
        ratio(self.squared / self.count as f64, scale.squared).sqrt()
    }
}

fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator > 0.0 { numerator / denominator } else { f64::NAN }
}

/// What a naive forecast errs by on the history of one series: the unit of MASE and RMSSE.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorScale {
    /// Mean |y(t) − y(t − season)| over the history (MASE).
    pub absolute: f64,
    /// Mean (y(t) − y(t − 1))² over the history (RMSSE).
    pub squared: f64,
}

impl ErrorScale {
    /// The scale of one series from its history, beginning with its first sale (as the M5 guide
    /// asks); NaN parts where the history is too short.
    #[must_use]
    pub fn of_history(history: &[f32], season_length: usize) -> Self {
        let first = history.iter().position(|value| *value != 0.0 && !value.is_nan());
        let active = &history[first.unwrap_or(history.len())..];
        Self {
            absolute: mean_difference(active, season_length.max(1), f64::abs),
            squared: mean_difference(active, 1, |difference| difference * difference),
        }
    }
}

fn mean_difference(values: &[f32], lag: usize, size: impl Fn(f64) -> f64) -> f64 {
    let later = values.get(lag..).unwrap_or(&[]);
    let (mut sum, mut count) = (0.0, 0u64);
    for (now, before) in later.iter().zip(values) {
        let difference = f64::from(*now) - f64::from(*before);
        if !difference.is_nan() {
            sum += size(difference);
            count += 1;
        }
    }
    if count == 0 { f64::NAN } else { sum / count as f64 }
}

/// Sums over (actual, quantile forecast) pairs of one level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QuantileSums {
    /// Number of pairs.
    pub count: u64,
    /// Σ pinball loss.
    pub loss: f64,
    /// How many actuals lay at or below the forecast.
    pub covered: u64,
    /// Σ |actual|.
    pub absolute_actual: f64,
}

impl QuantileSums {
    /// Adds one pair of the quantile `level`; a NaN actual is skipped.
    pub fn add(&mut self, level: f64, actual: f64, forecast: f64) {
        if actual.is_nan() {
            return;
        }
        self.count += 1;
        self.loss += pinball_loss(level, actual, forecast);
        self.covered += u64::from(actual <= forecast);
        self.absolute_actual += actual.abs();
    }

    /// Adds all pairs of `other`, which must be of the same level.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.loss += other.loss;
        self.covered += other.covered;
        self.absolute_actual += other.absolute_actual;
    }

    /// Mean pinball loss, in units of the target.
    #[must_use]
    pub fn pinball(&self) -> f64 {
        self.loss / self.count as f64
    }

    /// Share of actuals at or below the forecast; for a well-calibrated level, the level itself.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        self.covered as f64 / self.count as f64
    }

    /// Weighted quantile loss: 2·Σ pinball / Σ|actual|; NaN when nothing was sold.
    #[must_use]
    pub fn weighted_loss(&self) -> f64 {
        ratio(2.0 * self.loss, self.absolute_actual)
    }
}

/// The pinball (quantile) loss of Koenker & Bassett (1978), in units of the target.
#[must_use]
pub fn pinball_loss(level: f64, actual: f64, forecast: f64) -> f64 {
    let shortfall = actual - forecast;
    if shortfall >= 0.0 { level * shortfall } else { (level - 1.0) * shortfall }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(pairs: &[(f64, f64)]) -> ErrorSums {
        let mut sums = ErrorSums::default();
        for (actual, forecast) in pairs {
            sums.add(*actual, *forecast);
        }
        sums
    }

    #[test]
    fn point_metrics_match_hand_calculation() {
        let sums = sums(&[(10.0, 12.0), (0.0, 0.0), (4.0, 1.0), (f64::NAN, 9.0)]);
        assert_eq!(sums.count, 3);
        assert!((sums.mae() - 5.0 / 3.0).abs() < 1e-12);
        assert!((sums.rmse() - (13.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((sums.wape() - 5.0 / 14.0).abs() < 1e-12);
        assert!((sums.bias() + 1.0 / 14.0).abs() < 1e-12);
        assert!((sums.smape() - (4.0 / 22.0 + 6.0 / 5.0) / 3.0).abs() < 1e-12);
    }

    #[test]
    fn merging_is_the_same_as_adding_everything() {
        let mut left = sums(&[(1.0, 2.0), (3.0, 1.0)]);
        left.merge(&sums(&[(5.0, 5.5)]));
        assert_eq!(left, sums(&[(1.0, 2.0), (3.0, 1.0), (5.0, 5.5)]));
    }

    #[test]
    fn scales_begin_with_the_first_sale() {
        let scale = ErrorScale::of_history(&[0.0, 0.0, 2.0, 4.0, 3.0, 8.0], 2);
        assert!((scale.squared - (4.0 + 1.0 + 25.0) / 3.0).abs() < 1e-12);
        assert!((scale.absolute - f64::midpoint(1.0, 4.0)).abs() < 1e-12);
        assert!(ErrorScale::of_history(&[0.0; 5], 1).squared.is_nan());
        assert!(sums(&[(1.0, 2.0)]).mase(ErrorScale::of_history(&[3.0, 3.0], 1)).is_nan());
    }

    #[test]
    fn quantile_sums_measure_loss_and_coverage() {
        let mut sums = QuantileSums::default();
        sums.add(0.9, 10.0, 8.0);
        sums.add(0.9, 5.0, 6.0);
        assert!((sums.pinball() - f64::midpoint(1.8, 0.1)).abs() < 1e-12);
        assert!((sums.coverage() - 0.5).abs() < 1e-12);
        assert!((sums.weighted_loss() - 2.0 * 1.9 / 15.0).abs() < 1e-12);
    }
}
