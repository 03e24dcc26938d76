//! The grid of time: which timestamps a series may have, and whole numbers to count them by.
//!
//! All arithmetic on time in the workspace happens on [`Period`]s, never on timestamps, so that
//! months of unequal length and leap years are settled here once. Timestamps are naive: a sales
//! table is kept in the local time of its shops.

use std::{fmt, str::FromStr};

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};
use serde::{Deserialize, Serialize};

/// Spacing of the periods of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Frequency {
    /// Every hour on the hour.
    Hourly,
    /// Every day at midnight.
    Daily,
    /// Every week on the given anchor day.
    Weekly(Weekday),
    /// The first day of every month.
    MonthStart,
    /// The last day of every month.
    MonthEnd,
    /// The first day of every calendar quarter.
    QuarterStart,
    /// The last day of every calendar quarter.
    QuarterEnd,
}

/// Number of a period on the grid of a [`Frequency`]: hours, days, weeks, months or quarters since
/// the one that holds 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Period(pub i32);

impl Period {
    /// The period `steps` later (earlier when negative).
    #[must_use]
    pub fn plus(self, steps: i32) -> Self {
        Self(self.0.saturating_add(steps))
    }

    /// Number of steps from `earlier` to `self`.
    #[must_use]
    pub fn since(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Frequency {
    /// Every frequency, weeks on every anchor day, from the finest to the coarsest.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let weeks = (0..7).map(|day| Self::Weekly(weekday_from_monday(day)));
        [Self::Hourly, Self::Daily]
            .into_iter()
            .chain(weeks)
            .chain([Self::MonthStart, Self::MonthEnd, Self::QuarterStart, Self::QuarterEnd])
            .collect()
    }

    /// Number of periods in the main season: a day of hours, a week of days, a year of the rest.
    #[must_use]
    pub fn season_length(self) -> usize {
        match self {
            Self::Hourly => 24,
            Self::Daily => 7,
            Self::Weekly(_) => 52,
            Self::MonthStart | Self::MonthEnd => 12,
            Self::QuarterStart | Self::QuarterEnd => 4,
        }
    }

    /// Number of periods in a year, rounded: the season of gifts and summers.
    #[must_use]
    pub fn periods_per_year(self) -> usize {
        match self {
            Self::Hourly => 8766,
            Self::Daily => 365,
            other => other.season_length(),
        }
    }

    /// The period of `timestamp`, or `None` when it does not lie on this grid.
    #[must_use]
    pub fn period(self, timestamp: NaiveDateTime) -> Option<Period> {
        let period = self.period_containing(timestamp);
        (self.timestamp(period)? == timestamp).then_some(period)
    }

    /// The period that `timestamp` falls into, on the grid or not.
    #[must_use]
    pub fn period_containing(self, timestamp: NaiveDateTime) -> Period {
        let date = timestamp.date();
        let days = date.signed_duration_since(EPOCH).num_days() as i32;
        Period(match self {
            Self::Hourly => days.saturating_mul(24) + timestamp.hour() as i32,
            Self::Daily => days,
            // 1970-01-01 was a Thursday; shift so that weeks begin on the anchor day.
            Self::Weekly(anchor) => (days + THURSDAY - days_from_monday(anchor)).div_euclid(7),
            Self::MonthStart | Self::MonthEnd => months_since_epoch(date),
            Self::QuarterStart | Self::QuarterEnd => months_since_epoch(date).div_euclid(3),
        })
    }

    /// The timestamp of `period`, or `None` when it lies outside the calendar (about ±260,000 years).
    #[must_use]
    pub fn timestamp(self, period: Period) -> Option<NaiveDateTime> {
        let number = period.0;
        let date = match self {
            Self::Hourly => {
                let time = NaiveTime::from_hms_opt(number.rem_euclid(24) as u32, 0, 0)?;
                return Some(add_days(EPOCH, i64::from(number.div_euclid(24)))?.and_time(time));
            }
            Self::Daily => add_days(EPOCH, i64::from(number))?,
            Self::Weekly(anchor) => {
                add_days(EPOCH, i64::from(number) * 7 - i64::from(THURSDAY - days_from_monday(anchor)))?
            }
            Self::MonthStart => add_months(EPOCH, i64::from(number))?,
            Self::MonthEnd => add_months(EPOCH, i64::from(number) + 1)?.pred_opt()?,
            Self::QuarterStart => add_months(EPOCH, i64::from(number) * 3)?,
            Self::QuarterEnd => add_months(EPOCH, i64::from(number) * 3 + 3)?.pred_opt()?,
        };
        Some(date.and_time(NaiveTime::MIN))
    }
}

const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(1970, 1, 1).expect("a valid date");
/// Days from Monday to the weekday of the epoch.
const THURSDAY: i32 = 3;

fn days_from_monday(day: Weekday) -> i32 {
    day.num_days_from_monday() as i32
}

fn weekday_from_monday(day: u8) -> Weekday {
    Weekday::try_from(day % 7).unwrap_or(Weekday::Mon)
}

fn months_since_epoch(date: NaiveDate) -> i32 {
    (date.year() - 1970).saturating_mul(12) + date.month0() as i32
}

fn add_days(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    let count = Days::new(days.unsigned_abs());
    if days < 0 { date.checked_sub_days(count) } else { date.checked_add_days(count) }
}

fn add_months(date: NaiveDate, months: i64) -> Option<NaiveDate> {
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 { date.checked_sub_months(count) } else { date.checked_add_months(count) }
}

impl fmt::Display for Frequency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hourly => out.write_str("hourly"),
            Self::Daily => out.write_str("daily"),
            Self::Weekly(anchor) => write!(out, "weekly-{}", anchor.to_string().to_lowercase()),
            Self::MonthStart => out.write_str("month-start"),
            Self::MonthEnd => out.write_str("month-end"),
            Self::QuarterStart => out.write_str("quarter-start"),
            Self::QuarterEnd => out.write_str("quarter-end"),
        }
    }
}

