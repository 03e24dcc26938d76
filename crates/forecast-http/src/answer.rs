//! From a well-formed request to forecasts: which series the model knows, which bring their own history,
//! and what is known of their future.
//!
//! A series with rows in `history` is forecast from those rows alone, whether the model knows it or not;
//! every other series from the model's own state. This is work for the processor: no waiting in here.

use std::collections::HashSet;

use forecast_core::{Forecast, Horizon, Period, QuantileLevels, SeriesForecast, SeriesKey};
use forecast_features::ingest::{
    FutureRequest, FutureValues, Gaps, IngestOptions, Row, RowsRequest, SeriesNext, from_rows,
    future_from_rows,
};
use forecast_model::{ForecastRequest, ModelCard};

use crate::problem::{Code, Fault, Problem};
use crate::request::{Ask, Faults};
use crate::served::ServedModel;

mod refusal;
mod remedy;
mod rows;

use rows::Table;

/// How many unknown series get a suggestion: each means looking at every key of the model.
const MOST_SUGGESTIONS: usize = 3;

/// Forecasts in the order asked, and what is worth knowing.
pub(crate) struct Answer {
    pub(crate) forecast: Forecast,
    pub(crate) warnings: Vec<Fault>,
}

/// Answers a request, or finds everything that is wrong with it.
pub(crate) fn answer(served: &ServedModel, ask: &Ask) -> Result<Answer, Problem> {
    let card = served.model.card();
    let horizon = ask.horizon.unwrap_or(card.horizon);
    let levels = ask.quantiles.clone().unwrap_or_else(|| card.levels.clone());
    let mut job = Job { served, card, horizon, levels, warnings: Vec::new() };

    let history = Table::new("history", &ask.history, &card.spec.series);
    let with_history = history.series();
    let fresh: HashSet<&SeriesKey> = ask.series.iter().filter(|key| with_history.contains(key)).collect();
    let known = job.known_series(ask, &history, &fresh)?;
    let future = Table::new("future", &ask.future, &card.spec.series);
    let is_fresh = |key: Option<&SeriesKey>| key.is_some_and(|key| fresh.contains(key));

    let from_model = match known.is_empty() {
        true => Vec::new(),
        false => job.known_to_model(&known, &future.part(|key| !is_fresh(key)))?,
    };
    let from_history = match fresh.is_empty() {
        true => Vec::new(),
        false => {
            // Where every series brings its history, rows without a series are its tables' problem too.
            let part = future.part(|key| known.is_empty() || is_fresh(key));
            job.brought_along(&history, &part)?
        }
    };
    let mut from_model = from_model.into_iter();
    let mut series = Vec::with_capacity(ask.series.len());
    for key in &ask.series {
        let found = match fresh.contains(key) {
            true => from_history.iter().find(|forecast| forecast.key == *key).cloned(),
            false => from_model.next(),
        };
        let missing = || Problem::new(Code::Internal, format!("no forecast was made for series `{key}`"));
        series.push(found.ok_or_else(missing)?);
    }
    let forecast = Forecast { frequency: card.frequency, horizon: job.horizon, levels: job.levels, series };
    Ok(Answer { forecast, warnings: job.warnings })
}

struct Job<'a> {
    served: &'a ServedModel,
    card: &'a ModelCard,
    horizon: Horizon,
    levels: QuantileLevels,
    warnings: Vec<Fault>,
}

