//! The measure that a champion is chosen by.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Accuracy, ModelResult, QuantileAccuracy};

/// A measure of accuracy; of two models the one with the smaller absolute value is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// Mean absolute error.
    Mae,
    /// Root mean squared error.
    Rmse,
    /// Weighted absolute percentage error: the default.
    #[default]
    Wape,
    /// Symmetric mean absolute percentage error.
    Smape,
    /// Mean absolute scaled error.
    Mase,
    /// Root mean squared scaled error.
    Rmsse,
    /// Relative bias.
    Bias,
    /// Mean pinball loss over the quantile levels of the backtest.
    Pinball,
}

/// A name that is not that of a metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a metric: use one of {}", names())]
pub struct UnknownMetric {
    /// What was given.
    pub name: String,
}

impl Metric {
    /// All metrics.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &[Self::Mae, Self::Rmse, Self::Wape, Self::Smape, Self::Mase, Self::Rmsse, Self::Bias, Self::Pinball]
    }

    /// The name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mae => "mae",
            Self::Rmse => "rmse",
            Self::Wape => "wape",
            Self::Smape => "smape",
            Self::Mase => "mase",
            Self::Rmsse => "rmsse",
            Self::Bias => "bias",
            Self::Pinball => "pinball",
        }
    }

    /// What models are sorted by: smaller is better, and a model without a value comes last.
    pub(crate) fn rank(self, model: &ModelResult) -> f64 {
        self.value(&model.overall, &model.quantiles).abs()
    }

    /// The value of this metric; NaN where it has none.
    #[must_use]
    pub fn value(self, point: &Accuracy, quantiles: &[QuantileAccuracy]) -> f64 {
        match self {
            Self::Mae => point.mae,
            Self::Rmse => point.rmse,
            Self::Wape => point.wape,
            Self::Smape => point.smape,
            Self::Mase => point.mase,
            Self::Rmsse => point.rmsse,
            Self::Bias => point.bias,
            Self::Pinball => {
                quantiles.iter().map(|quantile| quantile.pinball).sum::<f64>() / quantiles.len() as f64
            }
        }
    }
}

fn names() -> String {
    Metric::all().iter().map(|metric| metric.name()).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Metric {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(text: &str) -> Result<Self, UnknownMetric> {
        let found = Self::all().iter().find(|metric| metric.name().eq_ignore_ascii_case(text.trim()));
        found.copied().ok_or_else(|| UnknownMetric { name: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_match_the_stored_form() {
        for &metric in Metric::all() {
            assert_eq!(metric.to_string().parse(), Ok(metric));
            assert_eq!(serde_json::to_value(metric).unwrap(), metric.name());
        }
        assert!("mape".parse::<Metric>().unwrap_err().to_string().contains("use one of mae, rmse"));
    }

    #[test]
    fn pinball_is_the_mean_over_the_levels() {
        let quantile = |pinball| QuantileAccuracy { pinball, ..QuantileAccuracy::none(0.5) };
        let value = Metric::Pinball.value(&Accuracy::NONE, &[quantile(1.0), quantile(3.0)]);
        assert!((value - 2.0).abs() < 1e-12);
        assert!(Metric::Pinball.value(&Accuracy::NONE, &[]).is_nan());
    }
}
