//! Where every series and row will lie in the panel's columns.

use forecast_core::{Frequency, Period, SeriesKey};

use super::catalogue::ProblemCode;
use super::collect::Collector;
use super::column::Codes;
use super::dictionary::MISSING;
use super::grid::Grid;
use super::options::{Ends, IngestOptions};
use super::problem::Place;
use super::reporter::Reporter;
use super::times::time_label;

/// The series in key order, with their spans and the positions of their rows.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) frequency: Frequency,
    /// Series ids in key order.
    pub(crate) order: Vec<u32>,
    /// Position in `order` of every series id; [`MISSING`] for series without a usable row.
    pub(crate) rank: Vec<u32>,
    pub(crate) keys: Vec<SeriesKey>,
    /// Period of the first row.
    pub(crate) first: Vec<Period>,
    /// Period of the last row that the table has.
    pub(crate) last_own: Vec<Period>,
    /// Target rows, filled ones included.
    pub(crate) rows: Vec<usize>,
    /// Where the target rows of each series begin; one more than there are series.
    pub(crate) offsets: Vec<usize>,
    /// Last period with any row in the history.
    pub(crate) table_last: Period,
}

#[derive(Clone, Copy)]
struct Span {
    first: Period,
    last: Period,
    first_row: u32,
}

impl Layout {
    /// The layout of the history's rows. `None`, and noted why, when nothing can be laid out.
    pub(crate) fn build(
        collector: &mut Collector<'_>,
        grid: &Grid,
        options: &IngestOptions,
        ends: Ends,
    ) -> Option<Self> {
        let spans = spans(collector, grid);
        let mut series: Vec<(SeriesKey, u32, Span)> = spans
            .into_iter()
            .enumerate()
            .filter_map(|(id, span)| Some((collector.keys.key(id as u32), id as u32, span?)))
            .collect();
        if series.is_empty() {
            if !collector.reporter.ledger.has_errors() {
                collector.note_file(ProblemCode::NoRows, Place::default());
            }
            return None;
        }
        series.sort_by(|left, right| left.0.cmp(&right.0));
        let table_last = series.iter().map(|(_, _, span)| span.last).max()?;
        let last = |span: &Span| if ends == Ends::Aligned { table_last } else { span.last };
        let rows = |span: &Span| u64::from(last(span).since(span.first).unsigned_abs()) + 1;
        let total: u64 = series.iter().map(|(_, _, span)| rows(span)).sum();
        if total > options.max_panel_rows {
            let (row, (key, _, span)) = widest(&series, table_last)?;
            collector.reporter.ledger.note(ProblemCode::TooManyRows, || {
                let time = grid.frequency.timestamp(span.first).map(time_label).unwrap_or_default();
                let place = collector.reporter.locator.place(row).with_series(key).with_date(time);
                place.with_note(format!("{total} rows; this series begins first"))
            });
            return None;
        }
        let mut rank = vec![MISSING; collector.keys.len()];
        for (position, (_, id, _)) in series.iter().enumerate() {
            rank[*id as usize] = position as u32;
        }
        let rows: Vec<usize> = series.iter().map(|(_, _, span)| rows(span) as usize).collect();
        let layout = Self {
            frequency: grid.frequency,
            order: series.iter().map(|(_, id, _)| *id).collect(),
            rank,
            first: series.iter().map(|(_, _, span)| span.first).collect(),
            last_own: series.iter().map(|(_, _, span)| span.last).collect(),
            keys: series.into_iter().map(|(key, ..)| key).collect(),
            offsets: running_offsets(&rows),
            rows,
            table_last,
        };
        layout.check_length(options, &mut collector.reporter);
        Some(layout)
    }

    /// Number of series.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// Target rows of all series together.
    pub(crate) fn total_rows(&self) -> usize {
        self.offsets.last().copied().unwrap_or(0)
    }

    /// Turns the series ids of the history's rows into their positions in the target column.
    /// Rows without a series or a period become [`MISSING`].
    pub(crate) fn place_rows(&self, series: &mut [u32], codes: &Codes, grid: &Grid) {
        for (id, code) in series.iter_mut().zip(codes.iter()) {
            let rank = self.rank.get(*id as usize).copied().unwrap_or(MISSING);
            *id = match (self.first.get(rank as usize), grid.period(code)) {
                (Some(first), Some(period)) => {
                    self.offsets[rank as usize] as u32 + period.since(*first).unsigned_abs()
                }
                _ => MISSING,
            };
        }
    }

    /// The series whose target rows hold `position`.
    fn series_at(&self, position: usize) -> usize {
        self.offsets.partition_point(|&offset| offset <= position).saturating_sub(1)
    }

    /// Adds series and date of a position of the target column to a place.
    pub(crate) fn describe(&self, place: Place, position: usize) -> Place {
        let series = self.series_at(position);
        self.describe_step(place, series, position - self.offsets[series])
    }

    /// Adds a series and the date of one of its steps to a place; steps count from its first row.
    pub(crate) fn describe_step(&self, place: Place, series: usize, step: usize) -> Place {
        let time = self.frequency.timestamp(self.first[series].plus(step as i32)).map(time_label);
        place.with_series(&self.keys[series]).with_date(time.unwrap_or_default())
    }

    fn check_length(&self, options: &IngestOptions, reporter: &mut Reporter) {
        let longest = self.rows.iter().copied().max().unwrap_or(0);
        let needed = options.min_history_rows();
        // Rows that could not be read may well be what is missing.
        if longest < needed && !reporter.ledger.has_errors() {
            let note = format!("the longest series has {longest} periods, at least {needed} are needed");
            reporter.ledger.note(ProblemCode::HistoryTooShort, || Place::noted(note));
        }
    }
}

/// `[0, l0, l0+l1, …]`: one more entry than there are lengths.
pub(crate) fn running_offsets(lengths: &[usize]) -> Vec<usize> {
    let mut offsets = Vec::with_capacity(lengths.len() + 1);
    let mut total = 0;
    offsets.push(total);
    for length in lengths {
        total += length;
        offsets.push(total);
    }
    offsets
}

/// First and last period of every series id, and the rows they stand in.
fn spans(collector: &Collector<'_>, grid: &Grid) -> Vec<Option<Span>> {
    let mut spans: Vec<Option<Span>> = vec![None; collector.keys.len()];
    let history = &collector.series[..collector.history_rows()];
    for (row, (&id, code)) in history.iter().zip(collector.time.codes.iter()).enumerate() {
        let (Some(slot), Some(period)) = (spans.get_mut(id as usize), grid.period(code)) else { continue };
        let row = row as u32;
        match slot {
            None => *slot = Some(Span { first: period, last: period, first_row: row }),
            Some(span) if period < span.first => (span.first, span.first_row) = (period, row),
            Some(span) if period > span.last => span.last = period,
            Some(_) => {}
        }
    }
    spans
}

/// The series that reaches farthest back, and the row that it begins with.
fn widest(series: &[(SeriesKey, u32, Span)], table_last: Period) -> Option<(usize, &(SeriesKey, u32, Span))> {
    let widest = series.iter().max_by_key(|(_, _, span)| table_last.since(span.first))?;
    Some((widest.2.first_row as usize, widest))
}
