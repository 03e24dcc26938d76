//! Prediction quantiles by split conformal calibration on backtest residuals.
//!
//! A residual is divided by its series' own scale, so that large and small series calibrate each
//! other. Residuals of one step of the horizon (of a few neighbouring steps when there are few) are
//! sorted into classes by the size of the forecast, since 0.1 pieces a day and 50 a day do not err
//! in the same shape; a quantile forecast is the point forecast plus the scaled residual quantile of
//! its step and class. Lei et al. (2018), "Distribution-Free Predictive Inference for Regression";
//! classes as in Vovk (2012), "Conditional validity of inductive conformal predictors".

use forecast_core::{Horizon, QuantileLevels};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

mod residuals;

pub(crate) use residuals::{Residual, Residuals, residual_scale};

/// Residuals that a class should have at least; steps are pooled to get there.
const CLASS_RESIDUALS: usize = 200;
/// Classes of one step at most.
const MOST_CLASSES: usize = 12;
/// Levels that are calibrated besides those asked for.
const GRID: [f64; 19] = [
    0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99,
];

/// Scaled residual quantiles per step, class and level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Calibration {
    /// Calibrated levels, rising.
    levels: Vec<f64>,
    /// Position in `groups` of every step.
    steps: Vec<u32>,
    groups: Vec<Group>,
}

/// Neighbouring steps that are calibrated together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Group {
    /// Smallest forecast of every class but the first, rising.
    bounds: Vec<f64>,
    /// Class by class, one quantile per level, rising.
    quantiles: Vec<f64>,
}

impl Calibration {
    /// Quantiles of the residuals of some windows, for `asked` levels and those between.
    pub(crate) fn fit(residuals: &Residuals, horizon: Horizon, asked: &QuantileLevels) -> Self {
        let mut levels: Vec<f64> = GRID.iter().chain(asked.as_slice()).copied().collect();
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        let pooled = residuals.steps_to_pool(CLASS_RESIDUALS);
        let steps = (0..horizon.steps()).map(|step| (step / pooled) as u32).collect();
        let groups = (0..horizon.steps().div_ceil(pooled))
            .into_par_iter()
            .map(|group| Group::fit(residuals.of_steps(group * pooled..(group + 1) * pooled), &levels))
            .collect();
        Self { levels, steps, groups }
    }

    /// Lowest and highest level that can be answered.
    pub(crate) fn range(&self) -> (f64, f64) {
        (self.levels.first().copied().unwrap_or(0.5), self.levels.last().copied().unwrap_or(0.5))
    }

    /// Whether `level` lies between calibrated ones.
    pub(crate) fn covers(&self, level: f64) -> bool {
        let (lowest, highest) = self.range();
        (lowest..=highest).contains(&level)
    }

    /// What is wrong with the shape of a calibration that was read from a file, if anything.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let groups = self.groups.len();
        let whole = |group: &Group| group.quantiles.len() == (group.bounds.len() + 1) * self.levels.len();
        let sound = self.levels.is_sorted()
            && !self.levels.is_empty()
            && self.steps.iter().all(|&group| (group as usize) < groups)
            && self.groups.iter().all(whole);
        if sound { None } else { Some("its calibration is incomplete") }
    }

    /// The quantile of a step (the first is 0) for a point forecast of a series with this scale.
    /// Rises with `level`; levels between calibrated ones are interpolated.
    pub(crate) fn quantile(&self, step: usize, (forecast, scale): (f64, f64), level: f64) -> f64 {
        let group = self.steps.get(step).or(self.steps.last()).and_then(|&at| self.groups.get(at as usize));
        let Some(group) = group else { return forecast };
        let class = group.bounds.partition_point(|&bound| bound <= forecast);
        let row = &group.quantiles[class * self.levels.len()..(class + 1) * self.levels.len()];
        forecast + scale * self.interpolate(row, level)
    }

    fn interpolate(&self, row: &[f64], level: f64) -> f64 {
        let above = self.levels.partition_point(|&known| known < level).min(row.len() - 1);
        if self.levels[above] <= level || above == 0 {
            return row[above];
        }
        let (low, high) = (self.levels[above - 1], self.levels[above]);
        let share = (level - low) / (high - low);
        row[above - 1] + share * (row[above] - row[above - 1])
    }
}

impl Group {
    /// Classes with equally many residuals each, by rising forecast.
    fn fit(mut residuals: Vec<Residual>, levels: &[f64]) -> Self {
        if residuals.is_empty() {
            return Self { bounds: Vec::new(), quantiles: vec![0.0; levels.len()] };
        }
        residuals
            .sort_by(|a, b| a.forecast.total_cmp(&b.forecast).then_with(|| a.scaled.total_cmp(&b.scaled)));
        let classes = (residuals.len() / CLASS_RESIDUALS).clamp(1, MOST_CLASSES);
        let mut cuts: Vec<usize> = (1..classes).map(|class| class * residuals.len() / classes).collect();
        // Equal forecasts belong to one class.
        cuts.retain(|&cut| residuals[cut - 1].forecast < residuals[cut].forecast);
        let bounds = cuts.iter().map(|&cut| residuals[cut].forecast).collect();
        let mut quantiles = Vec::with_capacity((cuts.len() + 1) * levels.len());
        cuts.push(residuals.len());
        let mut from = 0;
        for cut in cuts {
            let mut scaled: Vec<f64> = residuals[from..cut].iter().map(|residual| residual.scaled).collect();
            scaled.sort_by(f64::total_cmp);
            quantiles.extend(levels.iter().map(|&level| conformal_quantile(&scaled, level)));
            from = cut;
        }
        Self { bounds, quantiles }
    }
}

