//! Transforms of the target that a model is fitted on, and the past they need to be undone.

use serde::{Deserialize, Serialize};

use super::{LONGEST, PlanError};

/// A change of the target's units before features and fitting; undone on every forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TargetTransform {
    /// `ln(1 + y)`: for targets of at least 0 whose errors grow with their size.
    Log1p,
    /// `y(t) − y(t − lag)`: the plain difference with lag 1, a seasonal one with the season's length.
    Difference {
        /// Periods back, at least 1.
        lag: u32,
    },
    /// Division by the mean size of the values so far that are not zero, per series: puts large and
    /// small series on one scale, also where most periods sell nothing. Uses the past of each period
    /// alone, and of forecasts nothing; must come last. Until the first value there is no scale.
    Scale,
}

impl TargetTransform {
    pub(super) fn check(&self) -> Result<(), PlanError> {
        match self {
            Self::Difference { lag } if !(1..=LONGEST).contains(lag) => {
                Err(PlanError::OutOfRange { feature: "difference".to_owned(), limit: LONGEST })
            }
            _ => Ok(()),
        }
    }
}

/// The newest values of a series, oldest first, never fewer than `keep` once there were as many.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Tail {
    keep: usize,
    values: Vec<f32>,
}

impl Tail {
    pub(super) fn new(keep: usize) -> Self {
        Self { keep, values: Vec::new() }
    }

    pub(super) fn push(&mut self, value: f32) {
        if self.keep == 0 {
            return;
        }
        // Dropping half at a time keeps the values contiguous at a constant cost per push.
        if self.values.len() >= 2 * self.keep {
            self.values.drain(..self.values.len() - self.keep);
        }
        self.values.push(value);
    }

    /// The newest `keep` values, oldest first; fewer when there were not as many.
    pub(super) fn newest(&self) -> &[f32] {
        &self.values[self.values.len().saturating_sub(self.keep)..]
    }

    /// The value `lag` periods ago; NaN when there was none or it is no longer kept.
    pub(super) fn lag(&self, lag: usize) -> f32 {
        lag_of(self.newest(), lag)
    }

    /// Forgets what is not needed, so that equal pasts are equal bytes.
    pub(super) fn trim(&mut self) {
        let surplus = self.values.len().saturating_sub(self.keep);
        self.values.drain(..surplus);
        self.values.shrink_to_fit();
    }
}

/// The value `lag` periods before the end of `past`; NaN when there is none.
pub(super) fn lag_of(past: &[f32], lag: usize) -> f32 {
    past.len().checked_sub(lag).and_then(|index| past.get(index)).copied().unwrap_or(f32::NAN)
}

/// Transform of one series, with what it remembers of the past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Stage {
    Log1p,
    Difference { lag: u32, tail: Tail },
    Scale { sum: f64, count: u64 },
}

impl Stage {
    pub(super) fn new(transform: TargetTransform) -> Self {
        match transform {
            TargetTransform::Log1p => Self::Log1p,
            TargetTransform::Difference { lag } => Self::Difference { lag, tail: Tail::new(lag as usize) },
            TargetTransform::Scale => Self::Scale { sum: 0.0, count: 0 },
        }
    }

    /// The value of the next period in this stage's units; NaN where the stage has none yet.
    pub(super) fn apply(&self, value: f64) -> f64 {
        match self {
            Self::Log1p => value.max(-1.0 + f64::EPSILON).ln_1p(),
            Self::Difference { lag, tail } => value - f64::from(tail.lag(*lag as usize)),
            // Nothing is nothing on any scale.
            Self::Scale { count: 0, .. } if value != 0.0 => f64::NAN,
            Self::Scale { .. } => value / self.scale(),
        }
    }

    /// The inverse of [`Stage::apply`]. A difference from nothing known is taken from 0.
    pub(super) fn undo(&self, value: f64) -> f64 {
        match self {
            Self::Log1p => value.exp_m1(),
            Self::Difference { lag, tail } => {
                let before = f64::from(tail.lag(*lag as usize));
                if before.is_nan() { value } else { value + before }
            }
            Self::Scale { .. } => value * self.scale(),
        }
    }

    /// Moves one period on; `value` is in the units before this stage.
    pub(super) fn advance(&mut self, value: f64) {
        match self {
            Self::Log1p => {}
            Self::Difference { lag, tail } => {
                // A missing value is bridged by the one a lag earlier, so that differences resume.
                let known = if value.is_nan() { tail.lag(*lag as usize) } else { value as f32 };
                tail.push(known);
            }
            Self::Scale { sum, count } => {
                if !value.is_nan() && value != 0.0 {
                    *sum += value.abs();
                    *count += 1;
                }
            }
        }
    }

    pub(super) fn trim(&mut self) {
        if let Self::Difference { tail, .. } = self {
            tail.trim();
        }
    }

    /// What quantities of the next period are divided by: 1 for every stage but `Scale`.
    pub(super) fn scale(&self) -> f64 {
        match self {
            Self::Scale { sum, count } if *sum > 0.0 => sum / *count as f64,
            _ => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_is_undone() {
        let transforms =
            [TargetTransform::Log1p, TargetTransform::Difference { lag: 2 }, TargetTransform::Scale];
        for transform in transforms {
            let mut stage = Stage::new(transform);
            for value in [3.0, 0.0, 5.0, 2.0] {
                stage.advance(value);
            }
            for value in [0.0, 1.0, 7.5, 1e6] {
                let back = stage.undo(stage.apply(value));
                assert!((back - value).abs() <= 1e-9 * value.max(1.0), "{transform:?}: {back} for {value}");
            }
        }
    }

    #[test]
    fn the_scale_is_the_size_of_sales_without_zeros() {
        let mut stage = Stage::new(TargetTransform::Scale);
        stage.advance(0.0);
        assert_eq!(stage.apply(0.0), 0.0);
        assert!(stage.apply(5.0).is_nan());
        for value in [4.0, 0.0, f64::NAN, 8.0, 0.0] {
            stage.advance(value);
        }
        assert_eq!((stage.scale(), stage.apply(3.0)), (6.0, 0.5));
    }

    #[test]
    fn a_tail_keeps_the_newest_values_in_order() {
        let mut tail = Tail::new(3);
        for value in 0..10u8 {
            tail.push(f32::from(value));
        }
        assert_eq!(tail.newest(), [7.0, 8.0, 9.0]);
        assert_eq!(tail.lag(1), 9.0);
        assert!(tail.lag(4).is_nan());
        tail.trim();
        assert_eq!(tail.values, [7.0, 8.0, 9.0]);
    }
}
