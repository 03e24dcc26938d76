//! Scores of a backtest: errors of every family by window, step and series, and of its quantiles.

use std::time::Duration;

use forecast_core::metrics::{ErrorSums, QuantileSums};
use forecast_core::{PointForecasts, QuantileLevels};
use rayon::prelude::*;

use crate::accuracy::ScaledErrors;
use crate::calibration::{Calibration, Residual, Residuals};
use crate::floor::Floor;
use crate::report::ModelResult;
use crate::{Accuracy, CalibrationCheck, Family, QuantileAccuracy};

mod truth;

pub(crate) use truth::Truth;

/// Series whose quantile errors are summed together. Fixed, so that sums do not depend on threads.
const CHUNK_SERIES: usize = 512;

/// What a family has done so far.
pub(crate) struct Scorecard {
    family: Family,
    windows: Vec<WindowScore>,
    seconds: f64,
}

struct WindowScore {
    forecasts: PointForecasts,
    by_series: Vec<ErrorSums>,
    by_step: Vec<ErrorSums>,
}

impl Scorecard {
    pub(crate) fn new(family: Family) -> Self {
        Self { family, windows: Vec::new(), seconds: 0.0 }
    }

    /// The forecasts of the next window. Series without history at the origin do not count.
    pub(crate) fn add(&mut self, truth: &Truth, mut forecasts: PointForecasts, took: Duration) {
        let steps = truth.window.horizon.steps();
        let mut by_series = vec![ErrorSums::default(); truth.series()];
        let mut by_step = vec![ErrorSums::default(); steps];
        for (index, series) in by_series.iter_mut().enumerate() {
            if !truth.has_history(index) {
                forecasts.row_mut(index).fill(f64::NAN);
                continue;
            }
            let pairs = truth.actuals(index).iter().zip(forecasts.row(index));
            for ((&actual, &forecast), step) in pairs.zip(&mut by_step) {
                series.add(f64::from(actual), forecast);
                step.add(f64::from(actual), forecast);
            }
        }
        self.windows.push(WindowScore { forecasts, by_series, by_step });
        self.seconds += took.as_secs_f64();
    }

    /// Everything measured, given the truth of every window in the order they were added.
    pub(crate) fn finish(self, truths: &[Truth], levels: &QuantileLevels, floor: Floor) -> ModelResult {
        let scaled = self.scaled_errors(truths);
        let by_window: Vec<Accuracy> = self
            .windows
            .iter()
            .zip(&scaled)
            .map(|(window, scaled)| {
                Accuracy::new(&merged(&window.by_series), ScaledErrors::mean(scaled.iter().copied()))
            })
            .collect();
        let all = merged(self.windows.iter().flat_map(|window| &window.by_series));
        let overall = Accuracy::new(&all, ScaledErrors::mean(scaled.iter().flatten().copied()));
        let by_series = (0..truths.first().map_or(0, Truth::series))
            .map(|index| {
                let sums = merged(self.windows.iter().map(|window| &window.by_series[index]));
                Accuracy::new(&sums, ScaledErrors::mean(scaled.iter().map(|window| window[index])))
            })
            .collect();
        let by_step = (0..truths.first().map_or(0, |truth| truth.window.horizon.steps()))
            .map(|step| {
                let sums = merged(self.windows.iter().map(|window| &window.by_step[step]));
                Accuracy::new(&sums, ScaledErrors { mase: f64::NAN, rmsse: f64::NAN })
            })
            .collect();
        let forecasts: Vec<PointForecasts> =
            self.windows.into_iter().map(|window| window.forecasts).collect();
        ModelResult {
            family: self.family,
            overall,
            by_window,
            by_step,
            by_series,
            quantiles: quantile_accuracy(truths, &forecasts, (levels, floor)),
            fit_seconds: self.seconds,
            forecasts,
        }
    }

