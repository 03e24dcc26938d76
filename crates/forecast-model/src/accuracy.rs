//! Measured accuracy: every point metric over some cut of a backtest, and every quantile level.

use forecast_core::metrics::{ErrorSums, QuantileSums};
use serde::{Deserialize, Serialize};

use crate::nullable;

/// Point accuracy over some (actual, forecast) pairs. A measure without a value is NaN, and null in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Mean absolute error, in units of the target.
    #[serde(with = "nullable")]
    pub mae: f64,
    /// Root mean squared error, in units of the target.
    #[serde(with = "nullable")]
    pub rmse: f64,
    /// Σ|error| / Σ|actual|, a fraction.
    #[serde(with = "nullable")]
    pub wape: f64,
    /// Symmetric mean absolute percentage error, between 0 and 2.
    #[serde(with = "nullable")]
    pub smape: f64,
    /// Mean absolute scaled error: mean over the series with a scale.
    #[serde(with = "nullable")]
    pub mase: f64,
    /// Root mean squared scaled error: mean over the series with a scale.
    #[serde(with = "nullable")]
    pub rmsse: f64,
    /// Σ(forecast − actual) / Σ|actual|; positive when too much was forecast.
    #[serde(with = "nullable")]
    pub bias: f64,
    /// Number of pairs.
    pub count: u64,
}

impl Accuracy {
    /// Accuracy of nothing.
    pub(crate) const NONE: Self = Self {
        mae: f64::NAN,
        rmse: f64::NAN,
        wape: f64::NAN,
        smape: f64::NAN,
        mase: f64::NAN,
        rmsse: f64::NAN,
        bias: f64::NAN,
        count: 0,
    };

    /// Everything that follows from the sums; `scaled` are the MASE and RMSSE, which do not.
    pub(crate) fn new(sums: &ErrorSums, scaled: ScaledErrors) -> Self {
        if sums.count == 0 {
            return Self::NONE;
        }
        Self {
            mae: sums.mae(),
            rmse: sums.rmse(),
            wape: sums.wape(),
            smape: sums.smape(),
            mase: scaled.mase,
            rmsse: scaled.rmsse,
            bias: sums.bias(),
            count: sums.count,
        }
    }
}

/// Errors in units of each series' own scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ScaledErrors {
    pub(crate) mase: f64,
    pub(crate) rmsse: f64,
}

impl ScaledErrors {
    /// Mean over the entries that have a value, each measure by itself.
    pub(crate) fn mean(entries: impl Iterator<Item = Self>) -> Self {
        let (mut mase, mut rmsse) = (Mean::default(), Mean::default());
        for entry in entries {
            mase.add(entry.mase);
            rmsse.add(entry.rmsse);
        }
        Self { mase: mase.value(), rmsse: rmsse.value() }
    }
}

#[derive(Default)]
struct Mean {
    sum: f64,
    count: u64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.sum += value;
            self.count += 1;
        }
    }

    fn value(&self) -> f64 {
        self.sum / self.count as f64
    }
}

/// Accuracy of the quantile forecasts of one level.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuantileAccuracy {
    /// The level, between 0 and 1.
    pub level: f64,
    /// Mean pinball loss, in units of the target.
    #[serde(with = "nullable")]
    pub pinball: f64,
    /// Share of actuals at or below the forecast; ideally the level itself. Where many actuals are 0,
    /// no quantile can lie below them, and low levels cover more.
    #[serde(with = "nullable")]
    pub coverage: f64,
    /// 2·Σ pinball / Σ|actual|.
    #[serde(with = "nullable")]
    pub weighted_loss: f64,
    /// Number of pairs.
    pub count: u64,
}

impl QuantileAccuracy {
    /// Accuracy of nothing.
    pub(crate) fn none(level: f64) -> Self {
        Self { level, pinball: f64::NAN, coverage: f64::NAN, weighted_loss: f64::NAN, count: 0 }
    }

    pub(crate) fn new(level: f64, sums: &QuantileSums) -> Self {
        if sums.count == 0 {
            return Self::none(level);
        }
        Self {
            level,
            pinball: sums.pinball(),
            coverage: sums.coverage(),
            weighted_loss: sums.weighted_loss(),
            count: sums.count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_without_a_value_is_null_and_reads_back() {
        let mut sums = ErrorSums::default();
        sums.add(0.0, 1.0);
        let scaled = ScaledErrors { mase: f64::NAN, rmsse: 2.0 };
        let accuracy = Accuracy::new(&sums, scaled);
        let json = serde_json::to_string(&accuracy).unwrap();
        assert!(json.contains(r#""wape":null"#) && json.contains(r#""mae":1.0"#), "{json}");
        let back: Accuracy = serde_json::from_str(&json).unwrap();
        assert!(back.wape.is_nan());
        assert_eq!(back.count, 1);
    }

    #[test]
    fn scaled_errors_are_means_over_those_that_have_one() {
        let entry = |mase, rmsse| ScaledErrors { mase, rmsse };
        let mean = ScaledErrors::mean([entry(1.0, f64::NAN), entry(3.0, f64::NAN)].into_iter());
        assert!((mean.mase - 2.0).abs() < 1e-12);
        assert!(mean.rmsse.is_nan());
    }
}
