//! The history of a series as models see it: what was out of stock counts as missing.

use std::borrow::Cow;

use forecast_core::{Horizon, Period, SeriesView};

/// Target values, oldest first; NaN where missing or out of stock. What could not be bought says
/// nothing about demand.
pub(crate) fn known_values(series: SeriesView<'_>) -> Cow<'_, [f32]> {
    let target = series.target();
    match series.available() {
        Some(available) if available.contains(&false) => {
            let seen = |(&value, &stocked): (&f32, &bool)| if stocked { value } else { f32::NAN };
            target.iter().zip(available).map(seen).collect()
        }
        _ => Cow::Borrowed(target),
    }
}

/// Target values from `first` on, one per step of the horizon; NaN where missing, out of stock or
/// beyond the data.
pub(crate) fn actual_values(series: SeriesView<'_>, first: Period, horizon: Horizon) -> Vec<f32> {
    let known = known_values(series);
    let offset = i64::from(first.since(series.start()));
    let value = |step: usize| {
        let index = usize::try_from(offset + step as i64).ok()?;
        known.get(index).copied()
    };
    (0..horizon.steps()).map(|step| value(step).unwrap_or(f32::NAN)).collect()
}
