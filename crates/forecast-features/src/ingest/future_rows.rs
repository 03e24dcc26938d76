//! Covariates of a request, for series that a model already knows.

use forecast_core::{Frequency, Horizon, Period, SeriesKey};
use hashbrown::HashMap;

use super::IngestError;
use super::assemble::{Coverage, note_missing_value};
use super::catalogue::ProblemCode;
use super::collect::Collector;
use super::dictionary::MISSING;
use super::grid::Grid;
use super::known::KnownColumns;
use super::options::DecimalMark;
use super::problem::{Place, Problem};
use super::reporter::Reporter;
use super::rows::{Row, read_rows};
use super::spec::TableSpec;
use super::times::time_label;

/// A series to forecast, and the period after its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesNext {
    /// The series.
    pub key: SeriesKey,
    /// First period to forecast.
    pub next: Period,
}

/// Future rows and what they are for.
#[derive(Clone, Copy, Debug)]
pub struct FutureRequest<'a> {
    /// The rows, in any order; keys, time and every known-future column.
    pub rows: &'a [Row],
    /// The spec that the model was trained with.
    pub spec: &'a TableSpec,
    /// The columns that the model was trained with.
    pub known: &'a KnownColumns,
    /// The frequency of the model.
    pub frequency: Frequency,
    /// How many periods must be covered.
    pub horizon: Horizon,
    /// The series to cover; each once.
    pub series: &'a [SeriesNext],
}

/// Known-future values for the horizon of some series.
#[derive(Clone, Debug, PartialEq)]
pub struct FutureValues {
    /// One entry per known-future column of the spec, in its order: for each series of the request
    /// in turn, one value per step of the horizon. Categories are codes of the model; NaN is missing.
    pub columns: Vec<Vec<f32>>,
    /// What is worth knowing, such as categories that the model has never seen.
    pub findings: Vec<Problem>,
}

/// Reads the covariates of a request the way the training read them.
///
/// # Errors
/// [`IngestError::Problems`] with everything that is wrong with the rows: values that cannot be read,
/// unknown series, and each series, date and column that is missing within the horizon.
pub fn future_from_rows(request: &FutureRequest<'_>) -> Result<FutureValues, IngestError> {
    let errors = request.spec.check();
    if !errors.is_empty() {
        return Err(IngestError::Config(errors));
    }
    let mut collector = Collector::new(request.spec, DecimalMark::Point, Some(request.known));
    collector.begin_future();
    read_rows("future", request.rows, &mut collector);
    let Some(grid) = Grid::find(&mut collector, Some(request.frequency)) else {
        return Err(IngestError::Problems(Vec::new()));
    };
    let cells = Cells::find(request, &mut collector, &grid);
    let columns = cells.columns(request, &mut collector);
    match collector.reporter.ledger.into_outcome() {
        Ok(findings) => Ok(FutureValues { columns, findings }),
        Err(problems) => Err(IngestError::Problems(problems)),
    }
}

/// For every series and step of the horizon, the row that covers it.
struct Cells {
    rows: Vec<Option<usize>>,
    horizon: usize,
}

impl Cells {
    fn find(request: &FutureRequest<'_>, collector: &mut Collector<'_>, grid: &Grid) -> Self {
        let horizon = request.horizon.steps();
        let wanted: HashMap<&SeriesKey, usize> =
            request.series.iter().enumerate().map(|(position, series)| (&series.key, position)).collect();
        let positions: Vec<Option<usize>> =
            (0..collector.keys.len() as u32).map(|id| wanted.get(&collector.keys.key(id)).copied()).collect();
        let mut cells = Self { rows: vec![None; request.series.len() * horizon], horizon };
        for row in 0..collector.rows() {
            let (id, code) = (collector.series[row], collector.time.codes.get(row));
            if id == MISSING {
                continue;
            }
            let Collector { reporter: Reporter { ledger, locator }, keys, time, .. } = &mut *collector;
            let place = || locator.place(row).with_series(keys.key(id));
            let Some(position) = positions[id as usize] else {
                ledger.note(ProblemCode::FutureUnknownSeries, place);
                continue;
            };
            let Some(period) = grid.period(code) else { continue };
            let ahead = i64::from(period.0) - i64::from(request.series[position].next.0);
            let dated = || place().with_date(time.label(code));
            match usize::try_from(ahead) {
                Err(_) => ledger.note(ProblemCode::FutureOverlap, dated),
                Ok(ahead) if ahead >= horizon => ledger.note(ProblemCode::FutureBeyondHorizon, dated),
                Ok(ahead) => {
                    if cells.rows[position * horizon + ahead].replace(row).is_some() {
                        ledger.note(ProblemCode::FutureDuplicateRows, dated);
                    }
                }
            }
        }
        cells.note_missing(request, collector);
        cells
    }

    fn note_missing(&self, request: &FutureRequest<'_>, collector: &mut Collector<'_>) {
        if request.spec.known_future.is_empty() {
            return;
        }
        let coverage = Coverage::new(&request.spec.known_future, self.horizon);
        for (position, series) in request.series.iter().enumerate() {
            let covered = |ahead: usize| self.rows[position * self.horizon + ahead].is_some();
            let place = |ahead| place_ahead(request.frequency, series, ahead);
            coverage.note_missing(&mut collector.reporter.ledger, covered, place);
        }
    }

    /// The values of every column; notes rows without a value.
    fn columns(&self, request: &FutureRequest<'_>, collector: &mut Collector<'_>) -> Vec<Vec<f32>> {
        let rows = collector.rows();
        let columns = std::mem::take(&mut collector.covariates);
        columns
            .into_iter()
            .map(|column| {
                let name = column.name.clone();
                let expect = collector.expect(&name);
                let resolved = column.resolve(rows, expect, &mut collector.reporter);
                let may_be_empty = resolved.kind.is_categorical()
                    || collector.lacking.contains(&name)
                    || collector.reporter.ledger.has_unreadable(&name);
                let value = |(cell, row): (usize, &Option<usize>)| {
                    let Some(row) = *row else { return f32::NAN };
                    if !may_be_empty && resolved.values[row].is_nan() {
                        let (position, ahead) = (cell / self.horizon, cell % self.horizon);
                        note_missing_value(&mut collector.reporter.ledger, &name, || {
                            place_ahead(request.frequency, &request.series[position], ahead)
                        });
                    }
                    resolved.values[row]
                };
                self.rows.iter().enumerate().map(value).collect()
            })
            .collect()
    }
}

fn place_ahead(frequency: Frequency, series: &SeriesNext, ahead: usize) -> Place {
    let time = frequency.timestamp(series.next.plus(ahead as i32)).map(time_label);
    Place::default().with_series(&series.key).with_date(time.unwrap_or_default())
}
