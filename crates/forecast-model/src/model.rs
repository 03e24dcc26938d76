//! A trained model and the questions that it answers.

use forecast_core::{Forecast, Horizon, Panel, Period, PointForecasts, Predict, QuantileLevels, SeriesKey};
use forecast_features::ingest::FutureValues;

use crate::answer::{Asked, answer};
use crate::calibration::{Calibration, residual_scale};
use crate::fitted::{FittedFamily, Global};
use crate::floor::Floor;
use crate::memory::{SeriesMemory, States};
use crate::recursion::{Recursion, StepValues};
use crate::{ForecastError, ModelCard};

/// A trained model: everything that is needed to forecast its series, and others.
#[derive(Clone, Debug)]
pub struct ForecastModel {
    pub(crate) card: ModelCard,
    pub(crate) fitted: FittedFamily,
    pub(crate) memory: SeriesMemory,
    pub(crate) calibration: Calibration,
}

/// A question about series that the model knows.
#[derive(Clone, Copy, Debug)]
pub struct ForecastRequest<'a> {
    /// Positions of the series, in the order of the answer.
    pub series: &'a [usize],
    /// Steps ahead; at most the card's horizon.
    pub horizon: Horizon,
    /// Quantile levels; interpolated between calibrated ones.
    pub levels: &'a QuantileLevels,
    /// Known-future values for exactly these series and steps. `None`: those kept at training.
    pub future: Option<&'a FutureValues>,
}

impl ForecastModel {
    /// Facts about the model.
    #[must_use]
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// The series, sorted.
    #[must_use]
    pub fn keys(&self) -> &[SeriesKey] {
        &self.memory.keys
    }

    /// Position of a series.
    #[must_use]
    pub fn position(&self, key: &SeriesKey) -> Option<usize> {
        self.memory.keys.binary_search(key).ok()
    }

    /// The period after the history of a series: where its forecasts begin.
    ///
    /// # Panics
    /// When `series` is not a position in [`ForecastModel::keys`], as slice indexing does.
    #[must_use]
    pub fn next_period(&self, series: usize) -> Period {
        self.memory.next[series]
    }

    /// First period and values of the newest part of a series' history, at most about a year.
    ///
    /// # Panics
    /// When `series` is not a position in [`ForecastModel::keys`], as slice indexing does.
    #[must_use]
    pub fn history(&self, series: usize) -> (Period, &[f32]) {
        let history = &self.memory.history[series];
        (self.memory.next[series].plus(-(history.len() as i32)), history)
    }

    /// Lowest and highest quantile level that can be asked for.
    #[must_use]
    pub fn level_range(&self) -> (f64, f64) {
        self.calibration.range()
    }

    /// Forecasts of series that the model knows, in the order asked.
    ///
    /// # Errors
    /// [`ForecastError`] names what to change in the question.
    pub fn forecast(&self, request: &ForecastRequest<'_>) -> Result<Forecast, ForecastError> {
        self.check(request.horizon, request.levels)?;
        let count = self.memory.keys.len();
        if let Some(&index) = request.series.iter().find(|&&index| index >= count) {
            return Err(ForecastError::UnknownSeries { index, count });
        }
        let points = self.points(request)?;
        let memory = &self.memory;
        let series: Vec<Asked<'_>> = request
            .series
            .iter()
            .map(|&index| Asked {
                key: &memory.keys[index],
                next: memory.next[index],
                scale: memory.scales[index],
            })
            .collect();
        answer(self, request.levels, (&series, &points))
    }

    /// Forecasts of every series of `panel` from its history there, known to the model or not.
    ///
    /// # Errors
    /// [`ForecastError`] names what to change in the question.
    pub fn forecast_panel(
        &self,
        panel: &Panel,
        horizon: Horizon,
        levels: &QuantileLevels,
    ) -> Result<Forecast, ForecastError> {
        self.check(horizon, levels)?;
        let (expected, found) = (self.card.frequency, panel.frequency());
        if expected != found {
            return Err(ForecastError::OtherFrequency { expected, found });
        }
        let points = self.fitted.predict(panel, horizon)?;
        let season = panel.frequency().season_length();
        let series: Vec<Asked<'_>> = panel
            .iter()
            .map(|series| Asked {
                key: series.key(),
                next: series.next_period(),
                scale: residual_scale(&series.known_target(), season),
            })
            .collect();
        answer(self, levels, (&series, &points))
    }

