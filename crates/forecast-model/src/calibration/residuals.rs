//! Residuals of a backtest, step by step, and the scale that makes those of all series alike.

use forecast_core::metrics::ErrorScale;
use std::ops::Range;

/// How far off one forecast was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Residual {
    /// The point forecast, in units of the target.
    pub(crate) forecast: f64,
    /// (actual − forecast) / scale of the series.
    pub(crate) scaled: f64,
}

/// Residuals of every step of a horizon.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Residuals {
    by_step: Vec<Vec<Residual>>,
}

impl Residuals {
    pub(crate) fn new(steps: usize) -> Self {
        Self { by_step: vec![Vec::new(); steps] }
    }

    /// One more, of a step below that given to [`Residuals::new`]; ignored unless finite.
    pub(crate) fn push(&mut self, step: usize, residual: Residual) {
        if residual.scaled.is_finite() && residual.forecast.is_finite() {
            self.by_step[step].push(residual);
        }
    }

    /// Those of several windows together.
    pub(crate) fn join<'a>(steps: usize, parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut joined = Self::new(steps);
        for part in parts {
            for (all, some) in joined.by_step.iter_mut().zip(&part.by_step) {
                all.extend_from_slice(some);
            }
        }
        joined
    }

    /// How many neighbouring steps have `enough` residuals together, on average over the horizon.
    pub(crate) fn steps_to_pool(&self, enough: usize) -> usize {
        let steps = self.by_step.len().max(1);
        let total: usize = self.by_step.iter().map(Vec::len).sum();
        (enough * steps).div_ceil(total.max(1)).clamp(1, steps)
    }

    pub(crate) fn of_steps(&self, steps: Range<usize>) -> Vec<Residual> {
        let end = steps.end.min(self.by_step.len());
        self.by_step[steps.start.min(end)..end].concat()
    }
}

/// What residuals of a series are divided by, from its history alone: its mean seasonal difference;
/// where that is 0 or unknown, its mean size; failing both, 1.
pub(crate) fn residual_scale(history: &[f32], season: usize) -> f64 {
    let usable = |scale: &f64| scale.is_finite() && *scale > 0.0;
    let difference = ErrorScale::of_history(history, season).absolute;
    Some(difference).filter(usable).or_else(|| mean_size(history).filter(usable)).unwrap_or(1.0)
}

fn mean_size(history: &[f32]) -> Option<f64> {
    let known = || history.iter().filter(|value| value.is_finite());
    let count = known().count();
    (count > 0).then(|| known().map(|&value| f64::from(value).abs()).sum::<f64>() / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_always_usable() {
        assert_eq!(residual_scale(&[1.0, 3.0, 2.0, 4.0], 1), 5.0 / 3.0);
        assert_eq!(residual_scale(&[4.0; 10], 7), 4.0);
        for history in [&[][..], &[0.0; 9], &[f32::NAN; 3]] {
            assert_eq!(residual_scale(history, 7), 1.0);
        }
    }

    #[test]
    fn steps_are_pooled_until_there_is_enough() {
        let mut residuals = Residuals::new(4);
        for step in 0..4 {
            for _ in 0..10 {
                residuals.push(step, Residual { forecast: 1.0, scaled: 0.0 });
            }
        }
        assert_eq!(residuals.steps_to_pool(10), 1);
        assert_eq!(residuals.steps_to_pool(15), 2);
        assert_eq!(residuals.steps_to_pool(1_000), 4);
        assert_eq!(residuals.of_steps(2..9).len(), 20);
        residuals.push(0, Residual { forecast: f64::NAN, scaled: 0.0 });
        assert_eq!(residuals.of_steps(0..1).len(), 10);
    }
}
