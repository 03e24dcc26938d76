//! The first rows of a table, each column as codes of its distinct texts.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};

use super::SuggestError;

/// Rows looked at; enough to see many series of any real table.
const MOST_ROWS: usize = 300_000;

/// Row groups of a Parquet file looked at.
const MOST_GROUPS: usize = 16;

/// The beginning of a table.
#[derive(Debug, Default)]
pub(super) struct TableHead {
    pub(super) columns: Vec<Column>,
    /// Whether the table goes on.
    pub(super) cut: bool,
}

/// One column: the distinct texts, and which of them each row has.
#[derive(Debug, Default)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) values: Vec<String>,
    pub(super) codes: Vec<u32>,
    index: HashMap<String, u32>,
}

impl TableHead {
    pub(super) fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.codes.len())
    }

    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        names.join(", ")
    }

    fn new(names: impl IntoIterator<Item = String>) -> Self {
        let column = |name: String| Column { name: name.trim().to_owned(), ..Column::default() };
        Self { columns: names.into_iter().map(column).collect(), cut: false }
    }
}

impl TableHead {
    fn append(&mut self, batch: &RecordBatch) -> Outcome<()> {
        for (column, values) in self.columns.iter_mut().zip(batch.columns()) {
            let texts = arrow_cast::cast(values, &DataType::Utf8)?;
            let texts = texts.as_string::<i32>();
            for row in 0..texts.len() {
                column.push(if texts.is_null(row) { "" } else { texts.value(row) });
            }
        }
        Ok(())
    }
}

impl Column {
    /// The distinct texts that are not empty.
    pub(super) fn known(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(String::as_str).filter(|value| !value.is_empty())
    }

    fn push(&mut self, value: &str) {
        let value = value.trim();
        let code = match self.index.get(value) {
            Some(&code) => code,
            None => {
                let code = self.values.len() as u32;
                self.values.push(value.to_owned());
                self.index.insert(value.to_owned(), code);
                code
            }
        };
        self.codes.push(code);
    }
}

/// Reads the first rows of a CSV (plain or gzip) or Parquet file.
pub(super) fn read(path: &Path) -> Result<TableHead, SuggestError> {
    let fail = |source: Box<dyn std::error::Error + Send + Sync>| SuggestError::Read {
        path: path.to_owned(),
        source,
    };
    let mut file = BufReader::new(File::open(path).map_err(|error| fail(error.into()))?);
    let magic = file.fill_buf().map_err(|error| fail(error.into()))?;
    match magic {
        [b'P', b'A', b'R', b'1', ..] => read_parquet(path).map_err(fail),
        [0x1f, 0x8b, ..] => read_csv(flate2::read::MultiGzDecoder::new(file)).map_err(fail),
        _ => read_csv(file).map_err(fail),
    }
}

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn read_csv(source: impl Read) -> Outcome<TableHead> {
    let mut source = BufReader::new(source);
    let mut first = Vec::new();
    source.by_ref().take(1 << 16).read_to_end(&mut first)?;
    let start = if first.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let separator = separator(&first[start..]);
    let whole = io::Cursor::new(first[start..].to_vec()).chain(source);
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(whole);
    let mut head = TableHead::new(reader.headers().map_err(told)?.iter().map(str::to_owned));
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(told)? {
        if head.rows() == MOST_ROWS {
            head.cut = true;
            break;
        }
        for (position, column) in head.columns.iter_mut().enumerate() {
            column.push(record.get(position).unwrap_or_default());
        }
    }
    Ok(head)
}

/// What a person can do about a text that cannot be read.
fn told(error: csv::Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error.kind() {
        csv::ErrorKind::Utf8 { pos, .. } => {
            let line = pos.as_ref().map_or(1, csv::Position::line);
            let text = "is not UTF-8: save the file as UTF-8 (for instance: iconv -f latin1 -t utf-8)";
            format!("line {line} {text}").into()
        }
        _ => error.into(),
    }
}

/// The separator that the header has most of.
fn separator(text: &[u8]) -> u8 {
    let header = text.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let count = |sign: u8| header.iter().filter(|byte| **byte == sign).count();
    // The last of equals wins: commas, when there is none of anything.
    b"\t;,".iter().copied().max_by_key(|&sign| count(sign)).unwrap_or(b',')
}

/// The first rows of several row groups, spread over the file: tables are mostly sorted by series.
fn read_parquet(path: &Path) -> Outcome<TableHead> {
    let file = File::open(path)?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::default())?;
    let names = metadata.schema().fields().iter().map(|field| field.name().clone());
    let mut head = TableHead::new(names);
    let groups = metadata.metadata().num_row_groups();
    let looked_at = groups.clamp(1, MOST_GROUPS);
    for number in 0..looked_at.min(groups) {
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file.try_clone()?, metadata.clone())
            .with_row_groups(vec![number * groups / looked_at])
            .with_limit(MOST_ROWS / looked_at);
        for batch in reader.build()? {
            head.append(&batch?)?;
        }
    }
    let rows = metadata.metadata().file_metadata().num_rows();
    head.cut = usize::try_from(rows).is_ok_and(|rows| rows > head.rows());
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parquet_file_is_looked_at_all_over() {
        use std::sync::Arc;

        use arrow_array::{ArrayRef, Int64Array};
        use parquet::arrow::ArrowWriter;
        use parquet::file::properties::WriterProperties;

        let rows = 2 * MOST_ROWS as i64;
        let shops: ArrayRef = Arc::new(Int64Array::from_iter_values((0..rows).map(|row| row * 4 / rows)));
        let batch = RecordBatch::try_from_iter([("shop", shops)]).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        let small = WriterProperties::builder().set_max_row_group_row_count(Some(MOST_ROWS / 8)).build();
        let mut writer = ArrowWriter::try_new(file.reopen().unwrap(), batch.schema(), Some(small)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let head = read(file.path()).unwrap();
        assert_eq!(head.columns[0].values, ["0", "1", "2", "3"]);
        assert!(head.cut && head.rows() <= MOST_ROWS);
    }

    #[test]
    fn separators_and_marks_are_recognised() {
        let head = read_csv("\u{feff}day;shop\n2024-01-01;\"a;b\"\n2024-01-02;c\n".as_bytes()).unwrap();
        assert_eq!(head.names(), "day, shop");
        assert_eq!(head.columns[1].values, ["a;b", "c"]);
        assert_eq!(head.columns[0].codes, [0, 1]);
        assert_eq!(separator(b"sales\n1\n"), b',');
        let error = read_csv(&b"day,shop\n2024-01-01,Caf\xe9\n"[..]).unwrap_err().to_string();
        assert!(error.starts_with("line 2 is not UTF-8: save the file as UTF-8"), "{error}");
    }
}
