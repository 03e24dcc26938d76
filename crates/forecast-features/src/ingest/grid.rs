//! Finds the time grid of a table and puts every distinct time on it.
//!
//! The grid is the coarsest one that all times lie on, so that gaps do not matter: a table is
//! weekly when every row falls on the same weekday, however many weeks are missing. When a few rows
//! keep a table from a coarser grid that nearly all others share, they are taken for mistakes.

use chrono::{NaiveDateTime, Timelike, Weekday};
use forecast_core::{Frequency, Period};

use super::catalogue::ProblemCode;
use super::collect::Collector;
use super::dictionary::MISSING;
use super::problem::Place;
use super::reporter::Reporter;
use super::times::from_micros;

mod mixed;
mod plausible;

pub(crate) use mixed::note_mixed_frequency;
pub(crate) use plausible::note_implausible;

/// All grids from the coarsest to the finest; a set of them is a bit mask in this order.
const GRIDS: [Frequency; 13] = [
    Frequency::QuarterStart,
    Frequency::QuarterEnd,
    Frequency::MonthStart,
    Frequency::MonthEnd,
    Frequency::Weekly(Weekday::Mon),
    Frequency::Weekly(Weekday::Tue),
    Frequency::Weekly(Weekday::Wed),
    Frequency::Weekly(Weekday::Thu),
    Frequency::Weekly(Weekday::Fri),
    Frequency::Weekly(Weekday::Sat),
    Frequency::Weekly(Weekday::Sun),
    Frequency::Daily,
    Frequency::Hourly,
];
const ALL_GRIDS: u16 = (1 << GRIDS.len()) - 1;

/// With fewer distinct times than this, any grid would be a guess.
const FEWEST_TIMES: usize = 3;
/// Rows and distinct times that must share a coarser grid for the rest to be called off-grid.
const NEARLY_ALL_ROWS: f64 = 0.95;
const MOST_TIMES: f64 = 0.5;

/// The grid of a table, and where each distinct time lies on it.
#[derive(Debug)]
pub(crate) struct Grid {
    pub(crate) frequency: Frequency,
    pub(crate) detected: bool,
    /// Period of each time code; `None` off the grid.
    pub(crate) periods: Vec<Option<Period>>,
    /// Grids that each time code lies on.
    masks: Vec<u16>,
}

/// One distinct time as the history uses it.
#[derive(Clone, Copy, Debug)]
struct TimeUse {
    time: NaiveDateTime,
    mask: u16,
    rows: u64,
}

impl Grid {
    /// The grid that is `given`, or else the one of the history's rows. Rows off the grid are noted.
    /// `None` when there is no telling; that is noted too.
    pub(crate) fn find(collector: &mut Collector<'_>, given: Option<Frequency>) -> Option<Self> {
        let uses = time_uses(collector);
        let frequency = match given {
            Some(frequency) => frequency,
            None => detect(&uses, collector)?,
        };
        let periods = collector
            .time
            .times
            .iter()
            .map(|&micros| from_micros(micros).and_then(|time| frequency.period(time)))
            .collect();
        let grid = Self {
            frequency,
            detected: given.is_none(),
            periods,
            masks: uses.iter().map(|time| time.mask).collect(),
        };
        grid.note_off_grid(&uses, collector);
        Some(grid)
    }

    /// The period of a time code, if there is one.
    pub(crate) fn period(&self, code: u32) -> Option<Period> {
        self.periods.get(code as usize).copied().flatten()
    }

    fn note_off_grid(&self, uses: &[TimeUse], collector: &mut Collector<'_>) {
        if self.periods.iter().all(Option::is_some) {
            return;
        }
        for row in 0..collector.rows() {
            let code = collector.time.codes.get(row);
            if code == MISSING || self.period(code).is_some() {
                continue;
            }
            let Collector { reporter: Reporter { ledger, locator }, keys, series, time, spec, .. } =
                &mut *collector;
            ledger.note(ProblemCode::OffGrid, || {
                let place = locator.place(row).with_column(&spec.time).with_date(time.label(code));
                let place = place.with_note(format!("not {}", self.frequency));
                if series[row] == MISSING { place } else { place.with_series(keys.key(series[row])) }
            });
        }
        let fitting = common_mask(uses.iter().filter(|time| time.rows > 0));
        if let Some(fits) = coarsest(fitting).filter(|fits| *fits != self.frequency) {
            let remedy = format!("correct the time, or give the frequency `{fits}`, which fits all rows");
            collector.reporter.ledger.set_remedy(ProblemCode::OffGrid, &remedy);
        }
    }
}

