//! From collected rows to a checked panel, one column at a time.
//!
//! Each raw column is dropped as soon as its panel column has been written, so that the peak of
//! memory stays near what the raw rows took.

use std::sync::Arc;

use forecast_core::panel::SeriesSpan;
use forecast_core::{Covariate, PanelBuilder};

use super::catalogue::ProblemCode;
use super::collect::Collector;
use super::dictionary::MISSING;
use super::error::IngestError;
use super::grid::{Grid, note_implausible, note_mixed_frequency};
use super::layout::{Layout, running_offsets};
use super::options::{Ends, Gaps, IngestOptions};
use super::reporter::Reporter;
use covariate::Placing;
use future::FutureRows;
use target::{TargetRules, place_target};

mod bits;
mod covariate;
mod future;
mod target;

pub(crate) use future::{Coverage, note_missing_value};
pub(crate) use target::looks_like_counts;

/// What came out, with what the report needs to know.
#[derive(Debug)]
pub(crate) struct Assembled {
    pub(crate) builder: PanelBuilder,
    pub(crate) reporter: Reporter,
    pub(crate) facts: Facts,
}

/// What was seen and decided on the way.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) rows_read: u64,
    pub(crate) future_rows_read: Option<u64>,
    pub(crate) frequency_detected: bool,
    pub(crate) looks_like_counts: bool,
    pub(crate) gaps: Gaps,
    pub(crate) ends: Ends,
    pub(crate) gaps_inside: u64,
    pub(crate) gaps_at_end: u64,
    /// Share of empty values by covariate, among the rows that the table has.
    pub(crate) covariate_missing: Vec<f64>,
    /// Share of rows with the product available.
    pub(crate) available_share: Option<f64>,
}

/// Lays the rows of `collector` out.
///
/// # Errors
/// [`IngestError::Problems`] with all that was noted, as soon as nothing more can be found out.
pub(crate) fn assemble(
    mut collector: Collector<'_>,
    options: &IngestOptions,
) -> Result<Assembled, IngestError> {
    let rows_read = collector.history_rows() as u64;
    let future_rows_read = collector.has_future().then(|| collector.rows() as u64 - rows_read);
    note_implausible(&mut collector);
    let Some(grid) = Grid::find(&mut collector, options.frequency) else {
        // Without one usable date there is nothing to tell but what has been noted.
        note_no_rows(&mut collector);
        return Err(give_up(collector));
    };
    note_mixed_frequency(&grid, &mut collector);
    let counts = looks_like_counts(&collector.target.values, options.negatives);
    let gaps = options.gaps.unwrap_or(if counts { Gaps::Zero } else { Gaps::Missing });
    let ends = options.ends.unwrap_or(if gaps == Gaps::Zero { Ends::Aligned } else { Ends::Ragged });
    let Some(layout) = Layout::build(&mut collector, &grid, options, ends) else {
        return Err(give_up(collector));
    };
    let future = FutureRows::take(&mut collector, &grid, &layout, options.horizon.steps());
    let history = collector.history_rows();
    let codes = std::mem::take(&mut collector.time.codes);
    collector.series.truncate(history);
    // Only covariates that run on beyond the history need the series of a row again.
    let keeps_series = future.given && !collector.covariates.is_empty();
    let mut placement =
        if keeps_series { collector.series.clone() } else { std::mem::take(&mut collector.series) };
    layout.place_rows(&mut placement, &codes, &grid);
    drop(codes);

    let rules = TargetRules { duplicates: options.duplicates, negatives: options.negatives, gaps };
    let target = place_target(&mut collector, &layout, &placement, rules);
    let (available, available_share) = place_available(&mut collector, &layout, &placement);
    let covariate_rows = future.covariate_rows(&layout, !collector.covariates.is_empty());
    let offsets = running_offsets(&covariate_rows);
    let (covariates, covariate_missing) = if collector.covariates.is_empty() {
        (Vec::new(), Vec::new())
    } else {
        shift_placement(&mut placement, &layout, &offsets, &collector.series);
        collector.series = Vec::new();
        let place = Placing { layout: &layout, offsets: &offsets, placement: &placement, future: &future };
        place_covariates(&mut collector, &place)
    };
    drop(placement);
    let statics = place_statics(&mut collector, &layout);

    let facts = Facts {
        rows_read,
        future_rows_read,
        frequency_detected: grid.detected,
        looks_like_counts: counts,
        gaps,
        ends,
        gaps_inside: target.gaps_inside,
        gaps_at_end: target.gaps_at_end,
        covariate_missing,
        available_share,
    };
    let mut builder = PanelBuilder::new(
        grid.frequency,
        collector.spec.target.clone(),
        collector.spec.series.iter().cloned(),
    );
    builder.spans = spans(&layout, &covariate_rows);
    builder.target = target.values;
    builder.available = available;
    builder.covariates = covariates;
    builder.statics = statics;
    Ok(Assembled { builder, reporter: collector.reporter, facts })
}

