//! The finished model's ranges, laid around what the champion forecast in a backtest window.
//!
//! The backtest keeps point forecasts only. How wide the ranges of a series were at a window's origin
//! is asked of the finished model, with the history up to that origin; the ranges are then shown
//! around the forecast that the backtest really made. What is measured (coverage) is not measured
//! here: these ranges are for looking at.

use forecast_core::panel::{PanelBuilder, SeriesSpan};
use forecast_core::{BacktestWindow, Covariate, Panel, StaticColumn};

use crate::steps::Fitted;

/// Lower and upper bounds of one series, the outermost pair of levels first; one value per step.
pub(super) type Bounds = Vec<(Vec<f64>, Vec<f64>)>;

/// The ranges of one series in a window; `None` where there are no two levels, or no history before.
pub(super) fn bounds(
    fitted: &Fitted,
    window: &BacktestWindow,
    series: usize,
    forecast: &[f64],
) -> Option<Bounds> {
    let levels = &fitted.report.levels;
    let panel = one_series_until(&fitted.ingested.panel, series, window)?;
    let answer = fitted.model.forecast_panel(&panel, window.horizon, levels).ok()?;
    let answer = answer.series.first()?;
    let floor = if fitted.model.card().counts { 0.0 } else { f64::NEG_INFINITY };
    let shifted = |level: usize| -> Option<Vec<f64>> {
        let quantiles = answer.quantiles.get(level)?;
        let steps = quantiles.iter().zip(&answer.mean).zip(forecast);
        Some(steps.map(|((quantile, mean), forecast)| (forecast + quantile - mean).max(floor)).collect())
    };
    (0..levels.len() / 2)
        .map(|outer| Some((shifted(outer)?, shifted(levels.len() - 1 - outer)?)))
        .collect::<Option<Bounds>>()
        .filter(|bounds| !bounds.is_empty())
}

/// A panel of one series as it was known at the origin of a window, with all its covariates.
fn one_series_until(panel: &Panel, series: usize, window: &BacktestWindow) -> Option<Panel> {
    let view = panel.series(series);
    let rows = usize::try_from(window.first().since(view.start())).ok()?.min(view.len());
    // A series that was over before the origin would be forecast from its own end.
    if rows == 0 || view.start().plus(i32::try_from(rows).ok()?) != window.first() {
        return None;
    }
    let mut builder =
        PanelBuilder::new(panel.frequency(), panel.target_name(), panel.key_names().iter().cloned());
    let (key, start) = (view.key().clone(), view.start());
    builder.spans = vec![SeriesSpan { key, start, rows, covariate_rows: view.covariate_len() }];
    builder.target = view.target()[..rows].to_vec();
    builder.available = view.available().map(|flags| flags[..rows].to_vec());
    let covariates = panel.covariates().iter().enumerate();
    builder.covariates = covariates
        .map(|(at, column)| Covariate { values: view.covariate(at).into(), ..column.clone() })
        .collect();
    let statics = panel.statics().iter().enumerate();
    builder.statics = statics
        .map(|(at, column)| StaticColumn { values: [view.static_value(at)].into(), ..column.clone() })
        .collect();
    builder.build().ok()
}
