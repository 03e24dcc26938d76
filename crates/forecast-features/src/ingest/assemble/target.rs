//! The target column in panel order: copies merged, signs judged, gaps filled.

use forecast_core::Frequency;

use super::bits::Bits;
use crate::ingest::catalogue::ProblemCode;
use crate::ingest::collect::Collector;
use crate::ingest::dictionary::MISSING;
use crate::ingest::layout::Layout;
use crate::ingest::options::{Duplicates, Gaps, IngestOptions, Negatives};
use crate::ingest::problem::{Place, Severity};
use crate::ingest::times::time_label;

/// The finished column and what was done to it.
#[derive(Debug)]
pub(crate) struct PlacedTarget {
    pub(crate) values: Vec<f32>,
    /// Positions that the table has a row for.
    pub(crate) present: Bits,
    /// Positions filled between two rows of a series.
    pub(crate) gaps_inside: u64,
    /// Positions filled after the last row of a series.
    pub(crate) gaps_at_end: u64,
}

/// Whether all values are whole numbers of things: no fraction, none below zero (unless those will
/// be clipped), and at least one value.
pub(crate) fn looks_like_counts(values: &[f32], negatives: Negatives) -> bool {
    let whole = |value: f32| value.fract() == 0.0 && (value >= 0.0 || negatives == Negatives::Clip);
    values.iter().any(|value| !value.is_nan()) && values.iter().all(|&value| value.is_nan() || whole(value))
}

pub(crate) fn place_target(
    collector: &mut Collector<'_>,
    (layout, placement): (&Layout, &[u32]),
    (options, gaps, frequency): (&IngestOptions, Gaps, Frequency),
) -> PlacedTarget {
    let mut raw = std::mem::take(&mut collector.target.values);
    for (row, _) in
        placement.iter().zip(&raw).enumerate().filter(|(_, (p, value))| **p != MISSING && value.is_nan())
    {
        collector.reporter.row(ProblemCode::MissingTarget.of(&collector.spec.target), row);
    }
    let (mut values, present) = match arrange_in_place(&mut raw, placement, layout.total_rows()) {
        Some(present) => (raw, present),
        None => scatter(collector, (layout, placement, &raw), (options.duplicates, frequency)),
    };
    judge_negatives(collector, (&mut values, placement), options.negatives);
    let mut target = PlacedTarget { values, present, gaps_inside: 0, gaps_at_end: 0 };
    target.fill(layout, gaps);
    target.note_gaps(collector, (layout, gaps, frequency));
    target
}

/// Moves every row to its place without a second column, when there is exactly one row for every
/// place. Otherwise nothing is moved.
fn arrange_in_place(raw: &mut [f32], placement: &[u32], places: usize) -> Option<Bits> {
    if placement.len() != places {
        return None;
    }
    let mut present = Bits::new(places);
    if placement.iter().any(|&position| position == MISSING || present.set(position as usize)) {
        return None;
    }
    let mut done = Bits::new(places);
    for start in 0..places {
        let (mut row, mut carried) = (start, raw[start]);
        while !done.set(row) {
            let place = placement[row] as usize;
            std::mem::swap(&mut raw[place], &mut carried);
            row = place;
        }
    }
    Some(present)
}

/// Puts every row in its place and merges copies.
fn scatter(
    collector: &mut Collector<'_>,
    (layout, placement, raw): (&Layout, &[u32], &[f32]),
    (duplicates, frequency): (Duplicates, Frequency),
) -> (Vec<f32>, Bits) {
    let mut values = vec![f32::NAN; layout.total_rows()];
    let mut present = Bits::new(values.len());
    for (row, (&position, &value)) in placement.iter().zip(raw).enumerate() {
        if position == MISSING {
            continue;
        }
        let position = position as usize;
        if present.set(position) {
            note_duplicate(collector, (layout, placement, frequency), (row, duplicates));
            merge(&mut values[position], value, duplicates);
        } else {
            values[position] = value;
        }
    }
    (values, present)
}

fn merge(value: &mut f32, other: f32, duplicates: Duplicates) {
    match duplicates {
        Duplicates::Sum if value.is_nan() => *value = other,
        Duplicates::Sum if other.is_nan() => {}
        Duplicates::Sum => *value += other,
        Duplicates::Error | Duplicates::Last => *value = other,
    }
}