    /// MASE and RMSSE of every window and series.
    fn scaled_errors(&self, truths: &[Truth]) -> Vec<Vec<ScaledErrors>> {
        let entry = |(truth, sums): (&Truth, &ErrorSums), index: usize| {
            let scale = truth.scale(index);
            ScaledErrors { mase: sums.mase(scale), rmsse: sums.rmsse(scale) }
        };
        let window = |(truth, window): (&Truth, &WindowScore)| {
            let series = window.by_series.iter().enumerate();
            series.map(|(index, sums)| entry((truth, sums), index)).collect()
        };
        truths.iter().zip(&self.windows).map(window).collect()
    }
}

fn merged<'a>(parts: impl IntoIterator<Item = &'a ErrorSums>) -> ErrorSums {
    let mut total = ErrorSums::default();
    parts.into_iter().for_each(|part| total.merge(part));
    total
}

/// How quantiles can be tested with so many windows.
pub(crate) fn calibration_check(windows: usize) -> CalibrationCheck {
    if windows > 1 { CalibrationCheck::LeaveOneWindowOut } else { CalibrationCheck::SameWindow }
}

/// The residuals of one window.
fn residuals(truth: &Truth, forecasts: &PointForecasts) -> Residuals {
    let mut residuals = Residuals::new(truth.window.horizon.steps());
    for index in 0..truth.series() {
        let scale = truth.residual_scale(index);
        for (step, (&actual, &forecast)) in truth.actuals(index).iter().zip(forecasts.row(index)).enumerate()
        {
            residuals.push(step, Residual { forecast, scaled: (f64::from(actual) - forecast) / scale });
        }
    }
    residuals
}

/// The calibration that the residuals of all windows give.
pub(crate) fn calibrate(
    truths: &[Truth],
    forecasts: &[PointForecasts],
    levels: &QuantileLevels,
) -> Option<Calibration> {
    let horizon = truths.first()?.window.horizon;
    let parts: Vec<Residuals> = truths.iter().zip(forecasts).map(|(t, f)| residuals(t, f)).collect();
    Some(Calibration::fit(&Residuals::join(horizon.steps(), &parts), horizon, levels))
}

/// Each window's quantiles are calibrated on the other windows.
fn quantile_accuracy(
    truths: &[Truth],
    forecasts: &[PointForecasts],
    (levels, floor): (&QuantileLevels, Floor),
) -> Vec<QuantileAccuracy> {
    let parts: Vec<Residuals> = truths.iter().zip(forecasts).map(|(t, f)| residuals(t, f)).collect();
    let mut totals = vec![QuantileSums::default(); levels.len()];
    for (index, (truth, forecasts)) in truths.iter().zip(forecasts).enumerate() {
        let used = parts.iter().enumerate().filter(|(other, _)| *other != index || parts.len() == 1);
        let horizon = truth.window.horizon;
        let residuals = Residuals::join(horizon.steps(), used.map(|(_, part)| part));
        let calibration = Calibration::fit(&residuals, horizon, levels);
        let series: Vec<usize> = (0..truth.series()).filter(|&index| truth.has_history(index)).collect();
        let chunk = |chunk: &[usize]| {
            let mut sums = vec![QuantileSums::default(); levels.len()];
            for &index in chunk {
                let scale = truth.residual_scale(index);
                let pairs = truth.actuals(index).iter().zip(forecasts.row(index));
                for (step, (&actual, &forecast)) in pairs.enumerate() {
                    for (sums, &level) in sums.iter_mut().zip(levels.as_slice()) {
                        let quantile = floor.raise(calibration.quantile(step, (forecast, scale), level));
                        sums.add(level, f64::from(actual), quantile);
                    }
                }
            }
            sums
        };
        let chunks: Vec<Vec<QuantileSums>> = series.par_chunks(CHUNK_SERIES).map(chunk).collect();
        for sums in chunks {
            totals.iter_mut().zip(&sums).for_each(|(total, sums)| total.merge(sums));
        }
    }
    levels.as_slice().iter().zip(&totals).map(|(&level, sums)| QuantileAccuracy::new(level, sums)).collect()
}