    /// Features by how much they matter, most first; shares that add up to 1. Empty for a family
    /// without features.
    #[must_use]
    pub fn feature_importance(&self) -> Vec<(String, f64)> {
        let Some(Global { featurizer, model }) = self.fitted.global_part() else { return Vec::new() };
        let mut shares = model.importance(featurizer.plan().columns());
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        shares
    }

    pub(crate) fn floor(&self) -> Floor {
        Floor::of_counts(self.card.counts)
    }

    fn check(&self, asked: Horizon, levels: &QuantileLevels) -> Result<(), ForecastError> {
        let longest = self.card.horizon;
        if asked > longest {
            return Err(ForecastError::HorizonTooLong { asked, longest });
        }
        let (lowest, highest) = self.calibration.range();
        match levels.as_slice().iter().find(|&&level| !self.calibration.covers(level)) {
            Some(&level) => Err(ForecastError::LevelOutOfRange { level, lowest, highest }),
            None => Ok(()),
        }
    }

    /// Point forecasts of the series of a request.
    fn points(&self, request: &ForecastRequest<'_>) -> Result<PointForecasts, ForecastError> {
        let (count, horizon) = (request.series.len(), request.horizon);
        match (&self.memory.states, self.fitted.global_part()) {
            (States::Global { states, .. }, Some(Global { featurizer, model })) => {
                self.check_future(request)?;
                let recursion = Recursion { featurizer, model, floor: self.floor() };
                let values = RequestValues { memory: &self.memory, request };
                Ok(recursion.run((count, horizon), |at| states[request.series[at]].clone(), &values))
            }
            (States::Local(states), _) => {
                let mut points = PointForecasts::zeros(count, horizon);
                for (at, &index) in request.series.iter().enumerate() {
                    states[index].fill(self.floor(), points.row_mut(at));
                }
                Ok(points)
            }
            // A model is made with both parts or neither.
            (States::Global { .. }, None) => Ok(PointForecasts::zeros(count, horizon)),
        }
    }

    /// Whether the known-future values that the model uses are there for every step.
    fn check_future(&self, request: &ForecastRequest<'_>) -> Result<(), ForecastError> {
        let (States::Global { future, .. }, Some(global)) = (&self.memory.states, self.fitted.global_part())
        else {
            return Ok(());
        };
        let plan = global.featurizer.plan();
        let needed = plan.covariates();
        let Some(&column) = needed.first() else { return Ok(()) };
        let steps = request.horizon.steps();
        if let Some(given) = request.future {
            let expected = request.series.len() * steps;
            for (position, input) in plan.input_covariates().iter().enumerate() {
                let found = given.columns.get(position).map_or(0, Vec::len);
                if found != expected {
                    return Err(ForecastError::FutureShape { column: input.name.clone(), expected, found });
                }
            }
            return Ok(());
        }
        match request.series.iter().find(|&&index| future.known(index) < steps) {
            None => Ok(()),
            Some(&index) => Err(ForecastError::MissingFuture {
                series: self.memory.keys[index].clone(),
                period: self.memory.next[index].plus(future.known(index) as i32),
                column: column.to_owned(),
            }),
        }
    }
}

/// Inputs of the steps of a request: its own, or those kept at training.
struct RequestValues<'a> {
    memory: &'a SeriesMemory,
    request: &'a ForecastRequest<'a>,
}

impl StepValues for RequestValues<'_> {
    fn covariate(&self, position: usize, column: usize, step: usize) -> f32 {
        match (&self.memory.states, self.request.future) {
            (_, Some(given)) => {
                let steps = self.request.horizon.steps();
                given.columns[column].get(position * steps + step).copied().unwrap_or(f32::NAN)
            }
            (States::Global { future, .. }, None) => {
                future.value(self.request.series[position], column, step)
            }
            (States::Local(_), None) => f32::NAN,
        }
    }

    fn static_value(&self, position: usize, column: usize) -> f32 {
        match &self.memory.states {
            States::Global { statics, .. } => statics[column][self.request.series[position]],
            States::Local(_) => f32::NAN,
        }
    }

    fn key(&self, position: usize) -> &SeriesKey {
        &self.memory.keys[self.request.series[position]]
    }
}
