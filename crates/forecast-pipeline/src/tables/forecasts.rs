//! `--forecast-out`: the forecasts of every series, as Parquet or CSV.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int32Array};
use arrow_schema::{DataType, Field};
use forecast_core::{Forecast, Frequency, Period};
use forecast_model::{ForecastModel, ForecastRequest};

use super::columns::{
    ParquetFile, key_columns, key_names, number_field, quantile_names, text_field, time_column, time_field,
    unfinished,
};
use crate::config::{ForecastFile, TableFormat};
use crate::error::TrainingError;
use crate::steps::write_error;

/// Series per question to the model.
const BATCH_SERIES: usize = 1024;
const FIXED: [&str; 3] = ["timestamp", "step", "mean"];

/// Writes one row per series and step of the horizon. The file gets its name when it is complete.
pub(crate) fn write_forecasts(model: &ForecastModel, file: &ForecastFile) -> Result<(), TrainingError> {
    match file.format {
        TableFormat::Parquet => write_parquet(model, &file.path),
        TableFormat::Csv => write_csv(model, &file.path),
    }
}

/// Forecasts of all series whose history reaches the end of the table, a batch at a time: those of a
/// series that ended before would lie in the past, and their known-future values are not asked for.
fn batches(model: &ForecastModel) -> impl Iterator<Item = Result<Forecast, TrainingError>> + '_ {
    let card = model.card();
    let running = |&series: &usize| model.next_period(series) > card.last;
    let running: Vec<usize> = (0..model.keys().len()).filter(running).collect();
    (0..running.len()).step_by(BATCH_SERIES).map(move |first| {
        let series = &running[first..running.len().min(first + BATCH_SERIES)];
        let request = ForecastRequest { series, horizon: card.horizon, levels: &card.levels, future: None };
        Ok(model.forecast(&request)?)
    })
}

fn write_parquet(model: &ForecastModel, path: &Path) -> Result<(), TrainingError> {
    let card = model.card();
    let mut fields: Vec<Field> =
        key_names(&card.key_names, &FIXED).iter().map(|name| text_field(name)).collect();
    fields.extend([
        time_field("timestamp"),
        Field::new("step", DataType::Int32, false),
        number_field("mean"),
    ]);
    fields.extend(quantile_names(&card.levels).iter().map(|name| number_field(name)));
    let mut file = ParquetFile::create(path, fields)?;
    for batch in batches(model) {
        let batch = batch?;
        let steps = batch.horizon.steps();
        let rows: Vec<usize> =
            (0..batch.series.len()).flat_map(|one| std::iter::repeat_n(one, steps)).collect();
        let mut columns = key_columns(card.key_names.len(), &rows, |row| &batch.series[row].key);
        columns.push(time_column(
            batch.frequency,
            batch.series.iter().flat_map(|one| {
                let start = batch.frequency.period_containing(one.start);
                (0..steps).map(move |step| start.plus(step as i32))
            }),
        ));
        columns.push(Arc::new(Int32Array::from_iter_values(
            (0..rows.len()).map(|row| (row % steps) as i32 + 1),
        )));
        let means = batch.series.iter().flat_map(|one| one.mean.iter().copied());
        columns.push(Arc::new(Float64Array::from_iter_values(means)));
        for level in 0..batch.levels.len() {
            let values = batch.series.iter().flat_map(|one| one.quantiles[level].iter().copied());
            columns.push(Arc::new(Float64Array::from_iter_values(values)) as ArrayRef);
        }
        file.write(columns)?;
    }
    file.finish()
}

fn write_csv(model: &ForecastModel, path: &Path) -> Result<(), TrainingError> {
    let card = model.card();
    let unfinished = unfinished(path);
    let file = File::create(&unfinished).map_err(|error| write_error(path, error))?;
    let mut csv = csv::Writer::from_writer(BufWriter::new(file));
    let mut header = key_names(&card.key_names, &FIXED);
    header.extend(FIXED.map(str::to_owned));
    header.extend(quantile_names(&card.levels));
    csv.write_record(&header).map_err(|error| write_error(path, error))?;
    for batch in batches(model) {
        let batch = batch?;
        for one in &batch.series {
            let start = batch.frequency.period_containing(one.start);
            for (step, mean) in one.mean.iter().enumerate() {
                let time = time_text(batch.frequency, start.plus(step as i32));
                let mut record: Vec<String> = one.key.values().map(str::to_owned).collect();
                record.extend([time, (step + 1).to_string(), mean.to_string()]);
                record.extend(one.quantiles.iter().map(|row| row[step].to_string()));
                csv.write_record(&record).map_err(|error| write_error(path, error))?;
            }
        }
    }
    csv.flush().map_err(|error| write_error(path, error))?;
    std::fs::rename(&unfinished, path).map_err(|error| write_error(path, error))
}

/// A date, with a clock where there is one.
fn time_text(frequency: Frequency, period: Period) -> String {
    match (frequency, frequency.timestamp(period)) {
        (_, None) => String::new(),
        (Frequency::Hourly, Some(time)) => time.format("%Y-%m-%dT%H:%M:%S").to_string(),
        (_, Some(time)) => time.date().to_string(),
    }
}
