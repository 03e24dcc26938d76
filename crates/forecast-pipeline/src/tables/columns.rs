//! Columns that both tables have, and the Parquet file that they go into.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use forecast_core::{Frequency, Period, QuantileLevels, SeriesKey};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::error::TrainingError;
use crate::steps::write_error;

/// Rows per batch: a few megabytes.
pub(super) const BATCH_ROWS: usize = 1 << 16;

/// A Parquet file, written batch by batch. It gets its name when it is complete.
pub(super) struct ParquetFile {
    path: PathBuf,
    unfinished: PathBuf,
    schema: SchemaRef,
    writer: ArrowWriter<File>,
}

impl ParquetFile {
    pub(super) fn create(path: &Path, fields: Vec<Field>) -> Result<Self, TrainingError> {
        let schema = Arc::new(Schema::new(fields));
        let unfinished = unfinished(path);
        let file = File::create(&unfinished).map_err(|error| write_error(path, error))?;
        let level = ZstdLevel::try_new(3).map_err(|error| write_error(path, error))?;
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))
            .map_err(|error| write_error(path, error))?;
        Ok(Self { path: path.to_owned(), unfinished, schema, writer })
    }

    pub(super) fn write(&mut self, columns: Vec<ArrayRef>) -> Result<(), TrainingError> {
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(parquet::errors::ParquetError::from)
            .and_then(|batch| self.writer.write(&batch))
            .map_err(|error| write_error(&self.path, error))
    }

    pub(super) fn finish(self) -> Result<(), TrainingError> {
        self.writer.close().map_err(|error| write_error(&self.path, error))?;
        std::fs::rename(&self.unfinished, &self.path).map_err(|error| write_error(&self.path, error))
    }
}

/// Where a file is written until it is complete.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    path.with_file_name(name)
}

/// Names of the key columns that clash with none of `taken`.
pub(super) fn key_names(names: &[String], taken: &[&str]) -> Vec<String> {
    let clashes = |name: &str| taken.contains(&name) || name.starts_with("q0.");
    names.iter().map(|name| if clashes(name) { format!("{name}_key") } else { name.clone() }).collect()
}

/// Names of the quantile columns: `q0.1`.
pub(super) fn quantile_names(levels: &QuantileLevels) -> Vec<String> {
    levels.as_slice().iter().map(|level| format!("q{level}")).collect()
}

pub(super) fn text_field(name: &str) -> Field {
    Field::new(name, DataType::Utf8, false)
}

pub(super) fn time_field(name: &str) -> Field {
    Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, None), true)
}

pub(super) fn number_field(name: &str) -> Field {
    Field::new(name, DataType::Float64, true)
}

/// One column per key part: the keys of the rows, as positions in `keys`.
pub(super) fn key_columns<'a>(
    width: usize,
    rows: &[usize],
    key: impl Fn(usize) -> &'a SeriesKey,
) -> Vec<ArrayRef> {
    (0..width)
        .map(|part| {
            let texts = rows.iter().map(|&row| key(row).values().nth(part).unwrap_or_default());
            Arc::new(StringArray::from_iter_values(texts)) as ArrayRef
        })
        .collect()
}

pub(super) fn time_column(frequency: Frequency, periods: impl Iterator<Item = Period>) -> ArrayRef {
    let micros = periods.map(|period| Some(frequency.timestamp(period)?.and_utc().timestamp_micros()));
    Arc::new(micros.collect::<TimestampMicrosecondArray>())
}
