//! Gathers the rows of all sources, history first and then the future table, in compact columns.
//!
//! Readers bring text or Arrow arrays role by role and close blocks of rows with
//! [`Collector::finish_rows`]. History and future share their columns, so that a category has the
//! same code in both; rows from [`Collector::history_rows`] on are the future's.

use super::catalogue::ProblemCode;
use super::column::{
    Expect, FlagColumn, KeyIndex, NumberColumn, StaticCells, TimeColumn, UNKNOWN, ValueColumn, make_room,
};
use super::header::{Header, match_columns};
use super::known::KnownColumns;
use super::locator::RowUnit;
use super::options::DecimalMark;
use super::problem::Place;
use super::reporter::Reporter;
use super::spec::TableSpec;

/// What a column of a source is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Key(usize),
    Time,
    Target,
    Available,
    Static(usize),
    Covariate(usize),
}

/// Which of the two tables is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    History,
    Future,
}

/// Rows before they are sorted into series.
#[derive(Debug)]
pub(crate) struct Collector<'a> {
    pub(crate) spec: &'a TableSpec,
    pub(crate) decimal: DecimalMark,
    pub(crate) keys: KeyIndex,
    pub(crate) time: TimeColumn,
    pub(crate) target: NumberColumn,
    pub(crate) available: Option<FlagColumn>,
    pub(crate) statics: Vec<StaticCells>,
    pub(crate) covariates: Vec<ValueColumn>,
    /// Series id of every finished row.
    pub(crate) series: Vec<u32>,
    pub(crate) reporter: Reporter,
    /// Covariates that a file does not have: what follows from that is not reported again.
    pub(crate) lacking: Vec<String>,
    history_rows: Option<usize>,
    known: Option<&'a KnownColumns>,
    /// Roles that the current file has no column for.
    absent: Vec<Role>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(spec: &'a TableSpec, decimal: DecimalMark, known: Option<&'a KnownColumns>) -> Self {
        let categorical = |name: &str| {
            spec.is_categorical(name)
                || known
                    .and_then(|known| known.kind(name))
                    .is_some_and(forecast_core::ColumnKind::is_categorical)
        };
        let available =
            spec.available.as_ref().map(|name| FlagColumn { name: name.clone(), ..FlagColumn::default() });
        Self {
            spec,
            decimal,
            keys: KeyIndex::new(&spec.series),
            time: TimeColumn::new(&spec.time, spec.time_format.as_deref()),
            target: NumberColumn { name: spec.target.clone(), ..NumberColumn::default() },
            available,
            statics: spec
                .static_columns
                .iter()
                .map(|name| StaticCells::new(name, categorical(name), decimal))
                .collect(),
            covariates: spec
                .known_future
                .iter()
                .map(|name| ValueColumn::new(name, categorical(name), decimal))
                .collect(),
            series: Vec::new(),
            reporter: Reporter::default(),
            lacking: Vec::new(),
            history_rows: None,
            known,
            absent: Vec::new(),
        }
    }

    /// How many of the rows are history.
    pub(crate) fn history_rows(&self) -> usize {
        self.history_rows.unwrap_or(self.series.len())
    }

    /// Finished rows of both tables.
    pub(crate) fn rows(&self) -> usize {
        self.series.len()
    }

    /// Whether a future table was read.
    pub(crate) fn has_future(&self) -> bool {
        self.history_rows.is_some()
    }

    /// All rows from now on belong to the future table.
    pub(crate) fn begin_future(&mut self) {
        self.history_rows = Some(self.series.len());
    }

    /// What is known beforehand of a static or known-future column.
    pub(crate) fn expect(&self, name: &str) -> Expect<'a> {
        match self.known.and_then(|known| known.kind(name)) {
            Some(kind) => Expect::Kind(kind),
            None if self.spec.is_categorical(name) => Expect::Categories,
            None => Expect::Anything,
        }
    }

    /// Makes room for `rows` more rows.
    pub(crate) fn reserve(&mut self, rows: usize) {
        make_room(&mut self.series, rows);
        self.time.codes.reserve(rows);
        if self.part() == Part::History {
            make_room(&mut self.target.values, rows);
            if let Some(flags) = &mut self.available {
                make_room(&mut flags.values, rows);
            }
        }
        for column in &mut self.covariates {
            column.reserve(rows);
        }
    }

    /// The next rows come from the source `name` with these columns. Returns the role of each
    /// position that is used; columns that are missing or doubled are noted.
    pub(crate) fn begin_file(&mut self, name: &str, unit: RowUnit, columns: &[String]) -> Vec<(usize, Role)> {
        self.reporter.locator.begin_file(name, unit, self.rows());
        let wanted = self.wanted();
        let wanted: Vec<(Role, &str)> = wanted.iter().map(|(role, name)| (*role, name.as_str())).collect();
        let Header { found, absent } = match_columns(name, columns, &wanted, &mut self.reporter.ledger);
        for role in &absent {
            if let Role::Covariate(position) = role {
                self.lacking.push(self.spec.known_future[*position].clone());
            }
        }
        self.absent = absent;
        found
    }

    /// The column of `role` cannot be read from this file; that is noted elsewhere.
    pub(crate) fn give_up(&mut self, role: Role) {
        self.absent.push(role);
        if let Role::Covariate(position) = role {
            self.lacking.push(self.spec.known_future[position].clone());
        }
    }

    /// Roles and names of the columns that the table being read must have.
    fn wanted(&self) -> Vec<(Role, String)> {
        let spec = self.spec;
        let named = |names: &[String], role: fn(usize) -> Role| {
            names
                .iter()
                .enumerate()
                .map(|(position, name)| (role(position), name.clone()))
                .collect::<Vec<_>>()
        };
        let mut wanted = named(&spec.series, Role::Key);
        wanted.push((Role::Time, spec.time.clone()));
        if self.part() == Part::History {
            wanted.push((Role::Target, spec.target.clone()));
            wanted.extend(spec.available.iter().map(|name| (Role::Available, name.clone())));
            wanted.extend(named(&spec.static_columns, Role::Static));
        }
        wanted.extend(named(&spec.known_future, Role::Covariate));
        wanted
    }

    pub(crate) fn part(&self) -> Part {
        if self.has_future() { Part::Future } else { Part::History }
    }

    /// A text cell of `role` in the row after those that the role's column already has.
    pub(crate) fn push_text(&mut self, role: Role, text: &str) {
        let text = text.trim();
        let Self { reporter, decimal, .. } = self;
        match role {
            Role::Key(column) => self.keys.push_text(column, text, reporter),
            Role::Time => self.time.push_text(text, reporter),
            Role::Target => self.target.push_text(text, *decimal, reporter),
            Role::Available => {
                if let Some(flags) = &mut self.available {
                    flags.push_text(text, reporter);
                }
            }
            Role::Static(column) => self.statics[column].push_text(text),
            Role::Covariate(column) => self.covariates[column].push_text(text, reporter),
        }
    }

    /// Closes `rows` rows, of which every present role has brought its cell.
    pub(crate) fn finish_rows(&mut self, rows: usize) {
        let first_row = self.series.len();
        for role in std::mem::take(&mut self.absent) {
            self.push_absent(role, rows);
            self.absent.push(role);
        }
        self.keys.finish_rows(rows, &mut self.series);
        if self.part() == Part::History {
            for column in &mut self.statics {
                column.finish_rows(&self.series[first_row..], first_row, &mut self.reporter);
            }
        }
    }

    fn push_absent(&mut self, role: Role, rows: usize) {
        match role {
            Role::Key(column) => self.keys.push_absent(column, rows),
            Role::Time => self.time.push_absent(rows),
            Role::Target => self.target.values.resize(self.target.values.len() + rows, f32::NAN),
            Role::Available => {
                if let Some(flags) = &mut self.available {
                    flags.values.resize(flags.values.len() + rows, UNKNOWN);
                }
            }
            Role::Static(column) => self.statics[column].push_missing(rows),
            Role::Covariate(column) => self.covariates[column].push_missing(rows),
        }
    }

    /// Notes a problem of a whole file.
    pub(crate) fn note_file(&mut self, code: ProblemCode, place: Place) {
        self.reporter.ledger.note(code, || place);
    }
}
