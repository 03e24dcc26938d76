//! The rows of the future table: which series and step of the horizon each is for.

use super::bits::Bits;
use super::covariate::Placing;
use crate::ingest::catalogue::ProblemCode;
use crate::ingest::collect::Collector;
use crate::ingest::dictionary::MISSING;
use crate::ingest::grid::Grid;
use crate::ingest::layout::Layout;
use crate::ingest::ledger::Ledger;
use crate::ingest::problem::Place;
use crate::ingest::reporter::Reporter;

/// Future rows by position: row `i` is row `first_row + i` of the collector.
#[derive(Debug)]
pub(crate) struct FutureRows {
    /// Whether there is a future table at all.
    pub(crate) given: bool,
    pub(crate) first_row: usize,
    /// Series position and step since the first row of the series; `None` for rows of no use.
    pub(crate) cells: Vec<Option<(u32, u32)>>,
    horizon: usize,
}

impl FutureRows {
    /// Takes the future rows out of `collector`; notes those that belong to no series, come twice or
    /// lie beyond the horizon.
    pub(crate) fn take(collector: &mut Collector<'_>, grid: &Grid, layout: &Layout, horizon: usize) -> Self {
        let first_row = collector.history_rows();
        let mut future = Self { given: collector.has_future(), first_row, cells: Vec::new(), horizon };
        if !future.given {
            return future;
        }
        let series = &collector.series[first_row..];
        future.cells.reserve(series.len());
        let mut seen = Bits::new(layout.len() * horizon);
        let Reporter { ledger, locator } = &mut collector.reporter;
        for (offset, &id) in series.iter().enumerate() {
            let row = first_row + offset;
            let code = collector.time.codes.get(row);
            let rank = layout.rank.get(id as usize).copied().unwrap_or(MISSING);
            let place = || locator.place(row).with_series(collector.keys.key(id));
            if id != MISSING && rank == MISSING {
                ledger.note(ProblemCode::FutureUnknownSeries, place);
            }
            let (Some(first), Some(period)) = (layout.first.get(rank as usize), grid.period(code)) else {
                future.cells.push(None);
                continue;
            };
            let step = i64::from(period.0) - i64::from(first.0);
            let ahead = step - layout.rows[rank as usize] as i64;
            let dated = || place().with_date(collector.time.label(code));
            if ahead >= horizon as i64 {
                ledger.note(ProblemCode::FutureBeyondHorizon, dated);
                future.cells.push(None);
                continue;
            }
            if ahead < 0 {
                ledger.note(ProblemCode::FutureOverlap, dated);
            } else if seen.set(rank as usize * horizon + ahead as usize) {
                ledger.note(ProblemCode::FutureDuplicateRows, dated);
            }
            future.cells.push(u32::try_from(step).ok().map(|step| (rank, step)));
        }
        future
    }

    /// Covariate rows of every series: its history and as far into the future as rows go.
    pub(crate) fn covariate_rows(&self, layout: &Layout, has_covariates: bool) -> Vec<usize> {
        let mut rows = layout.rows.clone();
        if has_covariates {
            for &(rank, step) in self.cells.iter().flatten() {
                let rows = &mut rows[rank as usize];
                *rows = (*rows).max(step as usize + 1);
            }
        }
        rows
    }

    /// Notes every series that still runs when the table ends and lacks rows within the horizon.
    pub(crate) fn note_coverage(&self, placing: &Placing<'_>, collector: &mut Collector<'_>) {
        if !self.given {
            return;
        }
        let layout = placing.layout;
        let mut covered = Bits::new(layout.len() * self.horizon);
        for &(rank, step) in self.cells.iter().flatten() {
            let rank = rank as usize;
            if let Some(ahead) = (step as usize).checked_sub(layout.rows[rank]) {
                covered.set(rank * self.horizon + ahead);
            }
        }
        let coverage = Coverage::new(&collector.spec.known_future, self.horizon);
        for series in (0..layout.len()).filter(|&series| placing.is_running(series)) {
            let is_covered = |ahead: usize| covered.get(series * self.horizon + ahead);
            let place = |ahead| placing.place_ahead(series, ahead);
            coverage.note_missing(&mut collector.reporter.ledger, is_covered, place);
        }
    }

    /// Periods of the horizon.
    pub(crate) fn horizon(&self) -> usize {
        self.horizon
    }
}

/// Periods that must be covered by future rows, and the columns that those rows bring.
#[derive(Clone, Debug)]
pub(crate) struct Coverage {
    /// Names of the columns, for people.
    columns: String,
    pub(crate) horizon: usize,
}

impl Coverage {
    pub(crate) fn new(columns: &[String], horizon: usize) -> Self {
        Self { columns: format!("`{}`", columns.join("`, `")), horizon }
    }

    /// Notes, for one series, steps of the horizon without a row: late at the start, stopping early,
    /// or missing in between.
    pub(crate) fn note_missing(
        &self,
        ledger: &mut Ledger,
        covered: impl Fn(usize) -> bool,
        place: impl Fn(usize) -> Place,
    ) {
        let kind = |code: ProblemCode| code.of(&self.columns);
        let mut steps = (0..self.horizon).filter(|&ahead| covered(ahead));
        let Some(first) = steps.next() else {
            let count = self.horizon as u64;
            return ledger.note_many(kind(ProblemCode::FutureRowMissing), count, || place(0));
        };
        let last = steps.last().unwrap_or(first);
        let (late, early) = (first as u64, (self.horizon - 1 - last) as u64);
        ledger.note_many(kind(ProblemCode::FutureStartsLate), late, || place(0));
        ledger.note_many(kind(ProblemCode::FutureStopsEarly), early, || place(last + 1));
        for ahead in (first..last).filter(|&ahead| !covered(ahead)) {
            ledger.note(kind(ProblemCode::FutureRowMissing), || place(ahead));
        }
    }
}

/// Notes a step of the horizon whose row has no value of `column`.
pub(crate) fn note_missing_value(ledger: &mut Ledger, column: &str, place: impl FnOnce() -> Place) {
    ledger.note(ProblemCode::FutureValueMissing.of(column), || place().with_column(column));
}

impl Placing<'_> {
    /// Whether the series' history reaches the end of the table, so that it will be forecast.
    pub(crate) fn is_running(&self, series: usize) -> bool {
        let layout = self.layout;
        layout.first[series].plus(layout.rows[series] as i32 - 1) == layout.table_last
    }

    /// A step ahead of a series, for people.
    pub(crate) fn place_ahead(&self, series: usize, ahead: usize) -> Place {
        self.layout.describe_step(Place::default(), series, self.layout.rows[series] + ahead)
    }
}
