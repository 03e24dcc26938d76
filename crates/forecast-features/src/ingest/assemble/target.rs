//! The target column in panel order: copies merged, signs judged, gaps filled.

use super::bits::Bits;
use crate::ingest::catalogue::ProblemCode;
use crate::ingest::collect::Collector;
use crate::ingest::dictionary::MISSING;
use crate::ingest::layout::Layout;
use crate::ingest::options::{Duplicates, Gaps, Negatives};
use crate::ingest::problem::{Place, Severity};
use crate::ingest::reporter::Reporter;

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

/// What the options say about targets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TargetRules {
    pub(crate) duplicates: Duplicates,
    pub(crate) negatives: Negatives,
    pub(crate) gaps: Gaps,
}

/// Takes the target column out of `collector` and brings it into panel order; `placement` is the
/// position of every row.
pub(crate) fn place_target(
    collector: &mut Collector<'_>,
    layout: &Layout,
    placement: &[u32],
    rules: TargetRules,
) -> PlacedTarget {
    let mut raw = std::mem::take(&mut collector.target.values);
    for (row, (&position, value)) in placement.iter().zip(&raw).enumerate() {
        if position != MISSING && value.is_nan() {
            collector.reporter.row(ProblemCode::MissingTarget.of(&collector.spec.target), row);
        }
    }
    let placing = Placing { layout, placement, rules };
    // Beside covariates a second column is small; without them it would be a third of all memory.
    let arranged = match collector.covariates.is_empty() {
        true => arrange_in_place(&mut raw, placement, layout.total_rows()),
        false => None,
    };
    let (mut values, present) = match arranged {
        Some(present) => (raw, present),
        None => placing.scatter(&raw, collector),
    };
    placing.judge_negatives(&mut values, collector);
    let mut target = PlacedTarget { values, present, gaps_inside: 0, gaps_at_end: 0 };
    target.fill(layout, rules.gaps);
    target.note_gaps(layout, rules.gaps, collector);
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

fn merge(value: &mut f32, other: f32, duplicates: Duplicates) {
    match duplicates {
        Duplicates::Sum if value.is_nan() => *value = other,
        Duplicates::Sum if other.is_nan() => {}
        Duplicates::Sum => *value += other,
        Duplicates::Error | Duplicates::Last => *value = other,
    }
}

struct Placing<'a> {
    layout: &'a Layout,
    placement: &'a [u32],
    rules: TargetRules,
}

impl Placing<'_> {
    /// Puts every row in its place and merges copies.
    fn scatter(&self, raw: &[f32], collector: &mut Collector<'_>) -> (Vec<f32>, Bits) {
        let mut values = vec![f32::NAN; self.layout.total_rows()];
        let mut present = Bits::new(values.len());
        for (row, (&position, &value)) in self.placement.iter().zip(raw).enumerate() {
            if position == MISSING {
                continue;
            }
            let position = position as usize;
            if present.set(position) {
                self.note_duplicate(row, &mut collector.reporter);
                merge(&mut values[position], value, self.rules.duplicates);
            } else {
                values[position] = value;
            }
        }
        (values, present)
    }

    fn note_duplicate(&self, row: usize, reporter: &mut Reporter) {
        let code = match self.rules.duplicates {
            Duplicates::Error => ProblemCode::DuplicateRows,
            Duplicates::Sum | Duplicates::Last => ProblemCode::DuplicatesMerged,
        };
        let Reporter { ledger, locator } = reporter;
        ledger.note(code, || {
            let position = self.placement[row];
            let earlier = self.placement.iter().position(|other| *other == position).unwrap_or(row);
            let place = self.layout.describe(locator.place(row), position as usize);
            place.with_note(format!("also at {}", locator.place(earlier).row_text()))
        });
    }

    fn judge_negatives(&self, values: &mut [f32], collector: &mut Collector<'_>) {
        let count = values.iter().filter(|value| **value < 0.0).count() as u64;
        if count == 0 {
            return;
        }
        let policy = self.rules.negatives;
        let code = match policy {
            Negatives::Keep | Negatives::Error => ProblemCode::NegativeTarget,
            Negatives::Clip => ProblemCode::NegativesClipped,
        };
        let column = &collector.spec.target;
        let Reporter { ledger, locator } = &mut collector.reporter;
        ledger.note_many(code.of(column), count, || {
            let negative =
                |position: u32| values.get(position as usize).copied().filter(|value| *value < 0.0);
            let mut rows = self.placement.iter().enumerate();
            let first = rows.find_map(|(row, &position)| Some((row, negative(position)?)));
            let (row, value) = first.unwrap_or_default();
            locator.place(row).with_column(column).with_value(value)
        });
        match policy {
            Negatives::Keep => {}
            Negatives::Error => ledger.set_severity(code, Severity::Error),
            Negatives::Clip => values.iter_mut().filter(|value| **value < 0.0).for_each(|value| *value = 0.0),
        }
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

    fn note_gaps(&self, layout: &Layout, gaps: Gaps, collector: &mut Collector<'_>) {
        let count = self.gaps_inside + self.gaps_at_end;
        collector.reporter.ledger.note_many(ProblemCode::GapsFilled, count, || {
            let by = match gaps {
                Gaps::Zero => "zero",
                Gaps::Forward => "the last known value",
                Gaps::Missing => "a missing value",
            };
            let (inside, at_end) = (self.gaps_inside, self.gaps_at_end);
            let note =
                format!("filled with {by}: {inside} between two rows, {at_end} after a series' last row");
            let first = (0..self.values.len()).find(|&position| !self.present.get(position));
            layout.describe(Place::noted(note), first.unwrap_or_default())
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
