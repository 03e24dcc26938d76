//! Calendar features of every period of a span, computed once.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use forecast_core::{Frequency, Period};

use super::FeaturePlan;
use super::calendar::fourier;
use super::feature::Feature;
use super::holidays::{HolidayList, last_day};

/// The features of a plan that follow from the date alone, one row per period.
#[derive(Clone, Debug)]
pub(super) struct DatedFeatures {
    features: Arc<[Feature]>,
    frequency: Frequency,
    holidays: Arc<[HolidayList]>,
    first: Period,
    width: usize,
    table: Arc<[f32]>,
}

impl DatedFeatures {
    pub(super) fn new(plan: &FeaturePlan, frequency: Frequency, span: (Period, Period)) -> Self {
        let features: Arc<[Feature]> = plan.features().iter().filter(|f| dated_len(f) > 0).cloned().collect();
        let mut dated = Self {
            holidays: holiday_lists(plan, frequency, span),
            width: features.iter().map(dated_len).sum(),
            features,
            frequency,
            first: span.0,
            table: Arc::new([]),
        };
        dated.table = dated.calendar_table(span);
        dated
    }

    /// Writes the values `from..from + out.len()` of a period's row.
    pub(super) fn write(&self, period: Period, from: usize, out: &mut [f32]) {
        let row = usize::try_from(period.since(self.first)).unwrap_or(usize::MAX);
        let start = row.saturating_mul(self.width).saturating_add(from);
        match self.table.get(start..start.saturating_add(out.len())) {
            Some(known) => out.copy_from_slice(known),
            None => {
                let mut all = vec![f32::NAN; self.width];
                self.compute_dated(period, &mut all);
                out.copy_from_slice(&all[from..from + out.len()]);
            }
        }
    }

    fn calendar_table(&self, (first, last): (Period, Period)) -> Arc<[f32]> {
        let rows = usize::try_from(last.since(first).saturating_add(1)).unwrap_or(0);
        let mut table = vec![f32::NAN; rows * self.width];
        if self.width > 0 {
            for (row, out) in table.chunks_exact_mut(self.width).enumerate() {
                self.compute_dated(first.plus(row as i32), out);
            }
        }
        table.into()
    }

    /// Writes all calendar features of one period; NaN outside of the calendar.
    fn compute_dated(&self, period: Period, out: &mut [f32]) {
        let (Some(begin), Some(next)) =
            (self.frequency.timestamp(period), self.frequency.timestamp(period.plus(1)))
        else {
            return;
        };
        let (mut at, mut lists) = (0, self.holidays.iter());
        for feature in self.features.iter() {
            let len = dated_len(feature);
            let out = &mut out[at..at + len];
            at += len;
            match feature {
                Feature::Calendar { field } => out[0] = field.of(begin),
                Feature::Fourier { .. } => fourier(begin, out),
                Feature::Holidays { .. } => {
                    if let Some(list) = lists.next() {
                        let (first, last) = self.days_of(period, (begin, next));
                        list.write(first, last, out);
                    }
                }
                _ => {}
            }
        }
    }

    /// First and last day of a period.
    fn days_of(
        &self,
        period: Period,
        (begin, next): (NaiveDateTime, NaiveDateTime),
    ) -> (NaiveDate, NaiveDate) {
        match self.frequency {
            // Named by their last day: they begin after the one before.
            Frequency::MonthEnd | Frequency::QuarterEnd => {
                let before = self.frequency.timestamp(period.plus(-1)).map(|end| end.date());
                (before.and_then(|day| day.succ_opt()).unwrap_or(begin.date()), begin.date())
            }
            _ => (begin.date(), last_day(begin.date(), next.date())),
        }
    }
}

/// Number of values that a feature takes in the calendar table.
pub(super) fn dated_len(feature: &Feature) -> usize {
    match feature {
        Feature::Calendar { .. } => 1,
        Feature::Fourier { order } => 2 * *order as usize,
        Feature::Holidays { .. } => 3,
        _ => 0,
    }
}

fn holiday_lists(plan: &FeaturePlan, frequency: Frequency, span: (Period, Period)) -> Arc<[HolidayList]> {
    let year = |period| frequency.timestamp(period).map_or(1970, |timestamp| timestamp.year());
    plan.features()
        .iter()
        .filter_map(|feature| match feature {
            Feature::Holidays { country } => Some(HolidayList::new(*country, year(span.0), year(span.1))),
            _ => None,
        })
        .collect()
}
