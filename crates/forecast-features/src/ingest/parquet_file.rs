//! Streams a Parquet file into the collector, batch by batch, reading only the columns in use.
//!
//! Text columns are read as dictionaries, so that a text is looked up once per batch and not once
//! per row. One thread decodes while another collects.

use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;

use super::arrow_cells::{accepts, push_array};
use super::catalogue::ProblemCode;
use super::collect::{Collector, Role};
use super::error::IngestError;
use super::locator::RowUnit;
use super::problem::Place;
use super::source::{SourceFile, io_error};

/// Rows per batch: large enough to be quick, small enough not to count beside the panel.
const BATCH_ROWS: usize = 1 << 15;
/// Decoded batches that may wait for the collector.
const BATCHES_AHEAD: usize = 2;

/// Reads `source` to its end. `progress` hears how many bytes of the file (in proportion to its
/// rows) and how many rows in all have been read.
pub(crate) fn read_parquet(
    source: &SourceFile,
    collector: &mut Collector<'_>,
    progress: &mut dyn FnMut(u64, usize),
) -> Result<(), IngestError> {
    let file = File::open(&source.path).map_err(|error| io_error(&source.path, error))?;
    let metadata = match ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()) {
        Ok(metadata) => metadata,
        Err(error) => return note_damage(source, &error, collector),
    };
    let schema = Arc::clone(metadata.schema());
    let columns: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let found = collector.begin_file(&source.name, RowUnit::Row, &columns);
    let roles = with_readable_types(source, &schema, found, collector);
    let rows = usize::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
    let reader = match open_reader(file, &schema, metadata, &roles) {
        Ok(reader) => reader,
        Err(error) => return note_damage(source, &error, collector),
    };
    collector.reserve(rows);
    let mut rows_read = 0;
    stream(reader, |batch| {
        let batch = match batch {
            Ok(batch) => batch,
            Err(message) => {
                let note = format!("after row {rows_read}: {message}");
                collector.note_file(ProblemCode::UnreadableFile, Place::file(&source.name).with_note(note));
                return;
            }
        };
        for (role, column) in &roles {
            if let Some(array) = batch.column_by_name(column) {
                push_array(collector, *role, array);
            }
        }
        collector.finish_rows(batch.num_rows());
        rows_read += batch.num_rows();
        let bytes = source.bytes as f64 * rows_read as f64 / rows.max(1) as f64;
        progress(bytes as u64, collector.rows());
    });
    Ok(())
}

/// Drops the roles whose columns have a type that the role cannot take, and notes them.
fn with_readable_types(
    source: &SourceFile,
    schema: &Schema,
    found: Vec<(usize, Role)>,
    collector: &mut Collector<'_>,
) -> Vec<(Role, String)> {
    let mut roles = Vec::new();
    for (position, role) in found {
        let field = schema.field(position);
        if accepts(role, field.data_type()) {
            roles.push((role, field.name().clone()));
            continue;
        }
        let place = Place::file(&source.name).with_note(format!("its type is {}", field.data_type()));
        collector.reporter.ledger.note(ProblemCode::UnsupportedType.of(field.name()), || place);
        collector.give_up(role);
    }
    roles
}

fn open_reader(
    file: File,
    schema: &Schema,
    metadata: ArrowReaderMetadata,
    roles: &[(Role, String)],
) -> Result<ParquetRecordBatchReader, ParquetError> {
    let options = ArrowReaderOptions::new().with_schema(Arc::new(with_dictionaries(schema)));
    // Not every writer's schema can be read with dictionaries; then the columns come as they are.
    let metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).unwrap_or(metadata);
    let used: Vec<usize> = schema
        .fields()
        .iter()
        .enumerate()
        .filter(|(_, field)| roles.iter().any(|(_, name)| name == field.name()))
        .map(|(position, _)| position)
        .collect();
    let projection = ProjectionMask::roots(metadata.parquet_schema(), used);
    ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
        .with_projection(projection)
        .with_batch_size(BATCH_ROWS)
        .build()
}

fn with_dictionaries(schema: &Schema) -> Schema {
    let text = |field: &Arc<Field>| {
        let kind = match field.data_type() {
            DataType::Dictionary(_, value) => value,
            other => other,
        };
        if matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
            let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            return Arc::new(field.as_ref().clone().with_data_type(dictionary));
        }
        Arc::clone(field)
    };
    Schema::new_with_metadata(schema.fields().iter().map(text).collect::<Vec<_>>(), schema.metadata().clone())
}

/// Decodes on a thread of its own; `consume` gets the batches in order, and at most one error. A
/// decoder that panics on damaged data is an error as well.
fn stream(reader: ParquetRecordBatchReader, mut consume: impl FnMut(Result<RecordBatch, String>)) {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(BATCHES_AHEAD);
        let decoder = scope.spawn(move || {
            for batch in reader {
                let batch = batch.map_err(|error| error.to_string());
                let last = batch.is_err();
                if sender.send(batch).is_err() || last {
                    break;
                }
            }
        });
        for batch in receiver {
            consume(batch);
        }
        if decoder.join().is_err() {
            consume(Err("the decoder gave up".to_owned()));
        }
    });
}

fn note_damage(
    source: &SourceFile,
    error: &ParquetError,
    collector: &mut Collector<'_>,
) -> Result<(), IngestError> {
    let note = if source.bytes == 0 { "the file is empty".to_owned() } else { error.to_string() };
    collector.note_file(ProblemCode::UnreadableFile, Place::file(&source.name).with_note(note));
    Ok(())
}