/// A text that names no frequency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a frequency: use hourly, daily, weekly-mon … weekly-sun, month-start, month-end, quarter-start or quarter-end"
)]
pub struct UnknownFrequency(pub String);

impl FromStr for Frequency {
    type Err = UnknownFrequency;

    /// Reads the names that `Display` writes, and `weekly`, `monthly`, `quarterly` for the ones
    /// that begin on Monday or on the first day.
    fn from_str(text: &str) -> Result<Self, UnknownFrequency> {
        let name = text.trim().to_lowercase();
        Ok(match name.as_str() {
            "hourly" => Self::Hourly,
            "daily" => Self::Daily,
            "weekly" => Self::Weekly(Weekday::Mon),
            "month-start" | "monthly" => Self::MonthStart,
            "month-end" => Self::MonthEnd,
            "quarter-start" | "quarterly" => Self::QuarterStart,
            "quarter-end" => Self::QuarterEnd,
            other => {
                let anchor = other.strip_prefix("weekly-").and_then(|day| day.parse().ok());
                Self::Weekly(anchor.ok_or_else(|| UnknownFrequency(text.to_owned()))?)
            }
        })
    }
}

impl TryFrom<String> for Frequency {
    type Error = UnknownFrequency;

    fn try_from(text: String) -> Result<Self, UnknownFrequency> {
        text.parse()
    }
}

impl From<Frequency> for String {
    fn from(frequency: Frequency) -> Self {
        frequency.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        format!("{text}T00:00:00").parse().unwrap()
    }

    #[test]
    fn known_dates_lie_where_a_calendar_says() {
        let monday = Frequency::Weekly(Weekday::Mon);
        assert_eq!(monday.period(at("1970-01-05")), Some(Period(1)));
        assert_eq!(
            monday.period(at("2026-11-23")).map(|p| monday.timestamp(p)),
            Some(Some(at("2026-11-23")))
        );
        assert_eq!(monday.period(at("2026-11-24")), None);
        assert_eq!(Frequency::MonthEnd.period(at("2024-02-29")), Some(Period(54 * 12 + 1)));
        assert_eq!(Frequency::MonthEnd.period(at("2024-02-28")), None);
        assert_eq!(Frequency::QuarterStart.timestamp(Period(-1)), Some(at("1969-10-01")));
        assert_eq!(Frequency::QuarterEnd.timestamp(Period(0)), Some(at("1970-03-31")));
        assert_eq!(Frequency::Hourly.period("1970-01-02T03:30:00".parse().unwrap()), None);
    }

    #[test]
    fn names_are_read_back() {
        for frequency in Frequency::all() {
            assert_eq!(frequency.to_string().parse(), Ok(frequency));
        }
        assert!("fortnightly".parse::<Frequency>().unwrap_err().to_string().contains("weekly-mon"));
    }

    proptest! {
        #[test]
        fn timestamps_and_periods_are_inverse(number in -20_000i32..80_000) {
            for frequency in Frequency::all() {
                let timestamp = frequency.timestamp(Period(number)).unwrap();
                prop_assert_eq!(frequency.period(timestamp), Some(Period(number)));
                let next = frequency.timestamp(Period(number + 1)).unwrap();
                prop_assert!(next > timestamp);
            }
        }
    }
}