impl Job<'_> {
    /// Positions of the asked series that the model knows, in the order asked.
    fn known_series(
        &self,
        ask: &Ask,
        history: &Table<'_>,
        fresh: &HashSet<&SeriesKey>,
    ) -> Result<Vec<usize>, Problem> {
        let mut faults = Faults::default();
        if self.horizon > self.card.horizon {
            let detail = format!(
                "the model forecasts at most {} steps, not {}; ask for fewer, or train it for a longer horizon",
                self.card.horizon, self.horizon
            );
            faults.note(Code::HorizonTooLong, "/horizon", detail);
        }
        for (row, key) in history.strangers(fresh) {
            let detail = format!("row of series `{key}`, which `series` does not ask for");
            faults.note(Code::InvalidHistory, format!("/history/{row}"), detail);
        }
        let mut known = Vec::with_capacity(ask.series.len());
        let mut unknown = 0;
        for (position, key) in ask.series.iter().enumerate().filter(|(_, key)| !fresh.contains(key)) {
            if let Some(index) = self.served.model.position(key) {
                known.push(index);
                continue;
            }
            unknown += 1;
            let near = if unknown <= MOST_SUGGESTIONS { self.served.nearest(key) } else { None };
            let remedy = match near {
                Some(near) => format!("did you mean `{near}`? A new series needs rows in `history`"),
                None => "a new series needs rows in `history`".to_owned(),
            };
            let detail = format!("the model knows no series `{key}`; {remedy}");
            let mut fault = Fault::new(Code::UnknownSeries, detail).at(format!("/series/{position}"));
            fault.series = Some(key.to_string());
            faults.add(fault);
        }
        faults.into_result()?;
        Ok(known)
    }

    /// Forecasts from the model's own state.
    fn known_to_model(
        &mut self,
        known: &[usize],
        future: &Table<'_>,
    ) -> Result<Vec<SeriesForecast>, Problem> {
        let model = &self.served.model;
        let values = match future.is_empty() {
            true => None,
            false => Some(self.future_values(known, future)?),
        };
        let request = ForecastRequest {
            series: known,
            horizon: self.horizon,
            levels: &self.levels,
            future: values.as_ref(),
        };
        let forecast = model.forecast(&request).map_err(|error| refusal::of_forecast(&error, self.card))?;
        Ok(forecast.series)
    }

    fn future_values(&mut self, known: &[usize], future: &Table<'_>) -> Result<FutureValues, Problem> {
        let model = &self.served.model;
        let next = |index: &usize| -> Option<SeriesNext> {
            Some(SeriesNext { key: model.keys().get(*index)?.clone(), next: model.next_period(*index) })
        };
        let series: Vec<SeriesNext> = known.iter().filter_map(next).collect();
        let request = FutureRequest {
            rows: future.rows(),
            spec: &self.card.spec,
            known: &self.card.known,
            frequency: self.card.frequency,
            horizon: self.horizon,
            series: &series,
        };
        let values = future_from_rows(&request).map_err(|error| refusal::of_ingest(&error, &[future]))?;
        self.warn(&values.findings, &[future]);
        Ok(values)
    }

    /// Forecasts from the rows of the request.
    fn brought_along(
        &mut self,
        history: &Table<'_>,
        future: &Table<'_>,
    ) -> Result<Vec<SeriesForecast>, Problem> {
        let mut options = IngestOptions::new(self.horizon);
        options.frequency = Some(self.card.frequency);
        options.gaps = Some(if self.card.counts { Gaps::Zero } else { Gaps::Missing });
        // How little is too little is for the model to say.
        options.min_history = Some(1);
        let request = RowsRequest {
            history: history.rows(),
            future: future.rows(),
            spec: &self.card.spec,
            options: &options,
            known: Some(&self.card.known),
        };
        let tables = [history, future];
        let ingested = from_rows(&request).map_err(|error| refusal::of_ingest(&error, &tables))?;
        self.warn(&ingested.quality.findings, &tables);
        let forecast = self.served.model.forecast_panel(&ingested.panel, self.horizon, &self.levels);
        Ok(forecast.map_err(|error| refusal::of_forecast(&error, self.card))?.series)
    }

    fn warn(&mut self, findings: &[forecast_features::ingest::Problem], tables: &[&Table<'_>]) {
        let worth_saying = findings.iter().filter(|finding| refusal::is_warning(finding));
        self.warnings.extend(worth_saying.map(|finding| refusal::fault(finding, tables)));
    }
}

/// The date of a period as the request would write it.
fn date_text(card: &ModelCard, period: Period) -> String {
    let Some(timestamp) = card.frequency.timestamp(period) else { return format!("period {}", period.0) };
    match timestamp.time() == chrono::NaiveTime::MIN {
        true => timestamp.date().to_string(),
        false => timestamp.format("%Y-%m-%dT%H:%M:%S").to_string(),
    }
}

/// Rows of a table, shared with [`rows`].
type Rows<'a> = std::borrow::Cow<'a, [Row]>;
