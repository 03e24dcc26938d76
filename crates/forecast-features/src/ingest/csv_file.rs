//! Reads a CSV file, plain or gzip, record by record into the collector.
//!
//! Records with too many or too few fields are noted and left out; everything else is read as far
//! as it goes, so that one run tells all that is wrong with a file.

use std::borrow::Cow;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;

use super::catalogue::ProblemCode;
use super::collect::{Collector, Role};
use super::error::IngestError;
use super::locator::RowUnit;
use super::problem::Place;
use super::source::{Format, SourceFile, io_error};
use dialect::{Dialect, sniff};
use lines::UnixLines;

mod dialect;
mod lines;

/// Rows between two looks at series and static columns, and between two progress reports.
const BLOCK_ROWS: usize = 8192;

/// Reads `source` to its end. `progress` hears how many bytes of the file and how many rows
/// in all have been read.
pub(crate) fn read_csv(
    source: &SourceFile,
    collector: &mut Collector<'_>,
    progress: &mut dyn FnMut(u64, usize),
) -> Result<(), IngestError> {
    let file = File::open(&source.path).map_err(|error| io_error(&source.path, error))?;
    let bytes_read = Rc::new(Cell::new(0));
    let file = BufReader::with_capacity(1 << 18, Counted { inner: file, count: Rc::clone(&bytes_read) });
    let plain: Box<dyn Read> = match source.format {
        Format::CsvGzip => Box::new(BufReader::with_capacity(1 << 18, MultiGzDecoder::new(file))),
        Format::Csv | Format::Parquet => Box::new(file),
    };
    let mut tick = |rows| progress(bytes_read.get(), rows);
    read_table(source, plain, collector, &mut tick)
}

fn read_table(
    source: &SourceFile,
    mut input: Box<dyn Read>,
    collector: &mut Collector<'_>,
    tick: &mut dyn FnMut(usize),
) -> Result<(), IngestError> {
    let dialect = match sniff(&mut input) {
        Ok(dialect) => dialect,
        Err(error) => return note_read_error(source, error, 1, collector),
    };
    let (delimiter, prefix) = match dialect {
        Dialect::Empty => {
            collector.note_file(ProblemCode::EmptyFile, Place::file(&source.name));
            return Ok(());
        }
        Dialect::NotText { reason } => {
            collector.note_file(ProblemCode::UnreadableFile, Place::file(&source.name).with_note(reason));
            return Ok(());
        }
        Dialect::Text { delimiter, prefix } => (delimiter, prefix),
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .buffer_capacity(1 << 16)
        .from_reader(UnixLines::new(Cursor::new(prefix).chain(input)));
    let mut record = csv::ByteRecord::new();
    if let Err(error) = reader.read_byte_record(&mut record) {
        return note_csv_error(source, error, 1, collector);
    }
    let Some(columns) = header_names(&record) else {
        let place = Place { line: Some(1), ..Place::file(&source.name) };
        collector.note_file(ProblemCode::InvalidUtf8, place.with_note("in the header"));
        return Ok(());
    };
    let roles = collector.begin_file(&source.name, RowUnit::Line, &columns);
    let table = Table { file: &source.name, roles, width: columns.len() };
    let mut pending = 0;
    loop {
        let more = match reader.read_byte_record(&mut record) {
            Ok(more) => more,
            Err(error) => {
                collector.finish_rows(pending);
                return note_csv_error(source, error, reader.position().line(), collector);
            }
        };
        if !more || pending == BLOCK_ROWS {
            collector.finish_rows(std::mem::take(&mut pending));
            tick(collector.rows());
        }
        if !more {
            return Ok(());
        }
        let line = line_of(&record, reader.position().line());
        if record.len() == table.width {
            collector.reporter.locator.mark_line(collector.rows() + pending, line);
            table.push_record(&record, line, collector);
            pending += 1;
        } else {
            table.note_ragged(&record, line, collector);
        }
    }
}

/// A file whose header has been read.
struct Table<'a> {
    file: &'a str,
    roles: Vec<(usize, Role)>,
    width: usize,
}

impl Table<'_> {
    fn push_record(&self, record: &csv::ByteRecord, line: u64, collector: &mut Collector<'_>) {
        for &(position, role) in &self.roles {
            let bytes = record.get(position).unwrap_or_default();
            let text = String::from_utf8_lossy(bytes);
            if matches!(text, Cow::Owned(_)) {
                collector.note_file(ProblemCode::InvalidUtf8, self.place(line).with_value(&text));
            }
            collector.push_text(role, &text);
        }
    }

    fn note_ragged(&self, record: &csv::ByteRecord, line: u64, collector: &mut Collector<'_>) {
        let lines_in = |field: &[u8]| field.iter().filter(|byte| **byte == b'\n').count();
        let open_quote = record.iter().any(|field| lines_in(field) > 1);
        let hint = if open_quote { "; a quote that opens here does not close" } else { "" };
        let note = format!("{} fields where the header has {}{hint}", record.len(), self.width);
        collector.note_file(ProblemCode::RaggedRow, self.place(line).with_note(note));
    }

    fn place(&self, line: u64) -> Place {
        Place { line: Some(line), ..Place::file(self.file) }
    }
}

/// The line a record begins on; blank lines before it count as read with it.
fn line_of(record: &csv::ByteRecord, next_line: u64) -> u64 {
    let start = record.position().map_or(1, csv::Position::line);
    if next_line <= start + 1 {
        return start;
    }
    let inner = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
    next_line.saturating_sub(inner + 1).max(start)
}

fn header_names(record: &csv::ByteRecord) -> Option<Vec<String>> {
    record.iter().map(|name| std::str::from_utf8(name).ok().map(|name| name.trim().to_owned())).collect()
}

fn note_csv_error(
    source: &SourceFile,
    error: csv::Error,
    line: u64,
    collector: &mut Collector<'_>,
) -> Result<(), IngestError> {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => note_read_error(source, error, line, collector),
        other => note_read_error(source, io::Error::other(format!("{other:?}")), line, collector),
    }
}

/// Damaged compression is a problem of the data; anything else is the system's.
fn note_read_error(
    source: &SourceFile,
    error: io::Error,
    line: u64,
    collector: &mut Collector<'_>,
) -> Result<(), IngestError> {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    if source.format != Format::CsvGzip || !matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
    {
        return Err(io_error(&source.path, error));
    }
    let note = format!("the gzip data end or break after line {}", line.saturating_sub(1).max(1));
    collector.note_file(ProblemCode::UnreadableFile, Place::file(&source.name).with_note(note));
    Ok(())
}

/// Counts what is read through it.
struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.set(self.count.get() + count as u64);
        Ok(count)
    }
}