/// The conformal quantile of sorted values: from the middle outwards, so that the interval between
/// two levels covers at least their difference in finite samples. Where there are too few values for
/// a level, the outermost one.
fn conformal_quantile(sorted: &[f64], level: f64) -> f64 {
    let count = sorted.len();
    let position = level * (count + 1) as f64;
    let rank = if level >= 0.5 { position.ceil() } else { position.floor() };
    sorted[(rank as usize).clamp(1, count) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    fn levels(levels: &[f64]) -> QuantileLevels {
        QuantileLevels::new(levels.to_vec()).unwrap()
    }

    fn horizon(steps: u32) -> Horizon {
        Horizon::new(steps).unwrap()
    }

    /// 400 residuals per step between −1 and 1 for small forecasts, ten times as wide for large ones.
    fn made(steps: usize) -> Residuals {
        let mut residuals = Residuals::new(steps);
        for step in 0..steps {
            for index in 0..400 {
                let spread = f64::from(index % 200) / 100.0 - 0.995;
                let (forecast, factor) = if index < 200 { (1.0, 1.0) } else { (9.0, 10.0) };
                residuals.push(step, Residual { forecast, scaled: factor * spread });
            }
        }
        residuals
    }

    #[test]
    fn forecasts_of_different_size_have_quantiles_of_their_own() {
        let calibration = Calibration::fit(&made(3), horizon(3), &levels(&[0.1, 0.9]));
        let width = |forecast| {
            calibration.quantile(1, (forecast, 1.0), 0.9) - calibration.quantile(1, (forecast, 1.0), 0.1)
        };
        assert!((1.55..1.65).contains(&width(1.0)), "{}", width(1.0));
        assert!((15.5..16.5).contains(&width(9.0)), "{}", width(9.0));
        assert!((width(0.0) - width(1.0)).abs() < 1e-12);
    }

    #[test]
    fn quantiles_grow_with_the_series() {
        let calibration = Calibration::fit(&made(1), horizon(1), &levels(&[]));
        let quantile = |scale| calibration.quantile(0, (1.0, scale), 0.9) - 1.0;
        assert!((quantile(4.0) - 4.0 * quantile(1.0)).abs() < 1e-12);
    }

    #[test]
    fn few_residuals_are_pooled_over_steps() {
        let mut residuals = Residuals::new(10);
        for step in 0..10 {
            residuals.push(step, Residual { forecast: 1.0, scaled: step as f64 });
        }
        let calibration = Calibration::fit(&residuals, horizon(10), &levels(&[]));
        let first = calibration.quantile(0, (0.0, 1.0), 0.5);
        assert_eq!(first, calibration.quantile(9, (0.0, 1.0), 0.5));
        assert!((4.0..=5.0).contains(&first));
    }

    #[test]
    fn nothing_to_calibrate_with_gives_the_point_forecast() {
        let calibration = Calibration::fit(&Residuals::new(2), horizon(2), &levels(&[0.5]));
        assert_eq!(calibration.quantile(1, (3.0, 2.0), 0.9), 3.0);
    }

    #[test]
    fn the_finite_sample_rank_is_on_the_safe_side() {
        let sorted: Vec<f64> = (1..=9).map(f64::from).collect();
        assert_eq!(conformal_quantile(&sorted, 0.9), 9.0);
        assert_eq!(conformal_quantile(&sorted, 0.1), 1.0);
        assert_eq!(conformal_quantile(&sorted, 0.5), 5.0);
        assert_eq!(conformal_quantile(&[7.0], 0.99), 7.0);
    }

    proptest! {
        #[test]
        fn quantiles_never_cross(
            values in prop::collection::vec((0.0..50.0_f64, -5.0..9.0_f64), 1..700),
            forecast in 0.0..60.0_f64,
            mut asked in prop::collection::vec(0.01..0.99_f64, 2..6),
        ) {
            let mut residuals = Residuals::new(2);
            for (index, (forecast, scaled)) in values.into_iter().enumerate() {
                residuals.push(index % 2, Residual { forecast, scaled });
            }
            let calibration = Calibration::fit(&residuals, horizon(2), &levels(&[0.333]));
            asked.sort_by(f64::total_cmp);
            for step in 0..2 {
                let found: Vec<f64> =
                    asked.iter().map(|&level| calibration.quantile(step, (forecast, 2.0), level)).collect();
                prop_assert!(found.is_sorted(), "{found:?} at {asked:?}");
            }
        }
    }
}
