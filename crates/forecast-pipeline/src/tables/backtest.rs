//! `backtest.parquet`: what every model forecast in every window, beside what happened.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int32Array, StringArray};
use arrow_schema::{DataType, Field};
use forecast_core::BacktestWindow;
use forecast_model::{Family, ModelResult};

use super::columns::{
    BATCH_ROWS, ParquetFile, key_columns, key_names, number_field, text_field, time_column, time_field,
};
use crate::error::TrainingError;
use crate::steps::Fitted;

/// Beyond so many rows only the champion and seasonal naive are written.
const MOST_ROWS: usize = 5_000_000;

/// Writes one row per model, window, series and step. What was out of stock has no actual: the
/// accuracy that the run reports can be computed from this table.
pub(crate) fn write_backtest(fitted: &Fitted, path: &Path) -> Result<(), TrainingError> {
    let (report, panel) = (&fitted.report, &fitted.ingested.panel);
    let champion = fitted.champion().family;
    let rows_each: usize = report.windows.iter().map(|window| window.horizon.steps() * panel.len()).sum();
    let all_fit = rows_each.saturating_mul(report.models.len()) <= MOST_ROWS;
    let keeps =
        |model: &&ModelResult| all_fit || model.family == champion || model.family == Family::SeasonalNaive;

    let fixed = ["model", "window", "origin", "step", "timestamp", "actual", "mean"];
    let mut fields =
        vec![text_field("model"), Field::new("window", DataType::Int32, false), time_field("origin")];
    fields.extend(key_names(panel.key_names(), &fixed).iter().map(|name| text_field(name)));
    fields.push(Field::new("step", DataType::Int32, false));
    fields.extend([time_field("timestamp"), number_field("actual"), number_field("mean")]);
    let mut file = ParquetFile::create(path, fields)?;
    for model in report.models.iter().filter(keeps) {
        for (number, window) in report.windows.iter().enumerate() {
            Part { fitted, model, number, window: *window }.write(&mut file)?;
        }
    }
    file.finish()
}

/// One model in one window.
struct Part<'a> {
    fitted: &'a Fitted,
    model: &'a ModelResult,
    number: usize,
    window: BacktestWindow,
}

impl Part<'_> {
    fn write(&self, file: &mut ParquetFile) -> Result<(), TrainingError> {
        let steps = self.window.horizon.steps();
        let series_per_batch = (BATCH_ROWS / steps).max(1);
        let series: Vec<usize> = (0..self.fitted.ingested.panel.len()).collect();
        for chunk in series.chunks(series_per_batch) {
            file.write(self.columns(chunk))?;
        }
        Ok(())
    }

    fn columns(&self, series: &[usize]) -> Vec<ArrayRef> {
        let panel = &self.fitted.ingested.panel;
        let steps = self.window.horizon.steps();
        let count = series.len() * steps;
        let rows: Vec<usize> = series.iter().flat_map(|&one| std::iter::repeat_n(one, steps)).collect();
        let repeated = |value: i32| Arc::new(Int32Array::from_value(value, count)) as ArrayRef;
        let each_step = || (0..count).map(|row| row % steps);

        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(std::iter::repeat_n(self.model.family.name(), count))),
            repeated(self.number as i32 + 1),
            time_column(panel.frequency(), std::iter::repeat_n(self.window.origin, count)),
        ];
        columns.extend(key_columns(panel.key_names().len(), &rows, |row| &panel.keys()[row]));
        columns.push(Arc::new(Int32Array::from_iter_values(each_step().map(|step| step as i32 + 1))));
        let first = self.window.first();
        columns.push(time_column(panel.frequency(), each_step().map(|step| first.plus(step as i32))));
        let known = series.iter().flat_map(|&one| panel.series(one).actuals_from(first, steps));
        let known = known.map(|value| Some(f64::from(value)).filter(|value| !value.is_nan()));
        columns.push(Arc::new(known.collect::<Float64Array>()));
        let forecasts = self.model.forecasts.get(self.number);
        let mean = |one: usize, step: usize| {
            forecasts.and_then(|all| all.row(one).get(step).copied()).filter(|value| !value.is_nan())
        };
        let means = series.iter().flat_map(|&one| (0..steps).map(move |step| mean(one, step)));
        columns.push(Arc::new(means.collect::<Float64Array>()));
        columns
    }
}
