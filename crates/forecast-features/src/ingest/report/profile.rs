//! Computes the report from an assembled panel.

use forecast_core::{Frequency, Panel, Period, SeriesView};
use rayon::prelude::*;

use super::{
    ColumnRole, ColumnSummary, DemandClasses, FutureSummary, HistorySummary, QualityReport, ValueSummary,
};
use crate::ingest::assemble::Facts;
use crate::ingest::catalogue::ProblemCode;
use crate::ingest::ledger::Ledger;
use crate::ingest::options::{Ends, IngestOptions};
use crate::ingest::problem::Place;
use crate::ingest::times::time_label;

const ADI_SPLIT: f64 = 1.32;
const CV2_SPLIT: f64 = 0.49;

/// What one series is like.
#[derive(Clone, Copy, Debug, Default)]
struct SeriesProfile {
    known: u64,
    zeros: u64,
    sum: f64,
    min: f64,
    max: f64,
    class: Class,
    constant: bool,
    dead: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Class {
    Smooth,
    Erratic,
    Intermittent,
    Lumpy,
    #[default]
    NoDemand,
}

/// The report of a panel, without findings; those that come from the panel are noted in `ledger`.
pub(crate) fn profile(
    panel: &Panel,
    facts: &Facts,
    options: &IngestOptions,
    ledger: &mut Ledger,
) -> QualityReport {
    let dead_after = options.dead_after_periods(panel.frequency());
    let series: Vec<SeriesProfile> =
        (0..panel.len()).into_par_iter().map(|index| of_series(panel.series(index), dead_after)).collect();
    let count =
        |test: fn(&SeriesProfile) -> bool| series.iter().filter(|profile| test(profile)).count() as u64;
    let known: u64 = series.iter().map(|profile| profile.known).sum();
    let zeros: u64 = series.iter().map(|profile| profile.zeros).sum();
    let (first, last) = panel.span().unwrap_or((Period(0), Period(0)));
    let horizon = options.horizon.steps();
    let shorter = |periods: usize| panel.iter().filter(|view| view.len() < periods).count() as u64;
    let report = QualityReport {
        rows_read: facts.rows_read,
        rows: panel.rows() as u64,
        series: panel.len() as u64,
        first: label(panel.frequency(), first),
        last: label(panel.frequency(), last),
        frequency: panel.frequency(),
        frequency_detected: facts.frequency_detected,
        looks_like_counts: facts.looks_like_counts,
        gaps: facts.gaps,
        ends: facts.ends,
        gaps_inside: facts.gaps_inside,
        gaps_at_end: facts.gaps_at_end,
        duplicates_merged: ledger.count(ProblemCode::DuplicatesMerged),
        missing_targets: ledger.count(ProblemCode::MissingTarget),
        negatives: ledger.count(ProblemCode::NegativeTarget) + ledger.count(ProblemCode::NegativesClipped),
        target: summary_of(&series),
        zero_share: zeros as f64 / known.max(1) as f64,
        history: history(panel),
        demand: classes(&series),
        constant_series: count(|profile| profile.constant),
        dead_series: count(|profile| profile.dead),
        dead_after: dead_after as u64,
        shorter_than_horizon: shorter(horizon),
        shorter_than_two_horizons: shorter(2 * horizon),
        ended_early: panel.iter().filter(|view| ends_before(*view, last)).count() as u64,
        available_share: facts.available_share,
        columns: columns(panel, facts),
        future: facts.future_rows_read.map(|rows_read| future(panel, rows_read)),
        findings: Vec::new(),
    };
    Findings { panel, series: &series, report: &report, horizon, last }.note(ledger);
    report
}

fn label(frequency: Frequency, period: Period) -> String {
    frequency.timestamp(period).map(time_label).unwrap_or_default()
}

fn ends_before(view: SeriesView<'_>, last: Period) -> bool {
    view.next_period().plus(-1) < last
}

fn of_series(view: SeriesView<'_>, dead_after: usize) -> SeriesProfile {
    let target = view.target();
    let known = || target.iter().copied().filter(|value| !value.is_nan()).map(f64::from);
    let mut profile =
        SeriesProfile { min: f64::INFINITY, max: f64::NEG_INFINITY, ..SeriesProfile::default() };
    for value in known() {
        profile.known += 1;
        profile.zeros += u64::from(value == 0.0);
        profile.sum += value;
        profile.min = profile.min.min(value);
        profile.max = profile.max.max(value);
    }
    profile.class = class_of(known().filter(|value| *value != 0.0), profile.known);
    profile.constant = profile.known > 1 && profile.min == profile.max;
    let quiet = target.iter().rev().take_while(|value| **value == 0.0 || value.is_nan()).count();
    profile.dead = profile.zeros < profile.known && quiet >= dead_after;
    profile
}

/// The demand class from the sales other than zero and the number of known periods.
fn class_of(sales: impl Iterator<Item = f64>, periods: u64) -> Class {
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for value in sales {
        // Welford's running mean and sum of squared deviations.
        count += 1.0;
        let delta: f64 = value - mean;
        mean += delta / count;
        squares += delta * (value - mean);
    }
    if count == 0.0 {
        return Class::NoDemand;
    }
    let interval = periods as f64 / count;
    let variation = squares / count / (mean * mean);
    match (interval < ADI_SPLIT, variation < CV2_SPLIT) {
        (true, true) => Class::Smooth,
        (true, false) => Class::Erratic,
        (false, true) => Class::Intermittent,
        (false, false) => Class::Lumpy,
    }
}

fn classes(series: &[SeriesProfile]) -> DemandClasses {
    let count = |class| series.iter().filter(|profile| profile.class == class).count() as u64;
    DemandClasses {
        smooth: count(Class::Smooth),
        erratic: count(Class::Erratic),
        intermittent: count(Class::Intermittent),
        lumpy: count(Class::Lumpy),
        no_demand: count(Class::NoDemand),
    }
}

fn summary_of(series: &[SeriesProfile]) -> ValueSummary {
    let known: u64 = series.iter().map(|profile| profile.known).sum();
    if known == 0 {
        return ValueSummary::default();
    }
    ValueSummary {
        mean: series.iter().map(|profile| profile.sum).sum::<f64>() / known as f64,
        min: series.iter().map(|profile| profile.min).fold(f64::INFINITY, f64::min),
        max: series.iter().map(|profile| profile.max).fold(f64::NEG_INFINITY, f64::max),
    }
}

fn summary(values: &[f32]) -> ValueSummary {
    let mut count = 0u64;
    let (mut sum, mut min, mut max) = (0.0, f64::INFINITY, f64::NEG_INFINITY);
    for value in values.iter().copied().filter(|value| !value.is_nan()).map(f64::from) {
        count += 1;
        sum += value;
        min = f64::min(min, value);
        max = f64::max(max, value);
    }
    if count == 0 { ValueSummary::default() } else { ValueSummary { mean: sum / count as f64, min, max } }
}

fn history(panel: &Panel) -> HistorySummary {
    let mut lengths: Vec<u64> = panel.iter().map(|view| view.len() as u64).collect();
    lengths.sort_unstable();
    let at = |position: usize| lengths.get(position).copied().unwrap_or(0);
    let last = lengths.len().saturating_sub(1);
    HistorySummary { shortest: at(0), median: at(last / 2), longest: at(last) }
}

fn columns(panel: &Panel, facts: &Facts) -> Vec<ColumnSummary> {
    let describe =
        |(name, kind, values): (&String, &forecast_core::ColumnKind, &[f32]), role, missing_share| {
            let levels = match kind {
                forecast_core::ColumnKind::Numeric => None,
                forecast_core::ColumnKind::Categorical { levels } => Some(levels.len() as u64),
            };
            let values = levels.is_none().then(|| summary(values));
            ColumnSummary { name: name.clone(), role, levels, missing_share, values }
        };
    let covariates = panel.covariates().iter().zip(&facts.covariate_missing).map(|(column, missing)| {
        describe((&column.name, &column.kind, &column.values), ColumnRole::KnownFuture, *missing)
    });
    let statics = panel.statics().iter().map(|column| {
        let missing = column.values.iter().filter(|value| value.is_nan()).count();
        let share = missing as f64 / column.values.len().max(1) as f64;
        describe((&column.name, &column.kind, &column.values), ColumnRole::Static, share)
    });
    covariates.chain(statics).collect()
}

fn future(panel: &Panel, rows_read: u64) -> FutureSummary {
    let series_covered = panel.iter().filter(|view| view.covariate_len() > view.len()).count() as u64;
    FutureSummary { rows_read, series_covered }
}

/// What is worth telling about single series.
struct Findings<'a> {
    panel: &'a Panel,
    series: &'a [SeriesProfile],
    report: &'a QualityReport,
    horizon: usize,
    last: Period,
}

