//! The champion beside what happened, in the newest backtest window, for three telling series.

use forecast_core::QuantileLevels;
use forecast_core::metrics::ErrorSums;

use super::chart::{Axis, Band, Chart, Line, Role, Scale};
use super::intervals::bounds;
use super::words::{percent, period_range};
use crate::error::TrainingError;
use crate::steps::Fitted;

/// Periods of history shown before a forecast: twice the horizon, within these bounds.
const HISTORY: (usize, usize) = (24, 180);

/// With so few series all of them are ranked.
const FEWEST_RANKED: usize = 6;

/// One chart with its caption.
pub(super) struct Fan {
    pub(super) title: &'static str,
    pub(super) series: String,
    pub(super) wape: String,
    pub(super) chart: String,
    /// Whether the chart shows a range.
    pub(super) has_band: bool,
}

/// Which window and which series are shown, of which there are `shown`.
pub(super) fn sentence(fitted: &Fitted, shown: usize) -> String {
    let Some(window) = fitted.report.windows.last() else { return String::new() };
    let last = window.origin.plus(window.horizon.steps() as i32);
    let window = period_range(fitted.ingested.quality.frequency, window.first(), last);
    let series = match shown {
        0 => {
            return format!(
                "Nothing was sold in the newest backtest window, {window}: there is nothing to show."
            );
        }
        1 => "",
        2 => " for two of the series: the one that was forecast best, and the one that was forecast worst",
        _ => {
            " for three of the better-selling half of the series: the one that was forecast best, one in the \
             middle, and the one that was forecast worst"
        }
    };
    let comma = if series.is_empty() { "" } else { "," };
    format!(
        "The newest backtest window, {window}{comma}{series}. The forecast was made without knowing anything to \
         the right of the dashed line."
    )
}

/// What the shaded band means.
pub(super) fn band_label(levels: &QuantileLevels) -> String {
    match levels.as_slice() {
        [low, .., high] => format!("{} of what happens should lie here", percent(high - low, 0)),
        _ => String::new(),
    }
}

/// Charts of the best, the median and the worst series by WAPE in the newest window.
pub(super) fn fans(fitted: &Fitted) -> Result<Vec<Fan>, TrainingError> {
    let ranked = ranked(fitted);
    let (Some(best), Some(worst)) = (ranked.first(), ranked.last()) else { return Ok(Vec::new()) };
    let middle = &ranked[ranked.len() / 2];
    let mut shown = vec![("Best series", best), ("Typical series", middle), ("Worst series", worst)];
    shown.dedup_by_key(|(_, entry)| entry.1);
    match shown.as_mut_slice() {
        [only] => only.0 = "The series",
        [_, worse] => worse.0 = "Worst series",
        _ => {}
    }
    shown
        .into_iter()
        .map(|(title, &(wape, series))| {
            let chart = chart(fitted, series)?;
            Ok(Fan {
                title,
                series: fitted.ingested.panel.keys()[series].to_string(),
                wape: percent(wape, 1),
                has_band: !chart.bands.is_empty(),
                chart: chart.draw()?,
            })
        })
        .collect()
}

/// WAPE and position of the better-selling half of the series in the newest window, best first. The
/// WAPE of a series that sold one piece says little: it may be thousands of percent.
fn ranked(fitted: &Fitted) -> Vec<(f64, usize)> {
    let panel = &fitted.ingested.panel;
    let (Some(window), Some(forecasts)) = (fitted.report.windows.last(), fitted.champion().forecasts.last())
    else {
        return Vec::new();
    };
    let mut selling: Vec<(f64, f64, usize)> = panel
        .iter()
        .filter_map(|series| {
            let actuals = series.actuals_from(window.first(), window.horizon.steps());
            let mut sums = ErrorSums::default();
            for (&actual, &forecast) in actuals.iter().zip(forecasts.row(series.index())) {
                sums.add(f64::from(actual), forecast);
            }
            Some((sums.absolute_actual, sums.wape(), series.index())).filter(|(_, wape, _)| wape.is_finite())
        })
        .collect();
    selling.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.2.cmp(&right.2)));
    selling.truncate(selling.len().div_ceil(2).max(FEWEST_RANKED));
    let mut ranked: Vec<(f64, usize)> = selling.into_iter().map(|(_, wape, series)| (wape, series)).collect();
    ranked.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
    ranked
}

fn chart(fitted: &Fitted, series: usize) -> Result<Chart, TrainingError> {
    let panel = &fitted.ingested.panel;
    let view = panel.series(series);
    let window = fitted.report.windows.last().ok_or_else(|| TrainingError::Report("no window".to_owned()))?;
    let steps = window.horizon.steps();
    let before = (2 * steps).clamp(HISTORY.0, HISTORY.1) as i32;
    let start = window.first().plus(-before).max(view.start());
    let shown = usize::try_from(window.first().since(start)).unwrap_or(0) + steps;
    let actual = view.actuals_from(start, shown).into_iter().map(f64::from).collect();
    let first = window.first().0;
    let mut lines = vec![Line { role: Role::Actual, start: start.0, values: actual }];
    let mut bands = Vec::new();
    if let Some(forecasts) = fitted.champion().forecasts.last() {
        let forecast = forecasts.row(series);
        lines.push(Line { role: Role::Champion, start: first, values: forecast.to_vec() });
        let ranges = bounds(fitted, window, series, forecast).unwrap_or_default();
        bands.extend(ranges.into_iter().map(|(lower, upper)| Band { start: first, lower, upper }));
    }
    Ok(Chart {
        size: (920, 250),
        axis: Axis::Time(panel.frequency()),
        scale: Scale::Quantity,
        bands,
        lines,
        origin: Some(window.origin.0),
    })
}
