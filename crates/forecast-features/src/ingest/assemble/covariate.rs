//! A covariate column in panel order: the history's rows and the future's.

use std::sync::Arc;

use forecast_core::Covariate;

use super::future::{FutureRows, note_missing_value};
use super::missing_column;
use crate::ingest::catalogue::ProblemCode;
use crate::ingest::collect::Collector;
use crate::ingest::column::{Resolved, ValueColumn};
use crate::ingest::dictionary::MISSING;
use crate::ingest::layout::Layout;
use crate::ingest::reporter::Reporter;

/// Where the rows of every covariate go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placing<'a> {
    pub(crate) layout: &'a Layout,
    /// Where the covariate rows of each series begin; one more than there are series.
    pub(crate) offsets: &'a [usize],
    /// Covariate position of every history row.
    pub(crate) placement: &'a [u32],
    pub(crate) future: &'a FutureRows,
}

impl Placing<'_> {
    /// The column in panel order, and the share of its empty values in the history's rows.
    pub(crate) fn column(&self, column: ValueColumn, collector: &mut Collector<'_>) -> (Covariate, f64) {
        let name = column.name.clone();
        let expect = collector.expect(&name);
        let Resolved { kind, values: raw } =
            column.resolve(self.placement.len(), expect, &mut collector.reporter);
        let mut shared = missing_column(self.offsets.last().copied().unwrap_or(0));
        let mut missing_share = 0.0;
        // The column has just been made, so nobody else holds it.
        if let Some(values) = Arc::get_mut(&mut shared) {
            let (missing, first) = self.place_history(values, &raw);
            if let Some(first) = first.filter(|_| !kind.is_categorical()) {
                // An empty category mostly means "none"; an empty number is unknown.
                collector.reporter.rows(ProblemCode::CovariateMissing.of(&name), missing, first);
            }
            missing_share = missing as f64 / self.placement.len().max(1) as f64;
            if self.future.given {
                let may_be_empty = kind.is_categorical() && missing > 0;
                let conflicts = self.place_future(values, &raw);
                self.note_conflicts(&conflicts, &name, &mut collector.reporter);
                let explained =
                    collector.lacking.contains(&name) || collector.reporter.ledger.has_unreadable(&name);
                if !may_be_empty && !explained {
                    self.note_empty(values, &name, &mut collector.reporter);
                }
            }
        }
        (Covariate { name, kind, values: shared }, missing_share)
    }

    /// Returns how many rows of the history have no value, and the first of them.
    fn place_history(&self, values: &mut [f32], raw: &[f32]) -> (u64, Option<usize>) {
        let mut missing = 0;
        let mut first = None;
        for (row, (&position, &value)) in self.placement.iter().zip(raw).enumerate() {
            if value.is_nan() {
                missing += 1;
                first = first.or(Some(row));
            }
            // Of several rows the last one with a value counts.
            if position != MISSING && !value.is_nan() {
                values[position as usize] = value;
            }
        }
        (missing, first)
    }

    /// Future values go where the history has none. Returns the rows that contradict the history.
    fn place_future(&self, values: &mut [f32], raw: &[f32]) -> Vec<usize> {
        let mut conflicts = Vec::new();
        for (offset, cell) in self.future.cells.iter().enumerate() {
            let Some((rank, step)) = *cell else { continue };
            let (rank, step) = (rank as usize, step as usize);
            let (value, slot) = (raw[self.future.first_row + offset], &mut values[self.offsets[rank] + step]);
            let in_history = step < self.layout.rows[rank];
            if in_history && !slot.is_nan() && !value.is_nan() && *slot != value {
                conflicts.push(offset);
            } else if !value.is_nan() {
                *slot = value;
            }
        }
        conflicts
    }

    fn note_conflicts(&self, conflicts: &[usize], name: &str, reporter: &mut Reporter) {
        let Reporter { ledger, locator } = reporter;
        for &offset in conflicts {
            ledger.note(ProblemCode::FutureConflict.of(name), || {
                let place = locator.place(self.future.first_row + offset).with_column(name);
                match self.future.cells[offset] {
                    Some((rank, step)) => self.layout.describe_step(place, rank as usize, step as usize),
                    None => place,
                }
            });
        }
    }

    /// Notes rows within the horizon that are there but have no value.
    fn note_empty(&self, values: &[f32], name: &str, reporter: &mut Reporter) {
        for &(rank, step) in self.future.cells.iter().flatten() {
            let (rank, step) = (rank as usize, step as usize);
            let Some(ahead) = step.checked_sub(self.layout.rows[rank]) else { continue };
            if ahead < self.future.horizon()
                && self.is_running(rank)
                && values[self.offsets[rank] + step].is_nan()
            {
                note_missing_value(&mut reporter.ledger, name, || self.place_ahead(rank, ahead));
            }
        }
    }
}