impl Findings<'_> {
    fn note(&self, ledger: &mut Ledger) {
        let (panel, report) = (self.panel, self.report);
        ledger.note_many(ProblemCode::ConstantSeries, report.constant_series, || {
            let first = self.first(|view| self.series[view.index()].constant);
            self.place(first, |view| format!("always {}", self.series[view.index()].max))
        });
        ledger.note_many(ProblemCode::DeadSeries, report.dead_series, || {
            let first = self.first(|view| self.series[view.index()].dead);
            self.place(first, |_| format!("nothing in the last {} periods", report.dead_after))
        });
        ledger.note_many(ProblemCode::ShortSeries, report.shorter_than_horizon, || {
            let first = self.first(|view| view.len() < self.horizon);
            self.place(first, |view| format!("history {}, horizon {} periods", view.len(), self.horizon))
        });
        if report.ends == Ends::Ragged {
            ledger.note_many(ProblemCode::SeriesEndedEarly, report.ended_early, || {
                let first = self.first(|view| ends_before(view, self.last));
                let end = |view: SeriesView<'_>| label(panel.frequency(), view.next_period().plus(-1));
                self.place(first, |view| format!("until {}", end(view)))
            });
        }
    }

    fn first(&self, test: impl Fn(SeriesView<'_>) -> bool) -> Option<SeriesView<'_>> {
        self.panel.iter().find(|view| test(*view))
    }

    fn place(&self, view: Option<SeriesView<'_>>, note: impl Fn(SeriesView<'_>) -> String) -> Place {
        view.map_or_else(Place::default, |view| {
            Place::default().with_series(view.key()).with_note(note(view))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demand_classes_follow_interval_and_variation() {
        assert_eq!(class_of([5.0, 5.0, 6.0].into_iter(), 3), Class::Smooth);
        assert_eq!(class_of([1.0, 20.0, 1.0].into_iter(), 3), Class::Erratic);
        assert_eq!(class_of([2.0, 2.0].into_iter(), 10), Class::Intermittent);
        assert_eq!(class_of([1.0, 30.0, 1.0].into_iter(), 30), Class::Lumpy);
        assert_eq!(class_of([].into_iter(), 30), Class::NoDemand);
    }
}
