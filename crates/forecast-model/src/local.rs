//! The local families: a few numbers per series, found in one pass over its history.
//!
//! Missing values do not count. A series without any known value is forecast as 0. The methods are
//! those of Hyndman & Athanasopoulos, "Forecasting: Principles and Practice" (3rd ed.), section 5.2.

use serde::{Deserialize, Serialize};

use crate::Family;
use crate::floor::Floor;

/// Seasons that the moving average looks back on.
const MOVING_AVERAGE_SEASONS: usize = 4;

/// What a local family remembers of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum LocalState {
    /// The same value for ever.
    Flat(f64),
    /// One value per step of a season, repeated.
    Seasonal(Vec<f32>),
    /// `start + step · slope`, steps counted from 1.
    Line { start: f64, slope: f64 },
}

impl LocalState {
    /// The state after `history`, with `season` periods in a season. `None` for a global family.
    pub(crate) fn after(family: Family, history: &[f32], season: usize) -> Option<Self> {
        match family {
            Family::Naive => Some(Self::Flat(last_known(history))),
            Family::SeasonalNaive => Some(Self::Seasonal(last_season(history, season.max(1)))),
            Family::MovingAverage => {
                let window = season.max(1).saturating_mul(MOVING_AVERAGE_SEASONS);
                Some(Self::Flat(recent_mean(history, window)))
            }
            Family::Drift => Some(drift(history)),
            Family::Ridge
            | Family::ElasticNet
            | Family::RandomForest
            | Family::ExtraTrees
            | Family::Boosted => None,
        }
    }

    /// Writes the forecasts of the first `row.len()` steps.
    pub(crate) fn fill(&self, floor: Floor, row: &mut [f64]) {
        for (step, value) in row.iter_mut().enumerate() {
            *value = floor.raise(self.forecast(step));
        }
    }

    /// The forecast of a step; the first is 0.
    pub(crate) fn forecast(&self, step: usize) -> f64 {
        match self {
            Self::Flat(value) => *value,
            Self::Seasonal(season) => season.get(step % season.len().max(1)).copied().map_or(0.0, f64::from),
            Self::Line { start, slope } => start + (step + 1) as f64 * slope,
        }
    }
}

fn last_known(history: &[f32]) -> f64 {
    history.iter().rev().find(|value| !value.is_nan()).copied().map_or(0.0, f64::from)
}

/// For each step of the next season, the newest known value a whole number of seasons before it;
/// where there is none, the last known value.
fn last_season(history: &[f32], season: usize) -> Vec<f32> {
    let fallback = last_known(history) as f32;
    let value = |step: usize| {
        let before = (history.len() + step).checked_sub(season)?;
        (0..=before / season).filter_map(|back| history.get(before - back * season)).find(|v| !v.is_nan())
    };
    (0..season).map(|step| value(step).copied().unwrap_or(fallback)).collect()
}

fn recent_mean(history: &[f32], window: usize) -> f64 {
    let recent = &history[history.len().saturating_sub(window)..];
    let known = || recent.iter().filter(|value| !value.is_nan());
    match known().count() {
        0 => last_known(history),
        count => known().copied().map(f64::from).sum::<f64>() / count as f64,
    }
}

/// The line through the first and the last known value.
fn drift(history: &[f32]) -> LocalState {
    let known = |index: &usize| !history[*index].is_nan();
    let first = (0..history.len()).find(known);
    let last = (0..history.len()).rev().find(known);
    match (first, last) {
        (Some(first), Some(last)) if last > first => {
            let (from, to) = (f64::from(history[first]), f64::from(history[last]));
            let slope = (to - from) / (last - first) as f64;
            LocalState::Line { start: to + slope * (history.len() - 1 - last) as f64, slope }
        }
        _ => LocalState::Flat(last_known(history)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f32 = f32::NAN;

    fn forecasts(family: Family, history: &[f32]) -> Vec<f64> {
        let state = LocalState::after(family, history, 3).unwrap();
        (0..5).map(|step| state.forecast(step)).collect()
    }

    #[test]
    fn every_family_matches_hand_calculation() {
        let history = [1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 7.0];
        assert_eq!(forecasts(Family::Naive, &history), [7.0; 5]);
        assert_eq!(forecasts(Family::SeasonalNaive, &history), [5.0, 9.0, 7.0, 5.0, 9.0]);
        assert_eq!(forecasts(Family::MovingAverage, &history), [31.0 / 7.0; 5]);
        assert_eq!(forecasts(Family::Drift, &history), [8.0, 9.0, 10.0, 11.0, 12.0]);
    }

    #[test]
    fn the_moving_average_spans_four_seasons() {
        let history: Vec<f32> = (1..=20u8).map(f32::from).collect();
        assert_eq!(forecasts(Family::MovingAverage, &history)[0], 14.5);
    }

    #[test]
    fn missing_values_do_not_count() {
        assert_eq!(forecasts(Family::Naive, &[1.0, 4.0, NAN]), [4.0; 5]);
        // Two seasons back where one season back is missing; the last value where there is nothing.
        assert_eq!(forecasts(Family::SeasonalNaive, &[1.0, NAN, 3.0, NAN, NAN, 6.0])[..3], [1.0, 6.0, 6.0]);
        assert_eq!(forecasts(Family::MovingAverage, &[2.0, NAN, 4.0]), [3.0; 5]);
        // From (0, 2) to (2, 6): slope 2, and the missing period counts as one step.
        assert_eq!(forecasts(Family::Drift, &[2.0, NAN, 6.0, NAN])[..2], [10.0, 12.0]);
    }

    #[test]
    fn a_series_without_history_is_forecast_as_zero() {
        for &family in Family::all().iter().filter(|family| !family.is_global()) {
            for history in [&[][..], &[NAN, NAN], &[NAN]] {
                assert_eq!(forecasts(family, history), [0.0; 5], "{family}");
            }
        }
        assert_eq!(forecasts(Family::SeasonalNaive, &[5.0]), [5.0; 5]);
        assert_eq!(forecasts(Family::Drift, &[5.0]), [5.0; 5]);
    }
}
