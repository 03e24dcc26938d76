//! Sales tables in, checked panels out.
//!
//! [`ingest`] reads CSV and Parquet files, [`from_rows`] reads rows in memory; both put every series
//! on one time grid, fill gaps as asked, and give a [`Panel`] with a [`QualityReport`].
//! [`future_from_rows`] reads the covariates of a request the way the training read them.
//!
//! All problems of a table are found in one run and reported together, each with a stable code, a
//! count, the first example and a remedy; [`CATALOGUE`] lists them. The result depends on the rows
//! alone: not on their order, on how they are split into files, nor on the number of threads.
//!
//! What this module refuses: guessing between day/month and month/day, repairing values in silence,
//! and tables whose filled gaps would not fit in memory.

use forecast_core::Panel;
use serde::{Deserialize, Serialize};

mod arrow_cells;
mod assemble;
mod catalogue;
#[cfg(feature = "cloud")]
mod cloud;
mod collect;
mod column;
mod csv_file;
mod dictionary;
mod digest;
mod error;
mod future_rows;
mod grid;
mod header;
mod known;
mod layout;
mod ledger;
mod locator;
mod numbers;
mod options;
mod parquet_file;
mod problem;
mod report;
mod reporter;
mod rows;
mod schema;
mod source;
mod spec;
mod times;

use assemble::assemble;
use collect::Collector;
use source::{Format, SourceFile};

pub use catalogue::{CATALOGUE, CatalogueEntry, ProblemCode, catalogue_markdown};
pub use error::{ConfigError, IngestError};
pub use future_rows::{FutureRequest, FutureValues, SeriesNext, future_from_rows};
pub use known::KnownColumns;
pub use options::{DecimalMark, Duplicates, Ends, Gaps, IngestOptions, Negatives};
pub use problem::{Place, Problem, Severity};
pub use report::{
    ColumnRole, ColumnSummary, DemandClasses, FutureSummary, HistorySummary, QualityReport, ValueSummary,
};
pub use rows::{Cell, Row};
pub use schema::{ColumnSchema, ColumnType};
pub use source::{is_source, source_files};
pub use spec::TableSpec;

/// Files to read and how.
#[derive(Clone, Debug)]
pub struct IngestRequest<'a> {
    /// Paths, directories or glob patterns of CSV and Parquet files; formats may be mixed.
    pub data: &'a [String],
    /// The same for the table of future covariates; empty when there is none.
    pub future: &'a [String],
    /// What the columns are for.
    pub spec: &'a TableSpec,
    /// How to read them.
    pub options: &'a IngestOptions,
}

/// Rows to read and how.
#[derive(Clone, Copy, Debug)]
pub struct RowsRequest<'a> {
    /// The history.
    pub history: &'a [Row],
    /// Future covariates; empty when there are none.
    pub future: &'a [Row],
    /// What the columns are for.
    pub spec: &'a TableSpec,
    /// How to read them.
    pub options: &'a IngestOptions,
    /// The columns of a trained model, to be read the same way.
    pub known: Option<&'a KnownColumns>,
}

/// How far reading has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IngestProgress {
    /// What is being done.
    pub stage: IngestStage,
    /// Rows read so far, both tables together.
    pub rows: u64,
    /// Bytes of the files read so far.
    pub bytes_read: u64,
    /// Bytes of all files.
    pub bytes_total: u64,
}

/// The steps of [`ingest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IngestStage {
    /// Files are being read.
    Reading,
    /// Rows are being sorted into series, checked and filled.
    Assembling,
    /// The panel is being described.
    Profiling,
}

/// A panel, what is to be known about it, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Ingested {
    /// The checked series.
    pub panel: Panel,
    /// What the table is like.
    pub quality: QualityReport,
    /// The sources.
    pub source: SourceInfo,
}

/// Where a panel came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceInfo {
    /// The files of the history, in reading order.
    pub files: Vec<String>,
    /// The files of the future table.
    pub future_files: Vec<String>,
    /// Rows of the history.
    pub rows: u64,
    /// Bytes of the history's files.
    pub bytes: u64,
    /// Fingerprint of the history's files: 32 hexadecimal digits of a SHA-256. Of a single file it
    /// is what `sha256sum` prints, cut off.
    pub digest: String,
    /// The columns in use.
    pub schema: Vec<ColumnSchema>,
}

