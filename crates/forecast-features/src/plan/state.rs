//! What a plan remembers of one series: enough to compute the features of its next period.

use forecast_core::Period;
use serde::{Deserialize, Serialize};

use super::history::{Stage, Tail};

/// The past of one series, as far as the features of a plan can see it. Bounded in size, however
/// long the series; equal pasts give equal states, and equal bytes when serialised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesState {
    pub(super) next: Period,
    /// Number of periods so far.
    pub(super) age: u32,
    /// Transforms of the target, in order.
    pub(super) stages: Vec<Stage>,
    /// Past values in target units; kept only for zero shares of a transformed target.
    pub(super) raw: Tail,
    /// Past values after the stages that differ between periods (all but `Scale`).
    pub(super) values: Tail,
    pub(super) sum: f64,
    pub(super) count: u64,
    /// One mean per `ExponentialMean` feature, in plan order.
    pub(super) exponential: Vec<f64>,
    /// Periods since the last non-zero value; `None` before the first.
    pub(super) since_non_zero: Option<u32>,
    /// Whether forecasts have been added.
    pub(super) is_forecasting: bool,
    /// Once they have: the shape features as they were before, in plan order.
    pub(super) held: Vec<f32>,
    /// One per covariate that a `Relative` or `Change` feature uses, in plan order.
    pub(super) past_covariates: Vec<PastCovariate>,
}

/// The past of one covariate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PastCovariate {
    pub(super) sum: f64,
    pub(super) count: u64,
    pub(super) last: f32,
}

impl PastCovariate {
    pub(super) const NONE: Self = Self { sum: 0.0, count: 0, last: f32::NAN };

    pub(super) fn push(&mut self, value: f32) {
        if !value.is_nan() {
            self.sum += f64::from(value);
            self.count += 1;
            self.last = value;
        }
    }
}

impl SeriesState {
    /// The period whose features come next.
    #[must_use]
    pub fn next_period(&self) -> Period {
        self.next
    }

    /// Number of periods that the series has had.
    #[must_use]
    pub fn age(&self) -> u32 {
        self.age
    }

    /// Forgets what no feature can see any more.
    pub(super) fn trim(&mut self) {
        self.raw.trim();
        self.values.trim();
        self.stages.iter_mut().for_each(Stage::trim);
    }
}