fn time_uses(collector: &Collector<'_>) -> Vec<TimeUse> {
    let history = collector.history_rows();
    let mut uses: Vec<TimeUse> = collector
        .time
        .times
        .iter()
        .map(|&micros| {
            let time = from_micros(micros).unwrap_or_default();
            TimeUse { time, mask: grids_of(time), rows: 0 }
        })
        .collect();
    for code in collector.time.codes.iter().take(history) {
        if let Some(time) = uses.get_mut(code as usize) {
            time.rows += 1;
        }
    }
    uses
}

/// The grids that a time lies on.
fn grids_of(time: NaiveDateTime) -> u16 {
    GRIDS
        .iter()
        .enumerate()
        .filter(|(_, grid)| grid.period(time).is_some())
        .fold(0, |mask, (position, _)| mask | (1 << position))
}

fn common_mask<'a>(uses: impl Iterator<Item = &'a TimeUse>) -> u16 {
    uses.fold(ALL_GRIDS, |mask, time| mask & time.mask)
}

fn coarsest(mask: u16) -> Option<Frequency> {
    GRIDS.get(mask.trailing_zeros() as usize).copied()
}

/// The grid of the history's times; notes why there is none.
fn detect(uses: &[TimeUse], collector: &mut Collector<'_>) -> Option<Frequency> {
    let used: Vec<&TimeUse> = uses.iter().filter(|time| time.rows > 0).collect();
    if used.is_empty() {
        return None;
    }
    if used.len() < FEWEST_TIMES {
        let note = match used.len() {
            1 => "there is only one date".to_owned(),
            count => format!("there are only {count} different dates"),
        };
        // Rows that could not be read may well be what is missing.
        if !collector.reporter.ledger.has_errors() {
            collector.note_file(ProblemCode::FrequencyUnclear, Place::noted(note));
        }
        return None;
    }
    let fits_all = coarsest(common_mask(used.iter().copied()));
    let Some(frequency) = nearly_all(&used).or(fits_all) else {
        let off = used.iter().find(|time| time.mask == 0).map(|time| super::times::time_label(time.time));
        let note = format!("{} is not on the hour", off.unwrap_or_default());
        collector.note_file(ProblemCode::FrequencyUnclear, Place::noted(note));
        return None;
    };
    if frequency == Frequency::Hourly && has_constant_clock(&used) {
        let clock = used[0].time.time();
        let note = format!("every row has the same time of day, such as {clock}");
        collector.note_file(ProblemCode::FrequencyUnclear, Place::noted(note));
        let remedy = "cut the times to dates (for daily rows), or give the frequency hourly";
        collector.reporter.ledger.set_remedy(ProblemCode::FrequencyUnclear, remedy);
        return None;
    }
    Some(frequency)
}

/// The coarsest grid that nearly all rows share.
fn nearly_all(used: &[&TimeUse]) -> Option<Frequency> {
    let rows: u64 = used.iter().map(|time| time.rows).sum();
    GRIDS.iter().enumerate().find_map(|(position, grid)| {
        let on_grid = || used.iter().filter(|time| time.mask & (1 << position) != 0);
        let rows_on_grid: u64 = on_grid().map(|time| time.rows).sum();
        let enough = rows_on_grid as f64 >= NEARLY_ALL_ROWS * rows as f64
            && on_grid().count() as f64 > MOST_TIMES * used.len() as f64;
        enough.then_some(*grid)
    })
}

/// One time of day everywhere, or two an hour apart, as daylight saving makes of one.
fn has_constant_clock(used: &[&TimeUse]) -> bool {
    let mut hours: Vec<u32> = used.iter().map(|time| time.time.hour()).collect();
    hours.sort_unstable();
    hours.dedup();
    matches!(hours[..], [_] | [0, 23]) || matches!(hours[..], [first, second] if second - first == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(times: impl IntoIterator<Item = NaiveDateTime>) -> Vec<TimeUse> {
        times.into_iter().map(|time| TimeUse { time, mask: grids_of(time), rows: 1 }).collect()
    }

    #[test]
    fn every_grid_is_recognised_in_spite_of_gaps() {
        for grid in GRIDS {
            let times = (0..60).filter(|step| step % 7 != 3).filter_map(|step| grid.timestamp(Period(step)));
            let uses = uses(times);
            assert_eq!(coarsest(common_mask(uses.iter())), Some(grid));
            assert_eq!(nearly_all(&uses.iter().collect::<Vec<_>>()), Some(grid));
        }
    }

    #[test]
    fn a_single_mistake_does_not_change_the_grid() {
        let weekly = Frequency::Weekly(Weekday::Sat);
        let mistake = Frequency::Daily.timestamp(Period(18_000));
        let uses = uses((2_000..2_050).filter_map(|step| weekly.timestamp(Period(step))).chain(mistake));
        assert_eq!(nearly_all(&uses.iter().collect::<Vec<_>>()), Some(weekly));
    }
}