fn note_duplicate(
    collector: &mut Collector<'_>,
    (layout, placement, frequency): (&Layout, &[u32], Frequency),
    (row, duplicates): (usize, Duplicates),
) {
    let code = match duplicates {
        Duplicates::Error => ProblemCode::DuplicateRows,
        Duplicates::Sum | Duplicates::Last => ProblemCode::DuplicatesMerged,
    };
    let locator = &collector.reporter.locator;
    collector.reporter.ledger.note(code, || {
        let position = placement[row];
        let earlier = placement.iter().position(|other| *other == position).unwrap_or(row);
        let place = locator.place(row).with_series(&layout.keys[layout.series_at(position as usize)]);
        let time = frequency.timestamp(layout.period_at(position as usize)).map(time_label);
        place
            .with_date(time.unwrap_or_default())
            .with_note(format!("also at {}", locator.place(earlier).row_text()))
    });
}

fn judge_negatives(
    collector: &mut Collector<'_>,
    (values, placement): (&mut [f32], &[u32]),
    policy: Negatives,
) {
    let count = values.iter().filter(|value| **value < 0.0).count() as u64;
    if count == 0 {
        return;
    }
    let column = &collector.spec.target;
    let negative = |position: u32| values.get(position as usize).copied().filter(|value| *value < 0.0);
    let first = placement.iter().enumerate().find_map(|(row, &position)| Some((row, negative(position)?)));
    let (row, value) = first.unwrap_or((0, 0.0));
    let code = match policy {
        Negatives::Keep | Negatives::Error => ProblemCode::NegativeTarget,
        Negatives::Clip => ProblemCode::NegativesClipped,
    };
    let locator = &collector.reporter.locator;
    let ledger = &mut collector.reporter.ledger;
    ledger.note_many(code.of(column), count, || locator.place(row).with_column(column).with_value(value));
    match policy {
        Negatives::Keep => {}
        Negatives::Error => ledger.set_severity(code, Severity::Error),
        Negatives::Clip => values.iter_mut().filter(|value| **value < 0.0).for_each(|value| *value = 0.0),
    }
}

impl PlacedTarget {
    fn fill(&mut self, layout: &Layout, gaps: Gaps) {
        for series in 0..layout.len() {
            let (from, to) = (layout.offsets[series], layout.offsets[series + 1]);
            let own = from + layout.last_own[series].since(layout.first[series]).unsigned_abs() as usize;
            let mut known = f32::NAN;
            for position in from..to {
                if self.present.get(position) {
                    let value = self.values[position];
                    known = if value.is_nan() { known } else { value };
                    continue;
                }
                self.values[position] = match gaps {
                    Gaps::Zero => 0.0,
                    Gaps::Forward => known,
                    Gaps::Missing => f32::NAN,
                };
                if position <= own {
                    self.gaps_inside += 1;
                } else {
                    self.gaps_at_end += 1;
                }
            }
        }
    }

    fn note_gaps(
        &self,
        collector: &mut Collector<'_>,
        (layout, gaps, frequency): (&Layout, Gaps, Frequency),
    ) {
        let count = self.gaps_inside + self.gaps_at_end;
        let first = || (0..self.values.len()).find(|&position| !self.present.get(position));
        collector.reporter.ledger.note_many(ProblemCode::GapsFilled, count, || {
            let by = match gaps {
                Gaps::Zero => "zero",
                Gaps::Forward => "the last known value",
                Gaps::Missing => "a missing value",
            };
            let note = format!(
                "filled with {by}: {} between two rows, {} after a series' last row",
                self.gaps_inside, self.gaps_at_end
            );
            let place = Place::noted(note);
            let Some(position) = first() else { return place };
            let place = place.with_series(&layout.keys[layout.series_at(position)]);
            let time = frequency.timestamp(layout.period_at(position)).map(time_label);
            place.with_date(time.unwrap_or_default())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_arranged_in_place_when_each_has_its_own() {
        let mut raw = [10.0, 11.0, 12.0, 13.0, 14.0];
        assert!(arrange_in_place(&mut raw, &[2, 1, 0, 4, 3], 5).is_some());
        assert_eq!(raw, [12.0, 11.0, 10.0, 14.0, 13.0]);
        assert!(arrange_in_place(&mut raw, &[1, 2, 3, 4, 0], 5).is_some());
        assert_eq!(raw, [13.0, 12.0, 11.0, 10.0, 14.0]);
        for refused in [[0, 1, 2, 3, 3], [0, 1, 2, 3, MISSING]] {
            assert!(arrange_in_place(&mut raw, &refused, 5).is_none());
        }
        assert!(arrange_in_place(&mut raw, &[0, 1, 2, 3, 5], 6).is_none());
        assert_eq!(raw, [13.0, 12.0, 11.0, 10.0, 14.0]);
    }
}