fn note_no_rows(collector: &mut Collector<'_>) {
    if !collector.reporter.ledger.has_errors() {
        collector.note_file(ProblemCode::NoRows, super::problem::Place::default());
    }
}

fn give_up(collector: Collector<'_>) -> IngestError {
    let problems = collector.reporter.ledger.into_outcome();
    IngestError::Problems(problems.unwrap_or_else(|problems| problems))
}

fn spans(layout: &Layout, covariate_rows: &[usize]) -> Vec<SeriesSpan> {
    (0..layout.len())
        .map(|series| SeriesSpan {
            key: layout.keys[series].clone(),
            start: layout.first[series],
            rows: layout.rows[series],
            covariate_rows: covariate_rows[series],
        })
        .collect()
}

/// The flags in panel order, true where unknown; and the share of rows that are true.
fn place_available(
    collector: &mut Collector<'_>,
    layout: &Layout,
    placement: &[u32],
) -> (Option<Vec<bool>>, Option<f64>) {
    let Some(column) = collector.available.take() else { return (None, None) };
    let mut flags = vec![true; layout.total_rows()];
    for (row, (&position, &flag)) in placement.iter().zip(&column.values).enumerate() {
        if position == MISSING {
            continue;
        }
        if flag == super::column::UNKNOWN {
            collector.reporter.row(ProblemCode::AvailabilityMissing.of(&column.name), row);
        } else {
            flags[position as usize] = flag == 1;
        }
    }
    let yes = flags.iter().filter(|flag| **flag).count();
    let share = yes as f64 / flags.len().max(1) as f64;
    (Some(flags), Some(share))
}

fn place_statics(collector: &mut Collector<'_>, layout: &Layout) -> Vec<forecast_core::StaticColumn> {
    let columns = std::mem::take(&mut collector.statics);
    columns
        .into_iter()
        .map(|cells| {
            let expect = collector.expect(&cells.name);
            let column = cells.resolve(&layout.order, expect, &mut collector.reporter);
            let mut missing = column.values.iter().enumerate().filter(|(_, value)| value.is_nan());
            if let Some((first, _)) = missing.next() {
                let place = || {
                    super::problem::Place::default()
                        .with_column(&column.name)
                        .with_series(&layout.keys[first])
                };
                let count = missing.count() as u64 + 1;
                collector.reporter.ledger.note_many(
                    ProblemCode::StaticMissing.of(&column.name),
                    count,
                    place,
                );
            }
            column
        })
        .collect()
}

/// Turns positions in the target column into positions in covariate columns, which are longer where
/// a series has future rows.
fn shift_placement(placement: &mut [u32], layout: &Layout, offsets: &[usize], series: &[u32]) {
    if offsets == layout.offsets {
        return;
    }
    for (position, &id) in placement.iter_mut().zip(series).filter(|(position, _)| **position != MISSING) {
        let rank = layout.rank[id as usize] as usize;
        *position += (offsets[rank] - layout.offsets[rank]) as u32;
    }
}

/// The covariates in panel order, and the share of empty values of each.
fn place_covariates(collector: &mut Collector<'_>, place: &Placing<'_>) -> (Vec<Covariate>, Vec<f64>) {
    place.future.note_coverage(place, collector);
    let columns = std::mem::take(&mut collector.covariates);
    columns.into_iter().map(|column| place.column(column, collector)).unzip()
}

/// A shared column of `length` missing values, allocated once.
fn missing_column(length: usize) -> Arc<[f32]> {
    std::iter::repeat_n(f32::NAN, length).collect()
}
