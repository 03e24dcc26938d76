//! A folder of tables, and short ways to read it.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use forecast_core::{ColumnKind, Horizon, Panel, SeriesKey};
use forecast_features::ingest::{IngestError, IngestOptions, IngestRequest, Ingested, TableSpec, ingest};
use parquet::arrow::ArrowWriter;

/// A temporary folder with tables in it.
pub(crate) struct Tables {
    folder: tempfile::TempDir,
}

impl Tables {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// One table `sales.csv` with this text.
    pub(crate) fn of(text: &str) -> Self {
        Self::new().with("sales.csv", text)
    }

    pub(crate) fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path(name), content).unwrap();
        self
    }

    /// A gzip file of several members, as `cat a.gz b.gz` makes it.
    pub(crate) fn with_gzip(self, name: &str, members: &[&str]) -> Self {
        let mut bytes = Vec::new();
        for member in members {
            let mut encoder = flate2::write::GzEncoder::new(&mut bytes, flate2::Compression::fast());
            encoder.write_all(member.as_bytes()).unwrap();
            encoder.finish().unwrap();
        }
        self.with(name, bytes)
    }

    pub(crate) fn with_parquet(self, name: &str, columns: Vec<(&str, ArrayRef)>) -> Self {
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, array)| (name, array, true)),
        )
        .unwrap();
        let file = std::fs::File::create(self.path(name)).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn sources(&self, names: &[&str]) -> Vec<String> {
        names.iter().map(|name| self.path(name).display().to_string()).collect()
    }

    pub(crate) fn read(&self, names: &[&str], setup: &Setup) -> Result<Ingested, IngestError> {
        let data = self.sources(names);
        let future = self.sources(&setup.future);
        let request =
            IngestRequest { data: &data, future: &future, spec: &setup.spec, options: &setup.options };
        ingest(&request, &|_| {})
    }

    /// `sales.csv`, which must be readable.
    pub(crate) fn panel(&self, setup: &Setup) -> Panel {
        self.ingested(setup).panel
    }

    pub(crate) fn ingested(&self, setup: &Setup) -> Ingested {
        self.read(&["sales.csv"], setup).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The message of an error without the name of the temporary folder.
    pub(crate) fn message(&self, error: &IngestError) -> String {
        self.cleaned(&error.to_string())
    }

    /// A text without the name of the temporary folder.
    pub(crate) fn cleaned(&self, text: &str) -> String {
        let folder = format!("{}{}", self.folder.path().display(), std::path::MAIN_SEPARATOR);
        text.replace(&folder, "")
    }
}

/// A table `sales.csv` and how to read it.
pub(crate) struct Ingestion {
    pub(crate) tables: Tables,
    pub(crate) setup: Setup,
}

impl Ingestion {
    pub(crate) fn run(&self) -> Ingested {
        let mut ingested = self.tables.ingested(&self.setup);
        for finding in &mut ingested.quality.findings {
            finding.example.file = finding.example.file.as_ref().map(|file| self.tables.cleaned(file));
        }
        ingested
    }
}

/// How to read a table.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) spec: TableSpec,
    pub(crate) options: IngestOptions,
    pub(crate) future: Vec<&'static str>,
}

/// `date,store,sales` with a horizon of two periods.
pub(crate) fn setup() -> Setup {
    Setup {
        spec: TableSpec::new("date", "sales", ["store"]),
        options: IngestOptions::new(Horizon::new(2).unwrap()),
        future: Vec::new(),
    }
}

impl Setup {
    pub(crate) fn spec(mut self, change: impl FnOnce(&mut TableSpec)) -> Self {
        change(&mut self.spec);
        self
    }

    pub(crate) fn options(mut self, change: impl FnOnce(&mut IngestOptions)) -> Self {
        change(&mut self.options);
        self
    }

    pub(crate) fn future(mut self, name: &'static str) -> Self {
        self.future = vec![name];
        self
    }

    pub(crate) fn covariates(self, names: &[&str]) -> Self {
        self.spec(|spec| spec.known_future = names.iter().map(|name| (*name).to_owned()).collect())
    }

    pub(crate) fn statics(self, names: &[&str]) -> Self {
        self.spec(|spec| spec.static_columns = names.iter().map(|name| (*name).to_owned()).collect())
    }
}

/// A tidy table of one store and five days.
pub(crate) const GOOD: &str = "date,store,sales
2024-01-01,a,1
2024-01-02,a,2
2024-01-03,a,3
2024-01-04,a,4
2024-01-05,a,5
";

/// Target of the series with this key.
pub(crate) fn target<'a>(panel: &'a Panel, key: &[&str]) -> &'a [f32] {
    let position = panel.position(&SeriesKey::new(key.iter().copied())).unwrap();
    panel.series(position).target()
}

pub(crate) fn levels(kind: &ColumnKind) -> Vec<String> {
    match kind {
        ColumnKind::Categorical { levels } => levels.to_vec(),
        ColumnKind::Numeric => panic!("a numeric column"),
    }
}

/// Equal bit for bit, NaN being equal to NaN.
pub(crate) fn same_values(left: &[f32], right: &[f32]) -> bool {
    left.iter().map(|value| value.to_bits()).eq(right.iter().map(|value| value.to_bits()))
}

/// Panels equal in every part, NaN being equal to NaN.
pub(crate) fn assert_same_panel(left: &Panel, right: &Panel) {
    assert_eq!(left.frequency(), right.frequency());
    assert_eq!(left.keys(), right.keys());
    for (one, other) in left.iter().zip(right.iter()) {
        assert_eq!(one.start(), other.start(), "start of {}", one.key());
        assert!(same_values(one.target(), other.target()), "target of {}", one.key());
        assert_eq!(one.available(), other.available());
    }
    assert_eq!(left.covariates().len(), right.covariates().len());
    for (one, other) in left.covariates().iter().zip(right.covariates()) {
        assert_eq!((&one.name, &one.kind), (&other.name, &other.kind));
        assert!(same_values(&one.values, &other.values), "values of {}", one.name);
    }
    for (one, other) in left.statics().iter().zip(right.statics()) {
        assert_eq!((&one.name, &one.kind), (&other.name, &other.kind));
        assert!(same_values(&one.values, &other.values), "values of {}", one.name);
    }
}

pub(crate) fn shared<A: arrow_array::Array + 'static>(array: A) -> ArrayRef {
    Arc::new(array)
}