/// Reads files into a panel. `progress` is called on the calling thread, some times a second.
///
/// # Errors
/// [`IngestError::Problems`] with everything that is wrong with the data; other variants for a wrong
/// spec and for files that cannot be reached.
pub fn ingest(
    request: &IngestRequest<'_>,
    progress: &dyn Fn(IngestProgress),
) -> Result<Ingested, IngestError> {
    check_config(request.spec, request.options)?;
    let files = source::resolve_sources(request.data)?;
    let future_files =
        if request.future.is_empty() { Vec::new() } else { source::resolve_sources(request.future)? };
    let bytes_total = files.iter().chain(&future_files).map(|file| file.bytes).sum();
    let mut meter = Meter { progress, bytes_before: 0, bytes_total };
    let mut collector = Collector::new(request.spec, request.options.decimal, None);
    for file in &files {
        meter.read(file, &mut collector)?;
    }
    if !future_files.is_empty() {
        collector.begin_future();
        for file in &future_files {
            meter.read(file, &mut collector)?;
        }
    }
    let source = SourceInfo {
        files: names(&files),
        future_files: names(&future_files),
        rows: collector.history_rows() as u64,
        bytes: files.iter().map(|file| file.bytes).sum(),
        digest: digest::digest_files(&files)?,
        schema: Vec::new(),
    };
    finish(collector, request.options, source, &|stage, rows| {
        progress(IngestProgress { stage, rows, bytes_read: bytes_total, bytes_total });
    })
}

/// Reads rows in memory into a panel, with the same checks as files.
///
/// # Errors
/// [`IngestError::Problems`] with everything that is wrong with the rows, or
/// [`IngestError::Config`] for a wrong spec.
pub fn from_rows(request: &RowsRequest<'_>) -> Result<Ingested, IngestError> {
    check_config(request.spec, request.options)?;
    let mut collector = Collector::new(request.spec, request.options.decimal, request.known);
    rows::read_rows("history", request.history, &mut collector);
    if !request.future.is_empty() {
        collector.begin_future();
        rows::read_rows("future", request.future, &mut collector);
    }
    let source = SourceInfo {
        files: Vec::new(),
        future_files: Vec::new(),
        rows: request.history.len() as u64,
        bytes: 0,
        digest: digest::digest_text(&format!("{:?}", request.history)),
        schema: Vec::new(),
    };
    finish(collector, request.options, source, &|_, _| {})
}

fn check_config(spec: &TableSpec, options: &IngestOptions) -> Result<(), IngestError> {
    let mut errors = spec.check();
    errors.extend(options.check());
    if errors.is_empty() { Ok(()) } else { Err(IngestError::Config(errors)) }
}

fn finish(
    collector: Collector<'_>,
    options: &IngestOptions,
    mut source: SourceInfo,
    stage: &dyn Fn(IngestStage, u64),
) -> Result<Ingested, IngestError> {
    let (spec, rows) = (collector.spec, collector.rows() as u64);
    stage(IngestStage::Assembling, rows);
    let assembled = assemble(collector, options)?;
    let mut ledger = assembled.reporter.ledger;
    if ledger.has_errors() {
        return Err(IngestError::Problems(ledger.into_outcome().unwrap_or_else(|problems| problems)));
    }
    stage(IngestStage::Profiling, rows);
    let panel = assembled.builder.build()?;
    let mut quality = report::profile(&panel, &assembled.facts, options, &mut ledger);
    quality.findings = ledger.into_outcome().map_err(IngestError::Problems)?;
    source.schema = schema::schema_of(spec, &panel, &quality);
    tracing::debug!(rows, series = panel.len(), frequency = %panel.frequency(), "table read");
    Ok(Ingested { panel, quality, source })
}

fn names(files: &[SourceFile]) -> Vec<String> {
    files.iter().map(|file| file.name.clone()).collect()
}

/// Turns bytes of single files into progress over all of them.
struct Meter<'a> {
    progress: &'a dyn Fn(IngestProgress),
    bytes_before: u64,
    bytes_total: u64,
}

impl Meter<'_> {
    fn read(&mut self, file: &SourceFile, collector: &mut Collector<'_>) -> Result<(), IngestError> {
        let (before, total, progress) = (self.bytes_before, self.bytes_total, self.progress);
        let mut tell = |bytes: u64, rows: usize| {
            let (stage, rows, bytes_read) = (IngestStage::Reading, rows as u64, before + bytes);
            progress(IngestProgress { stage, rows, bytes_read, bytes_total: total });
        };
        match file.format {
            Format::Parquet => parquet_file::read_parquet(file, collector, &mut tell)?,
            Format::Csv | Format::CsvGzip => csv_file::read_csv(file, collector, &mut tell)?,
        }
        self.bytes_before += file.bytes;
        Ok(())
    }
}
