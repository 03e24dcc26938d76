//! Series with a coarser spacing than the table: monthly totals among daily rows, for instance.

use forecast_core::Frequency;

use super::{ALL_GRIDS, Collector, Grid, coarsest};
use crate::ingest::catalogue::ProblemCode;
use crate::ingest::dictionary::MISSING;
use crate::ingest::problem::Severity;
use crate::ingest::reporter::Reporter;
use crate::ingest::times::from_micros;

/// With fewer rows, a sparse series may lie on a coarser grid by chance: twelve sales that all fall
/// on one weekday have a chance of about one in two billion.
const FEWEST_ROWS: u32 = 12;
/// A coarser grid counts only when the series fills it this well.
const LEAST_FILLING: f64 = 0.9;

#[derive(Clone, Copy)]
struct SeriesGrid {
    mask: u16,
    rows: u32,
    first: i64,
    last: i64,
    first_row: u32,
}

/// Notes every series that regularly fills a coarser grid than the table's. An error when the
/// frequency was detected, a finding when it was given: then somebody has decided.
pub(crate) fn note_mixed_frequency(grid: &Grid, collector: &mut Collector<'_>) {
    let empty = SeriesGrid { mask: ALL_GRIDS, rows: 0, first: i64::MAX, last: i64::MIN, first_row: MISSING };
    let mut series = vec![empty; collector.keys.len()];
    let history = collector.history_rows();
    for (row, (&id, code)) in collector.series[..history].iter().zip(collector.time.codes.iter()).enumerate()
    {
        let (Some(entry), Some(&mask)) = (series.get_mut(id as usize), grid.masks.get(code as usize)) else {
            continue;
        };
        let micros = collector.time.times[code as usize];
        entry.mask &= mask;
        entry.rows += 1;
        entry.first = entry.first.min(micros);
        entry.last = entry.last.max(micros);
        entry.first_row = entry.first_row.min(row as u32);
    }
    let mut coarser: Vec<(u32, u32, Frequency)> = series
        .iter()
        .enumerate()
        .filter_map(|(id, entry)| Some((entry.first_row, id as u32, coarser_grid(entry, grid.frequency)?)))
        .collect();
    coarser.sort_unstable_by_key(|(row, ..)| *row);
    let Collector { reporter: Reporter { ledger, locator }, keys, .. } = collector;
    for (row, id, frequency) in coarser {
        ledger.note(ProblemCode::MixedFrequency, || {
            let note = format!("its rows are {frequency}, the table is {}", grid.frequency);
            locator.place(row as usize).with_series(keys.key(id)).with_note(note)
        });
    }
    if !grid.detected {
        ledger.set_severity(ProblemCode::MixedFrequency, Severity::Warning);
    }
}

fn coarser_grid(series: &SeriesGrid, table: Frequency) -> Option<Frequency> {
    if series.rows < FEWEST_ROWS {
        return None;
    }
    let own = coarsest(series.mask).filter(|own| *own != table)?;
    let (first, last) = (own.period(from_micros(series.first)?)?, own.period(from_micros(series.last)?)?);
    let span = f64::from(last.since(first)) + 1.0;
    (f64::from(series.rows) >= LEAST_FILLING * span).then_some(own)
}
