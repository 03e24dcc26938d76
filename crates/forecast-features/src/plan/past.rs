//! Features that follow from the past of one series.

use super::feature::Feature;
use super::history::lag_of;
use super::state::{PastCovariate, SeriesState};
use super::window::statistic;

/// The value of a feature that looks at the target's past alone.
pub(super) fn past_feature(feature: &Feature, state: &SeriesState, past: &[f32]) -> f32 {
    match feature {
        Feature::Lag { lag } => lag_of(past, *lag as usize),
        Feature::Rolling { statistic: kind, lag, window } => {
            let end = (past.len() + 1).saturating_sub(*lag as usize);
            let start = end.saturating_sub(*window as usize);
            statistic(*kind, past[start.min(end)..end.min(past.len())].iter().copied())
        }
        Feature::SeasonalRolling { statistic: kind, season, window } => {
            let seasons = (1..=*window as usize).rev();
            statistic(*kind, seasons.map(|count| lag_of(past, count * *season as usize)))
        }
        Feature::ExpandingMean => (state.sum / state.count as f64) as f32,
        Feature::SinceNonZero => state.since_non_zero.map_or(f32::NAN, |periods| periods as f32),
        Feature::ZeroShare { window } => {
            let raw = if state.stages.is_empty() { past } else { state.raw.newest() };
            let recent = &raw[raw.len().saturating_sub(*window as usize)..];
            let (zeros, known) = recent
                .iter()
                .filter(|value| !value.is_nan())
                .fold((0u32, 0u32), |(z, n), v| (z + u32::from(*v == 0.0), n + 1));
            (f64::from(zeros) / f64::from(known)) as f32
        }
        Feature::Age => state.age as f32,
        _ => f32::NAN,
    }
}

/// The value over the mean of its past; 1 where it has none.
pub(super) fn relative(value: f32, past: &PastCovariate) -> f32 {
    let mean = past.sum / past.count as f64;
    if past.count == 0 || mean == 0.0 {
        return if value.is_nan() { f32::NAN } else { 1.0 };
    }
    (f64::from(value) / mean) as f32
}

/// The value over the one before, less 1; 0 where there is none before.
pub(super) fn change(value: f32, past: &PastCovariate) -> f32 {
    if past.last.is_nan() || past.last == 0.0 {
        return if value.is_nan() { f32::NAN } else { 0.0 };
    }
    (f64::from(value) / f64::from(past.last) - 1.0) as f32
}
